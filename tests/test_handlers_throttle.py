"""Who counts as one sender."""

from __future__ import annotations

import pytest

from handlers import throttle
from handlers.limiter import Limit
from tests.handlers_fixtures import Office


def _tried(office: Office, address: str) -> int:
    wrong = {"number": "QH202603020001", "code": "AAAA2222", "form_end": "1"}
    return int(office.browser(address).post("/hall/track", data=wrong).status_code)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("203.0.113.1", "203.0.113.2", False),
        ("::ffff:203.0.113.1", "::ffff:203.0.113.2", False),
        ("::ffff:203.0.113.1", "203.0.113.1", True),
        ("::ffff:cb00:7101", "203.0.113.1", True),
        ("2001:db8::1", "2001:db8::2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
    ],
)
def test_an_address_is_one_sender_in_either_form_and_a_household_of_ipv6_is_one(
    office: Office, monkeypatch: pytest.MonkeyPatch, first: str, second: str, same: bool
) -> None:
    monkeypatch.setattr(throttle, "WRONG_PER_ADDRESS", Limit(1, 10))
    assert _tried(office, first) == 422
    assert _tried(office, second) == (429 if same else 422)
