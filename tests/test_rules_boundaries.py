"""Every time rule of both shipped sets, in both precisions, against a count made with a list and a finger.

The thresholds are read from the YAML as plain text data; days and levels are worked out here day by day, with
nothing of `rules` but the function under test.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import yaml

from catalog.calendars import load_calendar
from catalog.root import DEFAULTS
from catalog.supervision import load_rules, rule_folders
from rules.cards import Facts, judge, times
from rules.time import SHANGHAI
from tests.year_counted import working_days

CALENDAR = load_calendar()
DAYS = working_days(date(2026, 1, 1), date(2026, 12, 31))
# An ordinary week; across Spring Festival with its make-up days; across the National Day week.
STARTS = (date(2026, 3, 4), date(2026, 2, 10), date(2026, 9, 18))
LIMITS = (1, 2, 3, 5, 9)


def raw(name: str) -> list[dict[str, Any]]:
    text = (DEFAULTS / "supervision" / f"{name}.yml").read_text("utf-8")
    return yaml.safe_load(text)["rules"]  # type: ignore[no-any-return]


CASES = [
    pytest.param(name, rule["id"], precision, id=f"{name}-{rule['id']}-{precision}")
    for name in ("four-level", "three-light")
    for rule in raw(name)
    for precision in ("day", "second")
]


def counted(rule: dict[str, Any], limit: int, statutory: int | None, u: int) -> int:
    """The level by the words of DOMAIN §4, for u days used."""
    found = 0
    for level, key in ((1, "warning"), (2, "yellow"), (3, "red")):
        threshold = rule.get(key)
        if threshold is None:
            continue
        base = limit
        if threshold.get("against") == "statutory":
            base = statutory if statutory is not None else limit + rule.get("statutory_fallback", 3)
        if "left_at_most" in threshold:
            # Born warned: not before half the limit is used, nor on the day of the event itself.
            met = base - u <= threshold["left_at_most"] and u >= 1 and 2 * u >= base
        elif "over_at_least" in threshold:
            met = u - base >= threshold["over_at_least"]
        else:
            met = u - base > threshold["over_more_than"]
        if met:
            found = level
    return found


def limits_of(rule: dict[str, Any]) -> list[tuple[int, int | None]]:
    if rule["object"] == "case":
        return [(limit, law) for limit in LIMITS for law in (None, limit, limit + 6)]
    own = rule.get("default_limit")
    return [(limit, None) for limit in dict.fromkeys((*LIMITS, *([own] if own else [])))]


def used(start: date, day: date) -> int:
    return bisect_right(DAYS, day) - bisect_right(DAYS, start)


@pytest.mark.parametrize(("name", "rule_id", "precision"), CASES)
def test_every_day_and_the_seconds_around_its_turn_give_the_level_counted_by_hand(
    name: str, rule_id: str, precision: str
) -> None:
    rule = next(each for each in raw(name) if each["id"] == rule_id)
    found = next(each for each in load_rules(rule_folders(None), name).rules if each.id == rule_id)
    seen: set[int] = set()
    for day in STARTS:
        start = datetime.combine(day, time(10), SHANGHAI)
        for limit, statutory in limits_of(rule):
            # Far enough to pass the red line over the longest holidays.
            for offset in range(14 + 3 * max(limit, statutory or 0) // 2):
                end = start + timedelta(days=offset)
                moments: list[tuple[datetime, int]] = []
                k = used(day, end.date())
                if precision == "day":
                    moments = [
                        (end, k),
                        (end.replace(hour=0), k),
                        (end.replace(hour=23, minute=59, second=59), k),
                    ]
                elif end.date() in DAYS:
                    moments = [(end, k), (end + timedelta(seconds=1), k + 1)]
                    if offset:
                        moments.append((end - timedelta(seconds=1), k))
                else:
                    moments = [(end, k + 1)]  # a day of rest: the clock stands somewhere inside the next day
                for at, u in moments:
                    if at < start:
                        continue
                    facts = Facts(found.object, start, limit, at, at, statutory, precision)  # type: ignore[arg-type]
                    verdict = judge(found, facts, CALENDAR)
                    expected = counted(rule, limit, statutory, u)
                    assert verdict.level == expected, (day, limit, statutory, at, u, verdict.why)
                    seen.add(expected)
    assert seen == {0} | {n for n, key in ((1, "warning"), (2, "yellow"), (3, "red")) if key in rule}


@pytest.mark.parametrize(("name", "rule_id", "precision"), CASES)
def test_a_level_begins_at_the_very_first_moment_at_which_it_is_counted(
    name: str, rule_id: str, precision: str
) -> None:
    rule = next(each for each in raw(name) if each["id"] == rule_id)
    found = next(each for each in load_rules(rule_folders(None), name).rules if each.id == rule_id)
    for day in STARTS:
        start = datetime.combine(day, time(10), SHANGHAI)
        for limit, statutory in limits_of(rule):
            facts = Facts(found.object, start, limit, start, None, statutory, precision)  # type: ignore[arg-type]
            begins = times(found, facts, CALENDAR)
            for level, begun in ((1, begins.warn_at), (2, begins.yellow_at), (3, begins.red_at)):
                if begun is None:
                    continue
                if precision == "second":
                    assert begun.date() in DAYS
                    u = used(day, begun.date()) + (begun.time() > start.time())
                    before = used(day, begun.date()) + ((begun - timedelta(seconds=1)).time() > start.time())
                else:
                    assert begun.time() == time(0)
                    u, before = used(day, begun.date()), used(day, begun.date() - timedelta(days=1))
                assert counted(rule, limit, statutory, u) >= level
                assert counted(rule, limit, statutory, before) < level
