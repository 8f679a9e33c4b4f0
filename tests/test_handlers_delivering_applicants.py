"""What applicants and writers of letters are told: only when the county wants it, short, without names, read at sending time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from catalog.county import County
from catalog.delivery import SmsSettings
from catalog.root import Root
from handlers.delivering.preparing import ERASED
from handlers.delivering.service import Delivering
from handlers.delivering.wording import APPLICANT_TEXTS, About, compose, segments
from handlers.store import outbox
from handlers.store.delivery_records import QueuedMessage
from handlers.store.records import Party
from rules.case_terms import MoveName
from tests.casework_fixtures import COUNTY, Hall, application, at, ground, make_hall
from tests.delivering_fixtures import ENVIRONMENT, PHONE, Clock, Desk, Sink, http_sink, sms


@pytest.fixture
def sink() -> Iterator[Sink]:
    with http_sink() as found:
        yield found


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    found = make_hall(tmp_path)
    yield found
    found.database.close()


@pytest.fixture
def desk(tmp_path: Path, hall: Hall) -> Iterator[Desk]:
    """Sending over the hall's own database."""
    clock = Clock("2026-03-02T10:00:00")
    (tmp_path / "county.yml").write_text("name: x\n", encoding="utf-8")
    delivery = Delivering(hall.database, ground, Root(tmp_path), clock, ENVIRONMENT)
    yield Desk(tmp_path, hall.database, hall.people, clock, delivery)
    delivery.close()


def with_phone(phone: str = PHONE, email: str = "") -> Party:
    return replace(application().applicant, phone=phone, email=email)


def texts(sink: Sink) -> list[str]:
    return [asked.json["content"] for asked in sink.asked]


def test_the_receipt_goes_to_the_applicants_phone_with_its_query_code(
    desk: Desk, hall: Hall, sink: Sink
) -> None:
    desk.settings(sms=sms(sink.url, signature="青禾县厅"), applicants=["sms"])
    filed = hall.file(applicant=with_phone())
    desk.delivery.send_due()
    assert [asked.json["mobile"] for asked in sink.asked] == [PHONE]
    (text,) = texts(sink)
    assert text == (
        f"【青禾县厅】您的“食品经营许可（新办）”申请已收到，办件编号{filed.number}，查询码{filed.query_code}。"
        f"查进度：http://127.0.0.1:8000/hall/track?number={filed.number}"
    )
    assert "示例" not in text
    stored = "".join(str(tuple(row)) for row in hall.database.rows("SELECT * FROM delivery"))
    stored += "".join(str(tuple(row)) for row in hall.database.rows("SELECT * FROM outbox"))
    assert PHONE not in stored
    assert filed.query_code not in stored


def test_a_county_that_has_not_turned_it_on_writes_to_no_applicant(
    desk: Desk, hall: Hall, sink: Sink
) -> None:
    desk.settings(sms=sms(sink.url))
    hall.accept(hall.file(applicant=with_phone()))
    desk.delivery.send_due()
    assert (sink.asked, desk.rows()) == ([], [])


def test_acceptance_names_the_due_day_and_steps_inside_the_office_are_not_announced(
    desk: Desk, hall: Hall, sink: Sink
) -> None:
    desk.settings(sms=sms(sink.url, daily_cap=100), applicants=["sms"])
    filed = hall.accept(hall.file(applicant=with_phone()))
    hall.move(filed, "complete_step", "section", "2026-03-04", opinion="齐全，张示例已补电话")
    desk.delivery.send_due()
    said = texts(sink)
    assert len(said) == 2
    accepted = next(each for each in said if "已受理" in each)
    assert "预计不晚于2026年3月12日办结" in accepted
    assert all("张示例" not in each for each in said)


