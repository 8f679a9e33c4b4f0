"""Whom a message reaches and when: units, roles, posts, channels, quiet hours."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime

import pytest

from catalog.delivery import QuietHours
from handlers.delivering import timing
from handlers.delivering.dispatching import QUIET
from handlers.store import people
from rules.access import Role
from rules.time import SHANGHAI
from tests.delivering_fixtures import (
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


# --- whom ---


def test_a_unit_is_told_through_those_who_answer_for_it_today(desk: Desk, sink: Sink) -> None:
    desk.settings(sms=sms(sink.url))
    desk.tell("market", "sms", recipient_kind="unit")
    desk.delivery.send_due()
    assert numbers(sink) == sorted(STAFF[each][2] for each in ("coordinator", "decider"))
    assert desk.states() == ["sent", "sent"]


def test_roles_narrow_a_unit_to_who_holds_them(desk: Desk, sink: Sink) -> None:
    desk.settings(sms=sms(sink.url))
    desk.tell("market", "sms", recipient_kind="unit", roles=("decider",))
    desk.tell("county", "sms", recipient_kind="unit", fact="b")  # supervisors, not the administrator
    desk.delivery.send_due()
    assert numbers(sink) == sorted(STAFF[each][2] for each in ("decider", "county"))


def test_where_nobody_answers_the_unit_above_does(desk: Desk, sink: Sink) -> None:
    desk.settings(sms=sms(sink.url))
    desk.tell("market-licensing", "sms", recipient_kind="unit", roles=("reviewer",))
    desk.delivery.send_due()
    assert numbers(sink) == [STAFF["reviewer"][2]]


@pytest.mark.parametrize(
    ("last", "told"), [(date(2026, 3, 1), False), (date(2026, 3, 2), True), (date(2026, 3, 3), True)]
)
def test_a_post_that_ended_yesterday_is_told_nothing_more(
    desk: Desk, sink: Sink, last: date, told: bool
) -> None:
    desk.settings(sms=sms(sink.url))
    person = desk.people["decider"]
    desk.database.write(lambda tx: people.end_assignment(tx, person, Role.DECIDER, "market", last))
    desk.tell("market", "sms", recipient_kind="unit", roles=("decider",))
    desk.delivery.send_due()
    assert (STAFF["decider"][2] in numbers(sink)) is told


def test_one_delivery_for_each_person_and_channel_and_one_for_each_robot(desk: Desk, sink: Sink) -> None:
    robots = [
        {"id": "all", "kind": "wecom", "name": "全县群", "url": sink.url + "/all"},
        {"id": "market", "kind": "wecom", "name": "市监群", "url": sink.url + "/market", "units": ["market"]},
        {"id": "health", "kind": "wecom", "name": "卫健群", "url": sink.url + "/health", "units": ["health"]},
    ]
    sink.answer = lambda asked: ok({"errcode": 0, "code": 0})
    with smtp_server() as box:
        mail = {"host": "127.0.0.1", "port": box.port, "security": "none", "sender": "hall@qinghe.example"}
        desk.settings(sms=sms(sink.url), email=mail, robots=robots)
        desk.tell("market", "sms", "email", "wecom", recipient_kind="unit", fact="card:1")
        desk.tell("decider", "sms", "email", "wecom", fact="card:1")
        desk.delivery.send_due()
        desk.delivery.close()
        assert sorted(each.rcpt_tos[0] for each in box.taken) == [
            STAFF["coordinator"][3],
            STAFF["decider"][3],
        ]
    assert Counter(asked.path for asked in sink.asked) == {"/send": 2, "/all": 1, "/market": 1}
    assert set(desk.states()) == {"sent"}


def test_the_same_fact_asked_for_again_and_after_a_restart_is_told_once(desk: Desk, sink: Sink) -> None:
    desk.settings(sms=sms(sink.url))
    for _ in range(3):
        desk.tell("decider", "sms", fact="card:12")
        desk.delivery.send_due()
        other = desk.another()
        other.send_due()
        other.close()
        other.database.close()
    desk.tell("decider", "sms", fact="card:13")
    desk.delivery.send_due()
    assert len(sink.asked) == 2
    assert len(desk.delivery.messages(desk.people["decider"])) == 2


def test_messages_for_the_desk_alone_need_no_dispatcher(desk: Desk) -> None:
    desk.tell("decider")
    assert desk.delivery.send_due().split == 0
    assert desk.rows() == []
    assert desk.delivery.figures().to_split == 0


@pytest.mark.parametrize(
    ("who", "reason"), [("silent", "登记的手机号不能用"), ("closed", "账号已停用"), ("unknown", "账号已停用")]
)
def test_without_a_usable_number_it_is_said_why_nothing_is_sent(
    desk: Desk, sink: Sink, who: str, reason: str
) -> None:
    desk.settings(sms=sms(sink.url))
    if who == "closed":
        desk.people["closed"] = desk.people["decider"]
        desk.database.write(lambda tx: people.set_active(tx, desk.people["decider"], False))
    desk.tell(who, "sms")
    desk.delivery.send_due()
    assert [(each.state, each.reason) for each in desk.rows()] == [("suppressed", reason)]
    assert sink.asked == []


def test_a_channel_the_county_has_not_is_named_and_drills_disturb_nobody(desk: Desk, sink: Sink) -> None:
    desk.settings(sms=sms(sink.url))
    desk.tell("decider", "email")
    desk.tell("decider", "sms", drill=True)
    desk.delivery.send_due()
    assert [each.reason for each in desk.rows()] == ["县里没有开通邮件", "演练的消息只在站内看"]
    assert sink.asked == []


def test_switched_off_nothing_is_kept_for_later(desk: Desk, sink: Sink) -> None:
    desk.settings(mode="off", sms=sms(sink.url))
    desk.tell("decider", "sms")
    desk.delivery.send_due()
    desk.settings(sms=sms(sink.url))
    desk.delivery.send_due()
    assert (desk.rows(), sink.asked) == ([], [])


# --- when ---

NIGHT = QuietHours()


@pytest.mark.parametrize(("now", "until"), [
    ("2026-03-02T20:59:59", None), ("2026-03-02T21:00:00", "2026-03-03T08:00:00"), ("2026-03-02T23:59:59", "2026-03-03T08:00:00"),
    ("2026-03-03T00:00:00", "2026-03-03T08:00:00"), ("2026-03-03T07:59:59", "2026-03-03T08:00:00"), ("2026-03-03T08:00:00", None),
    ("2026-12-31T22:00:00", "2027-01-01T08:00:00"),
])  # fmt: skip
def test_quiet_hours_begin_and_end_with_their_second(now: str, until: str | None) -> None:
    found = timing.quiet_until(NIGHT, datetime.fromisoformat(now).replace(tzinfo=SHANGHAI))
    assert found == (None if until is None else datetime.fromisoformat(until).replace(tzinfo=SHANGHAI))


@pytest.mark.parametrize(("begin", "end", "clock", "quiet"), [
    ("12:00", "14:00", "11:59:59", False), ("12:00", "14:00", "12:00:00", True), ("12:00", "14:00", "13:59:59", True),
    ("12:00", "14:00", "14:00:00", False), ("08:00", "08:00", "08:00:00", False), ("00:00", "00:01", "00:00:00", True),
])  # fmt: skip
def test_quiet_hours_within_a_day(begin: str, end: str, clock: str, quiet: bool) -> None:
    now = datetime.fromisoformat(f"2026-03-02T{clock}").replace(tzinfo=SHANGHAI)
    assert (timing.quiet_until(QuietHours(begin=begin, end=end), now) is not None) is quiet


def test_at_nine_sharp_a_message_waits_for_eight_in_the_morning(desk: Desk, sink: Sink) -> None:
    desk.settings(sms=sms(sink.url))
    desk.clock.set("2026-03-02T20:59:59")
    desk.tell("decider", "sms")
    desk.delivery.send_due()
    desk.clock.set("2026-03-02T21:00:00")
    desk.tell("decider", "sms")
    desk.delivery.send_due()
    assert len(sink.asked) == 1
    waiting = desk.rows()[1]
    assert (waiting.state, waiting.reason, waiting.attempts) == ("waiting", QUIET, 0)
    assert waiting.next_at == Clock("2026-03-03T08:00:00")()
    desk.clock.set("2026-03-03T07:59:59")
    desk.delivery.send_due()
    assert len(sink.asked) == 1
    desk.clock.set("2026-03-03T08:00:00")
    desk.delivery.send_due()
    assert len(sink.asked) == 2


@pytest.mark.parametrize(("passes", "urgent", "sent"), [(False, True, 0), (True, True, 1), (True, False, 0)])
def test_a_red_card_passes_the_quiet_hours_only_when_the_county_says_so(
    desk: Desk, sink: Sink, passes: bool, urgent: bool, sent: int
) -> None:
    desk.settings(sms=sms(sink.url), quiet={"urgent_passes": passes})
    desk.clock.set("2026-03-02T23:00:00")
    desk.tell("decider", "sms", urgent=urgent)
    desk.delivery.send_due()
    assert len(sink.asked) == sent


def test_mail_may_come_at_night(desk: Desk) -> None:
    desk.clock.set("2026-03-02T23:00:00")
    with smtp_server() as box:
        desk.settings(
            email={"host": "127.0.0.1", "port": box.port, "security": "none", "sender": "hall@qinghe.example"}
        )
        desk.tell("decider", "email")
        desk.delivery.send_due()
        desk.delivery.close()
        assert len(box.taken) == 1
