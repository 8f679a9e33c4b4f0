"""What every channel is: takes one message, answers with the provider's number or says what kind of failure it was."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Protocol

from presentation.masking import masked_phone
from rules.quick_dataclass import dataclass

LONGEST_REASON = 160


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message, ready. `to` is empty for a group's robot; `key` is the same at every try; `values` fill templates."""

    key: str
    to: str
    subject: str
    text: str
    template: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The channel has taken it. `provider_id` is its number there, empty where it gives none."""

    provider_id: str = ""


class SendingFault(Exception):
    """It was not taken. `reason` is for people and logs: no address, no secret, no text of the message.

    `again`: trying later may help. `whole_channel`: the others would fail alike, leave the channel alone for a while
    (`retry_after` seconds, when the other side said how long). `unclear`: it may have arrived all the same.
    """

    def __init__(
        self,
        reason: str,
        *,
        again: bool,
        whole_channel: bool = False,
        retry_after: float | None = None,
        unclear: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason[:LONGEST_REASON]
        self.again = again
        self.whole_channel = whole_channel
        self.retry_after = retry_after
        self.unclear = unclear


class Channel(Protocol):
    """A way out. Used by several threads at once."""

    per_minute: int
    """How many a minute the other side takes; 0: any number."""

    def send(self, outgoing: Outgoing) -> Accepted:
        """Hands one message over. Raises SendingFault."""
        ...

    def close(self) -> None:
        """Lets connections go."""
        ...


_ADDRESS = re.compile(r"[^\s<>\"',;:，；：]+@[^\s<>\"',;，；]+")
_LONG_NUMBER = re.compile(r"\+?[0-9][0-9 -]{5,}[0-9]")
_TOKEN = re.compile(r"[A-Za-z0-9_+/=-]{20,}")


def harmless(text: str) -> str:
    """What the other side answered, without addresses, phone numbers and anything that looks like a key."""
    plain = " ".join(text.split())
    plain = _ADDRESS.sub("***", plain)
    plain = _LONG_NUMBER.sub("***", plain)
    return _TOKEN.sub("***", plain)[:80]


def phone_of(text: str) -> str:
    """A Chinese mobile number in eleven digits, or nothing when it is none."""
    digits = re.sub(r"[\s()（）-]", "", text)
    digits = re.sub(r"^(\+|00)86", "", digits)
    return digits if re.fullmatch(r"1[0-9]{10}", digits) else ""


def email_of(text: str) -> str:
    """An address that any mail server takes, or nothing."""
    plain = text.strip()
    right = re.fullmatch(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", plain)
    return plain if right and len(plain) <= 254 else ""


def masked(address: str) -> str:
    """`138****0000`, `z***@example.cn`."""
    name, at, host = address.partition("@")
    return f"{name[:1]}***@{host}" if at else masked_phone(address)
