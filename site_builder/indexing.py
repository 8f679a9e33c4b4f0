"""The search index follows the items: what changed is worked out here and done in a process beside this one."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from catalog.codes import Codes
from catalog.reader import Loaded, Reading
from catalog.synonyms import SYNONYMS_FILE, load_synonyms
from search_index import Document, IndexJob, IndexProcess, Synonym
from site_builder.outputs import fingerprint
from site_builder.search_documents import item_document
from site_builder.summaries import HIDDEN

INDEX_FOLDER = Path("data") / "index"
# Beyond this share of changed items a whole build is quicker than an update, and leaves no dead postings.
REBUILD_SHARE = 0.3
REBUILD_AT_LEAST = 20
# No key is empty and no document has this hash: whatever the item is, it is indexed again or taken away.
_UNKNOWN = ("", "?")


class IndexedItems(BaseModel):
    """`made-from` beside the index: what it holds, so that a build sees what to do without opening it.

    `engine`: the room that indexes; `stamp`: the program and code tables that documents are made with;
    `items`: code to the key of the item and the hash of its document, which is empty for one that is not shown.
    """

    model_config = ConfigDict(defer_build=True)

    engine: str = ""
    stamp: str = ""
    synonyms: str = ""
    items: dict[str, tuple[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Planned:
    """What there is to do; `job` is None when nothing findable changed. `now` is written when it is done.

    `meanwhile` is what the index holds for certain while the job runs; None when that is nothing.
    """

    job: IndexJob | None
    now: IndexedItems
    meanwhile: IndexedItems | None = None


class Indexing:
    """One indexing run beside the pages: planned at once, begun when the build is sure to go on, finished last.

    The index and what it was made from are written apart. Before the index may change, what is about to change in
    it is put down as unknown: after an interruption the next build does that again, or undoes it when the sources
    were put back meanwhile.
    """

    def __init__(
        self, site: Path, reading: Reading, codes: Codes, stamp: str, *, clean: bool = False
    ) -> None:
        self._marker = site / INDEX_FOLDER / "made-from"
        planned = plan(site, reading, codes, stamp, clean=clean)
        self._planned = planned
        self._process = IndexProcess(planned.job) if planned and planned.job else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and self._process is not None:
            self._process.abandon()

    def begin(self) -> None:
        """From here on the index may change."""
        if self._process is not None:
            self._put_down(self._planned.meanwhile if self._planned else None)
            self._process.begin()

    def finish(self) -> None:
        """Waits for the index; what it was made from is written last. Raises IndexBusy."""
        if self._process is not None:
            self._process.finish()
        if self._planned is not None:
            self._put_down(self._planned.now)

    def _put_down(self, items: IndexedItems | None) -> None:
        if items is None:
            self._marker.unlink(missing_ok=True)
            return
        draft = self._marker.with_name(f".made-from.{os.getpid()}")
        draft.write_text(items.model_dump_json(), encoding="utf-8")
        os.replace(draft, self._marker)


def plan(site: Path, reading: Reading, codes: Codes, stamp: str, *, clean: bool = False) -> Planned | None:
    """Compares what is indexed with what should be. None when nothing at all is different.

    `stamp` covers the program and the code tables; `clean`: the index that is there is not believed.
    """
    folder = site / INDEX_FOLDER
    before = IndexedItems() if clean else _indexed(folder)
    engine = _engine()
    said = fingerprint(*(path.read_bytes() for path in reading.root.resource(SYNONYMS_FILE)))
    items = listed(reading)
    keys = {code: _key(loaded, reading) for code, loaded in items.items()}
    same_program = (before.engine, before.stamp) == (engine, stamp)
    old = before.items if before.engine == engine else {}
    # Documents of items nobody touched are not even made; those that come out the same are not indexed again.
    hashes = {
        code: old[code][1]
        for code, key in keys.items()
        if same_program and code in old and old[code][0] == key
    }
    if same_program and before.synonyms == said and len(hashes) == len(keys) == len(old):
        return None
    for code in keys.keys() - hashes.keys():
        document = _document(items[code], reading, codes)
        hashes[code] = document.version_hash if document else ""
    indexed = {code: hash_ for code, (_, hash_) in old.items() if hash_}
    changed = [code for code in keys if hashes[code] and hashes[code] != indexed.get(code)]
    removed = tuple(sorted(code for code in indexed if not hashes.get(code)))
    now = IndexedItems(
        engine=engine, stamp=stamp, synonyms=said, items={code: (keys[code], hashes[code]) for code in keys}
    )
    whole = before.engine != engine or len(changed) + len(removed) > max(
        REBUILD_AT_LEAST, REBUILD_SHARE * len(keys)
    )
    if not (whole or changed or removed or before.synonyms != said):
        return Planned(None, now)
    synonyms = tuple(Synonym(entry.say, entry.find) for entry in load_synonyms(reading.root))
    wanted = [items[code] for code in (keys if whole else changed)]
    job = IndexJob(folder, partial(_documents, wanted, reading, codes), len(wanted), removed, synonyms, whole)
    if whole:
        return Planned(job, now)
    touched = dict.fromkeys((*changed, *removed), _UNKNOWN)
    return Planned(job, now, before.model_copy(update={"synonyms": "", "items": before.items | touched}))


def listed(reading: Reading) -> dict[str, Loaded]:
    """Items by code as the portal lists them: of those with one code the first, and none without a department."""
    found: dict[str, Loaded] = {}
    for loaded in reading.items:
        if loaded.department in reading.departments:
            found.setdefault(loaded.code, loaded)
    return found


def _key(loaded: Loaded, reading: Reading) -> str:
    return f"{loaded.source_hash} {reading.departments[loaded.department].name}"


def _documents(items: Sequence[Loaded], reading: Reading, codes: Codes) -> Iterator[Document]:
    for loaded in items:
        document = _document(loaded, reading, codes)
        if document:
            yield document


def _document(loaded: Loaded, reading: Reading, codes: Codes) -> Document | None:
    """None for an item without a page."""
    item = loaded.item
    if item.status in HIDDEN:
        return None
    return item_document(item, reading.departments[loaded.department].name, codes)


def _indexed(folder: Path) -> IndexedItems:
    """What the index was made from; nothing when it is not there or not readable, so that it is made anew."""
    if not (folder / "index.json").is_file():
        return IndexedItems()
    try:
        return IndexedItems.model_validate_json((folder / "made-from").read_bytes())
    except (OSError, ValidationError):
        return IndexedItems()


def _engine() -> str:
    """A hash of the indexing room and the libraries that cut words: another tokenizer makes another index."""
    spec = importlib.util.find_spec("search_index")
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    code = [path.read_bytes() for path in sorted(folder.rglob("*")) if path.suffix in (".py", ".yml")]
    return fingerprint(*code)
