"""A database from before letters were whole and cards shared an order: every old row is where it belongs afterwards."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlite_utils import Database as Utils

from handlers.store import letters, migrations, order_cards, orders
from handlers.store.database import Database
from handlers.store.migrations.history import MIGRATIONS
from rules.letter_terms import LetterState
from rules.order_table import OrderState

NOON = "2026-03-02T12:00:00+08:00"
DUE = "2026-03-09T23:59:59+08:00"


def until(connection: sqlite3.Connection, last: str) -> None:
    """The schema as it was after a migration."""
    connection.execute("BEGIN IMMEDIATE")
    MIGRATIONS.apply(Utils(connection, execute_plugins=False), stop_before=last)
    connection.execute("COMMIT")


def insert(connection: sqlite3.Connection, table: str, **values: object) -> None:
    names = ", ".join(values)
    marks = ", ".join("?" for _ in values)
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values()))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Rows as the versions before wrote them."""
    path = tmp_path / "hall.db"
    connection = sqlite3.connect(path, isolation_level=None)
    until(connection, "m0002_cards")
    old: dict[str, dict[str, object]] = {
        "open": {"state": "open"},
        "answered": {"state": "answered", "answered": NOON, "answer": "请带身份证。", "answered_by": "p-1", "public": 1},
        "rated": {
            "state": "rated", "answered": "2026-03-10T09:00:00+08:00", "answer": "请带身份证。", "answered_by": "p-1",
            "score": 2, "rating_words": "清楚",
        },
    }  # fmt: skip
    for at, (name, more) in enumerate(old.items(), 1):
        insert(
            connection, "letter", id=at, number=f"QHZ20260302000{at}", query_hash=b"x", kind="consultation",
            department="market", title=name, content="怎么办证？", writer='{"name": "张示例", "phone": "", "email": ""}',
            writer_masked="张**", received=NOON, due=DUE, **more,
        )  # fmt: skip
    until(connection, "m0010_order_cards")
    for at, state in enumerate(("issued", "revoked", "issued"), 1):
        insert(
            connection, "card", id=at, subject="case", subject_id=at, subject_number=f"QH{at}", department="market",
            unit="market", object="case", trigger="", fact=f"event:{at}", level=2, rule="case", rules="x@1", since=NOON,
            raised=NOON, issued=NOON, state=state, why="超出1个工作日",
        )  # fmt: skip
        insert(
            connection, "supervision_order", id=at, number=f"青督字〔2026〕第{at}号", card_id=at, subject="case",
            subject_id=at, subject_number=f"QH{at}", department="market", unit="market", issuer_unit="county", text="x",
            demand="x", document="{}", issued=NOON, issued_by="system", explain_due=DUE,
            state="cancelled" if state == "revoked" else "issued", closed_at=NOON if state == "revoked" else None,
            closing="所依据的牌已撤销" if state == "revoked" else "",
        )  # fmt: skip
    insert(
        connection, "supervision_order", id=9, number="青督字〔2026〕第9号", card_id=None, subject="department",
        subject_id=0, subject_number="market", department="market", unit="market", issuer_unit="county", text="x",
        demand="x", document="{}", issued=NOON, issued_by="p-1", explain_due=DUE, state="issued",
    )  # fmt: skip
    assert migrations.migrate(connection)
    assert migrations.migrate(connection) == ()
    connection.close()
    return tmp_path


def test_old_letters_keep_what_they_said_and_stand_where_they_belong(folder: Path) -> None:
    database = Database(folder / "hall.db")
    try:
        found = {each.title: each for at in (1, 2, 3) if (each := letters.by_id(database, at))}
        assert {name: each.state for name, each in found.items()} == {
            "open": LetterState.ASSIGNED, "answered": LetterState.CLOSED, "rated": LetterState.CLOSED,
        }  # fmt: skip
        for each in found.values():
            assert (each.own_kind, each.assigned_unit, each.topic) == ("consultation", "market", "")
            assert (each.settled, each.disputes, each.proposed, each.handling) == (None, 0, "", "")
            assert each.writer is not None
            assert each.content == "怎么办证？"
        assert (found["rated"].score, found["rated"].late) == (2, True)
        assert (found["answered"].late, found["answered"].outcome) == (False, "answered")
        # Published before masking was: nobody sees it until it has been masked.
        assert letters.published(database) == ()
        assert [each.title for each in letters.to_mask(database)] == ["answered"]
    finally:
        database.close()


def test_every_old_order_keeps_its_card_and_what_was_revoked_is_off_it(folder: Path) -> None:
    database = Database(folder / "hall.db")
    try:
        for card_id in (1, 2, 3):
            order = orders.of_card(database, card_id)
            assert order is not None
            assert order.card_id == card_id
        kept = {at: order_cards.of_order(database, at) for at in (1, 2, 3, 9)}
        assert [len(each) for each in kept.values()] == [1, 1, 1, 0]
        assert (kept[1][0].removed, kept[1][0].finding) == (None, "")
        assert kept[2][0].removed is not None
        assert kept[2][0].removal == "所依据的牌已撤销"
        second = orders.by_id(database, 2)
        assert second is not None
        assert second.state is OrderState.CANCELLED
        joined = orders.to_join(database, "case", (1, 2))
        assert {which: order.id for which, order in joined.items()} == {(1, "market", "county", False): 1}
    finally:
        database.close()
