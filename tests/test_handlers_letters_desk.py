"""The letters desk: reminded letters first, answering, extending, publishing, scope."""

from __future__ import annotations

import re

from handlers.casework.requests import LetterFiled, LetterRequest
from handlers.store import access_log
from tests.staff_fixtures import Office, fields_of, staffed, text_of

__all__ = ["staffed"]

HERE = "/hall/staff/letters"
ANSWER = "您好，开办小餐饮要先办理食品经营许可，材料清单见办事指南。"


def asked(office: Office, key: str, public: bool = True, title: str = "开小饭店要什么手续") -> LetterFiled:
    request = LetterRequest(
        "consultation",
        "market",
        title,
        "想在城关镇开一家小饭店，要办什么。",
        "赵示例",
        "0000-5550777",
        public=public,
    )
    return office.hall.casework.ask(request, key=key, now=office.clock())


def letter_page(office: Office, who: str, letter: LetterFiled) -> str:
    return office.signed_in(who).get(f"{HERE}/{letter.number}").text


def test_reminded_letters_come_first_then_the_most_urgent(staffed: Office) -> None:
    first = asked(staffed, "a")
    staffed.clock.forward(days=1)
    second = asked(staffed, "b")
    staffed.hall.casework.chase(second.number, second.query_code, now=staffed.clock())
    page = staffed.signed_in("decider").get(HERE).text
    assert re.findall(r'data-row-link href="/hall/staff/letters/([^"]+)"', page) == [
        second.number,
        first.number,
    ]
    assert "催办1次" in page


def test_an_answer_reaches_the_writer_and_ends_the_clock(staffed: Office) -> None:
    letter = asked(staffed, "a")
    client = staffed.signed_in("reviewer")
    path = f"{HERE}/{letter.number}"
    fields = fields_of(client.get(path).text, "/answer")
    assert client.post(f"{path}/answer", data={**fields, "text": "好"}).status_code == 422
    answer = client.post(f"{path}/answer", data={**fields, "text": ANSWER})
    assert "答复已发出" in answer.text
    view = staffed.hall.casework.public_letter(letter.number, letter.query_code, staffed.clock())
    assert view.letter.answer == ANSWER
    assert view.letter.public
    assert view.due is not None
    assert view.due.stopped == staffed.clock()
    again = client.post(f"{path}/answer", data={**fields, "text": ANSWER + "再说一遍"})
    assert again.status_code == 409
    assert "再说一遍" in again.text


def test_who_did_not_agree_is_never_published_and_who_did_may_be_kept_back(staffed: Office) -> None:
    private, public = asked(staffed, "a", public=False), asked(staffed, "b")
    client = staffed.signed_in("decider")
    assert 'name="publish"' not in client.get(f"{HERE}/{private.number}").text
    for letter in (private, public):
        path = f"{HERE}/{letter.number}"
        fields = fields_of(client.get(path).text, "/answer")
        fields.pop("publish", None)
        more = {"publish": "yes"} if letter is private else {}
        client.post(f"{path}/answer", data={**fields, "text": ANSWER, **more})
    assert staffed.hall.casework.answered_letters(10, staffed.clock()) == ()


def test_the_time_is_lengthened_once_with_the_reason(staffed: Office) -> None:
    letter = asked(staffed, "a")
    path = f"{HERE}/{letter.number}"
    client = staffed.signed_in("decider")
    fields = fields_of(client.get(path).text, "/extend")
    assert client.post(f"{path}/extend", data={**fields, "reason": ""}).status_code == 422
    answer = client.post(f"{path}/extend", data={**fields, "reason": "要和公安局会商"})
    assert "已延长答复期限" in answer.text
    assert "/extend" not in client.get(path).text
    assert client.post(f"{path}/extend", data={**fields, "reason": "还要"}).status_code == 409
    assert staffed.signed_in("reviewer").post(f"{path}/extend", data=fields).status_code == 403


def test_letters_of_other_departments_are_not_there(staffed: Office) -> None:
    letter = asked(staffed, "a")
    for who in ("police", "town"):
        client = staffed.signed_in(who)
        assert client.get(f"{HERE}/{letter.number}").status_code == 404
        assert letter.number not in client.get(HERE).text
        token = {"csrf": client.headers["x-csrf"], "text": ANSWER, "form_end": "1"}
        assert client.post(f"{HERE}/{letter.number}/answer", data=token).status_code == 404


def test_a_supervisor_reads_and_does_not_answer(staffed: Office) -> None:
    letter = asked(staffed, "a")
    page = letter_page(staffed, "supervisor", letter)
    assert "想在城关镇开一家小饭店" in page
    assert "/answer" not in page


def test_who_wrote_is_masked_until_asked_for_and_looks_are_written_down(staffed: Office) -> None:
    letter = asked(staffed, "a")
    page = letter_page(staffed, "decider", letter)
    assert "赵示例" not in page
    assert "0000-5550777" not in page
    shown = staffed.signed_in("decider").get(f"{HERE}/{letter.number}?show=personal").text
    assert "赵示例" in shown
    assert "0000-5550777" in shown
    assert len(access_log.of_subject(staffed.hall.database, "letter", letter.number)) == 2


def test_hostile_letters_are_shown_and_not_run(staffed: Office) -> None:
    letter = asked(staffed, "a", title="<img src=x onerror=alert(1)>")
    assert "<img src=x" not in letter_page(staffed, "decider", letter)
    assert "<img src=x" not in staffed.signed_in("decider").get(HERE).text
    assert "&lt;img src=x" in letter_page(staffed, "decider", letter)


def test_empty_letter_lists_say_what_would_be_here(staffed: Office) -> None:
    assert "没有等着答复的来信" in text_of(staffed.signed_in("decider").get(HERE).text)
    assert "还没有答复过的来信" in text_of(staffed.signed_in("decider").get(HERE + "?tab=answered").text)
    assert "您的岗位没有来信要看" in text_of(staffed.signed_in("town").get(HERE).text)
