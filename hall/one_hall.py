"""One full hall a data file: who sweeps and sends holds a lock on a file beside it as long as its process lives."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import TextIO

from rules.errors import Conflict

SUFFIX = ".serving"


def hold(database: Path, address: str) -> TextIO:
    """Takes the lock and says in it who holds it; it ends with the file returned, or with the process.

    The system gives the lock back when a process ends in whatever way, so a hall killed outright blocks no other;
    what its file still says counts for nothing. Raises Conflict with the process and the address of the hall that
    runs already.
    """
    database = database.resolve()
    path = database.with_name(database.name + SUFFIX)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Appending: another hall's words are not wiped out before it is known that it has gone.
    file = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        with file:
            raise Conflict(_refusal(database, file)) from None
    file.truncate(0)
    file.write(f"{os.getpid()} {address}\n")
    file.flush()
    return file


def _refusal(database: Path, file: TextIO) -> str:
    file.seek(0)
    process, _, address = file.read(300).strip().partition(" ")
    who = f"（进程 {process}，{address}）" if address else ""
    return (
        f"数据文件 {database} 已经有一个县厅在运行{who}，没有再启动：两个县厅会各自巡查、各自发送。"
        f"请先停下它；要分开运行几样工作，用 --only。"
    )
