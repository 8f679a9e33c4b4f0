"""Backup while the hall runs, and restore: database, attachments and key in one archive with its contents listed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

from handlers.store.database import Database, bring_up_to_date, connect
from handlers.store.upgrading import must_be_unused, one_at_a_time
from rules.errors import Conflict, Invalid, Unavailable
from rules.quick_dataclass import dataclass
from rules.time import format_stamp

FORMAT = "county-hall-backup/1"
_TRIES = 5
_DATABASE, _KEY, _FILES, _MANIFEST = "hall.db", "hall.key", "files", "manifest.json"
# Signs the public log; absent until the first day was published.
_LOG_KEY = "log-signing.key"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive holds, to be compared after the restore."""

    format: str
    at: str
    database_sha256: str
    cases: int
    events: int
    head: str
    files: int
    without: tuple[str, ...] = ()
    """Hashes of attachments that were missing or changed when it was made, and that it does without."""


class _Vanished(Exception):
    """An attachment that the copy names went while it was being made."""


def backup(database: Database, target: Path, now: datetime, *, with_gaps: bool = False) -> Manifest:
    """Writes an archive with SQLite's online backup; filing goes on meanwhile. Readable by its owner only.

    The key lies in the archive: keep it where nobody else can read it. Raises Unavailable when attachments are
    missing or have other bytes than were taken in, unless it is told to do without them (`with_gaps`).
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(_TRIES):
        # An upload that nobody filed may be tidied away, or something erased by law, between copy and archive.
        with suppress(_Vanished):
            return _backup(database, target, now, with_gaps)
    raise Unavailable("备份时附件一直在变动，没有做成。请稍后重试。")


def _backup(database: Database, target: Path, now: datetime, with_gaps: bool) -> Manifest:
    with tempfile.TemporaryDirectory(dir=database.path.parent, prefix=".backup-") as folder:
        copy = Path(folder) / _DATABASE
        _copy_database(database.path, copy)
        hashes = _content_hashes(copy)
        absent = tuple(each for each in hashes if not _is_whole(database.files, each))
        if any(not _still_named(database, each) for each in absent):
            raise _Vanished
        if absent and not with_gaps:
            raise Unavailable(
                f"有 {len(absent)} 个附件的文件不在磁盘上，或者被改动过，没有备份。先用 hall audit verify 查明；"
                "要先把其余的备份下来，加 --with-gaps。"
            )
        hashes = [each for each in hashes if each not in absent]
        manifest = replace(_describe(copy, now, len(hashes)), without=absent)
        unfinished = target.with_name(f".{target.name}.part")
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with (
                os.fdopen(handle, "wb") as raw,
                tarfile.open(fileobj=raw, mode="w:gz", compresslevel=3) as archive,
            ):
                _add_text(
                    archive, _MANIFEST, json.dumps(asdict(manifest), ensure_ascii=False, indent=1), folder
                )
                archive.add(copy, _DATABASE)
                _add_text(archive, _KEY, database.vault.key.hex() + "\n", folder)
                signing = database.path.parent / _LOG_KEY
                if signing.is_file():
                    _add_text(archive, _LOG_KEY, signing.read_text("ascii"), folder)
                for each in hashes:
                    _add_file(archive, database, each)
            with unfinished.open("rb") as written:
                os.fsync(written.fileno())
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)
    return manifest


def restore(source: Path, target: Path, *, force: bool = False) -> Manifest:
    """Brings an archive back beside `target` (the database file), checked before anything is put in place.

    Raises Conflict when there is a database already (unless `force`; then the old state is kept in a folder
    beside it), while a hall uses it, or where another database lies beside it; Invalid for an archive that is
    damaged or not ours.
    """
    state = target.parent
    _must_be_free(target, force)
    state.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=state, prefix=".restore-") as name:
        folder = Path(name)
        manifest = _unpack(source, folder)
        _check(folder, manifest)
        bring_up_to_date(folder / _DATABASE)
        with one_at_a_time(target):
            _must_be_free(target, force)
            _put_in_place(folder, state, target)
        os.sync()
    return manifest


def _must_be_free(target: Path, force: bool) -> None:
    if target.exists() and not force:
        raise Conflict(f"{target.name} 已经存在，没有覆盖。确实要替换请加 --force，原有内容会留在一旁。")
    beside = _another_database(target)
    if beside is not None:
        # Key and attachments belong to the folder: the other hall would be left without its own.
        raise Conflict(
            f"{target.parent} 里还有另一个数据库 {beside}，密钥和附件是它们共用的，没有恢复。"
            "请恢复到一个空目录（--db 空目录/hall.db），或用 --root 指明另一个县的目录。"
        )
    # A hall that went on writing into the file set aside would acknowledge what the restored one does not have.
    must_be_unused(target, "恢复")


def _another_database(target: Path) -> str | None:
    """The name of a database beside the target, other than copies that an upgrade kept."""
    found = sorted(each.name for each in target.parent.glob("*.db") if each.is_file())
    return next((name for name in found if name != target.name and ".before-" not in name), None)


def _copy_database(source: Path, target: Path) -> None:
    reading, writing = connect(source, must_exist=True), sqlite3.connect(target)
    try:
        reading.backup(writing)
        # A single file without a log beside it, so that the archive is whole.
        writing.execute("PRAGMA journal_mode=DELETE")
    finally:
        writing.close()
        reading.close()


def _content_hashes(copy: Path) -> list[str]:
    connection = sqlite3.connect(copy)
    try:
        return [
            row[0] for row in connection.execute("SELECT DISTINCT sha256 FROM attachment ORDER BY sha256")
        ]
    finally:
        connection.close()


def _describe(copy: Path, now: datetime, files: int) -> Manifest:
    connection = sqlite3.connect(copy)
    try:
        if connection.execute("PRAGMA quick_check").fetchone()[0] != "ok":
            raise Unavailable("数据库文件有损坏，没有做成备份。请先用最近的完好备份恢复。")
        cases = connection.execute("SELECT count(*) FROM cases").fetchone()[0]
        count = connection.execute("SELECT count(*) FROM event").fetchone()[0]
        row = connection.execute("SELECT hash FROM event ORDER BY seq DESC LIMIT 1").fetchone()
    finally:
        connection.close()
    return Manifest(FORMAT, format_stamp(now), _sha256(copy), cases, count, row[0] if row else "", files)


def _unpack(source: Path, folder: Path) -> Manifest:
    try:
        with tarfile.open(source, "r:gz") as archive:
            archive.extractall(folder, members=_members(archive), filter="data")
        plain = json.loads((folder / _MANIFEST).read_text("utf-8"))
        manifest = Manifest(**{**plain, "without": tuple(plain.get("without", ()))})
    except (tarfile.TarError, EOFError, ValueError, TypeError, OSError) as error:
        raise Invalid(f"{source.name} 不是完整的县厅备份：{error}") from error
    if manifest.format != FORMAT:
        raise Invalid(f"不认识这种备份格式：{manifest.format}。请用写它的版本恢复。")
    return manifest


def _members(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for member in archive:
        top = member.name.split("/", 1)[0]
        if not member.isfile() or top not in (_DATABASE, _KEY, _LOG_KEY, _FILES, _MANIFEST):
            raise Invalid(f"备份里有不该有的内容：{member.name}")
        yield member


def _check(folder: Path, manifest: Manifest) -> None:
    copy = folder / _DATABASE
    if not copy.is_file() or _sha256(copy) != manifest.database_sha256:
        raise Invalid("备份里的数据库与清单不符，可能损坏或被改动，没有恢复。")
    for each in _content_hashes(copy):
        if each not in manifest.without and not _is_whole(folder / _FILES, each):
            raise Invalid(f"备份里的附件 {each[:12]}… 缺失或损坏，没有恢复。")


def _put_in_place(folder: Path, state: Path, target: Path) -> None:
    # Also where the database itself is gone: SQLite would write a log that was left behind over the one restored.
    names = [target.name, f"{target.name}-wal", f"{target.name}-shm", _KEY, _LOG_KEY, _FILES]
    present = [name for name in names if (state / name).exists()]
    if present:
        kept = Path(tempfile.mkdtemp(dir=state, prefix="before-restore-"))
        for name in present:
            shutil.move(state / name, kept / name)
    (folder / _KEY).chmod(0o600)
    (folder / _KEY).replace(state / _KEY)
    if (folder / _LOG_KEY).is_file():
        (folder / _LOG_KEY).chmod(0o600)
        (folder / _LOG_KEY).replace(state / _LOG_KEY)
    if (folder / _FILES).is_dir():
        for path in (folder / _FILES).glob("*/*"):
            place = _file(state / _FILES, path.name)
            place.parent.mkdir(parents=True, exist_ok=True)
            path.replace(place)
            place.chmod(0o440)
    # The database last: a restore that stops halfway leaves no hall that looks whole.
    (folder / _DATABASE).replace(target)


def _is_whole(files: Path, sha256: str) -> bool:
    try:
        return _sha256(_file(files, sha256)) == sha256
    except FileNotFoundError:
        return False


def _still_named(database: Database, sha256: str) -> bool:
    return database.value("SELECT 1 FROM attachment WHERE sha256 = ? LIMIT 1", (sha256,)) is not None


def _add_file(archive: tarfile.TarFile, database: Database, sha256: str) -> None:
    try:
        archive.add(_file(database.files, sha256), f"{_FILES}/{sha256[:2]}/{sha256}")
    except FileNotFoundError as error:
        raise _Vanished from error


def _add_text(archive: tarfile.TarFile, name: str, text: str, folder: str) -> None:
    path = Path(folder) / f"{name}.text"
    path.write_text(text, "utf-8")
    path.chmod(0o600)
    archive.add(path, name)


def _file(files: Path, sha256: str) -> Path:
    return files / sha256[:2] / sha256


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
