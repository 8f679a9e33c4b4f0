"""What a build loads, writes or compiles at its first use, done ahead by a process that waits for an edit."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel

from catalog.calendars import load_calendar
from catalog.codes import load_codes
from catalog.county import County, Department
from catalog.elements import load_elements
from catalog.problems import Problem
from catalog.reader import DEPARTMENT_FILE, read_model
from catalog.root import Root
from catalog.supervision import load_rules, rule_folders
from search_index import wait_for_edits

# Of an item's page: its QR code.
_ASKED_FOR = ("segno", "presentation.qr_parts", "gzip")


def warm(folder: str) -> None:
    """Blocks for a quarter of a second. What is built is read when it is built; of the root at `folder` only what its
    small files say is kept, by their content.
    """
    wait_for_edits()
    for module in _ASKED_FOR:
        importlib.import_module(module)
    for model in set(_models(BaseModel)):
        if not model.__pydantic_complete__ and model.__module__.partition(".")[0] in (
            "catalog",
            "site_builder",
        ):
            model.model_rebuild()
    problems: list[Problem] = []
    # Whatever is wrong here is told by the build itself.
    with suppress(Exception):
        root = Root(Path(folder))
        county = read_model(root.county, "county.yml", County, problems)
        load_codes(root, problems)
        for path in root.items.glob(f"*/{DEPARTMENT_FILE}"):
            read_model(path, path.name, Department, problems)
        load_calendar(root)
        load_elements(root, problems)
        if county is not None:
            settings = county.settings
            load_rules(rule_folders(root), settings.supervision_rules, settings.precision)


def _models(of: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for model in of.__subclasses__():
        yield model
        yield from _models(model)
