"""The API for staff: sign-in, desk, moves, letters, board, sweep; the same casework behind it as the pages."""

from __future__ import annotations

from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from handlers import signing_in
from handlers.api_cases import case_out
from handlers.api_models import CertificateOut, MovedOut, NoticeOut
from handlers.api_operations import Operation, answered, key_of, nothing, query_of
from handlers.api_staff_models import (
    AssignmentOut,
    BoardOut,
    CardDecisionIn,
    CardOut,
    CertificateIn,
    ChargeIn,
    DeskOut,
    DeskQuery,
    FeeIn,
    MaterialIn,
    MaterialOut,
    MessageOut,
    MessagesOut,
    MoveIn,
    PartyOut,
    ReasonIn,
    SessionOut,
    SignInIn,
    StaffCaseOut,
    StepOut,
    SweptOut,
    ToldOutsideIn,
    ToldOutsideOut,
)
from handlers.bodies import json_of
from handlers.casework.requests import ByStaff, MoveData
from handlers.casework.viewing import staff_case as case_in_reach
from handlers.context import Hall, hall_of
from handlers.guard import may, public, staff
from handlers.second_factor_rule import EnrolmentOwed
from handlers.security import request_id
from handlers.session import SignedIn, idle
from handlers.store import sessions
from handlers.track_proof import normal_number
from rules.access import Role
from rules.errors import Forbidden, Invalid, NotFound, Unauthenticated
from rules.permissions import Capability
from rules.time import parse_stamp


def _here(request: Request) -> tuple[Hall, SignedIn, datetime]:
    hall = hall_of(request)
    person: SignedIn = request.state.person
    return hall, person, hall.now()


def _number(request: Request) -> str:
    return normal_number(request.path_params["number"])


async def _in_reach(request: Request) -> str:
    """The number of a case within reach. Raises NotFound for all others before anything else is said about them."""
    hall, person, now = _here(request)
    ground, number = hall.site_data.ground(), _number(request)
    case, _ = await run_in_threadpool(case_in_reach, hall.database, ground, number, person.person_id, now)
    return case.number


async def sign_in(request: Request) -> Response:
    """A token for `Authorization: Bearer`. The second factor is asked for where the account has one."""
    asked = await json_of(request, SignInIn)
    return await run_in_threadpool(_signed_in, request, asked)


def _signed_in(request: Request, asked: SignInIn) -> Response:
    hall = hall_of(request)
    now = hall.now()
    new = signing_in.new_session(request, asked.login, asked.password)
    if not new.second_factor:
        if not asked.totp:
            sessions.sign_out(hall.database, new.token)
            raise Unauthenticated("这个账号开通了第二因素，请在 totp 里填写动态码。")
        try:
            new = sessions.second_factor(hall.database, new.token, asked.totp, now)
        except Unauthenticated:
            signing_in.wrong(request)
            sessions.sign_out(hall.database, new.token)
            raise
    session = sessions.resume(hall.database, new.token, now, idle(hall))
    if session is None:
        raise Unauthenticated("登录没有成功，请再试一次。")
    if session.person.must_change:
        sessions.sign_out(hall.database, new.token)
        raise Forbidden("这个账号要先在网页上登录并修改初始密码。")
    if hall.second_factor.owed(session, now.date()):
        sessions.sign_out(hall.database, new.token)
        raise EnrolmentOwed
    held = [each for each in session.person.assignments if each.holds_on(now.date())]
    return answered(
        SessionOut(
            token=new.token,
            person=session.person.id,
            name=session.person.name,
            assignments=[AssignmentOut(role=each.role, unit=each.unit) for each in held],
        ),
        201,
    )


def sign_out(request: Request) -> Response:
    """Ends the session."""
    hall, person, _ = _here(request)
    sessions.sign_out(hall.database, person.token)
    return nothing()


def desk(request: Request) -> Response:
    """A page of one's desk."""
    hall, person, now = _here(request)
    asked: DeskQuery = query_of(request, DeskQuery)
    page = hall.casework.desk(
        person.person_id, now=now, tab=asked.tab, search=asked.search, department=asked.department,
        state=asked.state, page=asked.page, size=asked.size,
    )  # fmt: skip
    return answered(DeskOut.model_validate(page))


