"""What an item (政务服务事项) is: every field of GB/T 39046-2020 table 4, the fourteen elements, form and steps."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from catalog.form_schema import Condition, FieldId, Form, Part, Text

Unit = Literal["workday", "day"]
Role = Literal["window_clerk", "coordinator", "reviewer", "decider"]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9\-]{0,59}$")]
PhoneText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=60)]


class LegalBasis(Part):
    """One law, regulation or document an item rests on (设定依据)."""

    law: Text = Field(description="法律、法规、规章或文件的名称，不带书名号")
    article: str | None = Field(None, description="条款，如 第三十五条第二款")
    text: str | None = Field(None, description="依据内容的要点，自己的话")
    number: str | None = Field(None, description="文号或公布令号，如 国令第721号")


class Limit(Part):
    """A time limit. 0 means on the spot; workdays unless the law says calendar days."""

    days: int = Field(ge=0, le=3650)
    unit: Unit = "workday"
    note: str | None = None
    basis: str | None = Field(None, description="时限出自哪部法第几条")


class SpecialProcedure(Part):
    """Hearing, inspection, testing, appraisal, expert review and the like (Licensing Law art. 45)."""

    name: Text
    kind: Literal["1", "2"] = Field("2", description="GB/T 39046 A.7:1 延长审批，2 其他")
    days: int = Field(ge=1, le=3650)
    unit: Unit = "workday"
    basis: str | None = None


class Material(Part):
    """One document an applicant hands in, or is spared (免提交)."""

    name: Text
    id: FieldId | None = Field(None, description="供表单条件引用；不写则按顺序 m1、m2…")
    necessity: Literal["required", "conditional", "optional"] = "required"
    condition: str | None = Field(None, description="什么情况下要交（necessity 为 conditional 时必写）")
    when: Condition | None = Field(None, description="网上申请时按表单的回答判断是否要交")
    forms: tuple[Literal["original", "copy", "electronic"], ...] = ("electronic",)
    originals: int = Field(0, ge=0, le=99)
    copies: int = Field(0, ge=0, le=99)
    source: Literal["applicant", "government", "intermediary", "other"] = "applicant"
    issuer: str | None = Field(None, description="出具机构")
    exempt: bool = Field(False, description="免提交：县里已有或可共享核验")
    standard: str | None = Field(None, description="受理标准：什么样算合格")
    blank_form: str | None = Field(None, description="空白表：部门文件路径，或 form 表示由网上表单生成")
    sample: str | None = Field(None, description="样例：部门文件路径，或 form 表示由网上表单的示例值生成")
    basis: str | None = None
    note: str | None = None


class Fee(Part):
    """One charge with its standard and basis."""

    name: Text
    standard: Text = Field(description="收费标准，如 每证 10 元")
    amount: Decimal | None = Field(None, ge=0, description="固定金额（元），不固定不写")
    basis: Text
    reducible: bool = False
    reduction: str | None = Field(None, description="减免情形")


class ReviewStep(Part):
    """One review step, snapshotted into each case: name, who, in which unit, how long."""

    id: FieldId
    name: Text = Field(description="如 初审、复审、审批")
    role: Role = "reviewer"
    unit: Slug | None = Field(None, description="办理科室的单位编号，不写为本部门")
    limit: int | None = Field(None, ge=0, le=365, description="本环节工作日")
    special_procedure: str | None = Field(None, description="本环节常用的特别程序名称")


class Place(Part):
    """Where one can go, and when."""

    name: Text
    address: Text
    windows: str | None = None
    hours: Text
    phone: PhoneText | None = None
    unit: Slug | None = Field(None, description="受理单位编号：中心窗口、镇、村")


class Result(Part):
    """What the applicant gets (结果名称), and how it reaches them."""

    name: Text
    kind: Literal["certificate", "approval", "document", "payment", "record", "service"] = "document"
    certificate_type: str | None = Field(None, description="电子证照类型代码或名称")
    validity: str | None = None
    sample: str | None = None
    delivery: tuple[Literal["window", "courier", "electronic"], ...] = ("window",)


class Faq(Part):
    """A question people ask, and the answer."""

    question: Text
    answer: Text


class Contacts(Part):
    """Enquiry and complaint (咨询、监督投诉) phones with area code."""

    enquiry: PhoneText
    supervision: PhoneText
    email: str | None = None
    online: bool = True


class Visits(Part):
    """How many times one must come (到办事现场次数), and why."""

    count: int = Field(0, ge=0, le=20)
    reason: str | None = None


class Item(Part):
    """One service as one department offers it; the whole of its guide (办事指南)."""

    # identity
    code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z\-]{4,64}$")] = Field(description="实施编码")
    basic_code: str | None = Field(None, description="基本编码")
    business_code: str | None = Field(None, description="业务办理项编码")
    name: Annotated[str, StringConstraints(min_length=2, max_length=200)]
    parent_name: str | None = Field(None, description="主项名称")
    plain_names: tuple[Text, ...] = Field((), description="日常用语")
    purpose: str | None = Field(None, description="一句话说明，给老百姓看")
    type: str = Field(description="事项类型代码，A.1")
    level: str = Field("4", description="行使层级代码，A.2")
    department: Slug = Field(description="实施主体的部门编号，与文件夹同名")
    undertaker: str | None = Field(None, description="承办机构（科室）")
    joint_departments: tuple[Slug, ...] = ()
    # authority
    legal_basis: tuple[LegalBasis, ...] = ()
    powers: str | None = Field(None, description="权限划分")
    exercise: str | None = Field(None, description="行使内容")
    # for whom
    applicants: tuple[str, ...] = Field((), description="服务对象代码，A.4")
    themes_personal: tuple[str, ...] = Field((), description="自然人服务主题代码")
    themes_business: tuple[str, ...] = Field((), description="法人服务主题代码")
    life_events: tuple[str, ...] = Field((), description="人生事、企业事代码")
    conditions: tuple[Text, ...] = Field((), description="受理条件")
    quantity_limit: str | None = None
    intermediary: tuple[Text, ...] = Field((), description="中介服务")
    # what to bring, how long, how much
    materials: tuple[Material, ...] = ()
    case_kind: str = Field("2", description="办件类型代码，A.6:1 即办件 2 承诺件")
    statutory: Limit | None = Field(None, description="法定办结时限，法律没有规定就不写")
    promised: Limit | None = Field(None, description="承诺办结时限")
    special_procedures: tuple[SpecialProcedure, ...] = ()
    fees: tuple[Fee, ...] = ()
    # how
    procedure: tuple[Text, ...] = Field((), description="办理流程，一步一句")
    pre_review_days: int | None = Field(None, ge=0, le=5, description="网上预审工作日，不写用全县默认")
    steps: tuple[ReviewStep, ...] = ()
    form: Form | None = Field(None, description="网上申请表；有它才能网上申请")
    handling: tuple[str, ...] = Field((), description="办理形式代码，A.5")
    depth: Literal[0, 1, 2, 3] = Field(0, description="网上办事深度")
    visits: Visits = Visits()
    places: tuple[Place, ...] = ()
    accepting_units: tuple[Slug, ...] = Field((), description="能受理的单位编号；不写为本部门和政务服务中心")
    contacts: Contacts | None = None
    appointment: bool = False
    online_payment: bool = False
    courier: bool = False
    online_url: str | None = Field(None, description="在别的系统办理的网址")
    scope: str | None = Field(None, description="通办范围")
    # result
    result: Result | None = None
    faq: tuple[Faq, ...] = ()
    remarks: tuple[Text, ...] = Field((), description="从别的系统带来、没有专门字段的内容")
    # life of the guide
    status: Literal["draft", "in_force", "suspended", "abolished"] = "in_force"
    version: str = "1.0"
    effective_from: date | None = None
    effective_to: date | None = None
    review_by: date | None = Field(None, description="最迟复核日期")
    popular: bool = Field(False, description="放在首页热门")

    @model_validator(mode="after")
    def _dates_in_order(self) -> Item:
        if self.effective_from and self.effective_to and self.effective_to < self.effective_from:
            raise ValueError("effective_to 早于 effective_from")
        if len({s.id for s in self.steps}) != len(self.steps):
            raise ValueError("steps 的 id 有重复")
        return self

    @property
    def immediate(self) -> bool:
        """Decided on the spot (即办件)."""
        return self.case_kind == "1"

    @property
    def accepts_online(self) -> bool:
        """Whether the hall itself takes an application for it now."""
        return self.form is not None and self.status == "in_force" and self.depth >= 2

    @property
    def charged(self) -> bool:
        return bool(self.fees)

    def material_id(self, index: int) -> str:
        """The stable id of the material at `index` (0-based): its own, or m1, m2, …"""
        return self.materials[index].id or f"m{index + 1}"
