"""The public log: days, late and missed ones, keys, proofs, and the one-file verifier that checks them offline."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from handlers.casework.auditing import audit
from handlers.logbook import papers
from handlers.logbook.service import Logbook
from handlers.store.database import Database
from presentation import verify_log
from rules.errors import Conflict
from rules.log_days import runs
from tests.casework_fixtures import at, ground, make_hall
from tests.logbook_fixtures import Book, book, checked, taken_home, verified

__all__ = ["book"]


def test_a_day_is_published_when_it_is_over_and_signed(book: Book) -> None:
    book.hall.accept(book.hall.file("2026-03-02"), "2026-03-02")
    assert book.publish("2026-03-02 23:59") == []
    assert book.publish("2026-03-03 00:00") == ["2026-03-02"]
    assert book.publish("2026-03-03 12:00") == []
    body = json.loads((book.published / "2026-03-02.json").read_text("utf-8"))
    assert len(body["leaves"]) == body["statement"]["last"] == 3
    assert checked(book.published) == 0
    assert audit(book.hall.database).sound


def test_missed_days_and_days_without_events_are_caught_up_in_order(book: Book) -> None:
    book.hall.file("2026-03-02")
    book.hall.file("2026-03-05")
    assert book.publish("2026-03-08") == [f"2026-03-0{day}" for day in range(2, 8)]
    empty = json.loads((book.published / "2026-03-04.json").read_text("utf-8"))
    assert empty["leaves"] == []
    assert checked(book.published) == 0
    # What the publication itself said is an event of the day it was made on.
    assert book.publish("2026-03-09") == ["2026-03-08"]
    assert len(json.loads((book.published / "2026-03-08.json").read_text("utf-8"))["leaves"]) == 7
    assert checked(book.published) == 0


def test_a_clock_set_backwards_loses_nothing_and_publishes_each_event_once(book: Book) -> None:
    book.hall.file("2026-03-04")
    book.hall.file("2026-03-02")  # the clock was wrong
    book.hall.file("2026-03-04")
    assert book.publish("2026-03-05") == ["2026-03-04"]
    with pytest.raises(Conflict, match="时钟可能倒退"):
        book.log.publish(at("2026-03-01"))
    book.hall.file("2026-03-01")
    assert book.publish("2026-03-06") == ["2026-03-05"]
    found = [json.loads(path.read_text("utf-8")) for path in sorted(book.published.glob("2026*.json"))]
    assert [each["statement"]["first"] for each in found] == [1, 4]
    assert checked(book.published) == 0


@pytest.mark.parametrize(("events", "published", "expected"), [
    ([], None, []),
    ([(1, 5)], None, []),
    ([(1, 3), (2, 4)], None, [(3, 1, 1), (4, 2, 2)]),
    ([(1, 30), (2, 3)], None, [(3, 1, 2), (4, 3, 2)]),
    ([(8, 30), (9, 4)], (3, 7), [(4, 8, 9)]),
    ([(8, 2), (9, 4)], (3, 7), [(4, 8, 9)]),
    ([], (2, 7), [(3, 8, 7), (4, 8, 7)]),
    ([(8, 5)], (3, 7), [(4, 8, 7)]),
    ([(8, 4)], (5, 7), []),
])  # fmt: skip
def test_runs_of_days(
    events: list[tuple[int, int]], published: tuple[int, int] | None, expected: list[tuple[int, int, int]]
) -> None:
    """Days of March; today is the 5th."""
    found = runs(
        [(number, date(2026, 3, day)) for number, day in events],
        None if published is None else (date(2026, 3, published[0]), published[1]),
        date(2026, 3, 5),
    )
    assert [(each.day.day, each.first, each.last) for each in found.runs] == expected


def test_a_clock_that_ran_ahead_does_not_publish_years_of_silence(book: Book) -> None:
    book.hall.file("2026-03-02")
    assert book.publish("2026-03-03") == ["2026-03-02"]
    with pytest.raises(Conflict, match="时钟走快"):
        book.log.publish(at("2026-04-05"))
    assert len(book.publish("2026-04-05", catch_up=True)) == 33


def test_an_interrupted_publication_writes_its_files_later(book: Book) -> None:
    book.hall.file("2026-03-02")
    book.publish("2026-03-04")
    for name in ("2026-03-02.json", "index.json", "keys.json"):
        (book.published / name).unlink()
    book.log.publish(at("2026-03-04 10:00"))
    assert checked(book.published) == 0
    assert len(json.loads((book.published / "index.json").read_text("utf-8"))["days"]) == 2


def test_an_old_database_put_back_publishes_nothing_over_what_was_published(
    book: Book, tmp_path: Path
) -> None:
    book.hall.file("2026-03-02")
    book.publish("2026-03-03")
    old = tmp_path / "old.db"
    book.hall.database.write(lambda tx: None)
    connection = book.hall.database.reader()
    connection.execute("PRAGMA query_only=OFF")
    connection.execute("VACUUM INTO ?", (str(old),))
    book.hall.file("2026-03-03")
    book.publish("2026-03-05")
    book.hall.database.close()
    for name in ("hall.db-wal", "hall.db-shm"):
        (tmp_path / ".hall" / name).unlink(missing_ok=True)
    shutil.copy(old, tmp_path / ".hall" / "hall.db")
    replayed = Database.open(tmp_path / ".hall" / "hall.db")
    with pytest.raises(Conflict, match="换成了旧的"):
        Logbook(replayed, ground, tmp_path / "published").publish(at("2026-03-06"))
    replayed.close()


def test_a_published_file_that_was_changed_is_not_overwritten_in_silence(book: Book) -> None:
    book.hall.file("2026-03-02")
    book.publish("2026-03-03")
    path = book.published / "2026-03-02.json"
    path.write_text(path.read_text("utf-8").replace('"first": 1', '"first": 2'), "utf-8")
    with pytest.raises(Conflict, match="没有覆盖"):
        book.log.publish(at("2026-03-03 12:00"))


def test_a_receipt_and_its_proof_are_checked_without_a_network_or_a_library(
    book: Book, tmp_path: Path
) -> None:
    book.hall.file("2026-03-01")
    book.publish("2026-03-02 00:30")
    receipt, proof = taken_home(book, tmp_path)
    code, said = verified(receipt, proof)
    assert code == 0, said
    assert "就是 2026-03-02 公布的日志里的第" in said
    assert verified(receipt, proof, book.published)[0] == 0
    assert verified(receipt, book.published)[0] == 0
    assert verified("--from", "2026-03-02", "--to", "2026-03-03", book.published)[0] == 0
    code, said = verified(receipt)
    assert code == 0
    assert "还不知道" in said


def test_two_histories_that_part_are_refused_whichever_is_longer(book: Book, tmp_path: Path) -> None:
    _, proof = taken_home(book, tmp_path)
    other = tmp_path / "other"
    (other / ".hall").mkdir(parents=True)
    hall = make_hall(other / ".hall")
    log = Logbook(hall.database, ground, other / "published")
    hall.file("2026-03-02")
    log.publish(at("2026-03-03"))
    assert checked(proof, other / "published" / "log" / "keys.json") == 1
    log.rotate_key(at("2026-03-03 10:00"))
    assert checked(proof, other / "published" / "log" / "keys.json") == 1
    hall.database.close()


def test_the_verifier_says_wrong_use_apart_from_wrong_content(book: Book, tmp_path: Path) -> None:
    receipt, proof = taken_home(book, tmp_path)
    (tmp_path / "x.json").write_text("[1]", "utf-8")
    (tmp_path / "empty").mkdir()
    assert checked(tmp_path / "nothing.json") == 2
    assert checked(tmp_path / "x.json") == 2
    assert checked(tmp_path / "empty") == 2
    assert checked("--from", "2030-01-01", book.published) == 2
    assert checked("--key", "0" * 32, receipt, proof) == 1
    assert checked("--key", book.log.key_history()[0].statement.id, receipt, proof) == 0


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every single value of a document."""
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], (*path, key))
    elif isinstance(value, list):
        for number in range(len(value)):
            yield from places(value[number], (*path, number))
    else:
        yield path


