"""The public change log: every edit of an item, field by field, with date, author and commit, from git."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from catalog.changes import compare
from catalog.codes import Codes
from catalog.reader import item_from_yaml
from catalog.schema import Item
from catalog.version import version_hash
from site_builder import git_history
from site_builder.git_history import EMPTY, Commit
from site_builder.outputs import fingerprint


class Difference(BaseModel):
    """One field: its Chinese name, what it was, what it is; empty where it was not there."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    field: str
    label: str
    before: str = ""
    after: str = ""
    kind: str = "changed"


class Change(BaseModel):
    """What one commit did to one item."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    code: str
    name: str
    department: str
    kind: str
    when: datetime
    author: str
    message: str
    commit: str
    version: str = ""
    differences: tuple[Difference, ...] = ()

    @property
    def words(self) -> str:
        """The commit's own words where they are Chinese; those of a program's makers tell the public nothing."""
        return self.message if any("\u4e00" <= character <= "\u9fff" for character in self.message) else ""


class ChangeFile(BaseModel):
    """`data/changes.json`: every change, newest first."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    format: str = "county-hall/1"
    changes: tuple[Change, ...] = ()


class PastVersion(BaseModel):
    """A version an item once had; a case may have pinned it."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    hash: str
    item: Item


class _Stored(BaseModel):
    """The cache file: what was worked out for each commit, and the versions met on the way."""

    model_config = ConfigDict(defer_build=True)

    commits: dict[str, tuple[Change, ...]] = {}
    versions: tuple[PastVersion, ...] = ()


@dataclass(frozen=True)
class ChangeLog:
    """All changes, newest first, and every version the items had."""

    changes: tuple[Change, ...] = ()
    versions: Mapping[str, Item] = field(default_factory=dict)
    head: str = ""

    @cached_property
    def by_item(self) -> Mapping[str, tuple[Change, ...]]:
        found: dict[str, list[Change]] = {}
        for change in self.changes:
            found.setdefault(change.code, []).append(change)
        return {code: tuple(changes) for code, changes in found.items()}

    def key_of(self, code: str) -> str:
        """Changes when the item's history does."""
        changes = self.by_item.get(code, ())
        return fingerprint(*(change.commit for change in changes)) if changes else ""


def read_change_log(folders: Sequence[Path], codes: Codes, cache: Path, stamp: str) -> ChangeLog:
    """The log of the item folders; empty where they are not in git. Kept in `cache` by the head commit."""
    changes: list[Change] = []
    versions: dict[str, Item] = {}
    heads: list[str] = []
    by_repository: dict[Path, list[Path]] = {}
    for folder in folders:
        repository = git_history.repository_of(folder)
        if repository is not None:
            by_repository.setdefault(repository, []).append(folder)
    for repository, inside in by_repository.items():
        head = git_history.head(repository)
        if not head:
            continue
        heads.append(head)
        key = fingerprint(stamp, str(repository), *(str(folder) for folder in inside))
        file = cache / f"changes-{fingerprint(str(repository))[:8]}.json"
        known = _load(file, key)
        stored = _brought_up(repository, inside, codes, known)
        if stored != known:
            _save(file, key, stored)
        changes += [change for each in stored.commits.values() for change in each]
        versions |= {each.hash: each.item for each in stored.versions}
    # Commits of one second keep a fixed order, so that a build can be repeated byte for byte.
    changes.sort(key=lambda change: (change.when, change.commit, change.code), reverse=True)
    return ChangeLog(tuple(changes), versions, " ".join(heads))


def _brought_up(repository: Path, folders: Sequence[Path], codes: Codes, known: _Stored) -> _Stored:
    """What is known and the commits that came since; commits that are no longer in the history go."""
    log = git_history.commits(repository, folders)
    new = [commit for commit in log if commit.hash not in known.commits]
    if not new and len(known.commits) == len(log):
        return known
    wanted = {blob for commit in new for file in commit.files for blob in (file.before, file.after)}
    items: dict[str, Item | None] = {EMPTY: None}
    for blob, data in git_history.blobs(repository, wanted).items():
        # department.yml and files that were broken at the time are no items; they are passed over.
        items[blob] = item_from_yaml(data, blob, []) if _may_be_item(data) else None
    found = {commit.hash: tuple(_of_commit(commit, items, codes)) for commit in new}
    versions = {each.hash: each.item for each in known.versions}
    versions |= {version_hash(item): item for item in items.values() if item is not None}
    return _Stored(
        commits={
            commit.hash: found[commit.hash] if commit.hash in found else known.commits[commit.hash]
            for commit in log
        },
        versions=tuple(PastVersion(hash=key, item=item) for key, item in sorted(versions.items())),
    )


def _may_be_item(data: bytes) -> bool:
    return b"\ncode:" in data or data.startswith(b"code:")


def _of_commit(commit: Commit, items: Mapping[str, Item | None], codes: Codes) -> Iterator[Change]:
    """Items are matched by code, so that a file that was moved or renamed is not a removal and an addition."""
    before = _by_code(items.get(file.before) for file in commit.files)
    after = _by_code(items.get(file.after) for file in commit.files)
    for code in sorted({*before, *after}):
        old, new = before.get(code), after.get(code)
        if old == new:
            continue
        shown = new or old
        assert shown is not None
        kind = "added" if old is None else ("removed" if new is None else "changed")
        found = compare(old, new, codes) if kind == "changed" else ()
        yield Change(
            code=code,
            name=shown.name,
            department=shown.department,
            kind=kind,
            when=commit.when,
            author=commit.author,
            message=commit.subject,
            commit=commit.hash,
            version=version_hash(new) if new else "",
            differences=tuple(
                Difference(field=d.field, label=d.label, before=d.before, after=d.after, kind=d.kind)
                for d in found
            ),
        )


def _by_code(found: Iterable[Item | None]) -> dict[str, Item]:
    return {item.code: item for item in found if item is not None}


def _load(path: Path, key: str) -> _Stored:
    try:
        first, _, text = path.read_text(encoding="utf-8").partition("\n")
        return _Stored.model_validate_json(text) if first == key else _Stored()
    except (OSError, ValidationError, UnicodeDecodeError):
        return _Stored()


def _save(path: Path, key: str, stored: _Stored) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".changes-")
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(key + "\n" + stored.model_dump_json(exclude_defaults=True))
        os.replace(temporary, path)
    except OSError:
        # A cache that cannot be written costs time, not the build.
        return
