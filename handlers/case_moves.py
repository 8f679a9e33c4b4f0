"""What staff do to a case: its moves, and the materials, fees and certificates beside them."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handlers.bodies import MEGABYTE, TEXT_BYTES, chunks, files_of, form_of, text_of
from handlers.case_page import Refused, case_response
from handlers.case_recording import recorded, recording
from handlers.casework.requests import ByStaff, MoveData
from handlers.casework.viewing import staff_case
from handlers.context import Hall, hall_of
from handlers.guard import may, route
from handlers.move_forms import CONFIRMED, Typed, field_name
from handlers.session import SignedIn, check_csrf
from handlers.staff_frame import DESK, address
from handlers.store import attachments, case_parts
from handlers.store.attachments import Limits
from handlers.typed import cents_of, for_field, moment_of
from handlers.written_back import written_back
from rules.case_table import MOVES
from rules.case_terms import MoveName
from rules.errors import Conflict, IllegalMove, Invalid, NotFound, TooLarge, Unavailable, UnsupportedMedia
from rules.permissions import Capability
from rules.time import is_date_only

# Longer than casework takes, so that what is too long comes back with its fault instead of being lost.
_MOST_TEXT = 200_000
_MOST_NOTE = 500


async def move(request: Request) -> Response:
    """Makes one move. What is wrong, stale or no longer possible comes back with everything that was typed."""
    hall = hall_of(request)
    person: SignedIn = request.state.person
    number, name = request.path_params["number"], _move_name(request)
    most = TEXT_BYTES
    if name is MoveName.SUPPLEMENT:
        most += hall.county.settings.upload_total_megabytes * MEGABYTE
    async with form_of(request, most) as form:
        check_csrf(request, form)
        # Out of scope is answered like an unknown number, before anything else is said about the case.
        typed = _typed(form, name)
        try:
            case, _ = await run_in_threadpool(
                staff_case, hall.database, hall.site_data.ground(), number, person.person_id, hall.now()
            )
        except NotFound as error:
            # Handed on while somebody was writing.
            return await written_back(
                request, error, _words(typed, name), list_name="办件", list_address=DESK
            )
        if "restore" in form:
            return await run_in_threadpool(lambda: case_response(request, case.number, typed=typed))
        try:
            _check_confirmed(form, name)
            files = (
                await _take_files(request, hall, form, case.id, person) if name is MoveName.SUPPLEMENT else {}
            )
            moved = await hall.casework.move_async(
                case.number,
                name,
                ByStaff(person.person_id),
                MoveData(values=typed.values, missing=typed.missing, attachments=files, seen=_seen(form)),
                key=text_of(form, "key", 100) or None,
                now=hall.now(),
            )
        except Invalid as error:
            faulty = Typed(typed.move, typed.values, typed.missing, dict(error.fields) or {"": error.detail})
            return await run_in_threadpool(
                lambda: case_response(request, case.number, typed=faulty, status=422)
            )
        except (Conflict, IllegalMove) as error:
            refused = Refused(f"“{MOVES[name].label}”没有执行", error.detail, _words(typed, name))
            return await run_in_threadpool(
                lambda: case_response(request, case.number, typed=typed, refused=refused, status=409)
            )
    done = address(f"{DESK}cases/{case.number}", done=name.value, notice=moved.notice_id)
    return RedirectResponse(done, 303)


def _move_name(request: Request) -> MoveName:
    try:
        return MoveName(request.path_params["move"])
    except ValueError as error:
        raise NotFound("没有这种操作。请回到办件页面重新选择。") from error


def _typed(form: FormData, name: MoveName) -> Typed:
    values = {need.name: text_of(form, field_name(name, need.name), _MOST_TEXT) for need in MOVES[name].needs}
    for need in MOVES[name].needs:
        # Browsers without a field for moments send what was typed: `2026-03-25 9:00`.
        moment = moment_of(values[need.name]) if need.kind == "moment" else None
        if moment is not None and not is_date_only(values[need.name]):
            values[need.name] = for_field(moment)
    missing = tuple(each for each in form.getlist(field_name(name, "missing")) if isinstance(each, str))
    return Typed(name.value, {key: text for key, text in values.items() if text}, missing[:200])


def _words(typed: Typed, name: MoveName) -> tuple[str, ...]:
    """What the person wrote, without codes and numbers of days that mean nothing away from their field."""
    return tuple(
        typed.values[need.name]
        for need in MOVES[name].needs
        if need.kind == "text" and need.name in typed.values
    )


def _check_confirmed(form: FormData, name: MoveName) -> None:
    if name in CONFIRMED and text_of(form, field_name(name, "confirm"), 10) != "yes":
        raise Invalid("还没有确认", {"confirm": "执行后不能撤销，请核对后勾选确认"})


def _seen(form: FormData) -> int | None:
    text = text_of(form, "seen", 12)
    return int(text) if text.isascii() and text.isdigit() else None


async def _take_files(
    request: Request, hall: Hall, form: FormData, case_id: int, person: SignedIn
) -> dict[str, tuple[str, ...]]:
    """Files handed over at the window for a supplement, by material. Raises Invalid at the material's field."""
    settings = hall.county.settings
    limits = Limits(settings.upload_types, settings.upload_megabytes * MEGABYTE)
    found: dict[str, tuple[str, ...]] = {}
    for row in await run_in_threadpool(case_parts.materials, hall.database, case_id):
        name = field_name(MoveName.SUPPLEMENT, f"file.{row.code}")
        taken = []
        for upload in files_of(form, name):
            try:
                taken.append(
                    await attachments.receive(
                        hall.database, chunks(upload), upload.filename or "", limits, hall.now(),
                        field=f"material_{row.code}", received_by=person.person_id,
                    )
                )  # fmt: skip
            except (TooLarge, UnsupportedMedia, Invalid, Unavailable) as error:
                raise Invalid(error.detail, {f"file.{row.code}": error.detail}) from error
        if taken:
            found[row.code] = tuple(each.id for each in taken)
    return found


