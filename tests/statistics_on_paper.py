"""A county's cases counted on paper, for tests of statistics."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from handlers.statistics.asking import Asked
from handlers.statistics.service import Statistics
from handlers.statistics.tables import Table
from rules.time import SHANGHAI
from tests.casework_fixtures import Hall, at, make_hall
from tests.statistics_fixtures import generated, statistics_over

NOW = at("2026-06-30 18:00")


Row = dict[str, Any]


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Hall:
    return generated(tmp_path_factory.mktemp("statistics"))


@pytest.fixture(scope="module")
def statistics(county: Hall) -> Statistics:
    return statistics_over(county)


@pytest.fixture
def hall(tmp_path: Path) -> Hall:
    return make_hall(tmp_path)


def rows(hall: Hall, sql: str) -> list[Row]:
    connection = sqlite3.connect(hall.database.path)
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute(sql)]
    finally:
        connection.close()


def day_of(stamp: str | None) -> date | None:
    return None if stamp is None else datetime.fromisoformat(stamp).astimezone(SHANGHAI).date()


def cases_of(hall: Hall) -> list[Row]:
    """Every real case with what a person would note on paper about it, by counting days one at a time."""
    calendar = hall.holder.ground.calendar
    found = []
    for row in rows(hall, "SELECT * FROM cases WHERE drill = 0"):
        ident = row["id"]
        row["filed"], row["accepted"] = day_of(row["submitted_at"]), day_of(row["accepted_at"])
        row["closed"] = day_of(row["closed_at"])
        row["decided"] = row["outcome"] in ("granted", "denied")
        if row["decided"]:
            excluded: set[date] = set()
            for pause in rows(hall, f"SELECT * FROM pause WHERE subject_id = {ident}"):
                day, left = day_of(pause["started"]), pause["notified_days"]
                assert day is not None
                while day < (day_of(pause["ended"]) or NOW.date()):
                    day += timedelta(days=1)
                    if calendar.is_working(day):
                        left -= 1
                        if left < 0:
                            break
                        excluded.add(day)

            def working(first: date, last: date) -> list[date]:
                days = [first + timedelta(days=each) for each in range(1, (last - first).days + 1)]
                return [each for each in days if calendar.is_working(each)]

            lived = working(row["accepted"], row["closed"])
            row["agency"] = len([each for each in lived if each not in excluded])
            row["paused"] = len(lived) - row["agency"]
            row["total"] = len(working(row["filed"], row["closed"]))
            row["lived"] = (row["closed"] - row["filed"]).days
            (promise,) = rows(hall, f"SELECT * FROM clock WHERE subject_id = {ident} AND kind = 'promise'")
            row["on_time"] = row["closed_at"] <= promise["due"]
            row["early"] = promise["limit_days"] > 0 and row["closed"] < day_of(promise["due"])
        found.append(row)
    return found


def nearest(values: list[int], percent: int) -> int | None:
    """The value that so many per cent of all do not exceed, by looking at each value in turn."""
    for value in sorted(set(values)):
        if sum(each <= value for each in values) * 100 >= percent * len(values):
            return value
    return None


def of_hundred(part: int, whole: int) -> float | None:
    return round(100 * part / whole + 1e-9, 1) if whole else None


def paper(cases: list[Row], ratings: list[Row], first: date, last: date) -> dict[str, float | None]:
    """The measures of a period as one would count them on paper."""

    def within(name: str) -> list[Row]:
        return [each for each in cases if each[name] and first <= each[name] <= last]

    closed = within("closed")
    decided = [each for each in closed if each["decided"]]
    scores = [each["score"] for each in ratings if first <= each["day"] <= last]
    found: dict[str, float | None] = {
        "filed": len(within("filed")),
        "accepted": len(within("accepted")),
        "closed": len(closed),
        "decided": len(decided),
        "on_time": sum(each["on_time"] for each in decided),
        "overdue": sum(not each["on_time"] for each in decided),
        "on_time_rate": of_hundred(sum(each["on_time"] for each in decided), len(decided)),
        "early_rate": of_hundred(sum(each["early"] for each in decided), len(decided)),
        "online_closure_rate": of_hundred(
            sum(each["channel"] in ("web", "phone") for each in decided), len(decided)
        ),
        "ratings": len(scores),
        "satisfaction": of_hundred(sum(each <= 3 for each in scores), len(scores)),
        "bad_ratings": sum(each >= 4 for each in scores),
        "paused_days": sum(each.get("paused", 0) for each in closed),
    }
    for outcome in ("granted", "denied", "refused", "withdrawn", "voided"):
        found[outcome] = sum(each["outcome"] == outcome for each in closed)
    for measure, name in (("agency", "agency"), ("total", "total"), ("lived", "lived")):
        for percent in (50, 90):
            found[f"{measure}_p{percent}"] = nearest([each[name] for each in decided], percent)
    return found


def figures(table: Table, key: str = "") -> dict[str, float | None]:
    line = table.total if not key else table.line(key)
    assert line is not None
    return {name: figure.value for name, figure in zip(table.asked.measures, line.figures, strict=True)}


def asked(*measures: str, **more: Any) -> Asked:
    return Asked(tuple(measures), **({"group": "", "period": "2026"} | more))


@pytest.fixture(scope="module")
def on_paper(county: Hall) -> Callable[..., dict[str, float | None]]:
    cases = cases_of(county)
    ratings = [
        {**each, "day": day_of(each["at"])}
        for each in rows(
            county, "SELECT r.score, r.at, c.department, c.channel FROM rating r JOIN cases c ON c.id = r.case_id WHERE c.drill = 0"
        )
    ]  # fmt: skip

    def counted(first: str, last: str, **where: str) -> dict[str, float | None]:
        def fits(row: Row) -> bool:
            return all(row[name] == value for name, value in where.items())

        return paper(
            [each for each in cases if fits(each)], [each for each in ratings if fits(each)],
            date.fromisoformat(first), date.fromisoformat(last),
        )  # fmt: skip

    return counted


def kept(hall: Hall) -> list[list[Row]]:
    tables = ("stat_roll", "case_fact", "case_happening")
    return [rows(hall, f"SELECT * FROM {each} ORDER BY 1, 2, 3, 4") for each in tables]
