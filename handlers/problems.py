"""The one place where errors become HTTP: `application/problem+json` for programs, a page for people."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from urllib.parse import quote

from markupsafe import escape
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from handlers.context import hall_of
from handlers.security import request_id, route_of
from rules.errors import HallError, Invalid, TooMany, Unauthenticated

log = logging.getLogger("hall")

HTTP_DETAIL: Mapping[int, tuple[str, str]] = {
    400: ("请求格式不正确", "浏览器发来的内容不完整，请返回上一页再试一次。"),
    404: ("没有找到这个页面", "地址可能写错了，或者内容已经移走。您可以搜索，或者回到首页。"),
    405: ("这个地址不能这样访问", "请从页面上的按钮进入。"),
    413: ("内容过大", "上传的文件超过了允许的大小，请压缩后再传。"),
}
# Each kind has its place on the help page that `type` leads to; one that has none there is simply `http`.
HTTP_SLUGS: Mapping[int, str] = {400: "bad-request", 404: "http-404", 405: "http-405", 413: "too-large"}


def wants_json(request: Request) -> bool:
    """Programs ask under /api/ or say so; everyone else is a person."""
    accept = request.headers.get("accept", "")
    return request.url.path.startswith("/api/") or ("json" in accept and "html" not in accept)


def problem(
    request: Request,
    status: int,
    slug: str,
    title: str,
    detail: str,
    fields: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """One error answer (RFC 9457), in the form this client reads."""
    number = request_id(request)
    if wants_json(request):
        body: dict[str, object] = {
            "type": f"/help/errors/#{slug}",
            "title": title,
            "status": status,
            "detail": detail,
            "request_id": number,
        }
        if fields:
            body["errors"] = dict(fields)
        return JSONResponse(body, status, dict(headers or {}), media_type="application/problem+json")
    try:
        return _page(request, status, title, detail, fields or {}, headers)
    except HallError:  # no portal, no shell: said all the same
        return _bare_page(title, detail, number, status, headers)


def _bare_page(
    title: str, detail: str, number: str, status: int, headers: Mapping[str, str] | None
) -> Response:
    body = (
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><h1>{escape(title)}</h1><p>{escape(detail)}</p><p>编号：{escape(number)}</p></html>"
    )
    return HTMLResponse(body, status, dict(headers or {}))


def _page(
    request: Request,
    status: int,
    title: str,
    detail: str,
    fields: Mapping[str, str],
    headers: Mapping[str, str] | None,
) -> Response:
    return hall_of(request).page(
        request,
        "problem.html",
        title,
        status=status,
        headers=headers,
        heading=title,
        detail=detail,
        fields=dict(fields),
        number=request_id(request),
        status_code=status,
        back=request.headers.get("referer", "") if request.method != "GET" else "",
        words=request.url.path.strip("/").replace("/", " ").replace("-", " "),
    )


async def on_hall_error(request: Request, error: Exception) -> Response:
    """Maps our own tree; a person who must sign in is taken there and brought back."""
    assert isinstance(error, HallError)
    if isinstance(error, Unauthenticated) and request.method in ("GET", "HEAD") and not wants_json(request):
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse("/hall/staff/sign-in?next=" + quote(target, safe="/"), 303)
    fields = error.fields if isinstance(error, Invalid) else None
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, TooMany) else None
    return problem(request, error.status, error.slug, error.title, error.detail, fields, headers)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Starlette's own refusals, in our words."""
    assert isinstance(error, HTTPException)
    title, detail = HTTP_DETAIL.get(error.status_code, ("请求没有成功", "请返回上一页再试一次。"))
    slug = HTTP_SLUGS.get(error.status_code, "http")
    return problem(request, error.status_code, slug, title, detail, headers=error.headers)


async def on_crash(request: Request, error: Exception) -> Response:
    """What nobody foresaw: logged with its number, told without a trace of it."""
    log.error(
        "request %s failed: %s %s",
        request_id(request),
        request.method,
        route_of(request.scope),
        exc_info=error,
        extra={"request_id": request_id(request)},
    )
    return problem(
        request,
        500,
        "internal",
        "这一步没有做成",
        "问题出在我们这边，已经记下。您已经提交成功的内容不会丢；刚才这一步请稍后再试，或者带上下面的编号联系我们。",
    )
