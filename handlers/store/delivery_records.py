"""Deliveries as they look outside the store: one message to one recipient over one channel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from rules.quick_dataclass import dataclass


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    """Not tried yet, or put off by quiet hours or the daily cap."""
    SENDING = "sending"
    """A dispatcher holds its lease."""
    SENT = "sent"
    """The channel has taken it."""
    DELIVERED = "delivered"
    """The gateway reported that it arrived."""
    FAILED = "failed"
    """The last try failed; another follows."""
    GIVEN_UP = "given_up"
    """Refused for good, or tried too often or too long."""
    SUPPRESSED = "suppressed"
    """Not to be sent: no address, channel not set up, drill."""


DELIVERY_STATES: Mapping[str, str] = {
    "waiting": "等待发送",
    "sending": "正在发送",
    "sent": "已发出",
    "delivered": "已送达",
    "failed": "失败，会再试",
    "given_up": "没有发出",
    "suppressed": "不发",
}


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """A message of the outbox as the dispatcher needs it. `sealed` opens with the vault, context `outbox/<number>`."""

    id: int
    at: datetime
    template: str
    recipient_kind: str
    recipient: str
    subject: str
    subject_id: int
    subject_number: str
    body: str
    drill: bool
    sealed: bytes | None
    channels: tuple[str, ...]
    roles: tuple[str, ...]
    fact: str
    urgent: bool


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A delivery to be made. `recipient`: a person's id, `applicant:<number>`, or `robot:<id>`."""

    message_id: int
    fact: str
    channel: str
    recipient: str
    state: DeliveryState
    reason: str
    urgent: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery. `next_at` None: settled. `attempts` counts tries, the one under way included."""

    id: int
    message_id: int
    channel: str
    recipient: str
    state: DeliveryState
    reason: str
    urgent: bool
    attempts: int
    next_at: datetime | None
    lease: str | None
    key: str
    provider_id: str
    address_masked: str
    segments: int
    created: datetime
    at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Claim:
    """What a dispatcher wants to send now: the row as it read it, and to whom."""

    delivery: Delivery
    address_hash: bytes | None
    address_masked: str
    segments: int
    daily_cap: int | None


@dataclass(frozen=True, slots=True)
class ChannelFigures:
    """One channel today: how many deliveries made today stand where."""

    channel: str
    waiting: int
    sent: int
    delivered: int
    failed: int
    given_up: int
    suppressed: int


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """The whole queue: `waiting` deliveries whatever their day, since when the oldest due one waits, channels today."""

    to_split: int
    waiting: int
    oldest_due: datetime | None
    channels: tuple[ChannelFigures, ...]


@dataclass(frozen=True, slots=True)
class DeliveryShown:
    """A line of the administrator's page: the delivery and what it is about."""

    delivery: Delivery
    template: str
    subject: str
    subject_number: str
    drill: bool
