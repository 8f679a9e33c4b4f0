"""The whole form of an application: what every form asks, around the questions of the item itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import date

from catalog.codes import Codes, CodeTable
from catalog.county import County
from catalog.form_answers import FileAnswer, Validated, validate_answers, visible_fields
from catalog.form_schema import Condition, FormField, Option
from catalog.schema import Item, Material
from rules.quick_dataclass import dataclass

__all__ = [
    "ApplicationForm",
    "ApplicationSection",
    "FileAnswer",
    "Validated",
    "complete_form",
    "material_field_id",
    "uploaded_online",
    "validate_answers",
    "visible_fields",
]

PERSON = "1"
RESIDENT_ID = "111"
CREDIT_CODE = "001"

# Item forms must not use these ids (consistency rule form-reserved-id).
RESERVED_IDS = frozenset(
    {
        "applicant_kind",
        "applicant_name",
        "applicant_id_type",
        "applicant_id_number",
        "applicant_other_id",
        "applicant_credit_code",
        "legal_representative",
        "contact_name",
        "contact_phone",
        "contact_address",
        "by_agent",
        "agent_name",
        "agent_id_type",
        "agent_id_number",
        "agent_other_id",
        "agent_phone",
        "agent_authorisation",
        "delivery",
        "courier_name",
        "courier_phone",
        "courier_address",
        "truth",
    }
)
RESERVED_PREFIX = "material_"
PAPER_PREFIX = "paper_"
"""What begins the ids of the papers counted at a window (`handlers.apply_view`)."""

DELIVERY_LABELS = {"window": "到窗口领取", "courier": "邮寄到家", "electronic": "在网上下载"}


@dataclass(frozen=True, slots=True)
class ApplicationSection:
    """One page of the form. `notes` are sentences to show above the questions."""

    id: str
    title: str
    fields: tuple[FormField, ...] = ()
    help: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ApplicationForm:
    """All sections in order. `constants` are answers that are not asked because only one is possible.

    `today` is the day it is filled in, where somebody fills it in: nobody is born after it.
    """

    item_code: str
    title: str
    sections: tuple[ApplicationSection, ...]
    constants: Mapping[str, str] = field(default_factory=dict)
    total_megabytes: int = 200
    today: date | None = None

    def fields(self) -> Iterator[FormField]:
        """All questions in order."""
        for section in self.sections:
            yield from section.fields

    def field(self, field_id: str) -> FormField | None:
        return next((each for each in self.fields() if each.id == field_id), None)

    def section(self, section_id: str) -> ApplicationSection | None:
        return next((each for each in self.sections if each.id == section_id), None)

    def section_of(self, field_id: str) -> ApplicationSection | None:
        """The section in which a question stands."""
        return next((s for s in self.sections if any(each.id == field_id for each in s.fields)), None)


def complete_form(item: Item, county: County, codes: Codes) -> ApplicationForm:
    """The form of an item (also of one without a form of its own): applicant, agent, the item's own
    sections, materials, delivery, declaration. Applicant and agent fields are those of GB/T 39046 table 5.
    """
    constants: dict[str, str] = {}
    sections = [_applicant(item, codes, constants), _agent(item, codes, county)]
    for number, section in enumerate(item.form.sections if item.form else (), 1):
        fields = tuple(_with_defaults(each, county) for each in section.fields)
        sections.append(ApplicationSection(f"part{number}", section.title, fields, section.help))
    materials = _materials(item, county)
    if materials.fields or materials.notes:
        sections.append(materials)
    sections += [_delivery(item, constants), _declaration()]
    title = (item.form.title if item.form else None) or f"{item.name}申请表"
    return ApplicationForm(
        item.code, title, tuple(sections), constants, county.settings.upload_total_megabytes
    )


def material_field_id(item: Item, index: int) -> str:
    """The id of the file field of the material at `index` (0-based)."""
    return f"{RESERVED_PREFIX}{item.material_id(index)}"


def uploaded_online(material: Material) -> bool:
    """Whether the online form asks for a file: not spared, electronic form taken, not the form itself."""
    return not material.exempt and "electronic" in material.forms and material.blank_form != "form"


def _with_defaults(each: FormField, county: County) -> FormField:
    if each.type != "file":
        return each
    return each.model_copy(
        update={
            "accept": each.accept or county.settings.upload_types,
            "max_megabytes": min(each.max_megabytes, county.settings.upload_megabytes),
        }
    )


def _applicant(item: Item, codes: Codes, constants: dict[str, str]) -> ApplicationSection:
    kinds = item.applicants or tuple(codes["applicant"].codes)
    persons, organisations = PERSON in kinds, tuple(kind for kind in kinds if kind != PERSON)
    fields: list[FormField] = []
    when_person = when_organisation = None
    if len(kinds) > 1:
        options = tuple(Option(value=kind, label=codes.label("applicant", kind)) for kind in kinds)
        fields.append(
            FormField(id="applicant_kind", label="您以什么身份办理", type="choice", options=options)
        )
        when_person = Condition(field="applicant_kind", equals=PERSON)
        when_organisation = Condition(field="applicant_kind", one_of=organisations) if organisations else None
    else:
        constants["applicant_kind"] = kinds[0]
    name = "姓名或单位名称" if persons and organisations else ("姓名" if persons else "单位名称")
    fields.append(
        FormField(
            id="applicant_name",
            label=name,
            max_length=100,
            help="与证件上的写法一致",
            sample="张示例" if persons else "青禾县示例商贸有限公司",
        )
    )
    if persons:
        fields += _identity("applicant", "", codes["id-type"], when_person)
    if organisations:
        fields += [
            FormField(
                id="applicant_credit_code",
                label="统一社会信用代码",
                type="credit_code",
                help="营业执照或登记证书上的18位代码",
                when=when_organisation,
            ),
            FormField(
                id="legal_representative",
                label="法定代表人（负责人）姓名",
                max_length=60,
                sample="李示例",
                when=when_organisation,
            ),
        ]
    fields += [
        FormField(
            id="contact_name", label="联系人姓名", max_length=60, help="办理中有事找谁", sample="张示例"
        ),
        FormField(id="contact_phone", label="联系电话", type="phone", help="手机号，或带区号的座机"),
        FormField(id="contact_address", label="通讯地址", type="address", required=False, max_length=200),
    ]
    return ApplicationSection("applicant", "申请人", tuple(fields))


def _identity(prefix: str, whose: str, table: CodeTable, shown: Condition | None) -> tuple[FormField, ...]:
    types = tuple(code for code in table.codes if code != CREDIT_CODE)
    others = tuple(code for code in types if code != RESIDENT_ID)
    options = tuple(Option(value=code, label=table.label(code)) for code in types)
    type_id = f"{prefix}_id_type"
    return (
        FormField(id=type_id, label=f"{whose}证件类型", type="choice", options=options, when=shown),
        FormField(
            id=f"{prefix}_id_number",
            label=f"{whose}身份证号",
            type="id_number",
            when=Condition(field=type_id, equals=RESIDENT_ID),
        ),
        FormField(
            id=f"{prefix}_other_id",
            label=f"{whose}证件号码",
            max_length=40,
            pattern=r"[0-9A-Za-z()\uff08\uff09\-]{4,40}",
            pattern_message="证件号码只有数字、字母、短横线和括号，请对照证件再看一遍",
            when=Condition(field=type_id, one_of=others),
        ),
    )


def _is_authorisation(material: Material) -> bool:
    """Whether the item's own list already asks for the agent's letter of authority."""
    return material.necessity == "conditional" and material.when is None and "委托书" in material.name


def _agent(item: Item, codes: Codes, county: County) -> ApplicationSection:
    by_agent = Condition(field="by_agent", equals="yes")
    asked_below = any(_is_authorisation(each) and uploaded_online(each) for each in item.materials)
    authorisation = FormField(
        id="agent_authorisation",
        label="授权委托书",
        type="file",
        help="写明委托谁、办什么事，有委托人签名或单位盖章；拍照或扫描都可以",
        max_files=5,
        when=by_agent,
    )
    fields = (
        FormField(
            id="by_agent",
            label="您是替别人或单位来办的吗",
            type="yes_no",
            help="本人或法定代表人自己办，选“不是”",
        ),
        FormField(id="agent_name", label="代办人姓名", max_length=60, sample="王示例", when=by_agent),
        *_identity("agent", "代办人", codes["id-type"], by_agent),
        FormField(id="agent_phone", label="代办人电话", type="phone", when=by_agent),
        *(() if asked_below else (_with_defaults(authorisation, county),)),
    )
    return ApplicationSection("agent", "谁来办", fields)


def _materials(item: Item, county: County) -> ApplicationSection:
    fields: list[FormField] = []
    spared, generated, by_hand = [], [], []
    for index, material in enumerate(item.materials):
        if material.exempt:
            spared.append(material.name)
        elif material.blank_form == "form":
            generated.append(material.name)
        elif not uploaded_online(material):
            by_hand.append(material.name)
        else:
            fields += _material_fields(item, index, county)
    notes = []
    if generated:
        notes.append(f"{'、'.join(generated)}由您填写的内容自动生成，不用上传。")
    if spared:
        notes.append(f"{'、'.join(spared)}不用交，由我们核验。")
    if by_hand:
        notes.append(f"{'、'.join(by_hand)}不能在网上交，请按通知带到窗口或寄来。")
    return ApplicationSection("materials", "上传材料", tuple(fields), notes=tuple(notes))


def _material_fields(item: Item, index: int, county: County) -> tuple[FormField, ...]:
    material = item.materials[index]
    when, question = material.when, None
    if _is_authorisation(material):
        when = Condition(field="by_agent", equals="yes")
    elif material.necessity == "conditional" and when is None:
        # Nothing on the form tells whether it applies, so the form has to ask.
        question = FormField(
            id=f"{material_field_id(item, index)}_applies",
            label=f"是否属于这种情况：{material.condition or material.name}",
            type="yes_no",
            help=f"属于的要交“{material.name}”",
        )
        when = Condition(field=question.id, equals="yes")
    upload = FormField(
        id=material_field_id(item, index),
        label=material.name,
        type="file",
        required=material.necessity != "optional",
        help=material.standard or material.note,
        accept=county.settings.upload_types,
        max_files=20,
        max_megabytes=county.settings.upload_megabytes,
        when=when,
    )
    return (question, upload) if question else (upload,)


def _delivery(item: Item, constants: dict[str, str]) -> ApplicationSection:
    ways = (item.result.delivery if item.result else ()) or ("window",)
    fields: list[FormField] = []
    when = None
    notes: tuple[str, ...] = ()
    if len(ways) > 1:
        options = tuple(Option(value=way, label=DELIVERY_LABELS[way]) for way in ways)
        fields.append(FormField(id="delivery", label="结果怎么给您", type="choice", options=options))
        when = Condition(field="delivery", equals="courier")
    else:
        constants["delivery"] = ways[0]
        notes = (f"办结后：{DELIVERY_LABELS[ways[0]]}。",)
    if "courier" in ways:
        fields += [
            FormField(id="courier_name", label="收件人姓名", max_length=60, sample="张示例", when=when),
            FormField(id="courier_phone", label="收件人电话", type="phone", when=when),
            FormField(id="courier_address", label="收件地址", type="address", max_length=200, when=when),
        ]
    return ApplicationSection("delivery", "领取方式", tuple(fields), notes=notes)


def _declaration() -> ApplicationSection:
    truth = FormField(
        id="truth",
        label="我所填写的内容和提交的材料都真实、有效，愿意承担相应的法律责任（《行政许可法》第三十一条）。",
        type="declaration",
    )
    return ApplicationSection("declaration", "确认", (truth,))
