"""The moves a person may make now as forms: what each asks for, what it will do, which notice it sends."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import field

from catalog.codes import Codes
from catalog.schema import Item
from handlers.casework.views import MoveOption, StaffCaseView
from handlers.store.records import DELIVERY_LABELS
from presentation.dates import UNIT_WORDS, duration
from presentation.view import Choice
from rules.case_terms import NOTICES, STATE_LABELS, Move, MoveName, Need
from rules.clock import CLOCK_LABELS, ClockKind
from rules.quick_dataclass import dataclass

# What cannot be taken back: the page asks once more, in the form itself.
CONFIRMED = frozenset({MoveName.REFUSE, MoveName.GRANT, MoveName.DENY, MoveName.WITHDRAW, MoveName.VOID})
_GRAVE = frozenset({MoveName.REFUSE, MoveName.DENY, MoveName.VOID, MoveName.WITHDRAW})
_BETWEEN_STEPS = {MoveName.COMPLETE_STEP: ("转到", 1), MoveName.SEND_BACK: ("退到", -1)}
_SHORT = frozenset({"recipient", "place", "host"})
_BLANKS = {
    "{reason}": "（您写的理由）", "{days}": "（天数）", "{extension}": "（天数）", "{unit}": "本机关", "{time}": "（时间）", "{place}": "（地点）",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Typed:
    """What was sent for a move and could not be carried out, to be shown again."""

    move: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    errors: Mapping[str, str] = field(default_factory=dict)

    def error(self, move: str, name: str) -> str:
        """The fault of one field of one move."""
        return self.errors.get(name, "") if move == self.move else ""


@dataclass(frozen=True, slots=True)
class MoveField:
    """One question of a move. `kind`: text, line, days, moment or choice; `name` is unique on the page."""

    name: str
    label: str
    kind: str
    required: bool
    value: str
    error: str
    help: str = ""
    options: tuple[Choice, ...] = ()
    least: int = 1
    most: int = 366
    unit: str = ""


@dataclass(frozen=True, slots=True)
class MoveForm:
    """One move as the page shows it."""

    name: str
    label: str
    explanation: str
    effects: tuple[str, ...]
    notice: str
    fields: tuple[MoveField, ...]
    materials: tuple[Choice, ...]
    chosen: tuple[str, ...]
    uploads: tuple[Choice, ...]
    errors: Mapping[str, str]
    confirm: str
    grave: bool
    open: bool
    key: str


def move_forms(view: StaffCaseView, item: Item | None, codes: Codes, typed: Typed) -> tuple[MoveForm, ...]:
    """All moves of the view, that one opened which was just tried, or the only one."""
    return tuple(_form(view, each, item, codes, typed, len(view.moves) == 1) for each in view.moves)


def field_name(move: str, need: str) -> str:
    """Unique on a page that holds several forms."""
    return f"{move}.{need}"


def _form(
    view: StaffCaseView, option: MoveOption, item: Item | None, codes: Codes, typed: Typed, alone: bool
) -> MoveForm:
    move = option.move
    name = move.name.value
    tried = typed.move == name
    notice_moves = move.name is MoveName.SUPPLEMENT_NOTICE
    materials = tuple(Choice(each.code, each.name) for each in view.materials if not each.exempt)
    missing = tuple(Choice(each.code, each.name) for each in view.materials if each.verdict == "missing")
    return MoveForm(
        name=name,
        label=move.label,
        explanation=move.explanation,
        effects=effects(view, move, item),
        notice="" if move.notice is None else NOTICES[move.notice].title,
        fields=tuple(_field(view, option, need, item, codes, typed) for need in move.needs),
        materials=materials if notice_moves else (),
        chosen=typed.missing if tried else (),
        uploads=(missing or materials) if move.name is MoveName.SUPPLEMENT else (),
        errors=typed.errors if tried else {},
        confirm=_confirm_words(move) if move.name in CONFIRMED else "",
        grave=move.name in _GRAVE,
        open=tried or (alone and move.name not in _GRAVE),
        key=secrets.token_urlsafe(18),
    )


def effects(view: StaffCaseView, move: Move, item: Item | None) -> tuple[str, ...]:
    """What the move will do, sentence by sentence; only clocks that this case has or will have are named."""
    found: list[str] = []
    after = move.after(view.case.state)
    if after is not view.case.state:
        found.append(f"办件变为“{STATE_LABELS[after]}”")
    elif move.name in _BETWEEN_STEPS:
        verb, offset = _BETWEEN_STEPS[move.name]
        found.append(f"{verb}“{_step_name(view, offset)}”，那一环节重新计时")
    if move.name not in _BETWEEN_STEPS:
        found += _clock_words(view, move, item)
    words = move.public.replace("{step}", _step_name(view, 0))
    for blank, shown in _BLANKS.items():
        words = words.replace(blank, shown)
    found.append(f"申请人会看到：{words}")
    return tuple(found)


def _clock_words(view: StaffCaseView, move: Move, item: Item | None) -> Iterator[str]:
    running = {each.kind for each in view.clocks if each.stopped is None}
    for verb, kinds in (
        ("开始计时", {kind for kind in move.starts if _will_have(view, kind, item)}),
        ("暂停计时", move.pauses & running),
        ("恢复计时", move.resumes & running),
        ("停止计时", move.stops & running),
    ):
        if kinds:
            yield f"{verb}：{'、'.join(label for kind, label in CLOCK_LABELS.items() if kind in kinds)}"


def _will_have(view: StaffCaseView, kind: ClockKind, item: Item | None) -> bool:
    """Whether a clock that the table's row starts is one this case gets."""
    if kind is ClockKind.CERTIFICATE:
        return bool(item and item.result and item.result.kind == "certificate")
    if kind is ClockKind.STATUTE:
        return view.case.statutory_days is not None
    if kind is ClockKind.STAGE:
        return any(each.limit_days is not None for each in view.steps)
    return True


