"""The score: ledger lines in, heads, deductions, additions, total and grade out; the one place that rounds.

All arithmetic is exact (fractions of whole numbers). A head's points and the total are rounded to two places, a
half up, and what is rounded is what goes on being added: whoever adds up the printed heads gets the printed total.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from rules.score_ledger import LedgerLine
from rules.score_scheme import Grade, Head, Measure, Pick, Scheme, standing

CENT = 100
# So many line numbers of one measure are written into a ranking; the ledger holds them all.
MOST_NAMED = 500


def rounded(value: Fraction) -> Decimal:
    """Two decimal places, a half away from zero (0.005 → 0.01, −0.005 → −0.01)."""
    scaled = abs(value) * CENT
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole if value >= 0 else -whole).scaleb(-2)


@dataclass(frozen=True, slots=True)
class Measured:
    """What one measure made of a department: `count` facts (of `whole`, where it is a share), `points` signed.

    `lines` are the numbers of the ledger lines that took points, for measures that take them.
    """

    id: str
    count: int
    whole: int | None
    points: Decimal
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class HeadScore:
    """One head: `points` None when nothing measured it."""

    id: str
    points: Decimal | None
    measures: tuple[Measured, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """One department's, item's or person's score of a month.

    `heads_sum` of `heads_base` points were reached in the heads that were measured and are scaled; `scaled` is that
    over the whole scheme's points; `taken_off` was lost in heads that entries alone measured (where the scheme says
    that these are not scaled); `total` is without that and with the adjustments, never below 0, None when no head was measured.
    `closed` counts towards being ranked. `grade` is empty for what is not ranked.
    """

    who: str
    heads: tuple[HeadScore, ...]
    adjustments: tuple[Measured, ...]
    heads_sum: Decimal
    heads_base: Decimal
    scaled: Decimal | None
    total: Decimal | None
    closed: int
    ranked: bool
    grade: str
    taken_off: Decimal = Decimal(0)


Key = Callable[[LedgerLine], str]


def by_department(line: LedgerLine) -> str:
    """Groups a ledger by department."""
    return line.department


def by_item(line: LedgerLine) -> str:
    """Groups a ledger by item; what belongs to no item has no group."""
    return line.item


def by_person(line: LedgerLine) -> str:
    """Groups a ledger by the pseudonym of the person; what nobody answers for alone has no group."""
    return line.person


def scores(
    lines: Iterable[LedgerLine], scheme: Scheme, key: Key = by_department, known: Sequence[str] = ()
) -> tuple[Score, ...]:
    """The score of every group in the ledger, `known` ones first and in that order, even without a line.

    Lines without a department (a register the county has checked) count for every department and person; they
    say nothing of an item.
    """
    groups: dict[str, list[LedgerLine]] = {each: [] for each in known}
    everywhere: list[LedgerLine] = []
    for line in standing(lines, scheme.highest_only):
        if not line.department:
            everywhere.append(line)
        elif who := key(line):
            groups.setdefault(who, []).append(line)
    shared = [] if key is by_item else everywhere
    # A register that the county has checked says nothing of a department that nothing else is known of.
    return tuple(_score(who, [*group, *shared] if group else (), scheme) for who, group in groups.items())


def score(who: str, lines: Iterable[LedgerLine], scheme: Scheme) -> Score:
    """The score of one group, given all its lines."""
    return _score(who, standing(lines, scheme.highest_only), scheme)


def grade_of(total: Decimal, grades: Sequence[Grade]) -> str:
    """The id of the highest grade that begins at or below the total."""
    reached = [each for each in grades if total >= each.start]
    return max(reached, key=lambda each: each.start).id if reached else ""


@dataclass(slots=True)
class _Bucket:
    """Lines that no pick can tell apart; `total` is how many facts they stand for."""

    lines: list[LedgerLine]
    total: int = 0


# By kind. A month of a busy department has thousands of lines, but only a few kinds of them.
_Buckets = Mapping[str, Sequence[_Bucket]]


def _buckets(lines: Iterable[LedgerLine]) -> _Buckets:
    found: dict[str, dict[tuple[object, ...], _Bucket]] = {}
    for line in lines:
        sort = (line.result, line.object, line.trigger, line.level, line.head, line.marks)
        bucket = found.setdefault(line.kind, {}).setdefault(sort, _Bucket([]))
        bucket.lines.append(line)
        bucket.total += line.quantity
    return {kind: tuple(each.values()) for kind, each in found.items()}


def _score(who: str, lines: Iterable[LedgerLine], scheme: Scheme) -> Score:
    facts = _buckets(lines)
    heads = tuple(_head(each, facts) for each in scheme.heads)
    adjustments = tuple(_measured(each, facts, Fraction(0))[0] for each in scheme.adjustments)
    measured: list[tuple[Decimal, Decimal]] = []
    apart: list[tuple[Decimal, Decimal]] = []
    for each, found in zip(scheme.heads, heads, strict=True):
        if found.points is not None:
            alone = scheme.entries_alone == "deduct" and _by_entries_alone(each, facts)
            (apart if alone else measured).append((each.base, found.points))
    if not measured:
        # Nothing to take it off from: then these heads are all there is.
        measured, apart = apart, []
    taken_off = sum((base - points for base, points in apart), Decimal(0))
    base = sum((each for each, _ in measured), Decimal(0))
    reached = sum((points for _, points in measured), Decimal(0))
    closed = _number(scheme.ranked_by, facts)
    scaled = total = None
    if base:
        scaled = rounded(Fraction(reached) * Fraction(scheme.full) / Fraction(base))
        added = sum((each.points for each in adjustments), Decimal(0))
        total = max(scaled - taken_off + added, Decimal("0.00"))
    ranked = total is not None and closed >= scheme.ranked_from
    grade = grade_of(total, scheme.grades) if ranked and total is not None else ""
    return Score(who, heads, adjustments, reached, base, scaled, total, closed, ranked, grade, taken_off)


def _head(head: Head, facts: _Buckets) -> HeadScore:
    base = Fraction(head.base)
    points, found = base, []
    for measure in head.measures:
        result, exact = _measured(measure, facts, base)
        found.append(result)
        # A proportion says what is reached of the base; as a deduction it is what is missing from it.
        points += exact - base if measure.way == "proportion" else exact
    if not any(_number(each.pick, facts) >= each.least for each in head.measured_when):
        return HeadScore(head.id, None, tuple(found))
    return HeadScore(head.id, rounded(min(max(points, Fraction(0)), base)), tuple(found))


def _by_entries_alone(head: Head, facts: _Buckets) -> bool:
    """Whether nothing but entries made the head measured."""
    met = {each.pick.kind for each in head.measured_when if _number(each.pick, facts) >= each.least}
    return met == {"entry"}


def _measured(measure: Measure, facts: _Buckets, base: Fraction) -> tuple[Measured, Fraction]:
    """The measure's result, and its points before rounding."""
    count = _number(measure.facts, facts)
    whole = None if measure.whole is None else _number(measure.whole, facts)
    points = _POINTS[measure.way](measure, facts, base)
    if measure.most is not None:
        most = Fraction(measure.most)
        points = min(max(points, -most), most)
    named = tuple(line.n for line in _lines(measure.facts, facts)[:MOST_NAMED]) if points < 0 else ()
    return Measured(measure.id, count, whole, rounded(points), named), points


