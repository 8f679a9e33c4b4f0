"""Matters that belong to the petition office, a court or arbitration: recognised in a letter, and where they go."""

from __future__ import annotations

from rules.quick_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class OtherWay:
    """Where such a matter goes. `words` tell it in full, limits and article with it."""

    id: str
    label: str
    words: str
    marks: tuple[str, ...]


WAYS = (
    OtherWay(
        "petition",
        "信访事项",
        "对机关、单位的职务行为提出建议、意见或者投诉请求，要按信访程序办理的，可以向县信访部门提出："
        "自收到之日起15日内告知是否受理，受理后60日内办结，情况复杂的经批准可以延长30日；"
        "不服处理意见的，30日内可以请求复查，不服复查意见的，30日内可以请求复核（都按日历日计算，依据《信访工作条例》）。",
        ("信访", "上访", "征地补偿", "拆迁补偿", "征收补偿", "安置补偿", "历史遗留", "复查意见", "信访事项"),
    ),
    OtherWay(
        "court",
        "已经或者应当由法院处理的事项",
        "已经起诉、判决或者正在执行的案件，请向受理的人民法院提出；本系统不能改变法院的裁判。",
        ("法院", "判决", "起诉", "强制执行", "上诉", "开庭"),
    ),
    OtherWay(
        "labour",
        "劳动争议",
        "与单位的劳动争议，可以向劳动人事争议仲裁委员会申请仲裁；拖欠工资也可以向劳动监察部门投诉。",
        ("劳动仲裁", "拖欠工资", "欠薪", "劳动争议"),
    ),
    OtherWay(
        "discipline",
        "党员干部违纪违法",
        "反映党员、公职人员违纪违法问题，请向纪检监察机关反映；服务态度和工作作风可以在这里投诉。",
        ("受贿", "贪污", "索贿", "行贿", "挪用公款", "违纪", "以权谋私"),
    ),
)  # fmt: skip


def other_ways(text: str) -> tuple[OtherWay, ...]:
    """The other ways a letter's words point to, in the table's order; a hint for people, never a decision."""
    return tuple(way for way in WAYS if any(mark in text for mark in way.marks))
