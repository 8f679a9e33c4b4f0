"""Properties of what people write: forms and answers, drafts, YAML of every kind, tables to import; never a traceback."""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT
from hypothesis import strategies as st
from pydantic import ValidationError

from catalog.answer_values import Wrong, read_value
from catalog.application_form import ApplicationForm, ApplicationSection, FileAnswer, validate_answers
from catalog.calendars import read_calendars
from catalog.codes import load_codes
from catalog.county import County
from catalog.elements import load_elements
from catalog.form_schema import FormField
from catalog.import_report import Report
from catalog.importing import import_file
from catalog.mapping import Mapping
from catalog.patterns import repeats_within_repeats
from catalog.problems import Problem
from catalog.reader import item_from_yaml
from catalog.supervision import read_rules
from catalog.yaml_text import parse_yaml
from handlers.apply_draft import Filling, _filling, _json
from rules.errors import HallError
from tests.attacks import TEXTS
from tests.catalog_fixtures import TODAY
from tests.property_lengths import holds_for, lengths

CODES, ELEMENTS = load_codes(), load_elements()
ANY_TEXT = st.one_of(
    st.text(max_size=40), st.sampled_from(TEXTS), st.from_regex(r"[-+]?[0-9,.]{0,40}", fullmatch=True),
    st.from_regex(r"[0-9]{1,5}[-/.年][0-9]{1,3}[-/.月][0-9]{1,3}日?", fullmatch=True),
    st.sampled_from(["yes", "no", "1", "a", "2026-02-30", "１２３", "9" * 400, "990121199003070010", "0000-5550999"]),
)  # fmt: skip
KINDS = (
    "text", "multiline", "id_number", "credit_code", "phone", "email", "date", "money", "integer", "number", "address",
    "choice", "several", "yes_no", "table", "file", "declaration",
)  # fmt: skip
PATTERNS = st.sampled_from(
    [None, "[0-9]{3}", "^a*$", "(x|y)+", "\\d{4}-\\d{2}", "(a+)+$", "(", "[\u4e00-\u9fff]+", ".*.*.*z"]
)


def fields(inside: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    """Field definitions as a department might write them; most fit their type, some do not."""
    kinds = [each for each in KINDS if not inside or each not in ("table", "file", "declaration")]

    @st.composite
    def one(draw: st.DrawFn) -> dict[str, Any]:
        kind = draw(st.sampled_from(kinds))
        found: dict[str, Any] = {
            "id": draw(st.sampled_from(["a", "b", "c", "d"])), "label": "问题", "type": kind, "required": draw(st.booleans()),
            "pattern": draw(PATTERNS), "max_length": draw(st.sampled_from([None, 1, 10, 10_000, 0])),
            "minimum": draw(st.sampled_from([None, None, 0, -1.5, "2026-01-01", "1e400", "NaN"])),
            "maximum": draw(st.sampled_from([None, None, 10, "2026-12-31", "Infinity"])),
            "min_rows": draw(st.integers(0, 3)), "max_rows": draw(st.integers(1, 3)),
        }  # fmt: skip
        if kind in ("choice", "several"):
            found["options"] = [{"value": "a", "label": "甲"}, {"value": "yes", "label": "乙"}]
        if kind == "table":
            found["columns"] = draw(st.lists(fields(inside=True), min_size=1, max_size=3))
        if draw(st.integers(0, 3)) == 0:
            word = draw(st.sampled_from(["equals", "one_of", "filled"]))
            answer = {"equals": "yes", "one_of": ["a", "yes"], "filled": draw(st.booleans())}[word]
            found["when"] = {"field": draw(st.sampled_from(["a", "b", "zz"])), word: answer}
        return found

    return one()


@lengths(120, 20_000)
def test_any_form_takes_any_answers_as_valid_or_names_the_faults(examples: int) -> None:
    names = [
        *"abcdz",
        *(f"{table}.{row}.{column}" for table in "abcd" for row in (0, 1, 99) for column in "abc"),
    ]
    answers = st.dictionaries(
        st.one_of(st.sampled_from(names), st.text(max_size=8)), st.lists(ANY_TEXT, max_size=3), max_size=14
    )
    files = st.dictionaries(
        st.sampled_from([*"abcd"]),
        st.lists(
            st.builds(FileAnswer, st.just("f"), st.text(max_size=20), st.integers(0, 10**9)), max_size=3
        ),
        max_size=2,
    )

    def holds(
        given: list[dict[str, Any]], answers: dict[str, list[str]], files: dict[str, list[FileAnswer]]
    ) -> None:
        understood = []
        for each in given:
            try:
                understood.append(FormField.model_validate(each))
            except ValidationError:
                continue
        unique = tuple({each.id: each for each in understood}.values())
        form = ApplicationForm("x", "表", (ApplicationSection("part1", "一", unique),))
        found = validate_answers(form, answers, files)
        for name, sentence in found.errors.items():
            assert form.field(name.partition(".")[0]) is not None
            assert re.search("[\u4e00-\u9fff]", sentence)
        for name, value in found.values.items():
            assert form.field(name) is not None
            json.dumps(value, ensure_ascii=False).encode()
        again = {name: [value] for name, value in found.values.items() if isinstance(value, str)}
        twice = validate_answers(form, {**answers, **again}, files)
        assert {name: twice.values.get(name) for name in again} == {
            name: found.values[name] for name in again
        }

    holds_for(examples, holds, st.lists(fields(), min_size=1, max_size=5), answers, files)


@lengths(60, 5000)
def test_a_draft_comes_back_as_it_was_kept(examples: int) -> None:
    answers = st.dictionaries(st.text(max_size=12), st.lists(ANY_TEXT, max_size=3).map(tuple), max_size=8)
    files = st.dictionaries(
        st.text(max_size=8),
        st.lists(st.builds(FileAnswer, st.text(max_size=8), st.text(max_size=20), st.integers(0, 10**9)), max_size=3).map(tuple),
        max_size=3,
    )  # fmt: skip

    def holds(
        answers: dict[str, tuple[str, ...]], files: dict[str, tuple[FileAnswer, ...]], done: list[str]
    ) -> None:
        kept = Filling(key="k", answers=answers, files=files, done=tuple(done))
        assert _filling(json.loads(json.dumps(_json(kept)))) == kept

    holds_for(examples, holds, answers, files, st.lists(st.text(max_size=8), max_size=4))


SAMPLES = tuple(
    (ROOT / place).read_text(encoding="utf-8")
    for place in (
        "items/market/food-license.yml", "catalog/defaults/supervision/four-level.yml", "catalog/defaults/calendars/2026.yml",
        "county.yml",
    )
)  # fmt: skip
ODD = (
    "\t", ": ", "- ", "&a ", "*a", "<<: *a", "!!python/object:os.system", "!!binary x", "{", "]", "\x00", "\x85", "\u2028", "---\n",
    "? ", "|\n", "'", '"', "null", "~", "1e999", "0o777", "2026-02-30", "true", "\ufeff", "[" * 2000, "%YAML 9.9\n", "9" * 5000,
)  # fmt: skip


@st.composite
def spoiled(draw: st.DrawFn) -> str:
    """A file of ours in which somebody's hand slipped some times, or any YAML at all."""
    if draw(st.integers(0, 4)) == 0:
        scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10)
        keys = st.sampled_from(
            ["code", "name", "materials", "year", "holidays", "rules", "id", "form", "sections", "fields"]
        )
        value = draw(
            st.recursive(
                scalars,
                lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
                max_leaves=20,
            )
        )
        return str(yaml.safe_dump(value, allow_unicode=True))
    text = draw(st.sampled_from(SAMPLES))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(text)))
        gone = draw(st.integers(0, 30))
        text = text[:at] + draw(st.sampled_from(ODD) | st.text(max_size=5)) + text[at + gone :]
    return text


def told(problems: list[Problem], lines: int) -> None:
    for each in problems:
        assert 1 <= each.line <= lines + 1, each
        assert re.search("[\u4e00-\u9fff]", each.message), each
        assert len(str(each)) < 3000


@lengths(50, 5000)
def test_any_yaml_is_read_or_its_faults_are_named_with_their_lines(examples: int) -> None:
    folder = Path(tempfile.mkdtemp(prefix="yaml-"))

    def holds(text: str) -> None:
        lines = len(re.split("\r\n|[\r\n\x85\u2028\u2029]", text))
        problems: list[Problem] = []
        if item_from_yaml(text, "x.yml", problems) is None:
            assert problems
        told(problems, lines)
        content = text.encode("utf-8", "replace")
        for name, read in (("2026.yml", read_calendars), ("four-level.yml", read_rules)):
            (folder / name).unlink(missing_ok=True)
            (folder / name).write_bytes(content)
            told([each for each in read([folder]).problems if each.path.endswith(name)], lines)
            (folder / name).unlink()
        document = parse_yaml(content)
        if not document.faults:
            with suppress(ValidationError):
                County.model_validate(document.value)

    holds_for(examples, holds, spoiled())


@pytest.mark.parametrize("levels", [9, 60])
def test_aliases_that_multiply_are_named_and_not_followed(levels: int) -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{each}: &a{each} [{', '.join([f'*a{each - 1}'] * 9)}]" for each in range(1, levels)]
    started = time.process_time()
    document = parse_yaml("\n".join(rows))
    assert document.faults
    assert document.faults[0].line <= 3
    assert time.process_time() - started < 1
    assert parse_yaml("a: &a [*a]").faults


