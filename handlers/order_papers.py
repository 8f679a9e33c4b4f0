"""The document of a supervision order (督办通知书) as an office files it, from what was kept when it was issued."""

from __future__ import annotations

from catalog.county import County
from handlers.store.orders import Order
from presentation.documents import NoticeDocument
from rules.time import local_date


def document_of(order: Order, county: County) -> NoticeDocument:
    """A4: issuer, title, number, addressee, what was found, by what rule, what is demanded, until when and why then."""
    paper = order.paper
    return NoticeDocument(
        title="督办通知书",
        issuer=paper.issuer,
        number=order.number,
        date=local_date(order.issued),
        addressee=paper.addressee,
        paragraphs=(*paper.paragraphs, "有关事项和要求如下，请按期办理并回复。"),
        rows=paper.rows,
        enumerated=paper.demands,
        closing=("特此通知。",),
        note=f"情况说明、整改报告和申诉在{county.hall_name}工作台“督办与申诉”里提交。",
        drill=order.drill,
    )
