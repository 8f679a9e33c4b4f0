"""Who a county is: county.yml, its departments and the tree of units that accept and decide."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from catalog.delivery import DeliverySettings
from catalog.form_schema import Part, Text
from catalog.schema import PhoneText, Slug
from catalog.sign_in import SignInSettings
from catalog.virus_scan import VirusScan

UnitKind = Literal["county", "department", "section", "centre", "window", "town", "village"]


class Department(Part):
    """`items/<id>/department.yml`: one implementing body (实施主体)."""

    id: Slug
    name: Text = Field(description="法定全称")
    short_name: Text
    credit_code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{18}$")]
    nature: str = Field("1", description="实施主体性质代码，A.3")
    number_word: Text = Field(description="文书字号用字，如 市监")
    address: str | None = None
    hours: str | None = None
    phone: PhoneText | None = None
    supervision_phone: PhoneText | None = None
    duties: tuple[Text, ...] = Field((), description="主要职责")
    order: int = 100
    other_items: tuple[Text, ...] = Field((), description="尚未上网的其他事项名称")


class OrgUnit(Part):
    """One node of `content/units.yml`; departments are nodes with kind `department` added by the reader."""

    id: Slug
    name: Text
    kind: UnitKind
    parent: Slug | None = None
    department: Slug | None = Field(None, description="窗口、科室所属部门")
    address: str | None = None
    hours: str | None = None
    phone: PhoneText | None = None
    services: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None


class Footer(Part):
    """What the law wants at the foot of a government site."""

    organiser: Text
    maintainer: str | None = None
    contact: str | None = None
    site_code: str | None = Field(None, description="政府网站标识码")
    icp: str | None = None
    police: str | None = None


LetterKindName = Literal["consultation", "complaint", "suggestion", "report_error", "praise"]


class LetterLimit(Part):
    """Working days for the answer to one kind of letter, and for its one extension."""

    days: int = Field(ge=1, le=30)
    extension: int = Field(0, ge=0, le=30)


class Settings(Part):
    """Numbers a county may set within the law."""

    pre_review_days: int = Field(2, ge=1, le=5)
    supplement_days: int = Field(30, ge=1, le=180, description="申请人补正的最长工作日")
    letter_days: int = Field(5, ge=1, le=30)
    letter_extension: int = Field(5, ge=0, le=30)
    letter_kinds: dict[LetterKindName, LetterLimit] = Field(
        default_factory=dict, description="某类来信另定的期限；不写的按 letter_days 和 letter_extension"
    )
    letter_confirm_days: int = Field(10, ge=1, le=60, description="来信人表态（认可、不认可）的工作日")
    letter_transfers: int = Field(2, ge=0, le=10, description="来信在部门之间最多转办几次")
    letter_disputes: int = Field(2, ge=1, le=5, description="来信人最多可以要求重新办理几次")
    letter_returns: int = Field(1, ge=0, le=5, description="部门最多可以退回政务服务中心重新分办几次")
    letter_chases: int = Field(5, ge=1, le=30, description="来信人最多可以催办几次，每天一次")
    letter_names_staff: bool = Field(
        False, description="投诉工作作风时，列出所选部门在岗人员的姓名供选择；不列的，由来信人自己写"
    )
    supervision_rules: str = Field("four-level", description="监察规则集：four-level 或 three-light")
    precision: Literal["day", "second"] = "day"
    scoring: Slug = Field("nine-heads", description="绩效评分办法，scoring/ 里的文件名")
    upload_types: tuple[str, ...] = ("pdf", "jpg", "jpeg", "png", "docx", "xlsx", "ofd", "zip")
    upload_megabytes: int = Field(20, ge=1, le=500)
    upload_total_megabytes: int = Field(200, ge=1, le=5000)
    draft_days: int = Field(30, ge=1, le=365)
    session_idle_minutes: int = Field(30, ge=1, le=720)
    access_log_months: int = Field(6, ge=6, le=120, description="查看记录保留几个月，不少于六个月")
    explanation_days: int = Field(5, ge=1, le=60)
    appeal_days: int = Field(5, ge=1, le=60, description="部门申诉的期限，工作日，自被告知的次日起算")
    appeal_decision_days: int = Field(10, ge=1, le=60, description="监察机构决定申诉的期限，工作日")
    rating_contact_days: int = Field(1, ge=1, le=10, description="收到差评后联系评价人的期限，工作日")
    rating_fix_days: int = Field(5, ge=1, le=30, description="差评整改的期限，工作日，自作出评价的次日起算")
    rating_fix_longest: int = Field(
        15, ge=1, le=60, description="延长以后差评整改最多几个工作日；不大于 rating_fix_days 就是不能延长"
    )
    rating_attempts: int = Field(
        3, ge=1, le=10, description="登记几次联系不上，就转入整改；回访也要这么多次，才能按联系不上结束"
    )


class County(Part):
    """`county.yml`: the county's name, code, look and settings."""

    name: Text
    short_name: Text
    fictional: bool = False
    division_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
    division_valid_from: date | None = None
    province: str | None = None
    hall_name: Text
    slogan: str | None = None
    case_prefix: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,6}$")]
    document_word: Text = Field(description="文书字号的县名用字，如 青")
    colour: Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")] = "#0b5563"
    url: str = "http://127.0.0.1:8000"
    centre: Slug = "centre"
    hotline: PhoneText | None = None
    supervision_phone: PhoneText | None = None
    supervisor_name: Text = Field("效能监督室", description="监督机构名称")
    footer: Footer
    settings: Settings = Settings()
    # Kept out of everything that is written: hosts and accounts are no open data (`delivery_reading.load_delivery`,
    # `virus_scan.load_virus_scan`), nor is who signs in by password alone (`sign_in.load_sign_in`).
    virus_scan: VirusScan | None = Field(None, exclude=True, description="附件查毒；不写就不查")
    delivery: DeliverySettings = Field(DeliverySettings(), exclude=True)
    sign_in: SignInSettings = Field(SignInSettings(), exclude=True, description="工作人员怎样登录")
