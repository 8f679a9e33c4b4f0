"""Consistency between files: codes and addresses used once, units that form a tree, departments that exist."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from catalog.codes import Codes
from catalog.problems import Problem
from catalog.reader import DEPARTMENT_FILE, Loaded, Reading
from catalog.yaml_text import Document, parse_yaml
from rules.identifiers import is_credit_code


def check_files(reading: Reading, codes: Codes) -> Iterator[Problem]:
    """All findings that need more than one item."""
    yield from _duplicate_codes(reading)
    yield from _duplicate_addresses(reading)
    yield from _departments(reading, codes)
    yield from _units(reading)
    yield from _county(reading)


def _line(loaded: Loaded, field: str) -> int:
    return parse_yaml(loaded.path.read_bytes()).line((field,))


def _duplicate_codes(reading: Reading) -> Iterator[Problem]:
    by_code: dict[str, list[Loaded]] = defaultdict(list)
    for loaded in reading.items:
        by_code[loaded.item.code].append(loaded)
    for code, same in by_code.items():
        for loaded in same[1:]:
            other = reading.root.shown(same[0].path)
            yield Problem(
                reading.root.shown(loaded.path),
                _line(loaded, "code"),
                "code",
                f"实施编码 {code} 已用在 {other}，请另给编码",
                "error",
                "code-duplicate",
            )


def _duplicate_addresses(reading: Reading) -> Iterator[Problem]:
    seen: dict[tuple[str, str], Loaded] = {}
    for loaded in reading.items:
        first = seen.setdefault((loaded.item.department, loaded.slug), loaded)
        if first is not loaded:
            other = reading.root.shown(first.path)
            said = f"与 {other} 的部门和文件名都相同，网页地址会冲突，请改文件名"
            yield Problem(reading.root.shown(loaded.path), 0, "", said, "error", "address-duplicate")


def _departments(reading: Reading, codes: Codes) -> Iterator[Problem]:
    words: dict[str, str] = {}
    for department in reading.departments.values():
        path = reading.root.items / department.id / DEPARTMENT_FILE
        document = parse_yaml(path.read_bytes()) if path.is_file() else Document(None)
        shown = reading.root.shown(path)

        def problem(
            field: str, said: str, rule: str, document: Document = document, shown: str = shown
        ) -> Problem:
            return Problem(shown, document.line((field,)), field, said, "warning", rule)

        if not is_credit_code(department.credit_code):
            yield problem("credit_code", "统一社会信用代码的校验位不对，请核对", "credit-code")
        if department.nature not in codes["agency-nature"]:
            yield problem("nature", f"实施主体性质代码表里没有 {department.nature}", "code-table")
        if department.number_word in words:
            said = f"文书字号用字与 {words[department.number_word]} 相同，两个部门的文书会重号"
            yield problem("number_word", said, "number-word")
        words.setdefault(department.number_word, department.name)
        if department.phone and department.phone == department.supervision_phone:
            yield problem("supervision_phone", "监督电话与咨询电话相同", "phones-same")


def _units(reading: Reading) -> Iterator[Problem]:
    path = reading.root.content / "units.yml"
    shown = reading.root.shown(path)
    document = parse_yaml(path.read_bytes()) if path.is_file() else Document([])
    rows = document.value if isinstance(document.value, list) else []
    places = {row.get("id"): index for index, row in enumerate(rows) if isinstance(row, dict)}
    for unit in reading.units:
        if unit.id not in places:
            continue
        line = document.line((places[unit.id],))
        if unit.parent is None and unit.kind != "county":
            yield Problem(shown, line, "parent", f"{unit.name}没有写上级单位（parent）", "error", "unit-tree")
        elif unit.parent is not None and unit.parent not in reading.units:
            said = f"{unit.name}的上级单位 {unit.parent} 不存在"
            yield Problem(shown, line, "parent", said, "error", "unit-tree")
        elif _in_circle(unit.id, reading):
            said = f"{unit.name}的上级绕了一圈又回到自己"
            yield Problem(shown, line, "parent", said, "error", "unit-tree")
        known = reading.departments.keys() | reading.unread
        if unit.department is not None and unit.department not in known:
            said = f"{unit.name}所属的部门 {unit.department} 不存在"
            yield Problem(shown, line, "department", said, "warning", "unit-department")


def _in_circle(start: str, reading: Reading) -> bool:
    current, steps = reading.units.tree.parents.get(start), 0
    while current is not None and current != start and steps <= len(reading.units):
        current, steps = reading.units.tree.parents.get(current), steps + 1
    return current is not None


def _county(reading: Reading) -> Iterator[Problem]:
    if reading.county.centre not in reading.units:
        line = parse_yaml(reading.root.county.read_bytes()).line(("centre",))
        said = f"单位表里没有编号为 {reading.county.centre} 的政务服务中心"
        yield Problem("county.yml", line, "centre", said, "warning", "unit-unknown")
