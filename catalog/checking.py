"""Everything that can be said against a root before it is published, in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from catalog.calendars import calendar_folders, read_calendars
from catalog.codes import load_codes
from catalog.consistency import check
from catalog.delivery_reading import check_delivery
from catalog.elements import load_elements
from catalog.file_names import check_names
from catalog.permissions import load_permissions
from catalog.problems import Problem, in_order
from catalog.reader import Reading, parse_file, read
from catalog.root import Root
from catalog.scoring import check_scoring
from catalog.statistics import check_statistics
from catalog.supervision import check_supervision
from catalog.synonyms import load_synonyms
from rules.quick_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Checked:
    """What was read and all problems with it, reading's own included."""

    reading: Reading
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.is_error)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if not problem.is_error)


def check_root(root: Root, today: date, items_dirs: Sequence[Path] | None = None) -> Checked:
    """Reads a root and checks items, units, code tables, elements, calendars, supervision rules and
    scoring schemes with their examples, statistics, synonyms and every other YAML file of content/. Writes nothing but the item cache.
    """
    problems: list[Problem] = []
    reading = read(root, items_dirs)
    problems += reading.problems
    codes = load_codes(root, problems)
    elements = load_elements(root, problems)
    load_permissions(root, problems)
    problems += check(reading, codes, elements, today)
    problems += check_delivery(reading)
    calendars = read_calendars(calendar_folders(root), root)
    problems += calendars.problems
    problems += check_supervision(root, calendars.calendar)
    problems += check_scoring(root)
    problems += check_statistics(root)
    load_synonyms(root, problems)
    problems += _content(root, {problem.path for problem in problems})
    return Checked(reading, in_order(problems))


def _content(root: Root, reported: set[str]) -> list[Problem]:
    """Faults of text in YAML files that nobody above has read."""
    problems: list[Problem] = []
    if not root.content.is_dir():
        return problems
    problems += check_names(root, [root.content])
    for path in sorted((*root.content.rglob("*.yml"), *root.content.rglob("*.yaml"))):
        shown = root.shown(path)
        if shown not in reported and path.is_file():
            parse_file(path, shown, problems)
    return problems
