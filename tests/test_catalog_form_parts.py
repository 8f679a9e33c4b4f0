"""The whole form: fixed parts, kinds of applicants, agents, materials, delivery, samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from catalog.application_form import (
    ApplicationForm,
    FileAnswer,
    complete_form,
    validate_answers,
)
from catalog.codes import load_codes
from catalog.county import County
from catalog.yaml_text import parse_yaml
from rules.identifiers import with_credit_check
from tests.answers_fixtures import CREDIT_CODE, PERSON_ID
from tests.catalog_fixtures import COUNTY, make_item

COUNTY_MODEL = County.model_validate(parse_yaml(COUNTY).value)


CODES = load_codes()


# the whole form


PERSON_ANSWERS = {
    "applicant_kind": ["1"],
    "applicant_name": ["张示例"],
    "applicant_id_type": ["111"],
    "applicant_id_number": [PERSON_ID],
    "contact_name": ["张示例"],
    "contact_phone": ["0000-5550012"],
    "by_agent": ["no"],
    "area": ["80"],
    "kitchen": ["yes"],
    "delivery": ["window"],
    "truth": ["yes"],
}


PHOTO = {"material_m2": [FileAnswer("f1", "a.jpg", 10)]}


def whole(**changes: Any) -> ApplicationForm:
    return complete_form(make_item(**changes), COUNTY_MODEL, CODES)


def test_the_whole_form_has_the_fixed_parts_around_the_items_own() -> None:
    form = whole()
    assert [section.id for section in form.sections] == [
        "applicant",
        "agent",
        "part1",
        "materials",
        "delivery",
        "declaration",
    ]
    assert form.title == "示例许可申请表"
    result = validate_answers(form, PERSON_ANSWERS, PHOTO)
    assert result.errors == {}
    assert result.values["applicant_id_number"] == PERSON_ID
    assert "applicant_credit_code" not in result.values


def test_organisations_give_credit_code_and_representative_instead_of_an_id() -> None:
    answers = {**PERSON_ANSWERS, "applicant_kind": ["2"]}
    result = validate_answers(whole(), answers, PHOTO)
    assert set(result.errors) == {"applicant_credit_code", "legal_representative"}
    answers |= {
        "applicant_credit_code": [with_credit_check("91990121MA0000000")],
        "legal_representative": ["李示例"],
    }
    result = validate_answers(whole(), {**answers, "applicant_credit_code": [CREDIT_CODE]}, PHOTO)
    assert result.errors == {}
    assert "applicant_id_number" not in result.values


def test_one_kind_of_applicant_is_not_asked_but_recorded() -> None:
    form = whole(applicants=["1"])
    assert form.field("applicant_kind") is None
    assert validate_answers(form, PERSON_ANSWERS, PHOTO).values["applicant_kind"] == "1"
    only_firms = whole(applicants=["2"])
    assert only_firms.field("applicant_id_number") is None
    assert only_firms.field("applicant_credit_code").when is None


def test_papers_other_than_the_identity_card_are_plain_numbers() -> None:
    answers = {**PERSON_ANSWERS, "applicant_id_type": ["414"], "applicant_other_id": ["E12345678"]}
    result = validate_answers(whole(), answers, PHOTO)
    assert result.errors == {}
    assert "applicant_id_number" not in result.values
    assert result.values["applicant_other_id"] == "E12345678"


def test_agents_name_themselves_and_bring_their_authority() -> None:
    answers = {**PERSON_ANSWERS, "by_agent": ["yes"]}
    result = validate_answers(whole(), answers, PHOTO)
    assert set(result.errors) == {"agent_name", "agent_id_type", "agent_phone", "agent_authorisation"}


def test_an_authorisation_in_the_items_own_list_is_asked_once_and_only_of_agents() -> None:
    own = {
        "name": "授权委托书",
        "necessity": "conditional",
        "condition": "委托他人代办时",
        "standard": "签名",
    }
    form = whole(materials=[own])
    assert form.field("agent_authorisation") is None
    assert form.field("material_m1").when.field == "by_agent"
    assert form.field("material_m1_applies") is None
    assert validate_answers(form, PERSON_ANSWERS).ok


def test_materials_are_asked_as_their_rules_say() -> None:
    form = whole(
        materials=[
            {"name": "申请书", "blank_form": "form"},
            {"name": "营业执照", "exempt": True},
            {"name": "原件", "forms": ["original"], "originals": 1},
            {"name": "租赁合同", "id": "lease", "necessity": "conditional", "condition": "租房经营的"},
            {
                "name": "厨房图",
                "necessity": "conditional",
                "condition": "有厨房",
                "when": {"field": "kitchen", "equals": "yes"},
            },
            {"name": "其他", "necessity": "optional"},
        ]
    )
    section = form.section("materials")
    ids = [each.id for each in section.fields]
    assert ids == ["material_lease_applies", "material_lease", "material_m5", "material_m6"]
    assert [note.split("由")[0].split("不")[0] for note in section.notes] == ["申请书", "营业执照", "原件"]
    result = validate_answers(form, {**PERSON_ANSWERS, "material_lease_applies": ["yes"]})
    assert set(result.errors) == {"material_lease", "material_m5"}
    result = validate_answers(form, {**PERSON_ANSWERS, "material_lease_applies": ["no"], "kitchen": ["no"]})
    assert result.errors == {}


def test_uploads_never_exceed_what_the_county_takes() -> None:
    county = COUNTY_MODEL.model_copy(
        update={
            "settings": COUNTY_MODEL.settings.model_copy(
                update={"upload_megabytes": 5, "upload_types": ("pdf",)}
            )
        }
    )
    own = {"id": "plan", "label": "平面图", "type": "file"}
    item = make_item(form={"sections": [{"title": "页", "fields": [own]}]})
    form = complete_form(item, county, CODES)
    assert form.field("plan").accept == ("pdf",)
    assert form.field("plan").max_megabytes == 5
    assert form.field("material_m2").max_megabytes == 5


def test_a_courier_needs_an_address_and_a_single_way_is_not_asked() -> None:
    result = validate_answers(whole(), {**PERSON_ANSWERS, "delivery": ["courier"]}, PHOTO)
    assert set(result.errors) == {"courier_name", "courier_phone", "courier_address"}
    form = whole(result={"name": "证", "delivery": ["electronic"]})
    assert form.field("delivery") is None
    assert validate_answers(form, PERSON_ANSWERS, PHOTO).values["delivery"] == "electronic"


def test_one_page_can_be_checked_alone_with_conditions_seeing_the_whole() -> None:
    result = validate_answers(whole(), {"applicant_kind": ["1"]}, sections=["applicant"])
    assert "applicant_name" in result.errors
    assert not {"area", "truth", "by_agent"} & set(result.errors)
    assert validate_answers(whole(), {}, sections=["delivery"]).errors.keys() == {"delivery"}


def test_the_sample_items_own_samples_pass_their_forms(sample_root: Path) -> None:
    from catalog.reader import read
    from catalog.root import Root

    reading = read(Root(sample_root))
    online = [loaded.item for loaded in reading.items if loaded.item.form]
    assert online
    for item in online:
        form = complete_form(item, reading.county, CODES)
        ids = [each.id for each in form.fields()]
        assert len(set(ids)) == len(ids), item.name
