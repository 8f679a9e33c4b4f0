"""The one door to what follows a card: orders, accountability, reminders, appeals; pages and commands come here.

All writes block until durable (call them with `run_in_threadpool` from async endpoints); `by` is a person's id.
Errors are `rules.errors`: Invalid (with fields), NotFound (out of reach alike), IllegalMove, Conflict, Forbidden.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from handlers.casework.ground import Ground
from handlers.store.appeals import Appeal
from handlers.store.chases import Chase
from handlers.store.database import Database
from handlers.store.orders import Accountability, Order
from handlers.store.records import Attachment, Card
from handlers.supervising import accounting, appealing, chasing, checking, drafts, listing, ordering, reading
from handlers.supervising.drafts import ReplyDraft
from handlers.supervising.requests import AccountabilityRequest, OrderRequest, Target
from handlers.supervising.views import AppealView, CardFollow, CheckedOrder, LinePage, OrderView
from rules.time import local


class Supervision:
    """Every operation over one database; `ground` is asked anew each time."""

    def __init__(self, database: Database, ground: Callable[[], Ground]) -> None:
        self.database = database
        self.ground = ground

    # Orders

    def issue_order(self, request: OrderRequest, by: str, *, key: str, now: datetime) -> Order:
        """An order by hand, by a supervisor of the department."""
        return self.issue_order_once(request, by, key=key, now=now)[0]

    def issue_order_once(
        self, request: OrderRequest, by: str, *, key: str, now: datetime
    ) -> tuple[Order, bool]:
        """The same, and whether it was issued before under this key."""
        return ordering.issue_by_hand(self.database, self.ground(), request, by, local(now), key)

    def move_order(
        self,
        order_id: int,
        move: str,
        values: Mapping[str, str],
        by: str,
        *,
        now: datetime,
        seen: int | None = None,
    ) -> Order:
        """A move of the order table; files of an explanation or report are taken from the person's draft."""
        return ordering.move_order(self.database, self.ground(), order_id, move, values, by, local(now), seen)

    def record_accountability(
        self,
        order_id: int,
        request: AccountabilityRequest,
        by: str,
        *,
        now: datetime,
        kinds: frozenset[str] | None = None,
    ) -> Accountability:
        """Who was held to account; the county's supervisor only."""
        return accounting.record(self.database, self.ground(), order_id, request, by, local(now), kinds)

    def withdraw_accountability(
        self, order_id: int, entry_id: int, reason: str, by: str, *, now: datetime
    ) -> None:
        """Takes a wrong entry back; it stays readable."""
        accounting.withdraw(self.database, self.ground(), order_id, entry_id, reason, by, local(now))

    def chase(self, subject: str, number: str, words: str, by: str, *, now: datetime) -> Chase:
        """Reminds the holder of a case, a letter (by number) or an order (by id), once a day."""
        return chasing.chase(self.database, self.ground(), subject, number, words, by, local(now))

    # Appeals

    def file_appeal(self, target: Target, text: str, by: str, *, now: datetime) -> Appeal:
        """A department appeals against a card or a score, with the files of the person's draft."""
        return appealing.file_appeal(self.database, self.ground(), target, text, by, local(now))

    def refile_appeal(
        self, appeal_id: int, text: str, by: str, *, now: datetime, seen: int | None = None
    ) -> Appeal:
        """A returned appeal comes back, once."""
        return appealing.refile(self.database, self.ground(), appeal_id, text, by, local(now), seen)

    def decide_appeal(
        self,
        appeal_id: int,
        move: str,
        reasons: str,
        by: str,
        *,
        now: datetime,
        days: str = "",
        seen: int | None = None,
    ) -> Appeal:
        """`revoke`, `return` (with `days`) or `uphold`, by a county supervisor who had no hand in it."""
        return appealing.decide(
            self.database, self.ground(), appeal_id, move, reasons, by, local(now), days=days, seen=seen
        )

    # Drafts

    def draft(self, topic: str, by: str) -> ReplyDraft:
        """What a person has written and uploaded so far."""
        return drafts.read(self.database, topic, by)

    def save_draft(self, topic: str, by: str, text: str, *, now: datetime) -> None:
        """Keeps the text of a draft."""
        drafts.save(self.database, topic, by, text, local(now))

    def remove_file(self, topic: str, by: str, attachment_id: str) -> bool:
        """Takes one of the draft's own files out."""
        return drafts.remove_file(self.database, topic, by, attachment_id)

    # Reading

    def lines(self, by: str, *, now: datetime, tab: str = "", page: int = 1, size: int = 30) -> LinePage:
        """The list “督办与申诉”."""
        return listing.line_page(self.database, self.ground(), by, local(now), tab=tab, page=page, size=size)

    def order(self, order_id: int, by: str, now: datetime) -> OrderView:
        """A whole order."""
        return reading.order_view(self.database, self.ground(), order_id, by, local(now))

    def check(self, number: str, code: str) -> CheckedOrder:
        """What the holder of an order's paper may know of it. Raises NotFound."""
        return checking.check(self.database, number, code)

    def appeal(self, appeal_id: int, by: str, now: datetime) -> AppealView:
        """A whole appeal."""
        return reading.appeal_view(self.database, self.ground(), appeal_id, by, local(now))

    def follow(self, card: Card, by: str, now: datetime) -> CardFollow:
        """What follows a card, and whether this person may appeal against it."""
        return reading.card_follow(self.database, self.ground(), card, by, local(now))

    def reveal(self, order_id: int, by: str, now: datetime, request_id: str) -> None:
        """Notes a look at the unmasked names of an order's accountability."""
        accounting.reveal(self.database, self.ground(), order_id, by, local(now), request_id)

    def file(self, attachment_id: str, by: str, now: datetime, request_id: str) -> tuple[Attachment, Path]:
        """A file of a reply, an appeal or one's own draft; looks at sent ones are logged."""
        return reading.file_of(self.database, self.ground(), attachment_id, by, local(now), request_id)
