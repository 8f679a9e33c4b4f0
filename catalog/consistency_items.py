"""Consistency of an item's own facts: identity and codes, limits, visits, fees, phones, themes, permits, dates."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalog.artifact import limit_text
from catalog.consistency import Context, Finding, Rule, binding, rule
from catalog.problems import Severity
from catalog.schema import Item, Limit
from catalog.yaml_text import FieldPath
from rules.identifiers import is_credit_code

PERMIT = "01"
ONLINE_HANDLING = frozenset({"2", "3", "4"})
PERSON = "1"
_AREA_CODE = re.compile(r"(0\d{2,3})[-—– ]?\d{3,8}.*|[48]00[-\d]{7,9}")
_WORKDAYS_A_WEEK, _DAYS_A_WEEK = 5, 7


@rule("code-table", "代码都在代码表里")
def code_table(item: Item, context: Context) -> Iterator[Finding]:
    single = (("type", "item-type"), ("level", "level"), ("case_kind", "case-kind"))
    for field, table in single:
        value = getattr(item, field)
        if value not in context.codes[table]:
            yield Finding((field,), _unknown(value, context, table), "error")
    several = (
        ("applicants", "applicant"),
        ("themes_personal", "theme-personal"),
        ("themes_business", "theme-business"),
        ("life_events", "life-event"),
        ("handling", "handling"),
    )
    for field, table in several:
        for index, value in enumerate(getattr(item, field)):
            if value not in context.codes[table]:
                yield Finding((field, index), _unknown(value, context, table), "error")


def _unknown(value: str, context: Context, table: str) -> str:
    known = context.codes[table]
    by_name = known.code_of(value)
    if by_name:
        return f'这里写代码，不写名称：“{value}”的代码是 "{by_name}"'
    listed = "、".join(f"{code} {name}" for code, name in list(known.codes.items())[:12])
    more = "……" if len(known.codes) > 12 else ""
    return f"{known.name}代码表里没有 {value}；可以是 {listed}{more}"


@rule("code-structure", "编码的结构和校验位")
def code_structure(item: Item, context: Context) -> Iterator[Finding]:
    basic = item.basic_code
    if basic and not re.fullmatch(r"[0-9]{11}[0-9Y]", basic):
        yield Finding(("basic_code",), "基本编码通常是 12 位数字（有子项的主项以 00Y 结尾），请核对")
    elif basic and basic[2:4] != item.type:
        yield Finding(("basic_code",), f"基本编码第 3、4 位 {basic[2:4]} 与事项类型 {item.type} 不同，请核对")
    if len(item.code) not in (31, 33):
        yield Finding(
            ("code",), f"实施编码通常是 31 位（机构代码 18 + 层级 1 + 基本编码 12），现在 {len(item.code)} 位"
        )
    else:
        if not is_credit_code(item.code[:18]):
            yield Finding(("code",), "实施编码前 18 位不是正确的统一社会信用代码，请核对")
        department = context.departments.get(item.department)
        if is_credit_code(item.code[:18]) and department and item.code[:18] != department.credit_code:
            yield Finding(("code",), f"实施编码前 18 位与{department.name}的信用代码不同，请核对")
        if basic and item.code[19:31] != basic:
            yield Finding(("code",), "实施编码第 20 至 31 位与基本编码不同，请核对")
    if item.business_code and not item.business_code.startswith(item.code):
        yield Finding(("business_code",), "业务办理项编码应是实施编码再加 2 位，请核对")


@rule("unit-unknown", "引用的部门和单位都存在")
def unit_unknown(item: Item, context: Context) -> Iterator[Finding]:
    for index, department in enumerate(item.joint_departments):
        if department not in context.departments and department not in context.unread:
            yield Finding(("joint_departments", index), f"没有编号为 {department} 的部门", "error")
    references: list[tuple[FieldPath, str]] = [
        (("accepting_units", index), unit) for index, unit in enumerate(item.accepting_units)
    ]
    references += [(("places", i, "unit"), place.unit) for i, place in enumerate(item.places) if place.unit]
    references += [(("steps", i, "unit"), step.unit) for i, step in enumerate(item.steps) if step.unit]
    for path, unit in references:
        if unit not in context.units and unit not in context.unread:
            yield Finding(path, f"单位表（content/units.yml）里没有编号为 {unit} 的单位", "error")


@rule("limit-immediate", "即办件当场办结，承诺件有时限")
def limit_immediate(item: Item, _context: Context) -> Iterator[Finding]:
    if item.immediate and item.promised and item.promised.days > 0:
        said = f"即办件应当场办结（days: 0），现在承诺 {limit_text(item.promised)}；不能当场办结请改为承诺件"
        yield Finding(("promised", "days"), said, binding(item))
    if not item.immediate and item.promised and item.promised.days == 0:
        yield Finding(("case_kind",), '承诺时限是 0，应写成即办件（case_kind: "1"）', binding(item))
    if not item.immediate and item.promised is None:
        severity: Severity = "error" if item.accepts_online and item.statutory is None else "warning"
        yield Finding(("promised",), "承诺件要写承诺办结时限", severity)


@rule("limit-statutory", "承诺时限不超过法定时限")
def limit_statutory(item: Item, _context: Context) -> Iterator[Finding]:
    if item.promised and item.statutory and _longer(item.promised, item.statutory):
        said = f"承诺时限 {limit_text(item.promised)} 超过了法定时限 {limit_text(item.statutory)}"
        yield Finding(("promised", "days"), said, binding(item))


def _longer(promised: Limit, statutory: Limit) -> bool:
    """Unlike units are compared by whole weeks: five working days to seven calendar days."""
    weights = {"workday": _DAYS_A_WEEK, "day": _WORKDAYS_A_WEEK}
    return promised.days * weights[promised.unit] > statutory.days * weights[statutory.unit]


@rule("visits-reason", "要到现场就说明原因")
def visits_reason(item: Item, _context: Context) -> Iterator[Finding]:
    if item.visits.count > 0 and not item.visits.reason:
        yield Finding(("visits",), f"要到现场 {item.visits.count} 次，请写明原因（reason）")


@rule("visits-none", "一次不跑要能网上或邮寄申请")
def visits_none(item: Item, _context: Context) -> Iterator[Finding]:
    if item.visits.count == 0 and not (ONLINE_HANDLING & set(item.handling) or item.courier):
        yield Finding(("handling",), "到现场 0 次，但没有网上或邮寄的办理形式；请补办理形式，或写实际次数")


@rule("visits-depth", "网上办事深度与到现场次数相符")
def visits_depth(item: Item, _context: Context) -> Iterator[Finding]:
    most = {3: 1, 2: 2}.get(item.depth)
    if most is not None and item.visits.count > most:
        said = f"网上办事深度 {item.depth} 级最多到现场 {most} 次，现在是 {item.visits.count} 次"
        yield Finding(("visits", "count"), said, binding(item))


@rule("depth-form", "深度 2 级以上有网上申请的入口")
def depth_form(item: Item, _context: Context) -> Iterator[Finding]:
    if item.depth >= 2 and item.form is None and not item.online_url:
        yield Finding(
            ("depth",),
            f"深度 {item.depth} 级要能网上申请：请写 form（网上申请表）或 online_url（其他系统的网址）",
        )
    if item.form is not None and item.depth < 2 and item.status == "in_force":
        yield Finding(
            ("depth",), f"写了网上申请表，但深度是 {item.depth} 级，网上不会开放申请；能网上申请请写 2 或 3"
        )
    if item.accepts_online and not {"2", "3"} & set(item.handling):
        yield Finding(("handling",), '开放了网上申请，办理形式里要有 "2"（电脑端网上办理）')


@rule("fee", "收费与减免、网上缴费相符")
def fee(item: Item, _context: Context) -> Iterator[Finding]:
    if item.online_payment and not item.fees:
        yield Finding(("online_payment",), "不收费的事项不用网上缴费，请删去 online_payment 或写明收费")
    for index, each in enumerate(item.fees):
        if each.reducible and not each.reduction:
            yield Finding(("fees", index, "reducible"), "可以减免的收费要写明减免情形（reduction）")
        if each.reduction and not each.reducible:
            yield Finding(("fees", index, "reduction"), "写了减免情形，reducible 就应是 true")


@rule("phones-same", "咨询电话与监督电话不同")
def phones_same(item: Item, _context: Context) -> Iterator[Finding]:
    if item.contacts is None:
        return
    enquiry, supervision = (
        re.sub(r"\D", "", each) for each in (item.contacts.enquiry, item.contacts.supervision)
    )
    if enquiry and enquiry == supervision:
        yield Finding(("contacts", "supervision"), "监督电话与咨询电话相同；投诉应由别的电话受理")


@rule("phones-area", "电话带区号")
def phones_area(item: Item, _context: Context) -> Iterator[Finding]:
    if item.contacts is None:
        return
    for field in ("enquiry", "supervision"):
        number = getattr(item.contacts, field)
        if not re.search(r"\d", number):
            yield Finding(("contacts", field), "没有写出电话号码，请补上（带区号）")
        elif not _AREA_CODE.match(number):
            yield Finding(
                ("contacts", field), f"电话 {number} 没有区号，外地打不通，请写成 0000-5550012 这样"
            )


@rule("applicant-themes", "服务对象与办事主题相符")
def applicant_themes(item: Item, _context: Context) -> Iterator[Finding]:
    persons = PERSON in item.applicants
    organisations = any(kind != PERSON for kind in item.applicants)
    if not item.applicants:
        yield Finding(("applicants",), "请写服务对象（applicants）")
        return
    if item.themes_personal and not persons:
        yield Finding(("themes_personal",), "有个人办事主题，服务对象里却没有自然人")
    if item.themes_business and not organisations:
        yield Finding(("themes_business",), "有企业办事主题，服务对象里却没有法人或其他组织")
    if persons and not item.themes_personal:
        yield Finding(("applicants",), "服务对象有自然人，请写个人办事主题（themes_personal）")
    if organisations and not item.themes_business:
        yield Finding(("applicants",), "服务对象有法人或其他组织，请写企业办事主题（themes_business）")


@rule("permit", "行政许可的四项必备")
def permit(item: Item, _context: Context) -> Iterator[Finding]:
    if item.type != PERMIT:
        return
    if not item.faq:
        yield Finding(("faq",), "行政许可至少写一个常见问题")
    if item.result is None:
        yield Finding(("result",), "行政许可要写结果名称（如 食品经营许可证）", binding(item))
    if not item.legal_basis:
        yield Finding(("legal_basis",), "行政许可要写设定依据", binding(item))
    elif not any(basis.article for basis in item.legal_basis):
        yield Finding(("legal_basis",), "行政许可的设定依据要写到条款（article）")
    if not item.procedure and not item.steps:
        yield Finding(("procedure",), "行政许可要写完整流程：受理、审查、决定、办结、送达")


@rule("elements", "办事指南要素齐全")
def elements(item: Item, context: Context) -> Iterator[Finding]:
    missing = context.elements.missing(item, context.departments.get(item.department))
    if missing:
        yield Finding((), f"缺少要素：{'、'.join(each.name for each in missing)}")


@rule("legal-basis", "设定依据的写法")
def legal_basis(item: Item, _context: Context) -> Iterator[Finding]:
    for index, basis in enumerate(item.legal_basis):
        if basis.law.startswith("《"):
            yield Finding(("legal_basis", index, "law"), "法律名称不带书名号，页面会自动加上")
        if "行政监察法" in basis.law:
            yield Finding(("legal_basis", index, "law"), "《行政监察法》已于 2018 年废止，请换成现行依据")
    if "非行政许可" in item.name:
        yield Finding(("name",), "“非行政许可审批”已于 2015 年取消，请改用现行类别")


@rule("dates", "生效、失效和复核日期")
def dates(item: Item, context: Context) -> Iterator[Finding]:
    if item.status != "in_force":
        return
    if item.review_by and item.review_by < context.today:
        yield Finding(("review_by",), f"已过最迟复核日期 {item.review_by}，请核对内容后改为新的日期")
    if item.effective_to and item.effective_to < context.today:
        yield Finding(("effective_to",), "失效日期已过，请更新，或把 status 改为 abolished")


RULES: tuple[Rule, ...] = (
    code_table,
    code_structure,
    unit_unknown,
    limit_immediate,
    limit_statutory,
    visits_reason,
    visits_none,
    visits_depth,
    depth_form,
    fee,
    phones_same,
    phones_area,
    applicant_themes,
    permit,
    elements,
    legal_basis,
    dates,
)