async def material(request: Request) -> Response:
    """Records what was handed over for one material."""
    hall, number, code = hall_of(request), request.path_params["number"], request.path_params["code"]
    async with form_of(request) as form:
        made = recording(
            request, form, f"material.{code}", ("originals", "copies", "reused", "note"), ("note",),
            done="material", anchor="#materials",
        )  # fmt: skip

    def record(by: ByStaff) -> None:
        counts = {name: made.value(name) or "0" for name in ("originals", "copies")}
        wrong = {
            name: "份数请填 0 到 99 之间的整数"
            for name, text in counts.items()
            if not (text.isascii() and text.isdigit() and len(text) < 5 and int(text) <= 99)
        }
        _check_length(wrong, "note", made.value("note"))
        if wrong:
            raise Invalid(fields=wrong)
        hall.casework.record_material(
            number, by, code, originals=int(counts["originals"]), copies=int(counts["copies"]),
            reused=made.value("reused") == "yes", note=made.value("note"), now=hall.now(),
        )  # fmt: skip

    return await recorded(request, made, record)


async def fee(request: Request) -> Response:
    """Marks a fee paid with the sum that was taken, or waived with the reason."""
    hall, number, position = hall_of(request), request.path_params["number"], _position(request)
    async with form_of(request) as form:
        made = recording(
            request, form, f"fee.{position}", ("how", "waived", "charged"), ("waived",), done="fee", anchor="#fees"
        )  # fmt: skip

    def record(by: ByStaff) -> None:
        how, waived, charged = made.value("how"), made.value("waived"), cents_of(made.value("charged"))
        wrong: dict[str, str] = {}
        if how not in ("paid", "waived"):
            wrong["how"] = "请选择已缴清还是减免"
        elif how == "waived" and not waived:
            wrong["waived"] = "减免要写明理由和依据"
        elif how == "paid" and charged is None:
            wrong["charged"] = "请写实际收了多少，例如 50 或 12.50"
        _check_length(wrong, "waived", waived)
        if wrong:
            raise Invalid(fields=wrong)
        waiver = waived if how == "waived" else ""
        hall.casework.pay_fee(
            number, by, position, waived=waiver, charged=None if waiver else charged, now=hall.now()
        )

    return await recorded(request, made, record)


def _check_length(wrong: dict[str, str], name: str, text: str) -> None:
    if len(text) > _MOST_NOTE:
        wrong[name] = f"最多写 {_MOST_NOTE} 个字，现在是 {len(text)} 个字"


def _position(request: Request) -> int:
    text: str = request.path_params["position"]
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise NotFound("没有这项费用。请回到办件页面重新选择。")
    return int(text)


async def certificate(request: Request) -> Response:
    """Gives the certificate its number: the department's own, or the hall's running one."""
    hall, number = hall_of(request), request.path_params["number"]
    async with form_of(request) as form:
        made = recording(
            request, form, "certificate", ("number",), ("number",), done="certificate", anchor="#result"
        )

    def record(by: ByStaff) -> None:
        given = made.value("number") or None
        hall.casework.issue_certificate(number, by, now=hall.now(), number_given=given)

    return await recorded(request, made, record)


_POST = ("POST",)
_CASE = "/hall/staff/cases/{number}"

routes = [
    route(_CASE + "/moves/{move}", move, guard=may(Capability.CASES_WORK), methods=_POST, name="staff_move"),
    route(
        _CASE + "/materials/{code}",
        material,
        guard=may(Capability.CASES_INTAKE),
        methods=_POST,
        name="staff_material",
    ),
    route(
        _CASE + "/fees/{position}",
        fee,
        guard=may(Capability.CASES_INTAKE),
        methods=_POST,
        name="staff_fee",
    ),
    route(
        _CASE + "/certificate",
        certificate,
        guard=may(Capability.CERTIFICATES_ISSUE),
        methods=_POST,
        name="staff_certificate",
    ),
]
