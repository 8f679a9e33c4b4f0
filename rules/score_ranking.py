"""The published ranking: from a ledger and a scheme alone, as JSON and CSV that come out byte for byte the same."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from rules.errors import Invalid
from rules.quick_dataclass import dataclass
from rules.score import Measured, Score, by_item, grade_of, rounded, scores
from rules.score_ledger import Ledger, MonthLine
from rules.score_periods import Period
from rules.score_scheme import Scheme

FORMAT = "county-hall-score/1"
NOT_MEASURED = "未测评"
NOT_RANKED = "不排名"


@dataclass(frozen=True, slots=True)
class HeadPoints:
    """A head of one department: points as text, None when not measured; its measures (none for a longer period)."""

    id: str
    points: str | None
    measures: tuple[Measured, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """One department in a ranking. `rank` None: listed, not ranked. `months` are those of a longer period."""

    id: str
    name: str
    rank: int | None
    total: str | None
    grade: str
    grade_name: str
    closed: int
    scaled: str | None
    heads_sum: str
    heads_base: str
    heads: tuple[HeadPoints, ...]
    adjustments: tuple[Measured, ...] = ()
    months: tuple[MonthLine, ...] = ()
    taken_off: str = ""


@dataclass(frozen=True, slots=True)
class ItemPlace:
    """One item's score, for who wants to look below the department; items are not ranked against each other."""

    code: str
    department: str
    total: str | None
    closed: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """A ranking with everything that is needed to check it."""

    period: Period
    ledger: Ledger
    scheme: Scheme
    places: tuple[Place, ...]
    items: tuple[ItemPlace, ...]

    @property
    def ranked(self) -> tuple[Place, ...]:
        """Who has a rank, first to last."""
        return tuple(each for each in self.places if each.rank is not None)

    @property
    def unranked(self) -> tuple[Place, ...]:
        """Who is listed only, in the county's order."""
        return tuple(each for each in self.places if each.rank is None)


def ranking(ledger: Ledger, scheme: Scheme) -> Ranking:
    """Computes a ranking. Raises Invalid when the ledger names another scheme than this one."""
    if ledger.head.scheme != scheme.version:
        raise Invalid(
            f"账本用的是评分办法 {ledger.head.scheme}，给出的是 {scheme.version}，算不出同样的结果。"
        )
    period = Period.parse(ledger.head.period)
    known = [each for each, _ in ledger.head.departments]
    if period.span == "month":
        if ledger.months:
            raise Invalid("月度账本里不应有月份成绩。")
        found = scores(ledger.lines, scheme, known=known)
        stray = [each.who for each in found if each.who not in known]
        if stray:
            raise Invalid(f"账本里有第一行没有写的部门：{stray[0][:60]}")
        places = _month_places(found, dict(ledger.head.departments), scheme)
        return Ranking(period, ledger, scheme, places, _items(ledger, scheme))
    if ledger.lines:
        raise Invalid("季度和年度账本里只应有月份成绩。")
    return Ranking(period, ledger, scheme, _long_places(ledger, scheme), ())


def as_json(found: Ranking) -> bytes:
    """The ranking as UTF-8 JSON, always the same bytes for the same ranking; points are texts with two places."""
    head, scheme = found.ledger.head, found.scheme
    body = {
        "format": FORMAT,
        "county": head.county,
        "period": found.period.text,
        "label": found.period.label,
        "edition": head.edition,
        "note": head.note,
        "as_of": head.as_of,
        "scheme": {"id": scheme.id, "title": scheme.title, "version": scheme.version, "sha256": scheme.hash},
        "ledger": {"sha256": found.ledger.hash, "lines": len(found.ledger.lines) + len(found.ledger.months)},
        "ranked_from": scheme.ranked_from,
        "full": _text(scheme.full),
        "heads": [{"id": each.id, "name": each.name, "base": _text(each.base)} for each in scheme.heads],
        "grades": [{"id": each.id, "name": each.name, "from": _text(each.start)} for each in scheme.grades],
        "departments": [_place(each) for each in found.places],
        "items": [
            {"code": each.code, "department": each.department, "total": each.total, "closed": each.closed}
            for each in found.items
        ],
    }
    return (json.dumps(body, ensure_ascii=False, indent=1) + "\n").encode()


def as_csv(found: Ranking) -> bytes:
    """The ranking as CSV for a spreadsheet (UTF-8 with mark, CRLF): one row a department."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\r\n")
    month = found.period.span == "month"
    adjustments = [_plain(each.title) for each in found.scheme.adjustments] if month else []
    writer.writerow(
        ["名次", "部门编号", "部门", "总分", "等次", "办结数"]
        + [_plain(f"{each.name}（{_text(each.base)}）") for each in found.scheme.heads]
        + adjustments
    )
    for place in found.places:
        writer.writerow(
            [
                NOT_RANKED if place.rank is None else place.rank,
                _plain(place.id),
                _plain(place.name),
                NOT_MEASURED if place.total is None else place.total,
                _plain(place.grade_name),
                place.closed,
                *(NOT_MEASURED if each.points is None else each.points for each in place.heads),
                *(_text(each.points) for each in place.adjustments),
            ]
        )
    return b"\xef\xbb\xbf" + target.getvalue().encode()


def month_line(place: Place, ledger: Ledger) -> MonthLine:
    """What a longer period takes over of a department's published month."""
    return MonthLine(
        n=0,
        department=place.id,
        month=ledger.head.period,
        edition=ledger.head.edition,
        total=place.total,
        closed=place.closed,
        heads={each.id: each.points for each in place.heads},
        ledger=ledger.hash,
    )


