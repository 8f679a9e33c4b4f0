"""The flow of an item: its steps with their days, as a line and as a picture (inline SVG)."""

from __future__ import annotations

from functools import lru_cache

from markupsafe import Markup, escape

from catalog.county import Settings
from catalog.schema import Item, SpecialProcedure
from presentation.dates import duration
from presentation.view import FlowStep

ROLE_WORDS = {
    "window_clerk": "窗口人员",
    "coordinator": "综合管理员",
    "reviewer": "审查人员",
    "decider": "审批负责人",
}
_BOX, _GAP, _HEIGHT, _LEFT = 112, 34, 54, 8


def flow_steps(item: Item, settings: Settings) -> tuple[FlowStep, ...]:
    """From filing to delivery, each with its own days."""
    steps = [FlowStep("提交申请", who="您", days="网上随时" if item.accepts_online else "")]
    if item.immediate:
        steps.append(FlowStep("当场办理", who="窗口人员", days="当场办结"))
    else:
        if item.accepts_online:
            pre = item.pre_review_days if item.pre_review_days is not None else settings.pre_review_days
            steps.append(FlowStep("网上预审", who="受理人员", days=f"{pre}个工作日内" if pre else "当场"))
        steps.append(FlowStep("受理", who="受理人员", days="当场或5个工作日内", note="材料不齐一次告知"))
        for step in item.steps:
            days = "当天" if step.limit == 0 else f"{step.limit}个工作日内" if step.limit else ""
            steps.append(
                FlowStep(step.name, who=ROLE_WORDS[step.role], days=days, note=step.special_procedure or "")
            )
        if not item.steps:
            limit = duration(item.promised.days, item.promised.unit) if item.promised else ""
            steps.append(FlowStep("审查决定", days=f"{limit}内" if limit else ""))
    steps.append(FlowStep("送达结果", who="窗口、邮寄或网上", days="" if item.immediate else "10个工作日内"))
    return tuple(steps)


def flow_picture(item: Item, steps: tuple[FlowStep, ...]) -> Markup:
    """The flow chart with what can branch off: supplement, refusal, special procedures, denial."""
    return _picture(steps, item.immediate, item.special_procedures)


# Most items of a county share a few pictures: the same steps with the same days.
@lru_cache(maxsize=512)
def _picture(steps: tuple[FlowStep, ...], immediate: bool, special: tuple[SpecialProcedure, ...]) -> Markup:
    top = 78 if special else 12
    width = _LEFT * 2 + len(steps) * _BOX + (len(steps) - 1) * _GAP
    side = not immediate
    height = top + _HEIGHT + (84 if side else 10)
    said = "→".join(f"{step.name}({step.days})" if step.days else step.name for step in steps)
    parts = [
        f'<svg class="flow-picture" role="img" viewBox="0 0 {width} {height}" '
        f'aria-label="流程图：{escape(said)}">'
    ]
    for place, step in enumerate(steps):
        x = _LEFT + place * (_BOX + _GAP)
        last = place == len(steps) - 1
        on = " f-on" if last else ""
        parts.append(
            f'<rect class="{"f-end" if last else "f-box"}" x="{x}" y="{top}" width="{_BOX}" height="{_HEIGHT}" rx="6"/>'
        )
        middle = x + _BOX // 2
        parts.append(_text(middle, top + (24 if step.days else 32), step.name, 7, on.strip()))
        if step.days:
            parts.append(_text(middle, top + 42, step.days, 9, "f-small" + on))
        if not last:
            parts.append(_arrow(x + _BOX, top + _HEIGHT // 2, x + _BOX + _GAP))
    if side:
        parts += _branches(steps, top)
    if special:
        parts += _special(special, steps, top)
    parts.append("</svg>")
    return Markup("".join(parts))  # noqa: S704


def _branches(steps: tuple[FlowStep, ...], top: int) -> list[str]:
    names = [step.name for step in steps]
    below: list[tuple[int, str]] = []
    if "受理" in names:
        below.append((names.index("受理"), "补正或不予受理"))
    below.append((len(steps) - 2, "不予许可（说明理由）"))
    parts: list[str] = []
    for place, text in dict(below).items():
        x = _LEFT + place * (_BOX + _GAP)
        middle, y = x + _BOX // 2, top + _HEIGHT
        parts.append(f'<path class="f-line" d="M{middle} {y}v22"/>')
        parts.append(f'<path class="f-arrow" d="M{middle - 4} {y + 20}h8l-4 8z"/>')
        parts.append(
            f'<rect class="f-side" x="{x - 10}" y="{y + 28}" width="{_BOX + 20}" height="36" rx="6"/>'
        )
        parts.append(_text(middle, y + 51, text, 10, "f-small"))
    return parts


def _special(special: tuple[SpecialProcedure, ...], steps: tuple[FlowStep, ...], top: int) -> list[str]:
    noted = next(
        (n for n, step in enumerate(steps) if step.note and n > 1 and step.name != "受理"), len(steps) - 2
    )
    x = _LEFT + noted * (_BOX + _GAP)
    middle = x + _BOX // 2
    text = "、".join(
        f"{each.name}{each.days}{'个工作日' if each.unit == 'workday' else '天'}" for each in special
    )
    return [
        f'<rect class="f-side" x="{x - 16}" y="8" width="{_BOX + 32}" height="38" rx="6"/>',
        _text(middle, 24, text, 12, "f-small"),
        _text(middle, 40, "不计入时限", 12, "f-small"),
        f'<path class="f-line" d="M{middle} 46v{top - 46}"/>',
    ]


def _arrow(x: int, y: int, to: int) -> str:
    return f'<path class="f-line" d="M{x} {y}H{to - 7}"/><path class="f-arrow" d="M{to - 8} {y - 4}v8l8-4z"/>'


def _text(x: int, y: int, text: str, most: int, class_: str) -> str:
    short = text if len(text) <= most else text[: most - 1] + "…"
    named = f' class="{class_}"' if class_ else ""
    return f'<text x="{x}" y="{y}"{named}>{escape(short)}</text>'
