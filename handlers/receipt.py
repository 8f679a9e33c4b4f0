"""The receipt of a filing: number and query code large, what comes next, a page for A4, DOCX, the log's proof."""

from __future__ import annotations

import json

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from handlers import proofs, track_proof
from handlers.casework.views import ReceiptView
from handlers.context import hall_of
from handlers.guard import public, route
from handlers.logbook import papers
from handlers.notices import document_of, docx_response, for_page, track_address
from presentation.view import Crumb
from presentation.word_files import notice_file
from rules.errors import HallError, NotFound

_TITLE, _PURPOSE = "查看收件凭证", "收件凭证里有申请人的姓名，要先核对编号和查询码。"


async def _receipt(request: Request) -> tuple[ReceiptView, str] | None:
    """The receipt and its query code, for a browser that holds the code."""
    number = track_proof.normal_number(request.path_params["number"])
    code = proofs.recalled(request, proofs.CASES, number)
    if code is None:
        return None
    hall = hall_of(request)
    try:
        return await run_in_threadpool(hall.casework.receipt, number, code, hall.now()), code
    except NotFound:
        return None


async def show(request: Request) -> Response:
    """The receipt right after filing, or later with the code."""
    found = await _receipt(request)
    if found is None:
        number = track_proof.normal_number(request.path_params["number"])
        return track_proof.ask(
            request, title=_TITLE, action=request.url.path, purpose=_PURPOSE, number=number
        )
    receipt, code = found
    hall = hall_of(request)
    return hall.page(
        request,
        "citizen/receipt.html",
        "申请已经提交",
        section="do",
        head='<meta name="robots" content="noindex">',
        breadcrumbs=(Crumb("查进度", "/hall/track"), Crumb("收件凭证")),
        receipt=receipt,
        code=code,
        address=track_address(hall.county, receipt.number),
        document=for_page(document_of(receipt.notice, hall.county)),
    )


async def prove(request: Request) -> Response:
    """Number and code given on the receipt's own address."""
    return await track_proof.answer_case(
        request, title=_TITLE, purpose=_PURPOSE, then="/hall/receipt/{number}"
    )


async def docx(request: Request) -> Response:
    """The receipt as DOCX."""
    found = await _receipt(request)
    if found is None:
        return track_proof.ask(
            request, title=_TITLE, action=f"/hall/receipt/{request.path_params['number']}", purpose=_PURPOSE
        )
    receipt, _ = found
    document = document_of(receipt.notice, hall_of(request).county)
    try:
        content = await run_in_threadpool(notice_file, document)
    except ValueError as error:
        raise HallError("这份凭证里有无法排版的字符，请打印网页版。") from error
    return docx_response(content, f"收件凭证-{receipt.number}")


async def proof(request: Request) -> Response:
    """The receipt's part of the public log, to check later that the filing was not taken out of it."""
    found = await _receipt(request)
    if found is None:
        raise NotFound("请先打开收件凭证页，核对编号和查询码。")
    receipt, code = found
    hall = hall_of(request)
    filed = await run_in_threadpool(papers.filing_of, hall.database, receipt.number, code)
    body = await run_in_threadpool(papers.receipt_body, hall.logbook, filed)
    name = f'attachment; filename="receipt-{receipt.number}.json"'
    text = json.dumps(body, ensure_ascii=False, indent=1) + "\n"
    return Response(text, media_type="application/json", headers={"Content-Disposition": name})


_PROVED = public("one's own receipt, proved by number and code in a sealed cookie")

routes = [
    route("/hall/receipt/{number}.docx", docx, guard=_PROVED, name="receipt_docx"),
    route("/hall/receipt/{number}.json", proof, guard=_PROVED, name="receipt_proof"),
    route("/hall/receipt/{number}", show, guard=_PROVED, name="receipt"),
    route("/hall/receipt/{number}", prove, guard=_PROVED, methods=("POST",), name="receipt_prove"),
]
