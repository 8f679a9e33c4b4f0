"""Measures of the items themselves: depth, online rate, visits and limits as the guides in force promise them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from catalog.schema import Item, Limit
from handlers.casework.ground import Ground
from handlers.statistics.asking import Asked
from handlers.statistics.making import themes
from rules.errors import HallError
from rules.statistics import percentile, ratio

Figure = tuple[float | None, int]
"""The figure, and how many items are behind it."""
_PERSONAL = "1"


def items_in_force(ground: Ground) -> tuple[Item, ...]:
    """The items that count; a guide that cannot be read is left out of this count."""
    found = []
    for code in ground.guides.item_codes():
        try:
            guide = ground.guides.current(code)
        except HallError:
            continue
        if guide is not None and guide.item.status == "in_force":
            found.append(guide.item)
    return tuple(found)


def chosen(items: Iterable[Item], asked: Asked, departments: Sequence[str] | None) -> Iterator[Item]:
    """The items that meet scope and filters."""
    for each in items:
        if departments is not None and each.department not in departments:
            continue
        if asked.department and each.department != asked.department:
            continue
        if asked.item_type and each.type != asked.item_type:
            continue
        if asked.theme and asked.theme not in themes(each):
            continue
        if asked.item and each.code != asked.item:
            continue
        if asked.depth and str(each.depth) != asked.depth:
            continue
        yield each


def groups(item: Item, group: str) -> tuple[str, ...]:
    """The groups an item falls into."""
    if group == "theme":
        return themes(item) or ("-",)
    values = {
        "department": item.department,
        "item_type": item.type,
        "item": item.code,
        "depth": str(item.depth),
    }
    return (values[group],) if group else ()


def online(item: Item) -> bool:
    """Whether one can apply online: depth 1 and above."""
    return item.depth >= 1


def _all(items: Sequence[Item]) -> Figure:
    return len(items), len(items)


def _depth(least: int) -> Callable[[Sequence[Item]], Figure]:
    def share(items: Sequence[Item]) -> Figure:
        return ratio(sum(each.depth >= least for each in items), len(items)), len(items)

    return share


def _social_online(items: Sequence[Item]) -> Figure:
    own = [each for each in items if _PERSONAL in each.applicants]
    return ratio(sum(online(each) for each in own), len(own)), len(own)


def _few_visits(items: Sequence[Item]) -> Figure:
    own = [each for each in items if online(each)]
    return ratio(sum(each.visits.count <= 2 for each in own), len(own)), len(own)


def _limits(items: Sequence[Item]) -> list[tuple[Limit, Limit]]:
    """Promise and statute of the items that have both, in one unit, with a statute of a day or more."""
    return [
        (each.promised, each.statutory)
        for each in items
        if each.promised is not None
        and each.statutory is not None
        and each.promised.unit == each.statutory.unit
        and each.statutory.days > 0
    ]


def _compression(items: Sequence[Item]) -> Figure:
    limits = _limits(items)
    promised, statutory = sum(each.days for each, _ in limits), sum(each.days for _, each in limits)
    return (None if not limits else round(100 * (1 - promised / statutory), 1)), len(limits)


def _compression_median(items: Sequence[Item]) -> Figure:
    limits = _limits(items)
    # In tenths of a per cent, because percentiles are of whole numbers.
    found = percentile(Counter(round(1000 * (1 - p.days / s.days)) for p, s in limits), 50)
    return (None if found is None else found / 10), len(limits)


MEASURES: Mapping[str, Callable[[Sequence[Item]], Figure]] = {
    "all": _all,
    "depth_1": _depth(1),
    "depth_2": _depth(2),
    "depth_3": _depth(3),
    "social_online": _social_online,
    "few_visits": _few_visits,
    "compression": _compression,
    "compression_p50": _compression_median,
}
