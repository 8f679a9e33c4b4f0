"""What all plain filings for one item within one second begin with: computed for the first of them only.

When an office opens its applications, hundreds come in a second. Their steps, materials, fees, clocks and the words
of their receipts are the same; only who applies, the number and the code differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from weakref import WeakKeyDictionary

from catalog.schema import Item
from handlers.casework import clocks as casework_clocks
from handlers.casework.case_contents import default_accepting_unit, fees_of, materials_of, steps_of
from handlers.casework.clocks import intake_limits
from handlers.casework.ground import Ground
from handlers.casework.requests import Application
from handlers.store.records import Clock, FeeDue, MaterialReceived, NoticeLine, Step

_MOST = 256


@dataclass(slots=True)
class Beginning:
    """The rows of a new case. The clocks bear no case's id; `receipt` is there once a receipt has been written."""

    clocks: tuple[Clock, ...]
    steps: tuple[Step, ...]
    fees: tuple[FeeDue, ...]
    materials: tuple[MaterialReceived, ...] | None = None
    receipt: tuple[NoticeLine, ...] | None = None


@dataclass(slots=True)
class _Kept:
    """What has been computed on one ground."""

    begun: dict[tuple[object, ...], Beginning]
    units: dict[str, str]


# With the ground goes what was computed on it: one that a build has replaced is not held here.
_kept: WeakKeyDictionary[Ground, _Kept] = WeakKeyDictionary()


def _on(ground: Ground) -> _Kept:
    found = _kept.get(ground)
    return _kept.setdefault(ground, _Kept({}, {})) if found is None else found


def of(ground: Ground, item: Item, unit: str, now: datetime, *, online: bool, drill: bool) -> Beginning:
    """The rows of a case of its own: materials and receipt follow from what was handed in."""
    clocks = tuple(
        casework_clocks.new(
            ground, kind, now, limit, subject="case", subject_id=0, department=item.department, unit=unit, drill=drill
        )
        for kind, limit in intake_limits(ground, item.pre_review_days, online).items()
    )  # fmt: skip
    return Beginning(clocks, steps_of(item), fees_of(item))


def shared(
    ground: Ground, item: Item, version: str, unit: str, now: datetime, application: Application,
    *, channel: str, online: bool, drill: bool,
) -> Beginning:  # fmt: skip
    """The rows shared with all filings alike that hand in no files and no papers."""
    kept = _on(ground).begun
    key = (version, unit, now, channel, online, drill, bool(application.answers))
    found = kept.get(key)
    if found is None:
        found = of(ground, item, unit, now, online=online, drill=drill)
        found.materials = materials_of(item, application, {}, now)
        if len(kept) >= _MOST:
            kept.clear()
        kept[key] = found
    return found


def accepting_unit(ground: Ground, item: Item, version: str) -> str:
    """Where an online filing goes when the applicant chose no unit."""
    kept = _on(ground).units
    found = kept.get(version)
    if found is None:
        if len(kept) >= _MOST:
            kept.clear()
        found = kept[version] = default_accepting_unit(ground, item)
    return found
