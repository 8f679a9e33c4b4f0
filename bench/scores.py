"""How long a month's score takes over a million cases: facts by index, ledger, ranking. `make bench` or by hand."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from datetime import date, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from catalog.scoring import load_scheme, scoring_folders
from handlers.scoring.ledgering import Tokens
from handlers.store.database import Database, connect
from handlers.store.score_facts import facts
from handlers.store.writer import Transaction
from rules.score_ledger import LedgerHead, lines_with, read, write
from rules.score_periods import Period
from rules.score_ranking import as_json, ranking
from rules.time import SHANGHAI, day_start

DEPARTMENTS = tuple(f"department-{number:02d}" for number in range(28))


_INSERTS = (
    "INSERT INTO cases (id, number, query_hash, item_code, item_name, item_version, item_type, case_kind, department, "
    "accepting_unit, holder_unit, holder_role, state, channel, applicant_kind, applicant_masked, promised_days, "
    "promised_unit, delivery, outcome, received_at, submitted_at, closed_at, changed_at) VALUES (?, ?, x'00', 'ITEM', "
    "'item', 'v', '01', '2', ?, ?, ?, '', 'delivered', 'web', '1', 'm', 5, 'workday', 'window', 'granted', ?, ?, ?, ?)",
    "INSERT INTO clock (id, subject, subject_id, kind, object, department, unit, started, limit_days, limit_unit, "
    "precision, due, provisional, stopped, rules) VALUES (?, 'case', ?, 'promise', 'case', ?, ?, ?, 5, 'workday', "
    "'day', ?, 0, '2026-10-31T00:00:00+08:00', 'r')",
    "INSERT INTO step (case_id, position, code, name, role, unit, state, person) "
    "VALUES (?, 0, 'decision', 'd', 'decider', ?, 'done', ?)",
    "INSERT INTO rating (case_id, score, channel, at) VALUES (?, ?, 'web', ?)",
    "INSERT INTO card (clock_id, subject, subject_id, subject_number, department, unit, object, fact, level, rule, "
    "rules, since, raised, issued, state, why) VALUES (?, 'case', ?, ?, ?, ?, 'case', ?, 1, 'r', 'r', ?, ?, ?, 'issued', 'w')",
)
_Rows = list[tuple[object, ...]]


def _rows(numbers: range, cases: int, first: date, span: int) -> tuple[_Rows, _Rows, _Rows, _Rows, _Rows]:
    """The rows of some cases, in the order of `_INSERTS`: cases, clocks, steps, ratings, cards."""
    rows: _Rows = []
    clocks: _Rows = []
    steps: _Rows = []
    ratings: _Rows = []
    cards: _Rows = []
    for number in numbers:
        day = datetime.combine(first + timedelta(days=number * span // cases), datetime.min.time(), SHANGHAI)
        text = (day + timedelta(hours=9 + number % 8)).isoformat()
        name, department = f"QH{number:015d}", DEPARTMENTS[number % 28]
        due = (day + timedelta(days=(number % 5) - 1, hours=23)).isoformat()
        rows.append((number, name, department, department, department, text, text, text, text))
        clocks.append((number, number, department, department, text, due))
        steps.append((number, department, f"p-{number % 97:012x}"))
        if number % 3 == 0:
            ratings.append((number, 1 + number % 5, text))
        if number % 50 == 0:
            fact = f"clock:{number}"
            cards.append((number, number, name, department, department, fact, text, text, text))
    return rows, clocks, steps, ratings, cards


def plant(database: Database, cases: int, months: int) -> None:
    """So many closed cases spread over so many months up to 2026-10, with clocks, steps, ratings and some cards."""
    first, last = date(2026, 11, 1) - timedelta(days=30 * months), date(2026, 11, 1)
    span = (last - first).days

    # Not through the writer: it would seal every row, which is not what is measured here.
    connection = connect(database.path)
    connection.execute("PRAGMA synchronous=OFF")
    for start in range(1, cases + 1, 50_000):
        connection.execute("BEGIN IMMEDIATE")
        rows = _rows(range(start, min(start + 50_000, cases + 1)), cases, first, span)
        for sql, values in zip(_INSERTS, rows, strict=True):
            Transaction(connection).many(sql, values)
        connection.execute("COMMIT")
    connection.close()


def main() -> None:
    """Prints seconds for each part."""
    options = argparse.ArgumentParser()
    options.add_argument("--cases", type=int, default=1_000_000)
    options.add_argument("--months", type=int, default=12)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = Database.open(Path(folder) / "hall.db", migrate=True)
        started = time.perf_counter()
        plant(database, asked.cases, asked.months)
        print(
            f"{asked.cases} cases planted over {asked.months} months: {time.perf_counter() - started:.1f} s"
        )
        period, scheme = Period.parse("2026-10"), load_scheme(scoring_folders(None), "nine-heads")[0]
        now = datetime(2026, 11, 2, 9, tzinfo=SHANGHAI)
        first, after = day_start(period.first), day_start(period.last + timedelta(days=1))
        started = time.perf_counter()
        found = sorted(facts(database, period.text, first, after, now), key=lambda each: each.at)
        print(f"facts of the month: {len(found)} in {time.perf_counter() - started:.2f} s")
        started = time.perf_counter()
        tokens = Tokens(database.vault, period.text)
        lines = [tokens.line(each, number) for number, each in enumerate(found, start=1)]
        head = LedgerHead(
            "x", period.text, 1, scheme.version, "2026-11-02", tuple((each, each) for each in DEPARTMENTS)
        )
        data = write(head, lines)
        print(f"ledger written: {len(data) / 1e6:.1f} MB in {time.perf_counter() - started:.2f} s")
        started = time.perf_counter()
        ledger = read(data)
        print(f"ledger read and checked: {time.perf_counter() - started:.2f} s")
        started = time.perf_counter()
        made = as_json(ranking(ledger, scheme))
        print(f"ranking: {len(made) / 1e3:.0f} kB in {time.perf_counter() - started:.2f} s")
        started = time.perf_counter()
        one = list(facts(database, period.text, first, after, now, DEPARTMENTS[3]))
        own = lines_with(data, DEPARTMENTS[3])
        print(
            f"one department, opened: {len(one)} facts, {len(own)} lines in {time.perf_counter() - started:.2f} s"
        )
        database.close()


if __name__ == "__main__":
    main()
