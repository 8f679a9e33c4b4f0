"""What belongs to others is answered like what does not exist: cases, drafts, scores, notices."""

from __future__ import annotations

import re
from typing import Any

import pytest

from handlers.limiter import Limiter
from handlers.store.notices import by_id as notice_by_id
from tests.access_fixtures import Everyone, Unchanged
from tests.others_fixtures import NO_ID, NO_LETTER, NO_NUMBER, alike, everyone, said
from tests.test_handlers_access_walk import all_ways, filled

__all__ = ["everyone"]


@pytest.mark.parametrize("account", ["anonymous", "applicant-b"])
def test_another_applicants_things_are_answered_like_what_does_not_exist(
    everyone: Everyone, account: str
) -> None:
    everyone.hall.limiter = Limiter()
    things, client = everyone.things, everyone.client(account)
    case, letter = things.case.number, things.letter.number
    pairs = [(f"/hall/track/{case}{end}", f"/hall/track/{NO_NUMBER}{end}") for end in (
        "", "/supplement", "/withdraw", "/hearing", "/record", "/proof.json", f"/files/{things.case_file}")]  # fmt: skip
    pairs += [
        (f"/hall/receipt/{case}{end}", f"/hall/receipt/{NO_NUMBER}{end}") for end in ("", ".docx", ".json")
    ]
    pairs += [
        (f"/hall/rate/{case}", f"/hall/rate/{NO_NUMBER}"),
        (f"/hall/notices/{things.notice}", f"/hall/notices/{NO_ID}"),
        (f"/hall/notices/{things.notice}.docx", f"/hall/notices/{NO_ID}.docx"),
        (f"/hall/letters/{letter}", f"/hall/letters/{NO_LETTER}"),
        (f"/hall/letters/{things.conduct.number}", f"/hall/letters/{NO_LETTER}"),
        (f"/hall/letters/{letter}/files/{things.letter_file}", f"/hall/letters/{letter}/files/nothing"),
        (f"/hall/letters/public/{letter}", f"/hall/letters/public/{NO_LETTER}"),
    ]
    names = (case, NO_NUMBER, letter, things.conduct.number, NO_LETTER)
    for there, nowhere in pairs:
        ids = (there, there.removesuffix(".docx"), nowhere.removesuffix(".docx"))
        alike(client, "GET", there, nowhere, *names, *ids)
    pages = re.sub(r"/[0-9a-f]{8}$", "/0badc0de", things.draft)
    for end in ("/applicant", "/check", "/saved", f"/files/{things.draft_file}"):
        assert alike(client, "GET", things.draft + end, pages + end)[0] in (404, 410)


def test_the_owner_is_the_one_who_opens_them(everyone: Everyone) -> None:
    everyone.hall.limiter = Limiter()
    things, client = everyone.things, everyone.client("applicant-a")
    case, letter = things.case.number, things.letter.number
    for path in (f"/hall/track/{case}", f"/hall/receipt/{case}", f"/hall/notices/{things.notice}",
                 f"/hall/track/{case}/files/{things.case_file}", f"/hall/receipt/{case}.json",
                 f"/hall/letters/{letter}/files/{things.letter_file}", f"{things.draft}/files/{things.draft_file}"):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert 'name="code"' not in answer.text, path


@pytest.mark.parametrize("way", ["page", "api"])
def test_a_wrong_code_and_an_unknown_number_are_one_answer_everywhere(everyone: Everyone, way: str) -> None:
    everyone.hall.limiter = Limiter()
    things = everyone.things
    case, letter = things.case.number, things.letter.number
    if way == "page":
        client = everyone.client("anonymous")
        for path, number, nowhere in (
            ("/hall/track", case, NO_NUMBER), ("/hall/rate", case, NO_NUMBER), ("/hall/track", letter, NO_LETTER),
            ("/hall/letters/track", letter, NO_LETTER),
        ):  # fmt: skip
            answers = [
                said(
                    client.post(path, data={"number": each, "code": "AAAA2222", "form_end": "1"}),
                    number,
                    nowhere,
                )
                for each in (number, nowhere)
            ]
            assert answers[0] == answers[1]
            assert answers[0][0] == 422
        number = everyone.hall.database.value(
            "SELECT number FROM supervision_order WHERE id = ?", (things.order,)
        )
        answers = [
            said(
                client.post("/hall/check/order", data={"number": each, "code": "AAAA2222", "form_end": "1"}),
                number, "青督字〔2026〕第997号",
            )
            for each in (number, "青督字〔2026〕第997号")
        ]  # fmt: skip
        assert answers[0] == answers[1]
        return
    program = everyone.program("anonymous")
    rows = Unchanged(everyone.hall.database.path)
    bodies = {"rating": {"score": 1}, "dispute": {"reason": "没有解决"}, "withdraw": {"reason": "不办了"}}
    tried = 0
    for each in all_ways():
        method, path = each.split(" ")
        if not path.startswith(("/api/v1/cases/{number}", "/api/v1/letters/{number}")):
            continue
        everyone.hall.limiter = Limiter()
        number, nowhere = (case, NO_NUMBER) if "/cases/" in path else (letter, NO_LETTER)
        there, not_there = (
            filled(each, everyone).replace(case, wanted).replace(letter, wanted)
            for wanted in (number, nowhere)
        )
        more: dict[str, Any] = {"headers": {"X-Query-Code": "AAAA2222", "Idempotency-Key": "k"}}
        if method == "POST":
            more["json"] = bodies.get(path.rsplit("/", 1)[1], {})
        assert alike(program, method, there, not_there, number, nowhere, **more) == (404, 404), each
        tried += 1
    assert tried > 12
    assert rows.changed() == []


