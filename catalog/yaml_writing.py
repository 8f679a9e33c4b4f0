"""Items and departments as the YAML a department would write: schema order, block style, safe quoting."""

from __future__ import annotations

from typing import Any

import yaml
from pydantic import BaseModel

from catalog.yaml_text import plain_resolvers

_Base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
SCHEMA_LINE = "# yaml-language-server: $schema=../item.schema.json"


class _Dumper(_Base):  # type: ignore[misc]
    """Quotes what YAML 1.1 or 1.2 would take for something else than text: `no`, `010`, `1e5`."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _both_schemas() -> dict[str, list[Any]]:
    table: dict[str, list[Any]] = {
        first: list(resolvers) for first, resolvers in _Base.yaml_implicit_resolvers.items()
    }
    for first, resolvers in plain_resolvers().items():
        table.setdefault(first, []).extend(resolvers)
    return table


_Dumper.yaml_implicit_resolvers = _both_schemas()


def _text(dumper: Any, value: str) -> yaml.Node:
    style = "|" if "\n" in value and not any(line != line.rstrip() for line in value.split("\n")) else None
    node: yaml.Node = dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)
    return node


_Dumper.add_representer(str, _text)


def yaml_text(value: BaseModel) -> str:
    """The model as YAML, keys in the schema's order, what is default left out."""
    plain = value.model_dump(mode="json", exclude_defaults=True, by_alias=True)
    text: str = yaml.dump(plain, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10**6)
    return text