def _each(measure: Measure, facts: _Buckets, _base: Fraction) -> Fraction:
    return Fraction(measure.points) * _number(measure.facts, facts)


def _run(measure: Measure, facts: _Buckets, _base: Fraction) -> Fraction:
    """Rows of facts without a break between, in the order of the ledger; every full length counts once."""
    wanted = _lines(measure.facts, facts)
    if len(wanted) < measure.length:
        return Fraction(0)
    breaks = [] if measure.breaks is None else _lines(measure.breaks, facts)
    full = length = 0
    for line in sorted((*wanted, *breaks), key=lambda each: each.n):
        length = length + 1 if measure.facts.takes(line) else 0
        if length == measure.length:
            full, length = full + 1, 0
    return Fraction(measure.points) * full


def _share(measure: Measure, facts: _Buckets, _base: Fraction) -> Fraction:
    whole = 0 if measure.whole is None else _number(measure.whole, facts)
    if not whole:
        return Fraction(0)
    percent = Fraction(min(_number(measure.facts, facts), whole) * 100, whole)
    return Fraction(measure.points) * (percent // Fraction(measure.step))


def _proportion(measure: Measure, facts: _Buckets, base: Fraction) -> Fraction:
    whole = 0 if measure.whole is None else _number(measure.whole, facts)
    return base * Fraction(min(_number(measure.facts, facts), whole), whole) if whole else base


def _cut(measure: Measure, facts: _Buckets, _base: Fraction) -> Fraction:
    both = [line for line in _lines(measure.facts, facts) if line.statutory > 0]
    statutory = sum(line.statutory for line in both)
    if not statutory:
        return Fraction(0)
    percent = 100 - Fraction(100 * sum(line.promised for line in both), statutory)
    if percent < Fraction(measure.start):
        return Fraction(0)
    further = (percent - Fraction(measure.start)) // Fraction(measure.step)
    return Fraction(measure.first) + Fraction(measure.points) * further


_POINTS: Mapping[str, Callable[[Measure, _Buckets, Fraction], Fraction]] = {
    "each": _each,
    "run": _run,
    "share": _share,
    "proportion": _proportion,
    "cut": _cut,
}


def _taken(pick: Pick, facts: _Buckets) -> list[_Bucket]:
    return [each for each in facts.get(pick.kind, ()) if pick.takes(each.lines[0])]


def _lines(pick: Pick, facts: _Buckets) -> list[LedgerLine]:
    """The lines of a pick in the order of the ledger."""
    return sorted((line for each in _taken(pick, facts) for line in each.lines), key=lambda line: line.n)


def _number(pick: Pick, facts: _Buckets) -> int:
    return sum(each.total for each in _taken(pick, facts))
