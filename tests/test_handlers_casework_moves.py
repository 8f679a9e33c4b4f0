"""The moves of a case: the whole way, every refusal, who may, double submissions, races."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date
from itertools import count
from pathlib import Path

import pytest

from handlers.casework.moving import facts_of
from handlers.casework.requests import ByApplicant, ByStaff, BySystem, Filed, MoveData
from handlers.store import case_parts, cases, notices, outbox, people
from rules.access import Role
from rules.case import moves_for
from rules.case_terms import MoveName, State
from rules.errors import Conflict, Forbidden, HallError, IllegalMove, Invalid, NotFound
from tests.casework_fixtures import ON_THE_SPOT, PLAIN, STAFF, Hall, at, dump, make_hall

NEEDS = {
    "reason": "理由", "basis": "依据", "opinion": "同意", "days": "5", "kind": "2", "method": "窗口", "recipient": "",
}  # fmt: skip


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    made = make_hall(tmp_path)
    yield made
    made.database.close()


def state_of(hall: Hall, filed: Filed) -> State:
    case = cases.by_number(hall.database, filed.number)
    assert case is not None
    return case.state


def in_state(hall: Hall, state: State) -> Filed:
    """A case brought into a state."""
    filed = hall.file()
    if state is State.RECEIVED:
        return filed
    if state is State.REFUSED:
        hall.move(filed, "refuse", "window", "2026-03-03", **NEEDS)
    elif state is State.WITHDRAWN:
        hall.move(filed, "withdraw", "applicant", "2026-03-03")
    elif state is State.VOIDED:
        hall.move(filed, "void", "coordinator", "2026-03-03", **NEEDS)
    elif state is State.SUPPLEMENTING:
        hall.move(filed, "supplement_notice", "window", "2026-03-03", reason="缺图")
    else:
        hall.move(filed, "pre_review", "window", "2026-03-03")
    if state in (State.REFUSED, State.WITHDRAWN, State.VOIDED, State.SUPPLEMENTING, State.PRE_REVIEWED):
        return filed
    hall.move(filed, "accept", "window", "2026-03-03")
    if state is State.SPECIAL_PROCEDURE:
        hall.move(filed, "start_special", "section", "2026-03-04", **NEEDS)
    if state in (State.GRANTED, State.DENIED, State.DELIVERED):
        hall.to_decision(filed, "2026-03-04")
        hall.move(filed, "deny" if state is State.DENIED else "grant", "decider", "2026-03-05", **NEEDS)
    if state is State.DELIVERED:
        hall.move(filed, "deliver", "window", "2026-03-06", method="窗口")
    return filed


def test_a_case_goes_its_whole_way_with_its_numbered_documents(hall: Hall) -> None:
    filed = in_state(hall, State.DELIVERED)
    hall.casework.rate(filed.number, filed.query_code, 2, "不错", now=at("2026-03-07"))
    view = hall.casework.public_view(filed.number, filed.query_code, at("2026-03-08"))
    assert view.state_label == "已送达"
    assert [each.title for each in view.notices] == ["收件凭证", "受理通知书", "准予决定书", "送达回证"]
    assert [each.number for each in view.notices] == [
        f"青市监{word}字〔2026〕第1号" for word in ("收", "受", "准", "送")
    ]  # fmt: skip
    assert view.certificate is not None
    assert view.certificate.number == "青市监证2026000001"
    assert view.rating is not None
    assert view.rating.score == 2
    assert not view.may_rate
    assert [each.state for each in case_parts.steps(hall.database, 1)] == ["done", "done", "done"]
    assert view.time.agency_days == 2


def test_an_immediate_item_is_accepted_without_pre_review_and_decided_the_same_day(hall: Hall) -> None:
    filed = hall.file(item=ON_THE_SPOT)
    with pytest.raises(IllegalMove):
        hall.move(filed, "complete_step", "health", "2026-03-02")
    hall.move(filed, "accept", "health_front", "2026-03-02")
    moved = hall.move(filed, "grant", "health", "2026-03-02", opinion="同意")
    assert moved.state is State.GRANTED


def _roles() -> list[tuple[str, Role | None]]:
    chosen = {role: name for name, (role, unit) in STAFF.items() if unit != "health" and name != "section"}
    return [(name, role) for role, name in chosen.items()] + [("applicant", None), ("stranger", None)]


def _legal(hall: Hall, filed: Filed, state: State, move: MoveName, who: str, role: Role | None) -> bool:
    if who == "stranger":
        return False
    case = cases.by_number(hall.database, filed.number)
    assert case is not None
    facts = facts_of(case, case_parts.steps(hall.database, case.id), None, False, at("2026-03-06"))
    return move in {each.name for each in moves_for(state, role or Role.APPLICANT, facts)}


@pytest.mark.parametrize("state", [each for each in State if each is not State.DRAFT])
def test_every_state_move_and_role_not_in_the_table_is_refused_and_changes_nothing(
    hall: Hall, state: State
) -> None:
    filed = in_state(hall, state)
    keys = count(1)
    legal = 0
    legal_moves = {
        (move, who)
        for move in MoveName
        for who, role in _roles()
        if _legal(hall, filed, state, move, who, role)
    }
    before = dump(hall.database)
    for move in MoveName:
        for who, role in _roles():
            if (move, who) in legal_moves:
                legal += 1
                continue
            by: ByApplicant | ByStaff = (
                ByApplicant("AAAAAAAA" if who == "stranger" else filed.query_code)
                if role is None
                else hall.staff(who)
            )
            with pytest.raises(HallError) as refused:
                hall.casework.move(
                    filed.number, move, by, MoveData(NEEDS), key=f"x{next(keys)}", now=at("2026-03-06")
                )
            assert isinstance(refused.value, IllegalMove | Forbidden | NotFound), (state, move, who)
            assert isinstance(refused.value, NotFound) == (who == "stranger")
    assert dump(hall.database) == before
    ended = {State.DELIVERED, State.REFUSED, State.WITHDRAWN, State.VOIDED}
    assert (legal == 0) == (state in ended)


def test_another_departments_staff_cannot_move_or_see_the_case(hall: Hall) -> None:
    filed = hall.file()
    before = dump(hall.database)
    with pytest.raises(Forbidden, match="管辖范围"):
        hall.move(filed, "pre_review", "health_front", "2026-03-03")
    with pytest.raises(NotFound):
        hall.casework.staff_view(filed.number, hall.people["health"], at("2026-03-03"))
    assert dump(hall.database) == before


def test_a_step_belongs_to_its_own_section(hall: Hall) -> None:
    filed = hall.accept(hall.file())
    hall.move(filed, "complete_step", "section", "2026-03-04", opinion="属实")
    # The second step is the department's, above the section.
    with pytest.raises(Forbidden, match="别的单位"):
        hall.move(filed, "complete_step", "section", "2026-03-04", opinion="属实")
    hall.move(filed, "complete_step", "reviewer", "2026-03-04", opinion="属实")


def test_an_assignment_that_has_ended_gives_no_authority(hall: Hall) -> None:
    person = hall.people["window"]
    hall.database.write(
        lambda tx: people.end_assignment(tx, person, Role.WINDOW_CLERK, "window-market", date(2026, 3, 2))
    )
    filed = hall.file("2026-03-02")
    with pytest.raises(Forbidden):
        hall.move(filed, "pre_review", "window", "2026-03-03")


@pytest.mark.parametrize(
    ("state", "move", "who", "values", "field"),
    [
        (State.RECEIVED, "refuse", "window", {"basis": "法"}, "reason"),
        (State.RECEIVED, "supplement_notice", "window", {}, "reason"),
        (State.IN_REVIEW, "start_special", "section", {**NEEDS, "days": "0"}, "days"),
        (State.IN_REVIEW, "start_special", "section", {**NEEDS, "days": "1.5"}, "days"),
        (State.IN_REVIEW, "extend", "decider", {**NEEDS, "days": "11"}, "days"),
        (State.IN_REVIEW, "extend", "decider", {"days": "5"}, "reason"),
        (State.IN_REVIEW, "complete_step", "section", {"opinion": "长" * 2001}, "opinion"),
    ],
)
def test_a_move_without_what_it_needs_names_the_field_and_changes_nothing(
    hall: Hall, state: State, move: str, who: str, values: dict[str, str], field: str
) -> None:
    filed = in_state(hall, state)
    before = dump(hall.database)
    with pytest.raises(Invalid) as refused:
        hall.move(filed, move, who, "2026-03-04", **values)
    assert field in refused.value.fields
    assert dump(hall.database) == before


def test_a_supplement_is_asked_once_and_all_at_once(hall: Hall) -> None:
    filed = hall.file()
    data = MoveData({"reason": "平面图不清", "days": "10"}, missing=("plan",))
    hall.casework.move(
        filed.number, "supplement_notice", hall.staff("window"), data, key="s1", now=at("2026-03-03")
    )
    view = hall.casework.public_view(filed.number, filed.query_code, at("2026-03-04"))
    assert view.missing == ("经营场所平面图",)
    assert view.supplement_due == at("2026-03-17 23:59").replace(second=59)
    assert [each.move.name for each in view.moves] == ["supplement", "withdraw"]
    hall.move(filed, "supplement", "applicant", "2026-03-09")
    with pytest.raises(IllegalMove, match="只能一次"):
        hall.move(filed, "supplement_notice", "window", "2026-03-10", reason="还缺")
    hall.accept(filed, "2026-03-10")
    case = cases.by_number(hall.database, filed.number)
    assert case is not None
    assert (case.received_at, case.submitted_at) == (at("2026-03-09"), at("2026-03-02"))


def test_a_supplement_notice_cannot_name_materials_the_item_does_not_have(hall: Hall) -> None:
    filed = hall.file()
    data = MoveData({"reason": "缺"}, missing=("nonsense",))
    with pytest.raises(Invalid):
        hall.casework.move(
            filed.number, "supplement_notice", hall.staff("window"), data, key="s", now=at("2026-03-03")
        )


def test_sending_back_returns_to_the_step_before_and_its_clock_starts_anew(hall: Hall) -> None:
    filed = hall.accept(hall.file())
    hall.move(filed, "complete_step", "section", "2026-03-04", opinion="属实")
    hall.move(filed, "send_back", "reviewer", "2026-03-05", reason="请补充核查")
    first, second, _ = case_parts.steps(hall.database, 1)
    assert (first.state, second.state) == ("running", "waiting")
    assert first.started == at("2026-03-05")
    with pytest.raises(IllegalMove):
        hall.move(filed, "send_back", "section", "2026-03-05", reason="再退")


def test_a_denial_gives_reasons_and_tells_of_the_ways_to_appeal(hall: Hall) -> None:
    filed = in_state(hall, State.DENIED)
    notice = notices.of_subject(hall.database, "case", 1)[-1]
    text = "\n".join(line.text for line in notice.lines)
    assert "理由" in text
    assert "六十日内依法申请行政复议" in text
    assert "六个月内依法向人民法院提起行政诉讼" in text
    assert notice.addressee == "张示例"
    assert filed.number in text


def test_the_same_key_makes_a_move_once_and_another_content_under_it_is_a_conflict(hall: Hall) -> None:
    filed = hall.file()
    data = MoveData({"opinion": "齐"})
    first = hall.casework.move(
        filed.number, "pre_review", hall.staff("window"), data, key="k", now=at("2026-03-03")
    )
    before = dump(hall.database)
    again = hall.casework.move(
        filed.number, "pre_review", hall.staff("window"), data, key="k", now=at("2026-03-03")
    )
    assert again.repeated
    assert (again.event_sequence, again.state) == (first.event_sequence, first.state)
    with pytest.raises(Conflict):
        hall.casework.move(
            filed.number, "accept", hall.staff("window"), MoveData(), key="k", now=at("2026-03-03")
        )
    assert dump(hall.database) == before


def test_a_move_by_a_person_needs_a_key(hall: Hall) -> None:
    filed = hall.file()
    with pytest.raises(Invalid, match="幂等键"):
        hall.casework.move(
            filed.number, "pre_review", hall.staff("window"), MoveData(), key=None, now=at("2026-03-03")
        )


def test_whoever_saw_an_older_state_is_told_that_someone_was_faster(hall: Hall) -> None:
    filed = hall.accept(hall.file())
    seen = hall.casework.staff_view(filed.number, hall.people["section"], at("2026-03-04")).case.version
    hall.move(filed, "complete_step", "section", "2026-03-04", opinion="属实")
    with pytest.raises(Conflict, match="别人处理过"):
        hall.casework.move(
            filed.number, "complete_step", hall.staff("reviewer"), MoveData({"opinion": "同意"}, seen=seen),
            key="late", now=at("2026-03-04"),
        )  # fmt: skip


def test_of_many_who_decide_at_once_exactly_one_wins(hall: Hall) -> None:
    filed = hall.accept(hall.file(item=PLAIN))
    results: list[str] = []
    barrier = threading.Barrier(8)

    def decide(at_: int) -> None:
        barrier.wait()
        move = "grant" if at_ % 2 else "deny"
        try:
            hall.casework.move(
                filed.number,
                move,
                hall.staff("decider"),
                MoveData(NEEDS),
                key=f"r{at_}",
                now=at("2026-03-05"),
            )
            results.append(move)
        except (IllegalMove, Conflict):
            results.append("refused")

    threads = [threading.Thread(target=decide, args=(each,)) for each in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count("refused") == 7
    decided = [
        each for each in notices.of_subject(hall.database, "case", 1) if each.kind in ("grant", "denial")
    ]
    assert len(decided) == 1


def test_deemed_acceptance_is_the_halls_own_move(hall: Hall) -> None:
    filed = hall.file("2026-03-02")
    with pytest.raises(IllegalMove, match="还没有过"):
        hall.casework.move(
            filed.number, "deem_accept", BySystem(), MoveData(), key=None, now=at("2026-03-09 23:59")
        )
    with pytest.raises(Forbidden):
        hall.move(filed, "deem_accept", "coordinator", "2026-03-10")
    assert state_of(hall, filed) is State.RECEIVED


def test_an_unknown_move_and_an_unknown_case_are_told(hall: Hall) -> None:
    filed = hall.file()
    with pytest.raises(NotFound):
        hall.move(filed, "explode", "window", "2026-03-03")
    with pytest.raises(NotFound):
        hall.casework.move("QH000", "accept", hall.staff("window"), MoveData(), key="k", now=at("2026-03-03"))


def test_each_move_tells_the_applicant_and_whoever_has_the_case_next(hall: Hall) -> None:
    filed = hall.accept(hall.file())
    told = [
        (each.template, each.recipient_kind, each.recipient)
        for each in outbox.of_subject(hall.database, "case", 1)
    ]
    assert told == [
        ("case.filed", "applicant", filed.number),
        ("case.new", "unit", "window-market"),
        ("case.pre_review", "applicant", filed.number),
        ("case.pre_review", "unit", "window-market"),
        ("case.accept", "applicant", filed.number),
        ("case.accept", "unit", "market-licensing"),
    ]


def test_rating_happens_once_after_the_close_and_not_for_withdrawn_cases(hall: Hall) -> None:
    filed = hall.file()
    with pytest.raises(IllegalMove):
        hall.casework.rate(filed.number, filed.query_code, 1, "", now=at("2026-03-03"))
    hall.move(filed, "refuse", "window", "2026-03-03", **NEEDS)
    with pytest.raises(Invalid):
        hall.casework.rate(filed.number, filed.query_code, 6, "", now=at("2026-03-03"))
    hall.casework.rate(filed.number, filed.query_code, 5, "", now=at("2026-03-03"))
    with pytest.raises(Conflict):
        hall.casework.rate(filed.number, filed.query_code, 1, "", now=at("2026-03-03"))
    withdrawn = in_state(hall, State.WITHDRAWN)
    with pytest.raises(IllegalMove):
        hall.casework.rate(withdrawn.number, withdrawn.query_code, 1, "", now=at("2026-03-04"))