def changed(value: Any) -> Any:
    if isinstance(value, bool | None):
        return 1
    if isinstance(value, int):
        return value + 1
    if value and all(char in "0123456789abcdef" for char in value):
        return value[:-1] + ("0" if value[-1] != "0" else "1")
    return f"{value}x"


# What nobody signs and nothing is computed from: said beside what counts.
BESIDE = {
    "receipt.json": {("filed_at",), ("key", "public"), ("hasher",)},
    "proof.json": {("keys", "format")},
}


def test_a_change_of_any_value_of_a_receipt_a_proof_a_day_or_a_key_is_refused(
    book: Book, tmp_path: Path
) -> None:
    book.hall.file("2026-03-01")
    book.publish("2026-03-02 00:30")
    book.log.rotate_key(at("2026-03-02 10:00"))
    receipt, proof = taken_home(book, tmp_path)
    day, history = book.published / "2026-03-02.json", book.published / "keys.json"
    for path in (receipt, proof, day, history):
        text = path.read_text("utf-8")
        for place in places(json.loads(text)):
            if place in BESIDE.get(path.name, ()):
                continue
            document = json.loads(text)
            target = document
            for step in place[:-1]:
                target = target[step]
            target[place[-1]] = changed(target[place[-1]])
            path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
            assert checked(receipt, proof, book.published) in (1, 2), (path.name, place)
        path.write_text(text, "utf-8")
    assert checked(receipt, proof, book.published) == 0


