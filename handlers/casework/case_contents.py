"""What a new case takes over from its item: accepting unit, review steps, materials and fees."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from catalog.schema import Item
from handlers.casework.ground import Ground
from handlers.casework.requests import Application
from handlers.store.records import FeeDue, MaterialReceived, Step
from rules.access import Role


def default_accepting_unit(ground: Ground, item: Item) -> str:
    """Where an online filing goes when the applicant chose no unit.

    The department's own window, where it may accept the item; else the department; else the first unit named.
    """
    named = item.accepting_units
    windows = [each.id for each in ground.units.of_kind("window") if each.department == item.department]
    for unit in (*windows, item.department):
        if not named or unit in named:
            return unit
    return named[0]


def steps_of(item: Item) -> tuple[Step, ...]:
    """The item's review steps; an item without any is decided in one step by the decider."""
    if not item.steps:
        return (
            Step(
                0, "decision", "审批", Role.DECIDER, item.department, None, "waiting", None, None, None, None
            ),
        )
    return tuple(
        Step(
            position=at,
            code=each.id,
            name=each.name,
            role=Role(each.role),
            unit=each.unit or item.department,
            limit_days=each.limit,
            state="waiting",
            started=None,
            ended=None,
            person=None,
            opinion=None,
        )
        for at, each in enumerate(item.steps)
    )


def materials_of(
    item: Item, application: Application, files: Mapping[str, tuple[str, ...]], now: datetime
) -> tuple[MaterialReceived, ...]:
    """One row per material of the guide, with what came of it."""
    given = {each.code: each for each in application.materials}
    rows = []
    for at, material in enumerate(item.materials):
        code = item.material_id(at)
        handed = given.get(code)
        electronic = len(files.get(code, ())) + len(files.get(f"material_{code}", ()))
        if material.blank_form == "form" and application.answers:
            electronic += 1  # the form itself, filled in on the portal
        originals = handed.originals if handed else 0
        copies = handed.copies if handed else 0
        reused = bool(handed and handed.reused)
        came = bool(originals or copies or electronic or reused)
        rows.append(
            MaterialReceived(
                position=at,
                code=code,
                name=material.name,
                required=material.necessity == "required",
                exempt=material.exempt,
                originals=originals,
                copies=copies,
                electronic=electronic,
                reused=reused,
                how=way_received(originals, copies, electronic, reused),
                received=now if came else None,
                verdict="",
                note="",
            )
        )
    return tuple(rows)


def way_received(originals: int, copies: int, electronic: int, reused: bool) -> str:
    """收取方式 (GB/T 39046 table 5) in words."""
    words = [
        word
        for amount, word in (
            (originals, "原件"),
            (copies, "复印件"),
            (electronic, "电子文件"),
            (reused, "共享核验"),
        )
        if amount
    ]
    return "、".join(words)


def fees_of(item: Item) -> tuple[FeeDue, ...]:
    """One row per fee of the guide."""
    return tuple(
        FeeDue(
            position=at,
            name=fee.name,
            standard=fee.standard,
            basis=fee.basis,
            cents=None if fee.amount is None else int(fee.amount * 100),
            paid_at=None,
            waived="",
        )
        for at, fee in enumerate(item.fees)
    )
