"""What the messages say: short Chinese sentences without names, with the page's address, counted in SMS segments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from catalog.county import County
from catalog.delivery import SmsSettings
from handlers.delivering.channels import Outgoing
from handlers.store.delivery_records import QueuedMessage
from presentation.dates import date_cn
from rules.quick_dataclass import dataclass

ONE_SEGMENT = 70
EACH_OF_SEVERAL = 67
MOST_SEGMENTS = 3
_SHORTEST_ITEM = 6

# What applicants and writers are told beyond the tracking page. The reasons a department wrote stay on the page.
APPLICANT_TEXTS: Mapping[str, tuple[str, str]] = {
    "case.filed": ("申请已收到", "您的“{item}”申请已收到，办件编号{number}，查询码{code}。查进度：{link}"),
    "case.supplement_notice": (
        "需要补正材料",
        "您的“{item}”申请（{number}）需要补正材料，补正内容请看：{link}",
    ),
    "case.accept": ("已受理", "您的“{item}”申请（{number}）已受理，预计不晚于{due}办结。查进度：{link}"),
    "case.deem_accept": (
        "视为受理",
        "您的“{item}”申请（{number}）依法视为受理，预计不晚于{due}办结。查进度：{link}",
    ),
    "case.refuse": ("不予受理", "您的“{item}”申请（{number}）不予受理，理由和救济途径请看：{link}"),
    "case.start_special": (
        "开始特别程序",
        "您的“{item}”申请（{number}）开始特别程序，所需时间不计入办理期限，详情：{link}",
    ),
    "case.extend": (
        "办理期限延长",
        "您的“{item}”申请（{number}）办理期限延长，预计不晚于{due}办结，理由请看：{link}",
    ),
    "case.grant": ("已作出决定", "您的“{item}”申请（{number}）已作出决定，结果和领取方式请看：{link}"),
    "case.deny": ("已作出决定", "您的“{item}”申请（{number}）已作出决定，结果和救济途径请看：{link}"),
    "case.deliver": ("结果已送达", "您的“{item}”申请（{number}）结果已送达，欢迎评价：{link}"),
    "case.void": ("申请已作废", "您的“{item}”申请（{number}）已作废，理由请看：{link}"),
    "clock.recomputed": ("日期有调整", "您的“{item}”（{number}）日期有调整，现为{due}，原因请看：{link}"),
    "letter.answered": ("来信已答复", "您的来信（{number}）已答复，请凭编号和查询码查看：{link}"),
    "letter.extended": (
        "答复期限延长",
        "您的来信（{number}）答复期限延长，预计不晚于{due}答复，理由请看：{link}",
    ),
}
_NEW_LETTER = ("来信已收到", "您的来信已收到，编号{number}，查询码{code}。查答复：{link}")
_OTHER_LETTER = ("来信有新进展", "您的来信（{number}）有新进展，请凭编号和查询码查看：{link}")

STAFF_SUBJECTS: Mapping[str, str] = {
    "card.1": "监察预警",
    "card.2": "监察黄牌",
    "card.3": "监察红牌",
    "case": "办件提醒",
    "letter": "来信提醒",
    "order": "督办通知",
    "appeal": "监察申诉",
    "rating": "差评提醒",
    "clock": "期限调整",
    "score": "绩效评估",
    "delivery": "发送提醒",
}
# Where staff read more, and what the link says there.
PAGES: Mapping[str, tuple[str, str]] = {
    "case": ("/hall/staff/cases/{number}", "在办件里看"),
    "letter": ("/hall/staff/letters/{number}", "打开来信"),
    "order": ("/hall/orders/{id}", "打开督办通知"),
    "appeal": ("/hall/appeals/{id}", "打开申诉"),
    "rating": ("/hall/staff/ratings/{number}", "打开差评"),
    "delivery": ("/hall/staff/deliveries", "打开发送情况"),
}


@dataclass(frozen=True, slots=True)
class About:
    """What a message is about, as the records say at sending time: the item's name, the day due, the query code."""

    item: str = ""
    due: datetime | None = None
    code: str = field(default="", repr=False)
    writers_words: str = ""
    """A letter's title: it is read on the page only, wherever a message to staff repeats it."""


def told_to_applicants(template: str) -> bool:
    """Whether applicants get a message of this kind beyond the tracking page."""
    return template in APPLICANT_TEXTS or template.startswith("letter.")


