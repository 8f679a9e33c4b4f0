"""The door of this room: sending, the desk's messages, the administrator's view, gateways' receipts, test messages."""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from catalog.delivery import CHANNEL_LABELS, DeliverySettings, ReceiptSettings
from catalog.delivery_reading import load_delivery
from catalog.root import Root
from handlers.casework.authority import active_person
from handlers.casework.ground import Ground
from handlers.delivering.channels import Accepted, Outgoing, SendingFault, email_of, harmless, phone_of
from handlers.delivering.dispatching import Dispatcher, Passed
from handlers.delivering.outlets import TRIAL_FOLDER, Outlets
from handlers.delivering.recipients import ROBOT
from handlers.delivering.resting import Resting
from handlers.store import deliveries, delivery_lists, inbox
from handlers.store.database import Database
from handlers.store.delivery_records import DeliveryShown, QueueFigures
from handlers.store.records import Message
from handlers.store.writer import Transaction
from rules.access import Assignment
from rules.errors import Conflict, Forbidden, Invalid, NotFound
from rules.quick_dataclass import dataclass
from rules.time import local_date

MOST_COUNTED = 5000


@dataclass(frozen=True, slots=True)
class Report:
    """One line of a gateway's receipt."""

    provider_id: str
    arrived: bool
    status: str


