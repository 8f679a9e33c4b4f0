"""Letters as they are shown: to their writer, on desks within scope, to the county supervisor, and of a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from handlers.casework import clocks as casework_clocks
from handlers.casework.authority import active_person, held
from handlers.casework.ground import Ground
from handlers.casework.looking import note_list
from handlers.casework.views import DueView, TimelineEntry
from handlers.correspondence.moving import facts_of
from handlers.correspondence.publishing import Preview, masked
from handlers.correspondence.reach import (
    about_of,
    another_supervisor,
    authors,
    concerns,
    letter_for_staff,
    person_digest,
    prove_writer,
    scope_of,
)
from handlers.correspondence.requests import limits_of
from handlers.store import attachments, clocks, events, letters, people
from handlers.store.access_log import Look, add
from handlers.store.database import Database
from handlers.store.people_records import Letter
from handlers.store.records import Attachment, Event
from rules.access import Role
from rules.errors import Forbidden, Invalid
from rules.letter_table import moves_for
from rules.letter_terms import (
    CONDUCT,
    FINDINGS,
    KIND_LABELS,
    OPEN,
    PUBLIC_LABELS,
    STATE_LABELS,
    LetterMove,
    LetterState,
    Row,
)
from rules.quick_dataclass import dataclass
from rules.time import local_date

# What the office does among itself is not told to the writer by unit or person.
_WRITERS_MOVES = frozenset({Role.APPLICANT})


@dataclass(frozen=True, slots=True)
class StaffEntry:
    """One thing that happened to a letter, as its desk reads it."""

    at: datetime
    words: str
    who: str


@dataclass(frozen=True, slots=True)
class LetterView:
    """A letter as its writer or a desk sees it; `letter.writer` is None in it. `moves`: what the reader may do now.

    `round`: 1, and one more for every time it was reopened.
    """

    letter: Letter
    kind_label: str
    state_label: str
    department_name: str
    unit_name: str
    due: DueView | None
    timeline: tuple[TimelineEntry, ...]
    moves: tuple[Row, ...]
    files: tuple[Attachment, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether an answer is owed."""
        return self.letter.state in OPEN

    @property
    def is_conduct(self) -> bool:
        """Whether it complains about how someone behaved."""
        return self.letter.topic == CONDUCT

    @property
    def round(self) -> int:
        """The how-manieth answer is owed or given."""
        return self.letter.disputes + 1

    @property
    def finding_label(self) -> str:
        """属实, 部分属实 or 不属实; empty where nothing was found."""
        return FINDINGS.get(self.letter.finding, "")

    def may(self, move: str) -> bool:
        """Whether the reader may make the move now."""
        return any(row.name == move for row in self.moves)

    @property
    def may_chase(self) -> bool:
        """Whether the writer may remind today."""
        return self.may(LetterMove.CHASE)

    @property
    def may_rate(self) -> bool:
        """Whether the writer may still rate the answer."""
        return self.may(LetterMove.RATE)


@dataclass(frozen=True, slots=True)
class StaffLetter:
    """A whole letter for staff. `about` only where it complains about conduct; `preview` where it may be published."""

    view: LetterView
    letter: Letter
    history: tuple[StaffEntry, ...]
    preview: Preview | None
    about: tuple[str, str] = ("", "")
    drafted_by_name: str = ""
    alone: bool = False
    """Nobody else can review a finding about conduct."""

    @property
    def proposed_label(self) -> str:
        """What is proposed to be found, for who reviews it."""
        return FINDINGS.get(self.letter.proposed, "")


@dataclass(frozen=True, slots=True)
class LettersPage:
    """A page of a desk's letters with the counts of its tabs."""

    rows: tuple[LetterView, ...]
    total: int
    tab: str
    tab_counts: Mapping[str, int]
    page: int
    pages: int


