"""Who sees which score: a department its own with every deduction opened, a person their own, the county all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from catalog.scoring import scheme_of
from catalog.scoring_published import DepartmentScore, RankingFile, read_ranking
from handlers.casework.authority import active_person, departments_in_scope, held
from handlers.casework.ground import Ground
from handlers.scoring.editions import Basis, compute, obstacle, published_file
from handlers.scoring.freshness import outdated
from handlers.scoring.ledgering import Tokens
from handlers.scoring.views import (
    DepartmentView,
    EditionView,
    EntryView,
    OpenedHead,
    OpenedLine,
    OpenedMeasure,
)
from handlers.store import people, scores
from handlers.store.database import Database
from handlers.store.people_records import Person
from handlers.store.score_facts import facts
from handlers.store.score_records import Edition
from presentation.score_words import ENTRY_LABELS, words
from rules.access import Role, in_scope
from rules.errors import Forbidden, IllegalMove, NotFound
from rules.permissions import Capability
from rules.quick_dataclass import dataclass
from rules.score import Score, by_department, by_person, score
from rules.score import scores as all_scores
from rules.score_ledger import LedgerLine, lines_with
from rules.score_periods import Period
from rules.score_scheme import Measure, Scheme, standing
from rules.time import day_start, local_date

MOST_OPENED = 100
_CONDUCT = "工作作风投诉属实1件"


@dataclass(frozen=True, slots=True)
class Reach:
    """What a person sees: whether the whole county, which departments, and what they may do."""

    county: bool
    departments: tuple[str, ...]
    proposes: bool
    enters: bool


@dataclass(frozen=True, slots=True)
class _Behind:
    """The number and page behind each token of a department's period."""

    numbers: Mapping[str, tuple[str, str]]
    conduct: bool


def reach(database: Database, ground: Ground, person: str, now: datetime) -> Reach:
    """What this person's posts open. Raises Forbidden for none."""
    account = active_person(database, person)
    may = ground.permissions.roles
    seers = may(Capability.SCORES_SEE)
    county = _at_top(account, ground, now, may(Capability.SCORES_PUBLISH) & seers)
    readers = may(Capability.SCORES_DEPARTMENT) & seers
    reached = departments_in_scope(account.assignments, ground, readers, local_date(now))
    # One that is in no file any more is in no ranking either.
    own = tuple(each for each in reached if each in ground.departments)
    if county:
        own = tuple(ground.departments)
    if not own and not held(account, local_date(now), seers):
        raise Forbidden("绩效评分对各部门和县监察机构的岗位开放。公布以后人人都能看。")
    return Reach(county, own, county, _at_top(account, ground, now, may(Capability.SCORES_ENTER)))


def department_view(
    database: Database, basis: Basis, period: Period, department: str, person: str, now: datetime,
    levels: Mapping[int, str], number: int | None = None,
) -> DepartmentView:  # fmt: skip
    """A department's score of a period, opened. Raises NotFound for one out of reach.

    The newest edition shown to departments (or the edition asked for), else computed from today's records.
    """
    found = reach(database, basis.ground, person, now)
    if department not in found.departments:
        raise NotFound("没有这个部门，或者它的得分还没有公布、您看不到。")
    edition = _shown(database, period, found.proposes, number)
    scheme, ranking, ledger = _texts(database, basis, period, department, edition, now)
    place = ranking.department(department)
    if place is None:
        raise NotFound("这一期没有这个部门。")
    lines = _lines_of(ledger, department)
    before = _before(database, period, department)
    conduct = found.enters
    opened: tuple[OpenedHead, ...] = _long_heads(scheme, place, before)
    adjustments: tuple[OpenedMeasure, ...] = ()
    revoked: tuple[OpenedLine, ...] = ()
    if period.span == "month":
        behind = _behind(database, period, department, now, conduct)
        opener = _Opener(basis.ground, scheme, behind, levels, standing(lines, scheme.highest_only))
        own = score(department, lines, scheme)
        opened, adjustments = opener.heads(own, before), opener.adjustments(own)
        revoked = tuple(opener.line(each) for each in lines if each.state)
    names = _item_names(basis.ground, (each.code for each in ranking.items))
    filed = scores.appeals_of(database, period.text, (department,))
    may_appeal = (
        edition is not None
        and edition.state == "proposed"
        and edition.appeal_until is not None
        and now <= edition.appeal_until
        and not filed
        and not found.proposes
    )
    return DepartmentView(
        period, edition, scheme, ranking, place, before, opened, adjustments, revoked,
        tuple((each, names[each.code]) for each in ranking.items if each.department == department), filed, may_appeal,
    )  # fmt: skip


