"""The elements a guide must show (十四要素), as data of the county, and which of them an item lacks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from catalog.county import Department
from catalog.form_schema import Part, Text
from catalog.problems import Problem
from catalog.reader import read_model
from catalog.root import DEFAULTS, Root
from catalog.schema import Item
from rules.errors import Unavailable

Where = Annotated[str, StringConstraints(pattern=r"^[a-z_]+(\.[a-z_]+)?(=[0-9A-Za-z\-]+)?$")]


class Element(Part):
    """One element: there when anything in `any_of` is filled; asked for only if `only_if` (when given) is."""

    id: Text
    name: Text
    any_of: tuple[Where, ...] = Field(min_length=1)
    only_if: tuple[Where, ...] = ()


class Elements(Part):
    """`elements.yml`."""

    name: Text
    source: Text
    version: Text
    elements: tuple[Element, ...] = Field(min_length=1)

    def missing(self, item: Item, department: Department | None = None) -> tuple[Element, ...]:
        """The elements that this item's guide lacks, in the list's order."""
        return tuple(
            each
            for each in self.elements
            if not _any(each.any_of, item, department)
            and (not each.only_if or _any(each.only_if, item, department))
        )


def load_elements(root: Root | None = None, problems: list[Problem] | None = None) -> Elements:
    """The root's content/elements.yml, else the packaged list; a faulty one is reported and passed over."""
    found: list[Problem] = [] if problems is None else problems
    own = root.content / "elements.yml" if root else None
    if root and own and own.is_file():
        elements = read_model(own, root.shown(own), Elements, found)
        if elements:
            return elements
    packaged = read_model(DEFAULTS / "elements.yml", "defaults/elements.yml", Elements, found)
    if packaged is None:
        raise Unavailable("安装包里的要素清单损坏，请重新安装县厅")
    return packaged


def _any(places: Iterable[str], item: Item, department: Department | None) -> bool:
    return any(_filled(place, item, department) for place in places)


def _filled(place: str, item: Item, department: Department | None) -> bool:
    path, _, wanted = place.partition("=")
    owner: BaseModel | None = item
    if path.startswith("department."):
        owner, path = department, path.removeprefix("department.")
    if owner is None:
        return False
    first, _, second = path.partition(".")
    value = getattr(owner, first, None)
    if second:
        rows = value if isinstance(value, tuple) else (value,)
        value = any(bool(getattr(row, second, None)) for row in rows)
    return str(value) == wanted if wanted else bool(value)
