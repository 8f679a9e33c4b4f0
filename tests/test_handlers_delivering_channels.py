"""SMS gateways and robots: what they are sent, how their answers are judged, addresses, what is kept."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from catalog.delivery import DeliverySettings
from handlers.delivering.channels import Outgoing, SendingFault
from handlers.delivering.http_channel import retry_after
from tests.channel_fixtures import CLOCK, MESSAGE, closed_afterwards, fault_of, outlets
from tests.delivering_fixtures import (
    PHONE,
    SIGN_SECRET,
    SMS_SECRET,
    Sink,
    http_sink,
    ok,
    sms,
)

__all__ = ["closed_afterwards"]


@pytest.fixture
def sink() -> Iterator[Sink]:
    with http_sink() as found:
        yield found


# --- SMS ---


def test_a_json_gateway_gets_phone_text_key_and_secret_header(tmp_path: Path, sink: Sink) -> None:
    sink.answer = lambda asked: ok({"code": 0, "id": 778})
    accepted = outlets(tmp_path, sms=sms(sink.url)).get("sms").send(MESSAGE)
    (asked,) = sink.asked
    assert (asked.method, asked.path) == ("POST", "/send")
    assert asked.json == {"mobile": PHONE, "content": MESSAGE.text, "uid": "key-1"}
    assert asked.headers["authorization"] == f"Bearer {SMS_SECRET}"
    assert asked.headers["content-type"] == "application/json"
    assert accepted.provider_id == "778"


def test_a_form_gateway_gets_signature_template_and_parameters_as_json_text(
    tmp_path: Path, sink: Sink
) -> None:
    sink.answer = lambda asked: ok({"data": [{"state": "OK", "sid": "a1"}]})
    settings = sms(
        sink.url, encoding="form", signature="青禾县", template_ids={"card.2": "T200", "default": "T1"}, json_text=["params"],
        body={"PhoneNumbers": "{phone}", "SignName": "{signature}", "TemplateCode": "{template_id}",
              "params": {"name": "{item}", "no": "{number}"}, "At": "{timestamp}"},
        success={"path": "data.0.state", "values": ["OK"]}, message_id="data.0.sid",
    )  # fmt: skip
    accepted = outlets(tmp_path, sms=settings).get("sms").send(MESSAGE)
    assert sink.asked[0].form == {
        "PhoneNumbers": PHONE, "SignName": "青禾县", "TemplateCode": "T200",
        "params": '{"name": "食品经营许可", "no": "QH202603020001"}', "At": str(int(CLOCK().timestamp())),
    }  # fmt: skip
    assert accepted.provider_id == "a1"


def test_a_get_gateway_gets_everything_in_the_query(tmp_path: Path, sink: Sink) -> None:
    settings = sms(
        sink.url, method="GET", encoding="query", body={"to": "{phone}", "msg": "{text}", "k": "{secret:SMS}"}
    )
    outlets(tmp_path, sms=settings).get("sms").send(MESSAGE)
    assert sink.asked[0].query == {"to": [PHONE], "msg": [MESSAGE.text], "k": [SMS_SECRET]}


def test_a_text_that_looks_like_a_placeholder_is_sent_as_it_is(tmp_path: Path, sink: Sink) -> None:
    message = Outgoing(key="k", to=PHONE, subject="", text="填 {secret:SMS} 和 {phone}")
    outlets(tmp_path, sms=sms(sink.url)).get("sms").send(message)
    assert sink.asked[0].json["content"] == "填 {secret:SMS} 和 {phone}"


@pytest.mark.parametrize(("answer", "again", "whole", "unclear"), [
    (ok({"code": 7, "message": f"bad number {PHONE}"}), False, False, False),
    (ok({"code": "busy"}), True, True, False),
    (ok({"result": "?"}), True, False, True),
    ((200, {}, b"<html>OK</html>"), True, False, True),
    ((200, {}, b"[" * 5000), True, False, True),
    ((200, {}, b"\xff\xfe"), True, False, True),
    ((200, {}, b'{"code": "' + b"x" * 200_000 + b'"}'), True, False, True),
    (ok(status=500), True, True, False),
    (ok(status=503), True, True, False),
    (ok(status=401), True, True, False),
    (ok(status=404), True, True, False),
    ((302, {"location": "http://127.0.0.1:1/elsewhere"}, b""), True, True, False),
    (ok(status=400), False, False, False),
    ((0, {}, b""), True, False, True),
])  # fmt: skip
def test_every_answer_of_a_gateway_is_judged(
    tmp_path: Path, sink: Sink, answer: Any, again: bool, whole: bool, unclear: bool
) -> None:
    sink.answer = lambda asked: answer
    fault = fault_of(tmp_path, "sms", sms=sms(sink.url))
    assert (fault.again, fault.whole_channel, fault.unclear) == (again, whole, unclear)
    assert PHONE not in fault.reason
    assert SMS_SECRET not in fault.reason
    assert len(sink.asked) == 1


def test_too_many_requests_says_when_to_come_again(tmp_path: Path, sink: Sink) -> None:
    sink.answer = lambda asked: ok(status=429, Retry_After="120")
    fault = fault_of(tmp_path, "sms", sms=sms(sink.url))
    assert (fault.again, fault.whole_channel, fault.retry_after) == (True, True, 120)


@pytest.mark.parametrize(("header", "seconds"), [
    ("0", 0), ("90", 90), ("99999999", None), ("999999", 86400), ("Mon, 02 Mar 2026 02:02:00 GMT", 120),
    ("Mon, 02 Mar 2026 01:00:00 GMT", 0), ("Tue, 30 Feb 2026 01:00:00 GMT", None), ("", None), ("-5", None), ("soon", None), ("٣", None),
])  # fmt: skip
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str, seconds: float | None) -> None:
    assert retry_after(header, CLOCK()) == seconds


def test_a_gateway_that_does_not_answer_in_time_may_have_sent_it(tmp_path: Path, sink: Sink) -> None:
    import threading

    held = threading.Event()

    def slow(asked: object) -> Any:
        held.wait(10)
        return ok()

    sink.answer = slow
    settings = DeliverySettings.model_validate({"mode": "live", "sms": sms(sink.url)})
    short = settings.model_copy(update={"sms": settings.sms.model_copy(update={"timeout_seconds": 0.2})})  # type: ignore[union-attr]
    made = outlets(tmp_path)
    made.settings = short
    with pytest.raises(SendingFault) as caught:
        made.get("sms").send(MESSAGE)
    held.set()
    assert (caught.value.again, caught.value.unclear) == (True, True)


def test_a_gateway_nobody_listens_at_has_certainly_not_sent_it(tmp_path: Path) -> None:
    fault = fault_of(tmp_path, "sms", sms=sms("http://127.0.0.1:9"))
    assert (fault.again, fault.whole_channel, fault.unclear) == (True, True, False)


def test_no_log_line_holds_an_address_a_number_or_a_secret(
    tmp_path: Path, sink: Sink, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = sms(
        sink.url + "/{secret:SMS}",
        method="GET",
        encoding="query",
        body={"to": "{phone}", "k": "{secret:SMS}", "t": "{text}"},
    )
    robot = {
        "id": "group",
        "kind": "dingtalk",
        "name": "群",
        "url": sink.url + "?access_token={secret:ROBOT}",
        "sign": "{secret:SIGN}",
    }
    made = outlets(tmp_path, sms=settings, robots=[robot])
    for status in (200, 500):
        sink.answer = lambda asked, status=status: ok({"code": 0, "errcode": 0}, status)  # type: ignore[misc]
        for channel, recipient in (("sms", ""), ("dingtalk", "robot:group")):
            try:
                made.get(channel, recipient).send(MESSAGE)
            except SendingFault as fault:
                caplog.messages.append(fault.reason)
    made.close()
    said = "\n".join(caplog.messages) + caplog.text + repr(made.credentials())
    assert len(sink.asked) == 4
    for secret in (PHONE, SMS_SECRET, "robot-key-4711", SIGN_SECRET, "食品经营许可"):
        assert secret not in said


# --- robots ---


def robot(url: str, kind: str, **changes: Any) -> dict[str, Any]:
    return {"id": "group", "kind": kind, "name": "监察群", "url": url, **changes}


def test_wecom_gets_a_text_under_its_key(tmp_path: Path, sink: Sink) -> None:
    sink.answer = lambda asked: ok({"errcode": 0, "errmsg": "ok"})
    settings = robot(sink.url + "/cgi-bin/webhook/send?key={secret:ROBOT}", "wecom")
    outlets(tmp_path, robots=[settings]).get("wecom", "robot:group").send(MESSAGE)
    (asked,) = sink.asked
    assert (asked.path, asked.query) == ("/cgi-bin/webhook/send", {"key": ["robot-key-4711"]})
    assert asked.json == {"msgtype": "text", "text": {"content": MESSAGE.text}}


def test_dingtalk_gets_a_signature_that_its_own_recipe_verifies(tmp_path: Path, sink: Sink) -> None:
    sink.answer = lambda asked: ok({"errcode": 0, "errmsg": "ok"})
    settings = robot(sink.url + "/robot/send?access_token={secret:ROBOT}", "dingtalk", sign="{secret:SIGN}")
    outlets(tmp_path, robots=[settings]).get("dingtalk", "robot:group").send(MESSAGE)
    (asked,) = sink.asked
    assert asked.query["access_token"] == ["robot-key-4711"]
    timestamp = asked.query["timestamp"][0]
    assert timestamp == str(int(CLOCK().timestamp() * 1000))
    message = (timestamp + "\n" + SIGN_SECRET).encode("utf-8")
    expected = base64.b64encode(hmac.digest(SIGN_SECRET.encode("utf-8"), message, "sha256")).decode("ascii")
    assert unquote(asked.query["sign"][0]) == expected
    assert asked.json == {"msgtype": "text", "text": {"content": MESSAGE.text}}


def test_feishu_gets_timestamp_and_signature_in_the_body(tmp_path: Path, sink: Sink) -> None:
    sink.answer = lambda asked: ok({"StatusCode": 0, "code": 0, "msg": "success"})
    settings = robot(sink.url + "/open-apis/bot/v2/hook/{secret:ROBOT}", "feishu", sign="{secret:SIGN}")
    outlets(tmp_path, robots=[settings]).get("feishu", "robot:group").send(MESSAGE)
    (asked,) = sink.asked
    assert asked.path == "/open-apis/bot/v2/hook/robot-key-4711"
    body = asked.json
    # RFC 2104 by hand: the key is “timestamp, line break, secret”, the message is empty.
    key = f"{body['timestamp']}\n{SIGN_SECRET}".encode().ljust(64, b"\0")
    inner = hashlib.sha256(bytes(each ^ 0x36 for each in key)).digest()
    expected = base64.b64encode(hashlib.sha256(bytes(each ^ 0x5C for each in key) + inner).digest())
    assert body["sign"] == expected.decode()
    assert body["timestamp"] == str(int(CLOCK().timestamp()))
    assert (body["msg_type"], body["content"]) == ("text", {"text": MESSAGE.text})


@pytest.mark.parametrize(("kind", "answer", "again", "whole"), [
    ("wecom", {"errcode": 45009}, True, True), ("wecom", {"errcode": 93000}, True, True), ("wecom", {"errcode": 40008}, False, False),
    ("dingtalk", {"errcode": 130101}, True, True), ("dingtalk", {"errcode": 310000, "errmsg": "sign not match"}, True, True),
    ("feishu", {"code": 19021}, True, True), ("feishu", {"code": 11232}, True, True), ("feishu", {"code": 9499}, True, True),
    ("feishu", {"msg": "?"}, True, False),
])  # fmt: skip
def test_a_robot_that_refuses_is_understood(
    tmp_path: Path, sink: Sink, kind: str, answer: object, again: bool, whole: bool
) -> None:
    sink.answer = lambda asked: ok(answer)
    fault = fault_of(tmp_path, kind, "robot:group", robots=[robot(sink.url, kind)])
    assert (fault.again, fault.whole_channel) == (again, whole)
