"""What happens to a case beside its moves: rating, materials handed over, fees, certificates, erasure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from handlers.casework.authority import (
    Standing,
    active_person,
    held,
    prove_applicant,
    standings,
)
from handlers.casework.case_contents import way_received
from handlers.casework.effects import certificate_number
from handlers.casework.ground import Ground
from handlers.casework.moving import facts_of
from handlers.casework.progress import Progress
from handlers.casework.requests import LONGEST_CERTIFICATE_NUMBER, MoveData
from handlers.casework.subjects import subject_of
from handlers.casework.triggering import Happened, fire
from handlers.following_up.opening import drop, open_if_bad
from handlers.store import attachments, case_parts, cases, clocks, counts, events, findings, notices, outbox
from handlers.store.database import Database
from handlers.store.order_erasure import ERASED
from handlers.store.records import Case, Certificate, Json, MaterialReceived, Rating, Step
from handlers.store.vault import Vault
from handlers.store.writer import Job, Transaction
from rules.access import Role
from rules.case_terms import ENDED, State
from rules.clock import ClockKind
from rules.errors import Conflict, Forbidden, IllegalMove, Invalid, NotFound
from rules.permissions import Capability
from rules.time import local_date
from rules.triggers import TriggerFacts

_LONGEST_REASON = 500
_NOT_RATED = frozenset({State.WITHDRAWN, State.VOIDED})


def rating(
    vault: Vault,
    ground: Ground,
    number: str,
    query_code: str,
    score: int,
    words: str,
    now: datetime,
    channel: str,
) -> Job[None]:
    """The job of the applicant's one rating, 1 (非常满意) to 5 (非常不满意), after the close; a bad one is followed up."""
    if score not in range(1, 6):
        raise Invalid("请选择一个满意度等级", {"score": "请选择一个满意度等级"})
    if len(words) > 1000:
        raise Invalid("评价内容太长", {"words": "最多 1000 字"})

    def job(tx: Transaction) -> None:
        case = prove_applicant(tx, vault, number, query_code)
        if case.closed_at is None:
            raise IllegalMove("办结之后才能评价。")
        if case.state in _NOT_RATED:
            raise IllegalMove("撤回或作废的办件不需要评价。")
        if cases.payload(tx, case.id).erased_at is not None:
            raise IllegalMove("这个办件的个人信息已按规定删除，不能再评价。")
        case_parts.insert_rating(tx, case.id, Rating(score, words.strip(), channel, now))
        cases.change(tx, case, now, rating=score)
        standing = Standing("applicant", Role.APPLICANT, case.department)
        _happened(tx, case, "rate", standing, now, {"score": score, "words": "您评价了这次办事"})
        if not case.drill:
            counts.add(tx, local_date(now), case.department, ("rated", f"rated_{score}"))
        open_if_bad(tx, ground, replace(case, rating=score), score, now)

    return job


def record_material(
    database: Database,
    ground: Ground,
    number: str,
    person: str,
    code: str,
    now: datetime,
    *,
    originals: int,
    copies: int,
    reused: bool,
    note: str,
) -> MaterialReceived:
    """What was handed over at a window for one material."""
    if not (0 <= originals <= 99 and 0 <= copies <= 99 and len(note) <= 500):
        raise Invalid("份数应在 0 到 99 之间", {"originals": "份数应在 0 到 99 之间"})

    def job(tx: Transaction) -> MaterialReceived:
        case, _, standing = _for_staff(tx, ground, number, person, now, Capability.CASES_INTAKE)
        if case.state in ENDED:
            raise IllegalMove("办件已经结束。")
        row = next((each for each in case_parts.materials(tx, case.id) if each.code == code), None)
        if row is None:
            raise NotFound("这个办件没有这份材料。")
        came = bool(originals or copies or reused or row.electronic)
        changed = replace(
            row,
            originals=originals,
            copies=copies,
            reused=reused,
            how=way_received(originals, copies, row.electronic, reused),
            received=now if came else None,
            verdict="accepted" if came else row.verdict,
            note=note.strip(),
        )
        case_parts.change_material(tx, case.id, changed)
        payload: dict[str, Json] = {
            "material": code, "originals": originals, "copies": copies, "reused": reused, "note": note, "words": "",
        }  # fmt: skip
        _happened(tx, case, "material", standing, now, payload)
        return changed

    return database.write(job)


