"""One department's full desk in the demo: every open state and light, something to do for each of its roles."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.application_form import uploaded_online
from catalog.schema import Item
from handlers.casework.demo_cases import Stage, Story, law_of, login_word, promised_days

_LAW = "《行政许可法》第四十五条"
_FIRST = 200


def plan_full_desk(stage: Stage, items: Sequence[Item]) -> None:
    """A desk for the department that `main_item` names; nothing where the county has no such item."""
    main = main_item(items)
    if main is None:
        return
    others = [
        each
        for each in items
        if each.department == main.department and each is not main and len(each.steps) > 1
    ]
    _plan_front(stage, main, others or [main])
    _plan_review(stage, main, others or [main])
    _plan_decision(stage, main, others or [main])
    _plan_closed(stage, main)


def main_item(items: Sequence[Item]) -> Item | None:
    """The popular item with the longest chain of review, the quickest that leaves room for every light."""
    fitting = [each for each in items if each.popular and len(each.steps) > 1 and promised_days(each) >= 5]
    return min(fitting, key=lambda each: (-len(each.steps), promised_days(each)), default=None)


def _plan_front(stage: Stage, main: Item, others: Sequence[Item]) -> None:
    """What lies at the window: pre-review, acceptance, supplements."""
    Story(stage, main, _FIRST).file(0)
    Story(stage, others[0], _FIRST + 1).file(1)
    Story(stage, main, _FIRST + 2).file(4)  # pre-review is late: warned
    Story(stage, main, _FIRST + 3).file(1).staff("window", "pre_review", 0, opinion="材料齐全，符合形式要求")
    for at, days, back in ((4, 3, None), (5, 5, 1)):
        item = (main, others[-1])[at % 2]
        wanted = [
            place
            for place, each in enumerate(item.materials)
            if uploaded_online(each) and each.necessity == "required"
        ][:2]
        names = "、".join(f"“{item.materials[place].name}”" for place in wanted) or "申请书"
        story = Story(stage, item, _FIRST + at).file(days)
        story.staff(
            "window", "supplement_notice", days - 1, tuple(item.material_id(place) for place in wanted),
            reason=f"{names}的照片看不清文字，请重新拍照或者扫描后上传。", days="15",
        )  # fmt: skip
        if back is not None:
            story.applicant("supplement", back)


def _plan_review(stage: Stage, main: Item, others: Sequence[Item]) -> None:
    """What lies with the reviewers: first and second review in every light, a special procedure."""
    stage_limit = int(main.steps[0].limit or 2)
    Story(stage, main, _FIRST + 10).file(1).accept(0)
    for at, over in ((11, 0), (12, 1), (13, 4)):  # the stage's last day: warned; past it: yellow, red
        Story(stage, main, _FIRST + at).file(stage_limit + over + 1).accept(stage_limit + over)
    first, second = login_word(main.steps[0].role), login_word(main.steps[1].role)
    Story(stage, main, _FIRST + 14).file(2).accept(1).staff(
        first, "complete_step", 1, opinion="申请材料齐全，场所面积和布局图一致"
    )
    Story(stage, main, _FIRST + 15).file(3).accept(2).staff(first, "complete_step", 2, opinion="同意").staff(
        second, "send_back", 0, reason="请补充现场核查记录"
    )
    Story(stage, others[0], _FIRST + 16).file(1).accept(0)
    Story(stage, main, _FIRST + 17).file(2).accept(1).staff(
        first, "start_special", 0, kind="2", days="10", reason="新设备需要检验检测", basis=_LAW
    )
    Story(stage, others[-1], _FIRST + 18).file(6).accept(5).staff(
        login_word(others[-1].steps[0].role), "start_special", 5,
        kind="2", days="5", reason="需要检验检测", basis=_LAW,
    ).staff(login_word(others[-1].steps[0].role), "end_special", 1, opinion="检验合格")  # fmt: skip


def _plan_decision(stage: Stage, main: Item, others: Sequence[Item]) -> None:
    """What lies with the decider: fresh, soon due, past the promise, past the law's limit, extended."""
    days = promised_days(main)
    statutory = main.statutory.days if main.statutory else days + 3
    Story(stage, main, _FIRST + 20).file(2).accept(1).review(0)
    Story(stage, others[0], _FIRST + 21).file(2).accept(1).review(0)
    for at, ago in ((22, days - 1), (23, days + 1), (24, max(statutory, days + 3) + 2)):
        Story(stage, main, _FIRST + at).file(ago + 1).accept(ago).review(min(ago, 2))
    Story(stage, main, _FIRST + 25).file(days + 1).accept(days).review(2).staff(
        "decider", "extend", 1, days="5", reason="申请人正在整改排烟设施，需要再次核查"
    )


def _plan_closed(stage: Stage, main: Item) -> None:
    """Decided and waiting to be handed over, and some that are done."""
    Story(stage, main, _FIRST + 30).file(3).accept(2).review(1).grant(0)
    Story(stage, main, _FIRST + 31).file(4).accept(3).review(2).grant(1)
    Story(stage, main, _FIRST + 32).file(4).accept(3).review(2).staff(
        "decider", "deny", 1, reason="现场核查发现加工间和卫生间相通，不符合场所要求", basis=law_of(main)
    )
    for at, words in enumerate(("上门核查提前约了时间", "很快", "材料要求写得清楚")):
        begun = 4 + 3 * at
        Story(stage, main, _FIRST + 33 + at).file(begun + 3).accept(begun + 2).review(begun + 1).grant(
            begun
        ).deliver(begun - 1).rate(begun - 2, 1 + at % 2, words)
