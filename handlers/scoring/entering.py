"""The county supervisor enters what no clock sees (a decision overturned, a case lost), with its basis, and takes it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from types import MappingProxyType

from handlers.casework.authority import Standing, active_person, held
from handlers.casework.ground import Ground
from handlers.scoring.requests import NewEntry
from handlers.store import cases, events, letters, outbox, people, scores
from handlers.store.database import Database
from handlers.store.moments import Reads
from handlers.store.records import Json
from handlers.store.score_records import ScoreEntry
from handlers.store.writer import Transaction
from presentation.score_words import ENTRY_LABELS
from rules.access import in_scope
from rules.errors import Forbidden, Invalid, NotFound
from rules.permissions import Capability
from rules.score_periods import Period
from rules.score_scheme import Scheme
from rules.time import local_date

LONGEST = 1000
MOST = 10_000
# The head an entry belongs to, so that pages can group entries; the scheme decides what it takes.
HEADS: Mapping[str, str] = MappingProxyType(
    {
        "decision_overturned": "liability",
        "case_lost": "liability",
        "discipline": "integrity",
        "data_error": "",
        "disclosure_late": "openness",
        "other": "",
    }
)


def standing_of(reads: Reads, ground: Ground, person: str, now: datetime, needed: Capability) -> Standing:
    """The capacity in which someone acts for the whole county, as the county grants it. Raises Forbidden."""
    account, roles = active_person(reads, person), ground.permissions.roles(needed)
    top = ground.units.top or "county"
    for each in held(account, local_date(now), roles):
        if in_scope(each.unit, ground.units.tree, top):
            return Standing(account.id, each.role, each.unit)
    raise Forbidden("这件事由县监察机构办理，您的岗位没有这项权限。")


def enter(
    database: Database, ground: Ground, scheme: Scheme, asked: NewEntry, person: str, now: datetime
) -> ScoreEntry:
    """A fact with its basis. It counts in the month it happened in, or in this month when that one is published.

    Raises Invalid with a message per field, NotFound, Forbidden.
    """
    wanted = _checked(ground, scheme, asked, now)

    def job(tx: Transaction) -> ScoreEntry:
        standing = standing_of(tx, ground, person, now, Capability.SCORES_ENTER)
        made = _about(tx, ground, asked, wanted)
        made = _dated(tx, made, now)
        made = replace(made, entered_by=standing.actor)
        made = replace(made, id=scores.add_entry(tx, made))
        label = ENTRY_LABELS[made.kind]
        _happened(
            tx, made, standing, now, "entered",
            {"kind": made.kind, "head": made.head, "period": made.period, "department": made.department,
             "person": made.person or "", "number": made.subject_number, "quantity": made.quantity,
             "happened": made.happened.isoformat(), "basis": made.basis, "note": made.note, "words": ""},
        )  # fmt: skip
        if made.department:
            body = (
                f"县监察机构登记了一条评分事实：{label}（{made.happened.isoformat()}），计入{Period.parse(made.period).label}。"
                f"依据：{made.basis}"
            )
            _tell(tx, made, body, now)
        return made

    return database.write(job)


def withdraw(
    database: Database, ground: Ground, entry_id: int, reason: str, person: str, now: datetime
) -> ScoreEntry:
    """Takes an entry back, with the reason; it stays listed as withdrawn."""
    words = reason.strip()
    if not 2 <= len(words) <= LONGEST:
        raise Invalid("撤回要写理由", {"reason": f"请写明撤回的理由，{LONGEST} 字以内"})

    def job(tx: Transaction) -> ScoreEntry:
        standing = standing_of(tx, ground, person, now, Capability.SCORES_ENTER)
        found = scores.entry(tx, entry_id)
        if found is None:
            raise NotFound("没有这条登记。")
        scores.withdraw_entry(tx, found, standing.actor, now, words)
        payload: dict[str, Json] = {"entry": found.id, "reason": words, "words": ""}
        _happened(tx, found, standing, now, "withdrawn", payload)
        if found.department:
            _tell(tx, found, f"评分登记“{ENTRY_LABELS[found.kind]}”已撤回：{words}", now)
        again = scores.entry(tx, entry_id)
        assert again is not None
        return again

    return database.write(job)


def _checked(ground: Ground, scheme: Scheme, asked: NewEntry, now: datetime) -> ScoreEntry:
    """Everything that can be said against an entry without looking into the records."""
    wrong: dict[str, str] = {}
    register = asked.kind == "register"
    if asked.kind not in ENTRY_LABELS:
        wrong["kind"] = "请选择登记什么"
    if not register and asked.department not in ground.departments:
        wrong["department"] = "请选择部门"
    happened = asked.happened or (local_date(now) if register else None)
    if happened is None:
        wrong["happened"] = "请写哪一天，如 2026-11-05"
    elif happened > local_date(now):
        wrong["happened"] = "日期还没有到"
    elif happened.year < 2000:
        wrong["happened"] = "日期太早，请再看一遍"
    if not 2 <= len(asked.basis.strip()) <= LONGEST:
        wrong["basis"] = f"请写明依据的文书和文号，{LONGEST} 字以内"
    if len(asked.note) > LONGEST:
        wrong["note"] = f"最多写 {LONGEST} 个字"
    if not 1 <= asked.quantity <= MOST:
        wrong["quantity"] = f"件数应在 1 到 {MOST} 之间"
    heads = {each.id for each in scheme.heads}
    if register and asked.head not in heads:
        wrong["head"] = "请选择核齐了哪一项"
    if wrong:
        raise Invalid("登记还有几处没有填好", wrong)
    period = (
        Period.parse(asked.period).text if register else Period.month_of(happened or local_date(now)).text
    )
    return ScoreEntry(
        id=0,
        period=period,
        head=asked.head if register else HEADS[asked.kind],
        kind=asked.kind,
        department="" if register else asked.department,
        person=None,
        subject="",
        subject_number="",
        quantity=1 if register else asked.quantity,
        happened=happened or local_date(now),
        entered=now,
        entered_by="",
        basis=asked.basis.strip(),
        note=asked.note.strip(),
        withdrawn=None,
        withdrawn_by=None,
        withdrawal="",
    )


def _about(tx: Transaction, ground: Ground, asked: NewEntry, entry: ScoreEntry) -> ScoreEntry:
    """The case or letter it names, and the person, both of the department."""
    number, login = asked.number.strip().upper(), asked.login.strip()
    if number and entry.department:
        case, letter = cases.by_number(tx, number), letters.by_number(tx, number)
        found = case or letter
        if found is None or found.department != entry.department:
            raise Invalid("编号不对", {"number": "这个部门没有这个编号的办件或来信；不涉及具体的，留空"})
        entry = replace(entry, subject="case" if case else "letter", subject_number=number)
    if login and entry.department:
        known = people.by_login(tx, login)
        tree = ground.units.tree
        if known is None or not any(
            in_scope(entry.department, tree, each.unit) for each in known.assignments
        ):
            raise Invalid("人员不对", {"login": "这个部门没有这个登录名；不涉及个人的，留空"})
        entry = replace(entry, person=known.id)
    return entry


def _dated(tx: Transaction, entry: ScoreEntry, now: datetime) -> ScoreEntry:
    """A month that is published stays as it is: what is learned later counts in the month it is entered in."""
    if entry.kind != "register" and scores.newest(tx, entry.period, "published") is not None:
        return replace(entry, period=Period.month_of(local_date(now)).text)
    return entry


def _happened(
    tx: Transaction,
    entry: ScoreEntry,
    standing: Standing,
    now: datetime,
    state: str,
    payload: Mapping[str, Json],
) -> None:
    events.append(
        tx,
        events.NewEvent(
            at=now,
            kind="score.entry",
            subject="score_entry",
            subject_id=entry.id,
            subject_number=f"{entry.period}/{entry.id}",
            actor=standing.actor,
            role=standing.role,
            unit=standing.unit,
            from_state="" if state == "entered" else "entered",
            to_state=state,
            drill=False,
            payload=payload,
        ),
    )


def _tell(tx: Transaction, entry: ScoreEntry, body: str, now: datetime) -> None:
    outbox.add(
        tx,
        [
            outbox.NewMessage(
                now,
                "score.entry",
                "unit",
                entry.department,
                "score_entry",
                entry.id,
                f"{entry.period}/{entry.id}",
                body,
            )
        ],
    )


def day_of(text: str) -> date | None:
    """A date a person typed, or None."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
