"""The shape of site/data/: what the build hands to the handlers and to everybody who wants the data."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from catalog.codes import Codes
from catalog.county import County, Department, OrgUnit
from catalog.schema import Item, Limit
from catalog.version import version_hash
from rules.errors import NotFound, Unavailable

FORMAT: Literal["county-hall/1"] = "county-hall/1"
_SAFE_CODE = re.compile(r"[0-9A-Za-z\-]{4,64}")
_SAFE_HASH = re.compile(r"[0-9a-f]{16}")


class _Record(BaseModel):
    """Base of what is written; unknown keys are let through, so that an older handler reads newer data."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class ItemSummary(_Record):
    """What lists and search need of one item. `path` is the page's address from the site's root."""

    code: str
    name: str
    department: str
    department_name: str
    plain_names: tuple[str, ...] = ()
    purpose: str | None = None
    type: str
    type_name: str
    level: str = "4"
    applicants: tuple[str, ...] = ()
    themes_personal: tuple[str, ...] = ()
    themes_business: tuple[str, ...] = ()
    life_events: tuple[str, ...] = ()
    depth: int = 0
    immediate: bool = False
    promised: str | None = None
    statutory: str | None = None
    fee: str = "不收费"
    visits: int = 0
    accepts_online: bool = False
    popular: bool = False
    status: str = "in_force"
    initial: str = "#"
    pinyin: str = ""
    version_hash: str
    path: str


class ItemNames(_Record):
    """The names of an item's codes, so that a reader of the data needs no tables."""

    department: str
    type: str
    level: str
    case_kind: str
    applicants: tuple[str, ...] = ()
    themes_personal: tuple[str, ...] = ()
    themes_business: tuple[str, ...] = ()
    life_events: tuple[str, ...] = ()
    handling: tuple[str, ...] = ()
    accepting_units: tuple[str, ...] = ()


class ItemRecord(_Record):
    """One item whole, at one version: `items/<code>.json` and `versions/<hash>.json`."""

    format: Literal["county-hall/1"] = FORMAT
    version_hash: str
    path: str
    names: ItemNames
    item: Item


class Catalog(_Record):
    """`catalog.json`: everything but the items' full text. `version` is git commit and content hash."""

    format: Literal["county-hall/1"] = FORMAT
    version: str
    county: County
    departments: tuple[Department, ...] = ()
    units: tuple[OrgUnit, ...] = ()
    items: tuple[ItemSummary, ...] = ()


def limit_text(limit: Limit | None) -> str | None:
    """`当场办结`, `7个工作日`, `30日（自然日）`; None when there is none."""
    if limit is None:
        return None
    if limit.days == 0:
        return "当场办结"
    return f"{limit.days}个工作日" if limit.unit == "workday" else f"{limit.days}日（自然日）"


def fee_text(item: Item) -> str:
    """`不收费`, or the standards of all charges."""
    return "；".join(fee.standard for fee in item.fees) or "不收费"


def summarise(
    item: Item, department: Department, codes: Codes, path: str, namesake: ItemSummary | None = None
) -> ItemSummary:
    """The item's line in `catalog.json`. A summary of the same name lends its pinyin."""
    initial, pinyin = (namesake.initial, namesake.pinyin) if namesake else _spelling(item.name)
    promised = Limit(days=0) if item.immediate and item.promised is None else item.promised
    return ItemSummary(
        code=item.code,
        name=item.name,
        department=item.department,
        department_name=department.name,
        plain_names=item.plain_names,
        purpose=item.purpose,
        type=item.type,
        type_name=codes.label("item-type", item.type),
        level=item.level,
        applicants=item.applicants,
        themes_personal=item.themes_personal,
        themes_business=item.themes_business,
        life_events=item.life_events,
        depth=item.depth,
        immediate=item.immediate,
        promised=limit_text(promised),
        statutory=limit_text(item.statutory),
        fee=fee_text(item),
        visits=item.visits.count,
        accepts_online=item.accepts_online,
        popular=item.popular,
        status=item.status,
        initial=initial,
        pinyin=pinyin,
        version_hash=version_hash(item),
        path=path,
    )


def _spelling(name: str) -> tuple[str, str]:
    # The pinyin tables take a quarter of a second to load, and most builds need none of them.
    from catalog.pinyin import initial_of, spelled

    return initial_of(name), spelled(name)


def record(
    item: Item, department: Department, units: dict[str, str], codes: Codes, path: str, version: str = ""
) -> ItemRecord:
    """The item with the names of its codes. `units`: unit id to name; `version`: its hash where it is known."""
    names = ItemNames(
        department=department.name,
        type=codes.label("item-type", item.type),
        level=codes.label("level", item.level),
        case_kind=codes.label("case-kind", item.case_kind),
        applicants=codes["applicant"].labels(item.applicants),
        themes_personal=codes["theme-personal"].labels(item.themes_personal),
        themes_business=codes["theme-business"].labels(item.themes_business),
        life_events=codes["life-event"].labels(item.life_events),
        handling=codes["handling"].labels(item.handling),
        accepting_units=tuple(units.get(unit, unit) for unit in item.accepting_units),
    )
    return ItemRecord(version_hash=version or version_hash(item), path=path, names=names, item=item)


def to_json(value: BaseModel) -> str:
    """Stable JSON in the models' field order. Item records leave defaults out (they are in the schema):
    two files an item, mostly empty lists otherwise.
    """
    if isinstance(value, Catalog):
        return value.model_dump_json(indent=1, exclude_none=True) + "\n"
    text = value.model_dump_json(indent=1, exclude_defaults=True)
    if "format" in type(value).model_fields and text != "{}":
        # Left out as a default, and yet the first thing a reader asks for.
        text = f'{{\n "format": "{FORMAT}",{text[1:]}'
    return text + "\n"


_MODELS: dict[str, type[BaseModel]] = {"catalog": Catalog, "item": ItemRecord}


def json_schema(name: str) -> dict[str, Any]:
    """The JSON Schema of `catalog` or `item`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **TypeAdapter(_MODELS[name]).json_schema(mode="serialization"),
    }


def json_schemas() -> dict[str, dict[str, Any]]:
    """JSON Schema by file name: `catalog.schema.json`, `item.schema.json`."""
    return {f"{name}.schema.json": json_schema(name) for name in _MODELS}


_T = TypeVar("_T", bound=BaseModel)


def load_catalog(site: Path) -> Catalog:
    """`site/data/catalog.json`. Raises Unavailable when it is missing or of another format."""
    return _load(site / "data" / "catalog.json", Catalog)


def load_item(site: Path, code: str) -> ItemRecord:
    """The item in force with this code. Raises NotFound, Unavailable."""
    if not _SAFE_CODE.fullmatch(code):
        raise NotFound("没有这个编码的事项，请从搜索或目录里重新进入")
    return _load(site / "data" / "items" / f"{code}.json", ItemRecord)


def load_version(site: Path, version: str) -> ItemRecord:
    """The item as it was at a version that a case pinned. Raises NotFound, Unavailable."""
    if not _SAFE_HASH.fullmatch(version):
        raise NotFound("没有这个版本的办事指南")
    return _load(site / "data" / "versions" / f"{version}.json", ItemRecord)


def _load(path: Path, model: type[_T]) -> _T:
    try:
        return model.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        if model is Catalog:
            raise Unavailable("门户还没有生成，请先运行 hall build") from error
        raise NotFound("没有找到这个事项，可能已经取消或改了编码，请用名称搜索") from error
    except (OSError, ValidationError) as error:
        raise Unavailable(f"门户数据 {path.name} 读不出来，请重新运行 hall build") from error
