"""办理日志公开: the published days of the log as a page and as files, and the program that checks them."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

import presentation
from catalog.problems import Problem
from rules.quick_dataclass import dataclass
from site_builder.outputs import Output, fingerprint
from site_builder.portal import Portal

FOLDER = "log"
VERIFIER = "verify_log.py"
NEWEST = 60


class DayEntry(BaseModel):
    """One day of `published/log/index.json`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    day: str = Field(pattern=r"^\d{4}-\d\d-\d\d$")
    first: int
    last: int
    root: str
    hash: str
    key: str
    published: str

    @property
    def count(self) -> int:
        """How many events the day holds."""
        return self.last - self.first + 1


class KeyEntry(BaseModel):
    """One key of `published/log/keys.json`, as far as the page shows it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    public: str
    since: str
    reason: str


@dataclass(frozen=True, slots=True)
class PublishedLog:
    """What `published/log/` holds; newest day first."""

    days: tuple[DayEntry, ...]
    keys: tuple[KeyEntry, ...]

    @property
    def years(self) -> tuple[str, ...]:
        """The years that have days, newest first."""
        return tuple(dict.fromkeys(each.day[:4] for each in self.days))


def read_log(folder: Path, problems: list[Problem]) -> PublishedLog:
    """The published log; empty while there is none, and with a warning when it cannot be read."""
    index, keys = folder / FOLDER / "index.json", folder / FOLDER / "keys.json"
    if not index.is_file():
        return PublishedLog((), ())
    try:
        days = [DayEntry.model_validate(each) for each in json.loads(index.read_bytes())["days"]]
        entries = [
            KeyEntry.model_validate(each["statement"]) for each in json.loads(keys.read_bytes())["keys"]
        ]
    except (OSError, ValueError, KeyError, TypeError, ValidationError):
        problems.append(
            Problem(
                "published/log/index.json", 0, "", "读不懂，办理日志没有上网；请运行 hall publish", "warning"
            )
        )
        return PublishedLog((), ())
    return PublishedLog(tuple(reversed(days)), tuple(entries))


def outputs(portal: Portal) -> Iterator[Output]:
    """`/log/`, one file a day, the keys, a package a year, and the verifier."""
    folder = portal.root.published / FOLDER
    found = read_log(portal.root.published, [])
    program = Path(presentation.__file__).with_name(VERIFIER).read_bytes()
    yield portal.page(
        "/log/",
        "log.html",
        "办理日志公开",
        (repr(found.days[:NEWEST]), len(found.days), repr(found.keys), found.years),
        section="watch",
        crumbs=(("我要督", "/supervision/"), ("办理日志公开", "")),
        values={"log": found, "days": found.days[:NEWEST], "newest": NEWEST},
    )
    yield Output(f"log/{VERIFIER}", fingerprint(program), lambda: program)
    if not found.days:
        return
    for name in ("index.json", "keys.json"):
        data = (folder / name).read_bytes()
        yield Output(f"log/{name}", fingerprint(data), lambda data=data: data)  # type: ignore[misc]
    for day in found.days:
        path = folder / f"{day.day}.json"
        if path.is_file():
            stat = path.stat()
            key = fingerprint(day.hash, stat.st_size, stat.st_mtime_ns)
            yield Output(f"log/{day.day}.json", key, path.read_bytes)
    for year in found.years:
        days = [each for each in found.days if each.day.startswith(year)]
        key = fingerprint(year, program, repr(found.keys), *(each.hash for each in days))
        yield Output(f"log/log-{year}.zip", key, lambda days=days: package(folder, days, program))  # type: ignore[misc]


def package(folder: Path, days: Sequence[DayEntry], program: bytes) -> bytes:
    """A year's files with keys and verifier, the same bytes for the same content."""
    made = io.BytesIO()
    names = ["keys.json", *(f"{each.day}.json" for each in reversed(days))]
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_entry(VERIFIER), program)
        for name in names:
            path = folder / name
            if path.is_file():
                archive.writestr(_entry(f"log/{name}"), path.read_bytes())
    return made.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry
