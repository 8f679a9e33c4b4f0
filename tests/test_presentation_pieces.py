"""Pieces made without a template are what the templates' own macros say, and escape as they do."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from markupsafe import Markup

from catalog.form_schema import FieldType, FormField
from presentation.body_templates import templates
from presentation.pieces import facts, flow, rows
from presentation.view import Fact, FlowStep
from rules.calendar import WorkCalendar
from rules.deadline import due
from rules.pause import Unit

HOSTILE = '"><script>alert(1)</script>'


def test_rows_without_a_value_are_left_out_and_zero_is_a_value() -> None:
    assert (
        rows([("甲", None), ("乙", ""), ("丙", 0)])
        == '<dl class="rows">\n<div><dt>丙</dt><dd>0</dd></div>\n</dl>'
    )


def test_what_is_html_already_stays_so() -> None:
    assert "<dd><b>好</b></dd>" in rows([("甲", Markup("<b>好</b>"))])


@pytest.mark.parametrize(
    "made",
    [
        rows([(HOSTILE, HOSTILE)]),
        facts([Fact(HOSTILE, HOSTILE, HOSTILE)]),
        flow([FlowStep(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE)]),  # type: ignore[arg-type]
    ],
)
def test_nothing_a_department_writes_is_read_as_html(made: Markup) -> None:
    assert "<script" not in made


@pytest.mark.parametrize("kind", ["id_number", "credit_code"])
def test_a_number_pasted_with_blanks_is_not_cut_by_the_browser(kind: FieldType) -> None:
    form = templates().get_template("macros/form.html").module
    made = form.field(FormField(id="number", label="号码", type=kind))  # type: ignore[attr-defined]
    cut = re.search(r'maxlength="(\d+)"', made)
    assert cut is not None
    assert int(cut[1]) >= len(" ".join("990121199003070010"))


@pytest.mark.parametrize(
    ("kind", "known"), [("phone", "tel"), ("email", "email"), ("address", "street-address")]
)
def test_the_browser_fills_in_only_what_it_knows_of_the_person_who_is_asked(
    kind: FieldType, known: str
) -> None:
    form = templates().get_template("macros/form.html").module
    asked = FormField(id="reach", label="怎么联系", type=kind)
    rows = FormField(id="others", label="其他人", type="table", max_rows=3, columns=(asked,))
    assert f'autocomplete="{known}"' in form.field(asked, own=True)  # type: ignore[attr-defined]
    for made in (form.field(asked), form.field(rows, own=True)):  # type: ignore[attr-defined]
        assert 'autocomplete="off"' in made
        assert f'autocomplete="{known}"' not in made


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        ("workday", "当天不算，法定节假日和周末不算，调休上班的周末算。"),
        ("day", "当天不算，周末和节假日也算；最后一天遇休息日，顺延到下一个工作日。"),
    ],
)
def test_a_due_day_is_explained_in_the_unit_it_is_counted_in(unit: Unit, said: str) -> None:
    start = date(2026, 3, 2)
    counted = due(start, 20, unit, WorkCalendar())
    parts = templates().get_template("macros/parts.html").module
    made = parts.trace(counted.trace, counted.due, start, "二十天", unit=unit)  # type: ignore[attr-defined]
    assert said in made
    # As the rules count: twenty days after 2 March end on a Sunday.
    assert counted.due == date(2026, 3, 30 if unit == "workday" else 23)


def test_every_page_that_tells_a_due_days_length_tells_the_unit_it_is_counted_in() -> None:
    folder = Path(__file__).parents[1] / "handlers" / "templates"
    calls = [
        call
        for path in folder.rglob("*.html")
        for call in re.findall(r"parts\.trace\(.*?\) }}", path.read_text("utf-8"))
    ]
    told = [call for call in calls if ".unit" in call or ".length" in call]
    assert len(told) >= 8
    assert [call for call in told if "unit=" not in call] == []


def test_macros_of_the_same_name_give_the_same() -> None:
    parts = templates().get_template("macros/parts.html").module
    steps = (FlowStep("受理", "窗口人员", "当场", "材料不齐一次告知", "now"), FlowStep("送达"))
    assert parts.flow(steps) == flow(steps)  # type: ignore[attr-defined]
    assert 'class="is-now" aria-current="step"' in flow(steps)
    assert parts.rows([("甲", 1)]) == rows([("甲", 1)])  # type: ignore[attr-defined]
    assert parts.facts([Fact("费用", "不收费")]) == facts([Fact("费用", "不收费")])  # type: ignore[attr-defined]
