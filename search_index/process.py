"""Indexing in a process of its own, so that it neither waits for the pages nor holds up a server."""

from __future__ import annotations

import gc
import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from search_index.records import Document, IndexMissing, Synonym

_FIELDS = tuple(field.name for field in fields(Document))
# More documents than this are indexed sooner beside the pages than after them.
_FEW = 10
_waits_for_edits = False


def wait_for_edits() -> None:
    """Loads Whoosh and the dictionary of words into this process, which then does small jobs itself: with them
    loaded, an edited item is indexed in less time than another Python takes to start.

    The tables of pinyin, as large again, are loaded when a name is spelled.
    """
    global _waits_for_edits
    for module in (
        "search_index.storage",
        "whoosh.codec.whoosh3",
        "whoosh.searching",
        "whoosh.writing",
        "rjieba",
    ):
        importlib.import_module(module)
    _waits_for_edits = True


@dataclass(frozen=True, slots=True)
class IndexJob:
    """What to do to the index in `folder`: make it anew from `documents`, or replace those and take away `removed`.

    `documents` is called once for each attempt and gives `count` of them at most.
    """

    folder: Path
    documents: Callable[[], Iterable[Document]]
    count: int
    removed: tuple[str, ...] = ()
    synonyms: tuple[Synonym, ...] = ()
    whole: bool = False

    def run(self) -> None:
        """Does it here and now. Raises IndexMissing when there is nothing to update, IndexBusy."""
        # The process that only hands the job over need not load Whoosh and the dictionaries.
        from search_index.storage import build, update

        if self.whole:
            build(self.folder, self.documents(), self.synonyms)
        else:
            update(self.folder, self.documents(), self.removed, synonyms=self.synonyms)


class IndexProcess:
    """Another Python that loads Whoosh and the dictionaries at once, and does the job when it is told to; none for
    a small job where all that is loaded already.

    Loading takes longer than an edited item's pages; by the time the pages have been checked it is done.
    """

    def __init__(self, job: IndexJob) -> None:
        self._job = job
        self._process: subprocess.Popen[bytes] | None = None
        self._file: Path | None = None
        if _waits_for_edits and not job.whole and job.count <= _FEW:
            return
        # Without a second Python the job is done here.
        with suppress(OSError, ValueError):
            self._process = subprocess.Popen(
                [sys.executable, "-m", "search_index.process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # It finds what this process finds, however this one was started.
                env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            )

    def begin(self) -> None:
        """Hands the job over, whole, as a file: a pipe would make this process wait for the loading."""
        if self._process is None:
            return
        handle, path = tempfile.mkstemp(prefix="hall-index-", suffix=".jsonl")
        self._file = Path(path)
        with os.fdopen(handle, "wb") as out:
            out.writelines(_written(self._job))
        assert self._process.stdin is not None
        # A broken pipe: it has died, and its exit code will say so.
        with suppress(BrokenPipeError), self._process.stdin as pipe:
            pipe.write(path.encode())

    def finish(self) -> None:
        """Waits for it. Raises what the job raises here when the other process could not do it."""
        if self._process is None or self._process.wait() != 0:
            self._clear()
            self._job.run()

    def abandon(self) -> None:
        """Ends it; before `begin` it has touched nothing."""
        if self._process is not None:
            self._process.terminate()
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait()
            self._clear()

    def _clear(self) -> None:
        if self._file is not None:
            self._file.unlink(missing_ok=True)


def _written(job: IndexJob) -> Iterator[bytes]:
    head = {
        "folder": str(job.folder),
        "removed": job.removed,
        "synonyms": [(each.phrases, each.terms) for each in job.synonyms],
        "whole": job.whole,
    }
    yield json.dumps(head).encode() + b"\n"
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    for document in job.documents():
        yield encode([getattr(document, name) for name in _FIELDS]).encode() + b"\n"


def _read(path: Path) -> IndexJob:
    """The job that was written; its file is taken away."""
    first, *lines = path.read_bytes().splitlines()
    path.unlink()
    head = json.loads(first)
    return IndexJob(
        Path(head["folder"]),
        lambda: map(_document, lines),
        len(lines),
        tuple(head["removed"]),
        tuple(Synonym(tuple(phrases), tuple(terms)) for phrases, terms in head["synonyms"]),
        head["whole"],
    )


def _document(line: bytes) -> Document:
    values: dict[str, Any] = dict(zip(_FIELDS, json.loads(line), strict=True))
    values["labels"] = [tuple(label) for label in values["labels"]]
    for name, value in values.items():
        if isinstance(value, list):
            values[name] = tuple(value)
    return Document(**values)


def main() -> int:
    """0 done, 1 no such index, 2 told to do nothing."""
    # One job and then the end: looking for cycles in two large dictionaries doubles the time they take to load.
    gc.disable()
    from search_index import schema

    schema.load()
    path = sys.stdin.buffer.read().decode()
    if not path:
        return 2
    try:
        _read(Path(path)).run()
    except IndexMissing:
        return 1
    return 0


if __name__ == "__main__":
    # Python gives its dictionaries back entry by entry: a tenth of a second that the build waits for.
    os._exit(main())