STAFF_PATHS = {
    "/hall/staff/cases/{case}": NO_NUMBER, "/hall/staff/attachments/{case_file}": "nothing",
    "/hall/notices/{notice}": NO_ID, "/hall/staff/letters/{letter}": NO_LETTER, "/hall/staff/letters/{conduct}": NO_LETTER,
    "/hall/staff/letters/{letter}/files/{letter_file}": "nothing", "/hall/cards/{card}": NO_ID,
    "/hall/cards/{card}/appeal": NO_ID, "/hall/orders/{order}": NO_ID, "/hall/orders/{order}/document": NO_ID,
    "/hall/orders/{order}/document.docx": NO_ID, "/hall/appeals/{appeal}": NO_ID,
    "/hall/supervision-files/{order_file}": "nothing", "/hall/supervision-files/{appeal_file}": "nothing",
    "/hall/scores/2026-03/{department}": "no-such", "/hall/scores/2026-03/{department}/persons": "no-such",
    "/hall/scores/2026-03/{department}/appeal": "no-such", "/hall/board/{department}": "no-such",
    "/hall/staff/ratings/{rated}": NO_NUMBER,
    "/api/v1/desk/cases/{case}": NO_NUMBER, "/api/v1/desk/notices/{notice}": NO_ID,
    "/api/v1/desk/letters/{letter}": NO_LETTER, "/api/v1/desk/letters/{conduct}": NO_LETTER,
    "/api/v1/desk/letters/{letter}/suggestions": NO_LETTER, "/api/v1/orders/{order}": NO_ID,
    "/api/v1/cards/{card}": NO_ID, "/api/v1/appeals/{appeal}": NO_ID,
}  # fmt: skip


def named(everyone: Everyone) -> dict[str, object]:
    things = everyone.things
    return {
        "case": things.case.number, "case_file": things.case_file, "notice": things.notice,
        "letter": things.letter.number, "letter_file": things.letter_file, "conduct": things.conduct.number,
        "card": things.card, "order": things.order, "order_file": things.order_file, "appeal": things.appeal,
        "appeal_file": things.appeal_file, "department": "market", "rated": things.rated,
    }  # fmt: skip


@pytest.mark.parametrize(
    "account", ["b-supervisor", "b-coordinator", "b-decider", "y-clerk", "y-supervisor", "centre"]
)
def test_another_departments_and_towns_things_are_answered_like_what_does_not_exist(
    everyone: Everyone, account: str
) -> None:
    page, program = everyone.client(account), everyone.program(account)
    values = named(everyone)
    for path, nothing in STAFF_PATHS.items():
        own = re.findall(r"\{(\w+)\}", path)[-1]
        there = path.format(**values)
        nowhere = path.format(**{**values, own: nothing})
        status, _ = alike(
            program if path.startswith("/api") else page, "GET", there, nowhere, values[own], nothing
        )
        assert status in (403, 404), path


