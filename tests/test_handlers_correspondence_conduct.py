"""A complaint about conduct exists for the county supervisor alone: nobody it is about can see, count, search or infer it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from catalog.county import LetterLimit
from handlers.casework.figures import figures
from handlers.casework.subjects import SUBJECTS
from handlers.correspondence.requests import LetterFiled
from handlers.store import cards, clocks, counts, events, letters, outbox
from handlers.store.letters import TABS
from rules.errors import Forbidden, HallError, IllegalMove, NotFound
from rules.letter_table import LETTER_MOVES
from tests.casework_fixtures import LICENCE, at
from tests.correspondence_fixtures import Post, make_post

SECRET = "窗口人员一边打游戏一边办事"
EVERYBODY_ELSE = ("window", "coordinator", "reviewer", "section", "decider", "supervisor", "publisher", "admin", "health",
                  "health_front", "centre", "town_clerk", "centre_window")  # fmt: skip


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    made = make_post(tmp_path)
    yield made
    made.hall.database.close()


FOUND = {"finding": "partly", "text": "情况部分属实，已批评教育。", "outcome": "约谈"}


def complain(post: Post, **changes: object) -> LetterFiled:
    values: dict[str, object] = {
        "kind": "complaint", "topic": "conduct", "title": SECRET, "content": "上午在窗口，问了三遍才抬头。",
        "about": "window示例", "public": True,
    }  # fmt: skip
    return post.ask(**(values | changes))  # type: ignore[arg-type]


def test_nobody_but_the_county_supervisor_sees_lists_counts_or_moves_it(post: Post) -> None:
    complain(post)
    filed = complain(post)
    unknown = "QHJ202603029999"
    for who in EVERYBODY_ELSE:
        person = post.hall.people[who]
        said: list[str] = []
        for number in (filed.number, unknown):
            with pytest.raises((NotFound, Forbidden)) as refused:
                post.room.for_staff(number, person, at("2026-03-03"))
            said.append(refused.value.detail)
        assert said[0] == said[1], who
        for tab in TABS:
            page = post.room.desk(person, now=at("2026-06-01"), tab=tab)
            assert (page.total, set(page.tab_counts.values())) == (0, {0}), (who, tab)
        for search in (SECRET, filed.number):
            assert post.room.desk(person, now=at("2026-03-03"), tab="all", search=search).total == 0
        with pytest.raises(Forbidden):
            post.room.conduct(person, at("2026-03-03"))
        for move in LETTER_MOVES:
            with pytest.raises(HallError):
                post.staff(
                    filed, move, who, text="答复答复答复", reason="理由", unit="health", finding="confirmed"
                )


def test_no_message_to_anyone_else_and_none_says_what_it_is_about(post: Post) -> None:
    filed = complain(post)
    post.writer(filed, "chase", "2026-03-04")
    supervisors = {post.hall.people["county"], post.hall.people["second_county"]}
    for each in outbox.of_subject(post.hall.database, "letter", 1):
        if each.recipient_kind == "applicant":
            continue
        assert each.recipient_kind == "person"
        assert each.recipient in supervisors
        assert SECRET not in each.body
        assert "市场监督" not in each.body
    for who in EVERYBODY_ELSE:
        assert post.hall.casework.messages(post.hall.people[who], at("2026-03-05")) == ()


def test_no_card_no_departments_count_and_no_gap_in_anothers_numbers(post: Post) -> None:
    before = post.ask(kind="complaint", name="")
    filed = complain(post)
    after = post.ask(kind="complaint", name="")
    assert int(after.number[-4:]) == int(before.number[-4:]) + 1
    assert filed.number.startswith("QHJ")
    post.hall.casework.sweep(at("2026-06-01"))
    assert cards.of_subject(post.hall.database, "letter", 2) == ()
    found = counts.between(post.hall.database, date(2026, 1, 1), date(2026, 12, 31))
    assert {each.department for each in found if each.measure.startswith("conduct")} == {"county"}
    assert sum(each.count for each in found if each.measure == "letters") == 2
    assert figures(post.hall.database, at("2026-03-02")).letters_month == 2
    assert letters.open_by_department(post.hall.database) == {"market": 2}


def test_the_events_metadata_names_neither_department_nor_person(post: Post) -> None:
    complain(post)
    rows = post.hall.database.rows("SELECT * FROM event WHERE subject = 'letter'")
    for row in rows:
        assert row["unit"] == "county"
        assert "market" not in str(tuple(row))
    for event in events.of_subject(post.hall.database, "letter", 1):
        assert "window示例" not in str(event.payload)
    stored = post.hall.database.row("SELECT * FROM letter")
    assert stored is not None
    assert "window示例".encode() not in b"".join(each for each in tuple(stored) if isinstance(each, bytes))


def test_a_case_shows_no_letter_about_conduct(post: Post) -> None:
    case = post.hall.file(item=LICENCE)
    complain(post, case_number=case.number)
    ordinary = post.ask(case_number=case.number)
    row = post.hall.database.row("SELECT id FROM cases")
    assert row is not None
    assert [each.letter.number for each in post.room.of_case(row["id"], at("2026-03-03"))] == [
        ordinary.number
    ]


@pytest.mark.parametrize("about", ["id", "name"])
def test_a_supervisor_complained_about_is_kept_out_and_the_other_is_not(post: Post, about: str) -> None:
    who = post.hall.people["county"] if about == "id" else "county示例"
    filed = complain(post, about=who)
    with pytest.raises(NotFound):
        post.room.for_staff(filed.number, post.hall.people["county"], at("2026-03-03"))
    assert post.room.conduct(post.hall.people["county"], at("2026-03-03")) == ()
    assert [
        each.letter.number for each in post.room.conduct(post.hall.people["second_county"], at("2026-03-03"))
    ] == [filed.number]
    told = {
        each.recipient
        for each in outbox.of_subject(post.hall.database, "letter", 1)
        if each.recipient_kind == "person"
    }
    assert told == {post.hall.people["second_county"]}
    with pytest.raises(NotFound):
        post.staff(filed, "finding", "county", finding="unconfirmed", text="经查不属实。")


def test_the_supervisor_finds_and_answers_and_it_is_never_public(post: Post) -> None:
    filed = complain(post)
    whole = post.room.for_staff(filed.number, post.hall.people["county"], at("2026-03-03"))
    assert whole.about == ("window示例", "market")
    assert whole.preview is None
    with pytest.raises(IllegalMove, match="另一位"):
        post.staff(filed, "finding", "county", **FOUND)
    post.staff(filed, "propose", "county", **FOUND)
    proposed = letters.by_number(post.hall.database, filed.number)
    assert proposed is not None
    assert (proposed.finding, proposed.confirmed, proposed.answer) == ("", None, None)
    assert "部分属实" not in str(post.view(filed))
    with pytest.raises(Forbidden, match="自己"):
        post.staff(filed, "endorse", "county")
    post.staff(filed, "endorse", "second_county", publish=True)
    letter = letters.by_number(post.hall.database, filed.number)
    assert letter is not None
    assert (letter.finding, letter.confirmed, letter.public, letter.published_at) == (
        "partly",
        True,
        False,
        None,
    )
    assert letters.published(post.hall.database) == ()
    assert post.room.similar(SECRET) == ()
    assert letters.answered_examples(post.hall.database, 10) == ()
    view = post.view(filed)
    assert view.finding_label == "部分属实"
    assert "约谈" not in str(view)
    assert view.department_name == "县监察员"
    assert (letter.handling, letter.answered_by, letter.reviewed_by) == (
        "约谈",
        post.hall.people["county"],
        post.hall.people["second_county"],
    )
    post.writer(filed, "dispute", reason="没有人来问过我")
    assert cards.of_subject(post.hall.database, "letter", letter.id) == ()


def test_the_centre_passes_on_what_is_about_conduct_and_sees_it_no_more(post: Post) -> None:
    filed = post.ask(department="", kind="complaint", title="态度很差", content="窗口人员态度很差，骂人。")
    post.staff(filed, "escalate", "centre", reason="反映的是态度")
    for who in EVERYBODY_ELSE:
        with pytest.raises((NotFound, Forbidden)):
            post.room.for_staff(filed.number, post.hall.people[who], at("2026-03-03"))
    assert [
        each.letter.number for each in post.room.conduct(post.hall.people["county"], at("2026-03-03"))
    ] == [filed.number]


def test_a_finding_goes_back_with_the_reviewers_words_and_may_be_made_again(post: Post) -> None:
    filed = complain(post)
    post.staff(filed, "propose", "county", **FOUND)
    post.staff(filed, "overrule", "second_county", reason="没有问过当事人")
    whole = post.room.for_staff(filed.number, post.hall.people["county"], at("2026-03-03"))
    assert whole.letter.review_words == "没有问过当事人"
    assert (whole.letter.state, whole.letter.confirmed) == ("answering", None)
    post.staff(filed, "propose", "second_county", finding="confirmed", text="情况属实，已处理。")
    post.staff(filed, "endorse", "county")
    assert post.view(filed).finding_label == "属实"


def test_a_supervisor_who_has_no_colleague_to_review_finds_alone_and_it_is_noted(post: Post) -> None:
    filed = complain(post, about="second_county示例")
    whole = post.room.for_staff(filed.number, post.hall.people["county"], at("2026-03-03"))
    assert whole.alone
    with pytest.raises(IllegalMove):
        post.staff(filed, "propose", "county", **FOUND)
    post.staff(filed, "finding", "county", **FOUND)
    after = post.room.for_staff(filed.number, post.hall.people["county"], at("2026-03-03"))
    assert any("由一人认定" in each.words for each in after.history)


@pytest.mark.parametrize("unit", ["", "market"])
def test_what_is_not_about_conduct_is_released_with_the_reason_told_and_a_fresh_clock(
    post: Post, unit: str
) -> None:
    filed = complain(post, title="证办得太慢", content="交了三次材料还没有办好。")
    post.staff(filed, "release", "county", "2026-03-05", reason="反映的是时限", unit=unit)
    who = "coordinator" if unit else "centre"
    whole = post.room.for_staff(filed.number, post.hall.people[who], at("2026-03-05"))
    assert whole.about == ("", "")
    assert (whole.letter.topic, whole.letter.state) == ("", "assigned" if unit else "received")
    assert whole.letter.due == at("2026-03-12 23:59:59")
    words = [each.words for each in post.view(filed, "2026-03-05").timeline]
    assert any("反映的是时限" in each for each in words)
    kinds = [each.kind for each in events.of_subject(post.hall.database, "letter", whole.letter.id)]
    assert kinds == ["letter.ask", "letter.release"]
    told = outbox.of_subject(post.hall.database, "letter", whole.letter.id)
    assert [each.recipient_kind for each in told[-2:]].count("applicant") == 1
    # From here on it has a clock with cards, as every letter of a department has.
    post.hall.casework.sweep(at("2026-04-01"))
    assert cards.of_subject(post.hall.database, "letter", whole.letter.id)
    assert post.room.conduct(post.hall.people["county"], at("2026-03-05")) == ()


def test_a_department_passes_on_what_is_about_conduct_and_sees_it_no_more(post: Post) -> None:
    filed = post.ask(kind="complaint", title="怎么还不办", content="交了三次材料，窗口还骂人。")
    post.staff(filed, "submit", "coordinator", text="您反映的问题我们正在核实。")
    post.staff(filed, "escalate", "decider", reason="反映的是工作人员骂人")
    for who in EVERYBODY_ELSE:
        with pytest.raises((NotFound, Forbidden)):
            post.room.for_staff(filed.number, post.hall.people[who], at("2026-03-03"))
        for tab in TABS:
            try:
                page = post.room.desk(post.hall.people[who], now=at("2026-03-03"), tab=tab)
            except Forbidden:
                continue
            assert filed.number not in {each.letter.number for each in page.rows}
    letter = letters.by_number(post.hall.database, filed.number)
    assert letter is not None
    assert (letter.draft, letter.drafted_by, letter.assigned_person) == (None, None, None)
    shown = SUBJECTS["letter"](post.hall.database, letter.id)
    assert shown is not None
    assert shown.title == "来信"
    with pytest.raises(Forbidden):
        post.staff(post.ask(), "escalate", "reviewer", reason="想推给监察")


def test_a_letter_passed_on_has_its_days_from_then_and_late_days_stay_with_who_kept_it(post: Post) -> None:
    filed = post.ask(title="窗口态度", content="窗口人员骂人，请管一管。")
    post.staff(filed, "escalate", "coordinator", "2026-03-20", reason="反映的是工作人员骂人")
    letter = letters.by_number(post.hall.database, filed.number)
    assert letter is not None
    assert letter.due == at("2026-03-27 23:59:59")
    kept = cards.of_subject(post.hall.database, "letter", letter.id)
    assert {(each.department, each.level) for each in kept} >= {("market", 2)}
    assert "期限从次日重新计算" in post.view(filed).timeline[-1].words


def test_a_disputed_letter_passed_on_has_all_days_of_a_complaint(post: Post) -> None:
    filed = post.ask(title="窗口态度", content="窗口人员骂人，请管一管。")
    post.answer(filed, "2026-03-04")
    post.writer(filed, "dispute", "2026-03-18", reason="没有人来问过我")
    post.staff(filed, "escalate", "coordinator", "2026-03-19", reason="反映的是工作人员骂人")
    letter = letters.by_number(post.hall.database, filed.number)
    assert letter is not None
    assert letter.due == at("2026-03-26 23:59:59")
    clock = clocks.of_subject(post.hall.database, "letter", letter.id)[-1]
    assert (clock.started, clock.due) == (at("2026-03-19"), letter.due)


def test_what_is_passed_on_has_the_days_of_a_complaint_whatever_it_was_written_as(post: Post) -> None:
    holder = post.hall.holder
    county = holder.ground.county
    kinds = {"complaint": LetterLimit(days=3, extension=3), "suggestion": LetterLimit(days=15, extension=5)}
    settings = county.settings.model_copy(update={"letter_kinds": kinds})
    holder.ground = replace(holder.ground, county=county.model_copy(update={"settings": settings}))
    filed = post.ask(kind="suggestion", title="窗口态度", content="建议窗口人员不要骂人。")
    assert filed.due == at("2026-03-23 23:59:59")
    post.staff(filed, "escalate", "decider", "2026-03-03", reason="反映的是工作人员骂人")
    letter = letters.by_number(post.hall.database, filed.number)
    assert letter is not None
    assert (letter.kind, letter.due) == ("complaint", at("2026-03-06 23:59:59"))
    clock = clocks.of_subject(post.hall.database, "letter", letter.id)[-1]
    assert (clock.limit_days, clock.due) == (3, letter.due)
