"""Explanations, reports and appeals begun and not sent: text and files kept on the server, each person's own."""

from __future__ import annotations

from datetime import datetime

from handlers.store import attachments, chases
from handlers.store.database import Database
from handlers.store.records import Attachment
from handlers.store.writer import Transaction
from rules.quick_dataclass import dataclass

MOST_FILES = 10


@dataclass(frozen=True, slots=True)
class ReplyDraft:
    """What someone has written and uploaded so far; `saved` None when nothing was kept yet."""

    text: str
    saved: datetime | None
    files: tuple[Attachment, ...]


def order_topic(order_id: int) -> str:
    """The draft of the next reply to an order."""
    return f"order/{order_id}"


def card_topic(card_id: int) -> str:
    """The draft of an appeal against a card, first or again."""
    return f"appeal-card/{card_id}"


def score_topic(department: str, period: str) -> str:
    """The draft of an appeal against a score."""
    return f"appeal-score/{department}/{period}"


def owner(topic: str, person: str) -> str:
    """Whose the files of a draft are."""
    return f"draft/{topic}/{person}"


def read(database: Database, topic: str, person: str) -> ReplyDraft:
    """The draft, empty when there is none."""
    kept = chases.draft(database, topic, person)
    files = attachments.of_owner(database, owner(topic, person))
    return ReplyDraft("", None, files) if kept is None else ReplyDraft(kept[0], kept[1], files)


def save(database: Database, topic: str, person: str, text: str, now: datetime) -> None:
    """Keeps the text."""
    database.write(lambda tx: chases.save_draft(tx, topic, person, text, now))


def remove_file(database: Database, topic: str, person: str, attachment_id: str) -> bool:
    """Takes one of the draft's own files out."""

    def job(tx: Transaction) -> bool:
        return attachments.drop_owned(tx, owner(topic, person), attachment_id)

    return database.write(job)