def test_the_reason_of_a_refusal_stays_on_the_page(desk: Desk, hall: Hall, sink: Sink) -> None:
    desk.settings(sms=sms(sink.url), applicants=["sms"])
    filed = hall.file(applicant=with_phone())
    hall.move(filed, "refuse", "window", "2026-03-03", reason="张示例不符合年龄条件", basis="某法")
    desk.delivery.send_due()
    refusal = next(each for each in texts(sink) if "不予受理" in each)
    assert "年龄" not in refusal
    assert filed.number in refusal


def test_an_applicant_without_a_mobile_is_reached_through_the_agent_or_not_at_all(
    desk: Desk, hall: Hall, sink: Sink
) -> None:
    desk.settings(sms=sms(sink.url), applicants=["sms"])
    hall.file(applicant=with_phone("0000-5550999"), agent=with_phone())
    hall.file(applicant=with_phone(""))
    hall.file(applicant=with_phone("0000-5550999"))
    desk.delivery.send_due()
    assert [(each.state, each.reason) for each in desk.rows()] == [
        ("sent", ""), ("suppressed", "没有登记手机号"), ("suppressed", "登记的手机号不能用"),
    ]  # fmt: skip


def test_a_number_corrected_before_the_sending_is_the_one_written_to(
    desk: Desk, hall: Hall, sink: Sink
) -> None:
    desk.settings(sms=sms(sink.url), applicants=["sms"])
    desk.clock.set("2026-03-02T22:00:00")
    filed = hall.file("2026-03-02 22:00", applicant=with_phone())
    desk.delivery.send_due()
    hall.database.write(
        lambda tx: tx.execute(
            "UPDATE case_payload SET applicant = replace(applicant, ?, '10000000777')", (PHONE,)
        )
    )
    desk.clock.set("2026-03-03T08:00:00")
    desk.delivery.send_due()
    assert [asked.json["mobile"] for asked in sink.asked] == ["10000000777"]
    assert filed.number in texts(sink)[0]


def test_what_was_erased_meanwhile_is_not_sent(desk: Desk, hall: Hall, sink: Sink) -> None:
    desk.settings(sms=sms(sink.url), applicants=["sms"])
    desk.clock.set("2026-03-02T22:00:00")
    hall.file("2026-03-02 22:00", applicant=with_phone())
    desk.delivery.send_due()
    hall.database.write(lambda tx: outbox.erase_bodies(tx, "case", 1))
    desk.clock.set("2026-03-03T08:00:00")
    desk.delivery.send_due()
    assert [(each.state, each.reason) for each in desk.rows()] == [("suppressed", ERASED)]
    assert sink.asked == []


def test_a_trial_does_not_write_the_query_code_down(desk: Desk, hall: Hall) -> None:
    desk.settings(mode="trial", applicants=["sms", "email"])
    filed = hall.file(applicant=with_phone(email="zhang@qinghe.example"))
    desk.delivery.send_due()
    written = (hall.database.path.parent / "outgoing" / "2026-03-02.jsonl").read_text("utf-8")
    assert filed.number in written
    assert filed.query_code not in written
    assert PHONE not in written


def test_a_drill_case_tells_nobody(desk: Desk, hall: Hall, sink: Sink) -> None:
    desk.settings(sms=sms(sink.url), applicants=["sms"])
    hall.file(applicant=with_phone(), drill=True)
    desk.delivery.send_due()
    assert sink.asked == []


# --- words ---


def message(template: str, **changes: object) -> QueuedMessage:
    values: dict[str, object] = {
        "id": 1, "at": at("2026-03-02"), "template": template, "recipient_kind": "applicant", "recipient": "QH202603020001",
        "subject": "case", "subject_id": 1, "subject_number": "QH202603020001", "body": "内部说法", "drill": False, "sealed": None,
        "channels": ("in_app",), "roles": (), "fact": "", "urgent": False,
    }  # fmt: skip
    return QueuedMessage(**(values | changes))  # type: ignore[arg-type]


def settings(**changes: object) -> SmsSettings:
    return SmsSettings.model_validate(
        {"url": "http://127.0.0.1/", "body": {"p": "{phone}", "t": "{text}"}, **changes}
    )


