"""A hall with its published log, and the verifier as a citizen runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from handlers.logbook import papers
from handlers.logbook.service import Logbook
from presentation import verify_log
from tests.casework_fixtures import Hall, at, ground, make_hall


@dataclass
class Book:
    """A hall with its log, in a root's folders."""

    hall: Hall
    log: Logbook
    published: Path

    def publish(self, when: str, **options: bool) -> list[str]:
        return [each.statement.day for each in self.log.publish(at(when), **options)]


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    state = tmp_path / ".hall"
    state.mkdir()
    hall = make_hall(state)
    log = Logbook(hall.database, ground, tmp_path / "published")
    yield Book(hall, log, tmp_path / "published" / "log")
    hall.database.close()


def verified(*paths: Path | str, **_: Any) -> tuple[int, str]:
    """Exit code and words of the verifier, run as a citizen runs it."""
    script = Path(verify_log.__file__)
    run = subprocess.run(
        [sys.executable, "-I", "-S", str(script), *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
    )
    return run.returncode, run.stdout + run.stderr


def checked(*paths: Path | str) -> int:
    """The exit code alone, inside this process."""
    return verify_log.main([str(each) for each in paths])


def taken_home(book: Book, folder: Path, day: str = "2026-03-02") -> tuple[Path, Path]:
    """A receipt taken when it was filed, its proof a day later."""
    filed = book.hall.file(day)
    event = papers.filing_of(book.hall.database, filed.number, filed.query_code)
    receipt, proof = folder / "receipt.json", folder / "proof.json"
    receipt.write_text(json.dumps(papers.receipt_body(book.log, event), ensure_ascii=False), "utf-8")
    book.hall.file(day)
    assert book.log.prove(event.sequence) is None
    book.log.publish(at("2026-03-05"))
    found = book.log.prove(event.sequence)
    assert found is not None
    proof.write_text(json.dumps(papers.proof_body(book.log, found), ensure_ascii=False), "utf-8")
    return receipt, proof


def kept(folder: Path, name: str, document: object) -> Path:
    """A document as a citizen saves it."""
    path = folder / name
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return path
