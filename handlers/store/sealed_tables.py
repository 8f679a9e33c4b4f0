"""Which tables' rows are sealed, by what key, and what is left out and why; adding a table is one line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from rules.quick_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Sealed:
    """One table. `personal`: its digests are salted anew at every change, so that what was erased cannot be
    guessed from an old one. `only` is a condition on `{row}` that a row must meet to be covered."""

    table: str
    label: str
    key: tuple[str, ...] = ("id",)
    personal: bool = False
    only: str = ""
    left_out: Mapping[str, str] = field(default_factory=dict)


_PUT_OFF = {"put_off": "巡查算不出时记下的原因，下次算得出就清空，不影响期限和牌"}

# Files of replies and appeals have an owner; those of a draft are not sent yet.
_FILED = "({row}.case_id IS NOT NULL OR ({row}.owner <> '' AND {row}.owner NOT LIKE 'draft/%'))"

SEALED: tuple[Sealed, ...] = (
    Sealed("cases", "办件", personal=True),
    Sealed("case_payload", "申请内容", ("case_id",), personal=True),
    Sealed("step", "审查环节", ("case_id", "position"), personal=True),
    Sealed("material", "收到的材料", ("case_id", "position"), personal=True),
    Sealed("fee", "收费", ("case_id", "position"), personal=True),
    Sealed("certificate", "证照", ("case_id",)),
    Sealed("rating", "评价", ("case_id",), personal=True),
    Sealed("rating_followup", "差评回访", ("case_id",)),
    Sealed("rating_step", "差评回访的记录", personal=True),
    Sealed("attachment", "附件", personal=True, only=_FILED),
    Sealed("clock", "期限", left_out=_PUT_OFF),
    Sealed("pause", "暂停", personal=True),
    Sealed("notice", "文书", personal=True),
    Sealed("card", "监察牌"),
    Sealed("watch", "重点关注"),
    Sealed("letter", "来信", personal=True),
    Sealed("supervision_order", "督办"),
    Sealed("supervision_order_card", "督办里的牌", ("card_id",)),
    Sealed("order_reply", "督办的说明和整改", personal=True),
    Sealed("accountability", "责任追究", personal=True),
    Sealed("appeal", "申诉"),
    Sealed("appeal_statement", "申诉的陈述", personal=True),
    Sealed("chase", "催办"),
    Sealed("score_entry", "评分登记"),
    Sealed("score_edition", "绩效评分"),
    Sealed("quarterly_report", "季度报告", ("period",)),
    Sealed("assignment", "岗位"),
    Sealed("daily_count", "每日统计", ("day", "department", "measure")),
    Sealed("access_log", "查看记录"),
    Sealed("log_key", "日志密钥"),
    Sealed("log_day", "已公开的日志", ("day",)),
)

# Tables that no seal covers, each with the reason; a test fails for a table named in neither list.
NOT_SEALED: Mapping[str, str] = {
    "event": "本身就是哈希链",
    "event_payload": "由事件里的加盐承诺核验",
    "seal": "封存记录自己是一条哈希链",
    "row_salt": "封存用的盐，改了就与封存值不符",
    "org_unit": "每次启动从县的文件重新抄写，以文件为准",
    "person": "口令、锁定和登录时间随时变化，不是办理结果；岗位另行封存",
    "session": "登录会话，过期即删",
    "draft": "没有提交的草稿，过期即删",
    "reply_draft": "没有提交的说明和申诉草稿，过期即删",
    "outbox": "发送状态随每次重试变化；告知了什么在事件和文书里",
    "delivery": "发送状态随每次重试变化，送达失败另有事件",
    "message_read": "谁读了哪条消息，不影响办理",
    "stat_item": "由办件和事项版本算出来的统计底表，随时可以重算",
    "case_fact": "由办件和事件算出来的统计底表，随时可以重算",
    "case_happening": "由事件算出来的统计底表，随时可以重算",
    "stat_roll": "由统计底表汇总，随时可以重算",
    "stat_mark": "统计算到哪里的记号",
    "saved_report": "个人存下的查询条件，不含结果",
    "reason_given": "说过的理由的指纹，用来发现千篇一律的理由；理由本身在文书和事件里",
    "unjudged": "一时算不出的情形，等着再算，算出就删",
    "number_series": "只是下一个号；号码本身在办件和文书里，已经封存",
    "idempotency": "防重复提交的旧答复，过期即删",
    "score_text": "按内容的哈希取用，哈希在已封存的绩效评分里",
    "zero_hit": "搜不到的词，与办件无关",
    "attachment_scan": "查毒服务说过的话，随时可以重查；附件本身已经封存",
    "setting": "程序自己的记号",
    "_sqlite_migrations": "升级记录，由升级程序管理",
}