def settle_fee(
    database: Database,
    ground: Ground,
    number: str,
    person: str,
    position: int,
    now: datetime,
    waived: str,
    charged: int | None = None,
) -> None:
    """A fee is paid (with the cents charged, where told), or waived with the reason. Money itself is the
    treasury's business; a sum above the published standard is the supervisor's.
    """
    _check_cents(charged)
    if waived.strip() and charged:
        raise Invalid("减免了就没有实收金额", {"charged": "减免了就不用写实收金额"})

    def job(tx: Transaction) -> None:
        case, _, standing = _for_staff(tx, ground, number, person, now, Capability.CASES_INTAKE)
        fee = next((each for each in case_parts.fees(tx, case.id) if each.position == position), None)
        if fee is None or not case_parts.settle_fee(tx, case.id, position, now, waived.strip(), charged):
            raise Conflict("没有这笔待缴的费用，或者已经缴清。")
        words = "费用已减免" if waived.strip() else "费用已缴清"
        payload: dict[str, Json] = {"position": position, "waived": waived, "words": words}
        if charged is not None and not waived.strip():
            payload["charged"] = charged
        appended = _happened(tx, case, "fee", standing, now, payload)
        if charged is not None and not waived.strip():
            facts = TriggerFacts("fee", fee=fee.name, charged=charged, standard=fee.cents)
            _fire_fee(tx, ground, case, standing, now, facts, appended)

    database.write(job)


def record_charge(
    database: Database,
    ground: Ground,
    number: str,
    person: str,
    name: str,
    charged: int,
    reason: str,
    now: datetime,
) -> None:
    """Money that was taken beside what the guide says, written down as it was, with how it became known.

    A fee the guide does not name is unlisted; one it does name is held, with all that was charged under its name,
    against the published standard.
    """
    _check_cents(charged)
    called, known_by = name.strip(), reason.strip()
    wrong: dict[str, str] = {}
    if not 1 <= len(called) <= 100:
        wrong["name"] = "请写明收了什么费（100 字以内）"
    if charged < 1:
        wrong["charged"] = "请写实际收了多少钱"
    if not 2 <= len(known_by) <= _LONGEST_REASON:
        wrong["reason"] = f"请写明怎么知道的，例如收据号（{_LONGEST_REASON} 字以内）"
    if wrong:
        raise Invalid("这笔收费还不能登记", wrong)

    def job(tx: Transaction) -> None:
        case, _, standing = _for_staff(tx, ground, number, person, now, Capability.CASES_RECORD)
        own = [each for each in case_parts.fees(tx, case.id) if each.name == called]
        listed = next((each for each in own if each.standard or each.cents is not None), None)
        case_parts.insert_charge(tx, case.id, called, charged, now)
        payload: dict[str, Json] = {
            "name": called, "charged": charged, "listed": listed is not None, "reason": known_by, "words": "",
        }  # fmt: skip
        appended = _happened(tx, case, "fee", standing, now, payload)
        facts = TriggerFacts("fee", fee=called, charged=charged, listed=False)
        if listed is not None:
            before = sum(
                (each.cents or 0) if each.charged is None else each.charged for each in own if each.paid_at
            )
            facts = TriggerFacts("fee", fee=called, charged=before + charged, standard=listed.cents)
        _fire_fee(tx, ground, case, standing, now, facts, appended)

    database.write(job)


def _check_cents(charged: int | None) -> None:
    if charged is not None and not 0 <= charged <= 1_000_000_000:
        raise Invalid("金额应在 0 到一千万元之间", {"charged": "金额应在 0 到一千万元之间"})


def _fire_fee(
    tx: Transaction,
    ground: Ground,
    case: Case,
    standing: Standing,
    now: datetime,
    facts: TriggerFacts,
    event: int,
) -> None:
    person = standing.actor if standing.actor.startswith("p-") else None
    happened = Happened(
        facts, subject_of(case), case.department, standing.unit or case.accepting_unit, now, f"event:{event}",
        case.drill, person,
    )  # fmt: skip
    fire(tx, ground, happened)


