"""Reports with sections, tables and footnotes, as an office sends them: what their page and their DOCX are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Head:
    """A column of a table; `note` becomes a footnote, `numeric` stands right."""

    text: str
    note: str = ""
    numeric: bool = True


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A table with as many cells in each row as heads; `total` is set apart at its end."""

    title: str
    heads: tuple[Head, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReportSection:
    """A numbered part: text first, then its tables."""

    title: str
    paragraphs: tuple[str, ...] = ()
    tables: tuple[ReportTable, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportDocument:
    """A report ready to send. `preface` comes before the sections, `closing` after them."""

    title: str
    issuer: str
    number: str
    date: date
    addressee: str
    sections: tuple[ReportSection, ...]
    preface: tuple[str, ...] = ()
    closing: tuple[str, ...] = ()
    draft: str = ""


@dataclass
class Notes:
    """Footnotes in order; the same words share one number."""

    texts: list[str] = field(default_factory=list)

    def number(self, text: str) -> int:
        """The number of a note, from 1."""
        if text not in self.texts:
            self.texts.append(text)
        return self.texts.index(text) + 1


def notes_of(report: ReportDocument) -> tuple[str, ...]:
    """All footnotes in the order they are first needed: the page numbers them by it."""
    notes = Notes()
    for section in report.sections:
        for table in section.tables:
            for head in table.heads:
                if head.note:
                    notes.number(head.note)
    return tuple(notes.texts)


def chinese_number(number: int) -> str:
    """一, 二 … 十九 for headings."""
    digits = "零一二三四五六七八九"
    return digits[number] if number < 10 else "十" + (digits[number - 10] if number > 10 else "")
