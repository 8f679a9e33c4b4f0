"""The rules of sense between fields and files: what a schema cannot see, each rule with an id and its sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date

from catalog.codes import Codes
from catalog.county import Department
from catalog.elements import Elements
from catalog.problems import Problem, Severity, in_order
from catalog.reader import Loaded, Reading
from catalog.schema import Item
from catalog.units import OrgTree
from catalog.yaml_text import FieldPath, field_text, parse_yaml
from rules.quick_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found in one item: where, what to do, how bad."""

    path: FieldPath
    message: str
    severity: Severity = "warning"


@dataclass(frozen=True, slots=True)
class Context:
    """What an item is checked against. `has_file`: whether a file lies beside the item or in content/;
    `unread`: departments that exist but could not be read.
    """

    departments: Mapping[str, Department]
    units: OrgTree
    codes: Codes
    elements: Elements
    today: date
    has_file: Callable[[str], bool] = lambda _name: True
    unread: frozenset[str] = frozenset()


Check = Callable[[Item, Context], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A check of one item under a stable id; `title` says what should hold."""

    id: str
    title: str
    check: Check


def rule(id_: str, title: str) -> Callable[[Check], Rule]:
    """Makes a generator of findings a Rule."""
    return lambda check: Rule(id_, title, check)


def binding(item: Item) -> Severity:
    """How bad a wrong limit, visit or step is.

    Where the hall itself takes cases they would be decided and supervised by it: an error. Where it only
    shows a guide it is a warning, because real published guides break these rules by the hundred.
    """
    return "error" if item.accepts_online else "warning"


def all_rules() -> tuple[Rule, ...]:
    """Every rule on single items, in the order they run."""
    from catalog import consistency_forms, consistency_items

    return (*consistency_items.RULES, *consistency_forms.RULES)


def check_item(item: Item, context: Context) -> Iterator[tuple[Rule, Finding]]:
    """All findings in one item."""
    for each in all_rules():
        for finding in each.check(item, context):
            yield each, finding


def check(reading: Reading, codes: Codes, elements: Elements, today: date) -> tuple[Problem, ...]:
    """All findings in a root: every item by every rule, and what only shows between files."""
    from catalog.consistency_files import check_files

    problems: list[Problem] = list(check_files(reading, codes))
    for loaded in reading.items:
        has_file = _files_beside(loaded, reading)
        context = Context(
            reading.departments, reading.units, codes, elements, today, has_file, reading.unread
        )
        findings = list(check_item(loaded.item, context))
        if findings:
            problems.extend(located(findings, loaded, reading))
    return in_order(problems)


def _files_beside(loaded: Loaded, reading: Reading) -> Callable[[str], bool]:
    folders = (loaded.path.parent, reading.root.content)

    def has_file(name: str) -> bool:
        return any((folder / name).is_file() for folder in folders)

    return has_file


def located(findings: Sequence[tuple[Rule, Finding]], loaded: Loaded, reading: Reading) -> Iterator[Problem]:
    """Findings with file and line. The file is parsed again only here: most items have nothing to report."""
    try:
        document = parse_yaml(loaded.path.read_bytes())
    except OSError:
        document = parse_yaml("")
    shown = reading.root.shown(loaded.path)
    for each, finding in findings:
        line = document.line(finding.path)
        yield Problem(shown, line, field_text(finding.path), finding.message, finding.severity, each.id)
