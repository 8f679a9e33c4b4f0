"""SQLite's errors by the names a person is told."""

from __future__ import annotations

import sqlite3

from rules.errors import HallError, Unavailable

_WORDS: dict[int, str] = {
    sqlite3.SQLITE_FULL: "磁盘已满，没有写入。请腾出空间后重试；已经受理的内容没有丢失。",
    sqlite3.SQLITE_READONLY: "数据库所在的磁盘或文件是只读的，没有写入。请检查权限。",
    sqlite3.SQLITE_IOERR: "读写磁盘出错，没有写入。请检查磁盘；已经受理的内容没有丢失。",
    sqlite3.SQLITE_CORRUPT: "数据库文件有损坏的页。请停止服务，用最近的备份恢复（hall restore）。",
    sqlite3.SQLITE_NOTADB: "这个文件不是县厅的数据库。",
    sqlite3.SQLITE_CANTOPEN: "数据库文件打不开。请检查路径、权限和打开文件数的限制。",
    sqlite3.SQLITE_BUSY: "数据库正被另一个程序占用。请稍后重试。",
    sqlite3.SQLITE_LOCKED: "数据库正被另一个程序占用。请稍后重试。",
    sqlite3.SQLITE_NOMEM: "内存不足。请稍后重试。",
}


def named(error: sqlite3.Error) -> HallError | None:
    """What to tell a person when the machine, not the request, is at fault; None for a fault in our code."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    words = _WORDS.get(code & 0xFF)
    return None if words is None else Unavailable(words)
