"""The demo's deliveries: staff who can be reached, messages sent, one refused, one that failed, one waiting for morning."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from catalog.delivery import DeliverySettings
from handlers.casework.ground import Ground
from handlers.delivering import alarms, timing
from handlers.delivering.channels import masked
from handlers.delivering.dispatching import QUIET
from handlers.delivering.recipients import deliveries_of
from handlers.store import deliveries, inbox, outbox, posts
from handlers.store.database import Database
from handlers.store.delivery_records import Claim, Delivery, DeliveryState
from handlers.store.people import known
from handlers.store.writer import Transaction
from rules.time import local_date

_LEASE = timedelta(minutes=5)
# Eleven digits that no operator gives out, and a domain that cannot exist.
_PHONE, _MAIL = "1000000{:04d}", "{}@qinghe.example"
_SMS, _EMAIL = "sms", "email"


def plant(database: Database, ground: Ground, people: Mapping[str, str], now: datetime) -> None:
    """Phones and addresses for the demo's staff, and one delivery in every state an administrator should know."""
    quiet = DeliverySettings().quiet
    morning = timing.quiet_until(quiet, now) or timing.tomorrow(quiet, now)

    def job(tx: Transaction) -> None:
        for at, (login, person) in enumerate(sorted(people.items()), 1):
            posts.set_reachable(tx, person, _PHONE.format(at), _MAIL.format(login))
            _read(tx, person, now)
        told = [each for login, each in people.items() if login.endswith("-decider")][:3]
        if len(told) < 3:
            return
        refused, failed, waiting = (
            _queued(tx, ground, person, channel, now)
            for person, channel in zip(told, (_EMAIL, _EMAIL, _SMS), strict=True)
        )
        for row, state, reason, later in (
            (refused, DeliveryState.GIVEN_UP, "邮件服务器不收（550 5.1.1 no such user）", None),
            (
                failed,
                DeliveryState.FAILED,
                "邮件服务器不收（451 try again later）",
                now + timedelta(minutes=40),
            ),
        ):
            to = posts.reachable(tx, row.recipient)
            (held,) = deliveries.claim(
                tx, [Claim(row, None, masked(to.email if to else ""), 0, None)], now, _LEASE, now, ""
            )
            deliveries.settle(tx, held, state, now, reason=reason, next_at=later)
        alarms.given_up(tx, _EMAIL, "邮件服务器不收（550 5.1.1 no such user）", now)
        deliveries.put_off_quiet(tx, now, morning, (waiting.channel,), False, QUIET)

    database.write(job)


def _read(tx: Transaction, person: str, now: datetime) -> None:
    """What is older than yesterday has been read."""
    account = known(tx, person)
    held = [
        inbox.Post(each.unit, each.role) for each in account.assignments if each.holds_on(local_date(now))
    ]
    older = [each.id for each in inbox.newest(tx, person, held) if each.at < now - timedelta(days=1)]
    if older:
        inbox.mark_read(tx, person, held, max(older), None, now)


def _queued(tx: Transaction, ground: Ground, person: str, channel: str, now: datetime) -> Delivery:
    """A message to a decider, divided: its one delivery."""
    settings = DeliverySettings.model_validate({"mode": "trial"})
    body = "本周有3件即将到期的办件，请安排办理。"
    outbox.add(
        tx,
        [
            outbox.NewMessage(
                now,
                "case.due_soon",
                "person",
                person,
                "case_list",
                0,
                "",
                body,
                channels=(outbox.IN_APP, channel),
            )
        ],
    )
    message = deliveries.unsplit(tx, 1_000_000)[-1]
    deliveries.split(tx, message.id, deliveries_of(tx, ground, settings, message, local_date(now)), now)
    (row,) = deliveries.of_message(tx, message.id)
    return row