class Delivering:
    """Everything about sending over one database; settings are read again when county.yml changes."""

    def __init__(
        self,
        database: Database,
        ground: Callable[[], Ground],
        root: Root,
        now: Callable[[], datetime],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.database = database
        self._ground = ground
        self._root = root
        self._now = now
        self._environment = environment
        self._lock = threading.Lock()
        self._read: tuple[tuple[int, int], DeliverySettings] | None = None
        self._dispatcher: Dispatcher | None = None
        self._resting = Resting(now)
        self._stopped = False

    # Sending

    def settings(self) -> DeliverySettings:
        """The county's settings as they stand now. Raises Invalid when county.yml cannot be read."""
        stat = self._root.county.stat()
        signature = (stat.st_mtime_ns, stat.st_size)
        with self._lock:
            if self._read is None or self._read[0] != signature:
                self._read = (signature, load_delivery(self._root))
            return self._read[1]

    def send_due(self) -> Passed:
        """One pass: divides what is new and sends whatever is due. For one thread at a time in a process."""
        return self._current().once()

    def stop(self) -> None:
        """Ends a pass that is under way; what it holds and has not handed over is given back."""
        with self._lock:
            self._stopped = True
            dispatcher = self._dispatcher
        if dispatcher is not None:
            dispatcher.stop()

    def close(self) -> None:
        """Lets the channels' connections go."""
        if self._dispatcher is not None:
            self._dispatcher.outlets.close()

    def _current(self) -> Dispatcher:
        settings = self.settings()
        with self._lock:
            known = self._dispatcher
            if known is None or known.settings is not settings:
                if known is not None:
                    known.outlets.close()
                self._dispatcher = Dispatcher(
                    self.database, self._ground, self._outlets(settings), self._now, resting=self._resting
                )
                if self._stopped:
                    self._dispatcher.stop()
            assert self._dispatcher is not None
            return self._dispatcher

    def _outlets(self, settings: DeliverySettings) -> Outlets:
        folder = self.database.path.parent / TRIAL_FOLDER
        return Outlets(self._root, settings, folder, self._now, self._environment)

    def test(self, channel: str, to: str) -> Accepted:
        """Sends a test message at once. `channel`: sms, email, or the id of a robot. Raises Invalid, SendingFault."""
        settings = self.settings()
        robot = next((each for each in settings.robots if each.id == channel), None)
        if robot is None and channel not in ("sms", "email"):
            known = "、".join(["sms", "email", *(each.id for each in settings.robots)])
            raise Invalid(f"没有叫 {channel} 的渠道；可以用 {known}")
        address = "" if robot else phone_of(to) if channel == "sms" else email_of(to)
        if robot is None and not address:
            raise Invalid("请用 --to 写明收件的" + ("手机号" if channel == "sms" else "邮箱"))
        county = self._ground().county
        signature = f"【{settings.sms.signature or county.short_name}】" if settings.sms else ""
        text = f"{county.hall_name}测试消息，收到说明发送设置正确。"
        outlets = self._outlets(settings)
        try:
            outlet = outlets.get(robot.kind if robot else channel, f"{ROBOT}{robot.id}" if robot else "")
            return outlet.send(
                Outgoing(
                    key=secrets.token_hex(16),
                    to=address,
                    subject=f"[{county.hall_name}] 测试消息",
                    text=signature + text if channel == "sms" else text,
                    values={"item": "测试", "number": "测试", "code": "", "due": "", "link": county.url},
                )
            )
        finally:
            outlets.close()

    # The desk

    def messages(self, person: str) -> tuple[Message, ...]:
        """What the hall has told a person and the units they work in, newest first; `read_at` is this person's."""
        return inbox.newest(self.database, person, self._posts(person))

    def unread(self, person: str, held_today: Sequence[Assignment]) -> int:
        """How many of the newest hundred they have not read."""
        return inbox.unread(self.database, person, [inbox.Post(each.unit, each.role) for each in held_today])

    def mark_read(self, person: str, up_to: int, only: int | None = None) -> int:
        """Marks one message as read, or all up to the newest one that was shown. Returns how many are newly read."""
        now, held = self._now(), self._posts(person)
        return self.database.write(lambda tx: inbox.mark_read(tx, person, held, up_to, only, now))

    def _posts(self, person: str) -> Sequence[inbox.Post]:
        account = active_person(self.database, person)
        today = local_date(self._now())
        return [inbox.Post(each.unit, each.role) for each in account.assignments if each.holds_on(today)]

    # The administrator

    def figures(self) -> QueueFigures:
        """The queue, and today by channel."""
        now = self._now()
        return delivery_lists.figures(self.database, local_date(now), now)

    def listed(
        self, wanted: str, channel: str, page: int, size: int
    ) -> tuple[tuple[DeliveryShown, ...], int]:
        """A page of deliveries and how many there are (counted up to 5,000)."""
        shown = delivery_lists.listed(self.database, wanted, channel, page, size)
        return shown, delivery_lists.how_many(self.database, wanted, channel, MOST_COUNTED)

    def not_ready(self) -> tuple[str, ...]:
        """What keeps channels from sending."""
        return self._outlets(self.settings()).not_ready()

    def resting(self) -> tuple[tuple[str, datetime], ...]:
        """Channels that rest in this process after failures, and until when."""
        found = ((name, self._resting.until(name)) for name in self._resting.names())
        return tuple((name, until) for name, until in found if until is not None)

    def send_again(self, delivery_id: int) -> None:
        """Begins an unsent delivery anew, with a new key. Raises NotFound, Conflict."""
        if deliveries.by_id(self.database, delivery_id) is None:
            raise NotFound("没有这条发送记录。")
        now = self._now()

        def job(tx: Transaction) -> bool:
            return deliveries.again(tx, delivery_id, now)

        if not self.database.write(job):
            raise Conflict("这条消息已经发出，或者正等着发送，不用再发。")

    # Receipts

    def receipts(self) -> ReceiptSettings | None:
        """How the gateway reports, when the county wants its reports."""
        sms = self.settings().sms
        return None if sms is None else sms.receipts

    def check_receipt_secret(self, given: str) -> None:
        """Raises Forbidden for a wrong secret; compared in constant time."""
        wanted = self.receipts()
        assert wanted is not None
        secret = self._outlets(self.settings()).credentials().fill(wanted.secret)
        if not secret or not hmac.compare_digest(secret.encode(), given.encode()):
            raise Forbidden("口令不对。")

    def take_reports(self, reports: Sequence[Report]) -> int:
        """Notes what became of messages the gateway had taken; unknown ones are left out. Returns how many were known."""
        now = self._now()

        def job(tx: Transaction) -> int:
            known = 0
            for each in reports:
                reason = "" if each.arrived else f"网关回执：{harmless(each.status)}"
                found = deliveries.report(tx, "sms", each.provider_id, each.arrived, reason, now)
                known += found is not None
            return known

        return self.database.write(job)


def channel_label(channel: str) -> str:
    """What people call a channel."""
    return CHANNEL_LABELS.get(channel, channel)


__all__ = ["Delivering", "Passed", "Report", "SendingFault", "channel_label"]
