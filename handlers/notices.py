"""Numbered documents of a case: as a page to print and as DOCX, for the applicant and for staff in scope."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from markupsafe import Markup, escape
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from catalog.county import County
from handlers import proofs, track_proof
from handlers.context import hall_of
from handlers.guard import public, route
from handlers.security import request_id
from handlers.session import SignedIn
from handlers.store.records import Notice
from presentation.notice_document import NoticeDocument
from presentation.view import Crumb
from presentation.word_files import notice_file
from rules.case_terms import NoticeKind
from rules.errors import HallError, NotFound
from rules.time import local_date

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_TITLE, _PURPOSE = "查看文书", "文书里有申请人的姓名，要先核对编号和查询码。"

# What a document of each kind says before its particulars; the articles are those of rules.case_terms.
_OPENINGS: Mapping[NoticeKind, str] = {
    NoticeKind.RECEIPT: "您提交的“{item}”申请已经收到，现出具收件凭证。",
    NoticeKind.ACCEPTANCE: "您提出的“{item}”申请，经审查，属于本机关职权范围，申请材料齐全、符合法定形式。依据{basis}，决定予以受理。",
    NoticeKind.REFUSAL: "您提出的“{item}”申请，经审查，依据{basis}，决定不予受理。",
    NoticeKind.SUPPLEMENT: "您提出的“{item}”申请，申请材料不齐全或者不符合法定形式。依据{basis}，现一次性告知需要补正的全部内容。",
    NoticeKind.SPECIAL_PROCEDURE: "您提出的“{item}”申请，依法需要进行特别程序。依据{basis}，现将所需时间告知您。",
    NoticeKind.EXTENSION: "您提出的“{item}”申请，在规定的期限内不能作出决定。依据{basis}，经本机关负责人批准，延长办理期限，现将理由告知您。",
    NoticeKind.HEARING_RIGHT: "您提出的“{item}”申请，本机关拟作出下述决定。依据{basis}，您有要求听证的权利，现予告知。",
    NoticeKind.HEARING: "您就“{item}”申请要求听证。依据{basis}，现将听证的时间和地点通知您。",
    NoticeKind.GRANT: "您提出的“{item}”申请，经审查，符合法定条件、标准。依据{basis}，决定准予。",
    NoticeKind.DENIAL: "您提出的“{item}”申请，经审查，不符合法定条件、标准。依据{basis}，作出不予许可的决定。",
    NoticeKind.DELIVERY: "您申请的“{item}”，办理结果送达情况如下。依据{basis}。",
}


def document_of(notice: Notice, county: County, unit_name: str = "") -> NoticeDocument:
    """The document as an office files it."""
    lines = {line.label: line.text for line in notice.lines}
    item = lines.get("申请事项", "")
    opening = _OPENINGS[notice.kind].format(item=item, basis=notice.basis)
    title = re.sub(r"[（(]演练[）)]$", "", notice.title)
    return NoticeDocument(
        title=title,
        issuer=notice.issuer or unit_name,
        number=notice.number,
        date=local_date(notice.issued),
        paragraphs=(opening,),
        addressee=notice.addressee,
        rows=tuple((line.label, line.text) for line in notice.lines if line.label != "申请事项"),
        closing=("特此告知。",),
        note=f"凭办件编号和查询码，可以在{county.hall_name}核对本文书和办理进度。",
        check_url=track_address(county, notice.case_number),
        drill=title != notice.title,
    )


def for_page(document: NoticeDocument) -> NoticeDocument:
    """The same with the line breaks of its table as a page needs them."""
    rows = tuple(
        (label, Markup("<br>").join(escape(line) for line in text.split("\n")))
        for label, text in document.rows
    )
    return replace(document, rows=rows)


def track_address(county: County, number: str) -> str:
    """Where a QR code leads. It names the case only: the query code is asked for there, so that a receipt
    photographed or left lying about opens nothing by itself.
    """
    return f"{county.url.rstrip('/')}/hall/track?number={number}"


def docx_response(content: bytes, name: str) -> Response:
    """A DOCX to save."""
    headers = {
        "Content-Disposition": f"attachment; filename=\"document.docx\"; filename*=UTF-8''{quote(name)}.docx",
        "Cache-Control": "no-store",
    }
    return Response(content, media_type=DOCX, headers=headers)


async def notice_for(request: Request) -> Notice | None:
    """The document in the address, for a browser that proved its case or for staff in scope; else None."""
    hall = hall_of(request)
    text = request.path_params["notice"]
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise NotFound("没有这份文书。请从办件的进度页打开。")
    notice_id = int(text)
    for number in reversed(proofs.names(request, proofs.CASES)):
        code = proofs.recalled(request, proofs.CASES, number) or ""
        try:
            return await run_in_threadpool(hall.casework.notice_for_applicant, notice_id, number, code)
        except NotFound:
            continue
    person: SignedIn | None = request.state.person
    if person is not None:
        return await run_in_threadpool(
            hall.casework.notice_for_staff, notice_id, person.person_id, hall.now(), request_id(request)
        )
    return None


async def show(request: Request) -> Response:
    """The document as a page."""
    notice = await notice_for(request)
    if notice is None:
        return track_proof.ask(request, title=_TITLE, action=request.url.path, purpose=_PURPOSE)
    hall = hall_of(request)
    document = document_of(notice, hall.county)
    return hall.page(
        request,
        "citizen/notice.html",
        f"{document.title} {notice.number}",
        section="look",
        head='<meta name="robots" content="noindex">',
        breadcrumbs=(Crumb("查进度", f"/hall/track/{notice.case_number}"), Crumb(document.title)),
        document=for_page(document),
        notice=notice,
        back=""
        if proofs.recalled(request, proofs.CASES, notice.case_number) is None
        else f"/hall/track/{notice.case_number}",
    )


async def prove(request: Request) -> Response:
    """Number and code given on the document's own address."""
    return await track_proof.answer_case(request, title=_TITLE, purpose=_PURPOSE)


async def docx(request: Request) -> Response:
    """The document as DOCX."""
    notice = await notice_for(request)
    if notice is None:
        return track_proof.ask(
            request, title=_TITLE, action=f"/hall/notices/{request.path_params['notice']}", purpose=_PURPOSE
        )
    document = document_of(notice, hall_of(request).county)
    try:
        content = await run_in_threadpool(notice_file, document)
    except ValueError as error:
        raise HallError("这份文书里有无法排版的字符，请打印网页版。") from error
    return docx_response(content, f"{document.title}-{notice.case_number}")


_PROVED = public(
    "the applicant's documents, proved by number and code in a sealed cookie; staff by their scope"
)

routes = [
    route("/hall/notices/{notice}.docx", docx, guard=_PROVED, name="notice_docx"),
    route("/hall/notices/{notice}", show, guard=_PROVED, name="notice_page"),
    route("/hall/notices/{notice}", prove, guard=_PROVED, methods=("POST",), name="notice_prove"),
]
