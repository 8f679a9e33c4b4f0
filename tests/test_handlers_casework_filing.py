"""Filing: what it leaves behind, double submissions, numbers without gaps, crashes, drill cases."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from handlers.casework.auditing import audit
from handlers.casework.demo_cases import PDF
from handlers.casework.requests import MaterialGiven
from handlers.store import attachments, case_parts, cases, counts, drafts, events, notices
from handlers.store.database import Database
from handlers.store.writer import Transaction
from handlers.watching.service import Watching
from rules.case_terms import NoticeKind, State
from rules.chain import canonical, commit
from rules.errors import Conflict, Forbidden, Invalid, NotFound
from tests.casework_fixtures import LICENCE, PLAIN, ROOT_OF_TESTS, Hall, application, at, dump, make_hall


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    made = make_hall(tmp_path)
    yield made
    made.database.close()


def test_a_filing_pins_its_version_and_leaves_every_row(hall: Hall) -> None:
    filed = hall.file()
    case = cases.by_number(hall.database, filed.number)
    assert case is not None
    assert case.state is State.RECEIVED
    assert case.item_version == hall.holder.ground.guide(LICENCE.code).version
    assert (case.promised_days, case.statutory_days, case.limit_basis) == (
        7,
        20,
        "《食品经营许可和备案管理办法》",
    )
    assert (case.accepting_unit, case.holder_role) == ("window-market", "window_clerk")
    assert case.applicant_masked == "张*例"
    payload = cases.payload(hall.database, case.id)
    assert payload.applicant == application().applicant
    assert payload.answers == {"shop": "示例小吃店", "area": "35.5"}
    assert [each.name for each in case_parts.steps(hall.database, case.id)] == ["初审", "复审", "审批"]
    assert notices.by_id(hall.database, filed.receipt_id).kind is NoticeKind.RECEIPT  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("kind", "name", "shown"),
    [("1", "阿卜杜示例", "阿***例"), ("1", "示例园艺场", "示***场"), ("2", "青禾示例便民驿", "青禾****民驿")],
)
def test_a_long_name_of_a_person_is_masked_as_a_short_one(
    hall: Hall, kind: str, name: str, shown: str
) -> None:
    asked = application()
    number = hall.file(applicant=replace(asked.applicant, kind=kind, name=name)).number
    case = cases.by_number(hall.database, number)
    assert case is not None
    assert case.applicant_masked == shown


def test_case_numbers_carry_prefix_day_serial_and_a_check_digit(hall: Hall) -> None:
    numbers = [hall.file(day).number for day in ("2026-03-02", "2026-03-02", "2026-03-03")]
    assert [each[:16] for each in numbers] == ["QH20260302000001", "QH20260302000002", "QH20260303000001"]
    assert all(cases.is_number(each) for each in numbers)
    assert not cases.is_number(numbers[0][:-1] + str((int(numbers[0][-1]) + 1) % 10))
    assert not cases.is_number("没有")


def test_the_query_code_is_not_in_the_database_and_opens_its_own_case_only(hall: Hall) -> None:
    first, second = hall.file(), hall.file()
    rows = "\n".join(str(tuple(row)) for row in hall.database.rows("SELECT * FROM cases"))
    assert first.query_code not in rows
    assert (
        hall.casework.public_view(first.number, first.query_code.lower(), at("2026-03-03")).number
        == first.number
    )
    words = set()
    for number, code in (
        (first.number, second.query_code),
        ("QH202603020000999", first.query_code),
        ("", ""),
    ):
        with pytest.raises(NotFound) as refused:
            hall.casework.public_view(number, code, at("2026-03-03"))
        words.add(refused.value.detail)
    assert len(words) == 1


def test_the_same_key_files_once_and_gives_the_same_code(hall: Hall) -> None:
    first = hall.file(key="one")
    before = dump(hall.database)
    again = hall.file(key="one")
    assert again == replace(first, repeated=True)
    assert dump(hall.database) == before
    with pytest.raises(Conflict):
        hall.file(key="one", delivery="courier")
    assert dump(hall.database) == before


def test_a_click_sent_twenty_times_at_once_files_one_case(hall: Hall) -> None:
    numbers: list[str] = []
    barrier = threading.Barrier(20)

    def click() -> None:
        barrier.wait()
        numbers.append(
            hall.casework.file_case(application(), key="k", channel="web", now=at("2026-03-02")).number
        )

    threads = [threading.Thread(target=click) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(numbers)) == 1
    assert hall.database.value("SELECT count(*) FROM cases") == 1


def test_attachments_belong_to_the_case_and_only_once(hall: Hall) -> None:
    limits = attachments.Limits(("pdf",), 100_000)
    code = drafts.save(hall.database, LICENCE.code, "v", {}, at("2026-03-02"), 30)
    taken = attachments.receive_bytes(hall.database, (PDF,), "图.pdf", limits, at("2026-03-02"))
    filed = hall.file(attachments={"material_plan": (taken.id,)}, draft_code=code)
    assert [each.field for each in attachments.of_case(hall.database, 1)] == ["material_plan"]
    plan, identity = case_parts.materials(hall.database, 1)
    assert (plan.electronic, plan.how, plan.received) == (1, "电子文件", at("2026-03-02"))
    assert identity.exempt
    with pytest.raises(NotFound):
        drafts.load(hall.database, code, at("2026-03-02"))
    before = dump(hall.database)
    with pytest.raises(Invalid, match="失效"):
        hall.file(attachments={"material_plan": (taken.id,)})
    assert dump(hall.database) == before
    event = events.by_sequence(hall.database, filed.event_sequence)
    assert event is not None
    assert event.payload is not None
    assert event.payload["files"] == {"material_plan": [taken.sha256]}


def test_the_receipt_carries_its_leaf_and_salt_of_the_public_log(hall: Hall) -> None:
    filed = hall.file()
    event = events.by_sequence(hall.database, filed.event_sequence)
    assert event is not None
    assert event.hash == filed.leaf
    assert commit(canonical(event.payload), bytes.fromhex(filed.salt)) == event.commitment
    shown = hall.casework.receipt(filed.number, filed.query_code, at("2026-03-02"))
    assert (shown.leaf, shown.salt, shown.applicant) == (filed.leaf, filed.salt, "张示例")
    assert shown.notice.number == filed.receipt_number


def test_no_personal_data_stands_in_the_metadata_of_the_log(hall: Hall) -> None:
    hall.accept(hall.file())
    rows = "\n".join(str(tuple(row)) for row in hall.database.rows("SELECT * FROM event"))
    for secret in ("张示例", "99012119900307001X", "0000-5550999", "示例小吃店"):
        assert secret not in rows


def test_staff_file_at_their_own_window_only(hall: Hall) -> None:
    filed = hall.file(
        channel="window", by=hall.staff("window"), materials=(MaterialGiven("plan", originals=1, copies=2),)
    )
    case = cases.by_number(hall.database, filed.number)
    assert case is not None
    assert (case.channel, case.accepting_unit) == ("window", "window-market")
    assert case_parts.materials(hall.database, case.id)[0].how == "原件、复印件"
    with pytest.raises(Forbidden):
        hall.file(channel="town", by=hall.staff("window"), accepting_unit="town-qingshui")
    with pytest.raises(Forbidden):
        hall.file(channel="window", by=hall.staff("decider"))


@pytest.mark.parametrize(
    "changes",
    [
        {"delivery": "pigeon"},
        {"channel": "letter"},
        {"accepting_unit": "nowhere"},
        {"answers": {"area": 35.5}},
        {"key": ""},
        {"key": "k" * 101},
    ],
)
def test_a_faulty_filing_is_refused_and_writes_nothing(hall: Hall, changes: dict[str, object]) -> None:
    before = dump(hall.database)
    with pytest.raises(Invalid):
        hall.file(**changes)  # type: ignore[arg-type]
    assert dump(hall.database) == before


def test_an_unknown_item_and_a_case_of_another_system_twice_are_refused(hall: Hall) -> None:
    with pytest.raises(NotFound):
        hall.casework.file_case(
            replace(application(), item_code="NONE"), key="k", channel="web", now=at("2026-03-02")
        )
    hall.file(channel="system", source_system="province", source_id="P1")
    with pytest.raises(Conflict, match="已经收过"):
        hall.file(channel="system", source_system="province", source_id="P1")


def test_numbers_of_documents_have_no_gaps_though_jobs_are_refused(hall: Hall) -> None:
    def filed_and_refused(tx: Transaction) -> None:
        notices.next_number(tx, "青", "市监", NoticeKind.RECEIPT, 2026)
        raise Conflict("refused after the number was taken")

    numbers = []
    for at_ in range(4):
        numbers.append(hall.file().receipt_number)
        if at_ % 2:
            with pytest.raises(Conflict):
                hall.database.write(filed_and_refused)
    assert numbers == [f"青市监收字〔2026〕第{serial}号" for serial in (1, 2, 3, 4)]
    assert hall.file("2027-01-04").receipt_number == "青市监收字〔2027〕第1号"


def test_drill_cases_are_counted_nowhere_and_use_up_no_number(hall: Hall) -> None:
    drill = hall.file(drill=True, item=PLAIN)
    hall.accept(drill)
    hall.move(drill, "grant", "decider", "2026-03-04", opinion="同意")
    hall.casework.sweep(at("2026-06-01"))
    assert counts.between(hall.database, at("2026-01-01").date(), at("2026-12-31").date()) == ()
    assert drill.receipt_number == "青市监收练字〔2026〕第1号"
    assert hall.file().receipt_number == "青市监收字〔2026〕第1号"
    watching = Watching(hall.database, hall.casework.ground)
    board = watching.board(watching.scope(hall.people["county"], at("2026-03-02")), at("2026-03-02"))
    assert (board.open, board.filed_today) == (1, 1)


def test_the_figures_of_the_day_come_from_the_roll_up(hall: Hall, tmp_path: Path) -> None:
    hall.file("2026-02-27")
    filed = hall.accept(hall.file("2026-03-02", item=PLAIN))
    hall.move(filed, "grant", "decider", "2026-03-04", opinion="同意")
    figures = hall.casework.publish_figures(tmp_path / "published", at("2026-03-04"))
    assert (figures.filed_today, figures.closed_today, figures.filed_month, figures.on_time_rate) == (
        0,
        1,
        1,
        1000,
    )
    written = json.loads((tmp_path / "published" / "figures.json").read_text("utf-8"))
    assert written["closed_month"] == 1
    assert sorted(each.name for each in (tmp_path / "published").iterdir()) == [
        "checkpoints.json",
        "figures.json",
    ]


def test_unchanged_figures_are_not_written_again_the_same_day(hall: Hall, tmp_path: Path) -> None:
    hall.file("2026-03-02 09:00")
    for when, written in (
        ("2026-03-02 10:00", True),
        ("2026-03-02 11:00", False),
        ("2026-03-03 09:00", True),
    ):
        hall.casework.publish_figures(tmp_path, at(when))
        stamp = json.loads((tmp_path / "figures.json").read_text("utf-8"))["at"]
        assert (stamp[:16] == when.replace(" ", "T")) is written
    assert len(json.loads((tmp_path / "checkpoints.json").read_text("utf-8"))["checkpoints"]) == 2


def test_personal_data_can_be_erased_and_the_chain_still_verifies(hall: Hall) -> None:
    filed = hall.file()
    with pytest.raises(Forbidden):
        hall.casework.erase(filed.number, hall.staff("decider"), "到期", now=at("2026-03-03"))
    hall.move(filed, "withdraw", "applicant", "2026-03-03")
    hall.casework.erase(filed.number, hall.staff("admin"), "保存期满", now=at("2031-03-03"))
    everything = "\n".join(
        str(tuple(row))
        for table in ("cases", "case_payload", "event_payload", "notice", "outbox")
        for row in hall.database.rows(f"SELECT * FROM {table}")
    )
    assert "张" not in everything
    found = audit(hall.database)
    assert found.sound
    assert found.erased == 2


_WORKER = """
import sys
from tests.casework_fixtures import application, at, ground
from handlers.casework.service import Casework
from handlers.store.database import Database
from pathlib import Path
casework = Casework(Database.open(Path(sys.argv[1])), ground)
print("ready", flush=True)
for number in range(100000):
    filed = casework.file_case(application(), key=f"w{number}", channel="web", now=at("2026-03-02"))
    print(filed.number, flush=True)
"""


def test_killed_in_the_middle_of_filing_everything_acknowledged_is_there_and_nothing_half(hall: Hall) -> None:
    path = hall.database.path
    process = subprocess.Popen(
        [sys.executable, "-c", _WORKER, str(path)], stdout=subprocess.PIPE, text=True, cwd=ROOT_OF_TESTS
    )
    assert process.stdout is not None
    acknowledged = []
    for line in process.stdout:
        if line.startswith("QH"):
            acknowledged.append(line.strip())
        if len(acknowledged) == 60:
            process.send_signal(signal.SIGKILL)
            break
    acknowledged += [line.strip() for line in process.stdout.read().splitlines() if line.startswith("QH")]
    process.wait()
    process.stdout.close()
    database = Database.open(path)
    try:
        stored = {row["number"] for row in database.rows("SELECT number FROM cases")}
        assert set(acknowledged) <= stored
        assert len(stored) <= len(acknowledged) + 1
        for table in ("case_payload", "event", "notice", "idempotency"):
            assert database.value(f"SELECT count(*) FROM {table}") == len(stored)
        assert database.value("SELECT count(*) FROM step") == 3 * len(stored)
        assert audit(database).sound
    finally:
        database.close()
