"""Makes a due delivery ready: its words and the address of this moment, or the reason why it is not sent."""

from __future__ import annotations

from datetime import datetime, timedelta

from catalog.delivery import DeliverySettings
from handlers.casework.ground import Ground
from handlers.delivering.channels import Outgoing, masked
from handlers.delivering.recipients import ROBOT, address
from handlers.delivering.wording import About, compose, segments
from handlers.store import cases, deliveries, letters
from handlers.store.database import Database
from handlers.store.delivery_records import Delivery, DeliveryState, QueuedMessage
from rules.quick_dataclass import dataclass

ERASED = "内容已按规定删除"
_HIDDEN_CODE = "********"


@dataclass(frozen=True, slots=True)
class Prepared:
    """Ready to be claimed and sent."""

    delivery: Delivery
    words: Outgoing
    masked: str
    segments: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """Not to be sent."""

    state: DeliveryState
    reason: str


class Preparing:
    """Reads for the deliveries of one batch."""

    def __init__(self, database: Database, ground: Ground, settings: DeliverySettings, now: datetime) -> None:
        self._database = database
        self._ground = ground
        self._settings = settings
        self._now = now

    def prepare(self, row: Delivery) -> Prepared | Dropped:
        """Words and address of a delivery."""
        retry = self._settings.retry
        if row.created + timedelta(hours=retry.expire_hours) <= self._now:
            return Dropped(DeliveryState.GIVEN_UP, f"{retry.expire_hours}小时没有送出，不再送")
        if row.attempts >= retry.attempts:
            return Dropped(DeliveryState.GIVEN_UP, f"试了{row.attempts}次都没有结果，不再送")
        message = deliveries.message(self._database, row.message_id)
        if not message.body:
            return Dropped(DeliveryState.SUPPRESSED, ERASED)
        where = address(self._database, message, row.channel, row.recipient)
        if where.fault:
            return Dropped(DeliveryState.SUPPRESSED, where.fault)
        words = compose(
            self._ground.county,
            self._settings.sms,
            message,
            row.channel,
            where.to,
            row.key,
            self._about(message),
        )
        return Prepared(
            delivery=row,
            words=words,
            masked=self._robot_name(row.recipient) or masked(where.to),
            segments=segments(words.text) if row.channel == "sms" else 0,
        )

    def _about(self, message: QueuedMessage) -> About:
        code = ""
        if message.sealed is not None:
            trial = self._settings.mode == "trial"
            context = f"outbox/{message.subject_number}"
            # What a trial writes lies on the disk in clear.
            code = _HIDDEN_CODE if trial else self._database.vault.unseal(message.sealed, context)
        if message.subject == "case":
            case = cases.by_id(self._database, message.subject_id)
            return About(code=code) if case is None else About(case.item_name, case.due, code)
        if message.subject == "letter":
            letter = letters.by_id(self._database, message.subject_id)
            return About(code=code) if letter is None else About("", letter.due, code, letter.title)
        return About(code=code)

    def _robot_name(self, recipient: str) -> str:
        robots = {f"{ROBOT}{each.id}": each.name for each in self._settings.robots}
        return robots.get(recipient, "")