CELLS = st.one_of(
    ANY_TEXT, st.integers(), st.floats(), st.booleans(), st.none(), st.lists(st.text(max_size=6), max_size=3),
    st.sampled_from(["5个工作日", "行政许可", "http://x", "1.14E+30", "2026-13-45", "<b>x</b>", "一、甲；二、乙", "=1+1"]),
)  # fmt: skip
COLUMNS = ("编码", "名称", "类型", "部门", "时限", "材料", "多余")
TARGETS = (
    "code",
    "name",
    "type",
    "department",
    "promised",
    "statutory",
    "purpose",
    "remarks",
    "materials",
    "no.such",
    "url",
)


@st.composite
def mappings(draw: st.DrawFn) -> dict[str, Any]:
    fields = {
        "code": "编码",
        "name": "名称",
        "type": {"from": "类型", "values": {"行政许可": "01"}},
        "department": "部门",
    }
    for target in draw(st.sets(st.sampled_from(TARGETS), max_size=5)):
        rule: dict[str, Any] = {"from": draw(st.sampled_from(COLUMNS))}
        reading = draw(
            st.sampled_from([None, "limit", "phone", "money", "integer", "day", "lines", "list", "nonsense"])
        )
        if reading:
            rule["as"] = reading
        if draw(st.booleans()):
            rule["replace"] = [
                {
                    "pattern": draw(st.sampled_from(["x", "(", ".*", "\\s+"])),
                    "by": draw(st.sampled_from(["", "\\9", "y"])),
                }
            ]
        fields[target] = rule  # type: ignore[assignment]
    return {"name": "随机", "fields": fields}


@lengths(25, 3000)
def test_any_table_by_any_mapping_is_written_or_refused_row_by_row(examples: int) -> None:
    folder = Path(tempfile.mkdtemp(prefix="import-"))
    made = iter(range(10**9))

    def holds(mapping: dict[str, Any], rows: list[dict[str, Any]], kind: str) -> None:
        try:
            understood = Mapping.model_validate(mapping)
        except ValidationError:
            return
        number = next(made)
        source, into = folder / f"{number}.{kind}", folder / f"items-{number}"
        if kind == "csv":
            text = io.StringIO()
            writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(
                [{name: "" if value is None else value for name, value in row.items()} for row in rows]
            )
            source.write_text(text.getvalue(), "utf-8", "replace")
        else:
            source.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
        try:
            report: Report = import_file(source, understood, into, CODES, ELEMENTS, TODAY)
        except HallError:
            return
        assert report.items + len(report.rejected) == report.read
        for path in into.rglob("*.yml"):
            assert not parse_yaml(path.read_bytes()).faults, path

    tables = st.lists(st.dictionaries(st.sampled_from(COLUMNS), CELLS, max_size=7), max_size=4)
    holds_for(examples, holds, mappings(), tables, st.sampled_from(["csv", "jsonl"]))


# --- no answer keeps a worker ---


def test_a_megabyte_of_blanks_in_one_answer_takes_no_time() -> None:
    field = FormField(id="a", label="店名")
    for raw in (
        "a" + " " * 1_000_000 + "b",
        " \n" * 500_000 + "x",
        "\t" * 1_000_000,
        "\u200b" * 300_000 + "x",
    ):
        started = time.process_time()
        with pytest.raises(Wrong):
            read_value(field, raw + "x" * 600)
        assert time.process_time() - started < 2
    assert read_value(field, " 一 \n\n  二\r\n三 ") == "一 二 三"


@pytest.mark.parametrize("pattern", [
    "(a+)+$", "(a*)*b", "(?:a|a)*b", "(\\d+-?)+x", "([a-z]+)*", "((ab)+c?)+d", ".*.*.*x", "(?=(a+)+)b", "(a{1,50}){5,}",
])  # fmt: skip
def test_a_pattern_that_may_never_end_is_refused_where_it_is_written(pattern: str) -> None:
    assert repeats_within_repeats(pattern)
    with pytest.raises(ValidationError, match="算不完"):
        FormField(id="a", label="问题", pattern=pattern)


@pytest.mark.parametrize("pattern", [
    "[0-9]{12,25}", r"^\d{4}-\d{6}-\d{2}-\d{2}-\d{6}$", "^[A-HJ-NPR-Z0-9]{17}$", r"(?:\d{4}-){3}\d{4}", r"[0-9A-Za-z()（）\-]{4,40}",
    "(?:京|津)[A-Z][0-9A-Z]{5,6}", r"\d+(?:\.\d{1,2})?", "(?:甲|乙|丙)+",
])  # fmt: skip
def test_patterns_as_departments_write_them_are_taken(pattern: str) -> None:
    assert not repeats_within_repeats(pattern)
