"""The index on disk: built whole or changed by the item, always swapped in one step."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whoosh.filedb.filestore import FileStorage
from whoosh.index import EmptyIndexError, FileIndex
from whoosh.util.filelock import try_for

from search_index.manifest import Manifest, manifest_or_none, read_manifest, write_manifest
from search_index.records import Document, IndexMissing, Synonym
from search_index.schema import make_schema, to_fields

LOCK_SECONDS = 60.0
OPEN_ATTEMPTS = 20


class IndexBusy(Exception):
    """Another process kept writing for longer than LOCK_SECONDS."""


def build(index_dir: Path, documents: Iterable[Document], synonyms: Sequence[Synonym] = ()) -> int:
    """Index everything anew beside the old index, then switch. Returns the number of documents.

    Of documents with the same code the last one counts.
    """
    index_dir.mkdir(parents=True, exist_ok=True)
    storage = FileStorage(str(index_dir))
    by_code = {document.code: document for document in documents}
    with _writing(storage):
        before = manifest_or_none(index_dir)
        name = f"items{secrets.token_hex(4)}"
        index = FileIndex.create(storage, make_schema(), name)
        writer = index.writer(limitmb=256)
        try:
            for document in by_code.values():
                writer.add_document(**to_fields(document))
        except BaseException:
            writer.cancel()
            _remove_others(index_dir, keep=before.name if before else "")
            raise
        writer.commit()
        write_manifest(index_dir, Manifest(name, before.generation + 1 if before else 1, tuple(synonyms)))
        _remove_others(index_dir, keep=name)
    return len(by_code)


def update(
    index_dir: Path,
    changed: Iterable[Document] = (),
    removed_codes: Iterable[str] = (),
    *,
    synonyms: Sequence[Synonym] | None = None,
) -> None:
    """Replace, add and remove single documents; new `synonyms` replace the old ones, None keeps them.

    Raises IndexMissing where there is no index of this version: build it first.
    """
    by_code = {document.code: document for document in changed}
    gone = {*removed_codes, *by_code}
    if not index_dir.is_dir():
        raise IndexMissing(index_dir)
    storage = FileStorage(str(index_dir))
    with _writing(storage):
        before = read_manifest(index_dir)
        if gone:
            writer = storage.open_index(before.name).writer()
            try:
                for code in sorted(gone):
                    writer.delete_by_term("code", code)
                for document in by_code.values():
                    writer.add_document(**to_fields(document))
            except BaseException:
                writer.cancel()
                raise
            writer.commit()
        kept = before.synonyms if synonyms is None else tuple(synonyms)
        write_manifest(index_dir, Manifest(before.name, before.generation + 1, kept))


@dataclass(frozen=True, slots=True)
class IndexedState:
    """code → version_hash of every document in the index, and its synonyms."""

    version_hashes: Mapping[str, str]
    synonyms: tuple[Synonym, ...]


def indexed_state(index_dir: Path) -> IndexedState:
    """What is indexed now, so that a build knows what to update. Raises IndexMissing."""
    manifest, reader = open_reader(index_dir)
    try:
        hashes = {stored["code"]: stored["facts"]["version_hash"] for _, stored in reader.iter_docs()}
    finally:
        reader.close()
    return IndexedState(hashes, manifest.synonyms)


def open_reader(index_dir: Path) -> tuple[Manifest, Any]:
    """A Whoosh reader of what the manifest names now. A build may swap between the two steps: then again."""
    for attempt in range(OPEN_ATTEMPTS):
        manifest = read_manifest(index_dir)
        try:
            return manifest, FileStorage(str(index_dir)).open_index(manifest.name).reader()
        except (OSError, EmptyIndexError):
            if attempt == OPEN_ATTEMPTS - 1:
                raise IndexMissing(index_dir) from None
    raise IndexMissing(index_dir)


@contextmanager
def _writing(storage: Any) -> Iterator[None]:
    lock = storage.lock("write.lock")
    if not try_for(lock.acquire, timeout=LOCK_SECONDS, delay=0.02):
        raise IndexBusy("检索索引正被另一个进程写入，请稍后再试。")
    try:
        yield
    finally:
        lock.release()


def _remove_others(index_dir: Path, *, keep: str) -> None:
    for path in index_dir.iterdir():
        named = path.name.lstrip("_")
        if named.startswith("items") and not (keep and named.startswith(keep)):
            path.unlink(missing_ok=True)
