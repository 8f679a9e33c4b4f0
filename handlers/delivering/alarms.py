"""Tells the administrators, once a day and channel, that messages do not go out."""

from __future__ import annotations

from datetime import datetime

from catalog.delivery import CHANNEL_LABELS
from handlers.store import outbox, posts
from handlers.store.writer import Transaction
from rules.access import Role

SUBJECT = "delivery"


def given_up(tx: Transaction, channel: str, reason: str, now: datetime) -> None:
    """A message was given up."""
    label = CHANNEL_LABELS.get(channel, channel)
    body = f"今天有{label}没有发出去，不再自动重试（{reason}）。请到“发送情况”查看，可以再发一次。"
    _tell(tx, "delivery.given_up", f"delivery.given_up:{channel}:{now.date().isoformat()}", body, now)


def not_ready(tx: Transaction, channel: str, reason: str, now: datetime) -> None:
    """A channel cannot send at all."""
    label = CHANNEL_LABELS.get(channel, channel)
    body = f"{label}现在发不出去：{reason}请到“发送情况”查看。"
    _tell(tx, "delivery.not_ready", f"delivery.not_ready:{channel}:{now.date().isoformat()}", body, now)


def _tell(tx: Transaction, template: str, fact: str, body: str, now: datetime) -> None:
    people = posts.everywhere(tx, Role.ADMINISTRATOR, now.date())
    outbox.add(
        tx,
        [
            outbox.NewMessage(now, template, "person", person, SUBJECT, 0, "", body, fact=fact)
            for person in people
        ],
    )
