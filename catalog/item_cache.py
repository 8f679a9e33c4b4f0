"""Parsed items kept by the hash of their file's content, so that an unchanged file is not parsed again."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pydantic
from pydantic import ValidationError

from catalog import form_schema, schema, yaml_text
from catalog.schema import Item


def content_hash(data: bytes) -> str:
    """32 hex characters that stand for a file's content."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _schema_hash() -> str:
    digest = hashlib.blake2b(pydantic.VERSION.encode(), digest_size=16)
    for module in (schema, form_schema, yaml_text):
        digest.update(Path(module.__file__ or "").read_bytes())
    return digest.hexdigest()


class ItemCache:
    """A text file: the schema's hash, then `content-hash JSON` a line. Only faultless items are kept.

    JSON through pydantic, never pickle: a cache that somebody tampered with can then at worst be wrong
    data, not code. Anything unreadable counts as absent.
    """

    def __init__(self, folder: Path, of: Sequence[Path]) -> None:
        name = content_hash("\n".join(str(path) for path in of).encode())[:12]
        self._file = folder / f"items-{name}.jsonl"
        self._schema = _schema_hash()
        self._stored: dict[str, str] = {}
        self._used: dict[str, str] = {}
        self._load()

    def _load(self) -> None:
        try:
            first, *lines = self._file.read_text("utf-8").split("\n")
        except (OSError, UnicodeDecodeError):
            return
        if first != self._schema:
            return
        for line in lines:
            key, separator, text = line.partition(" ")
            if separator:
                self._stored[key] = text

    def get(self, key: str) -> Item | None:
        text = self._stored.get(key)
        if text is None:
            return None
        try:
            item = Item.model_validate_json(text)
        except ValidationError:
            return None
        self._used[key] = text
        return item

    def put(self, key: str, item: Item) -> None:
        self._used[key] = item.model_dump_json(exclude_defaults=True)

    def save(self) -> None:
        """Writes what was used in this run, atomically; a folder that cannot be written is no fault."""
        if self._used == self._stored:
            return
        lines = [self._schema, *(f"{key} {text}" for key, text in self._used.items())]
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self._file.parent, prefix=".items-")
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as out:
                out.write("\n".join(lines))
            os.replace(temporary, self._file)
        except OSError:
            return
