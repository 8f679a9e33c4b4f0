"""Parsed items kept by the hash of their file's content, and which file had which content when last looked at."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pydantic

from catalog import form_schema, schema, yaml_text
from catalog.schema import Item

# Two writes within one tick of a file system's clock look like one; the coarsest clocks tick every two seconds.
_UNSETTLED_NS = 3_000_000_000
# Lines of files that are no more are left in the cache until they are this share of it.
_STALE_SHARE = 0.2


def content_hash(data: bytes) -> str:
    """32 hex characters that stand for a file's content."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def file_mark(status: os.stat_result) -> str:
    """What changes whenever a file is written, replaced or its times are set back: times, size, inode."""
    return f"{status.st_mtime_ns}.{status.st_ctime_ns}.{status.st_size}.{status.st_ino}"


def _schema_hash() -> str:
    digest = hashlib.blake2b(pydantic.VERSION.encode(), digest_size=16)
    digest.update(Path(__file__).read_bytes())
    for module in (schema, form_schema, yaml_text):
        digest.update(Path(module.__file__ or "").read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class KeptItem:
    """A faultless item as JSON, with the two fields that every reading needs of it."""

    department: str
    code: str
    text: str

    @classmethod
    def of(cls, item: Item) -> KeptItem:
        return cls(item.department, item.code, item.model_dump_json(exclude_defaults=True))

    def parsed(self) -> Item:
        """Raises ValidationError when somebody damaged the cache."""
        return _parsed(self)


# A page, its forms and its data are made one after another and ask for the same item; all items of a large county
# at once would fill a small machine.
@lru_cache(maxsize=64)
def _parsed(kept: KeptItem) -> Item:
    return Item.model_validate_json(kept.text)


class ItemCache:
    """Two text files. `items-*.jsonl`: the schema's hash, then `content-hash department code JSON` a line;
    `files-*.txt`: `content-hash mark path` a line, so that a file nobody touched is not even opened.

    JSON through pydantic, never pickle: a cache that somebody tampered with can then at worst be wrong
    data, not code. Anything unreadable counts as absent. Only faultless items are kept.
    """

    def __init__(self, folder: Path, of: Sequence[Path]) -> None:
        name = content_hash("\n".join(str(path) for path in of).encode())[:12]
        self._items_file = folder / f"items-{name}.jsonl"
        self._files_file = folder / f"files-{name}.txt"
        self._schema = _schema_hash()
        self._started = time.time_ns()
        self._stored = dict(self._stored_items())
        self._marks = dict(self._stored_marks())
        self._used: dict[str, KeptItem] = {}
        self._seen: dict[str, tuple[str, str]] = {}

    def _stored_items(self) -> Iterable[tuple[str, KeptItem]]:
        for line in _lines(self._items_file, self._schema):
            parts = line.split(" ", 3)
            if len(parts) == 4:
                yield parts[0], KeptItem(*parts[1:])

    def _stored_marks(self) -> Iterable[tuple[str, tuple[str, str]]]:
        for line in _lines(self._files_file, self._schema):
            parts = line.split(" ", 2)
            if len(parts) == 3:
                yield parts[2], (parts[0], parts[1])

    def known_hash(self, path: str, status: os.stat_result) -> str | None:
        """The hash of the file's content when it is surely what it was at the last reading."""
        known = self._marks.get(path)
        if known is None or known[1] != file_mark(status):
            return None
        self._seen[path] = known
        return known[0]

    def saw(self, path: str, status: os.stat_result, key: str) -> None:
        """`status` was taken before the content with this hash was read."""
        # A file written just now may be written again without its times changing; it is read again next time.
        if max(status.st_mtime_ns, status.st_ctime_ns) < self._started - _UNSETTLED_NS:
            self._seen[path] = key, file_mark(status)

    def get(self, key: str) -> KeptItem | None:
        found = self._used.get(key) or self._stored.get(key)
        if found is not None:
            self._used[key] = found
        return found

    def put(self, key: str, item: Item) -> KeptItem:
        # A line there was but could not be parsed is written again.
        self._stored.pop(key, None)
        kept = self._used[key] = KeptItem.of(item)
        return kept

    def add(self, key: str, kept: KeptItem) -> None:
        """What another process has parsed."""
        if key not in self._stored:
            self._used[key] = kept

    def save(self) -> None:
        """Writes what was used in this run, atomically; a folder that cannot be written is no fault."""
        try:
            self._save_items()
            if self._seen != self._marks:
                lines = (f"{key} {mark} {path}" for path, (key, mark) in self._seen.items())
                _write(self._files_file, self._schema, lines)
        except OSError:
            return

    def _save_items(self) -> None:
        fresh = {key: kept for key, kept in self._used.items() if key not in self._stored}
        stale = len(self._stored) + len(fresh) - len(self._used)
        if self._stored and stale <= _STALE_SHARE * len(self._used):
            # The line of one edited item is added; all the others need not be written for it.
            if fresh:
                with self._items_file.open("a", encoding="utf-8", newline="\n") as out:
                    out.write("".join(f"\n{line}" for line in _item_lines(fresh)))
        elif self._used.keys() != self._stored.keys():
            _write(self._items_file, self._schema, _item_lines(self._used))


def _item_lines(items: Mapping[str, KeptItem]) -> Iterable[str]:
    return (f"{key} {kept.department} {kept.code} {kept.text}" for key, kept in items.items())


def _lines(path: Path, stamp: str) -> list[str]:
    """The lines after the first, if that is the stamp."""
    try:
        first, *lines = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError):
        return []
    return lines if first == stamp else []


def _write(path: Path, stamp: str, lines: Iterable[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-")
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as out:
        out.write("\n".join([stamp, *lines]))
    os.replace(temporary, path)
