"""Each consistency rule both ways: silent on the good item, speaking when its one thing is broken."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from catalog.checking import check_root
from catalog.codes import load_codes
from catalog.consistency import Context, all_rules, check_item
from catalog.county import Department
from catalog.elements import Elements, load_elements
from catalog.problems import Problem
from catalog.schema import Item
from catalog.units import OrgTree, OrgUnit
from catalog.yaml_text import parse_yaml
from catalog.yaml_writing import yaml_text
from tests.catalog_fixtures import DEPARTMENT, GOOD, TODAY, UNITS, findings, make_item, make_root, write_item

CODES = load_codes()
UNIT_TREE = OrgTree({"centre": OrgUnit(id="centre", name="中心", kind="centre", parent="county")})


def context(today: date = TODAY, files: tuple[str, ...] = ()) -> Context:
    department = Department.model_validate(parse_yaml(DEPARTMENT).value)
    return Context(
        {"market": department}, UNIT_TREE, CODES, load_elements(), today, lambda name: name in files
    )


def said(item: Item, **kwargs: Any) -> list[tuple[str, str, str]]:
    return [
        (rule.id, ".".join(str(part) for part in finding.path), finding.severity)
        for rule, finding in check_item(item, context(**kwargs))
    ]


def material(**values: Any) -> dict[str, Any]:
    return {"materials": [{"name": "场所照片", "standard": "清楚", **values}]}


def form_with(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"form": {"sections": [{"title": "页", "fields": list(fields)}]}}


AREA = {"id": "area", "label": "面积", "type": "number"}
SHAPE = {
    "id": "shape",
    "label": "形状",
    "type": "choice",
    "options": [{"value": "round", "label": "圆"}, {"value": "flat", "label": "平"}],
}
NO_FORM = {
    "form": None,
    "materials": [{"name": "场所照片", "standard": "清楚"}],
    "online_url": "https://a.example",
}


def test_a_question_for_text_may_be_called_like_a_material() -> None:
    named = {**material(id="area"), **form_with(AREA)}
    assert "form-reserved" not in {rule for rule, _, _ in said(make_item(**named))}


def test_the_good_item_passes_every_rule() -> None:
    assert said(make_item()) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"type": "99", "basic_code": None}, ("code-table", "type", "error")),
        ({"handling": ["1", "2", "7"]}, ("code-table", "handling.2", "error")),
        ({"life_events": ["hobby"]}, ("code-table", "life_events.0", "error")),
        ({"code": "990123001001", "basic_code": None}, ("code-structure", "code", "warning")),
        ({"basic_code": "990123001009"}, ("code-structure", "code", "warning")),
        ({"code": "11990121MB0000239C4990123001001"}, ("code-structure", "code", "warning")),
        ({"code": "ABC-123", "basic_code": None}, ("code-structure", "code", "warning")),
        ({"business_code": "1234"}, ("code-structure", "business_code", "warning")),
        ({"joint_departments": ["nobody"]}, ("unit-unknown", "joint_departments.0", "error")),
        ({"accepting_units": ["nowhere"]}, ("unit-unknown", "accepting_units.0", "error")),
        ({"case_kind": "1"}, ("limit-immediate", "promised.days", "error")),
        (
            {"promised": {"days": 0}, "steps": [{"id": "d", "name": "审批", "role": "decider", "limit": 0}]},
            ("limit-immediate", "case_kind", "error"),
        ),
        ({"promised": None}, ("limit-immediate", "promised", "warning")),
        ({"promised": None, "statutory": None}, ("limit-immediate", "promised", "error")),
        ({"promised": {"days": 21}}, ("limit-statutory", "promised.days", "error")),
        ({"visits": {"count": 1}}, ("visits-reason", "visits", "warning")),
        ({"visits": {"count": 2, "reason": "查验"}}, ("visits-depth", "visits.count", "error")),
        ({"depth": 2, "visits": {"count": 3, "reason": "查验"}}, ("visits-depth", "visits.count", "error")),
        ({**NO_FORM, "handling": ["1"], "courier": False}, ("visits-none", "handling", "warning")),
        ({**NO_FORM, "online_url": None}, ("depth-form", "depth", "warning")),
        ({"depth": 1}, ("depth-form", "depth", "warning")),
        ({"handling": ["1", "4"]}, ("depth-form", "handling", "warning")),
        ({"online_payment": True}, ("fee", "online_payment", "warning")),
        (
            {"fees": [{"name": "工本费", "standard": "10元", "basis": "某文", "reducible": True}]},
            ("fee", "fees.0.reducible", "warning"),
        ),
        (
            {"contacts": {"enquiry": "0000-5550146", "supervision": "0000 5550146"}},
            ("phones-same", "contacts.supervision", "warning"),
        ),
        (
            {"contacts": {"enquiry": "5550146", "supervision": "0000-5550147"}},
            ("phones-area", "contacts.enquiry", "warning"),
        ),
        (
            {"contacts": {"enquiry": "0000-5550146", "supervision": "未公布"}},
            ("phones-area", "contacts.supervision", "warning"),
        ),
        ({"applicants": ["2"]}, ("applicant-themes", "themes_personal", "warning")),
        ({"applicants": ["1"]}, ("applicant-themes", "themes_business", "warning")),
        ({"themes_business": []}, ("applicant-themes", "applicants", "warning")),
        ({"applicants": []}, ("applicant-themes", "applicants", "warning")),
        ({"faq": []}, ("permit", "faq", "warning")),
        ({"legal_basis": [{"law": "某法"}]}, ("permit", "legal_basis", "warning")),
        ({"legal_basis": []}, ("permit", "legal_basis", "error")),
        ({"result": None}, ("permit", "result", "error")),
        ({"powers": None, "exercise": None}, ("elements", "", "warning")),
        (
            {"legal_basis": [{"law": "《某法》", "article": "第一条"}]},
            ("legal-basis", "legal_basis.0.law", "warning"),
        ),
        ({"name": "非行政许可审批事项"}, ("legal-basis", "name", "warning")),
        ({"review_by": "2026-11-20"}, ("dates", "review_by", "warning")),
        ({"effective_to": "2026-11-20"}, ("dates", "effective_to", "warning")),
        (material(necessity="conditional"), ("material", "materials.0.necessity", "error")),
        (material(forms=["original"]), ("material", "materials.0.originals", "warning")),
        (material(forms=["copy"]), ("material", "materials.0.copies", "warning")),
        (
            {"materials": [{"name": "甲", "standard": "x", "id": "m2"}, {"name": "乙", "standard": "x"}]},
            ("material", "materials.1", "error"),
        ),
        (material(source="government"), ("material-shared", "materials.0.source", "warning")),
        ({"materials": [{"name": "场所照片"}]}, ("material-standard", "materials", "warning")),
        (
            {"materials": [{"name": "变更登记申请书（企业）", "standard": "填全"}]},
            ("material-standard", "materials", "warning"),
        ),
        (material(blank_form="files/blank.docx"), ("file-missing", "materials.0.blank_form", "error")),
        (material(sample="../other/x.pdf"), ("file-missing", "materials.0.sample", "error")),
        ({**NO_FORM, **material(blank_form="form")}, ("file-missing", "materials.0.blank_form", "error")),
        ({"steps": []}, ("steps", "steps", "error")),
        (
            {"steps": [{"id": "a", "name": "初审", "role": "reviewer", "limit": 1}]},
            ("steps", "steps", "error"),
        ),
        (
            {"steps": [{"id": "a", "name": "审批", "role": "decider", "limit": 11}]},
            ("steps", "steps", "error"),
        ),
        (
            {"steps": [{"id": "a", "name": "审批", "role": "decider", "special_procedure": "听证"}]},
            ("steps", "steps.0.special_procedure", "error"),
        ),
        (
            form_with({**AREA, "id": "contact_phone"}),
            ("form-reserved", "form.sections.0.fields.0.id", "error"),
        ),
        (
            form_with({**AREA, "id": "material_x"}),
            ("form-reserved", "form.sections.0.fields.0.id", "error"),
        ),
        (
            form_with({**AREA, "id": "paper_map_copies"}),
            ("form-reserved", "form.sections.0.fields.0.id", "error"),
        ),
        (
            {**material(id="photo"), **form_with(AREA, {"id": "photo", "label": "照片", "type": "file"})},
            ("form-reserved", "form.sections.0.fields.1.id", "error"),
        ),
        (
            form_with(SHAPE, {**AREA, "when": {"field": "shape", "equals": "square"}}),
            ("form-condition", "form.sections.0.fields.1.when", "error"),
        ),
        (
            material(necessity="conditional", condition="有时", when={"field": "nothing", "equals": "yes"}),
            ("form-condition", "materials.0.when.field", "error"),
        ),
        (
            material(necessity="conditional", condition="有时", when={"field": "kitchen", "equals": "是"}),
            ("form-condition", "materials.0.when", "error"),
        ),
        (
            form_with({"id": "born", "label": "生日", "type": "date", "minimum": "5"}),
            ("form-field", "form.sections.0.fields.0.minimum", "error"),
        ),
        (form_with({**AREA, "sample": "很大"}), ("form-field", "form.sections.0.fields.0.sample", "warning")),
        (
            form_with({**SHAPE, "options": [{"value": "a", "label": "甲"}, {"value": "a", "label": "乙"}]}),
            ("form-field", "form.sections.0.fields.0.options", "error"),
        ),
    ],
)
def test_a_broken_rule_speaks_of_that_field_alone(
    changes: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    # What is taken away is, besides, an element that the guide then lacks.
    spoken = [each for each in said(make_item(**changes)) if each[0] == expected[0] or each[0] != "elements"]
    assert spoken == [expected]


def test_limits_of_unlike_units_are_compared_by_weeks() -> None:
    assert said(make_item(promised={"days": 10}, statutory={"days": 14, "unit": "day"})) == []
    broken = said(make_item(promised={"days": 11}, statutory={"days": 14, "unit": "day"}))
    assert broken == [("limit-statutory", "promised.days", "error")]


@pytest.mark.parametrize(
    ("today", "expected"), [(date(2027, 6, 29), 0), (date(2027, 6, 30), 0), (date(2027, 7, 1), 1)]
)
def test_the_review_date_itself_is_still_in_time(today: date, expected: int) -> None:
    assert len(said(make_item(), today=today)) == expected


def test_guides_the_hall_only_shows_get_warnings_where_its_own_cases_get_errors() -> None:
    shown = said(make_item(**NO_FORM, promised={"days": 21}))
    assert shown == [("limit-statutory", "promised.days", "warning")]


def test_named_files_beside_the_item_are_found() -> None:
    assert said(make_item(**material(blank_form="blank.docx")), files=("blank.docx",)) == []


def test_suspended_items_are_not_told_of_passed_dates() -> None:
    item = make_item(status="suspended", review_by="2020-01-01", effective_to="2020-01-01")
    assert [rule for rule, _, _ in said(item) if rule == "dates"] == []


def test_every_rule_has_its_own_id_and_a_title() -> None:
    ids = [rule.id for rule in all_rules()]
    assert len(set(ids)) == len(ids)
    assert all(rule.title for rule in all_rules())


def test_elements_are_configurable_and_departments_may_show_them() -> None:
    item = Item(code="1234", name="某事", type="20", department="market")
    missing = {each.id for each in load_elements().missing(item)}
    assert {"legal_basis", "materials", "contacts", "place", "result"} <= missing
    department = Department.model_validate(parse_yaml(DEPARTMENT).value)
    assert not {"contacts", "place"} & {each.id for each in load_elements().missing(item, department)}
    own = Elements.model_validate(
        {
            "name": "x",
            "source": "x",
            "version": "1",
            "elements": [{"id": "a", "name": "甲", "any_of": ["faq"]}],
        }
    )
    assert [each.name for each in own.missing(item)] == ["甲"]
    assert len(load_elements().elements) == 14


def test_immediate_items_need_no_promised_limit() -> None:
    item = make_item(
        case_kind="1",
        promised={"days": 0},
        steps=[{"id": "d", "name": "审批", "role": "decider", "limit": 0}],
    )
    assert said(item) == []
    assert "limits" not in {
        each.id for each in load_elements().missing(make_item(case_kind="1", promised=None))
    }


def problems_of(root_folder: Path, *items: tuple[str, dict[str, Any]], **root: str) -> list[Problem]:
    made = make_root(root_folder, **root)
    for name, changes in items:
        write_item(made, name, "# 第一行\n" + yaml_text(make_item(**changes)))
    return list(findings(made)[1])


def test_a_code_used_twice_names_the_other_file_and_the_line(tmp_path: Path) -> None:
    problems = problems_of(tmp_path / "c", ("a", {}), ("b", {}))
    assert [str(problem) for problem in problems] == [
        "items/market/b.yml:2: code: 实施编码 11990121MB0000238C4990123001001 已用在 items/market/a.yml，请另给编码"
    ]


def test_findings_stand_at_the_line_of_the_field(tmp_path: Path) -> None:
    problems = problems_of(tmp_path / "c", ("a", {"visits": {"count": 1}, "contacts": GOOD["contacts"]}))
    text = (tmp_path / "c" / "items" / "market" / "a.yml").read_text("utf-8").split("\n")
    assert text[problems[0].line - 1].startswith("visits:")


def test_units_must_hang_together(tmp_path: Path) -> None:
    units = UNITS + (
        "- {id: a, name: 甲, kind: town, parent: nobody}\n"
        "- {id: b, name: 乙, kind: town, parent: c}\n"
        "- {id: c, name: 丙, kind: town, parent: b}\n"
        "- {id: d, name: 丁, kind: town}\n"
        "- {id: e, name: 戊, kind: window, parent: centre, department: nobody}\n"
    )
    problems = problems_of(tmp_path / "c", units=units)
    assert [(problem.line, problem.rule, problem.severity) for problem in problems] == [
        (3, "unit-tree", "error"),
        (4, "unit-tree", "error"),
        (5, "unit-tree", "error"),
        (6, "unit-tree", "error"),
        (7, "unit-department", "warning"),
    ]


def test_departments_with_a_wrong_credit_code_or_one_phone_are_told(tmp_path: Path) -> None:
    wrong = DEPARTMENT.replace("238C", "239C").replace("5550147", "5550146")
    problems = problems_of(tmp_path / "c", department=wrong)
    assert [(problem.field, problem.rule, problem.severity) for problem in problems] == [
        ("credit_code", "credit-code", "warning"),
        ("supervision_phone", "phones-same", "warning"),
    ]


def test_the_sample_county_has_no_errors(sample_root: Path) -> None:
    from catalog.root import Root

    assert [str(each) for each in check_root(Root(sample_root), TODAY).errors] == []


def test_content_yaml_that_nobody_else_reads_is_checked_too(tmp_path: Path) -> None:
    root = make_root(tmp_path / "c")
    (root.content / "disclosure").mkdir()
    (root.content / "disclosure" / "list.yml").write_text("a: [1\nb: 2\n", "utf-8")
    (root.content / "codes").mkdir()
    (root.content / "codes" / "level.yml").write_text(
        "name: 层级\nsource: 省\nversion: '1'\ncodes: {}\n", "utf-8"
    )
    problems = [str(problem) for problem in check_root(root, TODAY).errors]
    assert problems == [
        "content/codes/level.yml:4: codes: 至少要 1 项（现在是一组“键: 值”）",
        "content/disclosure/list.yml:2: YAML 格式有误（第 2 个字符附近）：方括号里少了逗号或右括号",
    ]
