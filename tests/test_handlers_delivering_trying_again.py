"""What could not be sent is tried again or given up with a word; nobody gets more than their share."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from catalog.delivery import Retrying
from handlers.delivering import timing
from handlers.delivering.dispatching import CAPPED
from tests.delivering_fixtures import (
    OTHER_PHONE,
    STAFF,
    Clock,
    Desk,
    Sink,
    ok,
    sms,
    smtp_server,
)
from tests.dispatch_fixtures import desk, numbers, sink

__all__ = ["desk", "sink"]


# --- again and again ---


def test_pauses_double_within_their_bounds() -> None:
    retry, now = Retrying(first_seconds=60, longest_seconds=600), Clock("2026-03-02T10:00:00")()
    spans = [
        [
            (timing.next_try(retry, tries, now, lambda chance=chance: chance) - now).total_seconds()
            for chance in (0.0, 1.0)
        ]  # type: ignore[misc]
        for tries in (1, 2, 3, 4, 5, 50)
    ]
    assert spans == [[30, 60], [60, 120], [120, 240], [240, 480], [300, 600], [300, 600]]
    assert timing.next_try(retry, 1, now, lambda: 0.0, 900.0) == now + timedelta(seconds=900)


def test_what_fails_is_tried_again_and_arrives(desk: Desk, sink: Sink) -> None:
    desk.settings(sms=sms(sink.url))
    sink.answer = lambda asked: ok(status=500)
    desk.tell("decider", "sms")
    desk.delivery.send_due()
    (row,) = desk.rows()
    assert (row.state, row.attempts, row.reason) == ("failed", 1, "对方回答 HTTP 500")
    desk.delivery.send_due()
    assert len(sink.asked) == 1
    sink.answer = lambda asked: ok({"code": 0, "id": "9"})
    desk.clock.forward(seconds=61)
    desk.delivery.send_due()
    (row,) = desk.rows()
    assert (row.state, row.attempts, row.reason, row.provider_id) == ("sent", 2, "", "9")
    assert len({asked.json["uid"] for asked in sink.asked}) == 1


def test_after_the_last_try_it_is_given_up_and_the_administrator_told_once_a_day(
    desk: Desk, sink: Sink
) -> None:
    desk.settings(sms=sms(sink.url), retry={"attempts": 3})
    sink.answer = lambda asked: ok(status=500)
    for _ in range(2):
        desk.tell("decider", "sms")
        for _ in range(5):
            desk.delivery.send_due()
            desk.clock.forward(minutes=11)
    assert [(each.state, each.attempts) for each in desk.rows()] == [("given_up", 3)] * 2
    told = desk.delivery.messages(desk.people["admin"])
    assert [each.template for each in told] == ["delivery.given_up"]
    assert "短信" in told[0].body


def test_a_refusal_for_good_is_not_repeated(desk: Desk, sink: Sink) -> None:
    desk.settings(sms=sms(sink.url))
    sink.answer = lambda asked: ok({"code": 13})
    desk.tell("decider", "sms")
    for _ in range(3):
        desk.delivery.send_due()
        desk.clock.forward(hours=1)
    assert [(each.state, each.reason) for each in desk.rows()] == [("given_up", "网关不收：13")]
    assert len(sink.asked) == 1


def test_an_answer_nobody_understands_is_repeated_twice_at_most(desk: Desk, sink: Sink) -> None:
    desk.settings(sms=sms(sink.url))
    sink.answer = lambda asked: (200, {}, b"<html>")
    desk.tell("decider", "sms")
    for _ in range(10):
        desk.delivery.send_due()
        desk.clock.forward(minutes=40)
    assert desk.states() == ["given_up"]
    assert len(sink.asked) == timing.MOST_UNCLEAR


def test_too_many_requests_rest_the_channel_as_long_as_it_asks_and_no_other(desk: Desk, sink: Sink) -> None:
    with smtp_server() as box:
        mail = {"host": "127.0.0.1", "port": box.port, "security": "none", "sender": "hall@qinghe.example"}
        desk.settings(sms=sms(sink.url), email=mail, workers=1)
        sink.answer = lambda asked: ok(status=429, Retry_After="300")
        for _ in range(5):
            desk.tell("decider", "sms", "email")
        desk.delivery.send_due()
        assert (len(sink.asked), len(box.taken)) == (1, 5)
        assert [name for name, _ in desk.delivery.resting()] == ["sms"]
        sink.answer = lambda asked: ok()
        desk.clock.forward(seconds=299)
        desk.delivery.send_due()
        assert len(sink.asked) == 1
        desk.clock.forward(seconds=1)
        desk.delivery.send_due()
        desk.delivery.close()
        assert len(sink.asked) == 6
    tries = Counter(each.attempts for each in desk.rows() if each.channel == "sms")
    assert tries == {1: 4, 2: 1}


def test_a_gateway_that_is_down_does_not_use_up_everybodys_tries(desk: Desk) -> None:
    desk.settings(sms=sms("http://127.0.0.1:9", daily_cap=1000), workers=2)
    for _ in range(60):
        desk.tell("decider", "sms")
    desk.delivery.send_due()
    assert sum(each.attempts for each in desk.rows()) <= 2
    assert Counter(desk.states())["waiting"] >= 58


def test_what_is_two_days_old_is_given_up_and_a_clock_set_back_sends_nothing_twice(
    desk: Desk, sink: Sink
) -> None:
    desk.settings(sms=sms(sink.url))
    sink.answer = lambda asked: ok(status=500)
    desk.tell("decider", "sms")
    desk.tell("coordinator", "sms", at=desk.clock() - timedelta(hours=48))
    desk.delivery.send_due()
    assert len(desk.rows()) == 1
    desk.clock.forward(hours=48)
    desk.delivery.send_due()
    (row,) = desk.rows()
    assert (row.state, row.attempts) == ("given_up", 1)
    desk.clock.forward(hours=-72)
    desk.delivery.send_due()
    assert len(sink.asked) == 1


def test_a_missing_secret_keeps_messages_waiting_and_is_named(desk: Desk, sink: Sink) -> None:
    settings = sms(sink.url, headers={"Authorization": "{secret:NOBODY_SET_IT}"})
    desk.settings(sms=settings)
    desk.tell("decider", "sms")
    desk.delivery.send_due()
    assert [(each.state, each.attempts) for each in desk.rows()] == [("failed", 1)]
    assert desk.delivery.not_ready() == ("没有设置密钥 NOBODY_SET_IT",)
    desk.settings(sms=sms(sink.url))
    desk.clock.forward(minutes=10)
    desk.delivery.send_due()
    assert desk.states() == ["sent"]


def test_a_fault_of_our_own_in_one_message_does_not_stop_the_others(desk: Desk, sink: Sink) -> None:
    desk.settings(sms=sms(sink.url, headers={"X-Item": "{item}"}))
    desk.tell("decider", "sms", subject="case", sealed=b"not sealed by this hall at all....", fact="broken")
    desk.tell("coordinator", "sms")
    desk.delivery.send_due()
    assert desk.states() == ["given_up", "sent"]


# --- how much ---


def test_a_number_gets_no_more_than_its_daily_cap_and_the_rest_next_morning(desk: Desk, sink: Sink) -> None:
    desk.settings(sms=sms(sink.url, daily_cap=2))
    for _ in range(4):
        desk.tell("decider", "sms")
    desk.tell("coordinator", "sms")
    desk.delivery.send_due()
    assert Counter(numbers(sink)) == {STAFF["decider"][2]: 2, OTHER_PHONE: 1}
    capped = [each for each in desk.rows() if each.state == "waiting"]
    assert [(each.reason, each.next_at, each.attempts) for each in capped] == [
        (CAPPED, Clock("2026-03-03T08:00:00")(), 0)
    ] * 2
    desk.clock.set("2026-03-03T08:00:00")
    desk.delivery.send_due()
    assert Counter(numbers(sink))[STAFF["decider"][2]] == 4


def test_a_group_gets_no_more_a_minute_than_its_robot_may_say(desk: Desk, sink: Sink) -> None:
    sink.answer = lambda asked: ok({"errcode": 0})
    desk.settings(robots=[{"id": "all", "kind": "wecom", "name": "群", "url": sink.url, "per_minute": 3}])
    for _ in range(5):
        desk.tell("decider", "wecom")
    desk.delivery.send_due()
    assert len(sink.asked) == 3
    desk.clock.forward(seconds=59)
    desk.delivery.send_due()
    assert len(sink.asked) == 3
    desk.clock.forward(seconds=1)
    desk.delivery.send_due()
    assert len(sink.asked) == 5
