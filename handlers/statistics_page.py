"""Statistics for staff: choose measures, a group, a period and filters; read, open the cases behind, take away, keep."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from catalog.statistics import Definitions
from handlers.bodies import form_of, text_of
from handlers.context import Hall, hall_of
from handlers.guard import may, route
from handlers.session import SignedIn, check_csrf
from handlers.staff_frame import address, page_number, staff_page
from handlers.statistics.asking import GROUPS, NO_GROUP, TIMES, Asked
from handlers.statistics.exporting import as_csv, as_xlsx
from handlers.statistics.grouping import DEPTHS, OUTCOMES, Groupings
from handlers.statistics.scope import Reach
from handlers.statistics.tables import Table
from handlers.statistics_view import HERE, charts_of, periods, quiet, rows_of
from handlers.store.records import CHANNEL_LABELS
from presentation.view import Choice, Crumb
from rules.case_terms import STATE_LABELS
from rules.errors import Invalid, NotFound
from rules.permissions import Capability

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
READY: tuple[tuple[str, dict[str, str]], ...] = (
    ("本月各部门", {}),
    ("今年逐月", {"measures": "filed,closed,on_time_rate,agency_p50,agency_p90,total_p50,total_p90", "group": "month", "period": "year"}),
    ("渠道", {"measures": "filed,filed_online_rate,closed,online_closure_rate", "group": "channel"}),
    ("预警和牌", {"measures": "warnings,yellow_cards,red_cards,revoked_cards,orders,late_explanations,appeals", "group": "department"}),
    ("暂停和补正", {"measures": "specials,extensions,supplement_notices,sent_back,paused_days", "group": "department"}),
    ("来信和评价", {"measures": "consultations,complaints,letters_answered,late_answer_rate,ratings,satisfaction", "group": "department"}),
    ("差评回访", {"measures": "ratings,bad_ratings,followups,followup_contact_rate,followup_fix_rate,followups_revisited,followup_accepted_rate", "group": "department"}),
    ("事项服务水平", {"measures": "items,depth_1,depth_2,depth_3,social_online,item_few_visits,compression,compression_p50", "group": "department"}),
)  # fmt: skip


def statistics(request: Request) -> Response:
    """One table with its charts; a question that cannot be answered is shown with what could be."""
    hall, person = hall_of(request), _person(request)
    reach = hall.statistics.reach(person.person_id, hall.now())
    given = _given(request)
    refused, table = "", None
    try:
        asked = hall.statistics.asked(given)
        table = hall.statistics.table(asked, person.person_id, hall.now())
    except Invalid as error:
        refused, asked = error.detail, Asked()
    return _page(request, hall, person, reach, asked, table, refused, status=422 if refused else 200)


def _page(
    request: Request, hall: Hall, person: SignedIn, reach: Reach, asked: Asked, table: Table | None,
    refused: str = "", status: int = 200, name: str = "", share: bool = False, name_error: str = "",
) -> Response:  # fmt: skip
    definitions = hall.statistics.definitions()
    groupings = hall.statistics.groupings()
    today = hall.now().date()
    parameters = asked.parameters()
    return staff_page(
        request,
        "staff/statistics.html",
        "统计分析" if table is None else table.title,
        current=HERE,
        crumbs=(Crumb("统计分析"),),
        status=status,
        asked=asked,
        table=table,
        refused=refused,
        charts=[] if table is None else charts_of(table),
        rows=[] if table is None else rows_of(table),
        quiet=[] if table is None else quiet(table),
        sections=definitions.sections,
        groups=[Choice(name, label) for name, label in GROUPS.items()],
        times=TIMES,
        periods=_periods(today, asked),
        range=asked.period.split("..") if ".." in asked.period else ("", ""),
        today=today.isoformat(),
        filters=_filters(hall, groupings, reach),
        ready=[(label, address(HERE, **_dated(each, today))) for label, each in READY],
        saved=hall.statistics.saved(person.person_id, hall.now()),
        # Reports kept before addresses wrote "not grouped" have no group when they have none.
        saved_url=lambda each: address(HERE, **({"group": NO_GROUP} | each.query)),
        hidden=parameters,
        downloads=[
            (label, address(f"{HERE}/table.{kind}", **parameters))
            for kind, label in (("xlsx", "表格（XLSX）"), ("csv", "表格（CSV）"))
        ] + [("数据（JSON）", address("/api/v1/statistics", **parameters))],
        here=address(HERE, **parameters),
        may_share=bool(person.roles),
        name=name,
        share=share,
        name_error=name_error,
        own=person.person_id,
    )  # fmt: skip


def download(request: Request) -> Response:
    """The table as a spreadsheet."""
    hall, person = hall_of(request), _person(request)
    kind = request.path_params["kind"]
    if kind not in ("xlsx", "csv"):
        raise NotFound("统计表只有 xlsx 和 csv 两种，JSON 在接口里。")
    table = hall.statistics.table(hall.statistics.asked(_given(request)), person.person_id, hall.now())
    body, media = (as_xlsx(table), XLSX) if kind == "xlsx" else (as_csv(table), "text/csv; charset=utf-8")
    name = quote(f"{table.title}.{kind}")
    headers = {"Content-Disposition": f"attachment; filename=\"statistics.{kind}\"; filename*=UTF-8''{name}"}
    return Response(body, media_type=media, headers=headers)


def cases(request: Request) -> Response:
    """The cases behind one figure."""
    hall, person = hall_of(request), _person(request)
    given = _given(request)
    measure = given.pop("measure", "")[:40]
    asked = hall.statistics.asked(given | {"measures": measure, "group": ""})
    found = hall.statistics.cases_behind(asked, measure, person.person_id, hall.now(), page_number(request))
    groupings = hall.statistics.groupings()
    url = address(f"{HERE}/cases", measure=measure, **{k: v for k, v in given.items() if k != "page"})
    return staff_page(
        request,
        "staff/statistics_cases.html",
        f"{found.measure.label}：{found.window.label}",
        current=HERE,
        crumbs=(Crumb("统计分析", HERE), Crumb(found.measure.label)),
        found=found,
        conditions=_conditions(hall, groupings, asked),
        states=STATE_LABELS,
        channels=CHANNEL_LABELS,
        unit_name=hall.edition.units.name,
        pages_url=url + "&page={page}",
    )


async def save(request: Request) -> Response:
    """Keeps the question under a name, for oneself or one's unit."""
    hall, person = hall_of(request), _person(request)
    async with form_of(request) as form:
        check_csrf(request, form)
        name, share = text_of(form, "name", 200), "share" in form
        given = {key: text_of(form, key, 2000) for key in _KEYS if key in form}
        restore = "restore" in form
    asked = hall.statistics.asked(given)
    if restore:
        return await run_in_threadpool(_saving, request, asked, name, share)
    try:
        await run_in_threadpool(
            lambda: hall.statistics.save(person.person_id, name, asked, hall.now(), share=share)
        )
    except Invalid as error:
        return await run_in_threadpool(_saving, request, asked, name, share, error)
    return RedirectResponse(address(HERE, **asked.parameters()), 303)


