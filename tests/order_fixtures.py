"""A bureau in which orders are issued, for tests of their life."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from handlers.store import (
    counts,
    order_cards,
)
from handlers.store.order_cards import OrderCard
from handlers.store.orders import Order
from tests.casework_fixtures import at
from tests.supervising_fixtures import Bureau, make_bureau


@pytest.fixture
def bureau(tmp_path: Path) -> Bureau:
    return make_bureau(tmp_path)


def count(bureau: Bureau, measure: str) -> int:
    found = counts.totals(bureau.hall.database, date(2026, 1, 1), date(2026, 12, 31))
    return sum(total for (_, name), total in found.items() if name == measure)


def on_it(bureau: Bureau, order: Order) -> tuple[OrderCard, ...]:
    return order_cards.of_order(bureau.hall.database, order.id)


def revoke_all(bureau: Bureau, order: Order, why: str, when: str) -> None:
    for each in on_it(bureau, order):
        bureau.hall.casework.revoke_card(each.card_id, bureau.hall.staff("county"), why, now=at(when))
