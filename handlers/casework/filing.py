"""Files a case: pins the item's version, makes every row of it, starts its clocks, issues the receipt."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

from catalog.schema import Item
from handlers.casework import clocks as casework_clocks
from handlers.casework.beginning import Beginning, accepting_unit
from handlers.casework.beginning import of as beginning_of
from handlers.casework.beginning import shared as shared_beginning
from handlers.casework.case_contents import materials_of
from handlers.casework.ground import Ground
from handlers.casework.notice_texts import NoticeFacts, body, issue
from handlers.casework.outside import left_till_tomorrow, told_in_time, wrong_moments
from handlers.casework.requests import Application, Filed
from handlers.casework.subjects import subject_of
from handlers.casework.triggering import Happened, fire
from handlers.store import (
    attachments,
    case_parts,
    cases,
    clocks,
    counts,
    drafts,
    events,
    idempotency,
    outbox,
)
from handlers.store.moments import Reads, moment
from handlers.store.records import (
    CHANNEL_LABELS,
    DELIVERY_LABELS,
    Case,
    CasePayload,
    Json,
    Party,
)
from handlers.store.vault import Vault, new_code
from handlers.store.writer import Transaction
from presentation.masking import masked_applicant
from rules.access import Role
from rules.case_terms import NoticeKind, State
from rules.chain import canonical
from rules.clock import ARTICLES, DEFAULT_LIMITS, ClockKind
from rules.errors import Conflict, Invalid, NotFound
from rules.quick_dataclass import dataclass
from rules.time import local, local_date
from rules.triggers import TriggerFacts

SCOPE = "file"
# Channels on which nobody has looked at the papers yet when they arrive.
REMOTE = frozenset({"web", "phone", "kiosk", "system"})
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class FiledBy:
    """Who files: the applicant or agent themselves, or staff at a window (checked by the caller)."""

    actor: str
    role: Role
    unit: str = ""


class Filing:
    """The job: everything that can be done before the transaction is done in the constructor."""

    def __init__(
        self,
        vault: Vault,
        ground: Ground,
        application: Application,
        *,
        key: str,
        channel: str,
        now: datetime,
        by: FiledBy,
        drill: bool,
        fingerprint: str = "",
    ) -> None:
        guide = ground.guide(application.item_code)
        self.vault, self.ground, self.application = vault, ground, application
        self.item, self.version = guide.item, guide.version
        self.key, self.channel, self.now, self.by, self.drill = key, channel, now, by, drill
        _check(self.item, ground, application, channel, now)
        # Art. 32: limits run from the day of receipt, also where the papers were entered here only later.
        self.received = now if application.received_outside is None else local(application.received_outside)
        # What a plain filing writes nobody reads before it is committed; the others look at rows and change some.
        self.together = not (
            application.attachments
            or application.draft_code
            or application.parent
            or application.source_id
            or application.received_outside
            or application.decided_outside
        )
        self.online = channel in REMOTE and not self.item.immediate
        self.accepting_unit = application.accepting_unit or accepting_unit(ground, self.item, self.version)
        self.begins = self._beginning()
        content: dict[str, Json] = {
            "applicant": _party(application.applicant),
            "agent": None if application.agent is None else _party(application.agent),
            "answers": dict(application.answers),
        }
        try:
            self.content_hash = hashlib.sha256(canonical(content)).hexdigest()
        except TypeError as error:
            raise Invalid("填写的内容里有无法保存的数值，请检查金额和数字。") from error
        self.print, self.told = fingerprint or self._fingerprint(), bool(fingerprint)

    def __call__(self, tx: Transaction) -> Filed:
        print_ = self.print
        if not self.told:
            print_ = attachments.fingerprint(tx, print_, self.application.attachments)
        earlier = filed_before(tx, self.vault, self.key, print_)
        if earlier is not None:
            return earlier
        ground, now = self.ground, self.now
        number = cases.next_number(tx, ground.county.case_prefix, local_date(now))
        code = new_code()
        begins = self.begins
        case_id = tx.next_id("cases")
        case = self._case(tx, case_id, number)
        self._insert(tx, case, code)
        files = self._attach(tx, case_id)
        materials = begins.materials
        if materials is None:
            materials = materials_of(self.item, self.application, files, self.received)
        case_parts.insert_materials(tx, case_id, materials)
        case_parts.insert_fees(tx, case_id, begins.fees)
        clocks.insert_later(tx, case_id, left_till_tomorrow(begins.clocks, now))
        appended = events.append(tx, self._event(case_id, number, files))
        facts = NoticeFacts(case, self.application.applicant, materials, begins.clocks, {}, now)
        if begins.receipt is None:
            begins.receipt = body(ground, NoticeKind.RECEIPT, facts)
        notice = issue(tx, ground, NoticeKind.RECEIPT, facts, appended.sequence, begins.receipt)
        self._fire_entered(tx, case)
        self._tell(tx, case_id, number, code)
        if not self.drill:
            measures = ("filed", "filed_online" if self.channel in REMOTE else "filed_window")
            counts.add(tx, local_date(now), self.item.department, measures)
        if self.application.draft_code:
            drafts.delete(tx, self.vault, self.application.draft_code)
        filed = Filed(
            number, code, notice.id, notice.number, appended.sequence, appended.hash, appended.salt, now
        )
        idempotency.keep(tx, self.vault, SCOPE, self.key, print_, _kept(filed), now)
        return filed

    def _beginning(self) -> Beginning:
        application, item, now = self.application, self.item, self.received
        if told_in_time(self.ground.calendar, application.received_outside, application.decided_outside):
            now = self.now  # what is left is to enter here what was decided
        if application.attachments or application.materials or application.received_outside:
            return beginning_of(
                self.ground, item, self.accepting_unit, now, online=self.online, drill=self.drill
            )
        return shared_beginning(
            self.ground, item, self.version, self.accepting_unit, now, application,
            channel=self.channel, online=self.online, drill=self.drill,
        )  # fmt: skip

    def _fingerprint(self) -> str:
        """Everything asked for but the draft it came from, which is gone when a click is repeated; files by what
        they are, since a program that sends a request again sends their bytes again.
        """
        application = self.application
        return idempotency.fingerprint(
            [
                application.item_code, self.content_hash,
                [repr(each) for each in application.materials], application.delivery,
                application.delivery_address, application.accepting_unit, application.account,
                application.source_system, application.source_id, application.parent, application.project_code,
                self.channel, self.by.actor, self.drill,
                *(each.isoformat() for each in (application.received_outside, application.decided_outside) if each),
            ]
        )  # fmt: skip

    def _parent(self, tx: Transaction) -> int | None:
        application = self.application
        if application.source_id and cases.from_source(
            tx, application.source_system or "", application.source_id
        ):
            raise Conflict(f"来源系统的办件 {application.source_id} 已经收过。")
        if not application.parent:
            return None
        found = cases.by_number(tx, application.parent)
        if found is None:
            raise NotFound(f"没有编号为 {application.parent} 的主办件。")
        return found.id

    def _promise(self) -> tuple[int, str]:
        """Days and unit promised; the law's own limit where nothing is, twenty working days where neither is."""
        limit = self.item.promised or self.item.statutory
        if limit is not None:
            return limit.days, limit.unit
        return (0 if self.item.immediate else DEFAULT_LIMITS[ClockKind.STATUTE]), "workday"

    def _case(self, tx: Transaction, case_id: int, number: str) -> Case:
        shown = casework_clocks.primary(self.begins.clocks)
        item, application, statutory = self.item, self.application, self.item.statutory
        parent = self._parent(tx)
        days, unit = self._promise()
        basis = (statutory.basis if statutory else None) or ARTICLES[ClockKind.STATUTE]
        return Case(
            id=case_id,
            number=number,
            item_code=item.code,
            item_name=item.name,
            item_version=self.version,
            item_type=item.type,
            case_kind=item.case_kind,
            department=item.department,
            accepting_unit=self.accepting_unit,
            holder_unit=self.accepting_unit,
            holder_role=Role.WINDOW_CLERK,
            state=State.RECEIVED,
            step=-1,
            channel=self.channel,
            applicant_kind=application.applicant.kind,
            applicant_masked=masked_applicant(application.applicant.name, application.applicant.kind),
            account=application.account,
            has_agent=application.agent is not None,
            source_system=application.source_system,
            source_id=application.source_id,
            parent=parent,
            project_code=application.project_code,
            drill=self.drill,
            promised_days=days,
            promised_unit=unit,
            statutory_days=None if statutory is None else statutory.days,
            statutory_unit=None if statutory is None else statutory.unit,
            limit_basis=basis if statutory is not None else "",
            delivery=application.delivery,
            outcome="",
            received_at=self.received,
            submitted_at=self.received,
            accepted_at=None,
            decided_at=None,
            closed_at=None,
            delivered_at=None,
            supplements=0,
            extensions=0,
            deemed=False,
            rating=None,
            level=0,
            due=None if shown is None else shown.due,
            due_provisional=shown is not None and shown.provisional,
            supplement_due=None,
            version=0,
            changed_at=self.now,
        )

    def _insert(self, tx: Transaction, case: Case, code: str) -> None:
        application = self.application
        cases.insert(tx, case, self.vault.digest("case", case.number, code))
        payload = CasePayload(
            application.applicant,
            application.agent,
            application.answers,
            application.delivery_address,
            None,
        )
        cases.insert_payload(tx, case.id, payload)
        case_parts.insert_steps(tx, case.id, self.begins.steps)

    def _attach(self, tx: Transaction, case_id: int) -> dict[str, tuple[str, ...]]:
        return {
            field: attachments.attach(tx, case_id, field, ids)
            for field, ids in self.application.attachments.items()
            if ids
        }

    def _event(self, case_id: int, number: str, files: Mapping[str, tuple[str, ...]]) -> events.NewEvent:
        return events.NewEvent(
            at=self.now,
            kind="file",
            subject="case",
            subject_id=case_id,
            subject_number=number,
            actor=self.by.actor,
            role=self.by.role,
            unit=self.by.unit or self.accepting_unit,
            from_state=State.DRAFT,
            to_state=State.RECEIVED,
            drill=self.drill,
            payload={
                "item": self.item.code,
                "version": self.version,
                "channel": self.channel,
                "application": self.content_hash,
                "files": {field: list(hashes) for field, hashes in files.items()},
                **self._outside(),
                "words": "已收到您的申请",
            },
        )

    def _outside(self) -> dict[str, Json]:
        application = self.application
        found = {
            "received_outside": application.received_outside,
            "decided_outside": application.decided_outside,
        }
        return {name: at.isoformat() for name, at in found.items() if at is not None}

    def _fire_entered(self, tx: Transaction, case: Case) -> None:
        """A case that began elsewhere is held against the rules about handling outside the system."""
        application = self.application
        received, decided = application.received_outside, application.decided_outside
        if received is None and decided is None:
            return
        calendar, today = self.ground.calendar, local_date(self.now)
        late = calendar.working_days_between(local_date(self.received), today)
        facts = TriggerFacts(
            "entered",
            source=application.source_system or "",
            late_days=max(late, 0),
            decided_outside=decided is not None and decided < self.now,
        )
        happened = Happened(
            facts, subject_of(case), case.department, case.accepting_unit, self.now,
            f"case:{case.id}:entered", case.drill,
        )  # fmt: skip
        fire(tx, self.ground, happened)

    def _tell(self, tx: Transaction, case_id: int, number: str, code: str) -> None:
        def message(template: str, kind: str, to: str, body: str, sealed: bytes | None) -> outbox.NewMessage:
            return outbox.NewMessage(
                self.now, template, kind, to, "case", case_id, number, body, self.drill, sealed
            )

        name = self.item.name
        sealed = self.vault.seal(code, f"outbox/{number}")
        outbox.add(
            tx,
            [
                message(
                    "case.filed", "applicant", number, f"您的“{name}”申请已收到，办件编号{number}。", sealed
                ),
                message(
                    "case.new", "unit", self.accepting_unit, f"新办件：{name}（{number}），请及时处理。", None
                ),
            ],
        )