def _saving(request: Request, asked: Asked, name: str, share: bool, error: Invalid | None = None) -> Response:
    """The table with what was typed to keep it by; with what is wrong about that."""
    hall, person = hall_of(request), _person(request)
    reach = hall.statistics.reach(person.person_id, hall.now())
    table = hall.statistics.table(asked, person.person_id, hall.now())
    words = "" if error is None else error.fields.get("name", error.detail)
    status = 200 if error is None else 422
    return _page(
        request, hall, person, reach, asked, table, status=status, name=name, share=share, name_error=words
    )


async def forget(request: Request) -> Response:
    """Removes one's own saved report."""
    hall, person = hall_of(request), _person(request)
    async with form_of(request) as form:
        check_csrf(request, form)
    text = request.path_params["report"]
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise NotFound("没有这张报表，或者它是别人保存的。")
    number = int(text)
    await run_in_threadpool(lambda: hall.statistics.forget(person.person_id, number))
    return RedirectResponse(HERE, 303)


_KEYS = ("measures", "group", "period", "department", "item_type", "theme", "item", "channel", "depth", "unit", "town", "outcome", "compare")  # fmt: skip


def _given(request: Request) -> dict[str, str]:
    """The parameters; several `measures` become one list, two dates a period."""
    asked = request.query_params
    given = {key: asked[key] for key in asked if key not in ("from", "to")}
    given["measures"] = ",".join(each for each in asked.getlist("measures") if each)
    if "form" in asked and "compare" not in asked:
        given["compare"] = "0"
    if asked.get("from") and asked.get("to"):
        given["period"] = f"{asked['from'][:10]}..{asked['to'][:10]}"
    return given


