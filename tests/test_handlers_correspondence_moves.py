"""Letters move by their table: assigned, transferred, reviewed, settled or disputed; what is illegal changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from handlers.store import cards, counts, letters, outbox
from rules.errors import Conflict, Forbidden, HallError, IllegalMove, Invalid, NotFound
from rules.letter_table import LETTER_MOVES
from tests.casework_fixtures import at, dump
from tests.correspondence_fixtures import ANSWER, MORE_STAFF, Post, make_post

VALUES = {
    "text": ANSWER, "reason": "理由在此", "unit": "health", "kind": "complaint", "finding": "confirmed", "score": "1",
}  # fmt: skip


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    made = make_post(tmp_path)
    yield made
    made.hall.database.close()


def test_a_letter_is_answered_after_a_second_person_has_read_it_and_settled_by_its_writer(post: Post) -> None:
    filed = post.ask()
    assert filed.number.startswith("QHZ20260302")
    assert filed.due.date() == date(2026, 3, 9)
    post.writer(filed, "chase", "2026-03-04")
    post.staff(filed, "submit", "reviewer", "2026-03-05", text=ANSWER)
    assert post.view(filed, "2026-03-05").letter.answer is None
    post.staff(filed, "answer", "decider", "2026-03-06")
    post.writer(filed, "settle", "2026-03-07")
    post.writer(filed, "rate", "2026-03-07", score="1", words="谢谢")
    view = post.view(filed, "2026-03-08")
    assert [each.words for each in view.timeline] == [
        "已收到您的咨询", "您催办了一次", "已答复", "您认可这个答复", "您评价了答复",
    ]  # fmt: skip
    assert view.letter.writer is None
    assert (view.letter.answer, view.letter.settled, view.letter.score) == (ANSWER, True, 1)


def test_nobody_reviews_the_answer_they_wrote(post: Post) -> None:
    filed = post.ask()
    post.staff(filed, "submit", "decider", text=ANSWER)
    before = dump(post.hall.database)
    with pytest.raises(Forbidden, match="自己"):
        post.staff(filed, "answer", "decider")
    assert dump(post.hall.database) == before


def test_an_answer_sent_back_returns_to_who_wrote_it_with_the_words(post: Post) -> None:
    filed = post.ask()
    post.staff(filed, "submit", "coordinator", text=ANSWER)
    post.staff(filed, "send_back", "decider", reason="请写明依据")
    whole = post.room.for_staff(filed.number, post.hall.people["coordinator"], at("2026-03-03"))
    assert whole.letter.state == "answering"
    assert whole.letter.review_words == "请写明依据"
    assert whole.letter.draft == ANSWER
    assert "请写明依据" not in str(post.view(filed).timeline)


def test_a_letter_to_nobody_known_is_assigned_by_the_centre_and_by_nobody_else(post: Post) -> None:
    filed = post.ask(department="", title="托育点备案", content="在小区办托育点要备案吗？")
    for who in ("coordinator", "decider", "health", "publisher", "admin", "centre_window"):
        with pytest.raises((NotFound, Forbidden)):
            post.staff(filed, "assign", who, unit="health")
    post.staff(filed, "assign", "centre", unit="health")
    letter = letters.by_number(post.hall.database, filed.number)
    assert letter is not None
    assert (letter.department, letter.state) == ("health", "assigned")
    assert any(each.words == "已交青禾县卫生健康局办理" for each in post.view(filed).timeline)


def test_a_transfer_is_an_event_with_its_reason_and_does_not_start_the_clock_again(post: Post) -> None:
    filed = post.ask()
    due = post.view(filed).letter.due
    post.staff(filed, "transfer", "coordinator", unit="health", reason="属于卫健职责")
    letter = letters.by_number(post.hall.database, filed.number)
    assert letter is not None
    assert (letter.department, letter.transfers, letter.due) == ("health", 1, due)
    assert "转青禾县卫生健康局办理：属于卫健职责" in [each.words for each in post.view(filed).timeline]
    with pytest.raises(NotFound):
        post.staff(filed, "submit", "coordinator", text=ANSWER)
    post.hall.casework.sweep(at("2026-03-10 00:00"))
    assert {each.department for each in cards.of_subject(post.hall.database, "letter", letter.id)} == {
        "health"
    }


def test_after_two_transfers_a_letter_goes_to_the_centre_whose_word_stands(post: Post) -> None:
    filed = post.ask()
    post.staff(filed, "transfer", "coordinator", unit="health", reason="属于卫健")
    post.staff(filed, "transfer", "health_front", unit="market", reason="属于市监")
    with pytest.raises(IllegalMove, match="退回政务服务中心"):
        post.staff(filed, "transfer", "coordinator", unit="health", reason="不归我们")
    post.staff(filed, "return", "coordinator", reason="两家都说不归自己")
    post.staff(filed, "assign", "centre", unit="market")
    with pytest.raises(IllegalMove, match="不能再退回"):
        post.staff(filed, "return", "coordinator", reason="还是不归我们")


def test_a_disputed_answer_is_reopened_with_a_fresh_clock_and_counted(post: Post) -> None:
    filed = post.ask("2026-03-02", public=True)
    post.answer(filed, "2026-03-06", publish=True)
    post.writer(filed, "dispute", "2026-03-09", reason="没有回答我的问题")
    letter = letters.by_number(post.hall.database, filed.number)
    assert letter is not None
    assert (letter.state, letter.disputes, letter.settled) == ("reopened", 1, False)
    assert letter.due.date() == date(2026, 3, 16)
    assert letters.published(post.hall.database) == ()
    found = cards.of_subject(post.hall.database, "letter", letter.id)
    assert [each.trigger for each in found if each.trigger] == ["disputed_closure"]
    sums = {
        (each.measure): each.count
        for each in counts.between(post.hall.database, date(2026, 3, 1), date(2026, 3, 31))
    }
    assert sums["letters_disputed"] == 1
    assert "letters_settled" not in sums


def test_a_writer_may_have_it_reopened_twice_and_is_then_shown_other_ways(post: Post) -> None:
    filed = post.ask()
    for day in ("03", "04"):
        post.answer(filed, f"2026-03-{day}")
        post.writer(filed, "dispute", f"2026-03-{day} 10:00", reason="还是没有解决")
    post.answer(filed, "2026-03-05")
    with pytest.raises(IllegalMove, match="信访"):
        post.writer(filed, "dispute", "2026-03-05 10:00", reason="还是没有解决")


@pytest.mark.parametrize(
    ("when", "closed"), [("2026-03-16 23:00", False), ("2026-03-17 23:59", False), ("2026-03-18 00:00", True)]
)
def test_silence_closes_as_unstated_and_never_as_settled(post: Post, when: str, closed: bool) -> None:
    filed = post.ask()
    post.answer(filed, "2026-03-03")
    assert post.room.close_unstated(at(when)) == ((filed.number,) if closed else ())
    letter = letters.by_number(post.hall.database, filed.number)
    assert letter is not None
    assert letter.settled is None
    assert letter.state == ("closed" if closed else "answered")
    if closed:
        with pytest.raises(IllegalMove):
            post.writer(filed, "dispute", when, reason="现在才看到")
        sums = {
            each.measure for each in counts.between(post.hall.database, date(2026, 3, 1), date(2026, 3, 31))
        }
        assert "letters_unstated" in sums
        assert "letters_settled" not in sums


def test_another_kind_is_told_to_the_writer_who_may_have_it_back(post: Post) -> None:
    filed = post.ask(kind="complaint")
    assert filed.number.startswith("QHT")
    post.staff(filed, "reclassify", "coordinator", kind="consultation", reason="只是询问办理时间")
    told = [
        each.body
        for each in outbox.of_subject(post.hall.database, "letter", 1)
        if each.recipient_kind == "applicant"
    ]
    assert any("类别改为“咨询”：只是询问办理时间" in body for body in told)
    post.writer(filed, "object")
    letter = letters.by_number(post.hall.database, filed.number)
    assert letter is not None
    assert (letter.kind, letter.own_kind, letter.reclassified, letter.objected) == ("complaint",) * 2 + (
        True,
        True,
    )
    with pytest.raises(IllegalMove):
        post.staff(filed, "reclassify", "coordinator", kind="consultation", reason="再改一次")
    with pytest.raises(IllegalMove):
        post.writer(filed, "object")


def test_the_time_is_lengthened_once_with_the_reason(post: Post) -> None:
    filed = post.ask()
    post.staff(filed, "extend", "decider", "2026-03-05", reason="需要现场核实")
    assert post.view(filed, "2026-03-05").letter.due.date() == date(2026, 3, 16)
    with pytest.raises(IllegalMove):
        post.staff(filed, "extend", "decider", "2026-03-06", reason="再延")


@pytest.mark.parametrize("swept", [True, False])
def test_a_limit_that_has_passed_is_not_extended_and_the_late_answer_stays_late(
    post: Post, swept: bool
) -> None:
    on_the_day, late = post.ask(), post.ask()
    post.staff(on_the_day, "extend", "decider", "2026-03-09 23:59:59", reason="需要现场核实")
    if swept:
        post.hall.casework.sweep(at("2026-03-10 00:00"))
    view = post.room.for_staff(late.number, post.hall.people["decider"], at("2026-03-10 00:00"))
    assert "extend" not in {each.name for each in view.view.moves}
    with pytest.raises(IllegalMove, match="期限已经过了"):
        post.staff(late, "extend", "decider", "2026-03-10 00:00", reason="需要现场核实")
    post.answer(late, "2026-03-10")
    letter = post.view(late, "2026-03-10").letter
    assert (letter.late, letter.due.date()) == (True, date(2026, 3, 9))
    # The writer does not agree: a new answer with a day of its own, which may be put off while it lasts.
    post.writer(late, "dispute", "2026-03-11", reason="没有答到点子上")
    post.staff(late, "extend", "decider", "2026-03-12", reason="需要现场核实")
    assert post.view(late, "2026-03-12").letter.due.date() == date(2026, 3, 25)


@pytest.mark.parametrize(
    ("when", "levels"),
    [
        ("2026-03-04 23:59", []),
        ("2026-03-05 00:00", [1]),
        ("2026-03-09 23:59", [1]),
        ("2026-03-10 00:00", [1, 2]),
        ("2026-03-11 00:00", [1, 2, 3]),
    ],
)
def test_a_letter_without_answer_is_warned_carded_and_red(post: Post, when: str, levels: list[int]) -> None:
    post.ask()
    post.hall.casework.sweep(at(when))
    assert [each.level for each in cards.of_subject(post.hall.database, "letter", 1)] == levels
    page = post.room.desk(post.hall.people["coordinator"], now=at(when))
    assert page.total == 1
    assert page.rows[0].letter.level == max(levels, default=0)


def test_an_answered_letter_is_not_swept_any_more(post: Post) -> None:
    post.answer(post.ask(), "2026-03-03")
    post.hall.casework.sweep(at("2026-06-01"))
    assert cards.of_subject(post.hall.database, "letter", 1) == ()


def test_a_chase_a_day_is_enough(post: Post) -> None:
    filed = post.ask()
    post.writer(filed, "chase", "2026-03-03 09:00")
    with pytest.raises(Conflict, match="今天"):
        post.writer(filed, "chase", "2026-03-03 20:00")
    post.writer(filed, "chase", "2026-03-04")


def _state(post: Post, state: str) -> object:
    filed = post.ask(department="" if state == "received" else "market", kind="suggestion")
    if state == "answering":
        post.staff(filed, "draft", "coordinator", text=ANSWER)
    if state in ("in_review",):
        post.staff(filed, "submit", "coordinator", text=ANSWER)
    if state in ("answered", "settled", "reopened", "closed"):
        post.answer(filed)
    if state == "settled":
        post.writer(filed, "settle")
    if state == "reopened":
        post.writer(filed, "dispute", reason="没有解决")
    if state == "closed":
        post.room.close_unstated(at("2026-04-30"))
    if state == "withdrawn":
        post.writer(filed, "withdraw")
    return filed


@pytest.mark.parametrize(
    "state",
    [
        "received",
        "assigned",
        "answering",
        "in_review",
        "answered",
        "settled",
        "reopened",
        "closed",
        "withdrawn",
    ],
)
def test_what_the_table_does_not_allow_changes_nothing_whoever_tries(post: Post, state: str) -> None:
    """Every move × every role, in every state: legal ones by the table's word, the others leave no trace."""
    filed = _state(post, state)
    database = post.hall.database
    who = (*post.hall.people,)
    allowed: dict[str, set[str]] = {}
    for person in who:
        try:
            whole = post.room.for_staff(filed.number, post.hall.people[person], at("2026-03-03"))  # type: ignore[attr-defined]
        except (NotFound, Forbidden):
            continue
        allowed[person] = {row.name for row in whole.view.moves}
    before = dump(database)
    for move in LETTER_MOVES:
        for person in who:
            if move in allowed.get(person, set()):
                continue
            with pytest.raises(HallError):
                post.staff(filed, move, person, **VALUES)  # type: ignore[arg-type]
        if move not in {row.name for row in post.view(filed).moves}:  # type: ignore[arg-type]
            with pytest.raises(HallError):
                post.writer(filed, move, **VALUES)  # type: ignore[arg-type]
    assert dump(database) == before
    assert "admin" not in allowed
    assert "publisher" not in allowed


