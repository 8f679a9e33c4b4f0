"""Demo follow-ups: an old bad rating revisited, one being put right, one that waits to be contacted today."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from handlers.casework.demo_cases import Stage, Story
from handlers.following_up.service import FollowUps
from rules.errors import Forbidden

_OLD = 6
_CALLED = "评价人说窗口没有一次说清要带什么。核对叫号和监控，情况属实。"
_FIXED = "已把要带的材料做成一张清单放在窗口，收件人员逐项核对以后再请人离开。"


def plan(stage: Stage) -> None:
    """Plans what follows each bad rating of the demo's stories, by how long ago it was."""
    room = FollowUps(stage.casework.database, stage.casework.ground)
    for at, (story, ago) in enumerate(stage.rated_badly):
        if f"{story.item.department}-coordinator" not in stage.people or ago < 2:
            continue

        def record(days_ago: int, move: str, story: Story = story, **values: str) -> None:
            stage.plan(stage.moment(days_ago, 330), _recorded(stage, room, story, move, values))

        record(ago - 1, "contact", way="phone", text=_CALLED)
        if ago < _OLD:
            record(ago - 1, "extend", text="要和叫号系统的厂家一起改，需要更长时间。")
            continue
        record(ago - 3, "fix", text=_FIXED)
        record(ago - 4, "revisit", way="phone", accepted="no" if at % 3 == 1 else "yes", text="看到了清单。")


def _recorded(
    stage: Stage, room: FollowUps, story: Story, move: str, values: dict[str, str]
) -> Callable[[datetime], None]:
    def action(moment: datetime) -> None:
        assert story.filed is not None
        given = {**values, "when": moment.isoformat(timespec="minutes")}
        # Who had no hand in the case records; the supervisor never has one.
        for word in ("coordinator", "supervisor"):
            person = stage.people[f"{story.item.department}-{word}"]
            try:
                room.move(story.filed.number, move, given, person, now=moment)
            except Forbidden:
                continue
            return

    return action
