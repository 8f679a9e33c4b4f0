"""Makes the moves of a follow-up: contact, attempts, extension, correction, objection and its review, revisit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from handlers.casework import clocks as casework_clocks
from handlers.casework.authority import Standing, first_allowed
from handlers.casework.ground import Ground
from handlers.following_up import opening
from handlers.following_up.deadlines import (
    DEPARTMENT,
    SUPERVISOR,
    latest,
    new_clock,
    note_late,
    running,
    tell,
)
from handlers.following_up.standing import NO_FOLLOWUP, follow_facts, may_record
from handlers.store import clocks, counts, followups
from handlers.store.database import Database
from handlers.store.followups import FollowStep, Followup
from handlers.store.moments import Reads
from handlers.store.records import Json
from handlers.store.writer import Transaction
from handlers.supervising.standing import capacities
from presentation.dates import date_cn
from rules.clock import ClockKind
from rules.errors import Conflict, NotFound
from rules.rating_table import (
    ACCEPTED,
    FollowFacts,
    FollowMove,
    FollowRow,
    FollowState,
    check_follow,
    checked_follow,
    moment_given,
)
from rules.time import local_date


def move(
    database: Database,
    ground: Ground,
    number: str,
    name: str,
    given: Mapping[str, str],
    person: str,
    now: datetime,
    seen: int | None,
) -> Followup:
    """Makes a move of the table. Raises NotFound, IllegalMove, Forbidden, Invalid, and Conflict when the follow-up
    changed since `seen`."""
    try:
        wanted = FollowMove(name)
    except ValueError as error:
        raise NotFound("没有这种操作。请回到差评页面重新选择。") from error

    def job(tx: Transaction) -> Followup:
        found = followups.by_number(tx, number.strip().upper())
        standing, row, facts = allowed(tx, ground, found, wanted, person, now)
        assert found is not None
        if seen is not None and seen != found.version:
            raise Conflict("您打开页面以后，这件差评有了变化，没有执行。请看清现在的状态再操作。")
        values = checked_follow(row, given, facts, found.opened, now)
        _Move(tx, ground, found, row, standing, values, facts, now).make()
        changed = followups.of_case(tx, found.case_id)
        assert changed is not None
        return changed

    return database.write(job)


def allowed(
    reads: Reads, ground: Ground, followup: Followup | None, name: FollowMove, person: str, now: datetime
) -> tuple[Standing, FollowRow, FollowFacts]:
    """In what capacity a person may make a move. Raises NotFound out of reach, IllegalMove, Forbidden."""
    found = () if followup is None else capacities(reads, ground, person, followup.department, now)
    if followup is None or not found:
        raise NotFound(NO_FOLLOWUP)
    facts = follow_facts(reads, ground, followup, person, now)
    standing, row = first_allowed(
        found,
        lambda each: check_follow(followup.state, name, each.role, facts),
        lambda each, _: may_record(ground, each.role),
    )
    return standing, row, facts


class _Move:
    """One move inside its transaction."""

    def __init__(
        self,
        tx: Transaction,
        ground: Ground,
        followup: Followup,
        row: FollowRow,
        standing: Standing,
        values: Mapping[str, str],
        facts: FollowFacts,
        now: datetime,
    ) -> None:
        self.tx, self.ground, self.followup, self.row = tx, ground, followup, row
        self.standing, self.values, self.facts, self.now = standing, values, facts, now
        self.state = row.to_state or followup.state
        self.payload: dict[str, Json] = {}

    def make(self) -> None:
        """Clocks, row, step, event, messages."""
        for kind in self.row.stops:
            self._stop(kind)
        columns = {
            FollowMove.CONTACT: self._contact,
            FollowMove.ATTEMPT: self._attempt,
            FollowMove.EXTEND: self._extend,
            FollowMove.FIX: self._fix,
            FollowMove.DISPUTE: self._dispute,
            FollowMove.CONFIRM: self._confirm,
            FollowMove.REFUSE: self._refuse,
            FollowMove.REVISIT: self._revisit,
        }[self.row.move]()
        # A version read before the clocks were stopped is still the row's: flags and days do not change it.
        followups.change(self.tx, self.followup, state=self.state, **columns)
        values, who = self.values, self.standing
        followups.add_step(
            self.tx,
            FollowStep(
                0, self.followup.case_id, self.row.move, self.now, who.actor, moment_given(values), values.get("way", ""),
                values.get("finding", "") or values.get("accepted", ""), values["text"],
            ),
        )  # fmt: skip
        opening.happened(
            self.tx, self.followup, self.row.move, who.actor, who.role, who.unit, self.now, self.state,
            {**values, **self.payload, "words": ""},
        )  # fmt: skip

    def _stop(self, kind: ClockKind) -> None:
        clock = running(self.tx, self.followup.case_id, kind)
        if clock is None:
            return
        clocks.stop(self.tx, clock.id, self.now, self.row.said)
        if self.now > clock.due:
            stopped = clocks.by_id(self.tx, clock.id)
            assert stopped is not None
            note_late(self.tx, self.followup, stopped, self.now)

    def _contact(self) -> dict[str, object]:
        self._count("rating_contacts")
        return {"contacted_at": self.now}

    def _attempt(self) -> dict[str, object]:
        if self.followup.state is FollowState.FIXED:
            return {}  # of the revisit: its steps are counted, the tries to contact are done
        attempts = self.followup.attempts + 1
        if attempts < self.facts.enough:
            return {"attempts": attempts}
        # Tried often enough: what can be put right without them is put right, and they are asked again afterwards.
        self.state = FollowState.FIXING
        self._stop(ClockKind.RATING_CONTACT)
        self._count("rating_contacts")
        return {"attempts": attempts, "contacted_at": self.now}

    def _extend(self) -> dict[str, object]:
        clock = running(self.tx, self.followup.case_id, ClockKind.RATING_FIX)
        assert clock is not None
        settings = self.ground.county.settings
        days = settings.rating_fix_longest - settings.rating_fix_days
        timed = casework_clocks.timed(self.ground, replace(clock, extension_days=days), ())
        clocks.set_times(self.tx, timed)
        self.payload = {"days": days, "due": timed.due.isoformat()}
        return {"extended": 1, "fix_due": timed.due}

    def _fix(self) -> dict[str, object]:
        self._count("rating_fixes")
        return {"fixed_at": self.now, "finding": ""}

    def _dispute(self) -> dict[str, object]:
        self._tell_all("rating.dispute", "部门认为评价不实或与本次服务无关，请由提出的人以外的人复核。")
        return {"finding": self.values["finding"]}

    def _confirm(self) -> dict[str, object]:
        claimed = latest(self.tx, self.followup.case_id, ClockKind.RATING_FIX)
        self._tell_department("rating.confirm", "复核认为评价不实或与本次服务无关，请回访评价人并说明。")
        # As of the objection: how long the review took is not the department's time.
        return {"fixed_at": self.now if claimed is None or claimed.stopped is None else claimed.stopped}

    def _refuse(self) -> dict[str, object]:
        followup = self.followup
        before = latest(self.tx, followup.case_id, ClockKind.RATING_FIX)
        left = 1
        if before is not None and before.stopped is not None:
            calendar = self.ground.calendar
            left = max(calendar.working_days_between(local_date(before.stopped), local_date(before.due)), 1)
        clock = new_clock(
            self.ground, ClockKind.RATING_FIX, self.now, left, followup.case_id, followup.department, followup.drill
        )  # fmt: skip
        clocks.insert(self.tx, clock)
        self._tell_department("rating.refuse", f"复核认为要整改，请在{date_cn(clock.due)}前整改。")
        self.payload = {"days": left, "due": clock.due.isoformat()}
        return {"finding": "", "fix_due": clock.due}

    def _revisit(self) -> dict[str, object]:
        accepted = self.values["accepted"]
        self._count("rating_revisits")
        if accepted != "yes":
            self._tell_all("rating.revisit", f"回访结果：{ACCEPTED[accepted]}。")
        # The day the citizen is told is the day of the revisit; the step says when it was recorded.
        return {"accepted": accepted, "closed_at": moment_given(self.values) or self.now}

    def _tell_all(self, template: str, words: str) -> None:
        self._tell_department(template, words)
        body = f"办件{self.followup.number}的差评：{words}"
        tell(self.tx, self.followup, template, self.followup.supervisor_unit, SUPERVISOR, body, self.now)

    def _tell_department(self, template: str, words: str) -> None:
        body = f"办件{self.followup.number}的差评：{words}"
        tell(self.tx, self.followup, template, self.followup.department, DEPARTMENT, body, self.now)

    def _count(self, measure: str) -> None:
        if not self.followup.drill:
            counts.add(self.tx, local_date(self.now), self.followup.department, (measure,))
