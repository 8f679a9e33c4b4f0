"""Code tables (GB/T 39046-2020 annex A and ours) as versioned data; a root may replace one by its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field, StringConstraints

from catalog.form_schema import Part, Text
from catalog.problems import Problem
from catalog.reader import read_model
from catalog.root import DEFAULTS, Root
from rules.quick_dataclass import dataclass

CodeText = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z\-]{1,40}$")]


class CodeTable(Part):
    """One table: codes in the order they are shown, each with the name people read."""

    name: Text
    source: Text
    version: Text
    codes: dict[CodeText, Text] = Field(min_length=1)

    def __contains__(self, code: object) -> bool:
        return code in self.codes

    def label(self, code: str) -> str:
        """The name of a code; an unknown code stands for itself."""
        return self.codes.get(code, code)

    def labels(self, codes: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self.label(code) for code in codes)

    def code_of(self, name: str) -> str | None:
        """The code whose name this is."""
        return next((code for code, each in self.codes.items() if each == name), None)


@dataclass(frozen=True, slots=True)
class Codes:
    """All tables by the name of their file: `codes["item-type"].label("01")`."""

    tables: Mapping[str, CodeTable]

    def __getitem__(self, table: str) -> CodeTable:
        return self.tables[table]

    def __iter__(self) -> Iterator[str]:
        return iter(self.tables)

    def label(self, table: str, code: str) -> str:
        """The name of a code in a table; an unknown code stands for itself."""
        return self.tables[table].label(code)


def load_codes(root: Root | None = None, problems: list[Problem] | None = None) -> Codes:
    """The packaged tables with the root's content/codes/ in their place.

    A faulty table of the root is reported to `problems` and the packaged one stays.
    """
    found: list[Problem] = [] if problems is None else problems
    tables: dict[str, CodeTable] = {}
    for path in sorted((DEFAULTS / "codes").glob("*.yml")):
        table = read_model(path, f"defaults/codes/{path.name}", CodeTable, found)
        if table:
            tables[path.stem] = table
    if root is not None and (root.content / "codes").is_dir():
        for path in sorted((root.content / "codes").glob("*.yml")):
            table = read_model(path, root.shown(path), CodeTable, found)
            if table:
                tables[path.stem] = table
    return Codes(tables)
