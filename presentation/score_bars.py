"""The stacked bar of a score: one stretch a head, as wide as its base, filled as far as its points reach."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from rules.quick_dataclass import dataclass

WIDTH = 1000
GAP = 4


@dataclass(frozen=True, slots=True)
class Stretch:
    """One head in SVG units: where it begins, how wide its base is, how far it is filled; `points` None: not measured."""

    name: str
    points: str | None
    base: str
    x: float
    width: float
    filled: float


def stretches(heads: Iterable[tuple[str, str | None, str]]) -> tuple[Stretch, ...]:
    """(name, points, base) of every head, points and base as texts."""
    rows = list(heads)
    full = sum((Decimal(base) for _, _, base in rows), Decimal(0)) or Decimal(1)
    found: list[Stretch] = []
    x = 0.0
    for name, points, base in rows:
        width = float(Decimal(base) / full) * WIDTH
        share = 0.0 if points is None else float(Decimal(points) / Decimal(base))
        inner = max(width - GAP, 1)
        found.append(
            Stretch(name, points, base, round(x, 1), round(inner, 1), round(inner * min(max(share, 0), 1), 1))
        )
        x += width
    return tuple(found)


def trimmed(points: str) -> str:
    """`93.50` as `93.5`, `10.00` as `10`: for sentences; tables keep two places."""
    return points.rstrip("0").rstrip(".") if "." in points else points
