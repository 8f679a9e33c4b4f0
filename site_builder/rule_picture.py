"""One time rule as a small picture: the days of a limit on a line, and where each level begins."""

from __future__ import annotations

from markupsafe import Markup, escape

from presentation.view import Lights
from rules.cards import CardRule
from rules.levels import RED, WARNING, YELLOW, first_day, limit_against
from rules.quick_dataclass import dataclass

# What the picture is drawn for where a rule has no limit of its own: (promised, statutory).
_SAMPLES = {"case": (7, 10), "special_procedure": (5, None), "stage": (3, None)}
_LEFT, _WIDTH, _TOP, _BAR = 16, 640, 34, 16


@dataclass(frozen=True, slots=True)
class Span:
    """One level on the line: from which day (u) on, and until the day before the next."""

    level: int
    first: int
    last: int | None


def sample_limits(rule: CardRule) -> tuple[int, int | None]:
    """The limits a rule is explained with: its own default, else usual ones."""
    if rule.default_limit is not None:
        return rule.default_limit, None
    return _SAMPLES.get(rule.object, (5, None))


def spans(rule: CardRule, limit: int, statutory: int | None) -> tuple[Span, ...]:
    """What light burns on which day, first to last; day 0 is the day of the event."""
    begins: list[tuple[int, int]] = [(0, 0)]
    for level in (WARNING, YELLOW, RED):
        threshold = rule.thresholds.of_level(level)
        if threshold is not None:
            base = limit_against(rule.thresholds, threshold, limit, statutory)
            begins.append((first_day(rule.thresholds, threshold, base), level))
    begins.sort()
    found = []
    for at, (first, level) in enumerate(begins):
        last = begins[at + 1][0] - 1 if at + 1 < len(begins) else None
        if last is None or last >= first:
            found.append(Span(level, first, last))
    return tuple(found)


def spans_in_words(rule: CardRule, limit: int, statutory: int | None, lights: Lights) -> str:
    """The picture as a sentence, for those who do not see it."""
    unit = "个工作日" if rule.unit == "workday" else "天"
    parts = []
    for each in spans(rule, limit, statutory):
        word = lights[each.level][2]
        if each.last is None:
            parts.append(f"第{each.first}{unit}起{word}")
        elif each.first == 0:
            parts.append(f"到第{each.last}{unit}为止{word}")
        else:
            parts.append(
                f"第{each.first}到{each.last}{unit}{word}"
                if each.last > each.first
                else f"第{each.first}{unit}{word}"
            )
    law = f"，法定{statutory}{unit}" if statutory is not None else ""
    return f"时限{limit}{unit}{law}：" + "，".join(parts)


def picture(rule: CardRule, lights: Lights) -> Markup:
    """The line of days with its lights, the last day of the limit marked; colours never alone."""
    limit, statutory = sample_limits(rule)
    found = spans(rule, limit, statutory)
    end = max(found[-1].first, statutory or 0, limit) + 2
    step = _WIDTH / (end + 1)

    def x(day: float) -> float:
        return round(_LEFT + day * step, 1)

    label = escape(spans_in_words(rule, limit, statutory, lights))
    height = _TOP + _BAR + 46
    parts = [
        f'<svg class="rule-line" role="img" viewBox="0 0 {_WIDTH + 2 * _LEFT} {height}" aria-label="{label}">'
    ]
    for each in found:
        style, shape, word = lights[each.level]
        last = end if each.last is None else each.last
        left, width = x(each.first), (last - each.first + 1) * step
        parts.append(
            f'<rect class="rl-{style}" x="{left}" y="{_TOP}" width="{round(width, 1)}" height="{_BAR}"/>'
        )
        said = f"{shape} {word}" if width > 44 else shape
        parts.append(
            f'<text class="rl-word rl-{style}-word" x="{round(left + width / 2, 1)}" y="{_TOP - 9}">{escape(said)}</text>'
        )
    parts += [
        f'<text class="rl-day" x="{round(x(day) + step / 2, 1)}" y="{_TOP + _BAR + 16}">{day}</text>'
        for day in range(end + 1)
        if end <= 14 or day % 5 == 0 or day in (limit, statutory)
    ]
    marks = [(limit, "承诺到期" if statutory is not None else "时限到期")]
    if statutory is not None:
        marks.append((statutory, "法定到期"))
    for day, said in marks:
        at = x(day + 1)
        parts.append(f'<path class="rl-mark" d="M{at} {_TOP - 4}V{_TOP + _BAR + 24}"/>')
        parts.append(f'<text class="rl-limit" x="{at}" y="{_TOP + _BAR + 38}">{said}</text>')
    parts.append("</svg>")
    return Markup("".join(parts))  # noqa: S704