def issue_certificate(
    database: Database, ground: Ground, number: str, person: str, now: datetime, number_given: str | None
) -> Certificate:
    """Gives a granted case's certificate its number (the department's own, or the hall's running one)."""
    own = (number_given or "").strip()
    if len(own) > LONGEST_CERTIFICATE_NUMBER:
        words = f"证照编号最多 {LONGEST_CERTIFICATE_NUMBER} 个字，现在是 {len(own)} 个字"
        raise Invalid("还不能出证", {"number": words})

    def job(tx: Transaction) -> Certificate:
        case, steps, standing = _for_staff(tx, ground, number, person, now, Capability.CERTIFICATES_ISSUE)
        if case.state is not State.GRANTED:
            raise IllegalMove("准予之后、送达之前才能出证。")
        running = list(clocks.of_subject(tx, "case", case.id))
        facts = facts_of(case, steps, None, False, now)
        progress = Progress(
            tx, ground, None, case, steps, running, facts, {}, MoveData(), now, standing.actor
        )
        given = own or certificate_number(tx, progress, now)
        case_parts.issue_certificate(tx, case.id, given, now)
        progress.stop((ClockKind.CERTIFICATE,), "已出证")
        progress.show()
        _happened(tx, case, "certificate", standing, now, {"number": given, "words": "证照已制作完成"})
        found = case_parts.certificate(tx, case.id)
        assert found is not None
        return found

    return database.write(job)


def erase(database: Database, ground: Ground, number: str, person: str, reason: str, now: datetime) -> None:
    """Takes all personal data of a closed case out; states, times, numbers and the chain stay.

    Only the administrator, with the reason written down. Raises IllegalMove while the case is open.
    """
    words = reason.strip()
    if not words:
        raise Invalid("请写明删除的理由和依据", {"reason": "请写明删除的理由和依据"})

    def job(tx: Transaction) -> None:
        account = active_person(tx, person)
        day = local_date(now)
        own = held(account, day, ground.permissions.roles(Capability.DATA_ERASE))
        if not own:
            raise Forbidden("只有系统管理员可以按规定删除个人信息。")
        case = cases.by_number(tx, number.strip().upper())
        if case is None:
            raise NotFound("没有这个办件。")
        if case.state not in ENDED:
            raise IllegalMove("办件还没有结束，不能删除其中的个人信息。")
        erased = (*events.erase_payloads(tx, "case", case.id, now), *drop(tx, case.id, now))
        cases.erase_payload(tx, case.id, now)
        case_parts.erase_words(tx, case.id, ERASED)
        clocks.erase_pause_words(tx, "case", case.id, ERASED)
        findings.forget_reasons(tx, case.id)
        notices.erase_contents(tx, "case", case.id)
        outbox.erase_bodies(tx, "case", case.id)
        files = attachments.drop_of_case(tx, case.id)
        standing = Standing(account.id, own[0].role, own[0].unit)
        payload: dict[str, Json] = {
            "erased": list(erased),
            "files": files,
            "reason": words,
            "words": "个人信息已按规定删除",
        }
        _happened(tx, case, "erase", standing, now, payload)

    database.write(job)


def _for_staff(
    tx: Transaction, ground: Ground, number: str, person: str, now: datetime, needed: Capability
) -> tuple[Case, tuple[Step, ...], Standing]:
    case = cases.by_number(tx, number.strip().upper())
    if case is None:
        raise NotFound("没有找到这个办件，或者它不在您的管辖范围内。")
    steps = case_parts.steps(tx, case.id)
    roles = ground.permissions.roles(needed)
    found = standings(active_person(tx, person), ground, case, steps, local_date(now), roles)
    if not found:
        raise Forbidden("您的岗位不能对这个办件做这件事。")
    return case, steps, found[0]


def _happened(
    tx: Transaction, case: Case, kind: str, standing: Standing, now: datetime, payload: Mapping[str, Json]
) -> int:
    appended = events.append(
        tx,
        events.NewEvent(
            at=now,
            kind=kind,
            subject="case",
            subject_id=case.id,
            subject_number=case.number,
            actor=standing.actor,
            role=standing.role,
            unit=standing.unit,
            from_state=case.state,
            to_state=case.state,
            drill=case.drill,
            payload=payload,
        ),
    )
    return appended.sequence
