"""What staff see: their own work, their own scope, and that every look at a person's data is written down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from handlers.casework.demo_cases import PDF
from handlers.store import access_log, attachments
from rules.errors import Forbidden, Invalid, NotFound
from tests.casework_fixtures import ON_THE_SPOT, PLAIN, Hall, at, make_hall

NOW = at("2026-03-04")


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    made = make_hall(tmp_path)
    yield made
    made.database.close()


def numbers(hall: Hall, who: str, tab: str = "to_do", **narrowed: object) -> list[str]:
    page = hall.casework.desk(hall.people[who], now=NOW, tab=tab, **narrowed)  # type: ignore[arg-type]
    return [each.number for each in page.rows]


def test_each_case_is_on_the_desk_of_whoever_has_it_now(hall: Hall) -> None:
    new, reviewed, health = hall.file(), hall.accept(hall.file()), hall.file(item=ON_THE_SPOT)
    assert numbers(hall, "window") == [new.number]
    assert numbers(hall, "coordinator") == [new.number]
    assert numbers(hall, "section") == [reviewed.number]
    assert numbers(hall, "decider") == []
    assert numbers(hall, "health_front") == [health.number]
    hall.to_decision(reviewed, "2026-03-04")
    assert numbers(hall, "decider") == [reviewed.number]
    assert numbers(hall, "section", "done") == [reviewed.number]
    assert numbers(hall, "reviewer", "done") == [reviewed.number]


def test_scope_is_part_of_every_list(hall: Hall) -> None:
    market, health = hall.file(), hall.file(item=ON_THE_SPOT)
    assert set(numbers(hall, "county", "all")) == {market.number, health.number}
    assert numbers(hall, "supervisor", "all") == [market.number]
    assert numbers(hall, "health", "all") == [health.number]
    assert numbers(hall, "health", "all", search=market.number) == []
    for nobody in ("publisher", "admin"):
        with pytest.raises(Forbidden):
            numbers(hall, nobody, "all")


def test_searching_finds_by_number_name_and_item_and_takes_no_wildcards(hall: Hall) -> None:
    first, second = hall.file(), hall.file(item=PLAIN)
    assert numbers(hall, "county", "all", search=first.number.lower()) == [first.number]
    assert set(numbers(hall, "county", "all", search="张示")) == {first.number, second.number}
    assert numbers(hall, "county", "all", search="补办") == [second.number]
    assert numbers(hall, "county", "all", search="%") == []
    assert numbers(hall, "county", "all", search="_") == []
    assert numbers(hall, "county", "all", state="in_review") == []
    with pytest.raises(Invalid):
        numbers(hall, "county", "all", state="nonsense")


def test_due_soon_and_overdue_are_told_apart(hall: Hall) -> None:
    soon = hall.accept(hall.file("2026-02-27", item=PLAIN), "2026-02-27")
    late = hall.accept(hall.file("2026-02-24", item=PLAIN), "2026-02-24")
    hall.accept(hall.file("2026-03-03"), "2026-03-03")
    hall.casework.sweep(NOW)
    assert numbers(hall, "decider", "due_soon") == [soon.number]
    assert numbers(hall, "decider", "overdue") == [late.number]


def test_pages_are_cut_and_counted(hall: Hall) -> None:
    filed = [hall.file().number for _ in range(5)]
    page = hall.casework.desk(hall.people["window"], now=NOW, page=2, size=2)
    assert [each.number for each in page.rows] == filed[2:4]
    assert (page.total, page.pages, page.tab_counts["to_do"], page.tab_counts["done"]) == (5, 3, 5, 0)


def test_opening_a_case_is_written_down_before_it_is_shown(hall: Hall) -> None:
    filed = hall.file()
    view = hall.casework.staff_view(filed.number, hall.people["supervisor"], NOW, "r7")
    assert view.payload.applicant is not None
    assert view.payload.applicant.name == "张示例"
    looks = access_log.of_subject(hall.database, "case", filed.number)
    assert [(each.role, each.what, each.request) for each in looks] == [
        ("department_supervisor", "case", "r7")
    ]
    assert view.moves == ()


def test_staff_are_offered_exactly_the_moves_they_may_make(hall: Hall) -> None:
    filed = hall.file()
    offered = [
        each.move.name for each in hall.casework.staff_view(filed.number, hall.people["window"], NOW).moves
    ]
    assert offered == ["pre_review", "supplement_notice", "refuse", "withdraw"]
    hall.accept(filed, "2026-03-04")
    offered = [
        each.move.name for each in hall.casework.staff_view(filed.number, hall.people["section"], NOW).moves
    ]
    assert offered == ["complete_step", "start_special", "tell_hearing"]
    decider = hall.casework.staff_view(filed.number, hall.people["decider"], NOW).moves
    assert [(each.move.name, each.longest_days) for each in decider] == [("extend", 10), ("void", None)]


def test_notices_and_files_open_for_the_applicant_and_for_staff_in_scope_only(hall: Hall) -> None:
    taken = attachments.receive_bytes(
        hall.database, (PDF,), "图.pdf", attachments.Limits(("pdf",), 100_000), at("2026-03-02")
    )
    filed, other = hall.file(attachments={"material_plan": (taken.id,)}), hall.file()
    casework = hall.casework
    assert (
        casework.notice_for_applicant(filed.receipt_id, filed.number, filed.query_code).addressee == "张示例"
    )
    assert (
        casework.notice_for_staff(filed.receipt_id, hall.people["county"], NOW).number == filed.receipt_number
    )
    assert casework.attachment_for_staff(taken.id, hall.people["window"], NOW)[1].read_bytes() == PDF
    assert casework.attachment_for_applicant(taken.id, filed.number, filed.query_code)[0].name == "图.pdf"
    for refused in (
        lambda: casework.notice_for_applicant(filed.receipt_id, other.number, other.query_code),
        lambda: casework.notice_for_staff(filed.receipt_id, hall.people["health"], NOW),
        lambda: casework.attachment_for_applicant(taken.id, other.number, other.query_code),
        lambda: casework.attachment_for_staff(taken.id, hall.people["health"], NOW),
        lambda: casework.attachment_for_staff("nonsense", hall.people["county"], NOW),
    ):
        with pytest.raises(NotFound):
            refused()


def test_messages_reach_the_people_of_a_unit(hall: Hall) -> None:
    hall.file()
    assert [each.template for each in hall.casework.messages(hall.people["window"], NOW)] == ["case.new"]
    assert hall.casework.messages(hall.people["health"], NOW) == ()


def test_material_handed_over_at_the_window_is_recorded(hall: Hall) -> None:
    filed = hall.file()
    row = hall.casework.record_material(
        filed.number, hall.staff("window"), "plan", originals=1, note="蓝图", now=NOW
    )
    assert (row.originals, row.how, row.verdict, row.note) == (1, "原件", "accepted", "蓝图")
    with pytest.raises(Forbidden):
        hall.casework.record_material(filed.number, hall.staff("health_front"), "plan", originals=1, now=NOW)
