"""E-mail: encrypted and signed in, never in clear, refusals told apart; and which addresses are written to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from handlers.delivering.channels import Outgoing, email_of, harmless, masked, phone_of
from tests.channel_fixtures import OPEN, closed_afterwards, fault_of, outlets
from tests.conftest import free_port
from tests.delivering_fixtures import (
    PHONE,
    SMTP_SECRET,
    make_certificate,
    smtp_server,
    subject_of,
    words_of,
)

__all__ = ["closed_afterwards"]

# --- e-mail ---

LETTER = Outgoing(
    key="key-9",
    to="decider@qinghe.example",
    subject="监察黄牌：食品\r\nBcc: x@evil.example",
    text="请尽快办理。\n.\n第二行",
)


def mail(port: int, **changes: Any) -> dict[str, Any]:
    return {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "sender": "hall@qinghe.example",
        "sender_name": "青禾县厅",
        **changes,
    }


def test_mail_goes_out_encrypted_and_signed_in(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with smtp_server(certificate, login=True) as box:
        settings = mail(box.port, security="starttls", user="hall", password="{secret:SMTP}")
        channel = outlets(tmp_path, email=settings, ca_file=str(certificate.path)).get("email")
        channel.send(LETTER)
        channel.send(LETTER)
        channel.close()
        assert box.logins == [True]  # one connection for both
        assert box.sessions[0].ssl is not None
        letter = box.letters()[0]
        assert subject_of(letter) == "监察黄牌：食品 Bcc: x@evil.example"
        assert letter["Bcc"] is None
        assert letter["To"] == "decider@qinghe.example"
        assert letter["Message-ID"] == "<key-9@qinghe.example>"
        assert words_of(letter).replace("\r\n", "\n").rstrip() == LETTER.text
        assert box.taken[0].mail_from == "hall@qinghe.example"


def test_mail_over_tls_from_the_first_byte(tmp_path: Path) -> None:
    from aiosmtpd.controller import Controller

    from tests.delivering_fixtures import Postbox

    certificate, box = make_certificate(tmp_path), Postbox()
    box.port = free_port()
    controller = Controller(
        box, hostname="127.0.0.1", port=box.port, ssl_context=certificate.server_context()
    )
    controller.start()
    try:
        outlets(tmp_path, email=mail(box.port, security="tls"), ca_file=str(certificate.path)).get(
            "email"
        ).send(LETTER)
        OPEN.pop().close()
        assert len(box.taken) == 1
    finally:
        controller.stop()


def test_a_certificate_nobody_vouches_for_gets_no_mail_and_no_password(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with smtp_server(certificate, login=True) as box:
        settings = mail(box.port, security="starttls", user="hall", password="{secret:SMTP}")
        fault = fault_of(tmp_path, "email", message=LETTER, email=settings)
        assert "加密" in fault.reason
        assert (fault.again, fault.whole_channel) == (True, True)
        assert (box.logins, box.taken) == ([], [])


def test_a_server_without_starttls_gets_nothing_in_clear(tmp_path: Path) -> None:
    with smtp_server() as box:
        fault = fault_of(tmp_path, "email", message=LETTER, email=mail(box.port, security="starttls"))
        assert (fault.again, fault.whole_channel, box.taken) == (True, True, [])


def test_a_wrong_password_rests_the_channel_and_is_told_nobody(tmp_path: Path) -> None:
    with smtp_server(login=True) as box:
        settings = mail(box.port, user="someone", password="{secret:SMTP}")
        fault = fault_of(tmp_path, "email", message=LETTER, email=settings)
        assert (fault.again, fault.whole_channel, box.taken) == (True, True, [])
        assert SMTP_SECRET not in fault.reason


@pytest.mark.parametrize(("answer", "again", "whole"), [
    ("550 5.1.1 no such user decider@qinghe.example", False, False), ("450 4.2.0 greylisted, try later", True, False),
    ("421 4.3.0 going down", True, True), ("552 5.2.2 mailbox full", False, False),
])  # fmt: skip
def test_refused_recipients_are_told_apart_by_code(
    tmp_path: Path, answer: str, again: bool, whole: bool
) -> None:
    with smtp_server() as box:
        box.refuse = lambda address: answer
        fault = fault_of(tmp_path, "email", message=LETTER, email=mail(box.port))
        assert (fault.again, fault.whole_channel) == (again, whole)
        assert "@" not in fault.reason


@pytest.mark.parametrize(("answer", "again"), [("451 try again later", True), ("554 looks like spam", False)])
def test_a_refused_letter_is_told_apart_by_code(tmp_path: Path, answer: str, again: bool) -> None:
    with smtp_server() as box:
        box.refuse_data = answer
        fault = fault_of(tmp_path, "email", message=LETTER, email=mail(box.port))
        assert fault.again is again


def test_a_connection_the_server_closed_meanwhile_is_opened_anew(tmp_path: Path) -> None:
    with smtp_server() as box:
        channel = outlets(tmp_path, email=mail(box.port)).get("email")
        channel.send(LETTER)
        idle = channel._idle[0][0]  # type: ignore[attr-defined]
        idle.sock.close()
        channel.send(LETTER)
        channel.close()
        assert len(box.taken) == 2


# --- addresses ---


@pytest.mark.parametrize(("given", "phone"), [
    ("10000000001", PHONE), ("+86 100-0000-0001", PHONE), ("0086 10000000001", PHONE), (" 100 0000 0001 ", PHONE),
    ("0000-5550100", ""), ("1000000000", ""), ("100000000011", ""), ("１０000000001", ""), ("", ""), ("10000000001;rm", ""),
])  # fmt: skip
def test_only_mobile_numbers_are_written_to(given: str, phone: str) -> None:
    assert phone_of(given) == phone


@pytest.mark.parametrize(("given", "right"), [
    ("a.b+c@qinghe.example", True), ("张@qinghe.example", False), ("a@b", False), ("a@b.example\r\nBcc: x@y.example", False),
    ("a b@c.example", False), ("a@b.example,c@d.example", False), ("x" * 65 + "@b.example", False), ("", False),
])  # fmt: skip
def test_only_plain_mail_addresses_are_written_to(given: str, right: bool) -> None:
    assert bool(email_of(given)) is right


def test_what_the_other_side_says_is_kept_without_addresses_numbers_and_keys() -> None:
    said = harmless(
        f"user a.b@c.example phone {PHONE} +86 100 0000 0001 token abcdefghijklmnopqrstuvwx0123 full"
    )
    assert said == "user *** phone *** *** token *** full"
    assert masked(PHONE) == "100****0001"
    assert masked("decider@qinghe.example") == "d***@qinghe.example"
