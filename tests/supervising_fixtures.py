"""Orders and appeals over the county of `casework_fixtures`: a carded case, two county supervisors, the door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from handlers.casework.requests import Filed
from handlers.store import attachments, cards, orders, people
from handlers.store.appeals import Appeal
from handlers.store.orders import Order
from handlers.store.records import Card
from handlers.store.writer import Transaction
from handlers.supervising import drafts
from handlers.supervising.requests import AgainstCard, OrderRequest
from handlers.supervising.service import Supervision
from rules.access import Role
from tests.casework_fixtures import Hall, at, make_hall

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
MORE_STAFF = {
    "county2": (Role.COUNTY_SUPERVISOR, "county"),
    "health_supervisor": (Role.DEPARTMENT_SUPERVISOR, "health"),
}
# The first case is accepted on Tuesday 3 March with seven working days promised: a yellow card on 13 March.
CARDED = "2026-03-13 09:30"


@dataclass
class Bureau:
    """A hall with its supervision; people by name."""

    hall: Hall
    supervision: Supervision

    def person(self, name: str) -> str:
        return self.hall.people[name]

    def carded(self, when: str = CARDED, *, drill: bool = False) -> Card:
        """A case left lying until it has a yellow card."""
        filed: Filed = self.hall.accept(self.hall.file("2026-03-02", drill=drill))
        self.hall.casework.sweep(at(when))
        case = self.hall.casework.staff_view(filed.number, self.person("county"), at(when))
        return next(each for each in case.cards if each.level == 2 and each.object == "case")

    def order(self, when: str = CARDED) -> Order:
        """The order that card brought."""
        found = orders.of_card(self.hall.database, self.carded(when).id)
        assert found is not None
        return found

    def by_hand(self, who: str = "county", when: str = "2026-03-02", key: str = "k", **changes: str) -> Order:
        values = {"subject": "department", "department": "market", "text": "窗口无人值守", **changes}
        return self.supervision.issue_order(OrderRequest(**values), self.person(who), key=key, now=at(when))

    def move(self, order: Order, move: str, who: str, when: str, **values: str) -> Order:
        return self.supervision.move_order(order.id, move, values, self.person(who), now=at(when))

    def again(self, order: Order) -> Order:
        found = orders.by_id(self.hall.database, order.id)
        assert found is not None
        return found

    def card(self, card_id: int) -> Card:
        found = cards.by_id(self.hall.database, card_id)
        assert found is not None
        return found

    def appeal(
        self, card: Card, who: str = "decider", when: str = "2026-03-16", text: str = "系统故障一天"
    ) -> Appeal:
        return self.supervision.file_appeal(AgainstCard(card.id), text, self.person(who), now=at(when))

    def decide(
        self, appeal: Appeal, move: str, who: str, when: str, reasons: str = "查明属实", days: str = ""
    ) -> Appeal:
        return self.supervision.decide_appeal(
            appeal.id, move, reasons, self.person(who), now=at(when), days=days
        )

    def upload(self, topic: str, who: str, name: str = "证明.pdf", when: str = CARDED) -> str:
        """A file put into someone's draft."""
        taken = attachments.receive_bytes(
            self.hall.database, (PDF,), name, attachments.Limits(("pdf",), 1_000_000), at(when),
            owner=drafts.owner(topic, self.person(who)),
        )  # fmt: skip
        return taken.id


def make_bureau(folder: Path) -> Bureau:
    """A fresh hall with two county supervisors."""
    hall = make_hall(folder)

    def add(tx: Transaction) -> None:
        for name, (role, unit) in MORE_STAFF.items():
            hall.people[name] = people.add(tx, name, f"{name}示例", "-", at("2026-01-01"))
            people.assign(tx, hall.people[name], role, unit, date(2026, 1, 1))

    hall.database.write(add)
    return Bureau(hall, Supervision(hall.database, hall.casework.ground))
