"""The sweep: each card once, whatever looks and whenever; late looks lose nothing; one failure stops nothing."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from handlers.casework import clocks as casework_clocks
from handlers.casework.auditing import audit
from handlers.casework.service import Casework
from handlers.store import cards, cases, counts, orders, outbox
from handlers.store.database import Database, connect
from handlers.store.orders import Order
from handlers.store.records import Card
from handlers.store.writer import Transaction, Writer
from handlers.watching.service import Watching
from rules.errors import Forbidden, IllegalMove, Invalid
from tests.casework_fixtures import ROOT_OF_TESTS, Hall, at, ground, make_hall


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    made = make_hall(tmp_path)
    yield made
    made.database.close()


def case_cards(hall: Hall, case_id: int = 1) -> dict[int, Card]:
    found = cards.of_subject(hall.database, "case", case_id)
    return {each.level: each for each in found if each.rule == "case"}


@pytest.mark.parametrize(
    ("when", "levels"),
    [
        ("2026-03-08 23:59", []),  # three left
        ("2026-03-09 00:00", [1]),  # two left
        ("2026-03-11 23:59", [1]),  # the last day
        ("2026-03-12 00:00", [1, 2]),  # one over the promise
        ("2026-03-30 23:59", [1, 2]),  # the law's last day
        ("2026-03-31 00:00", [1, 2, 3]),  # one over the law
    ],
)
def test_cards_begin_on_their_day_and_not_before(hall: Hall, when: str, levels: list[int]) -> None:
    hall.accept(hall.file("2026-03-02"), "2026-03-02")
    hall.casework.sweep(at(when))
    assert sorted(case_cards(hall)) == levels


def test_daily_sweeps_and_one_late_sweep_issue_the_same_cards(hall: Hall, tmp_path: Path) -> None:
    other = make_hall(tmp_path / "other")
    for each in (hall, other):
        each.accept(each.file("2026-03-02"), "2026-03-02")
    for day in range(40):
        hall.casework.sweep(at("2026-03-02") + timedelta(days=day))
    other.casework.sweep(at("2026-03-02") + timedelta(days=39))
    mine, theirs = case_cards(hall), case_cards(other)
    assert {level: (card.since, card.why) for level, card in mine.items()} == {
        level: (card.since, card.why) for level, card in theirs.items()
    }
    other.database.close()


def test_a_case_decided_late_while_nobody_swept_still_gets_its_card(hall: Hall) -> None:
    filed = hall.accept(hall.file("2026-03-02"), "2026-03-02")
    hall.to_decision(filed, "2026-03-03")
    hall.move(filed, "grant", "decider", "2026-03-13", opinion="同意")
    assert sorted(case_cards(hall)) == [1, 2]
    assert hall.casework.sweep(at("2026-06-01")).cards >= 0
    assert sorted(case_cards(hall)) == [1, 2]


def test_a_second_sweep_finds_nothing_to_do(hall: Hall) -> None:
    hall.accept(hall.file("2026-03-02"), "2026-03-02")
    first = hall.casework.sweep(at("2026-04-10"))
    again = hall.casework.sweep(at("2026-04-10"))
    assert first.cards > 0
    assert (again.cards, again.looked_at) == (0, 0)


_SWEEPER = """
import sys
from pathlib import Path
from tests.casework_fixtures import at, ground
from handlers.casework.auditing import audit
from handlers.casework.service import Casework
from handlers.store.database import Database
casework = Casework(Database.open(Path(sys.argv[1])), ground)
sys.stdin.readline()
print(casework.sweep(at("2026-04-10")).cards)
"""


def test_two_processes_sweeping_at_once_issue_each_card_exactly_once(hall: Hall) -> None:
    for _ in range(30):
        hall.accept(hall.file("2026-03-02"), "2026-03-02")
    sweepers = [
        subprocess.Popen(
            [sys.executable, "-c", _SWEEPER, str(hall.database.path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT_OF_TESTS,
        )
        for _ in range(2)
    ]  # fmt: skip
    issued = [0, 0]

    def go(at_: int) -> None:
        issued[at_] = int(sweepers[at_].communicate("go\n", timeout=60)[0])

    threads = [threading.Thread(target=go, args=(each,)) for each in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total = hall.database.value("SELECT count(*) FROM card")
    assert sum(issued) == total
    assert hall.database.value("SELECT count(*) FROM card WHERE rule = 'case'") == 90
    told = hall.database.value("SELECT count(*) FROM event WHERE kind = 'card'")
    assert told == total


def test_a_clock_that_runs_backwards_takes_nothing_back(hall: Hall) -> None:
    filed = hall.accept(hall.file("2026-03-02"), "2026-03-02")
    hall.casework.sweep(at("2026-03-12"))
    before = case_cards(hall)
    hall.casework.sweep(at("2026-03-03"))
    assert case_cards(hall) == before
    hall.casework.sweep(at("2026-03-31"))
    assert sorted(case_cards(hall)) == [1, 2, 3]
    case = cases.by_number(hall.database, filed.number)
    assert case is not None
    assert case.level == 3


def test_one_clock_that_cannot_be_computed_is_put_off_and_reported_and_the_rest_goes_on(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, sound = (
        hall.accept(hall.file("2026-03-02"), "2026-03-02"),
        hall.accept(hall.file("2026-03-02"), "2026-03-02"),
    )
    compute = casework_clocks.timed

    def failing(ground_: object, clock: object, pauses: object) -> object:
        if (clock.subject, clock.subject_id) == ("case", 1):  # type: ignore[attr-defined]
            raise RuntimeError("boom")
        return compute(ground_, clock, pauses)  # type: ignore[arg-type]

    monkeypatch.setattr(casework_clocks, "timed", failing)
    swept = hall.casework.sweep(at("2026-03-31"))
    assert {number for _, number, _ in swept.put_off} == {broken.number}
    assert "boom" in swept.put_off[0][2]
    assert sorted(case_cards(hall, 2)) == [1, 2, 3]
    assert case_cards(hall, 1) == {}
    assert sound.number not in {number for _, number, _ in swept.put_off}
    monkeypatch.undo()
    assert hall.casework.sweep(at("2026-03-31 10:00")).put_off == ()
    assert sorted(case_cards(hall, 1)) == [1, 2, 3]


def test_what_fails_halfway_among_many_leaves_nothing_and_no_gap_among_the_numbers_of_orders(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        hall.accept(hall.file("2026-03-02"), "2026-03-02")
    insert = orders.insert

    def failing(tx: Transaction, order: Order) -> int:
        if order.subject_id == 3:
            raise RuntimeError("boom")
        return insert(tx, order)

    monkeypatch.setattr(orders, "insert", failing)
    swept = hall.casework.sweep(at("2026-03-12"))
    assert {why for _, _, why in swept.put_off} == {"RuntimeError: boom"}
    found = [orders.of_subject(hall.database, "case", each) for each in range(1, 6)]
    assert [len(each) for each in found] == [1, 1, 0, 1, 1]
    assert case_cards(hall, 3) == {}
    numbers = sorted(
        int(each.number.rpartition("第")[2].removesuffix("号")) for (each,) in filter(None, found)
    )
    assert numbers == [1, 2, 3, 4]
    monkeypatch.undo()
    hall.casework.sweep(at("2026-03-12 10:00"))
    assert sorted(case_cards(hall, 3)) == [1, 2]
    assert orders.of_subject(hall.database, "case", 3)[0].number.endswith("第5号")
    assert audit(hall.database).sound


def statements_of_a_sweep(folder: Path, cases_due: int) -> int:
    """How many statements it takes to give some cases their yellow card with its order."""
    hall = make_hall(folder)
    for _ in range(cases_due):
        hall.accept(hall.file("2026-03-02"), "2026-03-02")
    hall.casework.sweep(at("2026-03-11"))
    hall.database.close()
    said: list[str] = []

    def traced() -> sqlite3.Connection:
        connection = connect(folder / "hall.db")
        connection.set_trace_callback(said.append)
        return connection

    database = Database.open(folder / "hall.db")
    database.writer = Writer(traced)
    swept = Casework(database, ground).sweep(at("2026-03-12"))
    assert database.value("SELECT count(*) FROM supervision_order WHERE subject = 'case'") == cases_due
    assert (swept.looked_at, swept.cards) == (cases_due, cases_due)
    database.close()
    # The triggers of a statement are traced as the statement once more.
    return sum(this != before for before, this in pairwise(["", *said]))


def test_a_further_due_clock_costs_a_sweep_few_statements(tmp_path: Path) -> None:
    """The clock's level, its card, the order's number, the order and its card's place on it, the clock of the
    explanation, two events in two tables each, three messages, the case's light, the salt of its seal. What is read
    is read for all at once."""
    few, many = (statements_of_a_sweep(tmp_path / str(each), each) for each in (3, 13))
    assert (many - few) / 10 <= 15


def test_a_pause_stops_the_cards_and_a_withdrawn_case_is_checked_no_longer(hall: Hall) -> None:
    filed = hall.accept(hall.file("2026-03-02"), "2026-03-02")
    hall.move(filed, "start_special", "section", "2026-03-03", kind="2", days="60", reason="鉴定", basis="法")
    hall.casework.sweep(at("2026-04-30"))
    assert case_cards(hall) == {}
    hall.move(filed, "withdraw", "applicant", "2026-05-06")
    before = len(cards.of_subject(hall.database, "case", 1))
    hall.casework.sweep(at("2027-05-06"))
    assert len(cards.of_subject(hall.database, "case", 1)) == before


def test_a_warning_tells_the_handler_and_a_red_card_the_supervisors_too(hall: Hall) -> None:
    hall.accept(hall.file("2026-03-02"), "2026-03-02")
    hall.casework.sweep(at("2026-03-31"))
    told = {
        (each.template, each.recipient)
        for each in outbox.of_subject(hall.database, "case", 1)
        if each.template.startswith("card") and "预审" not in each.body and "环节" not in each.body
    }
    assert ("card.3", "county") in told
    assert ("card.3", "market") in told
    assert ("card.1", "county") not in told


def test_the_board_and_desk_show_the_light(hall: Hall) -> None:
    filed = hall.accept(hall.file("2026-03-02"), "2026-03-02")
    hall.casework.sweep(at("2026-03-31"))
    watching = Watching(hall.database, hall.casework.ground)
    board = watching.board(watching.scope(hall.people["supervisor"], at("2026-03-31")), at("2026-03-31"))
    assert (board.open, board.red) == (1, 1)
    assert board.cards[0].card.level == 3
    desk = hall.casework.desk(hall.people["section"], now=at("2026-03-31"), tab="overdue")
    assert [(each.number, each.light, each.left) for each in desk.rows] == [(filed.number, 3, -14)]


def with_confirmation(hall: Hall) -> None:
    """The case rule waits for a person from now on."""
    old = ground()
    rules = {name: replace(rule, mode="confirmed") for name, rule in old.card_rules.items()}
    hall.holder.ground = replace(old, card_rules=rules)


def test_a_card_that_must_be_confirmed_waits_and_counts_only_then(hall: Hall) -> None:
    with_confirmation(hall)
    hall.accept(hall.file("2026-03-02"), "2026-03-02")
    hall.casework.sweep(at("2026-03-12"))
    card = case_cards(hall)[2]
    assert card.state == "pending"
    day = at("2026-03-12").date()
    assert not [each for each in counts.between(hall.database, day, day) if each.measure.startswith("card")]
    for role in ("decider", "supervisor"):
        with pytest.raises(Forbidden):
            hall.casework.decide_card(card.id, hall.staff(role), confirm=True, now=at("2026-03-12"))
    issued = hall.casework.decide_card(card.id, hall.staff("county"), confirm=True, now=at("2026-03-12"))
    assert issued.state == "issued"
    assert [each.count for each in counts.between(hall.database, day, day) if each.measure == "card_2"] == [1]
    with pytest.raises(IllegalMove):
        hall.casework.decide_card(
            card.id, hall.staff("county"), confirm=False, reason="x", now=at("2026-03-12")
        )


def test_a_revoked_card_stays_visible_and_does_not_come_back(hall: Hall) -> None:
    hall.accept(hall.file("2026-03-02"), "2026-03-02")
    hall.casework.sweep(at("2026-03-12"))
    card = case_cards(hall)[2]
    with pytest.raises(Invalid):
        hall.casework.revoke_card(card.id, hall.staff("county"), " ", now=at("2026-03-13"))
    revoked = hall.casework.revoke_card(card.id, hall.staff("county"), "系统故障所致", now=at("2026-03-13"))
    assert (revoked.state, revoked.decision) == ("revoked", "系统故障所致")
    hall.casework.sweep(at("2026-03-20"))
    assert case_cards(hall)[2].state == "revoked"


def test_tidying_removes_only_what_has_expired(hall: Hall) -> None:
    hall.file("2026-03-02", key="old")
    assert hall.casework.tidy(at("2026-03-20")) == 0
    assert hall.casework.tidy(at("2026-04-20")) == 1  # the kept answer of the key


def test_the_database_can_be_swept_from_a_second_casework(hall: Hall) -> None:
    hall.accept(hall.file("2026-03-02"), "2026-03-02")
    other = Database.open(hall.database.path)
    assert Casework(other, ground).sweep(at("2026-03-12")).cards > 0
    other.close()
    assert hall.casework.sweep(at("2026-03-12")).cards == 0


def test_files_of_a_letter_that_was_never_sent_are_dropped_after_two_days_and_no_others(hall: Hall) -> None:
    def job(tx: Transaction) -> None:
        for name, owner, day in (
            ("a", "letter-draft/x", "2026-03-01"),
            ("b", "letter-draft/x", "2026-03-19"),
            ("c", "letter/1", "2026-03-01"),
        ):
            tx.execute(
                "INSERT INTO attachment (id, sha256, name, extension, media_type, size, received, owner) "
                "VALUES (?, ?, 'x.pdf', 'pdf', 'application/pdf', 1, ?, ?)",
                (name, name * 64, at(day).isoformat(), owner),
            )

    hall.database.write(job)
    assert hall.casework.tidy(at("2026-03-20")) == 1
    assert [row["id"] for row in hall.database.rows("SELECT id FROM attachment ORDER BY id")] == ["b", "c"]
