"""Saved reports of the demo: one shared by the county's supervisor, one of a department's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from handlers.store import reports
from handlers.store.database import Database

_REPORTS = (
    ("county-supervisor", "county", "红黄牌周看", "warnings,yellow_cards,red_cards,orders", "department"),
    ("county-supervisor", "", "哪天最忙", "filed,closed", "weekday"),
    ("market-supervisor", "market", "窗口和网上", "filed,closed,online_closure_rate,satisfaction", "channel"),
)


def plant(database: Database, people: Mapping[str, str], now: datetime) -> None:
    """Keeps a few reports for those demo people that there are."""
    for login, unit, name, measures, group in _REPORTS:
        person = people.get(login)
        if person is not None:
            query = {"measures": measures, "group": group, "compare": "1"}
            database.write(
                lambda tx, person=person, unit=unit, name=name, query=query: reports.save(  # type: ignore[misc]
                    tx, person, unit, name, query, now
                )
            )
