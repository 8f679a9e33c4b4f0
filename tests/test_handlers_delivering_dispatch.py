"""Sending as a whole: who gets what and when, retries, quiet hours, caps, leases; with a moved clock, without sleeping."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from catalog.delivery import QuietHours, Retrying
from handlers.delivering import timing
from handlers.delivering.dispatching import CAPPED, QUIET
from handlers.delivering.service import Report
from handlers.store import people
from rules.access import Role
from rules.errors import Conflict, Forbidden, NotFound
from rules.time import SHANGHAI
from tests.delivering_fixtures import (
    OTHER_PHONE,
    PHONE,
    STAFF,
    Clock,
    Desk,
    Sink,
    http_sink,
    ok,
    open_desk,
    sms,
    smtp_server,
)

ROOT = Path(__file__).parents[1]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as found:
        yield found


@pytest.fixture
def sink() -> Iterator[Sink]:
    with http_sink() as found:
        yield found


def numbers(sink: Sink) -> list[str]:
    return sorted(asked.json["mobile"] for asked in sink.asked)


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


# --- two at once, and killed ---


def test_two_dispatchers_at_once_send_each_message_once(desk: Desk, sink: Sink) -> None:
    desk.settings(sms=sms(sink.url, daily_cap=1000))
    for number in range(150):
        desk.tell(("decider", "coordinator", "clerk")[number % 3], "sms")
    others = [desk.another() for _ in range(2)]
    start = threading.Barrier(3)

    def run(delivery: Any) -> None:
        start.wait()
        delivery.send_due()

    threads = [threading.Thread(target=run, args=(each,)) for each in (desk.delivery, *others)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in others:
        each.close()
        each.database.close()
    assert len(sink.asked) == 150
    assert len({asked.json["uid"] for asked in sink.asked}) == 150
    assert Counter(desk.states()) == {"sent": 150}


CHILD = """
import sys
from pathlib import Path
from catalog.root import Root
from handlers.delivering.service import Delivering
from handlers.store.database import Database
from tests.casework_fixtures import ground
from tests.delivering_fixtures import ENVIRONMENT, Clock
folder = Path(sys.argv[1])
database = Database.open(folder / ".hall" / "hall.db")
Delivering(database, ground, Root(folder), Clock(sys.argv[2]), ENVIRONMENT).send_due()
"""


def test_killed_between_sending_and_noting_it_is_sent_again_with_the_same_key(desk: Desk, sink: Sink) -> None:
    desk.settings(sms=sms(sink.url))
    desk.tell("decider", "sms")
    child: list[subprocess.Popen[bytes]] = []
    ready = threading.Event()

    def kill(asked: object) -> Any:
        ready.wait(30)
        os.kill(child[0].pid, signal.SIGKILL)
        return ok()

    sink.answer = kill
    child.append(
        subprocess.Popen([sys.executable, "-c", CHILD, str(desk.folder), "2026-03-02T10:00:00"], cwd=ROOT)
    )
    ready.set()
    assert child[0].wait(60) == -signal.SIGKILL
    assert desk.states() == ["sending"]
    sink.answer = lambda asked: ok()
    desk.delivery.send_due()  # the lease still holds: it may be under way
    assert len(sink.asked) == 1
    desk.clock.forward(hours=1)
    desk.delivery.send_due()
    assert [(each.state, each.attempts) for each in desk.rows()] == [("sent", 2)]
    first, second = sink.asked
    assert first.json == second.json


def test_a_dispatcher_that_dies_every_time_does_not_send_for_ever(desk: Desk, sink: Sink) -> None:
    desk.settings(sms=sms(sink.url), retry={"attempts": 3})
    desk.tell("decider", "sms")
    desk.delivery.send_due()
    desk.database.write(lambda tx: tx.execute("UPDATE delivery SET state = 'sending', attempts = 3, lease = 'x', next_at = ?",
                                              (desk.clock().isoformat(),)))  # fmt: skip
    desk.delivery.send_due()
    assert desk.states() == ["given_up"]
    assert len(sink.asked) == 1


def test_asked_to_stop_it_gives_back_what_it_has_not_handed_over(desk: Desk, sink: Sink) -> None:
    desk.settings(sms=sms(sink.url, daily_cap=1000), workers=1)
    for _ in range(40):
        desk.tell("decider", "sms")

    def stop(asked: object) -> Any:
        desk.delivery.stop()
        return ok()

    sink.answer = stop
    desk.delivery.send_due()
    assert Counter((each.state, each.attempts) for each in desk.rows()) == {
        ("sent", 1): 1,
        ("waiting", 0): 39,
    }


# --- afterwards ---


def test_once_more_takes_a_new_key_and_only_what_was_not_sent(desk: Desk, sink: Sink) -> None:
    desk.settings(sms=sms(sink.url))
    sink.answer = lambda asked: ok({"code": 13})
    desk.tell("decider", "sms")
    desk.delivery.send_due()
    sink.answer = lambda asked: ok()
    desk.delivery.send_again(1)
    with pytest.raises(Conflict):
        desk.delivery.send_again(1)
    desk.delivery.send_due()
    assert desk.states() == ["sent"]
    assert sink.asked[0].json["uid"] != sink.asked[1].json["uid"]
    with pytest.raises(Conflict):
        desk.delivery.send_again(1)
    with pytest.raises(NotFound):
        desk.delivery.send_again(2)


def test_the_gateways_report_settles_what_it_took(desk: Desk, sink: Sink) -> None:
    receipts = {"secret": "{secret:RECEIPT}"}
    desk.settings(sms=sms(sink.url, receipts=receipts))
    ids = iter("abc")
    sink.answer = lambda asked: ok({"code": 0, "id": next(ids)})
    for _ in range(3):
        desk.tell("decider", "sms")
    desk.delivery.send_due()
    known = desk.delivery.take_reports([
        Report("a", True, "DELIVRD"), Report("b", False, f"UNDELIV {PHONE}"), Report("zzz", True, "DELIVRD"), Report("", True, "")
    ])  # fmt: skip
    assert known == 2
    by_id = {each.provider_id: (each.state.value, each.reason) for each in desk.rows()}
    assert by_id == {"a": ("delivered", ""), "b": ("given_up", "网关回执：UNDELIV ***"), "c": ("sent", "")}
    assert desk.delivery.take_reports([Report("a", False, "late")]) == 0
    desk.delivery.check_receipt_secret("receipt-4711")
    for wrong in ("", "receipt-471", "receipt-47111", "密"):
        with pytest.raises(Forbidden):
            desk.delivery.check_receipt_secret(wrong)


def test_the_figures_of_today_add_up(desk: Desk, sink: Sink) -> None:
    desk.settings(sms=sms(sink.url))
    sink.answer = lambda asked: ok({"code": 13 if asked.json["mobile"] == PHONE else 0})
    desk.tell("decider", "sms")
    desk.tell("clerk", "sms")
    desk.tell("silent", "sms")
    desk.delivery.send_due()
    desk.clock.set("2026-03-02T22:00:00")
    desk.tell("coordinator", "sms")
    desk.delivery.send_due()
    found = desk.delivery.figures()
    (channel,) = found.channels
    assert (channel.sent, channel.given_up, channel.suppressed, channel.waiting) == (1, 1, 1, 1)
    assert (found.waiting, found.oldest_due, found.to_split) == (1, None, 0)
    desk.clock.set("2026-03-03T00:00:00")
    assert desk.delivery.figures().channels == ()


def test_each_person_reads_for_themselves(desk: Desk) -> None:
    desk.tell("market", recipient_kind="unit")
    desk.tell("market", recipient_kind="unit", roles=("decider",))
    desk.tell("decider")
    desk.tell("market", "sms", recipient_kind="unit", channels=("sms",))

    def unread(who: str) -> int:
        return sum(each.read_at is None for each in desk.delivery.messages(desk.people[who]))

    assert (unread("decider"), unread("coordinator"), unread("county")) == (3, 1, 0)
    newest = desk.delivery.messages(desk.people["decider"])[0].id
    assert desk.delivery.mark_read(desk.people["county"], newest, newest) == 0
    assert desk.delivery.mark_read(desk.people["decider"], newest, newest) == 1
    assert (unread("decider"), unread("coordinator")) == (2, 1)
    assert desk.delivery.mark_read(desk.people["decider"], newest) == 2
    assert (unread("decider"), unread("coordinator")) == (0, 1)


def test_no_number_address_or_text_lies_open_or_is_logged(
    desk: Desk, sink: Sink, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    desk.settings(sms=sms(sink.url))
    answers = iter([ok(), ok(status=500), ok({"code": f"no {PHONE}"})])
    sink.answer = lambda asked: next(answers)
    for who in ("clerk", "coordinator", "decider"):
        desk.tell(who, "sms")
    desk.delivery.send_due()
    stored = "".join(str(tuple(row)) for row in desk.database.rows("SELECT * FROM delivery"))
    stored += "".join(str(tuple(row)) for row in desk.database.rows("SELECT * FROM outbox"))
    said = "\n".join(record.getMessage() for record in caplog.records)
    assert "sent over sms" in said
    for login, (_, _, phone, email) in STAFF.items():
        assert phone not in stored + said, login
        assert not email or email not in stored + said
    assert "食品经营许可" not in said
    assert "sms-secret" not in stored + said


def test_a_trial_writes_a_file_for_its_owner_only_and_sends_nothing(desk: Desk, sink: Sink) -> None:
    import json

    desk.settings(mode="trial", sms=sms(sink.url))
    desk.tell("decider", "sms", "email")
    desk.delivery.send_due()
    path = desk.folder / ".hall" / "outgoing" / "2026-03-02.jsonl"
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert sorted(each["to"] for each in lines) == ["100****0003", "d***@qinghe.example"]
    assert path.stat().st_mode & 0o077 == 0
    assert (sink.asked, desk.states()) == ([], ["sent", "sent"])