@pytest.mark.parametrize("template", sorted(APPLICANT_TEXTS))
def test_every_text_fits_its_segments_even_for_the_longest_item(template: str) -> None:
    long = About(
        "食品生产加工小作坊和食品摊贩等依照地方性法规实施的登记备案（含变更、延续、补证、注销）" * 3,
        at("2026-12-31"),
        "ABCD2345",
    )
    words = compose(COUNTY, settings(most_segments=3), message(template), "sms", PHONE, "k", long)
    assert segments(words.text) <= 3
    assert words.text.startswith("【青禾】")
    assert "QH202603020001" in words.text
    assert words.text.endswith("/hall/track?number=QH202603020001")
    assert "{" not in words.text


@pytest.mark.parametrize(("text", "count"), [
    ("一" * 70, 1), ("一" * 71, 2), ("一" * 134, 2), ("一" * 135, 3), ("😀" * 35, 1), ("😀" * 36, 2), ("", 1),
])  # fmt: skip
def test_segments_are_counted_as_gateways_bill_them(text: str, count: int) -> None:
    assert segments(text) == count


def test_every_move_an_applicant_waits_for_has_its_words() -> None:
    quiet = {"file", "pre_review", "supplement", "complete_step", "send_back", "end_special", "withdraw"}
    announced = {
        template.removeprefix("case.") for template in APPLICANT_TEXTS if template.startswith("case.")
    }
    known = {each.value for each in MoveName}
    assert announced - {"filed"} <= known
    assert quiet <= known


def test_a_body_with_brackets_and_lines_cannot_fake_a_signature_or_a_header() -> None:
    staff = message(
        "card.2", recipient_kind="unit", recipient="market", body="第一行\r\n【别的银行】{link}第二行"
    )
    words = compose(COUNTY, settings(), staff, "sms", PHONE, "k", About())
    assert words.text == (
        "【青禾】第一行 [别的银行]{link}第二行 http://127.0.0.1:8000/hall/staff/cases/QH202603020001"
    )
    mail = compose(COUNTY, None, staff, "email", "a@qinghe.example", "k", About("一\n二"))
    assert "\n" not in mail.subject
    assert mail.subject == "[青禾县网上政务服务大厅] 监察黄牌：一 二"


def test_links_are_whole_addresses_of_the_county(tmp_path: Path) -> None:
    county: County = COUNTY.model_copy(update={"url": "https://www.qinghe.example/"})
    words = compose(county, None, message("case.grant"), "email", "a@qinghe.example", "k", About("食品"))
    assert "https://www.qinghe.example/hall/track?number=QH202603020001" in words.text


@pytest.mark.parametrize(
    "template", ["letter.asked", "letter.answered", "letter.transferred", "letter.whatever"]
)
def test_every_message_to_a_letters_writer_leads_to_the_letter_and_repeats_none_of_it(template: str) -> None:
    code = "ABCD2345" if template == "letter.asked" else ""
    letter = message(
        template,
        subject="letter",
        body="您的投诉“某某踩我”已转办",
        recipient="QHT202603020001",
        subject_number="QHT202603020001",
    )
    words = compose(COUNTY, settings(), letter, "sms", PHONE, "k", About("", at("2026-03-09"), code))
    assert "QHT202603020001" in words.text
    assert "某某" not in words.text
    assert code in words.text


def test_a_writers_own_words_do_not_leave_by_way_of_a_message_to_staff() -> None:
    about = About("", at("2026-03-09"), "", "张某住在示例路1号")
    told = message(
        "card.2", recipient_kind="unit", subject="letter", body="张某住在示例路1号（QHZ1）已超期，发黄牌。"
    )
    for channel in ("sms", "email", "wecom"):
        words = compose(COUNTY, settings(), told, channel, PHONE, "k", about)
        assert "张某" not in words.text + words.subject
        assert "来信（QHZ1）已超期" in words.text
