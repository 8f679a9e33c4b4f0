"""The letters desk: tabs, reminded letters first, drafting, reviewing with what is masked, extending, scope, conduct."""

from __future__ import annotations

import re
from typing import Any

from handlers.correspondence.requests import LetterData, LetterFiled, LetterRequest
from handlers.store import access_log
from handlers.store.letters import published
from rules.letter_terms import LetterMove
from tests.staff_fixtures import Office, fields_of, staffed, text_of

__all__ = ["staffed"]

HERE = "/hall/staff/letters"
ANSWER = "您好，开办小餐饮要先办理食品经营许可，材料清单见办事指南。"


def asked(
    office: Office, key: str, public: bool = True, title: str = "开小饭店要什么手续", **more: str
) -> LetterFiled:
    values = {
        "kind": "consultation", "department": "market", "content": "想在城关镇开一家小饭店，要办什么。", "name": "赵示例",
        "phone": "0000-5550777", **more,
    }  # fmt: skip
    request = LetterRequest(title=title, public=public, **values)
    return office.hall.correspondence.ask(request, key=key, now=office.clock())


def do(office: Office, who: str, letter: LetterFiled, move: str, **values: str) -> Any:
    """Makes a move with the form that stands on the letter's page."""
    client = office.signed_in(who)
    page = client.get(f"{HERE}/{letter.number}").text
    fields = fields_of(page, f"/moves/{move}") | {f"{move}.{name}": [value] for name, value in values.items()}
    return client.post(f"{HERE}/{letter.number}/moves/{move}", data=fields)


def letter_page(office: Office, who: str, letter: LetterFiled) -> str:
    return str(office.signed_in(who).get(f"{HERE}/{letter.number}").text)


def chase(office: Office, letter: LetterFiled) -> None:
    office.hall.correspondence.by_writer(
        letter.number, letter.query_code, LetterMove.CHASE, LetterData(), now=office.clock()
    )


def test_reminded_letters_come_first_then_the_most_urgent(staffed: Office) -> None:
    first = asked(staffed, "a")
    staffed.clock.forward(days=1)
    second = asked(staffed, "b")
    chase(staffed, second)
    page = staffed.signed_in("decider").get(HERE).text
    assert re.findall(r'data-row-link href="/hall/staff/letters/([^"]+)"', page) == [
        second.number,
        first.number,
    ]
    assert "催办1次" in page


def test_an_answer_goes_out_after_review_and_ends_the_clock(staffed: Office) -> None:
    letter = asked(staffed, "a")
    assert do(staffed, "reviewer", letter, "submit", text="好").status_code == 422
    assert "等另一位负责人审核" in do(staffed, "reviewer", letter, "submit", text=ANSWER).text
    assert "/moves/answer" not in letter_page(staffed, "reviewer", letter)
    assert letter.number in staffed.signed_in("decider").get(HERE + "?tab=to_review").text
    page = letter_page(staffed, "decider", letter)
    assert "公开出去是这样" in page
    assert "答复已发出" in do(staffed, "decider", letter, "answer", publish="yes").text
    view = staffed.hall.correspondence.for_writer(letter.number, letter.query_code, staffed.clock())
    assert view.letter.answer == ANSWER
    assert view.letter.published_at is not None
    assert view.due is not None
    assert view.due.stopped == staffed.clock()


def test_the_reviewer_sees_what_is_masked_and_masks_more_before_it_is_public(staffed: Office) -> None:
    letter = asked(staffed, "a", content="我叫赵示例，住幸福小区3栋501室，店名阿宝小馆，要办什么。")
    do(staffed, "coordinator", letter, "submit", text=ANSWER)
    client = staffed.signed_in("decider")
    path = f"{HERE}/{letter.number}"
    fields = fields_of(client.get(path).text, "/moves/answer") | {"answer.mask": ["阿宝小馆"]}
    page = client.post(f"{path}/moves/answer", data={**fields, "preview": "1"}).text
    assert "指定词：阿宝小馆" in page
    assert published(staffed.hall.database) == ()
    client.post(f"{path}/moves/answer", data={**fields, "answer.publish": "yes"})
    board = staffed.browser().get("/hall/letters").text
    for secret in ("赵示例", "501", "阿宝小馆"):
        assert secret not in board
    assert ANSWER in board


def test_who_did_not_agree_is_never_published_and_who_did_may_be_kept_back(staffed: Office) -> None:
    private, public = asked(staffed, "a", public=False), asked(staffed, "b")
    for letter in (private, public):
        do(staffed, "coordinator", letter, "submit", text=ANSWER)
        page = letter_page(staffed, "decider", letter)
        assert ('name="answer.publish"' in page) == (letter is public)
        do(staffed, "decider", letter, "answer", **({"publish": "yes"} if letter is private else {}))
    assert published(staffed.hall.database) == ()


