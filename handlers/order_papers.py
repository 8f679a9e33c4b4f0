"""The document of a supervision order (督办通知书) as an office files it, with what joined it since it was issued."""

from __future__ import annotations

from urllib.parse import urlencode

from catalog.county import County
from handlers.supervising.views import OrderCardView, OrderView
from presentation.dates import date_cn
from presentation.notice_document import NoticeDocument
from rules.time import local_date

CHECK = "/hall/check/order"


def document_of(view: OrderView, county: County) -> NoticeDocument:
    """A4: issuer, title, number, addressee, all that was found, by what rule, what is demanded, until when and why.

    What it said when it was issued is never rendered again; a card that joined or was revoked adds a paragraph.
    """
    order = view.order
    paper = order.paper
    return NoticeDocument(
        title="督办通知书",
        issuer=paper.issuer,
        number=order.number,
        date=local_date(order.issued),
        addressee=paper.addressee,
        paragraphs=(*paper.paragraphs, *additions(view), "有关事项和要求如下，请按期办理并回复。"),
        rows=(*paper.rows, *_changed(view)),
        enumerated=paper.demands,
        closing=("特此通知。",),
        note=f"核对码 {view.check_code}。扫码或者打开 {check_page(county)} ，用编号和核对码核对本文书真伪。"
        f"情况说明、整改报告和申诉在{county.hall_name}工作台“督办与申诉”里提交。",
        check_url=check_address(county, order.number, view.check_code),
        drill=order.drill,
    )


def additions(view: OrderView) -> tuple[str, ...]:
    """What joined the order after it was issued, and what was taken off it, in words."""
    return tuple(words for each in view.cards if (words := f"{each.entry.finding}{_taken_off(each)}"))


def check_page(county: County) -> str:
    """Where number and code of a paper are typed."""
    return f"{county.url.rstrip('/')}{CHECK}"


def check_address(county: County, number: str, code: str) -> str:
    """Where the QR code of a paper leads: it says whether the paper is genuine, and nothing of what it says."""
    return f"{check_page(county)}?{urlencode({'number': number, 'code': code})}"


def _taken_off(each: OrderCardView) -> str:
    removed = each.entry.removed
    if removed is None:
        return ""
    return f"第{each.card.id}号牌已于{date_cn(removed, False)}撤销（{each.entry.removal}），这一项不再督办。"


def _changed(view: OrderView) -> tuple[tuple[str, str], ...]:
    """The day to explain as it is now, where a card that joined or a return has moved it."""
    shown = date_cn(view.order.explain_due)
    was = next((text for label, text in view.order.paper.rows if label == "说明期限"), shown)
    return (("现在的说明期限", shown),) if not was.startswith(shown) else ()
