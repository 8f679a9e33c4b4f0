"""Consistency of materials, review steps and the online form: what the application page and the desk rely on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from unicodedata import normalize

from catalog.answer_values import Wrong, read_value
from catalog.application_form import PAPER_PREFIX, RESERVED_IDS, RESERVED_PREFIX
from catalog.consistency import Context, Finding, Rule, binding, rule
from catalog.form_schema import Condition, FormField
from catalog.sample_answers import option_value
from catalog.schema import Item
from catalog.yaml_text import FieldPath

_FORM_NAME = re.compile(
    r"(申请|登记|备案|申报|报名|审批|变更|注销|信息|情况|审核)[^,。]{0,6}(表|书)(\([^)]*\))?$"
)
_NUMERIC = ("money", "integer", "number")


@rule("material", "材料的条件、形式和份数")
def material(item: Item, _context: Context) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for index, each in enumerate(item.materials):
        here: FieldPath = ("materials", index)
        if each.necessity == "conditional" and not each.condition:
            yield Finding(
                (*here, "necessity"),
                f"“{each.name}”是有条件才交的，请写明什么情况下要交（condition）",
                "error",
            )
        if each.when and each.necessity == "required":
            yield Finding((*here, "when"), f"“{each.name}”按回答判断要不要交，necessity 应写 conditional")
        if "original" in each.forms and each.originals == 0 and not each.exempt:
            yield Finding((*here, "originals"), f"“{each.name}”要原件，请写份数（originals）")
        if "copy" in each.forms and each.copies == 0 and not each.exempt:
            yield Finding((*here, "copies"), f"“{each.name}”要复印件，请写份数（copies）")
        material_id = item.material_id(index)
        if material_id in seen:
            first = item.materials[seen[material_id]].name
            yield Finding(here, f"材料编号 {material_id} 与“{first}”重复，请另起一个 id", "error")
        seen[material_id] = index


@rule("material-shared", "政府部门已有的材料不让申请人交")
def material_shared(item: Item, _context: Context) -> Iterator[Finding]:
    for index, each in enumerate(item.materials):
        if each.source == "government" and not each.exempt and each.necessity == "required":
            said = f"“{each.name}”由政府部门核发，能共享核验的请写 exempt: true，不能的在 note 里说明"
            if not each.note:
                yield Finding(("materials", index, "source"), said)


@rule("material-standard", "材料有受理标准、空白表和样例")
def material_standard(item: Item, _context: Context) -> Iterator[Finding]:
    bare = [each.name for each in item.materials if not each.standard and not each.exempt]
    if bare:
        yield Finding(("materials",), f"没有写受理标准（standard）：{_listed(bare)}")
    forms = [
        each for each in item.materials if _FORM_NAME.search(normalize("NFKC", each.name)) and not each.exempt
    ]
    blank = [each.name for each in forms if not each.blank_form]
    if blank:
        yield Finding(("materials",), f"像是表格，没有空白表（blank_form）：{_listed(blank)}")
    unsampled = [each.name for each in forms if each.blank_form and not each.sample]
    if unsampled:
        yield Finding(("materials",), f"有空白表，没有填写样例（sample）：{_listed(unsampled)}")


def _listed(names: list[str]) -> str:
    shown = "、".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} 等 {len(names)} 项"


@rule("file-missing", "引用的文件存在")
def file_missing(item: Item, context: Context) -> Iterator[Finding]:
    named: list[tuple[FieldPath, str]] = []
    for index, each in enumerate(item.materials):
        named += [
            (("materials", index, field), value)
            for field, value in (("blank_form", each.blank_form), ("sample", each.sample))
            if value
        ]
    if item.result and item.result.sample:
        named.append((("result", "sample"), item.result.sample))
    for path, value in named:
        if value == "form":
            if item.form is None:
                yield Finding(path, "写了 form（由网上表单生成），但事项没有网上申请表", "error")
        elif re.match(r"https?://", value):
            continue
        elif value.startswith("/") or ".." in value.split("/"):
            yield Finding(path, "文件路径要从部门的文件夹写起，不能用 / 开头或 ..", "error")
        elif not context.has_file(value):
            yield Finding(path, f"找不到文件 {value}：应放在部门的文件夹里", "error")


@rule("steps", "审查环节有人决定，时限合得拢")
def steps(item: Item, _context: Context) -> Iterator[Finding]:
    if item.accepts_online and not item.steps:
        yield Finding(("steps",), "能网上申请的事项要写审查环节（steps），否则收到的申请没有人办", "error")
    if item.steps and not any(step.role == "decider" for step in item.steps):
        yield Finding(("steps",), "审查环节里要有一个由审批负责人（decider）决定的环节", binding(item))
    total = sum(step.limit or 0 for step in item.steps)
    if item.promised and item.promised.unit == "workday" and total > item.promised.days:
        said = f"各环节时限加起来 {total} 个工作日，超过承诺的 {item.promised.days} 个工作日"
        yield Finding(("steps",), said, binding(item))
    known = {each.name for each in item.special_procedures}
    for index, step in enumerate(item.steps):
        if step.special_procedure and step.special_procedure not in known:
            said = f"特别程序“{step.special_procedure}”不在 special_procedures 里"
            yield Finding(("steps", index, "special_procedure"), said, binding(item))


@rule("form-reserved", "表单字段不与固定字段重名")
def form_reserved(item: Item, _context: Context) -> Iterator[Finding]:
    materials = {item.material_id(index): each.name for index, each in enumerate(item.materials)}
    for path, each in _fields(item):
        if each.type == "file" and each.id in materials:
            said = f"编号 {each.id} 是材料“{materials[each.id]}”的，上传的文件会混在一起；请换编号"
            yield Finding((*path, "id"), said, "error")
        if each.id in RESERVED_IDS or each.id.startswith((RESERVED_PREFIX, PAPER_PREFIX)):
            said = (
                f"编号 {each.id} 已用于每张表都有的内容（申请人、材料、领取方式），不用再问；别的内容请换编号"
            )
            yield Finding((*path, "id"), said, "error")


@rule("form-condition", "条件引用的问题和回答都存在")
def form_condition(item: Item, _context: Context) -> Iterator[Finding]:
    before: dict[str, FormField] = {}
    for path, each in _fields(item):
        if each.when:
            yield from _condition((*path, "when"), each.when, before)
        for index, column in enumerate(each.columns):
            if column.when:
                row = {**before, **{other.id: other for other in each.columns[:index]}}
                yield from _condition((*path, "columns", index, "when"), column.when, row)
        before[each.id] = each
    for index, material_ in enumerate(item.materials):
        if material_.when:
            yield from _condition(("materials", index, "when"), material_.when, before)


def _condition(path: FieldPath, when: Condition, known: Mapping[str, FormField]) -> Iterator[Finding]:
    asked = known.get(when.field)
    if asked is None:
        yield Finding((*path, "field"), f"表单里（在它前面）没有编号为 {when.field} 的问题", "error")
        return
    wanted = (when.equals,) if when.equals is not None else (when.one_of or ())
    allowed = {option.value for option in asked.options}
    if asked.type in ("yes_no", "declaration"):
        allowed = {"yes", "no"}
    elif asked.type not in ("choice", "several"):
        return
    for value in wanted:
        if value not in allowed:
            said = f"“{asked.label}”没有 {value} 这个回答，可以是 {'、'.join(sorted(allowed))}"
            yield Finding(path, said, "error")


@rule("form-field", "字段的范围、选项和示例值合乎类型")
def form_field(item: Item, _context: Context) -> Iterator[Finding]:
    for path, each in _fields(item):
        yield from _field(path, each)
        for index, column in enumerate(each.columns):
            yield from _field((*path, "columns", index), column)
        ids = [column.id for column in each.columns]
        if len(set(ids)) != len(ids):
            yield Finding((*path, "columns"), "表格里列的编号有重复", "error")


def _field(path: FieldPath, each: FormField) -> Iterator[Finding]:
    kind = date if each.type == "date" else (Decimal if each.type in _NUMERIC else None)
    for bound in ("minimum", "maximum"):
        value = getattr(each, bound)
        if value is not None and (kind is None or not isinstance(value, kind)):
            needed = {date: "日期", Decimal: "数字"}.get(kind or object, "空的：这种类型没有大小")
            yield Finding((*path, bound), f"“{each.label}”的 {bound} 要是{needed}", "error")
            return
    values = [option.value for option in each.options]
    if len(set(values)) != len(values):
        yield Finding((*path, "options"), f"“{each.label}”的选项 value 有重复", "error")
    if each.sample and each.type not in ("file", "table", "several"):
        try:
            read_value(each, option_value(each, each.sample))
        except Wrong as wrong:
            yield Finding((*path, "sample"), f"示例值“{each.sample}”自己通不过检查：{wrong}")


def _fields(item: Item) -> Iterator[tuple[FieldPath, FormField]]:
    for number, section in enumerate(item.form.sections if item.form else ()):
        for index, each in enumerate(section.fields):
            yield ("form", "sections", number, "fields", index), each


RULES: tuple[Rule, ...] = (
    material,
    material_shared,
    material_standard,
    file_missing,
    steps,
    form_reserved,
    form_condition,
    form_field,
)