def staff_case(request: Request) -> Response:
    """A whole case within scope; the look is logged."""
    hall, person, now = _here(request)
    view = hall.casework.staff_view(_number(request), person.person_id, now, request_id(request))
    return answered(
        StaffCaseOut(
            case=case_out(view.public, view.moves),
            applicant=None
            if view.payload.applicant is None
            else PartyOut.model_validate(view.payload.applicant),
            agent=None if view.payload.agent is None else PartyOut.model_validate(view.payload.agent),
            answers=dict(view.payload.answers),
            delivery_address=view.payload.delivery_address,
            materials=[MaterialOut.model_validate(each) for each in view.materials],
            steps=[StepOut.model_validate(each) for each in view.steps],
            cards=[CardOut.model_validate(each) for each in view.cards],
            warnings=list(view.warnings),
            charged={each.position: each.charged for each in view.public.fees if each.charged is not None},
            source_system=view.case.source_system,
            source_id=view.case.source_id,
        )
    )


def staff_notice(request: Request) -> Response:
    """A document of a case within scope; the look is logged."""
    hall, person, now = _here(request)
    text = request.path_params["notice"]
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise NotFound("没有这份文书。")
    notice = hall.casework.notice_for_staff(int(text), person.person_id, now, request_id(request))
    return answered(NoticeOut.model_validate(notice))


async def move_case(request: Request) -> Response:
    """A move of the case table."""
    hall, person, now = _here(request)
    number = await _in_reach(request)
    key, asked = key_of(request), await json_of(request, MoveIn)
    role = None
    if asked.role is not None:
        try:
            role = Role(asked.role)
        except ValueError as error:
            raise Invalid("没有这个岗位", {"role": "没有这个岗位"}) from error
    data = MoveData(values=asked.values, missing=tuple(asked.missing), seen=asked.seen)
    moved = await hall.casework.move_async(
        number, asked.move, ByStaff(person.person_id, role), data, key=key, now=now
    )
    return answered(MovedOut.model_validate(moved))


async def record_material(request: Request) -> Response:
    """What was handed over at the window for one material."""
    hall, person, now = _here(request)
    number, asked = await _in_reach(request), await json_of(request, MaterialIn)
    row = await run_in_threadpool(
        lambda: hall.casework.record_material(
            number, ByStaff(person.person_id), asked.code, originals=asked.originals,
            copies=asked.copies, reused=asked.reused, note=asked.note, now=now,
        )
    )  # fmt: skip
    return answered(MaterialOut.model_validate(row))


async def pay_fee(request: Request) -> Response:
    """A fee paid with the sum that was taken, or waived with the reason."""
    hall, person, now = _here(request)
    number, asked = await _in_reach(request), await json_of(request, FeeIn)
    by = ByStaff(person.person_id)
    await run_in_threadpool(
        lambda: hall.casework.pay_fee(
            number, by, asked.position, waived=asked.waived, charged=asked.charged, now=now
        )
    )
    return nothing()


async def record_charge(request: Request) -> Response:
    """Money taken beside what the guide says."""
    hall, person, now = _here(request)
    number, asked = await _in_reach(request), await json_of(request, ChargeIn)
    by = ByStaff(person.person_id)
    await run_in_threadpool(
        lambda: hall.casework.record_charge(number, by, asked.name, asked.charged, asked.reason, now=now)
    )
    return nothing()


async def record_supplement(request: Request) -> Response:
    """A supplement notice given outside the system."""
    hall, person, now = _here(request)
    number, asked = await _in_reach(request), await json_of(request, ToldOutsideIn)
    by = ByStaff(person.person_id)
    given = parse_stamp(asked.given_at.isoformat())
    count = await run_in_threadpool(
        lambda: hall.casework.record_supplement(number, by, asked.told, given, asked.reason, now=now)
    )
    return answered(ToldOutsideOut(supplements=count), 201)


async def issue_certificate(request: Request) -> Response:
    """Numbers the certificate of a granted case."""
    hall, person, now = _here(request)
    number, asked = await _in_reach(request), await json_of(request, CertificateIn)
    by = ByStaff(person.person_id)
    made = await run_in_threadpool(
        lambda: hall.casework.issue_certificate(number, by, now=now, number_given=asked.number)
    )
    return answered(CertificateOut.model_validate(made))


def board(request: Request) -> Response:
    """The supervisor's board within scope."""
    hall, person, now = _here(request)
    scope = hall.watching.scope(person.person_id, now)
    return answered(BoardOut.model_validate(hall.watching.board(scope, now)))


async def decide_card(request: Request) -> Response:
    """Confirms or drops a pending card."""
    hall, person, now = _here(request)
    asked = await json_of(request, CardDecisionIn)
    card_id, by = _card(request), ByStaff(person.person_id)
    card = await run_in_threadpool(
        lambda: hall.casework.decide_card(card_id, by, confirm=asked.confirm, reason=asked.reason, now=now)
    )
    return answered(CardOut.model_validate(card))


