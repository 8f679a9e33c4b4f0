"""Keys that sign the log: made once, rotated, reported lost, and what was fetched before and after."""

from __future__ import annotations

import errno
import json
import shutil
import stat
from pathlib import Path

import pytest

from handlers.logbook import keys, papers
from handlers.logbook.signing import create_key, new_key, read_signer
from rules.errors import Conflict, Unavailable
from tests.casework_fixtures import at
from tests.logbook_fixtures import Book, book, checked, kept, taken_home, verified

__all__ = ["book"]


def test_the_key_is_readable_by_its_owner_only_and_made_once(book: Book) -> None:
    book.hall.file("2026-03-02")
    book.publish("2026-03-03")
    path = keys.key_path(book.hall.database)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_text()
    book.publish("2026-03-04")
    assert path.read_text() == before
    assert len(book.log.key_history()) == 1


def test_a_rotated_key_is_signed_by_the_old_one_and_a_lost_one_is_said_to_be_lost(book: Book) -> None:
    book.hall.file("2026-03-02")
    book.publish("2026-03-03")
    book.log.rotate_key(at("2026-03-03 10:00"))
    book.publish("2026-03-04")
    assert checked(book.published) == 0
    with pytest.raises(Conflict, match="不用报失"):
        book.log.rotate_key(at("2026-03-04 10:00"), lost=True)
    keys.key_path(book.hall.database).unlink()
    with pytest.raises(Unavailable, match="不见了"):
        book.log.publish(at("2026-03-06"))
    book.log.rotate_key(at("2026-03-06 10:00"), lost=True)
    book.publish("2026-03-06")
    code, said = verified(book.published)
    assert code == 0
    assert "没有旧密钥作保" in said
    assert [each.statement.reason for each in book.log.key_history()] == ["first", "rotation", "lost"]


def test_a_key_rotated_while_a_day_is_being_published_signs_the_day_in_the_next_sweep(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    book.hall.file("2026-03-02")
    book.publish("2026-03-03")
    old = keys.signer_in_use(book.hall.database, at("2026-03-03 10:00"))
    book.log.rotate_key(at("2026-03-04 00:00"))
    with monkeypatch.context() as patched:
        # The publishing process had read its signer before the other one rotated.
        patched.setattr(keys, "signer_in_use", lambda *_: old)
        with pytest.raises(Conflict, match="刚刚换过"):
            book.publish("2026-03-04")
    assert book.publish("2026-03-04") == ["2026-03-03"]
    assert checked(book.published) == 0


def test_of_two_rotations_at_once_one_is_refused_and_the_key_stays_usable(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    book.hall.file("2026-03-02")
    book.publish("2026-03-03")
    made = keys.new_key

    def another_first() -> bytes:
        monkeypatch.setattr(keys, "new_key", made)
        book.log.rotate_key(at("2026-03-03 10:00"))
        return made()

    monkeypatch.setattr(keys, "new_key", another_first)
    with pytest.raises(Conflict, match="别处刚刚换过"):
        book.log.rotate_key(at("2026-03-03 10:00"))
    assert len(book.log.key_history()) == 2
    assert book.publish("2026-03-04") == ["2026-03-03"]
    assert checked(book.published) == 0


def test_of_two_processes_that_make_the_first_key_both_use_the_one_that_was_there_first(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, now = keys.new_key, at("2026-03-02")

    def another_first() -> bytes:
        monkeypatch.setattr(keys, "new_key", made)
        keys.signer_in_use(book.hall.database, now)
        return made()

    monkeypatch.setattr(keys, "new_key", another_first)
    used = keys.signer_in_use(book.hall.database, now)
    assert [each.statement.public for each in book.log.key_history()] == [used.public]
    path = keys.key_path(book.hall.database)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir() if path.name in each.name] == [path.name]
    book.hall.file("2026-03-02")
    assert book.publish("2026-03-03") == ["2026-03-02"]


@pytest.mark.parametrize("number", [errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK])
def test_a_volume_without_hard_links_gets_its_first_key_all_the_same_and_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuses(self: Path, target: Path) -> None:
        raise OSError(number, "no hard links here")

    monkeypatch.setattr(Path, "hardlink_to", refuses)
    path = tmp_path / "state" / "log-signing.key"
    create_key(path, new_key())
    first = read_signer(path)
    assert first is not None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    create_key(path, new_key())
    again = read_signer(path)
    assert again is not None
    assert again.public == first.public
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_what_was_fetched_before_a_rotation_agrees_with_what_was_fetched_after(
    book: Book, tmp_path: Path
) -> None:
    _, before = taken_home(book, tmp_path)
    old = tmp_path / "old-log"
    shutil.copytree(book.published, old)
    book.log.rotate_key(at("2026-03-05 10:00"))
    newer = book.hall.file("2026-03-05")
    event = papers.filing_of(book.hall.database, newer.number, newer.query_code)
    receipt = kept(tmp_path, "newer-receipt.json", papers.receipt_body(book.log, event))
    book.publish("2026-03-06")
    found = book.log.prove(event.sequence)
    assert found is not None
    after = kept(tmp_path, "after.json", papers.proof_body(book.log, found))
    for paths in ((before, after), (after, before), (old, after), (after, old), (book.published, before)):
        assert verified(*paths)[0] == 0, paths
    assert verified(receipt, after, old)[0] == 0
    code, said = verified(receipt, old / "keys.json")
    assert (code, "请下载最新的 keys.json" in said) == (2, True), said
    # A day published after the receipt, with a history that never knew the receipt's key: replaced.
    forged = json.loads(after.read_text("utf-8"))
    forged["keys"]["keys"] = forged["keys"]["keys"][:1]
    code, said = verified(receipt, kept(tmp_path, "forged.json", forged))
    assert (code, "记录被换过" in said) == (1, True), said