@pytest.mark.parametrize("account", ["b-coordinator", "b-window", "y-clerk"])
def test_what_cannot_be_seen_cannot_be_moved_and_the_refusal_tells_nothing(
    everyone: Everyone, account: str
) -> None:
    page, program = everyone.client(account), everyone.program(account)
    rows = Unchanged(everyone.hall.database.path)
    case, letter = everyone.things.case.number, everyone.things.letter.number
    form = {"csrf": page.headers["x-csrf"], "form_end": "1"}
    for path, nothing in (
        (f"/hall/staff/cases/{case}/moves/refuse", NO_NUMBER), (f"/hall/staff/cases/{case}/materials/plan", NO_NUMBER),
        (f"/hall/staff/cases/{case}/certificate", NO_NUMBER), (f"/hall/staff/letters/{letter}/moves/submit", NO_LETTER),
        (f"/hall/staff/cases/{case}/told-outside", NO_NUMBER), (f"/hall/staff/cases/{case}/charges", NO_NUMBER),
    ):  # fmt: skip
        number = letter if "letters" in path else case
        assert alike(page, "POST", path, path.replace(number, nothing), number, nothing, data=form)[0] == 404
    key = {"Idempotency-Key": "k-others"}
    for path, body in (
        ("moves", {"move": "refuse", "values": {"reason": "理由", "basis": "依据"}}), ("materials", {"code": "plan"}),
        ("fees", {"position": 0}), ("certificate", {}), ("charges", {"name": "费", "charged": 1, "reason": "收据"}),
    ):  # fmt: skip
        where = f"/api/v1/desk/cases/{case}/{path}"
        alike(program, "POST", where, where.replace(case, NO_NUMBER), case, NO_NUMBER, json=body, headers=key)
    assert rows.changed() == []


@pytest.mark.parametrize("account", ["b-supervisor", "b-coordinator", "y-supervisor", "y-clerk"])
def test_no_list_search_figure_or_export_of_others_names_the_case(everyone: Everyone, account: str) -> None:
    client, program = everyone.client(account), everyone.program(account)
    case, letter = everyone.things.case.number, everyone.things.letter.number
    for query in ("", f"&q={case}", "&q=欧阳示例甲", f"&q={letter}", "&department=market"):
        for path in ("/hall/staff/?tab=all", "/hall/staff/letters?tab=all", "/hall/cards?state=issued",
                     "/hall/orders?tab=open", "/hall/statistics?group=item", "/hall/statistics/table.csv?measures=filed",
                     "/hall/statistics/cases?measure=filed&measures=filed&period=2026-03", "/hall/board/watch?"):  # fmt: skip
            text = client.get(path + query).text.replace(f"q={case}", "").replace(f'value="{case}"', "")
            assert case not in text, (path, query)
            assert letter not in text.replace(f"q={letter}", "").replace(f'value="{letter}"', ""), (
                path,
                query,
            )
        for path in ("/api/v1/desk?tab=all", "/api/v1/desk/letters?tab=all", "/api/v1/orders?tab=open", "/api/v1/statistics?group=department"):  # fmt: skip
            text = program.get(
                path + query.replace("&q=", "&search=" if path.startswith("/api/v1/desk?") else "&q=")
            ).text
            assert case not in text, (path, query)
            assert letter not in text, (path, query)


def test_a_draft_of_a_score_is_shown_to_no_department_even_by_its_number(everyone: Everyone) -> None:
    scores, who = everyone.hall.scores, everyone.office.people
    made = scores.draft("2026-02", who["county-2"], now=everyone.office.clock(), note="还没有提出")
    client = everyone.client("a-supervisor")
    for query in ("", f"?edition={made.edition}"):
        answer = client.get(f"/hall/scores/2026-02/market{query}")
        assert "还没有提出" not in answer.text, query
        assert f"第{made.edition}版" not in answer.text, query
    assert f"/hall/scores/editions/{made.id}" not in client.get("/hall/scores").text
    assert f"第{made.edition}版" in everyone.client("county").get(f"/hall/scores/editions/{made.id}").text
    assert client.get(f"/hall/scores/editions/{made.id}").status_code == 403


def test_a_notice_of_a_case_is_no_key_to_another(everyone: Everyone) -> None:
    other = everyone.hall.database.value(
        "SELECT max(id) FROM notice WHERE subject = 'case' AND id <> ?", (everyone.things.notice,)
    )
    assert notice_by_id(everyone.hall.database, other) is not None
    client = everyone.client("applicant-a")
    things = everyone.things
    alike(client, "GET", f"/hall/notices/{other}", f"/hall/notices/{NO_ID}")
    program = everyone.program("anonymous")
    headers = {"X-Query-Code": things.case.query_code}
    alike(
        program, "GET", f"/api/v1/cases/{things.case.number}/notices/{other}",
        f"/api/v1/cases/{things.case.number}/notices/{NO_ID}", headers=headers,
    )  # fmt: skip
