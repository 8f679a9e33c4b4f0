"""One pass of sending: messages divided, what is due claimed, sent in a few threads, settled."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta

from catalog.delivery import DeliverySettings
from handlers.casework.ground import Ground
from handlers.delivering import alarms, timing
from handlers.delivering.channels import Channel, Outgoing, SendingFault
from handlers.delivering.outlets import Outlets, rest_name
from handlers.delivering.preparing import Dropped, Prepared, Preparing
from handlers.delivering.recipients import deliveries_of
from handlers.delivering.resting import Resting
from handlers.store import deliveries
from handlers.store.database import Database
from handlers.store.delivery_records import Claim, Delivery, DeliveryState, NewDelivery
from handlers.store.writer import Transaction
from rules.errors import Unavailable
from rules.quick_dataclass import dataclass

log = logging.getLogger("hall.delivery")

SPLIT_AT_ONCE = 200
QUIET = "免打扰时间，之后再发"
CAPPED = "这个号码今天已达上限，明天再发"
# A batch gets done within its lease even when every message waits for its time-out.
_ROUNDS = 8
_LEASE_MARGIN = 120.0
_NOT_READY_REST = 300.0


@dataclass(frozen=True, slots=True)
class Passed:
    """What one pass did."""

    split: int = 0
    sent: int = 0
    failed: int = 0
    given_up: int = 0
    put_off: int = 0
    suppressed: int = 0

    def __add__(self, other: Passed) -> Passed:
        return Passed(*(getattr(self, each) + getattr(other, each) for each in Passed.__slots__))

    @property
    def did_something(self) -> bool:
        return self != Passed()


class Dispatcher:
    """Sends over one set of outlets; several may run at once, in this process or others."""

    def __init__(
        self,
        database: Database,
        ground: Callable[[], Ground],
        outlets: Outlets,
        now: Callable[[], datetime],
        chance: Callable[[], float] = random.random,
        resting: Resting | None = None,
    ) -> None:
        self.database = database
        self.outlets = outlets
        self.resting = resting or Resting(now)
        self._ground = ground
        self._now = now
        self._chance = chance
        self._stopping = threading.Event()

    @property
    def settings(self) -> DeliverySettings:
        return self.outlets.settings

    def stop(self) -> None:
        """Ends a pass after what is being handed over; the rest is given back."""
        self._stopping.set()

    def once(self) -> Passed:
        """Divides and sends whatever is due; returns when nothing is."""
        done = Passed(split=self._split())
        if self.settings.mode == "off":
            return done
        with ThreadPoolExecutor(self.settings.workers, "hall-delivery") as pool:
            while not self._stopping.is_set():
                now, rested = self._now(), self.resting.names()
                batch = deliveries.due(self.database, now, self.settings.workers * _ROUNDS, rested)
                step = self._batch(pool, batch, now) if batch else Passed()
                done += step
                # Nothing moved although something was due: another dispatcher is at it.
                if not step.did_something and self.resting.names() == rested:
                    break
        return done

    def _split(self) -> int:
        """Divides the messages that nobody has divided; those too old to matter are divided into nothing."""
        count = 0
        ground = None
        while not self._stopping.is_set():
            waiting = deliveries.unsplit(self.database, SPLIT_AT_ONCE)
            if not waiting:
                return count
            ground = ground or self._ground()
            now = self._now()
            oldest = now - timedelta(hours=self.settings.retry.expire_hours)
            parts: list[tuple[int, tuple[NewDelivery, ...]]] = []
            for each in waiting:
                found: tuple[NewDelivery, ...] = ()
                if each.at > oldest:
                    try:
                        found = deliveries_of(self.database, ground, self.settings, each, now.date())
                    except Exception:
                        log.exception("message %d could not be divided; it is read on the desk only", each.id)
                parts.append((each.id, found))

            def job(
                tx: Transaction, parts: Sequence[tuple[int, tuple[NewDelivery, ...]]], at: datetime
            ) -> int:
                return sum(deliveries.split(tx, message, found, at) for message, found in parts)

            count += self.database.write(lambda tx, parts=parts, now=now: job(tx, parts, now))  # type: ignore[misc]
        return count

    def _batch(self, pool: ThreadPoolExecutor, batch: Sequence[Delivery], now: datetime) -> Passed:
        until = timing.quiet_until(self.settings.quiet, now)
        if until is not None and any(self._is_quiet(each) for each in batch):
            return Passed(put_off=self._put_off(now, until))
        preparing = Preparing(self.database, self._ground(), self.settings, now)
        ready: list[Prepared] = []
        dropped: list[tuple[Delivery, Dropped]] = []
        for row in batch:
            try:
                outcome = preparing.prepare(row)
            except Exception as error:
                log.error("delivery %d cannot be made ready: %s", row.id, type(error).__name__)
                outcome = Dropped(DeliveryState.GIVEN_UP, "消息读不出来，请查看程序日志")
            if isinstance(outcome, Dropped):
                dropped.append((row, outcome))
            elif self._outlet(row) is not None:
                ready.append(outcome)
        step = self._drop(dropped, now) if dropped else Passed()
        if ready:
            step += self._claimed(pool, ready, now)
        return step

    def _is_quiet(self, row: Delivery) -> bool:
        quiet = self.settings.quiet
        return row.channel in quiet.channels and not (row.urgent and quiet.urgent_passes)

    def _put_off(self, now: datetime, until: datetime) -> int:
        quiet = self.settings.quiet
        return self.database.write(
            lambda tx: deliveries.put_off_quiet(tx, now, until, quiet.channels, quiet.urgent_passes, QUIET)
        )

    def _outlet(self, row: Delivery) -> Channel | None:
        """The channel, unless it cannot be made or has had its number this minute; then it rests."""
        name = rest_name(row.channel, row.recipient)
        if self.resting.until(name) is not None:
            return None
        try:
            channel = self.outlets.get(row.channel, row.recipient)
        except Unavailable as error:
            log.error("channel %s is not ready: %s", name, error.detail)
            self.resting.failed(name, _NOT_READY_REST)
            self._alarm(row.channel, error.detail)
            return None
        return channel if self.resting.may_send(name, channel.per_minute) else None

    def _drop(self, dropped: Sequence[tuple[Delivery, Dropped]], now: datetime) -> Passed:
        def job(tx: Transaction) -> Passed:
            done = Passed()
            for row, outcome in dropped:
                if not deliveries.drop(tx, row, outcome.state, now, outcome.reason):
                    continue
                if outcome.state is DeliveryState.GIVEN_UP:
                    alarms.given_up(tx, row.channel, outcome.reason, now)
                    done += Passed(given_up=1)
                else:
                    done += Passed(suppressed=1)
            return done

        return self.database.write(job)

    def _claimed(self, pool: ThreadPoolExecutor, ready: Sequence[Prepared], now: datetime) -> Passed:
        sms, quiet = self.settings.sms, self.settings.quiet
        cap = sms.daily_cap if sms is not None else None
        claims = [
            Claim(
                delivery=each.delivery,
                address_hash=self._hashed(each.words) if each.delivery.channel == "sms" else None,
                address_masked=each.masked,
                segments=each.segments,
                daily_cap=cap if each.delivery.channel == "sms" else None,
            )
            for each in ready
        ]
        lease = timedelta(seconds=_LEASE_MARGIN + _ROUNDS * 2 * self._longest_wait())
        later = timing.tomorrow(quiet, now)
        held = self.database.write(lambda tx: deliveries.claim(tx, claims, now, lease, later, CAPPED))
        words = {each.delivery.id: each.words for each in ready}
        sending = [pool.submit(self._send, each, words[each.id], now + lease) for each in held]
        done = Passed()
        for each in sending:
            settled = each.result()
            done += settled.result()
        # What was capped has moved as well, though nothing was handed over.
        return done if held else Passed(put_off=self._capped(ready))

    def _capped(self, ready: Sequence[Prepared]) -> int:
        rows = (deliveries.by_id(self.database, each.delivery.id) for each in ready)
        return sum(row is not None and row.reason == CAPPED for row in rows)

    def _hashed(self, words: Outgoing) -> bytes:
        return self.database.vault.digest("phone", words.to)

    def _longest_wait(self) -> float:
        settings = self.settings
        waits = [each.timeout_seconds for each in (settings.email, settings.sms) if each is not None]
        return max([*waits, *(each.timeout_seconds for each in settings.robots), 1.0])

    def _send(self, held: Delivery, words: Outgoing, lease_end: datetime) -> Future[Passed]:
        """Hands one message over and has the writer note what became of it."""
        name = rest_name(held.channel, held.recipient)
        rest = self.resting.until(name)
        now = self._now()
        if self._stopping.is_set() or rest is not None or now >= lease_end:
            return self._settled(
                held, DeliveryState.WAITING, Passed(put_off=1), next_at=rest or now, tried=False
            )
        try:
            accepted = self.outlets.get(held.channel, held.recipient).send(words)
        except SendingFault as fault:
            return self._failed(held, fault)
        except Exception as error:
            # A fault of ours must not keep the others from being sent; its words may hold what was to be sent.
            log.error("delivery %d: %s while sending", held.id, type(error).__name__)
            return self._failed(held, SendingFault(f"程序出错：{type(error).__name__}", again=True))
        self.resting.worked(name)
        log.info("delivery %d sent over %s at try %d", held.id, held.channel, held.attempts)
        return self._settled(held, DeliveryState.SENT, Passed(sent=1), provider_id=accepted.provider_id)

    def _failed(self, held: Delivery, fault: SendingFault) -> Future[Passed]:
        retry, now = self.settings.retry, self._now()
        log.warning("delivery %d over %s, try %d: %s", held.id, held.channel, held.attempts, fault.reason)
        if fault.whole_channel:
            self.resting.failed(rest_name(held.channel, held.recipient), fault.retry_after)
        most = min(retry.attempts, timing.MOST_UNCLEAR) if fault.unclear else retry.attempts
        if not fault.again or held.attempts >= most:
            return self._settled(held, DeliveryState.GIVEN_UP, Passed(given_up=1), reason=fault.reason)
        later = timing.next_try(retry, held.attempts, now, self._chance, fault.retry_after)
        return self._settled(held, DeliveryState.FAILED, Passed(failed=1), reason=fault.reason, next_at=later)

    def _settled(
        self,
        held: Delivery,
        state: DeliveryState,
        counts: Passed,
        *,
        reason: str = "",
        provider_id: str = "",
        next_at: datetime | None = None,
        tried: bool = True,
    ) -> Future[Passed]:
        now = self._now()

        def job(tx: Transaction) -> Passed:
            kept = deliveries.settle(
                tx, held, state, now, reason=reason, provider_id=provider_id, next_at=next_at, tried=tried
            )
            if not kept:
                log.warning("delivery %d: the lease had run out, another dispatcher has it", held.id)
                return Passed()
            if state is DeliveryState.GIVEN_UP:
                alarms.given_up(tx, held.channel, reason, now)
            return counts

        return self.database.writer.submit(job)

    def _alarm(self, channel: str, reason: str) -> None:
        now = self._now()
        self.database.write(lambda tx: alarms.not_ready(tx, channel, reason, now))
