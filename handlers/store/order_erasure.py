"""Takes the title of a letter erased by law out of the orders about it: their papers, findings and messages."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from handlers.store import events, orders
from handlers.store.moments import json_text
from handlers.store.writer import Transaction

ERASED = "（已按规定删除）"


def forget_title(
    tx: Transaction, subject: str, subject_id: int, title: str, number: str, at: datetime
) -> int:
    """Puts `ERASED` where orders about a letter quote its title; returns how many orders there are.

    Number, day, what was found and what was demanded stay: an order is a document of the authority's own. What
    the chain keeps of an order's wording is erased only where it quotes the title.
    """
    if not title or title == ERASED:
        return 0
    quoted = (
        (f"“{title}”", f"“{ERASED}”"),
        (f"{title}（{number}）", f"{ERASED}（{number}）"),
        (f"{title} {number}", f"{ERASED} {number}"),
    )

    def without(value: Any) -> Any:
        if isinstance(value, str):
            for old, new in quoted:
                value = value.replace(old, new)
            return value
        if isinstance(value, list):
            return [without(each) for each in value]
        if isinstance(value, dict):
            return {name: without(each) for name, each in value.items()}
        return value

    found = orders.of_subject(tx, subject, subject_id)
    for order in found:
        row = tx.row("SELECT text, demand, document FROM supervision_order WHERE id = ?", (order.id,))
        assert row is not None
        tx.execute(
            "UPDATE supervision_order SET text = ?, demand = ?, document = ?, version = version + 1 WHERE id = ?",
            (
                without(row["text"]),
                without(row["demand"]),
                json_text(without(json.loads(row["document"]))),
                order.id,
            ),
        )
        for old, new in quoted:
            tx.execute(
                "UPDATE supervision_order_card SET finding = replace(finding, ?, ?) WHERE order_id = ? AND instr(finding, ?)",
                (old, new, order.id, old),
            )
            tx.execute(
                "UPDATE outbox SET body = replace(body, ?, ?) WHERE subject = 'order' AND subject_id = ? AND instr(body, ?)",
                (old, new, order.id, old),
            )
        kept = events.of_subject(tx, "order", order.id)
        if any(old in json_text(each.payload) for each in kept if each.payload for old, _ in quoted):
            events.erase_payloads(tx, "order", order.id, at)
    return len(found)
