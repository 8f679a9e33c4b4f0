"""One thread that writes: commits whatever is waiting as one durable transaction and answers after it."""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from handlers.store.failures import named
from handlers.store.sealing import Ledger
from rules.errors import Unavailable

log = logging.getLogger("hall.writer")

T = TypeVar("T")
Values = Sequence[object] | dict[str, object]

# Above this the first caller waits noticeably for the last one's work.
MOST_AT_ONCE = 512

# Upper bounds of the groups that are counted; a group of 3 counts under 4.
GROUP_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


@dataclass(slots=True)
class Tally:
    """What a writer did since it was made; written by its thread alone, read by anyone."""

    jobs: int = 0
    failures: int = 0
    by_size: list[int] = field(default_factory=lambda: [0] * len(GROUP_SIZES))

    def kept(self, size: int) -> None:
        """A group was committed."""
        self.jobs += size
        self.by_size[(size - 1).bit_length()] += 1


class Transaction:
    """What a job writes with. `head` is the chain's newest event, read once and carried from job to job."""

    __slots__ = ("_execute", "_ledger", "connection", "head")

    def __init__(self, connection: sqlite3.Connection, ledger: Ledger | None = None) -> None:
        self.connection = connection
        self._execute = connection.execute
        self._ledger = ledger
        self.head: tuple[int, str] | None = None

    @contextmanager
    def part(self) -> Iterator[None]:
        """A part of the job that is undone alone when it raises; the caller catches what it raised."""
        head, mark = self.head, None if self._ledger is None else self._ledger.mark()
        self.connection.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK TO part")
                self.connection.execute("RELEASE part")
            self.head = head
            if self._ledger is not None and mark is not None:
                self._ledger.back_to(mark)
            raise
        self.connection.execute("RELEASE part")

    def execute(self, sql: str, values: Values = ()) -> sqlite3.Cursor:
        """One statement."""
        return self._execute(sql, cast(Any, values))

    def many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """The same statement for several rows."""
        if rows:
            self.connection.executemany(sql, cast(Any, rows))

    def row(self, sql: str, values: Values = ()) -> sqlite3.Row | None:
        """The first row or None."""
        return cast("sqlite3.Row | None", self._execute(sql, cast(Any, values)).fetchone())

    def rows(self, sql: str, values: Values = ()) -> list[sqlite3.Row]:
        """All rows."""
        return self._execute(sql, cast(Any, values)).fetchall()

    def value(self, sql: str, values: Values = ()) -> Any:
        """The first column of the first row, or None."""
        found = self._execute(sql, cast(Any, values)).fetchone()
        return None if found is None else found[0]


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
        self._queue: queue.SimpleQueue[_Waiting[Any] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False
        self.tally = Tally()

    @property
    def waiting(self) -> int:
        """How many jobs nobody has taken up yet."""
        return self._queue.qsize()

    def run(self, job: Job[T]) -> T:
        """The job's result once it is durable; raises what the job raised, or Unavailable."""
        return self.submit(job).result()

    def submit(self, job: Job[T]) -> Future[T]:
        """Hands a job over without waiting: for a thread with many that may share a transaction."""
        future: Future[T] = Future()
        self._put(_Waiting(job, future, None))
        return future

    async def run_async(self, job: Job[T]) -> T:
        """The same without blocking the event loop."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._put(_Waiting(job, future, loop))
        return await future

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

    def _put(self, waiting: _Waiting[Any]) -> None:
        # Under the lock, so that no job can slip in behind the closing mark and wait for ever.
        with self._lock:
            if self._closed:
                raise Unavailable("服务正在停止，没有写入。请稍后重试。")
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="hall-writer", daemon=True)
                self._thread.start()
            self._queue.put(waiting)

    def _work(self) -> None:
        connection: sqlite3.Connection | None = None
        ledger: Ledger | None = None
        open_ = True
        while open_:
            batch: list[_Waiting[Any]] = []
            waiting = self._queue.get()
            while waiting is not None:
                batch.append(waiting)
                if len(batch) >= MOST_AT_ONCE:
                    break
                try:
                    waiting = self._queue.get_nowait()
                except queue.Empty:
                    break
            open_ = waiting is not None
            try:
                if batch and (connection is None or ledger is None):
                    connection = self._connect()
                    ledger = Ledger(connection)
                if batch and connection is not None and ledger is not None:
                    _commit(connection, ledger, batch)
                    self.tally.kept(len(batch))
            except BaseException as error:
                self.tally.failures += 1
                _fail(batch, error)
                _let_go(connection)
                connection = ledger = None
            _answer(batch)
        _let_go(connection)


def _commit(connection: sqlite3.Connection, ledger: Ledger, batch: Sequence[_Waiting[Any]]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    transaction = Transaction(connection, ledger)
    for waiting in batch:
        head = transaction.head
        connection.execute("SAVEPOINT job")
        try:
            waiting.result = waiting.job(transaction)
            connection.execute("RELEASE job")
            ledger.keep()
        except Exception as error:
            if not connection.in_transaction:
                # SQLite gave up the whole transaction (disk full, I/O error): nobody's job was written.
                raise
            connection.execute("ROLLBACK TO job")
            connection.execute("RELEASE job")
            ledger.drop()
            transaction.head = head
            waiting.result, waiting.error = None, _told(error)
    ledger.seal(transaction.head)
    connection.execute("COMMIT")


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
