"""What a drill writes down: each step with its outcome, and the report made of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime

from rules.errors import HallError


class Failed(HallError):
    """A step whose outcome was not what the drill expects."""

    slug = "drill"
    title = "演练不符"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing done and what came of it. `subject` is the case or letter it belongs to."""

    topic: str
    subject: str
    name: str
    ok: bool
    detail: str
    seconds: float


@dataclass
class Record:
    """The course of one drill. `not_built` names the topics the hall has no part for yet."""

    url: str
    started: datetime
    ended: datetime | None = None
    steps: list[Step] = field(default_factory=list)
    subjects: dict[str, str] = field(default_factory=dict)
    not_built: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[Step]:
        return [step for step in self.steps if not step.ok]

    @contextmanager
    def step(self, topic: str, subject: str, name: str) -> Iterator[list[str]]:
        """Times a step; the list takes what is worth telling. A Failed inside is written down and raised."""
        begun = datetime.now().astimezone()
        told: list[str] = []

        def note(ok: bool) -> None:
            seconds = (datetime.now().astimezone() - begun).total_seconds()
            self.steps.append(Step(topic, subject, name, ok, "；".join(told), round(seconds, 3)))

        try:
            yield told
        except Failed as error:
            told.append(error.detail)
            note(ok=False)
            raise
        note(ok=True)

    def as_json(self) -> str:
        """The whole record; `passed` is false when any step failed."""
        return json.dumps(
            {
                "url": self.url,
                "started": self.started.isoformat(timespec="seconds"),
                "ended": self.ended.isoformat(timespec="seconds") if self.ended else None,
                "passed": not self.problems,
                "subjects": self.subjects,
                "not_built": self.not_built,
                "steps": [asdict(step) for step in self.steps],
            },
            ensure_ascii=False,
            indent=1,
        )

    def as_markdown(self) -> str:
        """Process, result and problems, for people."""
        done = sum(step.ok for step in self.steps)
        lines = [
            "# 综合演练报告",
            "",
            f"大厅：{self.url}  ",
            f"开始：{self.started:%Y-%m-%d %H:%M:%S}  ",
            f"结束：{self.ended:%Y-%m-%d %H:%M:%S}" if self.ended else "没有演练完",
            "",
            "## 结果",
            "",
            f"- 共 {len(self.steps)} 步，通过 {done} 步，不符 {len(self.problems)} 步。",
            f"- 演练件 {len(self.subjects)} 件，都带演练标记，不进入任何统计。",
            *(f"- 未建成，没有演练：{topic}。" for topic in self.not_built),
            "",
            "## 问题",
            "",
            *(f"- {step.topic}·{step.subject}·{step.name}：{step.detail}" for step in self.problems),
            *([] if self.problems else ["没有发现问题。"]),
            "",
            "## 过程",
        ]
        for topic in dict.fromkeys(step.topic for step in self.steps):
            lines += ["", f"### {topic}"]
            for subject in dict.fromkeys(step.subject for step in self.steps if step.topic == topic):
                lines += ["", f"#### {self.subjects.get(subject, subject)}", ""]
                lines += ["| 步骤 | 结果 | 说明 | 用时 |", "|---|---|---|---|"]
                lines += [
                    f"| {step.name} | {'通过' if step.ok else '**不符**'} | {_cell(step.detail)} | {step.seconds:.2f} 秒 |"
                    for step in self.steps
                    if step.topic == topic and step.subject == subject
                ]
        return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
