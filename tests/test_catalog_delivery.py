"""Delivery settings: what hall check finds, no secret in the file, nothing of them in the open data."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from catalog.checking import check_root
from catalog.county import County
from catalog.delivery import DeliverySettings, faults
from catalog.delivery_reading import load_delivery
from catalog.root import Root
from hall.commands.new import lay_out
from rules.errors import Invalid, Unavailable

SMS: dict[str, Any] = {"url": "https://sms.example.invalid/send", "body": {"to": "{phone}", "text": "{text}"}}
MAIL: dict[str, Any] = {"host": "mail.example.invalid", "sender": "hall@qinghe.example"}
ROBOT: dict[str, Any] = {
    "id": "g",
    "kind": "dingtalk",
    "name": "群",
    "url": "https://oapi.example.invalid/send?access_token={secret:TOKEN}",
}


def found(**settings: Any) -> list[str]:
    return [
        f"{field}: {message}"
        for field, message in faults(DeliverySettings.model_validate(settings), frozenset({"market"}))
    ]


def test_right_settings_have_no_faults_and_name_their_secrets() -> None:
    settings = {
        "mode": "live", "applicants": ["sms", "email"], "sms": {**SMS, "headers": {"Authorization": "Bearer {secret:SMS}"}},
        "email": {**MAIL, "user": "hall", "password": "{secret:SMTP}"}, "robots": [{**ROBOT, "sign": "{secret:SIGN}", "units": ["market"]}],
    }  # fmt: skip
    assert found(**settings) == []
    assert sorted(DeliverySettings.model_validate(settings).secrets()) == ["SIGN", "SMS", "SMTP", "TOKEN"]


@pytest.mark.parametrize(("settings", "field", "words"), [
    ({"mode": "live", "applicants": ["sms"]}, "applicants", "没有配置短信"),
    ({"sms": {**SMS, "body": {"text": "{text}"}}}, "sms.body", "{phone}"),
    ({"sms": {**SMS, "body": {"to": "{phone}"}}}, "sms.body", "{template_id}"),
    ({"sms": {**SMS, "body": {"to": "{phone}", "t": "{text}", "n": "{applicant}"}}}, "sms.body.n", "不认识 {applicant}"),
    ({"sms": {**SMS, "headers": {"X-Api-Key": "abc"}}}, "sms.headers.X-Api-Key", "密钥不能写在"),
    ({"sms": {**SMS, "url": "http://sms.example.invalid/send"}}, "sms.url", "https"),
    ({"sms": {**SMS, "url": "ftp://sms.example.invalid/send"}}, "sms.url", "https"),
    ({"sms": {**SMS, "url": "https://["}}, "sms.url", "网址不对"),
    ({"sms": {**SMS, "url": "https://u:p@sms.example.invalid/"}}, "sms.url", "密钥不能写在"),
    ({"sms": {**SMS, "url": "https://sms.example.invalid/?token=abc"}}, "sms.url", "密钥不能写在"),
    ({"sms": {**SMS, "receipts": {"secret": "{secret:R}"}}}, "sms.message_id", "回执"),
    ({"robots": [{**ROBOT, "url": "https://x.example.invalid/hook/abcdef"}]}, "robots[0].url", "密钥不能写在"),
    ({"robots": [{**ROBOT, "units": ["nowhere"]}]}, "robots[0].units", "nowhere"),
    ({"robots": [{**ROBOT, "kind": "wecom", "sign": "{secret:S}"}]}, "robots[0].sign", "不用加签"),
    ({"email": {**MAIL, "user": "hall"}}, "email.password", "{secret:名称}"),
    ({"email": {**MAIL, "security": "none", "user": "hall", "password": "{secret:P}"}}, "email.security", "不加密"),
])  # fmt: skip
def test_every_fault_is_told_where_it_is(settings: dict[str, Any], field: str, words: str) -> None:
    told = [each for each in found(**settings) if each.startswith(f"{field}: ")]
    assert told, found(**settings)
    assert words in told[0]


def test_a_gateway_in_the_offices_own_net_may_do_without_encryption() -> None:
    for host in ("127.0.0.1:9000", "10.1.2.3", "192.168.0.9", "gateway", "sms.internal"):
        assert found(sms={**SMS, "url": f"http://{host}/send"}) == []


@pytest.mark.parametrize("settings", [
    {"mode": "on"}, {"quiet": {"begin": "24:00"}}, {"quiet": {"begin": "9:00"}}, {"retry": {"attempts": 0}}, {"email": {**MAIL, "password": "plain"}},
    {"email": {**MAIL, "sender": "a@b.example\r\nBcc: x@y.example"}}, {"robots": [ROBOT, ROBOT]}, {"unknown": 1}, {"sms": {**SMS, "timeout_seconds": 900}},
    {"applicants": ["wecom"]}, {"workers": 1000},
])  # fmt: skip
def test_what_cannot_be_is_refused_by_the_schema(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        DeliverySettings.model_validate(settings)


def write(root: Path, **delivery: Any) -> None:
    path = root / "county.yml"
    values = yaml.safe_load(path.read_text("utf-8"))
    values["delivery"] = delivery
    path.write_text(yaml.safe_dump(values, allow_unicode=True, sort_keys=False), encoding="utf-8")


def test_hall_check_names_file_line_and_field(small_root: Path) -> None:
    write(small_root, mode="live", applicants=["sms"], secrets_file="secrets.env")
    problems = [
        each for each in check_root(Root(small_root), date(2026, 3, 2)).errors if each.rule == "delivery"
    ]
    assert {each.field for each in problems} == {"delivery.applicants", "delivery.secrets_file"}
    text = (small_root / "county.yml").read_text("utf-8").splitlines()
    for each in problems:
        assert text[each.line - 1].strip().startswith(each.field.rpartition(".")[2])


@pytest.mark.parametrize("place", ["/run/secrets/hall.env", ".hall/secrets.env"])
def test_a_secrets_file_outside_git_is_fine(small_root: Path, place: str) -> None:
    write(small_root, secrets_file=place)
    assert [
        each for each in check_root(Root(small_root), date(2026, 3, 2)).errors if each.rule == "delivery"
    ] == []


def test_nothing_of_it_is_published(small_root: Path) -> None:
    write(small_root, mode="live", email=MAIL)
    settings = load_delivery(Root(small_root))
    assert settings.email is not None
    county = County.model_validate(yaml.safe_load((small_root / "county.yml").read_text("utf-8")))
    assert county.delivery == settings
    assert "delivery" not in county.model_dump()
    assert "mail.example.invalid" not in county.model_dump_json()


def test_a_county_without_settings_sends_nothing_and_broken_ones_are_refused(small_root: Path) -> None:
    write(small_root)
    assert load_delivery(Root(small_root)).mode == "off"
    write(small_root, mode="yes")
    with pytest.raises(Invalid):
        load_delivery(Root(small_root))


# --- secrets ---


def test_the_environment_wins_over_the_file_and_files_others_read_are_refused(tmp_path: Path) -> None:
    from handlers.delivering.credentials import Credentials

    path = tmp_path / "secrets.env"
    path.write_text("# 注释\nA = one\nB=two=2\n\nnonsense\n", encoding="utf-8")
    path.chmod(0o600)
    known = Credentials({"HALL_SECRET_A": "other", "A": "no", "HALL_SECRET_C": ""}, path)
    assert known.fill("{secret:A} {secret:B} {x} {y}", {"x": "{secret:A}"}) == "other two=2 {secret:A} "
    assert known.missing(("A", "B", "C")) == ("C",)
    with pytest.raises(Unavailable, match="HALL_SECRET_C"):
        known.fill("{secret:C}")
    assert "two" not in repr(known)
    path.chmod(0o644)
    with pytest.raises(Unavailable, match="chmod 600"):
        Credentials({}, path)
    with pytest.raises(Unavailable, match="读不出来"):
        Credentials({}, tmp_path / "nowhere.env")


def test_a_new_county_finds_a_sample_to_uncomment_that_holds(tmp_path: Path) -> None:
    values = {
        "name": "示范县", "short_name": "示范", "division_code": "990000", "case_prefix": "SF", "department": "office",
        "department_name": "示范县政务服务管理局", "number_word": "政务", "credit_code": "119900000000000001",
        "enquiry": "0000-5550001", "supervision": "0000-5550002", "today": "2026-03-02",
    }  # fmt: skip
    lay_out(tmp_path / "county", values)
    text = (tmp_path / "county" / "county.yml").read_text("utf-8")
    assert "delivery" not in yaml.safe_load(text), "nothing is sent before somebody says so"
    sample = text[text.index("# delivery:") :]
    block = yaml.safe_load("".join(line.removeprefix("# ") for line in sample.splitlines(keepends=True)))
    settings = DeliverySettings.model_validate(block["delivery"])
    assert settings.mode == "trial"
    assert list(faults(settings)) == []
