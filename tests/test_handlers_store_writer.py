"""The one writer: durable batches, savepoints, answers after the commit, errors that stay with their job."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest

from handlers.store.database import Database, connect
from handlers.store.writer import MOST_AT_ONCE, Transaction
from rules.errors import Conflict, Unavailable
from tests.loops import run_apart


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database.open(tmp_path / "hall.db", migrate=True)
    yield database
    database.close()


def _put(key: str, value: str = "x") -> object:
    return lambda tx: tx.execute("INSERT INTO setting VALUES (?, ?)", (key, value)).rowcount


def _keys(database: Database) -> list[str]:
    return [row["key"] for row in database.rows("SELECT key FROM setting ORDER BY key")]


def test_a_job_is_readable_as_soon_as_its_caller_has_the_answer(database: Database) -> None:
    database.write(_put("a"))
    assert _keys(database) == ["a"]


def test_an_error_of_one_job_undoes_that_job_alone(database: Database) -> None:
    started, release = threading.Event(), threading.Event()

    def hold(tx: Transaction) -> None:
        started.set()
        release.wait(5)

    def fail(tx: Transaction) -> None:
        tx.execute("INSERT INTO setting VALUES ('half', 'x')")
        raise Conflict("no")

    first = database.writer.submit(hold)
    started.wait(5)
    # These three wait together and so share one transaction.
    futures = [database.writer.submit(job) for job in (_put("before"), fail, _put("after"))]
    release.set()
    first.result(5)
    assert futures[0].result(5) == 1
    with pytest.raises(Conflict):
        futures[1].result(5)
    assert futures[2].result(5) == 1
    assert _keys(database) == ["after", "before"]


def test_many_threads_and_loops_write_through_one_writer(database: Database) -> None:
    async def many(name: str) -> None:
        await asyncio.gather(*(database.write_async(_put(f"{name}{at:03d}")) for at in range(50)))

    threads = [threading.Thread(target=lambda n=name: asyncio.run(many(n))) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(_keys(database)) == 200


def test_a_database_held_by_another_program_is_told_and_the_writer_recovers(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.store.database.BUSY_SECONDS", 0.05)
    other = connect(database.path)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="占用"):
        database.write(_put("refused"))
    other.execute("ROLLBACK")
    other.close()
    database.write(_put("later"))
    assert _keys(database) == ["later"]


def test_a_full_disk_loses_nothing_that_was_acknowledged(database: Database) -> None:
    database.write(_put("kept"))
    pages = database.value("PRAGMA page_count")

    def fill(tx: Transaction) -> None:
        tx.execute(f"PRAGMA max_page_count = {pages + 2}")
        for at in range(500):
            tx.execute("INSERT INTO setting VALUES (?, ?)", (f"big{at}", "x" * 4000))

    with pytest.raises(Unavailable, match="磁盘已满"):
        database.write(fill)
    database.write(_put("after"))
    assert _keys(database) == ["after", "kept"]


def test_a_closed_writer_refuses_and_does_not_hang(database: Database) -> None:
    database.write(_put("a"))
    database.close()
    with pytest.raises(Unavailable, match="停止"):
        database.write(_put("b"))


def test_reading_connections_cannot_write(database: Database) -> None:
    with pytest.raises(sqlite3.OperationalError):
        database.reader().execute("INSERT INTO setting VALUES ('a', 'b')")


def test_a_commit_is_synchronous_and_in_the_write_ahead_log(database: Database) -> None:
    found = database.write(lambda tx: (tx.value("PRAGMA synchronous"), tx.value("PRAGMA journal_mode")))
    assert found == (2, "wal")


def test_more_jobs_than_fit_one_transaction_are_written_in_several_and_all_are_told_so(
    database: Database,
) -> None:
    # A crowd as large as a transaction that comes while another job waits: the two do not fit into one.
    started, release = threading.Event(), threading.Event()

    def hold(tx: Transaction) -> None:
        started.set()
        release.wait(5)

    async def crowd(first: int) -> list[object]:
        jobs = (_put(f"{number:05}") for number in range(first, first + MOST_AT_ONCE))
        return await asyncio.gather(*(database.writer.run_async(job) for job in jobs))

    async def both() -> list[object]:
        held = asyncio.create_task(database.writer.run_async(hold))
        await asyncio.to_thread(started.wait, 5)
        alone = asyncio.create_task(database.writer.run_async(_put("alone")))
        await asyncio.sleep(0)
        crowds = asyncio.gather(crowd(0), crowd(MOST_AT_ONCE))
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_soon(release.set)
        await held
        return [await alone, *(answer for each in await crowds for answer in each)]

    assert run_apart(both()) == [1] * (2 * MOST_AT_ONCE + 1)
    assert len(_keys(database)) == 2 * MOST_AT_ONCE + 1
    tally = database.writer.tally
    assert tally.failures == 0
    assert tally.jobs == 2 * MOST_AT_ONCE + 2
