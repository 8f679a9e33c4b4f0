"""Cards across the schema's history, and one card a fact."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from sqlite_utils import Database as Plain
from sqlite_utils import Migrations

from handlers.store import cards
from handlers.store.database import Database
from handlers.store.migrations.m0001_records import m0001_records
from handlers.store.records import Card, Watched
from rules.errors import Conflict
from rules.time import SHANGHAI

AT = datetime(2026, 7, 1, 9, tzinfo=SHANGHAI)
CARD = Card(
    id=0, clock_id=None, subject="case", subject_id=1, subject_number="DEMO-1", department="market",
    unit="market", object="case", trigger="no_reasons", fact="event:5", level=2, rule="no-reasons",
    rules="four-level@2#00000000", since=AT, raised=AT, issued=AT, state="pending", why="未说明理由", drill=False,
)  # fmt: skip


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = Database.open(tmp_path / "hall.db", migrate=True)
    yield found
    found.close()


def _first_version(path: Path) -> None:
    """A database as the first release left it, with four cards of two clocks."""
    first = Migrations("hall")
    first()(m0001_records)
    connection = sqlite3.connect(path)
    first.apply(Plain(connection, execute_plugins=False))
    with connection:
        connection.executemany(
            "INSERT INTO clock (id, subject, subject_id, kind, object, department, unit, started, limit_days, "
            "limit_unit, precision, due, provisional, rules) VALUES (?, 'case', ?, 'promise', 'case', 'market', "
            "'market', ?, 5, 'workday', 'day', ?, 0, 'four-level@1')",
            [(each, each, AT.isoformat(), AT.isoformat()) for each in (11, 12)],
        )
        connection.executemany(
            "INSERT INTO card (id, clock_id, subject, subject_id, subject_number, department, unit, level, rule, "
            "rules, since, issued, state, why, decided_by, decided_at, decision) VALUES (?, ?, 'case', ?, 'DEMO', "
            "'market', 'market', ?, 'case', 'four-level@1', ?, ?, ?, '超期', ?, ?, ?)",
            [
                (7, 11, 11, 1, AT.isoformat(), AT.isoformat(), "issued", None, None, ""),
                (8, 11, 11, 2, AT.isoformat(), AT.isoformat(), "revoked", "p-1", AT.isoformat(), "不属实"),
                (9, 12, 12, 2, AT.isoformat(), AT.isoformat(), "revoked", "p-1", AT.isoformat(), "已说明"),
                (10, 12, 12, 3, AT.isoformat(), AT.isoformat(), "issued", "p-1", AT.isoformat(), ""),
            ],
        )
        for seq, kind, state, subject, payload in (
            (1, "card.revoke", "pending", 11, '{"card":8,"reason":"不属实"}'),
            (2, "card.revoke", "issued", 12, '{"card":9,"reason":"已说明"}'),
        ):
            connection.execute(
                "INSERT INTO event VALUES (?, ?, ?, 'case', ?, 'DEMO', 'p-1', 'county_supervisor', 'county', ?, "
                "'revoked', 0, 'c', 'p', 'h')",
                (seq, AT.isoformat(), kind, subject, state),
            )
            connection.execute("INSERT INTO event_payload VALUES (?, 'salt', ?, NULL)", (seq, payload))
    connection.close()


def test_cards_of_the_first_release_keep_number_and_words_and_gain_their_fact(tmp_path: Path) -> None:
    path = tmp_path / "hall.db"
    _first_version(path)
    database = Database.open(path, migrate=True)
    found = {each: cards.by_id(database, each) for each in (7, 8, 9, 10)}
    database.close()
    shown = {
        number: (each.fact, each.object, each.trigger, each.state, each.confirmed_by, each.issued_by)
        for number, each in found.items()
        if each is not None
    }
    assert shown == {
        7: ("clock:11", "case", "", "issued", None, "system"),
        8: ("clock:11", "case", "", "dismissed", None, "system"),
        9: ("clock:12", "case", "", "revoked", None, "system"),
        10: ("clock:12", "case", "", "issued", "p-1", "system"),
    }
    first = found[7]
    assert first is not None
    assert (first.rules, first.why, first.issued, first.raised) == ("four-level@1", "超期", AT, AT)


def test_a_fact_gets_one_card_of_a_level_under_a_rule_and_others_their_own(database: Database) -> None:
    first = database.write(lambda tx: cards.insert(tx, CARD))
    again = database.write(lambda tx: cards.insert(tx, replace(CARD, why="又一次")))
    higher = database.write(lambda tx: cards.insert(tx, replace(CARD, level=3)))
    other = database.write(lambda tx: cards.insert(tx, replace(CARD, fact="event:6")))
    assert (first, again, higher, other) == (1, None, 2, 3)
    kept = cards.of_fact(database, "no-reasons", 2, "event:5")
    assert kept is not None
    assert kept.why == "未说明理由"


def test_a_confirmed_card_takes_effect_when_it_is_confirmed_and_only_once(database: Database) -> None:
    database.write(lambda tx: cards.insert(tx, CARD))
    later = AT.replace(day=3)
    pending = cards.by_id(database, 1)
    assert pending is not None
    database.write(lambda tx: cards.decide(tx, pending, "issued", "p-2", later, ""))
    issued = cards.by_id(database, 1)
    assert issued is not None
    assert (issued.state, issued.raised, issued.issued, issued.confirmed_by) == ("issued", AT, later, "p-2")
    with pytest.raises(Conflict):
        database.write(lambda tx: cards.decide(tx, pending, "dismissed", "p-3", later, "不属实"))


def test_only_cards_that_took_effect_are_counted_as_issued(database: Database) -> None:
    for number, state in enumerate(("pending", "issued", "dismissed", "revoked")):
        card = replace(CARD, state=state, fact=f"event:{number}")
        database.write(lambda tx, card=card: cards.insert(tx, card))
    assert cards.issued_between(database, ("market",), AT, AT) == 2
    assert cards.pending(database, ("market",)) == 1


def test_what_is_watched_is_listed_once_a_fact(database: Database) -> None:
    seen = Watched(
        0, "watch_refused", "event:9", "watch-refused", "four-level@2#00000000", "case", 1, "DEMO-1", "market",
        "market", AT, "不予受理", False,
    )  # fmt: skip
    assert database.write(lambda tx: cards.watch(tx, seen)) == 1
    assert database.write(lambda tx: cards.watch(tx, seen)) is None
    assert [each.fact for each in cards.watched(database, ("market",), AT, AT, 10)] == ["event:9"]
    assert cards.watched(database, ("tax",), AT, AT, 10) == ()
    assert len(cards.watched_of_subject(database, "case", 1)) == 1
