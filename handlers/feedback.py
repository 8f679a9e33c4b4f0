"""发现错误: whoever finds a mistake in a page tells the department it belongs to; it becomes a letter of the kind 纠错."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from catalog.artifact import ItemSummary
from handlers.bodies import form_of, text_of
from handlers.context import Hall, hall_of
from handlers.guard import public, route
from handlers.letters import file_letter, letter_of, receipt_of
from presentation.view import Crumb, FieldError
from rules.errors import Invalid, TooMany

OFFICE = "government-office"
_ITEM = re.compile(r"/items/([0-9A-Za-z\-]{4,64})(?:/|$)")
_LONGEST_ADDRESS = 300


async def ask(request: Request) -> Response:
    """The form; the page's address comes along with the link."""
    values = {"page": page_address(request.query_params.get("page", "")), "key": secrets.token_urlsafe(18)}
    return _page(request, values, {}, 200)


async def send(request: Request) -> Response:
    """A letter titled 页面纠错 to the page's department."""
    hall = hall_of(request)
    async with form_of(request) as form:
        names = ("page", "wrong", "right", "name", "phone", "key")
        values = {name: text_of(form, name, 20_000) for name in names}
    values["page"] = page_address(values["page"])
    errors = {} if values["wrong"] else {"wrong": "请写一写哪里不对"}
    if len(values["wrong"]) + len(values["right"]) > 2500:
        errors["wrong"] = "写得太长了，请控制在 2500 个字以内"
    if errors:
        return _page(request, values, errors, 422)
    item = item_of(hall, values["page"])
    content = f"页面：{values['page'] or '（没有写）'}\n哪里不对：{values['wrong']}"
    if values["right"]:
        content += f"\n应该是：{values['right']}"
    letter = {
        "kind": "report_error",
        "department": department_of(hall, values["page"]),
        "title": f"页面纠错：{item.name if item else values['page'] or '未写明页面'}"[:100],
        "content": content,
        "name": values["name"],
        "phone": values["phone"],
        "email": "",
        "item": item.code if item else "",
    }
    try:
        request_of_it = letter_of(request, letter)
        filed = await file_letter(request, request_of_it, values["key"])
    except Invalid as error:
        return _page(request, values, dict(error.fields) or {"": error.detail}, 422)
    except TooMany as error:
        answer = _page(request, values, {"": error.detail}, error.status)
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer
    return receipt_of(request, filed)


def page_address(text: str) -> str:
    """The path of a page of this site; what follows `?` may be personal and is dropped."""
    path = text.strip().partition("?")[0].partition("#")[0]
    path = re.sub(r"^https?://[^/]*", "", path)
    return path[:_LONGEST_ADDRESS] if path.startswith("/") and not path.startswith("//") else ""


def item_of(hall: Hall, page: str) -> ItemSummary | None:
    """The item whose page it is, if it is one."""
    found = _ITEM.match(page)
    return hall.edition.items.get(found[1]) if found else None


def department_of(hall: Hall, page: str) -> str:
    """Whose page it is: the item's department, or the office that runs the site."""
    item = item_of(hall, page)
    departments = hall.edition.departments
    named = re.match(r"/departments/([a-z0-9\-]+)", page)
    if item is not None and item.department in departments:
        return item.department
    if named and named[1] in departments:
        return named[1]
    if OFFICE in departments:
        return OFFICE
    return min(departments.values(), key=lambda each: each.order).id


def _page(request: Request, values: Mapping[str, str], errors: Mapping[str, str], status: int) -> Response:
    hall = hall_of(request)
    blank = dict.fromkeys(("page", "wrong", "right", "name", "phone"), "")
    department = hall.edition.departments[department_of(hall, values.get("page", ""))]
    item = item_of(hall, values.get("page", ""))
    return hall.page(
        request,
        "citizen/feedback.html",
        "发现错误",
        status=status,
        section="ask",
        breadcrumbs=(Crumb("我要问", "/consult/"), Crumb("发现错误")),
        values={**blank, **values},
        department=department,
        item=item,
        errors=dict(errors),
        listed=[FieldError(name, text) for name, text in errors.items()],
    )


_ANYONE = public("anyone may point out a mistake")

routes = [
    route("/hall/feedback", ask, guard=_ANYONE, name="feedback"),
    route("/hall/feedback", send, guard=_ANYONE, methods=("POST",), name="feedback_send"),
]
