"""What the tests of channels share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog.delivery import DeliverySettings
from catalog.root import Root
from handlers.delivering.channels import Outgoing, SendingFault
from handlers.delivering.outlets import Outlets
from tests.delivering_fixtures import (
    ENVIRONMENT,
    PHONE,
    Clock,
)

CLOCK = Clock("2026-03-02T10:00:00")


MESSAGE = Outgoing(
    key="key-1", to=PHONE, subject="监察黄牌", text="【青禾】食品经营许可已超期。", template="card.2",
    values={"item": "食品经营许可", "number": "QH202603020001", "link": "http://127.0.0.1/x"},
)  # fmt: skip


OPEN: list[Outlets] = []


def outlets(tmp_path: Path, **settings: Any) -> Outlets:
    (tmp_path / "county.yml").write_text("name: x\n", encoding="utf-8")
    read = DeliverySettings.model_validate({"mode": "live", **settings})
    OPEN.append(Outlets(Root(tmp_path), read, tmp_path / "outgoing", CLOCK, ENVIRONMENT))
    return OPEN[-1]


def fault_of(
    tmp_path: Path, channel: str, recipient: str = "", message: Outgoing = MESSAGE, **settings: Any
) -> SendingFault:
    with pytest.raises(SendingFault) as caught:
        outlets(tmp_path, **settings).get(channel, recipient).send(message)
    OPEN.pop().close()
    return caught.value


@pytest.fixture(autouse=True)
def closed_afterwards() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()