def _month_places(found: Sequence[Score], names: Mapping[str, str], scheme: Scheme) -> tuple[Place, ...]:
    ranks = _ranks({each.who: each.total for each in found if each.ranked and each.total is not None})
    grades = {each.id: each.name for each in scheme.grades}
    places = [
        Place(
            id=each.who,
            name=names[each.who],
            rank=ranks.get(each.who),
            total=None if each.total is None else _text(each.total),
            grade=each.grade,
            grade_name=grades.get(each.grade, ""),
            closed=each.closed,
            scaled=None if each.scaled is None else _text(each.scaled),
            heads_sum=_text(each.heads_sum),
            heads_base=_text(each.heads_base),
            heads=tuple(
                HeadPoints(head.id, None if head.points is None else _text(head.points), head.measures)
                for head in each.heads
            ),
            adjustments=each.adjustments,
            taken_off=_text(each.taken_off) if each.taken_off else "",
        )
        for each in found
    ]
    return _in_order(places)


def _long_places(ledger: Ledger, scheme: Scheme) -> tuple[Place, ...]:
    """A quarter or year: the mean of the months that have a total, head by head of those that were measured."""
    months: dict[str, list[MonthLine]] = {each: [] for each, _ in ledger.head.departments}
    for line in ledger.months:
        if line.department not in months:
            raise Invalid(f"账本里有第一行没有写的部门：{line.department[:60]}")
        months[line.department].append(line)
    totals = {each: _mean([line.total for line in lines]) for each, lines in months.items()}
    closed = {each: sum(line.closed for line in lines) for each, lines in months.items()}
    ranks = _ranks(
        {
            each: total
            for each, total in totals.items()
            if total is not None and closed[each] >= scheme.ranked_from
        }
    )
    places = []
    for who, name in ledger.head.departments:
        heads = tuple(
            HeadPoints(each.id, _text_or_none(_mean([line.heads.get(each.id) for line in months[who]])))
            for each in scheme.heads
        )
        measured = [
            (each.base, Decimal(found.points))
            for each, found in zip(scheme.heads, heads, strict=True)
            if found.points is not None
        ]
        total = totals[who]
        grade = grade_of(total, scheme.grades) if who in ranks and total is not None else ""
        places.append(
            Place(
                id=who,
                name=name,
                rank=ranks.get(who),
                total=_text_or_none(total),
                grade=grade,
                grade_name=next((each.name for each in scheme.grades if each.id == grade), ""),
                closed=closed[who],
                scaled=None,
                heads_sum=_text(sum((points for _, points in measured), Decimal(0))),
                heads_base=_text(sum((base for base, _ in measured), Decimal(0))),
                heads=heads,
                months=tuple(months[who]),
            )
        )
    return _in_order(places)


def _mean(points: Sequence[str | None]) -> Decimal | None:
    known = [Fraction(each) for each in points if each is not None]
    return rounded(sum(known, Fraction(0)) / len(known)) if known else None


def _ranks(totals: Mapping[str, Decimal]) -> dict[str, int]:
    """Equal totals share a rank, and the next rank is left out: 1, 2, 2, 4."""
    return {who: 1 + sum(other > total for other in totals.values()) for who, total in totals.items()}


def _in_order(places: Sequence[Place]) -> tuple[Place, ...]:
    return tuple(sorted(places, key=lambda each: (each.rank is None, each.rank or 0)))


def _items(ledger: Ledger, scheme: Scheme) -> tuple[ItemPlace, ...]:
    departments = {line.item: line.department for line in ledger.lines if line.item}
    found = scores(ledger.lines, scheme, by_item)
    return tuple(
        ItemPlace(each.who, departments[each.who], _text_or_none(each.total), each.closed)
        for each in sorted(found, key=lambda each: each.who)
    )


def _place(place: Place) -> dict[str, object]:
    body: dict[str, object] = {
        "id": place.id,
        "name": place.name,
        "rank": place.rank,
        "total": place.total,
        "grade": place.grade,
        "grade_name": place.grade_name,
        "closed": place.closed,
        "scaled": place.scaled,
        "heads_sum": place.heads_sum,
        "heads_base": place.heads_base,
        "heads": {
            each.id: {"points": each.points, "measures": {one.id: _measured(one) for one in each.measures}}
            for each in place.heads
        },
        "adjustments": {each.id: _measured(each) for each in place.adjustments},
    }
    # Only where there is any: rankings published before there was such a rule come out as they were.
    if place.taken_off:
        body["taken_off"] = place.taken_off
    if place.months:
        body["months"] = [
            {
                "month": each.month,
                "edition": each.edition,
                "total": each.total,
                "closed": each.closed,
                "ledger": each.ledger,
            }
            for each in place.months
        ]
    return body


def _measured(measured: Measured) -> dict[str, object]:
    body: dict[str, object] = {"count": measured.count}
    if measured.whole is not None:
        body["of"] = measured.whole
    body["points"] = _text(measured.points)
    if measured.lines:
        body["lines"] = list(measured.lines)
    return body


def _text(points: Decimal) -> str:
    """Two places always, and never a negative zero."""
    return f"{points.quantize(Decimal('0.01')) + Decimal('0.00'):f}"


def _text_or_none(points: Decimal | None) -> str | None:
    return None if points is None else _text(points)


def _plain(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    starts = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
    return f"'{text}" if text.startswith(starts) else text
