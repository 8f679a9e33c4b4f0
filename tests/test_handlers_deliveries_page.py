"""发送情况 and 消息 as pages, the gateway's receipts as an endpoint, hall deliver as a command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from hall.commands import deliver
from handlers.app import create_app
from handlers.delivering.service import Delivering
from handlers.store import outbox
from tests.delivering_fixtures import ENVIRONMENT, PHONE, Sink, http_sink, ok, sms
from tests.handlers_fixtures import Office, open_office
from tests.page_fixtures import fields_of, text_of

RECEIPTS = "/hall/delivery/receipts"
PAGE = "/hall/staff/deliveries"


@pytest.fixture
def sink() -> Iterator[Sink]:
    with http_sink() as found:
        yield found


@pytest.fixture
def office(built_county: Path, tmp_path: Path) -> Iterator[Office]:
    found = open_office(built_county, tmp_path)
    found.app = create_app(found.hall)
    root = tmp_path / "root"
    root.mkdir()
    (root / "county.yml").write_bytes((built_county / "county.yml").read_bytes())
    hall = found.hall
    hall.delivery = Delivering(
        hall.database, hall.site_data.ground, type(hall.root)(root), found.clock, ENVIRONMENT
    )
    yield found
    hall.delivery.close()
    found.close()


def settings(office: Office, **delivery: Any) -> None:
    path = office.hall.delivery._root.county
    values = yaml.safe_load(path.read_text("utf-8"))
    values["delivery"] = {"mode": "live", **delivery}
    path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")


def tell(
    office: Office, who: str, *channels: str, body: str = "食品经营许可快到期了。", **changes: Any
) -> None:
    values: dict[str, Any] = {
        "at": office.clock(), "template": "card.1", "recipient_kind": "person", "recipient": office.people.get(who, who),
        "subject": "case", "subject_id": 0, "subject_number": "QH202603020001", "body": body, "channels": ("in_app", *channels),
    }  # fmt: skip
    message = outbox.NewMessage(**(values | changes))
    office.hall.database.write(lambda tx: outbox.add(tx, [message]))


def give_phone(office: Office, who: str, phone: str = PHONE) -> None:
    office.hall.database.write(
        lambda tx: tx.execute("UPDATE person SET phone = ? WHERE id = ?", (phone, office.people[who]))
    )


# --- messages ---


def test_unread_messages_are_counted_on_every_page_until_they_are_read(office: Office) -> None:
    client = office.signed_in("decider")
    tell(office, "decider", body="第一条")
    tell(office, "market", recipient_kind="unit", body="第二条")
    assert "2条未读" in text_of(client.get("/hall/staff/").text).replace(" ", "")
    page = client.get("/hall/staff/messages").text
    assert "其中 2 条未读" in text_of(page)
    first = fields_of(page.partition("第二条")[2], "/messages/read")
    answer = client.post("/hall/staff/messages/read", data=first)
    assert "其中 1 条未读" in text_of(answer.text)
    everything = fields_of(answer.text, "/messages/read")
    answer = client.post("/hall/staff/messages/read", data=everything)
    assert "都已读过" in text_of(answer.text)
    assert "条未读" not in text_of(client.get("/hall/staff/").text)
    assert "1条未读" in text_of(office.signed_in("coordinator").get("/hall/staff/messages").text).replace(
        " ", ""
    )


def test_what_arrived_after_the_page_was_shown_stays_unread(office: Office) -> None:
    client = office.signed_in("decider")
    tell(office, "decider")
    form = fields_of(client.get("/hall/staff/messages").text, "/messages/read")
    tell(office, "decider")
    page = client.post("/hall/staff/messages/read", data=form).text
    assert "其中 1 条未读" in text_of(page)


@pytest.mark.parametrize("number", ["", "x", "-1", "9" * 30, "1 OR 1=1", "٣"])
def test_a_made_up_message_number_marks_nothing(office: Office, number: str) -> None:
    client = office.signed_in("decider")
    tell(office, "decider")
    form = {"csrf": client.headers["x-csrf"], "form_end": "1", "message": number}
    assert client.post("/hall/staff/messages/read", data=form).status_code == 422
    assert client.post("/hall/staff/messages/read", data={"form_end": "1", "message": "1"}).status_code == 403
    assert "其中 1 条未读" in text_of(client.get("/hall/staff/messages").text)


# --- the administrator ---


def test_the_administrator_sees_queue_channels_failures_and_no_number(office: Office, sink: Sink) -> None:
    settings(office, sms=sms(sink.url))
    give_phone(office, "decider")
    sink.answer = lambda asked: ok({"code": 31})
    tell(office, "decider", "sms")
    tell(office, "reviewer", "sms")
    office.hall.delivery.send_due()
    client = office.signed_in("admin")
    page = client.get(PAGE).text
    text = text_of(page)
    assert PHONE not in page
    assert "工作人员 100****0001" in text
    assert "网关不收：31" in text
    assert "没有登记手机号" in text
    assert "没有登记手机号" not in text_of(client.get(PAGE + "?state=troubled").text)
    assert "网关不收" not in text_of(client.get(PAGE + "?channel=email").text)
    for odd in ("?state=';--", "?channel=x&page=99999999999", "?page=-1"):
        assert client.get(PAGE + odd).status_code == 200
    sink.answer = lambda asked: ok()
    answer = client.post(f"{PAGE}/1/again", data=fields_of(page, "/1/again"))
    assert "已重新排队" in text_of(answer.text)
    office.hall.delivery.send_due()
    assert "已发出" in text_of(client.get(PAGE + "?state=sent").text)
    assert client.post(f"{PAGE}/1/again", data=fields_of(page, "/1/again")).status_code == 409


def test_nobody_else_may_look_or_send_again(office: Office) -> None:
    for login in ("window", "decider", "supervisor"):
        client = office.signed_in(login)
        form = {"csrf": client.headers["x-csrf"], "form_end": "1"}
        assert client.get(PAGE).status_code == 403
        assert client.post(f"{PAGE}/1/again", data=form).status_code == 403
    client = office.signed_in("admin")
    assert client.post(f"{PAGE}/1/again", data={"form_end": "1"}).status_code == 403
    form = {"csrf": client.headers["x-csrf"], "form_end": "1"}
    assert client.post(f"{PAGE}/77/again", data=form).status_code == 404
    assert client.post(f"{PAGE}/{'9' * 40}/again", data=form).status_code == 404


def test_the_page_says_when_nothing_is_sent_and_what_is_missing(office: Office, sink: Sink) -> None:
    client = office.signed_in("admin")
    settings(office, mode="off")
    assert "没有开启发送" in text_of(client.get(PAGE).text)
    settings(office, mode="trial")
    assert "没有真正发出" in text_of(client.get(PAGE).text)
    settings(office, sms=sms(sink.url, headers={"X": "{secret:NOBODY_SET_IT}"}))
    assert "没有设置密钥 NOBODY_SET_IT" in text_of(client.get(PAGE).text)


# --- receipts ---


def sent(office: Office, sink: Sink, **receipts: Any) -> None:
    settings(office, sms=sms(sink.url, receipts={"secret": "{secret:RECEIPT}", **receipts}))
    give_phone(office, "decider")
    sink.answer = lambda asked: ok({"code": 0, "id": "m-1"})
    tell(office, "decider", "sms")
    office.hall.delivery.send_due()


def state(office: Office) -> str:
    text: str = office.hall.database.value("SELECT state FROM delivery WHERE id = 1")
    return text


def test_a_receipt_with_the_secret_settles_the_message(office: Office, sink: Sink) -> None:
    sent(office, sink)
    gateway = office.browser("198.51.100.20")
    body = {"id": "m-1", "status": "DELIVRD"}
    for wrong in ({}, {"X-Receipt-Secret": "receipt"}, {"X-Receipt-Secret": "x" * 5000}):
        answer = gateway.post(RECEIPTS, json=body, headers=wrong)
        assert answer.status_code == 403
        assert state(office) == "sent"
    answer = gateway.post(RECEIPTS, json=body, headers={"X-Receipt-Secret": "receipt-4711"})
    assert (answer.status_code, answer.text, state(office)) == (200, "ok", "delivered")


def test_a_list_of_receipts_by_form_or_json_with_the_secret_in_the_address(
    office: Office, sink: Sink
) -> None:
    sent(
        office,
        sink,
        parameter="key",
        reports="data.reports",
        message_id="sid",
        status="stat",
        delivered=["0"],
        answer='{"code":0}',
    )
    gateway = office.browser()
    body = {
        "data": {
            "reports": [{"sid": "other", "stat": "0"}, {"sid": "m-1", "stat": 5}, "nonsense", {"sid": None}]
        }
    }
    answer = gateway.post(RECEIPTS + "?key=receipt-4711", json=body)
    assert (answer.status_code, answer.text, state(office)) == (200, '{"code":0}', "given_up")
    settings(office, sms=sms(sink.url, receipts={"secret": "{secret:RECEIPT}"}))
    answer = gateway.post(
        RECEIPTS, data={"id": "m-1", "status": "DELIVRD"}, headers={"X-Receipt-Secret": "receipt-4711"}
    )
    assert (answer.status_code, state(office)) == (200, "delivered")


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b"null", b'{"id": 5}', b"<xml/>", b"\xff", b'{"id": "m-1", "status": {"a": 1}}'],
)
def test_a_receipt_nobody_can_read_is_refused_and_changes_nothing(
    office: Office, sink: Sink, body: bytes
) -> None:
    sent(office, sink)
    answer = office.browser().post(
        RECEIPTS,
        content=body,
        headers={"X-Receipt-Secret": "receipt-4711", "content-type": "application/json"},
    )
    assert answer.status_code == 400
    assert state(office) == "sent"


def test_a_huge_receipt_and_guessed_secrets_are_held_off(office: Office, sink: Sink) -> None:
    sent(office, sink)
    gateway = office.browser("198.51.100.21")
    right = {"X-Receipt-Secret": "receipt-4711"}
    assert gateway.post(RECEIPTS, content=b"[" + b" " * 300_000, headers=right).status_code == 413
    answers = [
        gateway.post(RECEIPTS, json={}, headers={"X-Receipt-Secret": f"guess-{n}"}).status_code
        for n in range(25)
    ]
    assert answers == [403] * 20 + [429] * 5
    assert gateway.post(RECEIPTS, json={"id": "m-1", "status": "DELIVRD"}, headers=right).status_code == 429


def test_without_receipts_there_is_no_such_endpoint(office: Office, sink: Sink) -> None:
    settings(office, sms=sms(sink.url))
    assert office.browser().post(RECEIPTS, json={}).status_code == 404
    settings(office)
    assert office.browser().post(RECEIPTS, json={}).status_code == 404


# --- the command ---


@pytest.fixture
def command(office: Office, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    root = office.hall.delivery._root.path
    return ["--root", str(root), "--db", str(office.hall.database.path), "--site", str(office.hall.site)]


def test_hall_deliver_once_sends_and_says_how_many(office: Office, sink: Sink, command: list[str]) -> None:
    settings(office, sms=sms(sink.url), quiet={"begin": "00:00", "end": "00:00"}, retry={"expire_hours": 720})
    give_phone(office, "decider")
    from handlers.context import shanghai_now

    tell(office, "decider", "sms", at=shanghai_now())
    result = CliRunner().invoke(deliver.command, [*command, "--once", "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout.splitlines()[-1])["sent"] == 1
    assert len(sink.asked) == 1


def test_hall_deliver_test_sends_one_message_and_tells_what_went_wrong(
    office: Office, sink: Sink, command: list[str]
) -> None:
    robot = {"id": "group", "kind": "wecom", "name": "群", "url": sink.url + "/robot"}
    settings(office, sms=sms(sink.url), robots=[robot])
    run = CliRunner()
    answer = run.invoke(deliver.command, [*command, "--test", "sms", "--to", PHONE])
    assert (answer.exit_code, "已发出" in answer.stdout) == (0, True)
    assert sink.asked[0].json["content"].startswith("【青禾】")
    sink.answer = lambda asked: ok({"errcode": 310000})
    answer = run.invoke(deliver.command, [*command, "--test", "group", "--json"])
    assert answer.exit_code == 1
    assert json.loads(answer.stdout) == {"sent": False, "trial": False, "reason": "机器人不收：310000"}
    for wrong in (["--test", "sms"], ["--test", "sms", "--to", "123"], ["--test", "fax", "--to", "1"]):
        assert run.invoke(deliver.command, [*command, *wrong]).exit_code == 2


def test_hall_user_contact_changes_where_messages_go(office: Office, command: list[str]) -> None:
    from hall.commands import user

    where = command[:4]

    def stored() -> tuple[str, str]:
        row = office.hall.database.row("SELECT phone, email FROM person WHERE login = 'decider'")
        assert row is not None
        return row["phone"], row["email"]

    run = CliRunner()
    answer = run.invoke(
        user.command,
        ["contact", "decider", "--phone", "+86 100 0000 0001", "--email", "d@qinghe.example", *where],
    )
    assert answer.exit_code == 0, answer.output
    assert PHONE not in answer.output
    assert stored() == (PHONE, "d@qinghe.example")
    for wrong in (["--phone", "0000-5550100"], ["--email", "nobody"]):
        assert run.invoke(user.command, ["contact", "decider", *wrong, *where]).exit_code == 2
    assert stored() == (PHONE, "d@qinghe.example")
    run.invoke(user.command, ["contact", "decider", "--phone", "", *where])
    assert stored() == ("", "d@qinghe.example")
