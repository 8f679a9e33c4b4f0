"""The sample county's items keep what they promise: basis, elements, samples, codes, phones, depth."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest

from catalog.application_form import ApplicationForm, FileAnswer, complete_form, validate_answers
from catalog.codes import Codes, load_codes
from catalog.elements import Elements, load_elements
from catalog.form_schema import Condition, FormField
from catalog.reader import Reading, read
from catalog.root import Root
from catalog.schema import Item
from catalog.yaml_text import parse_yaml
from rules.identifiers import (
    is_credit_code,
    is_resident_id,
    with_credit_check,
    with_organisation_check,
    with_resident_check,
)

ROOT = Path(__file__).parents[1]
FICTIONAL_DIVISION = "990121"
PLAIN = {
    "phone": "13900000000",
    "email": "name@example.com",
    "date": "2026-01-05",
    "money": "10000",
    "integer": "1",
    "number": "1",
    "yes_no": "no",
    "declaration": "yes",
}
# Half-width marks between or after Chinese characters, in a text people read.
HALF_WIDTH = re.compile(r"(?<=[\u4e00-\u9fff])[,;:?!()]|[,;:?!()](?=[\u4e00-\u9fff])")


@cache
def reading() -> Reading:
    return read(Root(ROOT), cache=False)


@cache
def codes() -> Codes:
    return load_codes(Root(ROOT))


@cache
def elements() -> Elements:
    return load_elements(Root(ROOT))


def item_files() -> list[Path]:
    return sorted(path for path in (ROOT / "items").glob("*/*.yml") if path.name != "department.yml")


def item_of(path: Path) -> Item:
    return next(loaded.item for loaded in reading().items if loaded.path == path)


def shown(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


each_item = pytest.mark.parametrize("path", item_files(), ids=shown)


def comments_of(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if line.startswith("#"))


def bases_without_article_or_note(item: Item, comments: str) -> list[str]:
    """Laws cited without an article whose file does not say in a comment how far they were checked."""
    missing = []
    for basis in item.legal_basis:
        name = re.sub(r"（.*?）", "", basis.law.removeprefix("中华人民共和国"))
        noted = name in comments or (basis.number is not None and basis.number in comments)
        if basis.article is None and not noted:
            missing.append(basis.law)
    return missing


def sample_answers(form: ApplicationForm) -> dict[str, list[str]]:
    """The filled sample as a browser would post it; what has no sample gets the plainest answer of its type."""
    answers = {name: [value] for name, value in form.constants.items()}
    for each in form.fields():
        if each.type == "several":
            answers[each.id] = [part.strip() for part in re.split(r"[,、|]", plain(each))]
        elif each.type == "table":
            answers |= {f"{each.id}.0.{column.id}": [plain(column)] for column in each.columns}
            for row in range(1, each.min_rows):
                answers |= {f"{each.id}.{row}.{column.id}": [plain(column)] for column in each.columns}
        elif each.type != "file":
            answers[each.id] = [plain(each)]
    return answers


def plain(field: FormField) -> str:
    if field.sample is not None:
        return field.sample
    if field.options:
        return field.options[0].value
    if field.type == "id_number":
        return with_resident_check(f"{FICTIONAL_DIVISION}19900307001")
    if field.type == "credit_code":
        return with_credit_check(f"91{FICTIONAL_DIVISION}{with_organisation_check('MA000000')}")
    return PLAIN.get(field.type, "按实际填写")


def refused_samples(item: Item) -> dict[str, str]:
    """What the form says against its own filled sample."""
    form = complete_form(item, reading().county, codes())
    files = {
        each.id: [FileAnswer(id="sample", name=f"示例.{(each.accept or ('pdf',))[0]}", size=1000)]
        for each in form.fields()
        if each.type == "file"
    }
    answers = sample_answers(form)
    validated = validate_answers(form, answers, files)
    return dict(validated.errors)


def strings_in(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key != "pattern":
                yield from strings_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings_in(inner)
    elif isinstance(value, str):
        yield value


def phones_in(value: object) -> list[str]:
    return [found for text in strings_in(value) for found in re.findall(r"(?<!\d)0\d{2,3}-\d{7,8}", text)]


def conditions_of(item: Item) -> Iterator[Condition]:
    if item.form is not None:
        yield from (f.when for s in item.form.sections for f in s.fields if f.when is not None)
    yield from (material.when for material in item.materials if material.when is not None)


def test_all_files_are_read_without_a_single_problem() -> None:
    assert len(item_files()) >= 70
    assert len(reading().items) == len(item_files())
    assert reading().errors == ()
    assert reading().warnings == ()


@each_item
def test_every_item_names_its_law_with_an_article_or_a_note(path: Path) -> None:
    item = item_of(path)
    assert item.legal_basis
    assert bases_without_article_or_note(item, comments_of(path.read_text("utf-8"))) == []


@each_item
def test_every_item_has_all_fourteen_elements(path: Path) -> None:
    assert len(elements().elements) == 14
    item = item_of(path)
    department = reading().departments[item.department]
    assert [element.name for element in elements().missing(item, department)] == []


@each_item
def test_every_filled_sample_would_be_accepted(path: Path) -> None:
    item = item_of(path)
    if item.form is not None:
        assert refused_samples(item) == {}


@each_item
def test_conditions_of_a_form_name_answers_that_can_be_given(path: Path) -> None:
    item = item_of(path)
    fields = {f.id: f for s in (item.form.sections if item.form else ()) for f in s.fields}
    for when in conditions_of(item):
        asked = fields[when.field]
        wanted = {*(when.one_of or ()), *([when.equals] if when.equals is not None else [])}
        possible = {o.value for o in asked.options} or {"yes", "no"}
        assert wanted <= possible, when


@each_item
def test_codes_are_built_from_the_department_and_the_basic_code(path: Path) -> None:
    item = item_of(path)
    department = reading().departments[item.department]
    assert item.code == f"{department.credit_code}{item.level}{item.basic_code}"
    assert re.fullmatch(rf"99{item.type}\d{{8}}", item.basic_code or "")


def test_codes_and_names_are_unique() -> None:
    for one, other in combinations(reading().items, 2):
        assert one.item.code != other.item.code, (one.path, other.path)
        assert one.item.name != other.item.name, (one.path, other.path)


@each_item
def test_phones_are_fictional_and_those_of_the_department(path: Path) -> None:
    item = item_of(path)
    department = reading().departments[item.department]
    assert item.contacts is not None
    assert item.contacts.enquiry == department.phone
    assert item.contacts.supervision == department.supervision_phone
    phones = phones_in(parse_yaml(path.read_text("utf-8")).value)
    assert phones
    assert [phone for phone in phones if not phone.startswith("0000-")] == []


@each_item
def test_numbers_of_people_and_bodies_belong_to_nobody(path: Path) -> None:
    text = path.read_text("utf-8")
    for number in re.findall(r"(?<![0-9A-Z])\d{17}[0-9X](?![0-9A-Z])", text):
        if is_resident_id(number):
            assert number.startswith(FICTIONAL_DIVISION), number
    for code in re.findall(r"(?<![0-9A-Z])[0-9A-Z]{18}(?![0-9A-Z])", text):
        if is_credit_code(code):
            assert code[2:8] == FICTIONAL_DIVISION, code


@each_item
def test_texts_people_read_have_full_width_marks(path: Path) -> None:
    text = path.read_text("utf-8")
    value = parse_yaml(text).value
    assert [said for said in strings_in(value) if HALF_WIDTH.search(said)] == []
    assert HALF_WIDTH.findall(comments_of(text)) == []


@each_item
def test_a_guide_is_reviewed_after_it_takes_effect(path: Path) -> None:
    item = item_of(path)
    assert item.effective_from is not None
    assert item.review_by is not None
    assert item.effective_from < item.review_by


def test_two_thirds_can_be_done_online_to_the_end_and_some_cannot() -> None:
    items = [loaded.item for loaded in reading().items]
    whole = [item for item in items if item.depth == 3 and item.form is not None]
    assert len(whole) * 3 >= len(items) * 2
    assert {item.depth for item in items} >= {1, 2, 3}


def test_every_life_event_leads_to_items_and_the_front_page_stays_short() -> None:
    items = [loaded.item for loaded in reading().items]
    for event in codes()["life-event"].codes:
        assert sum(event in item.life_events for item in items) >= 2, event
    assert 6 <= sum(item.popular for item in items) <= 14


def test_towns_take_applications_and_places_look_alike() -> None:
    items = [loaded.item for loaded in reading().items]
    units = {unit.id: unit for unit in reading().units}
    for town in (unit for unit in units.values() if unit.kind == "town"):
        assert sum(town.id in item.accepting_units for item in items) >= 5, town.name
    for place in (place for item in items for place in item.places):
        unit = units[place.unit] if place.unit is not None else None
        if unit is not None and unit.kind == "town":
            told = (place.name, place.address, place.hours, place.phone)
            assert told == (unit.name, unit.address, unit.hours, unit.phone)


def test_the_checks_can_fail() -> None:
    """A county that copies the test must see it fail when an item is wrong."""
    good = next(loaded.item for loaded in reading().items if loaded.item.name == "最低生活保障对象认定")
    bare = good.model_copy(
        update={"legal_basis": tuple(b.model_copy(update={"article": None}) for b in good.legal_basis)}
    )
    assert bases_without_article_or_note(bare, "# 没有说明") != []
    assert elements().missing(good.model_copy(update={"powers": None, "exercise": None})) != ()
    assert good.form is not None
    section = good.form.sections[1]
    spoilt = section.model_copy(
        update={"fields": (section.fields[0].model_copy(update={"sample": "不是数"}), *section.fields[1:])}
    )
    form = good.form.model_copy(update={"sections": (good.form.sections[0], spoilt, *good.form.sections[2:])})
    assert section.fields[0].id in refused_samples(good.model_copy(update={"form": form}))
    assert HALF_WIDTH.search("食品经营许可(新办)")
    assert not HALF_WIDTH.search("周一至周五 9:00–17:30（中午不休息）")
    assert phones_in({"a": ["打 010-12345678"]}) == ["010-12345678"]