def test_what_was_seen_has_changed_meanwhile(post: Post) -> None:
    filed = post.ask()
    post.staff(filed, "draft", "coordinator", text=ANSWER)
    before = dump(post.hall.database)
    with pytest.raises(Conflict):
        post.staff(filed, "submit", "reviewer", text=ANSWER, seen=0)
    assert dump(post.hall.database) == before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "petition"}, "kind"),
        ({"department": "none"}, "department"),
        ({"title": " "}, "title"),
        ({"content": "短"}, "content"),
        ({"name": "名" * 61}, "name"),
        ({"topic": "other"}, "topic"),
        ({"topic": "conduct"}, "topic"),
    ],
)
def test_a_faulty_letter_names_its_field(post: Post, changes: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        post.ask(**changes)  # type: ignore[arg-type]
    assert field in refused.value.fields


def test_a_letter_needs_no_name_and_its_code_is_enough(post: Post) -> None:
    filed = post.ask(name="", phone="")
    assert post.view(filed).letter.writer_masked == "匿名"
    with pytest.raises(NotFound):
        post.room.for_writer(filed.number, "AAAAAAAA", at("2026-03-03"))


def test_the_same_key_asks_once(post: Post) -> None:
    first, again = post.ask(key="same"), post.ask(key="same")
    assert (again.number, again.query_code, again.repeated) == (first.number, first.query_code, True)
    with pytest.raises(Conflict):
        post.ask(key="same", title="别的问题")


def test_a_drill_letter_counts_nowhere_and_is_never_public(post: Post) -> None:
    filed = post.ask(drill=True)
    post.answer(filed, publish=True)
    assert counts.between(post.hall.database, date(2026, 1, 1), date(2026, 12, 31)) == ()
    assert letters.published(post.hall.database) == ()


def test_the_suggestion_names_the_words_that_led_to_it(post: Post) -> None:
    found = post.room.suggest("食品经营许可怎么补办", "许可证丢了要补办")
    assert found[0].department == "market"
    assert any("食品经营许可补办" in reason for reason in found[0].reasons)
    assert 0 < found[0].share <= 1


def test_a_matter_for_elsewhere_is_told_where_to_go_and_may_be_disputed(post: Post) -> None:
    filed = post.ask(title="征地补偿", content="九十年代的征地补偿没有说法")
    post.staff(filed, "redirect", "decider", text="请向县信访部门提出，他们15日内告知是否受理。")
    letter = letters.by_number(post.hall.database, filed.number)
    assert letter is not None
    assert (letter.state, letter.outcome) == ("answered", "redirected")
    post.writer(filed, "dispute", reason="信访部门让我找你们")
    assert MORE_STAFF
