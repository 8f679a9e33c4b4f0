"""Pieces made without a template are what the templates' own macros say, and escape as they do."""

from __future__ import annotations

import re

import pytest
from markupsafe import Markup

from catalog.form_schema import FieldType, FormField
from presentation.body_templates import templates
from presentation.pieces import facts, flow, rows
from presentation.view import Fact, FlowStep

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


def test_macros_of_the_same_name_give_the_same() -> None:
    parts = templates().get_template("macros/parts.html").module
    steps = (FlowStep("受理", "窗口人员", "当场", "材料不齐一次告知", "now"), FlowStep("送达"))
    assert parts.flow(steps) == flow(steps)  # type: ignore[attr-defined]
    assert 'class="is-now" aria-current="step"' in flow(steps)
    assert parts.rows([("甲", 1)]) == rows([("甲", 1)])  # type: ignore[attr-defined]
    assert parts.facts([Fact("费用", "不收费")]) == facts([Fact("费用", "不收费")])  # type: ignore[attr-defined]