def test_days_that_are_missing_swapped_or_of_another_history_are_refused(book: Book, tmp_path: Path) -> None:
    taken_home(book, tmp_path)
    for number in range(2, 6):
        copy = tmp_path / f"copy{number}"
        shutil.copytree(book.published, copy)
        if number == 2:
            (copy / "2026-03-03.json").unlink()
        elif number == 3:
            one, two = copy / "2026-03-02.json", copy / "2026-03-03.json"
            first, second = one.read_text(), two.read_text()
            one.write_text(second)
            two.write_text(first)
        elif number == 4:
            (copy / "keys.json").unlink()
        else:
            document = json.loads((copy / "2026-03-02.json").read_text())
            document["leaves"].reverse()
            (copy / "2026-03-02.json").write_text(json.dumps(document))
        # Two files that bear each other's names still hold what they hold: names alone prove nothing.
        assert checked(copy) == {2: 1, 3: 0, 4: 2, 5: 1}[number]


def test_the_verifier_checks_signatures_as_the_library_does() -> None:
    for number in range(60):
        key = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 31 + bytes([255 - number]))
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        message = bytes(range(number))
        signature = key.sign(message)
        assert verify_log.ed25519_verify(public, message, signature)
        bent = bytearray(signature)
        bent[number] ^= 1 << number % 8
        assert not verify_log.ed25519_verify(public, message, bytes(bent))
        assert not verify_log.ed25519_verify(public, message + b"!", signature)
        bent = bytearray(public)
        bent[number % 32] ^= 1 << number % 8
        assert not verify_log.ed25519_verify(bytes(bent), message, signature)


# RFC 8032, section 7.1: tests 1, 2 and 3.
VECTORS = (
    ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
)  # fmt: skip


@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
def test_the_verifier_knows_the_standards_own_signatures(public: str, message: str, signature: str) -> None:
    key, said, signed = bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature)
    assert verify_log.ed25519_verify(key, said, signed)
    order = 2**252 + 27742317777372353535851937790883648493
    scalar = (
        int.from_bytes(signed[32:], "little") + order
    )  # the same number, written beyond the group's order
    assert not verify_log.ed25519_verify(key, said, signed[:32] + scalar.to_bytes(32, "little"))
    for wrong in (b"", signed[:63], signed + b"\0"):
        assert not verify_log.ed25519_verify(key, said, wrong)
    for bad in (b"", b"\xff" * 32, b"\x02" + b"\0" * 31, bytes(31) + b"\x80"):
        assert not verify_log.ed25519_verify(bad, said, signed)


def test_the_verifier_is_written_for_an_old_python() -> None:
    import ast

    ast.parse(Path(verify_log.__file__).read_text("utf-8"), feature_version=(3, 8))


def test_erasing_a_payload_by_law_keeps_proofs_and_log_whole(book: Book, tmp_path: Path) -> None:
    filed = book.hall.file("2026-03-02")
    book.hall.move(filed, "withdraw", "applicant", "2026-03-02")
    book.publish("2026-03-03")
    book.hall.casework.erase(filed.number, book.hall.staff("admin"), "申请人要求删除", now=at("2026-03-04"))
    book.publish("2026-03-06")
    proof = book.log.prove(1)
    assert proof is not None
    path = tmp_path / "proof.json"
    path.write_text(json.dumps(papers.proof_body(book.log, proof)), "utf-8")
    assert checked(path, book.published) == 0
    assert audit(book.hall.database).sound


def test_the_public_log_holds_no_number_name_or_person(book: Book) -> None:
    filed = book.hall.file("2026-03-02")
    book.publish("2026-03-04")
    text = "".join(path.read_text("utf-8") for path in book.published.iterdir())
    for told in (filed.number, filed.query_code, "张示例", "张", "p-", "market", LICENCE_NAME):
        assert told not in text, told


LICENCE_NAME = "食品经营许可"
