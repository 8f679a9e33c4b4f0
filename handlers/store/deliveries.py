"""Deliveries: messages divided by recipient and channel, claimed with a lease, settled, counted."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from handlers.store.database import marks
from handlers.store.delivery_records import (
    Claim,
    Delivery,
    DeliveryState,
    NewDelivery,
    QueuedMessage,
)
from handlers.store.moments import Reads, moment, moment_or_none, stamp, stamp_or_none
from handlers.store.writer import Transaction

# States in which the gateway has, or may have, counted a message against the number.
_HANDED_OVER = ("sending", "sent", "delivered", "failed", "given_up")


def unsplit(reads: Reads, most: int) -> tuple[QueuedMessage, ...]:
    """The oldest messages that nobody has divided into deliveries yet."""
    rows = reads.rows("SELECT * FROM outbox WHERE split_at IS NULL ORDER BY id LIMIT ?", (most,))
    return tuple(queued(row) for row in rows)


def message(reads: Reads, message_id: int) -> QueuedMessage:
    """A message by its id."""
    row = reads.row("SELECT * FROM outbox WHERE id = ?", (message_id,))
    assert row is not None, message_id
    return queued(row)


def split(tx: Transaction, message_id: int, parts: Sequence[NewDelivery], now: datetime) -> int:
    """Divides a message, once: returns how many deliveries are new. Nobody hears of one fact twice on a channel."""
    taken = tx.execute(
        "UPDATE outbox SET split_at = ? WHERE id = ? AND split_at IS NULL", (stamp(now), message_id)
    ).rowcount
    made = 0
    for each in parts if taken else ():
        waits = each.state is DeliveryState.WAITING
        made += tx.execute(
            "INSERT INTO delivery (message_id, fact, channel, recipient, state, reason, urgent, next_at, key, "
            "created, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (fact, recipient, channel) DO NOTHING",
            (
                each.message_id, each.fact, each.channel, each.recipient, each.state, each.reason,
                int(each.urgent), stamp(now) if waits else None, secrets.token_hex(16), stamp(now), stamp(now),
            ),
        ).rowcount  # fmt: skip
    return made


def due(reads: Reads, now: datetime, most: int, resting: Sequence[str] = ()) -> tuple[Delivery, ...]:
    """What is to be sent now, expired leases included; `resting` are channels or robots to be left alone."""
    names = marks(resting)
    rows = reads.rows(
        "SELECT * FROM delivery WHERE next_at <= ? "  # noqa: S608
        f"AND channel NOT IN ({names}) AND recipient NOT IN ({names}) ORDER BY next_at, id LIMIT ?",
        (stamp(now), *resting, *resting, most),
    )
    return tuple(delivery(row) for row in rows)


def put_off_quiet(
    tx: Transaction, now: datetime, until: datetime, channels: Sequence[str], urgent_passes: bool, reason: str
) -> int:
    """Quiet hours: what is due on these channels waits until their end."""
    return tx.execute(
        "UPDATE delivery SET state = 'waiting', lease = NULL, next_at = ?, reason = ?, at = ? "  # noqa: S608
        f"WHERE next_at <= ? AND channel IN ({marks(channels)}) AND NOT (urgent AND ?)",
        (stamp(until), reason, stamp(now), stamp(now), *channels, int(urgent_passes)),
    ).rowcount


def claim(
    tx: Transaction,
    claims: Sequence[Claim],
    now: datetime,
    lease: timedelta,
    capped_until: datetime,
    reason: str,
) -> tuple[Delivery, ...]:
    """Takes what still is as it was read, each for the length of the lease; numbers at their daily cap wait.

    Of two dispatchers one gets a row: the update asks for the very `next_at` and tries that were read.
    """
    taken: list[Delivery] = []
    day, token = now.date(), secrets.token_hex(8)
    for each in claims:
        row = each.delivery
        if each.daily_cap is not None and _sent_to(tx, each.address_hash, day, row.id) >= each.daily_cap:
            tx.execute(
                "UPDATE delivery SET state = 'waiting', lease = NULL, next_at = ?, reason = ?, at = ?, "
                "address_masked = ? WHERE id = ? AND next_at = ? AND attempts = ?",
                (
                    stamp(capped_until), reason, stamp(now), each.address_masked, row.id,
                    stamp_or_none(row.next_at), row.attempts,
                ),
            )  # fmt: skip
            continue
        found = tx.row(
            "UPDATE delivery SET state = 'sending', lease = ?, next_at = ?, attempts = attempts + 1, at = ?, "
            "address_hash = ?, address_masked = ?, segments = ?, sent_day = ? "
            "WHERE id = ? AND next_at = ? AND attempts = ? AND lease IS ? RETURNING *",
            (
                token, stamp(now + lease), stamp(now), each.address_hash, each.address_masked, each.segments,
                day.isoformat(), row.id, stamp_or_none(row.next_at), row.attempts, row.lease,
            ),
        )  # fmt: skip
        if found is not None:
            taken.append(delivery(found))
    return tuple(taken)


def _sent_to(tx: Transaction, address_hash: bytes | None, day: date, but: int) -> int:
    count: int = tx.value(
        "SELECT count(*) FROM delivery WHERE address_hash = ? AND sent_day = ? AND id <> ? "  # noqa: S608
        f"AND state IN ({marks(_HANDED_OVER)})",
        (address_hash, day.isoformat(), but, *_HANDED_OVER),
    )
    return count


def settle(
    tx: Transaction,
    held: Delivery,
    state: DeliveryState,
    now: datetime,
    *,
    reason: str = "",
    provider_id: str = "",
    next_at: datetime | None = None,
    tried: bool = True,
) -> bool:
    """What became of a claimed delivery. False when the lease had run out and another dispatcher has it.

    `tried` False gives the try back: nothing was handed over.
    """
    sent = stamp(now) if state is DeliveryState.SENT else None
    return (
        tx.execute(
            "UPDATE delivery SET state = ?, reason = ?, provider_id = ?, next_at = ?, lease = NULL, at = ?, "
            "sent_at = coalesce(?, sent_at), attempts = attempts - ? WHERE id = ? AND lease = ?",
            (
                state, reason, provider_id, stamp_or_none(next_at), stamp(now), sent, int(not tried), held.id,
                held.lease,
            ),
        ).rowcount
        == 1
    )  # fmt: skip


def drop(tx: Transaction, row: Delivery, state: DeliveryState, now: datetime, reason: str) -> bool:
    """Ends a due delivery without a try: nothing to send it to, or too late."""
    return (
        tx.execute(
            "UPDATE delivery SET state = ?, reason = ?, next_at = NULL, lease = NULL, at = ? "
            "WHERE id = ? AND next_at = ? AND attempts = ?",
            (state, reason, stamp(now), row.id, stamp_or_none(row.next_at), row.attempts),
        ).rowcount
        == 1
    )


def again(tx: Transaction, delivery_id: int, now: datetime) -> bool:
    """Begins an unsent delivery anew, as of today and with a new key. False when it is not an unsent one."""
    return (
        tx.execute(
            "UPDATE delivery SET state = 'waiting', reason = '', attempts = 0, next_at = ?, lease = NULL, key = ?, "
            "provider_id = '', created = ?, at = ? WHERE id = ? AND state IN ('failed', 'given_up', 'suppressed')",
            (stamp(now), secrets.token_hex(16), stamp(now), stamp(now), delivery_id),
        ).rowcount
        == 1
    )


def report(
    tx: Transaction, channel: str, provider_id: str, arrived: bool, reason: str, now: datetime
) -> int | None:
    """The gateway's word on a message it took: the delivery's id, None when it knows none that waits for one."""
    state = DeliveryState.DELIVERED if arrived else DeliveryState.GIVEN_UP
    row = tx.row(
        "UPDATE delivery SET state = ?, reason = ?, at = ? WHERE channel = ? AND provider_id = ? "
        "AND provider_id <> '' AND (state = 'sent' OR state = 'given_up' AND ?) RETURNING id",
        (state, reason, stamp(now), channel, provider_id, int(arrived)),
    )
    return None if row is None else int(row["id"])


def by_id(reads: Reads, delivery_id: int) -> Delivery | None:
    """A delivery by its id."""
    row = reads.row("SELECT * FROM delivery WHERE id = ?", (delivery_id,))
    return None if row is None else delivery(row)


def of_message(reads: Reads, message_id: int) -> tuple[Delivery, ...]:
    """The deliveries of a message."""
    return tuple(
        delivery(row)
        for row in reads.rows("SELECT * FROM delivery WHERE message_id = ? ORDER BY id", (message_id,))
    )


def queued(row: sqlite3.Row) -> QueuedMessage:
    """A row of the outbox."""
    return QueuedMessage(
        id=row["id"],
        at=moment(row["at"]),
        template=row["template"],
        recipient_kind=row["recipient_kind"],
        recipient=row["recipient"],
        subject=row["subject"],
        subject_id=row["subject_id"],
        subject_number=row["subject_number"],
        body=row["body"],
        drill=bool(row["drill"]),
        sealed=row["sealed"],
        channels=tuple(row["channels"].split()),
        roles=tuple(row["roles"].split()),
        fact=row["fact"],
        urgent=bool(row["urgent"]),
    )


def delivery(row: sqlite3.Row) -> Delivery:
    """A row of `delivery`."""
    return Delivery(
        id=row["id"],
        message_id=row["message_id"],
        channel=row["channel"],
        recipient=row["recipient"],
        state=DeliveryState(row["state"]),
        reason=row["reason"],
        urgent=bool(row["urgent"]),
        attempts=row["attempts"],
        next_at=moment_or_none(row["next_at"]),
        lease=row["lease"],
        key=row["key"],
        provider_id=row["provider_id"],
        address_masked=row["address_masked"],
        segments=row["segments"],
        created=moment(row["created"]),
        at=moment(row["at"]),
        sent_at=moment_or_none(row["sent_at"]),
    )
