"""One thread that writes: commits whatever is waiting as one durable transaction and answers after it."""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Generic, TypeVar, cast

from handlers.store.failures import named
from handlers.store.gathering import Gathering
from handlers.store.sealing import Ledger
from handlers.store.transaction import Transaction as Transaction
from handlers.store.transaction import Values as Values
from rules.errors import HallError, Unavailable

log = logging.getLogger("hall.writer")

T = TypeVar("T")

# Above this the first caller waits noticeably for the last one's work.
MOST_AT_ONCE = 512

# Upper bounds of the groups that are counted; a group of 3 counts under 4.
GROUP_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, MOST_AT_ONCE)


@dataclass(slots=True)
class Tally:
    """What a writer did since it was made; written by its thread alone, read by anyone."""

    jobs: int = 0
    failures: int = 0
    by_size: list[int] = field(default_factory=lambda: [0] * len(GROUP_SIZES))

    def kept(self, size: int) -> None:
        """A group was committed; its size is at most MOST_AT_ONCE."""
        if size:
            self.jobs += size
            self.by_size[(size - 1).bit_length()] += 1


Job = Callable[[Transaction], T]


class _Waiting(Generic[T]):
    """A job and where its answer goes: to a waiting thread, or to a future of an event loop."""

    __slots__ = ("error", "future", "job", "loop", "result")

    def __init__(
        self, job: Job[T], future: Future[T] | asyncio.Future[T], loop: asyncio.AbstractEventLoop | None
    ) -> None:
        self.job = job
        self.future = future
        self.loop = loop
        self.result: T | None = None
        self.error: BaseException | None = None

    def settle(self) -> None:
        if self.future.done():  # the caller went away; the write stands all the same
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(cast(T, self.result))


class Writer:
    """Takes jobs from any thread or event loop; each runs in its own savepoint of a shared transaction."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._queue: queue.SimpleQueue[list[_Waiting[Any]] | None] = queue.SimpleQueue()
        self._crowds: dict[asyncio.AbstractEventLoop, list[_Waiting[Any]]] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._put_in = self._taken_up = 0
        self.tally = Tally()

    @property
    def waiting(self) -> int:
        """How many jobs nobody has taken up yet."""
        return self._put_in - self._taken_up

    def run(self, job: Job[T]) -> T:
        """The job's result once it is durable; raises what the job raised, or Unavailable."""
        return self.submit(job).result()

    def submit(self, job: Job[T]) -> Future[T]:
        """Hands a job over without waiting: for a thread with many that may share a transaction."""
        future: Future[T] = Future()
        self._put([_Waiting(job, future, None)])
        return future

    async def run_async(self, job: Job[T]) -> T:
        """The same without blocking the event loop.

        What one turn of the loop brings is handed over at its end: the writer, woken by the first, would make a
        transaction for it alone, and the two threads would fight over the interpreter for the others.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        waiting = _Waiting(job, future, loop)
        crowd = self._crowds.get(loop)
        if crowd is None:
            self._crowds[loop] = [waiting]
            loop.call_soon(self._hand_over, loop)
        else:
            crowd.append(waiting)
        return await future

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        crowd = self._crowds.pop(loop)
        try:
            self._put(crowd)
        except Unavailable as error:
            for waiting in crowd:
                waiting.error = error
            _settle(crowd)

    def close(self) -> None:
        """Finishes what is waiting, then stops; later jobs are refused."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            thread = self._thread
            self._queue.put(None)
        if thread is not None:
            thread.join()

    def _put(self, waiting: list[_Waiting[Any]]) -> None:
        # Under the lock, so that no job can slip in behind the closing mark and wait for ever.
        with self._lock:
            if self._closed:
                raise Unavailable("服务正在停止，没有写入。请稍后重试。")
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="hall-writer", daemon=True)
                self._thread.start()
            self._put_in += len(waiting)
            self._queue.put(waiting)

    def _work(self) -> None:
        connection: sqlite3.Connection | None = None
        ledger: Ledger | None = None
        open_ = True
        batch: list[_Waiting[Any]] = []
        while open_ or batch:
            while open_ and len(batch) < MOST_AT_ONCE:
                try:
                    waiting = self._queue.get(block=not batch)
                except queue.Empty:
                    break
                open_ = waiting is not None
                batch += waiting or ()
            batch, over = batch[:MOST_AT_ONCE], batch[MOST_AT_ONCE:]
            self._taken_up += len(batch)
            try:
                if batch and (connection is None or ledger is None):
                    connection = self._connect()
                    ledger = Ledger(connection)
                if batch and connection is not None and ledger is not None:
                    _commit(connection, ledger, batch)
            except BaseException as error:
                self.tally.failures += 1
                _fail(batch, error)
                _let_go(connection)
                connection = ledger = None
            else:
                self.tally.kept(len(batch))
            _answer(batch)
            batch = over
        _let_go(connection)


