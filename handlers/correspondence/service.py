"""The one door to letters for pages, the API, commands and tests; see the package's description."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from handlers.casework.authority import active_person
from handlers.casework.ground import Ground
from handlers.casework.requests import ByStaff
from handlers.correspondence import erasing, publishing, reading
from handlers.correspondence.assigning import Suggesting, Suggestion
from handlers.correspondence.moving import Moving
from handlers.correspondence.publishing import Preview, PublicLetters, Similar
from handlers.correspondence.reach import (
    SYSTEM,
    WRITER,
    colleagues,
    intake_unit,
    letter_for_staff,
    prove_writer,
)
from handlers.correspondence.reading import LettersPage, LetterView, StaffLetter
from handlers.correspondence.requests import (
    LetterData,
    LetterFiled,
    LetterMoved,
    LetterRequest,
    limits_of,
)
from handlers.correspondence.writing import Asking, asked_before
from handlers.store import attachments, letters
from handlers.store.database import Database
from handlers.store.letters import PublicFilter
from handlers.store.people_records import Person
from handlers.store.records import Attachment
from handlers.store.writer import Transaction
from rules.access import Role
from rules.errors import IllegalMove, NotFound
from rules.letter_terms import LetterLimits, LetterMove
from rules.time import local, local_date

CLOSE_AT_ONCE = 500


class Correspondence:
    """Every operation on letters over one database; `ground` is asked anew each time."""

    def __init__(self, database: Database, ground: Callable[[], Ground]) -> None:
        self.database = database
        self.ground = ground
        self._suggesting = Suggesting(database)
        self._public = PublicLetters(database)

    @property
    def limits(self) -> LetterLimits:
        """The county's limits for letters."""
        return limits_of(self.ground().county)

    # Writing

    def ask(self, request: LetterRequest, *, key: str, now: datetime, drill: bool = False) -> LetterFiled:
        """Takes a letter in; durable when it returns. Raises Invalid, Conflict."""
        return self.database.write(self._asking(request, key, now, drill))

    async def ask_async(
        self, request: LetterRequest, *, key: str, now: datetime, drill: bool = False
    ) -> LetterFiled:
        """`ask` for event loops."""
        return await self.database.write_async(self._asking(request, key, now, drill))

    def asked_before(self, request: LetterRequest, *, key: str, drill: bool = False) -> LetterFiled | None:
        """The receipt given under this key, if any. Raises Conflict when it was another letter."""
        return asked_before(self.database, self.database.vault, request, key, drill)

    def by_writer(
        self, number: str, query_code: str, move: LetterMove, data: LetterData, *, now: datetime
    ) -> LetterMoved:
        """The writer's own move. Raises NotFound for a wrong code, IllegalMove, Forbidden, Invalid, Conflict."""
        ground, moment = self.ground(), local(now)

        def job(tx: Transaction) -> LetterMoved:
            letter = prove_writer(tx, self.database.vault, number, query_code)
            return Moving(tx, self.database.vault, ground, letter, data, moment).make(move, (WRITER,))

        return self.database.write(job)

    def by_staff(
        self, number: str, by: ByStaff, move: LetterMove, data: LetterData, *, now: datetime
    ) -> LetterMoved:
        """A move by staff. Raises NotFound for what is not theirs to know, IllegalMove, Forbidden, Invalid, Conflict."""
        ground, moment = self.ground(), local(now)

        def job(tx: Transaction) -> LetterMoved:
            letter, able = letter_for_staff(tx, self.database.vault, ground, number, by.person, moment)
            return Moving(tx, self.database.vault, ground, letter, data, moment).make(move, able)

        return self.database.write(job)

    def close_unstated(self, now: datetime) -> tuple[str, ...]:
        """Closes answered letters whose writers let the days for their word go by; also drops stray uploads.

        They count as unstated (未表态), never as settled.
        """
        ground, moment = self.ground(), local(now)
        closed: list[str] = []
        for number in letters.confirm_over(self.database, moment, CLOSE_AT_ONCE):

            def job(tx: Transaction, number: str = number) -> str:
                letter = letters.by_number(tx, number)
                if letter is None:
                    return ""
                try:
                    Moving(tx, self.database.vault, ground, letter, LetterData(), moment).make(
                        LetterMove.CLOSE, (SYSTEM,)
                    )
                except IllegalMove:
                    return ""  # the writer was faster
                return number

            if self.database.write(job):
                closed.append(number)
        return tuple(closed)

    def erase(self, number: str, person: str, reason: str, *, now: datetime) -> None:
        """Takes personal data out of an ended letter; the chain goes on verifying. Raises as `erasing.erase`."""
        erasing.erase(self.database, self.ground(), number, person, reason, local(now))

    def publish(self, folder: Path) -> int:
        """Writes the published letters, masked, into the folder (`published/`)."""
        return publishing.publish(self.database, self.ground(), folder)

    # Reading

    def for_writer(self, number: str, query_code: str, now: datetime) -> LetterView:
        """The letter for who has its code. Raises NotFound."""
        return reading.for_writer(self.database, self.ground(), number, query_code, local(now))

    def for_staff(self, number: str, person: str, now: datetime, request_id: str = "") -> StaffLetter:
        """The whole letter within scope; logs the look. Raises NotFound."""
        return reading.for_staff(self.database, self.ground(), number, person, local(now), request_id)

    def desk(
        self,
        person: str,
        *,
        now: datetime,
        tab: str = "to_answer",
        search: str = "",
        page: int = 1,
        size: int = 20,
    ) -> LettersPage:
        """A page of the letters of a person's departments and units."""
        return reading.desk(
            self.database, self.ground(), person, local(now), tab=tab, search=search, page=page, size=size
        )

    def conduct(self, person: str, now: datetime) -> tuple[LetterView, ...]:
        """The complaints about conduct. Raises Forbidden for anyone but the county supervisor."""
        return reading.conduct_list(self.database, self.ground(), person, local(now))

    def of_case(self, case_id: int, now: datetime) -> tuple[LetterView, ...]:
        """The letters about a case, for who has the case's code; never one about conduct."""
        return reading.of_case(self.database, self.ground(), case_id, local(now))

    def of_case_for_staff(self, case_id: int, person: str, now: datetime) -> tuple[LetterView, ...]:
        """Those of them that this member of staff reaches."""
        return reading.of_case_for_staff(self.database, self.ground(), case_id, person, local(now))

    def published(self, query: str, wanted: PublicFilter, now: datetime) -> tuple[LetterView, ...]:
        """What the public may read, by search and filters."""
        found = self._public.found(query, wanted)
        return tuple(reading.public_view(self.database, self.ground(), each, local(now)) for each in found)

    def public_letter(self, number: str, now: datetime) -> LetterView:
        """One published letter. Raises NotFound for what is not public, whatever else it is."""
        letter = letters.by_number(self.database, number.strip().upper())
        if letter is None or letter.number not in {each.number for each in letters.published(self.database)}:
            raise NotFound("没有找到这封公开的来信。")
        return reading.public_view(self.database, self.ground(), letter, local(now))

    def similar(self, title: str, content: str = "", limit: int = 5, item: str = "") -> tuple[Similar, ...]:
        """Answered public letters near what is being written."""
        return self._public.similar(self.ground(), title, content, limit, item)

    def suggest(self, title: str, content: str, without: str = "") -> tuple[Suggestion, ...]:
        """Departments the text points to, with the reasons; a person decides."""
        return self._suggesting.suggest(self.ground(), title, content, without)

    def preview(self, number: str, person: str, mask: tuple[str, ...], now: datetime) -> Preview:
        """How the letter would be public with some more words masked. Raises NotFound."""
        letter, _ = letter_for_staff(
            self.database, self.database.vault, self.ground(), number, person, local(now)
        )
        return publishing.masked(letter, letter.answer or letter.draft or "", mask)

    def colleagues(self, units: tuple[str, ...], now: datetime) -> tuple[Person, ...]:
        """Who works in some units or below."""
        return colleagues(self.database, self.ground(), units, local_date(now))

    def is_intake(self, person: str, now: datetime) -> bool:
        """Whether a person sits at the desk that assigns letters."""
        ground = self.ground()
        account = active_person(self.database, person)
        return any(
            each.role is Role.COORDINATOR and intake_unit(ground) in ground.units.tree.under(each.unit)
            for each in account.assignments
            if each.holds_on(local_date(now))
        )

    def attachment_for_staff(
        self, number: str, attachment_id: str, person: str, now: datetime, request_id: str = ""
    ) -> tuple[Attachment, Path]:
        """A file of a letter within scope; logs the look. Raises NotFound."""
        whole = self.for_staff(number, person, now, request_id)
        return self._file(whole.view, attachment_id)

    def attachment_for_writer(
        self, number: str, attachment_id: str, query_code: str, now: datetime
    ) -> tuple[Attachment, Path]:
        """A file of one's own letter. Raises NotFound."""
        return self._file(self.for_writer(number, query_code, now), attachment_id)

    def _file(self, view: LetterView, attachment_id: str) -> tuple[Attachment, Path]:
        found = next((each for each in view.files if each.id == attachment_id), None)
        if found is None:
            raise NotFound("这封来信没有这个附件。")
        return found, attachments.path_of(self.database, found)

    def _asking(self, request: LetterRequest, key: str, now: datetime, drill: bool) -> Asking:
        return Asking(self.database.vault, self.ground(), request, key, local(now), drill)
