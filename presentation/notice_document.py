"""What a numbered document says, before it becomes a page or a DOCX. Apart from documents: python-docx is slow to load."""

from __future__ import annotations

from datetime import date

from rules.quick_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class NoticeDocument:
    """One numbered document as an office files it; `paper` of macros/parts.html makes the page of it."""

    title: str
    issuer: str
    number: str
    date: date
    paragraphs: tuple[str, ...]
    addressee: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    enumerated: tuple[str, ...] = ()
    closing: tuple[str, ...] = ()
    signed_by: str = ""
    note: str = ""
    check_url: str = ""
    drill: bool = False