def _check(item: Item, ground: Ground, application: Application, channel: str, now: datetime) -> None:
    wrong = wrong_moments(application.received_outside, application.decided_outside, now)
    if not 1 <= len(application.applicant.name.strip()) <= _LONGEST_NAME:
        wrong["applicant_name"] = "请填写申请人姓名或名称"
    if channel not in CHANNEL_LABELS:
        wrong["channel"] = "没有这种申报来源"
    if application.delivery not in DELIVERY_LABELS:
        wrong["delivery"] = "请选择结果送达方式"
    if application.accepting_unit is not None and application.accepting_unit not in ground.units:
        wrong["accepting_unit"] = "没有这个受理单位"
    if wrong:
        raise Invalid("申请还不能提交", wrong)
    if item.status != "in_force":
        raise Invalid(f"“{item.name}”目前不受理申请。请查看办事指南或电话咨询。")


def _party(party: Party) -> dict[str, Json]:
    return {name: getattr(party, name) for name in Party.__slots__}


def filed_before(reads: Reads, vault: Vault, key: str, print_: str) -> Filed | None:
    """The answer given to this key. Raises Conflict when something else was filed with it."""
    earlier = idempotency.earlier(reads, vault, SCOPE, key, print_)
    return None if earlier is None else _filed(earlier, repeated=True)


def _kept(filed: Filed) -> dict[str, Json]:
    return {
        "number": filed.number,
        "query_code": filed.query_code,
        "receipt_id": filed.receipt_id,
        "receipt_number": filed.receipt_number,
        "event_sequence": filed.event_sequence,
        "leaf": filed.leaf,
        "salt": filed.salt,
        "filed_at": filed.filed_at.isoformat(),
    }


def _filed(result: Mapping[str, Json], *, repeated: bool) -> Filed:
    return Filed(
        number=str(result["number"]),
        query_code=str(result["query_code"]),
        receipt_id=int(str(result["receipt_id"])),
        receipt_number=str(result["receipt_number"]),
        event_sequence=int(str(result["event_sequence"])),
        leaf=str(result["leaf"]),
        salt=str(result["salt"]),
        filed_at=moment(str(result["filed_at"])),
        repeated=repeated,
    )
