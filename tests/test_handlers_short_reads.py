"""Tracking reads on the event loop: it never waits there for a file that another process holds."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from handlers.short_reads import read_here
from handlers.store.database import Database
from handlers.store.failures import Occupied
from tests.loops import run_apart


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(tmp_path / "hall.db", migrate=True)
    yield opened
    opened.close()


def count(database: Database) -> int:
    return int(database.value("SELECT count(*) FROM cases"))


def test_a_short_read_is_made_where_it_is_asked_for(database: Database) -> None:
    async def ask() -> tuple[int, bool]:
        here = threading.get_ident()
        return await read_here(lambda: (count(database), threading.get_ident() == here))

    assert run_apart(ask()) == (0, True)


def test_a_file_that_another_process_holds_is_waited_for_in_a_thread_while_the_loop_goes_on(
    database: Database,
) -> None:
    async def ask() -> tuple[int, int]:
        holder = sqlite3.connect(database.path, isolation_level=None)
        holder.execute("PRAGMA locking_mode=EXCLUSIVE")
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Occupied):
            count(database)
        asked, turns = asyncio.create_task(read_here(count, database)), 0
        while turns < 20:
            turns += 1
            await asyncio.sleep(0.005)
            assert not asked.done()
        holder.execute("COMMIT")
        holder.close()
        return await asked, turns

    assert run_apart(ask()) == (0, 20)
