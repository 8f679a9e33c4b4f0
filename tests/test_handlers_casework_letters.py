"""Letters: asked, chased, answered within their clock, rated, published only where the writer agreed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from handlers.casework.requests import LetterFiled, LetterRequest
from handlers.store import cards, counts, events
from handlers.store.people_records import Letter
from rules.errors import Conflict, Forbidden, IllegalMove, Invalid, NotFound
from tests.casework_fixtures import Hall, at, dump, make_hall


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    made = make_hall(tmp_path)
    yield made
    made.database.close()


def ask(
    hall: Hall, when: str = "2026-03-02", *, key: str = "k", drill: bool = False, **changes: object
) -> LetterFiled:
    values: dict[str, object] = {
        "kind": "consultation", "department": "market", "title": "怎么办证", "content": "开小吃店要办什么证？",
        "name": "张示例", "phone": "0000-5550999", "public": True,
    }  # fmt: skip
    return hall.casework.ask(LetterRequest(**(values | changes)), key=key, now=at(when), drill=drill)  # type: ignore[arg-type]


def test_a_letter_is_asked_chased_answered_and_rated(hall: Hall) -> None:
    filed = ask(hall)
    assert filed.number.startswith("QHZ20260302")
    assert filed.due.date() == date(2026, 3, 9)
    hall.casework.chase(filed.number, filed.query_code, now=at("2026-03-05"))
    hall.casework.answer(
        filed.number, hall.staff("coordinator"), "请办理食品经营许可。", now=at("2026-03-06")
    )
    hall.casework.rate_letter(filed.number, filed.query_code, 1, "谢谢", now=at("2026-03-07"))
    view = hall.casework.public_letter(filed.number, filed.query_code, at("2026-03-08"))
    assert view.state_label == "已评价"
    assert [each.words for each in view.timeline] == [
        "已收到您的咨询",
        "您催办了一次",
        "已答复",
        "您评价了答复",
    ]
    assert view.letter.writer is None
    assert view.letter.answer == "请办理食品经营许可。"
    assert [each.letter.number for each in hall.casework.answered_letters(10, at("2026-03-08"))] == [
        filed.number
    ]


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
def test_a_letter_without_answer_is_warned_carded_and_red(hall: Hall, when: str, levels: list[int]) -> None:
    ask(hall)
    hall.casework.sweep(at(when))
    found = [each.level for each in cards.of_subject(hall.database, "letter", 1)]
    assert found == levels
    view, total = hall.casework.letters_desk(hall.people["coordinator"], now=at(when))
    assert total == 1
    assert view[0].letter.level == max(levels, default=0)


def test_an_answered_letter_is_not_swept_any_more(hall: Hall) -> None:
    filed = ask(hall)
    hall.casework.answer(filed.number, hall.staff("decider"), "请办理许可。", now=at("2026-03-03"))
    hall.casework.sweep(at("2026-06-01"))
    assert cards.of_subject(hall.database, "letter", 1) == ()


def test_a_chase_a_day_is_enough(hall: Hall) -> None:
    filed = ask(hall)
    hall.casework.chase(filed.number, filed.query_code, now=at("2026-03-03 09:00"))
    with pytest.raises(Conflict, match="今天"):
        hall.casework.chase(filed.number, filed.query_code, now=at("2026-03-03 20:00"))
    hall.casework.chase(filed.number, filed.query_code, now=at("2026-03-04"))


def test_an_extension_lengthens_the_answer_once_with_its_reason(hall: Hall) -> None:
    filed = ask(hall)
    hall.casework.extend_letter(filed.number, hall.staff("decider"), "需要现场核实", now=at("2026-03-05"))
    view = hall.casework.public_letter(filed.number, filed.query_code, at("2026-03-05"))
    assert view.letter.due.date() == date(2026, 3, 16)
    with pytest.raises(IllegalMove):
        hall.casework.extend_letter(filed.number, hall.staff("decider"), "再延", now=at("2026-03-06"))


def test_wrong_codes_and_foreign_departments_get_nothing(hall: Hall) -> None:
    filed = ask(hall)
    before = dump(hall.database)
    with pytest.raises(NotFound):
        hall.casework.public_letter(filed.number, "AAAAAAAA", at("2026-03-03"))
    with pytest.raises(NotFound):
        hall.casework.chase(filed.number, "AAAAAAAA", now=at("2026-03-03"))
    with pytest.raises(NotFound):
        hall.casework.answer(filed.number, hall.staff("health"), "不归我们管。", now=at("2026-03-03"))
    with pytest.raises(Forbidden):
        hall.casework.answer(filed.number, hall.staff("supervisor"), "监察员不答复。", now=at("2026-03-03"))
    with pytest.raises(IllegalMove):
        hall.casework.rate_letter(filed.number, filed.query_code, 1, "", now=at("2026-03-03"))
    assert dump(hall.database) == before


def test_a_letter_is_answered_once(hall: Hall) -> None:
    filed = ask(hall)
    hall.casework.answer(filed.number, hall.staff("decider"), "请办理许可。", now=at("2026-03-03"))
    with pytest.raises(IllegalMove):
        hall.casework.answer(filed.number, hall.staff("decider"), "请再办一次。", now=at("2026-03-03"))
    with pytest.raises(IllegalMove):
        hall.casework.chase(filed.number, filed.query_code, now=at("2026-03-03"))


def test_an_unpublished_letter_stays_unpublished(hall: Hall) -> None:
    first, second = ask(hall, public=False), ask(hall, key="k2")
    hall.casework.answer(
        first.number, hall.staff("decider"), "请办理许可。", now=at("2026-03-03"), public=True
    )
    hall.casework.answer(
        second.number, hall.staff("decider"), "请办理许可。", now=at("2026-03-03"), public=False
    )
    assert hall.casework.answered_letters(10, at("2026-03-03")) == ()


def test_the_same_key_asks_once(hall: Hall) -> None:
    first, again = ask(hall), ask(hall)
    assert (again.number, again.query_code, again.repeated) == (first.number, first.query_code, True)
    with pytest.raises(Conflict):
        ask(hall, title="别的问题")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "praise"}, "kind"),
        ({"department": "none"}, "department"),
        ({"title": " "}, "title"),
        ({"content": "短"}, "content"),
        ({"name": ""}, "name"),
    ],
)
def test_a_faulty_letter_names_its_field(hall: Hall, changes: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        ask(hall, **changes)
    assert field in refused.value.fields


def test_a_drill_letter_counts_nowhere(hall: Hall) -> None:
    filed = ask(hall, drill=True)
    hall.casework.answer(filed.number, hall.staff("decider"), "演练答复。", now=at("2026-03-03"))
    assert counts.between(hall.database, date(2026, 1, 1), date(2026, 12, 31)) == ()
    assert hall.casework.answered_letters(10, at("2026-03-03")) == ()


def test_staff_see_the_writer_and_the_look_is_logged(hall: Hall) -> None:
    filed = ask(hall)
    view, letter = hall.casework.staff_letter(filed.number, hall.people["supervisor"], at("2026-03-03"), "r1")
    assert isinstance(letter, Letter)
    assert letter.writer is not None
    assert letter.writer.name == "张示例"
    assert view.letter.writer_masked == "张*例"
    assert hall.database.value("SELECT count(*) FROM access_log WHERE subject = 'letter'") == 1
    assert events.head(hall.database)[0] == 1