def test_the_time_is_lengthened_once_with_the_reason(staffed: Office) -> None:
    letter = asked(staffed, "a")
    assert do(staffed, "decider", letter, "extend", reason="").status_code == 422
    assert "已延长答复期限" in do(staffed, "decider", letter, "extend", reason="要和公安局会商").text
    assert "/moves/extend" not in letter_page(staffed, "decider", letter)
    client = staffed.signed_in("decider")
    form = {"csrf": client.headers["x-csrf"], "extend.reason": "还要", "form_end": "1"}
    answer = client.post(f"{HERE}/{letter.number}/moves/extend", data=form)
    assert answer.status_code == 409
    assert "还要" in answer.text
    reviewer = staffed.signed_in("reviewer")
    form["csrf"] = reviewer.headers["x-csrf"]
    assert reviewer.post(f"{HERE}/{letter.number}/moves/extend", data=form).status_code in (403, 409)


def test_the_centre_assigns_by_the_suggestion_with_its_reasons(staffed: Office) -> None:
    letter = asked(
        staffed, "a", department="", title="食品经营许可怎么办", content="开饭店办食品经营许可要带什么？"
    )
    client = staffed.signed_in("admin")
    assert letter.number in client.get(HERE).text
    page = client.get(f"{HERE}/{letter.number}").text
    assert "按内容看，可能是" in text_of(page)
    fields = fields_of(page, "/moves/assign")
    assert fields["assign.unit"] == ["market"]
    assert "食品经营许可" in text_of(page)
    assert client.post(f"{HERE}/{letter.number}/moves/assign", data=fields).status_code == 200
    assert letter.number in staffed.signed_in("coordinator").get(HERE).text


def test_letters_of_other_departments_are_not_there(staffed: Office) -> None:
    letter = asked(staffed, "a")
    for who in ("police", "town"):
        client = staffed.signed_in(who)
        assert client.get(f"{HERE}/{letter.number}").status_code == 404
        assert letter.number not in client.get(HERE + "?tab=all").text
        token = {"csrf": client.headers["x-csrf"], "submit.text": ANSWER, "form_end": "1"}
        assert client.post(f"{HERE}/{letter.number}/moves/submit", data=token).status_code == 404


def test_an_answer_to_a_letter_that_was_transferred_meanwhile_is_given_back(staffed: Office) -> None:
    letter = asked(staffed, "a")
    client = staffed.signed_in("reviewer")
    address = f"{HERE}/{letter.number}/moves/submit"
    fields = fields_of(client.get(f"{HERE}/{letter.number}").text, "/moves/submit")
    do(staffed, "coordinator", letter, "transfer", unit="police", reason="属于公安机关职责")
    for more in ({}, {"preview": "1"}, {"restore": "1"}):
        late = client.post(address, data={**fields, "submit.text": f"{ANSWER}<b>", **more})
        assert late.status_code == 404
        assert f"{ANSWER}&lt;b&gt;" in late.text
        assert "没有执行" in text_of(late.text)
        assert "赵示例" not in late.text
    # An unknown letter is answered in the same words.
    unknown = client.post(f"{HERE}/X2026999/moves/submit", data={**fields, "submit.text": ANSWER})
    assert unknown.status_code == 404
    assert ANSWER in unknown.text


def test_a_supervisor_reads_and_urges_and_does_not_answer(staffed: Office) -> None:
    letter = asked(staffed, "a")
    page = letter_page(staffed, "supervisor", letter)
    assert "想在城关镇开一家小饭店" in page
    assert "/moves/submit" not in page
    assert "已督促" in do(staffed, "supervisor", letter, "supervise", reason="请尽快").text


def test_conduct_is_on_the_county_supervisors_list_alone(staffed: Office) -> None:
    letter = asked(staffed, "a", kind="complaint", topic="conduct", about="decider示例", title="窗口人员骂人")
    for who in (
        "coordinator",
        "decider",
        "reviewer",
        "window",
        "admin",
        "market-supervisor",
        "police",
        "publisher",
    ):
        client = staffed.signed_in(who)
        for path in (
            HERE + "?tab=all",
            HERE + f"?tab=all&q={letter.number}",
            "/hall/staff/messages",
            "/hall/staff/",
        ):
            page = (
                client.get(path)
                .text.replace(f'value="{letter.number}"', "")
                .replace(f"q={letter.number}", "")
            )
            assert "窗口人员骂人" not in page, (who, path)
            assert letter.number not in page, (who, path)
            assert "/hall/staff/conduct" not in page, (who, path)
        assert client.get(f"{HERE}/{letter.number}").status_code in (403, 404)
        assert client.get("/hall/staff/conduct").status_code == 403
    page = staffed.signed_in("supervisor").get("/hall/staff/conduct").text
    assert "窗口人员骂人" in page
    assert "decider示例" in letter_page(staffed, "supervisor", letter)
    done = do(staffed, "supervisor", letter, "finding", finding="confirmed", text="情况属实，已批评教育。")
    assert "认定和答复已发出" in done.text


def test_a_move_that_does_not_exist_is_told(staffed: Office) -> None:
    letter = asked(staffed, "a")
    client = staffed.signed_in("decider")
    form = {"csrf": client.headers["x-csrf"], "form_end": "1"}
    for move in ("nothing", "settle", "close", "__class__"):
        assert client.post(f"{HERE}/{letter.number}/moves/{move}", data=form).status_code in (
            403,
            404,
            409,
        ), move


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
    assert "还没有答复过的来信" in text_of(staffed.signed_in("decider").get(HERE + "?tab=done").text)
    assert "您的岗位没有来信要看" in text_of(staffed.signed_in("town").get(HERE).text)
