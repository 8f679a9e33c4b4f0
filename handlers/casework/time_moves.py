"""Notices a system clock that was set back: cards stay as they are, and somebody is told."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from handlers.casework.ground import Ground
from handlers.store import events, outbox, settings
from handlers.store.database import Database
from handlers.store.moments import moment, stamp
from handlers.store.writer import Transaction
from presentation.dates import datetime_cn

log = logging.getLogger("hall.sweep")

_LAST = "last_sweep"
# Two processes may sweep at once, each with a moment taken a little before: that is no clock set back.
_TOLERATED = timedelta(minutes=2)
# Often enough to find what matters, seldom enough that an idle hall writes next to nothing.
_KEPT_EVERY = timedelta(minutes=1)


def note(database: Database, ground: Ground, now: datetime) -> str:
    """Keeps the latest moment swept at; says so, once for each time, when `now` lies before it."""
    text = settings.get(database, _LAST)
    last = None if text is None else moment(text)
    if last is not None and now < last - _TOLERATED:
        words = f"系统时间倒退：上次巡查在{datetime_cn(last)}，这次是{datetime_cn(now)}。已发的牌不变，请校准时间。"
        log.error("time went back from %s to %s", last.isoformat(), now.isoformat())
        database.write(lambda tx: _tell(tx, ground, last, now, words))
        return words
    if last is None or now > last + _KEPT_EVERY:
        database.write(lambda tx: settings.put(tx, _LAST, stamp(now)))
    return ""


def _tell(tx: Transaction, ground: Ground, last: datetime, now: datetime, words: str) -> None:
    key = f"{_LAST}_told"
    if settings.get(tx, key) == stamp(last):
        return  # told when it was found; the same mistake is not told at every pass
    settings.put(tx, key, stamp(last))
    top = ground.units.top or "county"
    events.append(
        tx,
        events.NewEvent(
            at=now, kind="time.backwards", subject="hall", subject_id=0, subject_number="", actor="system",
            role="system", unit=top, from_state="", to_state="", drill=False,
            payload={"last": last.isoformat(), "now": now.isoformat(), "words": ""},
        ),
    )  # fmt: skip
    outbox.add(
        tx,
        [
            outbox.NewMessage(
                now, "time.backwards", "unit", top, "hall", 0, "", words, fact=f"backwards:{stamp(last)}"
            )
        ],
    )