async def revoke_card(request: Request) -> Response:
    """Revokes an issued card; it stays visible."""
    hall, person, now = _here(request)
    asked = await json_of(request, ReasonIn)
    card_id, by = _card(request), ByStaff(person.person_id)
    card = await run_in_threadpool(lambda: hall.casework.revoke_card(card_id, by, asked.reason, now=now))
    return answered(CardOut.model_validate(card))


def _card(request: Request) -> int:
    text = request.path_params["card"]
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise NotFound("没有这张牌。")
    return int(text)


def sweep(request: Request) -> Response:
    """One supervision pass now."""
    hall, _, now = _here(request)
    swept = hall.casework.sweep(now)
    hall.correspondence.close_unstated(now)
    return answered(
        SweptOut(
            looked_at=swept.looked_at,
            cards=swept.cards,
            pending=swept.pending,
            deemed_accepted=list(swept.deemed_accepted),
            put_off=len(swept.put_off),
            next_at=swept.next_at,
        )
    )


def messages(request: Request) -> Response:
    """What the hall has told this person and their units."""
    hall, person, now = _here(request)
    found = hall.casework.messages(person.person_id, now)
    return answered(MessagesOut(messages=[MessageOut.model_validate(each) for each in found]))


_STAFF, _DENIED, _TAG = staff(), (401, 403, 404, 409, 422), "工作人员"
_RECORDERS = may(Capability.CASES_RECORD)
_SUPERVISORS = may(Capability.CARDS_DECIDE)
_SWEEPERS = may(Capability.SWEEP_RUN)
_CASE = "/desk/cases/{number}"

operations = (
    Operation(
        "POST", "/session", sign_in, public("login and password are checked, tries limited"), "登录", SessionOut,
        SignInIn, status=201, errors=(400, 401, 403, 422, 429), tag=_TAG,
    ),
    Operation("DELETE", "/session", sign_out, _STAFF, "退出", status=204, errors=(401,), tag=_TAG),
    Operation("GET", "/messages", messages, _STAFF, "站内消息", MessagesOut, errors=(401,), tag=_TAG),
    Operation("GET", "/desk", desk, may(Capability.CASES_SEE), "工作台列表", DeskOut, query=DeskQuery, errors=(401, 403, 422), tag=_TAG),
    Operation("GET", _CASE, staff_case, may(Capability.CASES_SEE), "一个办件的全部", StaffCaseOut, errors=_DENIED, tag=_TAG),
    Operation("GET", "/desk/notices/{notice}", staff_notice, may(Capability.CASES_SEE), "一份文书", NoticeOut, errors=_DENIED, tag=_TAG),
    Operation("POST", _CASE + "/moves", move_case, may(Capability.CASES_WORK), "办理一步", MovedOut, MoveIn, key=True, errors=(400, *_DENIED), tag=_TAG),
    Operation("POST", _CASE + "/materials", record_material, may(Capability.CASES_INTAKE), "登记窗口收到的材料", MaterialOut, MaterialIn, errors=_DENIED, tag=_TAG),
    Operation("POST", _CASE + "/fees", pay_fee, may(Capability.CASES_INTAKE), "登记缴费或减免", None, FeeIn, status=204, errors=_DENIED, tag=_TAG),
    Operation("POST", _CASE + "/charges", record_charge, _RECORDERS, "登记指南以外、标准以外的收费", None, ChargeIn, status=204, errors=_DENIED, tag=_TAG),
    Operation("POST", _CASE + "/told-outside", record_supplement, _RECORDERS, "补录系统外的补正告知", ToldOutsideOut, ToldOutsideIn, status=201, errors=_DENIED, tag=_TAG),
    Operation("POST", _CASE + "/certificate", issue_certificate, may(Capability.CERTIFICATES_ISSUE), "制证编号", CertificateOut, CertificateIn, errors=_DENIED, tag=_TAG),
    Operation("GET", "/board", board, may(Capability.BOARD_SEE), "监察总览", BoardOut, errors=(401, 403), tag="监察"),
    Operation("POST", "/cards/{card}/decision", decide_card, _SUPERVISORS, "确认或不发待定的牌", CardOut, CardDecisionIn, errors=_DENIED, tag="监察"),
    Operation("POST", "/cards/{card}/revocation", revoke_card, _SUPERVISORS, "撤销已发的牌", CardOut, ReasonIn, errors=_DENIED, tag="监察"),
    Operation("POST", "/sweep", sweep, _SWEEPERS, "巡查一遍期限", SweptOut, errors=(401, 403), tag="监察"),
)  # fmt: skip
