"""What the public reads of letters: masked text, the answered letters as a whole file, what is like a question."""

from __future__ import annotations

import json
import os
import secrets
import threading
from datetime import datetime
from pathlib import Path

from handlers.casework.ground import Ground
from handlers.store import letters
from handlers.store.database import Database
from handlers.store.letters import PublicFilter
from handlers.store.people_records import Letter, PublishedLetter
from handlers.store.writer import Transaction
from presentation.text_masking import Masked, mask_text
from rules.letter_terms import KIND_LABELS
from rules.quick_dataclass import dataclass
from rules.time import format_stamp
from search_index.passages import Passage, PassageIndex

FILE = "letters.json"
FORMAT = "county-hall-letters/1"
# Below this share of what a question could give, a letter is no help to who asks.
LEAST_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class Preview:
    """A letter as it would be public, and what was masked in title, text and answer."""

    letter: PublishedLetter
    found: tuple[Masked, ...]


@dataclass(frozen=True, slots=True)
class Similar:
    """A public letter near what is being asked."""

    number: str
    kind_label: str
    department_name: str
    answered: datetime
    title: str
    answer: str
    words: tuple[str, ...]


def masked(letter: Letter, answer: str, words: tuple[str, ...] = ()) -> Preview:
    """Title, text and answer with everything masked that could name or find a person."""
    names = [letter.writer.name] if letter.writer is not None and letter.writer.name else []
    parts = [mask_text(text, names, words) for text in (letter.title, letter.content or "", answer)]
    found = dict.fromkeys(each for part in parts for each in part.found)
    return Preview(PublishedLetter(*(part.text for part in parts)), tuple(found))


class PublicLetters:
    """The published letters with their index; made anew when they have changed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._made: tuple[str, dict[str, Letter], PassageIndex] | None = None

    def similar(
        self, ground: Ground, title: str, content: str = "", limit: int = 5, item: str = ""
    ) -> tuple[Similar, ...]:
        """Answered public letters near a question, best first; `item` narrows to those about an item."""
        by_number, index = self._index()
        near = index.nearest(
            title, content, limit, wanted=(lambda key: by_number[key].item_code == item) if item else None
        )
        return tuple(
            _similar(ground, by_number[each.key], each.words) for each in near if each.share >= LEAST_SHARE
        )

    def found(self, query: str, wanted: PublicFilter, most: int = 200) -> tuple[Letter, ...]:
        """Published letters that a search and filters leave: by nearness with a query, else the newest first."""
        left = letters.published(self._database, wanted)
        if not query.strip():
            return left
        by_number, index = self._index()
        allowed = {each.number for each in left}
        near = index.nearest(query, "", most, wanted=lambda key: key in allowed)
        return tuple(by_number[each.key] for each in near if each.share >= LEAST_SHARE)

    def _index(self) -> tuple[dict[str, Letter], PassageIndex]:
        stamp = letters.published_stamp(self._database)
        with self._lock:
            if self._made is None or self._made[0] != stamp:
                by_number = {each.number: each for each in letters.published(self._database)}
                index = PassageIndex(_passage(each) for each in by_number.values())
                self._made = stamp, by_number, index
            return self._made[1], self._made[2]


def _passage(letter: Letter) -> Passage:
    shown = letter.published
    assert shown is not None
    return Passage(letter.number, shown.title, shown.content, shown.answer)


def _similar(ground: Ground, letter: Letter, words: tuple[str, ...]) -> Similar:
    assert letter.published is not None
    assert letter.answered is not None
    return Similar(
        letter.number,
        KIND_LABELS[letter.kind],
        ground.unit_name(letter.department),
        letter.answered,
        letter.published.title,
        letter.published.answer,
        words,
    )


def mask_older(database: Database) -> int:
    """Letters published before there was masking get their masked text; returns how many."""

    def job(tx: Transaction) -> int:
        waiting = letters.to_mask(tx)
        for each in waiting:
            letters.change(tx, each, published=masked(each, each.answer or "").letter)
        return len(waiting)

    return database.write(job) if letters.to_mask(database) else 0


def publish(database: Database, ground: Ground, folder: Path) -> int:
    """Writes `letters.json` whole or not at all, only when it changes; returns how many letters are in it.

    Only what is masked goes there: no writer, no words as they were written, nothing about conduct, no drill.
    """
    mask_older(database)
    found = letters.published(database)
    body = {"format": FORMAT, "letters": [_entry(ground, each) for each in found]}
    text = json.dumps(body, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    path = folder / FILE
    if path.is_file() and path.read_text("utf-8") == text:
        return len(found)
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{FILE}.{secrets.token_hex(4)}"
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return len(found)


def _entry(ground: Ground, letter: Letter) -> dict[str, object]:
    assert letter.published is not None
    return {
        "number": letter.number,
        "kind": letter.kind,
        "department": letter.department,
        "department_name": ground.unit_name(letter.department),
        "item": letter.item_code,
        # The day alone: the minute could tell who stood at the window then.
        "received": letter.received.date().isoformat(),
        "answered": format_stamp(letter.answered)[:10] if letter.answered else None,
        "title": letter.published.title,
        "content": letter.published.content,
        "answer": letter.published.answer,
        "settled": letter.settled,
    }
