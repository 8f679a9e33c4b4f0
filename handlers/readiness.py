"""Whether the hall can do its work: each part checked, named by a key for programs and told in words for people."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import field
from types import MappingProxyType

from handlers.context import Hall
from handlers.former_units import unfinished
from handlers.store import operating
from handlers.sweeps import LATEST
from rules.errors import HallError
from rules.quick_dataclass import dataclass

# Room for a large upload, SQLite's log and a report; below it the next filing may be refused.
LEAST_FREE_BYTES = 256 * 1024 * 1024
_WRITE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Readiness:
    """`faults`: what does not work, by key; `checks`: all keys that were looked at; `version` of the portal.

    `warnings`: what somebody must look after while the hall works.
    """

    version: str
    checks: tuple[str, ...]
    faults: Mapping[str, str] = field(default_factory=dict)
    warnings: Mapping[str, str] = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        """Whether everything works."""
        return not self.faults


def look(hall: Hall) -> Readiness:
    """Looks at everything once. Blocks for a few milliseconds, on a locked database for some seconds."""
    faults: dict[str, str] = {}
    for key, check in _CHECKS.items():
        try:
            fault = check(hall)
        except HallError as error:
            fault = error.detail
        if fault:
            faults[key] = fault
    return Readiness(_version(hall), tuple(_CHECKS), MappingProxyType(faults), _warnings(hall))


def _warnings(hall: Hall) -> Mapping[str, str]:
    try:
        left = unfinished(hall.database, hall.edition.units)
    except HallError:
        return {}  # told among the faults
    if not left:
        return {}
    names = "、".join(unit.name for unit in left)
    return {
        "units": f"{names}已不在县的文件里，还有没办完的事，由县级岗位和原单位的人接着办。请把文件放回，办完再删。"
    }


def _version(hall: Hall) -> str:
    try:
        return hall.edition.catalog.version
    except HallError:
        return ""


def _site(hall: Hall) -> str:
    # Asked first: a portal that has never been read raises, and only then is there a fault to tell.
    _ = hall.edition
    return hall.site_data.fault


def _index(hall: Hall) -> str:
    # A handler that does not search starts without it.
    from search_index.manifest import read_manifest
    from search_index.records import IndexMissing

    try:
        read_manifest(hall.site / "data" / "index")
    except (IndexMissing, OSError, ValueError):
        return "没有搜索索引，群众搜不到事项。请运行 hall build。"
    return ""


def _database(hall: Hall) -> str:
    hall.database.value("PRAGMA user_version")
    return ""


def _schema(hall: Hall) -> str:
    return operating.schema_fault(hall.database)


def _write(hall: Hall) -> str:
    return operating.write_fault(hall.database, _WRITE_SECONDS)


def _disk(hall: Hall) -> str:
    try:
        free = shutil.disk_usage(hall.database.path.parent).free
    except OSError as error:
        return f"数据所在的磁盘看不到：{error.strerror}"
    if free >= LEAST_FREE_BYTES:
        return ""
    return f"数据所在的磁盘只剩 {free // (1024 * 1024)} MB。请清理旧备份和日志，或者扩大磁盘。"


def _sweep(hall: Hall) -> str:
    """Only the process that sweeps can say; after its start the first pass has as long as any other."""
    age = hall.sweeps.age(time.monotonic())
    if age is None or age <= LATEST:
        return ""
    return f"已有 {int(age // 60)} 分钟没有做成期限巡查，到期的牌可能没有发。请看日志里 sweep 的错误。"


_CHECKS: Mapping[str, Callable[[Hall], str]] = MappingProxyType(
    {
        "site": _site,
        "index": _index,
        "database": _database,
        "schema": _schema,
        "write": _write,
        "disk": _disk,
        "sweep": _sweep,
    }
)
