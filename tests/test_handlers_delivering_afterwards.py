"""Two dispatchers at once, one that is killed, and what is seen and done once something was sent."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from handlers.delivering.service import Report
from rules.errors import Conflict, Forbidden, NotFound
from tests.delivering_fixtures import (
    PHONE,
    STAFF,
    Desk,
    Sink,
    ok,
    sms,
)
from tests.dispatch_fixtures import desk, sink

__all__ = ["desk", "sink"]


ROOT = Path(__file__).parents[1]


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
