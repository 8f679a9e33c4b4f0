"""Demo cases for the rules about events: a hearing on its way, and a denial that every step had found fit to grant."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.schema import Item
from handlers.casework.demo_cases import Stage, Story, login_word
from rules.hearing import earliest
from rules.time import local_date


def plan(stage: Stage, items: Sequence[Item]) -> None:
    """Two cases of items with at least one step before the decision."""
    fitting = [each for each in items if len(each.steps) > 1 and not each.immediate]
    if not fitting:
        return
    _concluded(Story(stage, fitting[0], 410).file(7).accept(6), 5).staff(
        "decider", "tell_hearing", 4, reason="拟不予许可：相邻住户提出异议，场所布局需要当面说明",
        basis="《行政许可法》第四十七条",
    ).applicant("request_hearing", 3, reason="要求当面说明场所布局").staff(
        "decider", "notify_hearing", 2, time=_hearing_of(stage), place="县政务服务中心三楼听证室", host="县司法局工作人员",
    )  # fmt: skip
    _concluded(Story(stage, fitting[-1], 411).file(6).accept(5), 4).staff(
        "decider", "deny", 3, reason="现场与申报不一致，需要重新申报", basis="《行政许可法》第三十八条第二款",
    )  # fmt: skip


def _hearing_of(stage: Stage) -> str:
    """Nine in the morning of the first lawful day."""
    return f"{earliest(stage.casework.ground().calendar, local_date(stage.now)).isoformat()}T09:00"


def _concluded(story: Story, days_ago: int) -> Story:
    """All steps before the deciding one, each concluding that the conditions are met."""
    for step in story.item.steps[:-1]:
        story.staff(
            login_word(step.role),
            "complete_step",
            days_ago,
            conclusion="met",
            opinion=f"{step.name}：符合条件",
        )
    return story