def _dated(each: Mapping[str, str], today: date) -> dict[str, str]:
    return {key: str(today.year) if value == "year" else value for key, value in each.items()}


def _periods(today: date, asked: Asked) -> list[Choice]:
    found = periods(today)
    known = {each.value for each in found}
    if asked.period and ".." not in asked.period and asked.period not in known:
        found.insert(0, Choice(asked.period, asked.period))
    return found


def _filters(hall: Hall, groupings: Groupings, reach: Reach) -> list[tuple[str, str, list[Choice]]]:
    """Name, label and choices of each filter; those with one choice or none are left out."""
    ground, codes = groupings.ground, hall.site_data.codes
    departments = tuple(ground.departments) if reach.whole else reach.departments
    items = hall.edition.catalog.items
    types = sorted({each.type for each in items})
    themes = sorted({f"p{code}" for each in items for code in each.themes_personal}
                    | {f"b{code}" for each in items for code in each.themes_business})  # fmt: skip
    towns = [each for each in ground.units if each.kind == "town"]
    places = [
        each
        for each in ground.units
        if each.kind in ("window", "town", "village", "centre")
        and (reach.whole or each.department in (None, *departments))
    ]
    found = (
        ("department", "部门", [Choice(each, ground.unit_name(each)) for each in departments]),
        ("channel", "渠道", [Choice(key, label) for key, label in CHANNEL_LABELS.items()]),
        ("outcome", "结果", [Choice(key, label) for key, label in OUTCOMES.items()]),
        ("item_type", "事项类型", [Choice(each, codes.label("item-type", each)) for each in types]),
        ("theme", "主题", [Choice(each, groupings.theme_label(each)) for each in themes]),
        ("depth", "网办深度", [Choice(key, label) for key, label in DEPTHS.items()]),
        ("unit", "受理窗口", [Choice(each.id, each.name) for each in places]),
        ("town", "乡镇", [Choice(each.id, each.name) for each in towns]),
        ("item", "事项", [Choice(each.code, each.name) for each in items if each.department in departments]),
    )
    return [each for each in found if len(each[2]) > 1]


def _conditions(hall: Hall, groupings: Groupings, asked: Asked) -> list[str]:
    reach_names = {name: {each.value: each.label for each in choices} for name, _, choices in
                   _filters(hall, groupings, Reach(tuple(groupings.ground.departments), whole=True))}  # fmt: skip
    return [
        f"{GROUPS[name]}：{reach_names.get(name, {}).get(value, value)}"
        for name, value in asked.filters.items()
    ]


def _person(request: Request) -> SignedIn:
    person: SignedIn = request.state.person
    return person


def definitions_page(request: Request) -> Response:
    """Every measure with how it is counted."""
    found: Definitions = hall_of(request).statistics.definitions()
    return staff_page(
        request, "staff/statistics_definitions.html", "指标说明", current=HERE,
        crumbs=(Crumb("统计分析", HERE), Crumb("指标说明")), sections=found.sections, targets=found.targets,
    )  # fmt: skip


_GUARD = may(Capability.STATISTICS_SEE)
routes = [
    route(HERE, statistics, guard=_GUARD, name="statistics"),
    route(f"{HERE}/table.{{kind}}", download, guard=_GUARD, name="statistics_download"),
    route(f"{HERE}/cases", cases, guard=_GUARD, name="statistics_cases"),
    route(f"{HERE}/definitions", definitions_page, guard=_GUARD, name="statistics_definitions"),
    route(f"{HERE}/saved", save, guard=_GUARD, methods=("POST",), name="statistics_save"),
    route(
        f"{HERE}/saved/{{report}}/forget",
        forget,
        guard=_GUARD,
        methods=("POST",),
        name="statistics_forget",
    ),
]
