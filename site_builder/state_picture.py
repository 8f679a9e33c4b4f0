"""The states of a case as a picture, drawn from the published table of moves."""

from __future__ import annotations

from collections import Counter

from markupsafe import Markup, escape

from rules.case import Diagram

_BOX, _GAP, _HEIGHT, _ROW, _EDGE, _BEND = 128, 66, 44, 84, 12, 26
# An end that so many states lead to (withdrawn, void) would cover the picture with lines; the caption names it.
_MANY = 3


def state_picture(chart: Diagram) -> Markup:
    """Columns by the longest way there, in the table's own order; ways back are dashed."""
    order = {node.state: place for place, node in enumerate(chart.nodes)}
    pairs = {(edge.source, edge.target) for edge in chart.edges if edge.source != edge.target}
    sources = Counter(target for _, target in pairs)
    everywhere = {node.state for node in chart.nodes if node.ended and sources[node.state] >= _MANY}
    drawn = [node for node in chart.nodes if node.state not in everywhere]
    pairs = {(one, other) for one, other in pairs if other not in everywhere}
    column = {node.state: 0 for node in drawn}
    for node in drawn:
        behind = [
            column[one] + 1 for one, other in pairs if other == node.state and order[one] < order[other]
        ]
        column[node.state] = max(behind, default=0)
    columns = [[node for node in drawn if column[node.state] == n] for n in range(max(column.values()) + 1)]
    rows = max(len(each) for each in columns)
    place: dict[str, tuple[int, int]] = {}
    for number, nodes in enumerate(columns):
        top = _EDGE + _BEND + (rows - len(nodes)) * _ROW // 2
        for row, node in enumerate(nodes):
            place[node.state] = _EDGE + number * (_BOX + _GAP), top + row * _ROW
    width = 2 * _EDGE + len(columns) * _BOX + (len(columns) - 1) * _GAP
    height = 2 * _EDGE + _BEND + rows * _ROW
    parts = [
        f'<svg class="flow-picture" role="img" viewBox="0 0 {width} {height}" aria-label="办件状态图，逐项说明见下面的表">'
    ]
    for one, other in sorted(pairs, key=lambda pair: (order[pair[0]], order[pair[1]])):
        parts.append(_line(place[one], place[other], back=order[other] < order[one]))
    for node in drawn:
        x, y = place[node.state]
        kind = "f-end" if node.ended else "f-box"
        parts.append(f'<rect class="{kind}" x="{x}" y="{y}" width="{_BOX}" height="{_HEIGHT}" rx="6"/>')
        on = ' class="f-on"' if node.ended else ""
        parts.append(f'<text x="{x + _BOX // 2}" y="{y + 27}"{on}>{escape(node.label)}</text>')
    parts.append("</svg>")
    return Markup("".join(parts))  # noqa: S704


def everywhere_ends(chart: Diagram) -> tuple[str, ...]:
    """The names of the ends left out of the picture because almost every state leads there."""
    pairs = {(edge.source, edge.target) for edge in chart.edges if edge.source != edge.target}
    sources = Counter(target for _, target in pairs)
    return tuple(node.label for node in chart.nodes if node.ended and sources[node.state] >= _MANY)


def _line(one: tuple[int, int], other: tuple[int, int], *, back: bool) -> str:
    if back:
        x, y, to_x, to_y = one[0] + 20, one[1] + _HEIGHT, other[0] + _BOX - 20, other[1] + _HEIGHT
        if one[1] < other[1] or (one[1] == other[1]):
            y, to_y = one[1], other[1]
            bend = min(y, to_y) - 30
        else:
            bend = max(y, to_y) + 30
        tip = f"M{to_x - 4} {to_y + (6 if bend > to_y else -6)}h8l-4 {-7 if bend > to_y else 7}z"
        return (
            f'<path class="f-line f-back" d="M{x} {y}C{x} {bend} {to_x} {bend} {to_x} {to_y}"/>'
            f'<path class="f-arrow" d="{tip}"/>'
        )
    x, y, to_x, to_y = one[0] + _BOX, one[1] + _HEIGHT // 2, other[0] - 7, other[1] + _HEIGHT // 2
    middle = to_x - 34
    return (
        f'<path class="f-line" d="M{x} {y}H{middle - 18}C{middle} {y} {middle} {to_y} {to_x} {to_y}"/>'
        f'<path class="f-arrow" d="M{to_x - 1} {to_y - 4}v8l8-4z"/>'
    )