def for_writer(database: Database, ground: Ground, number: str, query_code: str, now: datetime) -> LetterView:
    """The letter for who has its code."""
    letter = prove_writer(database, database.vault, number, query_code)
    facts = facts_of(ground, letter, now)
    rows = moves_for(LetterState(letter.state), Role.APPLICANT, facts)
    chased_today = letter.chased is not None and local_date(letter.chased) == local_date(now)
    tired = letter.chases >= limits_of(ground.county).chases
    if chased_today or tired:
        rows = tuple(row for row in rows if row.name is not LetterMove.CHASE)
    view = _view(database, ground, _without_own(letter), rows, now)
    return replace(view, state_label=PUBLIC_LABELS[letter.state], files=_files(database, letter))


def for_staff(
    database: Database, ground: Ground, number: str, person: str, now: datetime, request: str
) -> StaffLetter:
    """The whole letter within scope; the look is logged. Raises NotFound for what is not theirs to know."""
    letter, able = letter_for_staff(database, database.vault, ground, number, person, now)
    look = Look(now, able[0].actor, able[0].role, "letter", letter.number, "letter", request, able[0].unit)
    database.write(lambda tx: add(tx, look))
    second = another_supervisor(database, database.vault, letter, {person}, local_date(now))
    facts = facts_of(ground, letter, now, second=second)
    rows: dict[LetterMove, Row] = {}
    for author in able:
        for row in moves_for(LetterState(letter.state), author.role, facts, intake=author.intake):
            rows.setdefault(row.name, row)
    if letter.drafted_by == person:
        rows.pop(LetterMove.ANSWER, None)
        rows.pop(LetterMove.ENDORSE, None)
    ordered = tuple(rows.values())
    view = replace(_view(database, ground, letter, ordered, now), files=_files(database, letter))
    answer = letter.draft if letter.state == LetterState.IN_REVIEW else letter.answer
    may_publish = letter.public and answer and rows.keys() & {LetterMove.ANSWER, LetterMove.PUBLISH}
    names = people.names(database, [letter.drafted_by]) if letter.drafted_by else {}
    return StaffLetter(
        view=view,
        letter=letter,
        history=_history(database, ground, letter),
        preview=masked(letter, answer or "") if may_publish else None,
        about=about_of(database, database.vault, letter) if letter.topic == CONDUCT else ("", ""),
        drafted_by_name=names.get(letter.drafted_by or "", ""),
        alone=letter.topic == CONDUCT and not second,
    )


