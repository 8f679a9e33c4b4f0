"""A small generated county for tests of statistics: some two hundred cases with everything that can happen to them."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

from catalog.codes import load_codes
from catalog.statistics import load_definitions
from handlers.statistics.service import Statistics
from handlers.store import people
from handlers.store.writer import Transaction
from rules.access import Role
from tests.casework_fixtures import CALENDAR_DAYS, LICENCE, ON_THE_SPOT, PLAIN, Hall, at, make_hall

FIRST = at("2026-01-05 09:00")


def statistics_over(hall: Hall) -> Statistics:
    return Statistics(hall.database, lambda: hall.holder.ground, load_codes(), load_definitions)


def with_town(hall: Hall) -> str:
    """A person who coordinates at the town's own windows."""

    def add(tx: Transaction) -> str:
        person = people.add(tx, "town", "镇示例", "-", at("2026-01-01"))
        people.assign(tx, person, Role.COORDINATOR, "town-qingshui", at("2026-01-01").date())
        return person

    return hall.database.write(add)


def generated(folder: Path, cases: int = 60, seed: int = 7) -> Hall:
    """Cases over some months with decisions, refusals, withdrawals, pauses, supplements, ratings and drill among them."""
    hall = make_hall(folder)
    chance = random.Random(seed)
    calendar = hall.holder.ground.calendar
    for number in range(cases):
        item = (LICENCE, PLAIN, CALENDAR_DAYS, ON_THE_SPOT)[number % 4]
        front, decider = ("health_front", "health") if item is ON_THE_SPOT else ("coordinator", "decider")
        day = calendar.add_working_days(FIRST.date(), chance.randrange(0, 60))
        when = at(f"{day} {chance.randrange(9, 17):02d}:{chance.randrange(60):02d}")
        channel = chance.choice(("web", "web", "phone", "window"))
        filed = hall.file(
            f"{when:%Y-%m-%d %H:%M}", item, channel=channel, drill=number % 15 == 14, key=f"g{number}"
        )

        def later(days: int) -> str:
            nonlocal when
            when = (
                at(f"{calendar.add_working_days(when.date(), days)} {chance.randrange(9, 17):02d}:00")
                if days
                else when + timedelta(minutes=5)
            )
            return f"{when:%Y-%m-%d %H:%M}"

        fate = chance.randrange(12)
        online = channel in ("web", "phone")
        if fate == 0:
            continue
        if fate == 1:
            hall.move(
                filed, "refuse", front, later(1), reason="不属于本机关职权", basis="《行政许可法》第三十二条"
            )
            continue
        if fate == 2 and online and not item.immediate:
            hall.move(filed, "supplement_notice", front, later(1), reason="缺少平面图", days="10")
            hall.move(filed, "supplement", "applicant", later(3))
        if online and not item.immediate:
            hall.move(filed, "pre_review", front, later(0))
        hall.move(filed, "accept", front, later(1))
        if fate == 3:
            hall.move(filed, "withdraw", "applicant", later(1), reason="不办了")
            continue
        if fate == 4 and item is not ON_THE_SPOT:
            who = "section" if item is LICENCE else decider
            hall.move(
                filed,
                "start_special",
                who,
                later(0),
                kind="2",
                days="6",
                reason="专家评审",
                basis="《行政许可法》第四十五条",
            )
            hall.move(filed, "end_special", who, later(4), opinion="完成")
        if item is LICENCE:
            hall.to_decision(filed, later(chance.randrange(0, 3)))
        if fate == 5 and item is not ON_THE_SPOT:
            hall.move(filed, "extend", decider, later(0), days="5", reason="情况复杂")
        long = chance.choice((0, 1, 2, 4, 9, 25)) if item is not ON_THE_SPOT else 0
        if fate == 6:
            hall.move(filed, "deny", decider, later(long), reason="条件不符", basis="某法第一条")
        else:
            hall.move(filed, "grant", decider, later(long), opinion="同意")
        if chance.random() < 0.6:
            hall.casework.rate(
                filed.number, filed.query_code, chance.randrange(1, 6), "", now=when + timedelta(days=1)
            )
    return hall