def _step_name(view: StaffCaseView, offset: int) -> str:
    position = max(view.case.step, 0) + offset
    return next((each.name for each in view.steps if each.position == position), "下一环节")


def _confirm_words(move: Move) -> str:
    document = f"，并出具{NOTICES[move.notice].title}" if move.notice else ""
    return f"我已核对，确认“{move.label}”{document}。执行后不能撤销。"


def _field(
    view: StaffCaseView, option: MoveOption, need: Need, item: Item | None, codes: Codes, typed: Typed
) -> MoveField:
    move = option.move.name
    value = typed.values.get(need.name, "") if typed.move == move else _first_value(view, move, need, item)
    kind = need.kind if need.kind != "text" else ("line" if need.name in _SHORT else "text")
    options: tuple[Choice, ...] = ()
    if need.kind == "choice":
        options = tuple(Choice(code, label) for code, label in codes[need.table].codes.items())
    elif move is MoveName.DELIVER and need.name == "method":
        kind, options = "choice", tuple(Choice(label, label) for label in DELIVERY_LABELS.values())
    return MoveField(
        name=field_name(move.value, need.name),
        label=need.label,
        kind=kind,
        required=need.required,
        value=value,
        error=typed.error(move.value, need.name),
        help=_help(option, need, item, _unit(view, move)),
        options=options,
        least=need.least,
        most=min(need.most, option.longest_days or need.most),
        unit=UNIT_WORDS[_unit(view, move)] if need.kind == "days" else "",
    )


def _unit(view: StaffCaseView, move: MoveName) -> str:
    """What days are counted in: an extension in the unit of the promise, all else in working days."""
    return view.case.promised_unit if move is MoveName.EXTEND else "workday"


def _first_value(view: StaffCaseView, move: MoveName, need: Need, item: Item | None) -> str:
    """What the form proposes: the way of delivery that was asked for, the procedure the item names."""
    if move is MoveName.DELIVER and need.name == "method":
        return DELIVERY_LABELS.get(view.case.delivery, "")
    only = item.special_procedures[0] if item and len(item.special_procedures) == 1 else None
    if move is MoveName.START_SPECIAL and only is not None:
        proposals = {
            "kind": only.kind,
            "days": str(only.days) if only.unit == "workday" else "",
            "basis": only.basis or "",
        }
        return proposals.get(need.name, "")
    return ""


def _help(option: MoveOption, need: Need, item: Item | None, unit: str) -> str:
    move = option.move.name
    if move is MoveName.START_SPECIAL and need.name == "days" and item and item.special_procedures:
        named = "；".join(f"{each.name}{duration(each.days, each.unit)}" for each in item.special_procedures)
        return f"本事项规定：{named}"
    if need.name == "basis" and item and item.legal_basis:
        laws = "；".join(f"《{each.law}》{each.article or ''}" for each in item.legal_basis[:3])
        return f"写明法律和条款。本事项的依据：{laws}"
    if move is MoveName.EXTEND and need.name == "days":
        return f"最多{duration(option.longest_days or need.most, unit)}，只能延长一次"
    if move is MoveName.SUPPLEMENT_NOTICE and need.name == "days":
        return "不填就用全县规定的补正期限"
    if move is MoveName.SUPPLEMENT_NOTICE and need.name == "reason":
        return "一次写全：缺哪些材料、哪里不合格、怎么改。以后不能再要求补正"
    if move is MoveName.DELIVER and need.name == "recipient":
        return "谁签收的，写姓名"
    return ""


__all__ = ["CONFIRMED", "MoveField", "MoveForm", "Typed", "effects", "field_name", "move_forms"]