def desk(
    database: Database,
    ground: Ground,
    person: str,
    now: datetime,
    *,
    tab: str,
    search: str,
    page: int,
    size: int,
) -> LettersPage:
    """A page of a person's letters. Raises Invalid for a tab that does not exist."""
    if tab not in letters.TABS:
        raise Invalid("没有这个列表。")
    account = active_person(database, person)
    scope = scope_of(account, ground, local_date(now))
    page, size = max(page, 1), min(max(size, 1), 100)
    with database.snapshot():
        found, total = letters.listed(database, scope, tab, search.strip()[:100], now, size, page)
        counted = letters.tab_counts(database, scope, now)
        rows = tuple(_view(database, ground, each, (), now) for each in found)
    note_list(database, account.id, account.assignments, "letter", "list", len(rows), now)
    return LettersPage(rows, total, tab, counted, page, max(-(-total // size), 1))


def conduct_list(database: Database, ground: Ground, person: str, now: datetime) -> tuple[LetterView, ...]:
    """The complaints about conduct, for the county supervisor alone; without those about the reader."""
    account = active_person(database, person)
    if not held(account, local_date(now), frozenset({Role.COUNTY_SUPERVISOR})):
        raise Forbidden("工作作风投诉只由县监察员查看和办理。")
    found = letters.conduct(database, person_digest(database.vault, account.id))
    shown = tuple(
        _view(database, ground, each, (), now)
        for each in found
        if not concerns(database, database.vault, each, account)
    )
    note_list(database, account.id, account.assignments, "letter", "list", len(shown), now)
    return shown


def of_case(database: Database, ground: Ground, case_id: int, now: datetime) -> tuple[LetterView, ...]:
    """The letters about a case, as their writers read them."""
    return tuple(
        replace(_view(database, ground, _without_own(each), (), now), state_label=PUBLIC_LABELS[each.state])
        for each in letters.of_case(database, case_id)
    )


def of_case_for_staff(
    database: Database, ground: Ground, case_id: int, person: str, now: datetime
) -> tuple[LetterView, ...]:
    """The letters about a case that a member of staff reaches."""
    return tuple(
        _view(database, ground, each, (), now)
        for each in letters.of_case(database, case_id)
        if authors(database, database.vault, ground, each, person, local_date(now))
    )


def _without_own(letter: Letter) -> Letter:
    """What the office has written and not sent, or keeps to itself, does not leave it."""
    return replace(letter, draft=None, review_words="", proposed="", handling="")


def public_view(database: Database, ground: Ground, letter: Letter, now: datetime) -> LetterView:
    """A published letter in its masked words."""
    shown = letter.published
    assert shown is not None
    clean = replace(
        letter, title=shown.title, content=shown.content, answer=shown.answer, writer_masked="", draft=None,
        rating_words="", review_words="",
    )  # fmt: skip
    return replace(_view(database, ground, clean, (), now), timeline=())


def _view(
    database: Database, ground: Ground, letter: Letter, rows: tuple[Row, ...], now: datetime
) -> LetterView:
    found = clocks.of_subject(database, "letter", letter.id)
    return LetterView(
        letter=replace(letter, writer=None),
        kind_label=KIND_LABELS[letter.kind],
        state_label=STATE_LABELS[letter.state],
        department_name=_answers_for_it(ground, letter),
        unit_name=ground.unit_name(letter.assigned_unit or letter.department),
        due=casework_clocks.explain(ground, found[-1], (), now) if found else None,
        timeline=_timeline(database, ground, letter),
        moves=rows,
    )


def _answers_for_it(ground: Ground, letter: Letter) -> str:
    """Who answers for it, as writer and desk read it."""
    if letter.topic == CONDUCT:
        return "县监察员"
    waits = letter.state == LetterState.RECEIVED
    return ground.unit_name(letter.assigned_unit if waits else letter.department)


def _timeline(database: Database, ground: Ground, letter: Letter) -> tuple[TimelineEntry, ...]:
    return tuple(
        TimelineEntry(
            event.at,
            str(event.payload["words"]),
            "" if event.role in _WRITERS_MOVES or letter.topic == CONDUCT else ground.unit_name(event.unit),
            None,
            "",
        )
        for event in events.of_subject(database, "letter", letter.id)
        if event.payload is not None and event.payload.get("words")
    )


def _history(database: Database, ground: Ground, letter: Letter) -> tuple[StaffEntry, ...]:
    found = [each for each in events.of_subject(database, "letter", letter.id) if each.payload is not None]
    names = people.names(database, [each.actor for each in found if each.actor.startswith("p-")])
    return tuple(
        StaffEntry(each.at, words, _who(ground, each, names))
        for each in found
        if each.payload is not None
        and (
            # Written to the writer as "您…"; on the desk the name of who did it stands below.
            words := "；".join(
                str(each.payload[part]).removeprefix("您")
                for part in ("words", "note")
                if each.payload.get(part)
            )
        )
    )


def _who(ground: Ground, event: Event, names: Mapping[str, str]) -> str:
    if event.role == Role.APPLICANT:
        return "来信人"
    if event.role == Role.SYSTEM:
        return "系统"
    return f"{ground.unit_name(event.unit)} {names.get(event.actor, '')}".strip()


def _files(database: Database, letter: Letter) -> tuple[Attachment, ...]:
    return attachments.of_owner(database, f"letter/{letter.id}")