def compose(
    county: County,
    sms: SmsSettings | None,
    message: QueuedMessage,
    channel: str,
    to: str,
    key: str,
    about: About,
) -> Outgoing:
    """The message for one channel, cut to its length."""
    values = {
        "item": about.item,
        "number": message.subject_number,
        "code": about.code,
        "due": date_cn(about.due, False) if about.due else "",
        "link": link(county, message),
    }
    if message.recipient_kind == "applicant":
        title, pattern = APPLICANT_TEXTS.get(message.template, _NEW_LETTER if about.code else _OTHER_LETTER)
        if about.due is None and "，预计不晚于{due}" in pattern:
            pattern = pattern.replace("，预计不晚于{due}办结", "").replace("，预计不晚于{due}答复", "")
    else:
        title, pattern = _subject(message.template), "{body} {link}"
        own = about.writers_words
        values["body"] = message.body.replace(own, "来信") if own else message.body
    drill = "【演练】" if message.drill else ""
    subject = f"{drill}{title}：{_plain(values['item'] or message.subject_number)}".rstrip("：")
    if channel == "sms":
        text = _sms(county, sms, drill + pattern, values)
    else:
        text = drill + pattern.format_map({name: _plain(each) for name, each in values.items()})
    if channel == "email":
        subject = f"[{county.hall_name}] {subject}"
        text = _letter(county, text, message.recipient_kind == "applicant")
    given = {name: _plain(values[name]) for name in ("item", "number", "code", "due", "link")}
    return Outgoing(key=key, to=to, subject=subject, text=text, template=message.template, values=given)


def link(county: County, message: QueuedMessage) -> str:
    """The page's whole address; the list of messages where a message has no page of its own."""
    base = county.url.rstrip("/")
    if message.recipient_kind == "applicant":
        return f"{base}/hall/track?number={message.subject_number}"
    page = page_of(message.subject, message.subject_number, message.subject_id)
    return base + (page[0] if page else "/hall/staff/messages")


def page_of(subject: str, number: str, subject_id: int) -> tuple[str, str] | None:
    """The staff page of what a message is about, and what a link to it says; None where there is none."""
    page = PAGES.get(subject)
    return None if page is None else (page[0].format(number=number, id=subject_id), page[1])


def segments(text: str) -> int:
    """How many SMS a text costs: 70 characters in one, 67 in each of several; an emoji counts two."""
    length = len(text.encode("utf-16-le")) // 2
    return 1 if length <= ONE_SEGMENT else -(-length // EACH_OF_SEVERAL)


def _sms(county: County, sms: SmsSettings | None, pattern: str, values: Mapping[str, str]) -> str:
    """The text with 【签名】; where it is too long the item's name (or a staff message's body) is cut, never the link."""
    signature = f"【{(sms.signature if sms else '') or county.short_name}】"
    most = (sms.most_segments if sms else MOST_SEGMENTS) * EACH_OF_SEVERAL
    cut = "body" if "{body}" in pattern else "item"
    plain = {name: _plain(each) for name, each in values.items()}
    text = signature + pattern.format_map(plain)
    over = len(text.encode("utf-16-le")) // 2 - most
    if over > 0 and len(plain[cut]) > _SHORTEST_ITEM:
        keep = max(len(plain[cut]) - over - 1, _SHORTEST_ITEM)
        text = signature + pattern.format_map({**plain, cut: plain[cut][:keep] + "…"})
    return text


def _subject(template: str) -> str:
    return STAFF_SUBJECTS.get(template) or STAFF_SUBJECTS.get(template.partition(".")[0], "消息")


def _letter(county: County, text: str, to_applicant: bool) -> str:
    """The body of an e-mail."""
    greeting = "您好：\n\n" if to_applicant else ""
    phone = f"咨询电话：{county.hotline}\n" if to_applicant and county.hotline else ""
    return f"{greeting}{text}\n\n{phone}{county.hall_name}\n这封邮件由系统发出，请不要直接回复。\n"


def _plain(text: str) -> str:
    """One line, without brackets that a gateway would take for a signature."""
    return " ".join(text.split()).replace("【", "[").replace("】", "]")


def message_label(template: str) -> str:
    """What kind of message it is, for the administrator."""
    if template in APPLICANT_TEXTS:
        return APPLICANT_TEXTS[template][0]
    return _subject(template)