def own_view(
    database: Database, basis: Basis, period: Period, person: str, now: datetime, levels: Mapping[int, str]
) -> tuple[Scheme, Score, tuple[OpenedHead, ...]]:
    """A clerk's own part in a month, from today's records of their departments: nobody else is shown it."""
    if period.span != "month":
        raise IllegalMove("个人的只按月看。")
    account = active_person(database, person)
    own: list[LedgerLine] = []
    numbers: dict[str, tuple[str, str]] = {}
    pseudonym = Tokens(database.vault, period.text).person(person)
    for department in _worked_for(account, basis.ground, now):
        made = compute(database, basis, period, now, department=department, persons=True)
        own += [
            each
            for each in lines_with(made.ledger, pseudonym, "register")
            if not each.department or each.person == pseudonym
        ]
        numbers |= _behind(database, period, department, now, False).numbers
    scheme = basis.scheme
    found = next(iter(all_scores(own, scheme, by_person, known=(pseudonym,))))
    opener = _Opener(
        basis.ground, scheme, _Behind(numbers, False), levels, standing(own, scheme.highest_only)
    )
    return scheme, found, opener.heads(found, None)


def edition_view(
    database: Database, ground: Ground, edition_id: int, person: str, now: datetime
) -> EditionView:
    """An edition with what stands in the way of the next step. Raises NotFound for who is not to see it."""
    found = reach(database, ground, person, now)
    edition = scores.by_id(database, edition_id)
    if edition is None or not found.proposes:
        raise NotFound("没有这一版评分，或者您看不到。")
    period = Period.parse(edition.period)
    earlier = scores.newest(database, period.before.text, "published")
    over = period.last < local_date(now)
    old = outdated(database, edition) if edition.state == "draft" and over else None
    why = old or obstacle(database, edition, person, now)
    entered = scores.entries(database, period.text) if period.span == "month" else ()
    involved = [each for each in (edition.made_by, edition.proposed_by, edition.published_by) if each]
    return EditionView(
        edition=edition,
        period=period,
        scheme=scheme_of(scores.text(database, edition.scheme_hash)),
        ranking=published_file(database, edition),
        before=None if earlier is None else published_file(database, earlier),
        open_appeals=scores.open_appeals(database, period.text),
        appeals=scores.appeals_of(database, period.text, tuple(ground.departments)),
        names=people.names(database, involved),
        registers=tuple(each.head for each in entered if each.kind == "register" and each.withdrawn is None),
        over=over,
        may_propose=edition.state == "draft" and over and old is None,
        may_publish=why is None,
        why_not="" if why is None or edition.state == "published" else why.detail,
    )


def entry_views(
    database: Database, ground: Ground, scheme: Scheme, period: Period, person: str, now: datetime
) -> tuple[EntryView, ...]:
    """The entries of a month. Raises Forbidden for who does not enter any."""
    if not reach(database, ground, person, now).enters:
        raise Forbidden("评分登记由县监察机构办理。")
    found = scores.entries(database, period.text)
    known = people.names(
        database,
        [who for each in found for who in (each.person, each.entered_by, each.withdrawn_by) if who],
    )
    heads = {each.id: each.name for each in scheme.heads}
    return tuple(
        EntryView(
            each,
            ENTRY_LABELS.get(each.kind, each.kind),
            heads.get(each.head, ""),
            ground.unit_name(each.department) if each.department else "全县",
            known.get(each.person or "", ""),
            known.get(each.entered_by, ""),
            known.get(each.withdrawn_by or "", ""),
        )
        for each in found
    )


class _Opener:
    """Opens measures into the lines that took points, and lines into numbers."""

    def __init__(
        self,
        ground: Ground,
        scheme: Scheme,
        behind: _Behind,
        levels: Mapping[int, str],
        lines: Sequence[LedgerLine],
    ) -> None:
        self.ground, self.scheme, self.behind, self.levels, self.lines = ground, scheme, behind, levels, lines

    def heads(self, found: Score, before: DepartmentScore | None) -> tuple[OpenedHead, ...]:
        opened = []
        for head, own in zip(self.scheme.heads, found.heads, strict=True):
            earlier = None if before is None else before.heads.get(head.id)
            opened.append(
                OpenedHead(
                    head,
                    None if own.points is None else f"{own.points:.2f}",
                    None if earlier is None else earlier.points,
                    tuple(
                        self.measure(measure, each.count, each.whole, f"{each.points:.2f}")
                        for measure, each in zip(head.measures, own.measures, strict=True)
                    ),
                )
            )
        return tuple(opened)

    def adjustments(self, found: Score) -> tuple[OpenedMeasure, ...]:
        return tuple(
            self.measure(measure, each.count, each.whole, f"{each.points:.2f}")
            for measure, each in zip(self.scheme.adjustments, found.adjustments, strict=True)
        )

    def measure(self, measure: Measure, count: int, whole: int | None, points: str) -> OpenedMeasure:
        taking = [each for each in self.lines if self._takes(measure, each)]
        shown = tuple(self.line(each) for each in taking[:MOST_OPENED])
        return OpenedMeasure(measure, count, whole, points, shown, len(taking) - len(shown))

    def _takes(self, measure: Measure, line: LedgerLine) -> bool:
        if measure.way == "proportion":
            return measure.whole is not None and measure.whole.takes(line) and not measure.facts.takes(line)
        return measure.points < 0 and measure.facts.takes(line)

    def line(self, line: LedgerLine) -> OpenedLine:
        said = words(line, self.levels)
        if line.kind == "item":
            guide = self.ground.guides.current(line.item)
            return OpenedLine(
                line, said, line.item if guide is None else guide.item.name, f"/items/{line.item}/"
            )
        number, href = self.behind.numbers.get(line.token, ("", ""))
        if line.kind == "conduct" and not self.behind.conduct:
            # Who wrote about conduct, and when, is for the supervisor alone.
            return OpenedLine(line, _CONDUCT, "", "")
        return OpenedLine(line, said, number, href)


