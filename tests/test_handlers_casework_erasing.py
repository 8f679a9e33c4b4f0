"""Erasing a case by law: none of the words people wrote stays in any table, and everything still verifies."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from catalog.schema import Fee
from handlers.casework.auditing import audit
from handlers.casework.ground import FixedGuides, Guide
from handlers.casework.subjects import Subject
from handlers.casework.triggering import _HAPPENED, Happened
from handlers.store import case_parts, findings, sealing
from handlers.store.database import Database
from handlers.store.sealed_tables import SEALED
from handlers.store.writer import Transaction
from rules.triggers import TriggerFacts
from tests.casework_fixtures import LICENCE, Hall, at, make_hall

CHARGED = LICENCE.model_copy(
    update={"fees": (Fee(name="工本费", standard="每证 10 元", amount="10", basis="某文件"),)}  # type: ignore[arg-type]
)
# None of them is part of another text of the hall.
WORDS = (
    "初审写的甲字样", "退回写的乙字样", "暂停写的丙字样", "暂停依据的丁字样", "暂停结果的戊字样", "不准写的己字样",
    "材料写的庚字样", "减免写的辛字样", "评价写的壬字样", "138****0000", "退信写的癸字样",
    "领走的子字样",
)  # fmt: skip


def everything(database: Database) -> str:
    """Every row of every table, the seals among them, as text."""
    with closing(sqlite3.connect(database.path)) as connection:
        return "\n".join(connection.iterdump())


def eventful(hall: Hall) -> str:
    """A case in which people have written wherever they can: looked into, sent back, paused, waived, denied, rated."""
    guides = FixedGuides({CHARGED.code: Guide(CHARGED, "charged")})
    hall.holder.ground = replace(hall.holder.ground, guides=guides)
    filed = hall.accept(hall.file(item=CHARGED))
    number = filed.number
    hall.casework.record_material(
        number, hall.staff("window"), "plan", originals=1, copies=0, reused=False, note="材料写的庚字样",
        now=at("2026-03-03 10:00"),
    )  # fmt: skip
    hall.casework.pay_fee(
        number, hall.staff("window"), 0, waived="减免写的辛字样", now=at("2026-03-03 11:00")
    )
    hall.move(filed, "complete_step", "section", "2026-03-04", opinion="初审写的甲字样")
    hall.move(filed, "send_back", "reviewer", "2026-03-04 10:00", reason="退回写的乙字样")
    hall.move(
        filed, "start_special", "section", "2026-03-04 11:00",
        kind="2", days="3", reason="暂停写的丙字样", basis="暂停依据的丁字样",
    )  # fmt: skip
    hall.move(filed, "end_special", "section", "2026-03-06", opinion="暂停结果的戊字样")
    hall.move(filed, "complete_step", "section", "2026-03-06 10:00", opinion="初审写的甲字样")
    hall.move(filed, "complete_step", "reviewer", "2026-03-06 11:00", opinion="同意")
    hall.move(filed, "deny", "decider", "2026-03-09", reason="不准写的己字样", basis="某法")
    hall.casework.rate(number, filed.query_code, 5, "评价写的壬字样", now=at("2026-03-10"))
    hall.move(filed, "deliver", "window", "2026-03-10 10:00", method="窗口", recipient="领走的子字样")
    hall.database.write(_sent)
    return number


def _sent(tx: Transaction) -> None:
    """One message to the applicant came back."""
    tx.execute(
        "INSERT INTO delivery (message_id, fact, channel, recipient, state, reason, key, address_hash, "
        "address_masked, created, at) SELECT id, 'f', 'sms', 'applicant', 'failed', '退信写的癸字样', 'k', x'0badcafe', "
        "'138****0000', at, at FROM outbox WHERE recipient_kind = 'applicant' ORDER BY id LIMIT 1"
    )


def test_nothing_that_people_wrote_in_a_case_is_left_in_any_table(tmp_path: Path) -> None:
    hall = make_hall(tmp_path)
    number = eventful(hall)
    before = everything(hall.database)
    assert [
        each for each in (*WORDS, "张示例", "0BADCAFE") if each not in before.replace("0badcafe", "0BADCAFE")
    ] == []
    hall.casework.erase(number, hall.staff("admin"), "保存期满", now=at("2031-03-03"))
    after = everything(hall.database)
    assert [each for each in (*WORDS, "张示例", "0badcafe", "0BADCAFE") if each in after] == []
    assert hall.database.value("SELECT count(*) FROM reason_given") == 0
    assert audit(hall.database).sound
    hall.database.close()


def test_what_waits_to_be_judged_keeps_the_length_of_a_reason_and_not_the_words(tmp_path: Path) -> None:
    hall = make_hall(tmp_path)
    number = eventful(hall)
    subject = Subject("case", 1, number, "事项", "market")
    waiting = (
        Happened(TriggerFacts("deny", reason="不准写的己字样 再写", basis="某法"), subject, "market", "market", at("2026-03-09"), "event:9"),
        Happened(TriggerFacts("deny", reason="另一件的理由"), replace(subject, id=2), "market", "market", at("2026-03-09"), "event:8"),
    )  # fmt: skip

    def put_off(tx: Transaction) -> None:
        for each in waiting:
            text = _HAPPENED.dump_json(each).decode()
            findings.put_off(tx, "rule", each.fact, text, "算不出", at("2026-03-10"))

    hall.database.write(put_off)
    hall.casework.erase(number, hall.staff("admin"), "保存期满", now=at("2031-03-03"))
    left = [
        _HAPPENED.validate_json(each.happened)
        for each in findings.waiting(hall.database, at("2031-03-03"), 9)
    ]
    assert [each.facts.reason for each in left] == ["〇" * 9, "另一件的理由"]
    assert replace(left[0], facts=waiting[0].facts) == waiting[0]
    hall.database.close()


def test_an_erased_case_still_shows_what_was_done_without_the_words(tmp_path: Path) -> None:
    hall = make_hall(tmp_path)
    number = eventful(hall)
    hall.casework.erase(number, hall.staff("admin"), "保存期满", now=at("2031-03-03"))
    assert [each.waived for each in case_parts.fees(hall.database, 1)] == ["（已按规定删除）"]
    view = hall.casework.staff_view(number, hall.people["decider"], at("2031-03-04"))
    assert [each.opinion for each in view.steps] == ["（已按规定删除）"] * 3
    assert view.public.rating is not None
    assert (view.public.rating.score, view.public.rating.words) == (5, "")
    assert [(each.reason, each.basis, each.result) for each in view.pauses] == [("（已按规定删除）", "", "")]
    hall.database.close()


@pytest.mark.parametrize("table", ["step", "material", "fee", "pause", "rating"])
def test_digests_of_rows_with_words_are_salted_and_the_salt_goes_with_the_words(
    tmp_path: Path, table: str
) -> None:
    hall = make_hall(tmp_path)
    number = eventful(hall)

    def salts() -> dict[str, bytes]:
        rows = hall.database.rows("SELECT key, salt FROM row_salt WHERE tab = ?", (table,))
        return {row["key"]: bytes(row["salt"]) for row in rows}

    before = salts()
    assert len(before) == hall.database.value(f"SELECT count(*) FROM {table}")
    hall.casework.erase(number, hall.staff("admin"), "保存期满", now=at("2031-03-03"))
    changed = [key for key, salt in salts().items() if before[key] != salt]
    assert changed
    hall.database.close()


def test_rows_sealed_before_their_table_was_salted_still_verify_and_are_salted_when_they_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        plain = {"step", "material", "fee"}
        patch.setattr(
            sealing, "SEALED", tuple(replace(each, personal=each.personal and each.table not in plain) for each in SEALED)
        )  # fmt: skip
        hall = make_hall(tmp_path)
        number = eventful(hall)
        hall.database.close()
    database = Database.open(hall.database.path)
    hall.casework = type(hall.casework)(database, lambda: hall.holder.ground)
    assert database.value("SELECT count(*) FROM row_salt WHERE tab IN ('step', 'material', 'fee')") == 0
    assert audit(database).sound
    hall.casework.erase(number, hall.staff("admin"), "保存期满", now=at("2031-03-03"))
    assert database.value("SELECT count(*) FROM row_salt WHERE tab IN ('step', 'material', 'fee')") == 5
    assert audit(database).sound
    database.close()
