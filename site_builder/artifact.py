"""`site/data/`: what the handlers read and everybody may take, written in a stable order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import ClassVar

from pydantic import BaseModel

from catalog.artifact import Catalog, ItemRecord, json_schema, record, to_json
from catalog.calendars import CalendarData, calendar_data
from catalog.published_rules import PublishedRules
from catalog.published_statistics import PublishedStatistics
from catalog.schema import Item
from catalog.supervision import ruleset_json_schema, ruleset_to_json
from site_builder.change_log import ChangeFile
from site_builder.outputs import Output, fingerprint
from site_builder.portal import Portal
from site_builder.published import Figures
from site_builder.summaries import Shown


def of_item(portal: Portal, shown: Shown, units: dict[str, str]) -> Iterator[Output]:
    """The record of an item, under its code and under its version. `units`: unit id to name."""
    key = f"{portal.stamp} {shown.key}"
    made = _Once(portal, shown, units)
    current = f"data/items/{shown.summary.code}.json"
    yield Output(current, key, made)
    yield Output(f"data/versions/{shown.summary.version_hash}.json", key, made, twin=current)


def outputs(portal: Portal) -> Iterator[Output]:
    """Everything but the items in force, and `catalog.json`, which comes last because it names the version of
    all the others.
    """
    units = dict(portal.unit_names)
    current = {shown.summary.version_hash for shown in portal.items}
    for hash_, item in portal.changes.versions.items():
        if hash_ not in current and item.department in portal.departments:
            yield Output(
                f"data/versions/{hash_}.json",
                fingerprint(portal.stamp, hash_),
                lambda item=item: _past(portal, item, units),  # type: ignore[misc]
            )
    yield from _plain(portal)


def _plain(portal: Portal) -> Iterator[Output]:
    calendar = calendar_data(portal.calendar)
    calendar_text = calendar.model_dump_json(indent=1) + "\n"
    rules = ruleset_to_json(portal.rules)
    yield Output("data/calendar.json", fingerprint(calendar_text), lambda: calendar_text)
    yield Output("data/supervision.json", fingerprint(rules), lambda: rules)
    yield Output("data/shell.html", fingerprint(portal.shell.text), lambda: portal.shell.text)
    yield Output(
        "data/suggest.json",
        fingerprint(
            portal.program, "".join([f"{each.key}{each.department.short_name}" for each in portal.visible])
        ),
        lambda: suggest(portal),
    )
    if portal.figures is not None:
        figures = portal.figures.model_dump_json(indent=1) + "\n"
        yield Output("data/figures.json", fingerprint(figures), lambda: figures)
    for name in (
        "calendar",
        "catalog",
        "changes",
        "figures",
        "item",
        "rules",
        "statistics",
        "suggest",
        "supervision",
    ):
        key = fingerprint(portal.program, name)
        yield Output(f"data/{name}.schema.json", key, lambda name=name: _schema(f"{name}.schema.json"))  # type: ignore[misc]


def _schema(name: str) -> str:
    models: dict[str, type[BaseModel]] = {
        "calendar.schema.json": CalendarData,
        "rules.schema.json": PublishedRules,
        "changes.schema.json": ChangeFile,
        "statistics.schema.json": PublishedStatistics,
        "figures.schema.json": Figures,
    }
    # Only the one asked for: a schema takes as long as a hundred pages.
    if name in models:
        schema = models[name].model_json_schema(mode="serialization")
    elif name == "supervision.schema.json":
        schema = dict(ruleset_json_schema())
    elif name == "suggest.schema.json":
        schema = dict(_SUGGEST_SCHEMA)
    else:
        schema = json_schema(name.removesuffix(".schema.json"))
    return json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


class _Once:
    """The record of an item, made once for the two files that hold it: they come one after the other."""

    _latest: ClassVar[tuple[_Once, str] | None] = None

    def __init__(self, portal: Portal, shown: Shown, units: dict[str, str]) -> None:
        self._arguments = portal, shown, units

    def __call__(self) -> str:
        latest = _Once._latest
        if latest is not None and latest[0] is self:
            return latest[1]
        text = _record(*self._arguments)
        _Once._latest = self, text
        return text


def _record(portal: Portal, shown: Shown, units: dict[str, str]) -> str:
    version = shown.summary.version_hash
    return to_json(record(shown.item, shown.department, units, portal.codes, shown.address, version))


def _past(portal: Portal, item: Item, units: dict[str, str]) -> str:
    made: ItemRecord = record(
        item, portal.departments[item.department], units, portal.codes, f"/items/{item.code}/"
    )
    return to_json(made)


_SUGGEST_SCHEMA: dict[str, object] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Type-ahead list",
    "description": "items: [name, code, department, limit, pinyin initials, plain names]",
    "type": "object",
    "required": ["items"],
    "properties": {"items": {"type": "array", "items": {"type": "array", "minItems": 6, "maxItems": 6}}},
}


def suggest(portal: Portal) -> str:
    """`suggest.json`: one short row an item, popular ones first, for type-ahead and a portal without handlers."""
    ordered = sorted(portal.visible, key=lambda each: not each.summary.popular)
    rows = []
    for shown in ordered:
        item = shown.summary
        limit = "当场办结" if item.immediate else item.promised or ""
        rows.append(
            [
                item.name,
                item.code,
                shown.department.short_name,
                limit,
                shown.initials,
                list(item.plain_names),
            ]
        )
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    lines = ",\n".join([encode(row) for row in rows])
    return '{"items":[\n' + lines + "\n]}\n"


def catalog_output(portal: Portal, version: str) -> Output:
    """`data/catalog.json`, written after everything it speaks of."""

    def make() -> str:
        items = sorted(
            portal.items,
            key=lambda each: (each.department.order, each.summary.department, each.summary.code),
        )
        return to_json(
            Catalog(
                version=version,
                county=portal.county,
                departments=tuple(portal.departments.values()),
                units=tuple(portal.reading.units),
                items=tuple(each.summary for each in items),
            )
        )

    return Output("data/catalog.json", fingerprint(portal.stamp, version), make)
