"""When the search index is brought up to date: not at all when nothing changed, else beside the pages."""

from __future__ import annotations

import importlib.util
import multiprocessing
import sys
import threading
from multiprocessing.process import BaseProcess
from pathlib import Path

from catalog.codes import Codes
from catalog.reader import Reading
from catalog.synonyms import SYNONYMS_FILE, load_synonyms
from site_builder.outputs import fingerprint


def index_key(reading: Reading, stamp: str) -> str:
    """What the index depends on: items, departments, codes (in `stamp`), synonyms, and the room's own code."""
    # Found without importing it: the room takes a quarter of a second to load and is mostly not needed.
    spec = importlib.util.find_spec("search_index")
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    code = [path.read_bytes() for path in sorted(folder.rglob("*")) if path.suffix in (".py", ".yml")]
    items = [f"{loaded.code}{loaded.source_hash}" for loaded in reading.items]
    said = [path.read_bytes() for path in reading.root.resource(SYNONYMS_FILE)]
    return fingerprint(stamp, *items, *said, *code)


def is_indexed(site: Path, key: str) -> bool:
    """Whether the index at `site` was made from the same."""
    marker = site / "data" / "index" / "made-from"
    return marker.is_file() and marker.read_text() == key


class Indexing:
    """One indexing run, in a process beside this one where that is safe."""

    def __init__(self, site: Path, reading: Reading, codes: Codes, key: str) -> None:
        self._site, self._key = site, key
        self._arguments = site, reading, codes
        self._process: BaseProcess | None = None
        # Forking a process that already runs threads may freeze the copy; a server rebuilds in its own.
        if sys.platform == "linux" and threading.active_count() == 1:
            self._process = multiprocessing.get_context("fork").Process(target=_index, args=self._arguments)
            self._process.start()

    def finish(self) -> None:
        """Waits for the index, or makes it now; the key is written last."""
        if self._process is not None:
            self._process.join()
        if self._process is None or self._process.exitcode != 0:
            _index(*self._arguments)
        (self._site / "data" / "index" / "made-from").write_text(self._key)


def _index(site: Path, reading: Reading, codes: Codes) -> None:
    from site_builder.search_documents import index_items

    index_items(site, reading, codes, load_synonyms(reading.root))