def _commit(connection: sqlite3.Connection, ledger: Ledger, batch: Sequence[_Waiting[Any]]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    transaction = Transaction(connection)
    runs = [(alike and len(jobs) > 1, jobs) for alike, jobs in _runs(batch)]
    for together, jobs in runs:
        whole = len(runs) == 1 and (together or len(jobs) == 1)
        mark = _Whole(connection) if whole else _Savepoint(connection)
        if not (together and _together(transaction, jobs, mark)):
            _singly(transaction, jobs, mark)
    ledger.seal(transaction.head)
    connection.execute("COMMIT")


def _runs(batch: Sequence[_Waiting[Any]]) -> list[tuple[bool, list[_Waiting[Any]]]]:
    """The jobs in their order, those that may be written together side by side."""
    return [
        (alike, list(run)) for alike, run in groupby(batch, lambda each: getattr(each.job, "together", False))
    ]


class _Savepoint:
    """What is undone alone when it fails."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def begin(self) -> None:
        self._connection.execute("SAVEPOINT job")

    def keep(self) -> None:
        self._connection.execute("RELEASE job")

    def undo(self) -> None:
        self._connection.execute("ROLLBACK TO job")
        self._connection.execute("RELEASE job")


class _Whole(_Savepoint):
    """A transaction that holds nothing else, undone as a whole. In a savepoint every statement walks through all pages
    that the savepoint has changed so far: a portion of a recomputation took three times as long.
    """

    def begin(self) -> None:
        pass

    def keep(self) -> None:
        pass

    def undo(self) -> None:
        self._connection.execute("ROLLBACK")
        self._connection.execute("BEGIN IMMEDIATE")


def _together(transaction: Transaction, jobs: Sequence[_Waiting[Any]], mark: _Savepoint) -> bool:
    """Runs jobs that write rows `later` and refuse before they write; False when they must be run one by one."""
    connection, gathering = transaction.connection, Gathering(transaction.connection, transaction.head)
    mark.begin()
    try:
        for waiting in jobs:
            gathering.begin()
            try:
                waiting.result = waiting.job(gathering)
            except HallError as error:
                gathering.undo()
                waiting.error = error
            else:
                gathering.keep()
        gathering.write()
    except Exception as error:
        if not connection.in_transaction:
            raise
        log.info("%d writes are made one by one: %s", len(jobs), error)
        mark.undo()
        for waiting in jobs:
            waiting.result = waiting.error = None
        return False
    mark.keep()
    transaction.head = gathering.head
    return True


def _singly(transaction: Transaction, jobs: Sequence[_Waiting[Any]], mark: _Savepoint) -> None:
    """Runs each job so that its refusal touches no other."""
    connection = transaction.connection
    if len(jobs) > 1:
        mark = _Savepoint(connection)
    for waiting in jobs:
        head = transaction.head
        mark.begin()
        try:
            waiting.result = waiting.job(transaction)
            mark.keep()
        except Exception as error:
            if not connection.in_transaction:
                # SQLite gave up the whole transaction (disk full, I/O error): nobody's job was written.
                raise
            mark.undo()
            transaction.head = head
            waiting.result, waiting.error = None, _told(error)


def _told(error: BaseException) -> BaseException:
    if isinstance(error, sqlite3.Error):
        known = named(error)
        if known is not None:
            log.error("write refused: %s", error)
            return known
    return error


def _fail(batch: Sequence[_Waiting[Any]], error: BaseException) -> None:
    log.error("nothing of %d writes was kept: %s", len(batch), error)
    told = _told(error)
    for waiting in batch:
        waiting.result = None
        # A refusal of the job itself stays what it was; everyone else hears why nothing was written.
        waiting.error = waiting.error or told


def _let_go(connection: sqlite3.Connection | None) -> None:
    """A connection whose state is unknown is not used again."""
    if connection is not None:
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            connection.close()
        except sqlite3.Error as error:
            log.error("closing after a failed write: %s", error)


def _answer(batch: Sequence[_Waiting[Any]]) -> None:
    """One wake-up per event loop, however many answers it gets."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Waiting[Any]]] = {}
    for waiting in batch:
        if waiting.loop is None:
            waiting.settle()
        else:
            by_loop.setdefault(waiting.loop, []).append(waiting)
    for loop, answers in by_loop.items():
        try:
            loop.call_soon_threadsafe(_settle, answers)
        except RuntimeError:  # the loop has ended; what was written stays written
            log.warning("%d answers had nobody to go to", len(answers))


def _settle(answers: Sequence[_Waiting[Any]]) -> None:
    for waiting in answers:
        waiting.settle()
