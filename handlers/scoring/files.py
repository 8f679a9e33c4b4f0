"""Writes published editions into `published/scores/`: ranking, CSV, ledger, scheme and the list, whole files only."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from functools import partial
from pathlib import Path

from catalog.scoring_published import EditionList, EditionListed
from handlers.scoring.editions import csv_of
from handlers.store import scores
from handlers.store.database import Database
from handlers.store.score_records import Edition
from rules.score_periods import Period
from rules.time import format_stamp

FOLDER = "scores"
LIST = "index.json"


def publish_files(database: Database, folder: Path) -> int:
    """Brings `folder`/scores up to date with what the database has published; returns how many files it wrote.

    Editions never change once published, so a file that is there stays as it is. The list comes last: whoever
    reads it finds everything it names.
    """
    published = [each for each in scores.editions(database) if each.state == "published"]
    written = 0
    for edition in published:
        target = folder / FOLDER / edition.period
        texts: tuple[tuple[str, Callable[[], bytes]], ...] = (
            ("ledger.jsonl", partial(scores.text, database, edition.ledger_hash)),
            ("scheme.yml", partial(scores.text, database, edition.scheme_hash)),
            ("csv", partial(csv_of, database, edition)),
            ("json", partial(scores.text, database, edition.ranking_hash)),
        )
        for ending, make in texts:
            place = target / f"{edition.edition}.{ending}"
            if not place.is_file():
                _write(place, make())
                written += 1
    list_ = EditionList(editions=tuple(listed(each) for each in published))
    data = (list_.model_dump_json(indent=1) + "\n").encode()
    place = folder / FOLDER / LIST
    if published and (not place.is_file() or place.read_bytes() != data):
        _write(place, data)
        written += 1
    return written


def listed(edition: Edition) -> EditionListed:
    """A published edition as the list names it."""
    assert edition.published is not None
    return EditionListed(
        period=edition.period,
        label=Period.parse(edition.period).label,
        edition=edition.edition,
        published=format_stamp(edition.published),
        note=edition.note,
        ledger=edition.ledger_hash,
        scheme=edition.scheme,
        ranking=edition.ranking_hash,
        event=edition.event_seq,
    )


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".{path.name}.{secrets.token_hex(4)}"
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