def _texts(
    database: Database, basis: Basis, period: Period, department: str, edition: Edition | None, now: datetime
) -> tuple[Scheme, RankingFile, bytes]:
    if edition is None:
        made = compute(database, basis, period, now, department=department)
        return basis.scheme, read_ranking(made.ranking), made.ledger
    scheme = scheme_of(scores.text(database, edition.scheme_hash))
    return scheme, published_file(database, edition), scores.text(database, edition.ledger_hash)


def _shown(database: Database, period: Period, proposes: bool, number: int | None) -> Edition | None:
    """The edition a department sees: never a draft; who proposes sees drafts too."""
    found = [
        each
        for each in scores.editions(database, (period.text,))
        if (each.state != "draft" or proposes) and number in (None, each.edition)
    ]
    if not found and (number is not None or period.span != "month"):
        raise NotFound("这一期的评分还没有。季度和年度要等各月公布。")
    return found[0] if found else None


def _lines_of(ledger: bytes, department: str) -> list[LedgerLine]:
    found = lines_with(ledger, department, "register")
    return [each for each in found if not each.department or by_department(each) == department]


def _before(database: Database, period: Period, department: str) -> DepartmentScore | None:
    edition = scores.newest(database, period.before.text, "published")
    return None if edition is None else published_file(database, edition).department(department)


def _long_heads(
    scheme: Scheme, place: DepartmentScore, before: DepartmentScore | None
) -> tuple[OpenedHead, ...]:
    return tuple(
        OpenedHead(
            head,
            place.heads[head.id].points if head.id in place.heads else None,
            None if before is None or head.id not in before.heads else before.heads[head.id].points,
            (),
        )
        for head in scheme.heads
    )


_PAGES = {"case": "/hall/staff/cases/", "letter": "/hall/staff/letters/", "order": "/hall/orders/"}


def _behind(database: Database, period: Period, department: str, now: datetime, conduct: bool) -> _Behind:
    tokens = Tokens(database.vault, period.text)
    first, after = day_start(period.first), day_start(period.last + timedelta(days=1))
    entered = {f"entry/{each.id}": each.subject_number for each in scores.entries(database, period.text)}
    numbers: dict[str, tuple[str, str]] = {}
    with database.snapshot():
        for each in facts(database, period.text, first, after, now, department):
            if each.subject == "entry":
                numbers[tokens.token(each)] = (entered.get(each.number, ""), "")
            else:
                # Only case and letter pages go by number; an order's goes by its row.
                page = _PAGES.get(each.subject, "")
                numbers[tokens.token(each)] = (
                    each.number,
                    f"{page}{each.row or each.number}" if page else "",
                )
    return _Behind(numbers, conduct)


def _item_names(ground: Ground, codes: Iterable[str]) -> dict[str, str]:
    found = {code: ground.guides.current(code) for code in codes}
    return {code: code if guide is None else guide.item.name for code, guide in found.items()}


def _at_top(account: Person, ground: Ground, now: datetime, roles: frozenset[Role]) -> bool:
    top = ground.units.top or "county"
    return any(in_scope(each.unit, ground.units.tree, top) for each in held(account, local_date(now), roles))


def _worked_for(account: Person, ground: Ground, now: datetime) -> tuple[str, ...]:
    """The departments whose cases someone handles; one empty name, for all, where a window serves many."""
    found: dict[str, None] = {}
    for each in held(account, local_date(now), ground.permissions.roles(Capability.SCORES_SEE)):
        unit = ground.units.get(each.unit)
        department = each.unit if each.unit in ground.departments else (unit.department if unit else None)
        if department not in ground.departments:
            return ("",)
        found[str(department)] = None
    return tuple(found)
