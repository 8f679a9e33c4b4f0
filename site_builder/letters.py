"""Answered letters on the portal: what others asked on an item's page, the list with pages, a page and data for each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from catalog.problems import Problem
from rules.letter_terms import KIND_LABELS
from site_builder.outputs import Output, fingerprint

if TYPE_CHECKING:
    from site_builder.portal import Portal

PER_PAGE = 30
ON_ITEM = 5
_NUMBER = re.compile(r"[A-Z]{3,7}[0-9]{12,16}")


class PublicLetter(BaseModel):
    """One masked letter of `published/letters.json`, as the hall writes it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    number: str = Field(pattern=_NUMBER.pattern)
    kind: str
    department: str
    department_name: str
    item: str | None = None
    received: date
    answered: date
    title: str
    content: str
    answer: str
    settled: bool | None = None

    @property
    def address(self) -> str:
        """Its page."""
        return f"/letters/{self.number}/"

    @property
    def kind_label(self) -> str:
        """咨询, 投诉 …"""
        return KIND_LABELS.get(self.kind, "来信")

    @property
    def key(self) -> str:
        """Changes with its content."""
        return fingerprint(self.model_dump_json())


def read_letters(folder: Path, problems: list[Problem]) -> tuple[PublicLetter, ...]:
    """The published letters, newest first; a broken file or letter is a warning, not the end."""
    path = folder / "letters.json"
    if not path.is_file():
        return ()
    try:
        rows = json.loads(path.read_bytes())["letters"]
        assert isinstance(rows, list)
    except (OSError, ValueError, KeyError, TypeError, AssertionError):
        problems.append(
            Problem(
                "published/letters.json",
                0,
                "",
                "读不懂，门户不显示公开的来信；请运行 hall publish",
                "warning",
            )
        )
        return ()
    found: list[PublicLetter] = []
    for at, row in enumerate(rows):
        try:
            found.append(PublicLetter.model_validate(row))
        except ValidationError:
            problems.append(
                Problem("published/letters.json", 0, f"letters[{at}]", "这封来信读不懂，没有显示", "warning")
            )
    return tuple(sorted(found, key=lambda each: (each.answered, each.number), reverse=True))


def about_item(portal: Portal, code: str) -> tuple[PublicLetter, ...]:
    """What others asked about an item, the newest few."""
    return tuple(each for each in portal.letters if each.item == code)[:ON_ITEM]


def outputs(portal: Portal) -> Iterator[Output]:
    """The list in pages, a page for each letter, and all of them as data."""
    letters = portal.letters
    pages = max(1, -(-len(letters) // PER_PAGE))
    crumbs = (("我要问", "/consult/"), ("公开的来信和答复", "/letters/"))
    for number in range(1, pages + 1):
        shown = letters[(number - 1) * PER_PAGE : number * PER_PAGE]
        yield portal.page(
            "/letters/" if number == 1 else f"/letters/page/{number}/",
            "letters.html",
            "公开的来信和答复",
            (number, pages, len(letters), *(each.key for each in shown)),
            section="ask",
            crumbs=(crumbs[0], (crumbs[1][0], "")),
            values={"letters": shown, "number": number, "pages": pages, "total": len(letters)},
        )
    for each in letters:
        item = portal.by_code.get(each.item or "")
        yield portal.page(
            each.address,
            "letter.html",
            each.title,
            (each.key, item.summary.name if item else ""),
            section="ask",
            crumbs=(*crumbs, (each.title[:20], "")),
            values={"letter": each, "item": item},
        )
    text = (
        json.dumps([json.loads(each.model_dump_json()) for each in letters], ensure_ascii=False, indent=1)
        + "\n"
    )
    yield Output("data/letters.json", fingerprint(text), lambda: text)
