"""Deliveries counted and listed for the administrator."""

from __future__ import annotations

from datetime import date, datetime

from handlers.store.deliveries import delivery
from handlers.store.delivery_records import ChannelFigures, DeliveryShown, QueueFigures
from handlers.store.moments import Reads, moment_or_none, stamp

# What the page's filters mean.
_FILTERS = {
    "troubled": "delivery.state IN ('failed', 'given_up')",
    "waiting": "delivery.state IN ('waiting', 'sending')",
    "sent": "delivery.state IN ('sent', 'delivered')",
    "suppressed": "delivery.state = 'suppressed'",
}
FILTERS = tuple(_FILTERS)


def figures(reads: Reads, day: date, now: datetime) -> QueueFigures:
    """The queue now, and each channel's deliveries that were made today by where they stand."""
    rows = reads.rows(
        "SELECT channel, state, count(*) AS n FROM delivery WHERE created >= ? AND created < ? "
        "GROUP BY channel, state ORDER BY channel",
        (f"{day.isoformat()}T00:00:00", f"{day.isoformat()}T99"),
    )
    by_channel: dict[str, dict[str, int]] = {}
    for row in rows:
        by_channel.setdefault(row["channel"], {})[row["state"]] = row["n"]
    queue = reads.row(
        "SELECT count(*) AS n, min(CASE WHEN next_at <= ? THEN next_at END) AS oldest FROM delivery "
        "WHERE next_at IS NOT NULL",
        (stamp(now),),
    )
    assert queue is not None
    return QueueFigures(
        to_split=reads.value("SELECT count(*) FROM outbox WHERE split_at IS NULL"),
        waiting=queue["n"],
        oldest_due=moment_or_none(queue["oldest"]),
        channels=tuple(
            ChannelFigures(
                channel,
                waiting=counts.get("waiting", 0) + counts.get("sending", 0),
                sent=counts.get("sent", 0),
                delivered=counts.get("delivered", 0),
                failed=counts.get("failed", 0),
                given_up=counts.get("given_up", 0),
                suppressed=counts.get("suppressed", 0),
            )
            for channel, counts in by_channel.items()
        ),
    )


def listed(reads: Reads, wanted: str, channel: str, page: int, size: int) -> tuple[DeliveryShown, ...]:
    """A page of deliveries, the newest change first; `wanted` is one of FILTERS or empty for all."""
    where = [_FILTERS[wanted]] if wanted in _FILTERS else []
    where += ["delivery.channel = ?"] if channel else []
    rows = reads.rows(
        "SELECT delivery.*, outbox.template, outbox.subject, outbox.subject_number, outbox.drill "  # noqa: S608
        "FROM delivery JOIN outbox ON outbox.id = delivery.message_id "
        f"WHERE {' AND '.join(where) or '1'} ORDER BY delivery.id DESC LIMIT ? OFFSET ?",
        (*([channel] if channel else []), size, (page - 1) * size),
    )
    return tuple(
        DeliveryShown(
            delivery(row), row["template"], row["subject"], row["subject_number"], bool(row["drill"])
        )
        for row in rows
    )


def how_many(reads: Reads, wanted: str, channel: str, most: int) -> int:
    """How many the filter finds, counted up to `most`."""
    where = [_FILTERS[wanted]] if wanted in _FILTERS else []
    where += ["delivery.channel = ?"] if channel else []
    found: int = reads.value(
        f"SELECT count(*) FROM (SELECT 1 FROM delivery WHERE {' AND '.join(where) or '1'} LIMIT ?)",  # noqa: S608
        (*([channel] if channel else []), most),
    )
    return found
