"""Whether a paper is an order of this hall: by its number and the code printed on it, without what it says."""

from __future__ import annotations

import hmac
import unicodedata

from handlers.store import order_cards, orders
from handlers.store.database import Database
from handlers.store.vault import CODE_ALPHABET, CODE_LENGTH, Vault, normal_code
from handlers.supervising.views import CheckedOrder
from rules.errors import NotFound
from rules.order_table import ORDER_LABELS, OrderState

_CONTEXT = "order-check"
_OPENING, _CLOSING = "[(【〔［（", "])】〕］）"
_UNKNOWN = "没有这份督办通知书，或者核对码不对。请对照文书下方再看一遍。"


def code_of(vault: Vault, number: str) -> str:
    """The code of an order's paper: made of its number with the hall's key, so that nobody makes one up."""
    digest = vault.digest(_CONTEXT, number)
    return "".join(CODE_ALPHABET[byte % len(CODE_ALPHABET)] for byte in digest[:CODE_LENGTH])


def normal_number(text: str) -> str:
    """A number as typed, with whatever brackets and blanks: as it is stored."""
    typed = "".join(unicodedata.normalize("NFKC", text).split())[:80]
    return "".join("〔" if char in _OPENING else "〕" if char in _CLOSING else char for char in typed)


def check(database: Database, number: str, code: str) -> CheckedOrder:
    """What the holder of a paper may know. Raises NotFound alike for an unknown number and a wrong code."""
    order = orders.by_number(database, normal_number(number))
    expected = code_of(database.vault, "" if order is None else order.number)
    # Compared whether or not there is such an order, and in constant time.
    right = hmac.compare_digest(normal_code(code).encode(), expected.encode())
    if order is None or not right:
        raise NotFound(_UNKNOWN)
    entries = order_cards.of_order(database, order.id)
    on_it = sum(each.removed is None for each in entries)
    return CheckedOrder(
        number=order.number,
        issuer=order.paper.issuer,
        addressee=order.paper.addressee,
        issued=order.issued,
        state_label=ORDER_LABELS[order.state],
        cancelled=order.state is OrderState.CANCELLED,
        explain_due=order.explain_due,
        facts=on_it + (order.card_id is None),
        drill=order.drill,
    )
