"""The one door to casework for pages, commands and tests; see the package's description for the interface.

Each operation brings its own module with it: a handler that only reads starts without all that writes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rules.access import Role, in_scope
from rules.case_terms import MoveName
from rules.errors import Forbidden, NotFound
from rules.permissions import Capability
from rules.time import local, local_date

if TYPE_CHECKING:
    from handlers.casework.filing import FiledBy, Filing
    from handlers.casework.ground import Ground
    from handlers.casework.moving import Moving
    from handlers.casework.requests import (
        Actor,
        Application,
        ByStaff,
        Filed,
        Moved,
        MoveData,
        Recomputed,
        Swept,
    )
    from handlers.casework.views import CaseView, DeskPage, DueView, Figures, ReceiptView, StaffCaseView
    from handlers.store.database import Database
    from handlers.store.records import Attachment, Card, Certificate, MaterialReceived, Message, Notice
    from rules.calendar import WorkCalendar


class Casework:
    """Every operation on cases over one database; `ground` is asked anew each time."""

    def __init__(self, database: Database, ground: Callable[[], Ground]) -> None:
        self.database = database
        self.ground = ground

    # Writing

    def file_case(
        self,
        application: Application,
        *,
        key: str,
        channel: str,
        now: datetime,
        by: ByStaff | None = None,
        drill: bool = False,
    ) -> Filed:
        """Files a case; durable when it returns. Raises Invalid, NotFound, Forbidden, Conflict."""
        return self.database.write(self._filing(application, key, channel, now, by, drill))

    async def file_case_async(
        self,
        application: Application,
        *,
        key: str,
        channel: str,
        now: datetime,
        by: ByStaff | None = None,
        drill: bool = False,
        fingerprint: str = "",
    ) -> Filed:
        """`file_case` for event loops. `fingerprint`: of the whole request, where more was asked than an application."""
        return await self.database.write_async(
            self._filing(application, key, channel, now, by, drill, fingerprint)
        )

    def filed_before(self, key: str, fingerprint: str) -> Filed | None:
        """The filing made with this key, if any. Raises Conflict when it was another one."""
        from handlers.casework.filing import filed_before

        return filed_before(self.database, self.database.vault, key, fingerprint)

    def move(
        self, number: str, move: MoveName | str, by: Actor, data: MoveData, *, key: str | None, now: datetime
    ) -> Moved:
        """Makes a move of the case table. Raises IllegalMove, Conflict, Forbidden, Invalid, NotFound."""
        from handlers.casework.moving import make

        return make(self.database, self._moving(number, move, by, data, key, now))

    async def move_async(
        self, number: str, move: MoveName | str, by: Actor, data: MoveData, *, key: str | None, now: datetime
    ) -> Moved:
        """`move` for event loops."""
        from handlers.casework.moving import make_async

        return await make_async(self.database, self._moving(number, move, by, data, key, now))

    def rate(
        self, number: str, query_code: str, score: int, words: str, *, now: datetime, channel: str = "web"
    ) -> None:
        """The applicant's one rating after the close, 1 to 5. Raises IllegalMove, Conflict, NotFound, Invalid."""
        from handlers.casework import upkeep

        vault, ground = self.database.vault, self.ground()
        self.database.write(
            upkeep.rating(vault, ground, number, query_code, score, words, local(now), channel)
        )

    def record_material(
        self,
        number: str,
        by: ByStaff,
        code: str,
        *,
        originals: int = 0,
        copies: int = 0,
        reused: bool = False,
        note: str = "",
        now: datetime,
    ) -> MaterialReceived:
        """What was handed over at a window for one material."""
        from handlers.casework import upkeep

        return upkeep.record_material(
            self.database, self.ground(), number, by.person, code, local(now),
            originals=originals, copies=copies, reused=reused, note=note,
        )  # fmt: skip

    def pay_fee(
        self,
        number: str,
        by: ByStaff,
        position: int,
        *,
        waived: str = "",
        charged: int | None = None,
        now: datetime,
    ) -> None:
        """Marks a fee paid (with the cents charged, where told), or waived with the reason."""
        from handlers.casework import upkeep

        upkeep.settle_fee(
            self.database, self.ground(), number, by.person, position, local(now), waived, charged
        )

    def record_charge(
        self, number: str, by: ByStaff, name: str, charged: int, reason: str, *, now: datetime
    ) -> None:
        """Writes down money taken (cents) beside what the guide says, with how it became known."""
        from handlers.casework import upkeep

        upkeep.record_charge(
            self.database, self.ground(), number, by.person, name, charged, reason, local(now)
        )

    def record_supplement(
        self, number: str, by: ByStaff, told: str, given_at: datetime, reason: str, *, now: datetime
    ) -> int:
        """Writes down a supplement notice given outside the hall; returns how many the case now has."""
        from handlers.casework import hand_findings

        return hand_findings.record_supplement(
            self.database, self.ground(), number, by.person, told, local(given_at), reason, local(now)
        )

    def issue_certificate(
        self, number: str, by: ByStaff, *, now: datetime, number_given: str | None = None
    ) -> Certificate:
        """Gives a granted case's certificate its number and stops its clock."""
        from handlers.casework import upkeep

        return upkeep.issue_certificate(
            self.database, self.ground(), number, by.person, local(now), number_given
        )

    def erase(self, number: str, by: ByStaff, reason: str, *, now: datetime) -> None:
        """Takes the personal data of an ended case out; the chain goes on verifying."""
        from handlers.casework import upkeep

        upkeep.erase(self.database, self.ground(), number, by.person, reason, local(now))

    def decide_card(
        self, card_id: int, by: ByStaff, *, confirm: bool, reason: str = "", now: datetime
    ) -> Card:
        """Confirms or drops a pending card."""
        from handlers.casework import card_decisions

        return card_decisions.decide(
            self.database, self.ground(), card_id, by.person, local(now), confirm=confirm, reason=reason
        )

    def revoke_card(self, card_id: int, by: ByStaff, reason: str, *, now: datetime) -> Card:
        """Revokes an issued card; it stays visible."""
        from handlers.casework import card_decisions

        return card_decisions.revoke(self.database, self.ground(), card_id, by.person, reason, local(now))

    def sweep(self, now: datetime) -> Swept:
        """One supervision pass: cards, messages, deemed acceptances."""
        from handlers.casework import sweeping

        return sweeping.sweep(self.database, self.ground(), local(now))

    def tidy(self, now: datetime) -> int:
        """Drops expired drafts, sessions, kept answers and uploads nobody filed."""
        from handlers.casework import sweeping

        return sweeping.tidy(self.database, local(now))

    def recompute_clocks(self, now: datetime) -> Recomputed:
        """Takes a changed calendar into account for every running clock."""
        from handlers.casework import recomputing

        return recomputing.recompute(self.database, self.ground(), local(now))

    def take_over_calendar(self, now: datetime, before: WorkCalendar | None) -> Recomputed:
        """Has every running clock follow the hall's calendar; `before`: the one this hall has used until now."""
        from handlers.casework import clock_basis, recomputing

        ground = self.ground()
        started = (clock_basis.started_by(self.database), before or ground.calendar)
        found = recomputing.recompute(self.database, ground, local(now), started)
        self.database.write(lambda tx: clock_basis.note_started_by(tx, ground.calendar))
        return found

    def leave_calendar(self) -> None:
        """The hall's calendar is not to be followed, yet clocks are started by it until the next one is there."""
        from handlers.casework import clock_basis

        self.database.write(lambda tx: clock_basis.note_started_by(tx, None))

    def synchronise_units(self, now: datetime) -> None:
        """Copies the org tree of the root's files into the database."""
        from handlers.store import units
        from handlers.store.people_records import Unit

        ground = self.ground()
        words = {each.id: each.number_word for each in ground.departments.values()}
        rows = [
            Unit(each.id, each.name, each.kind, each.parent, each.department, words.get(each.id, ""))
            for each in ground.units
        ]
        if not units.stand(self.database, rows):
            self.database.write(lambda tx: units.synchronise(tx, rows))

    def publish_figures(self, folder: Path, now: datetime) -> Figures:
        """Writes `figures.json` and the day's checkpoint of the log into the folder (`published/`), atomically."""
        from handlers.casework import auditing, figures, rule_changes

        # A folder holds checkpoints of one log only: that of the hall it lies beside, not of one tried out elsewhere.
        if folder.resolve().parent in self.database.path.parents:
            auditing.daily_checkpoint(self.database, folder, local(now))
            rule_changes.publish(self.database, folder)
        return figures.publish(self.database, folder, local(now))

    # Reading

    def public_view(self, number: str, query_code: str, now: datetime) -> CaseView:
        """The case for who has its query code. Raises NotFound alike for wrong numbers and wrong codes."""
        from handlers.casework import viewing

        return viewing.public_view(self.database, self.ground(), number, query_code, local(now))

    def receipt(self, number: str, query_code: str, now: datetime) -> ReceiptView:
        """The receipt of the filing."""
        from handlers.casework import viewing

        return viewing.receipt(self.database, self.ground(), number, query_code, local(now))

    def explained(self, number: str, now: datetime) -> tuple[DueView, ...]:
        """Every running limit of a case explained day by day; NotFound for an unknown number."""
        from handlers.casework import viewing

        return viewing.explained(self.database, self.ground(), number, local(now))

    def staff_view(self, number: str, person: str, now: datetime, request_id: str = "") -> StaffCaseView:
        """The whole case for staff within scope; logs the look. Raises NotFound out of scope."""
        from handlers.casework import viewing

        return viewing.staff_view(self.database, self.ground(), number, person, local(now), request_id)

    def notice_for_applicant(self, notice_id: int, number: str, query_code: str) -> Notice:
        """A document of the applicant's own case."""
        from handlers.casework import papers

        return papers.notice_for_applicant(self.database, notice_id, number, query_code)

    def notice_for_staff(self, notice_id: int, person: str, now: datetime, request_id: str = "") -> Notice:
        """A document of a case within scope; logs the look."""
        from handlers.casework import papers

        return papers.notice_for_staff(
            self.database, self.ground(), notice_id, person, local(now), request_id
        )

    def attachment_for_staff(
        self, attachment_id: str, person: str, now: datetime, request_id: str = ""
    ) -> tuple[Attachment, Path]:
        """An attachment of a case within scope and its file; logs the look."""
        from handlers.casework import papers

        return papers.attachment_for_staff(
            self.database, self.ground(), attachment_id, person, local(now), request_id
        )

    def attachment_for_applicant(
        self, attachment_id: str, number: str, query_code: str
    ) -> tuple[Attachment, Path]:
        """An attachment of the applicant's own case and its file."""
        from handlers.casework import papers

        return papers.attachment_for_applicant(self.database, attachment_id, number, query_code)

    def desk(
        self,
        person: str,
        *,
        now: datetime,
        tab: str = "to_do",
        search: str = "",
        department: str | None = None,
        state: str | None = None,
        page: int = 1,
        size: int = 20,
    ) -> DeskPage:
        """A page of the desk: to_do, done, due_soon, overdue or all."""
        from handlers.casework import desk

        return desk.desk(
            self.database, self.ground(), person, local(now),
            tab=tab, search=search, department=department, state=state, page=page, size=size,
        )  # fmt: skip

    def messages(self, person: str, now: datetime) -> tuple[Message, ...]:
        """What the hall has told a person and their units, newest first."""
        from handlers.casework import desk

        return desk.messages(self.database, person, local(now))

    def figures(self, now: datetime) -> Figures:
        """The figures of the day."""
        from handlers.casework import figures

        return figures.figures(self.database, local(now))

    # Jobs

    def _filing(
        self, application: Application, key: str, channel: str, now: datetime, by: ByStaff | None, drill: bool,
        fingerprint: str = "",
    ) -> Filing:  # fmt: skip
        from handlers.casework.filing import FiledBy, Filing

        ground = self.ground()
        role = Role.AGENT if application.agent is not None else Role.APPLICANT
        filed_by = FiledBy(role.value, role)
        if by is not None:
            filed_by, application = self._taken_in(ground, application, by, now)
        return Filing(
            self.database.vault, ground, application,
            key=key, channel=channel, now=local(now), by=filed_by, drill=drill, fingerprint=fingerprint,
        )  # fmt: skip

    def _taken_in(
        self, ground: Ground, application: Application, by: ByStaff, now: datetime
    ) -> tuple[FiledBy, Application]:
        """Staff take an application in at a unit they work in."""
        from handlers.casework.authority import active_person, held
        from handlers.casework.filing import FiledBy

        person = active_person(self.database, by.person)
        own = held(person, local_date(now), ground.permissions.roles(Capability.CASES_INTAKE))
        wanted = application.accepting_unit
        tree = ground.units.tree
        for each in own:
            if wanted is None or in_scope(each.unit, tree, wanted):
                unit = wanted or each.unit
                from_desk = replace(application, accepting_unit=unit)
                return FiledBy(person.id, each.role, each.unit), from_desk
        raise Forbidden("您的岗位不能在这个窗口收件。")

    def _moving(
        self, number: str, move: MoveName | str, by: Actor, data: MoveData, key: str | None, now: datetime
    ) -> Moving:
        from handlers.casework.moving import Moving
        from handlers.casework.requests import BySystem

        try:
            name = MoveName(move)
        except ValueError as error:
            raise NotFound("没有这种操作。请回到办件页面重新选择。") from error
        if key is None and not isinstance(by, BySystem):
            key = ""  # refused by the store with the words for a form sent without its key
        return Moving(self.database.vault, self.ground(), number, name, by, data, key=key, now=local(now))
