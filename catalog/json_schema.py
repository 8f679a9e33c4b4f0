"""JSON Schema of an item's file, in Chinese, so that an editor completes and checks while one types."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from catalog.codes import Codes, load_codes
from catalog.labels import LABELS, MODELS, WORDS
from catalog.root import DEFAULTS, Root
from catalog.schema import Item

SCHEMA_NAME = "item.schema.json"
PACKAGED = DEFAULTS / SCHEMA_NAME

_TABLES = {
    "type": "item-type",
    "level": "level",
    "case_kind": "case-kind",
    "applicants": "applicant",
    "themes_personal": "theme-personal",
    "themes_business": "theme-business",
    "life_events": "life-event",
    "handling": "handling",
}


def item_schema(codes: Codes) -> dict[str, Any]:
    """The schema with this county's code tables as completions."""
    schema = Item.model_json_schema()
    definitions: dict[str, Any] = schema.get("$defs", {})
    for name, definition in {"Item": schema, **definitions}.items():
        labels = LABELS.get(name, {})
        definition["title"] = MODELS.get(name, name)
        definition.pop("description", None)
        for field, described in definition.get("properties", {}).items():
            _describe(described, labels.get(field))
    for field, table in _TABLES.items():
        _complete(schema["properties"][field], codes, table)
    schema["description"] = "一个事项一个文件。字段说明见把鼠标放在键上时的提示。"
    return {"$schema": "http://json-schema.org/draft-07/schema#", **_draft_7(schema)}


def _describe(described: dict[str, Any], label: str | None) -> None:
    described.pop("title", None)
    text = described.pop("description", None)
    said = ":".join(part for part in (label, text) if part)
    words = [f"{each} {WORDS[each]}" for each in _choices(described) if each in WORDS]
    if words:
        said += ("。" if said else "") + "、".join(words)
    if "$ref" in described:
        # Draft 7 ignores what stands beside a $ref.
        described["allOf"] = [{"$ref": described.pop("$ref")}]
    if said:
        described["description"] = said


def _choices(described: dict[str, Any]) -> list[str]:
    found = described.get("enum") or described.get("items", {}).get("enum") or []
    return [each for each in found if isinstance(each, str)]


def _complete(described: dict[str, Any], codes: Codes, table: str) -> None:
    known = codes[table]
    target = described["items"] if described.get("type") == "array" else described
    target["examples"] = list(known.codes)
    listed = "、".join(f"{code} {name}" for code, name in known.codes.items())
    described["description"] = f"{described.get('description', '')}({known.source}):{listed}"


def _draft_7(schema: dict[str, Any]) -> dict[str, Any]:
    """Pydantic writes 2020-12; editors' YAML servers know draft 7, which calls `$defs` definitions."""
    text = json.dumps(schema, ensure_ascii=False)
    turned: dict[str, Any] = json.loads(text.replace("#/$defs/", "#/definitions/"))
    if "$defs" in turned:
        turned["definitions"] = turned.pop("$defs")
    return turned


def schema_text(codes: Codes) -> str:
    """The schema as the file's text."""
    return json.dumps(item_schema(codes), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def write_packaged() -> Path:
    """The schema with the packaged code tables, committed beside them; a test fails when it is stale."""
    PACKAGED.write_text(schema_text(load_codes()), "utf-8")
    return PACKAGED


def write_into(root: Root) -> bool:
    """`items/item.schema.json` of a root, from its own code tables. Whether the file changed."""
    target = root.items / SCHEMA_NAME
    text = schema_text(load_codes(root))
    if target.is_file() and target.read_text("utf-8") == text:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".schema-")
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as out:
        out.write(text)
    os.chmod(temporary, 0o644)
    os.replace(temporary, target)
    return True
