"""What the tests of orders' pages share."""

from __future__ import annotations

from typing import Any

import pytest

from handlers.store import cards as card_store
from handlers.store import orders as order_store
from handlers.store.cards import CardFilter
from handlers.store.orders import Order
from handlers.store.people import add, assign
from handlers.store.records import Card
from rules.access import Role
from tests.handlers_fixtures import Office
from tests.page_fixtures import fields_of
from tests.staff_fixtures import filed, quick_hash, staffed

__all__ = ["staffed"]


ORDERS, CARDS, APPEALS = "/hall/orders", "/hall/cards", "/hall/appeals"


@pytest.fixture
def bureau(staffed: Office) -> Office:
    """A case carded on Tuesday 10 March (five days promised from 2 March), and a second county supervisor."""
    office = staffed

    def more(tx: Any) -> None:
        office.people["county2"] = add(tx, "county2", "county2示例", quick_hash()[1], office.clock())
        assign(tx, office.people["county2"], Role.COUNTY_SUPERVISOR, "county", office.clock().date())

    office.hall.database.write(more)
    case = filed(office)
    office.move(case.number, "pre_review", "window")
    office.move(case.number, "accept", "window")
    office.clock.set("2026-03-10T10:00")
    office.hall.casework.sweep(office.clock())
    return office


def carded(office: Office) -> Card:
    found, _ = card_store.listed(office.hall.database, ("market",), CardFilter(level=2, state="issued"), 100)
    return next(each for each in found if each.object == "case")


def ordered(office: Office) -> Order:
    found = order_store.of_card(office.hall.database, carded(office).id)
    assert found is not None
    return found


def post(client: Any, at: str, action: str, files: Any = None, **values: str) -> Any:
    """Posts a form of a page with what is typed into it, as a browser would."""
    fields: dict[str, Any] = {**fields_of(client.get(at).text, f'action="{action}"'), **values}
    return client.post(action, data=fields, files=files)
