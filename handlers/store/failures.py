"""The machine's errors, SQLite's and the system's, by the names a person is told."""

from __future__ import annotations

import errno
import sqlite3

from rules.errors import HallError, Unavailable


class Occupied(Unavailable):
    """Another process holds the database's file for itself at this moment."""


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


_SYSTEM: dict[int, str] = {
    errno.ENOSPC: "磁盘已满，没有写完。请腾出空间后重试；已经受理的内容没有丢失。",
    errno.EDQUOT: "磁盘配额已用完，没有写完。请腾出空间后重试；已经受理的内容没有丢失。",
    errno.EFBIG: "文件超过了允许的大小，没有写完。请检查磁盘和限制；已经受理的内容没有丢失。",
    errno.EROFS: "所在的磁盘是只读的，没有写入。请检查挂载。",
    errno.EACCES: "没有权限读写。请检查文件的所有者和权限。",
    errno.EPERM: "没有权限读写。请检查文件的所有者和权限。",
    errno.EIO: "读写磁盘出错。请检查磁盘；已经受理的内容没有丢失。",
    errno.EMFILE: "打开的文件太多。请提高打开文件数的限制后重试。",
    errno.ENFILE: "整个系统打开的文件太多。请稍后重试。",
    errno.ENOENT: "没有这个文件或目录。请检查路径；要写的文件，先建好它的目录。",
    errno.ENOTDIR: "路径里有一段是文件，不是目录。请检查路径。",
    errno.EISDIR: "这是一个目录，需要的是文件。请检查路径。",
    errno.EEXIST: "已经有同名的文件。请检查路径。",
    errno.EADDRINUSE: "这个端口已被占用，可能已有一个大厅在运行。请换一个端口（--port）。",
}


def named(error: sqlite3.Error | OSError) -> HallError | None:
    """What to tell a person when the machine, not the request, is at fault; None for a fault in our code."""
    if isinstance(error, OSError):
        said = _SYSTEM.get(error.errno or 0)
        where = f"{error.filename}：" if error.filename else ""
        return None if said is None else Unavailable(f"{where}{said}")
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    words = _WORDS.get(code & 0xFF)
    if words is None:
        return None
    occupied = code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return Occupied(words) if occupied else Unavailable(words)
