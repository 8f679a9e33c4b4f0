"""The API for staff and letters: channels, drills, moves in their own roles, tokens, letters."""

from __future__ import annotations

from typing import Any

import pytest

from handlers import throttle
from handlers.limiter import Limit
from handlers.store import attachments
from tests.api_fixtures import assert_problem, file_web, file_window, program
from tests.filling_fixtures import APPLICANT, PDF
from tests.handlers_fixtures import COUNTER, ID_NUMBER, Office

# --- channels, drill ---


def test_a_window_files_for_a_walk_in_without_uploads(office: Office) -> None:
    clerk = program(office, "window")
    filed = file_window(
        clerk,
        "k1",
        item=COUNTER,
        answers={**APPLICANT, "by_agent": "no", "delivery": "window", "truth": True},
    )
    assert filed.status_code == 201, filed.text
    view = office.hall.casework.staff_view(filed.json()["number"], office.people["window"], office.clock())
    assert (view.case.channel, view.case.accepting_unit) == ("window", "window-market")


def test_the_public_neither_plays_window_nor_drill_nor_sets_the_time(office: Office) -> None:
    client = program(office)
    assert_problem(file_window(client, "k"), 403)
    assert_problem(file_web(client, drill=True), 403)
    reviewer = program(office, "reviewer", "203.0.113.22")
    assert_problem(file_web(reviewer, drill=True), 403)
    clerk = program(office, "window", "203.0.113.23")
    past = "2026-02-02T09:00:00+08:00"
    assert "received_at" in assert_problem(file_window(clerk, "k2", received_at=past), 422)["errors"]
    assert "received_at" in assert_problem(file_web(clerk, drill=True, received_at=past), 422)["errors"]
    future = "2026-05-02T09:00:00+08:00"
    assert_problem(file_window(clerk, "k3", drill=True, received_at=future), 422)
    assert_problem(file_window(program(office, "town", "203.0.113.24"), "k4"), 403)
    assert office.hall.database.value("SELECT count(*) FROM cases") == 0


def test_a_drill_case_of_the_past_becomes_overdue_and_counts_nowhere(office: Office) -> None:
    clerk = program(office, "window")
    filed = file_window(clerk, "d1", drill=True, received_at="2026-01-05T09:00:00+08:00")
    assert filed.status_code == 201, filed.text
    supervisor = program(office, "supervisor", "203.0.113.25")
    swept = supervisor.post("/api/v1/sweep")
    assert swept.status_code == 200
    assert filed.json()["number"] in swept.json()["deemed_accepted"]
    supervisor.post("/api/v1/sweep")
    board = supervisor.get("/api/v1/board").json()
    assert any(each["card"]["subject_number"] == filed.json()["number"] for each in board["cards"])
    assert board["filed_today"] == 0
    assert_problem(clerk.post("/api/v1/sweep"), 403)


# --- staff ---


def test_staff_run_a_case_to_its_end_with_their_own_roles(office: Office) -> None:
    filed = file_web(program(office)).json()
    number = filed["number"]
    people = {
        name: program(office, name, f"203.0.113.3{at}")
        for at, name in enumerate(("window", "reviewer", "decider"))
    }

    def move(who: str, name: str, **values: str) -> Any:
        return people[who].post(
            f"/api/v1/desk/cases/{number}/moves", json={"move": name, "values": values},
            headers={"Idempotency-Key": f"{name}-1"},
        )  # fmt: skip

    assert number in {row["number"] for row in people["window"].get("/api/v1/desk").json()["rows"]}
    assert_problem(move("reviewer", "pre_review"), 403)
    assert_problem(move("window", "accept"), 409)
    assert move("window", "pre_review").json()["state"] == "pre_reviewed"
    assert move("window", "pre_review").json()["repeated"]
    assert move("window", "accept").json()["notice_number"]
    assert "opinion" in assert_problem(move("reviewer", "complete_step"), 422)["errors"]
    assert move("reviewer", "complete_step", opinion="属实").status_code == 200
    assert move("decider", "grant", opinion="同意").json()["state"] == "granted"
    assert_problem(move("decider", "no_such_move"), 404)
    certificate = f"/api/v1/desk/cases/{number}/certificate"
    assert (
        "number"
        in assert_problem(people["window"].post(certificate, json={"number": "证" * 51}), 422)["errors"]
    )
    given = people["window"].post(certificate, json={"number": "证" * 50}).json()
    assert given["number"] == "证" * 50
    whole = people["decider"].get(f"/api/v1/desk/cases/{number}").json()
    assert whole["applicant"]["id_number"] == ID_NUMBER
    assert whole["answers"]["shop"] == "示例小馆"
    assert move("window", "deliver", method="窗口领取").json()["state"] == "delivered"


def test_staff_out_of_scope_learn_nothing_of_a_case(office: Office) -> None:
    number = file_web(program(office)).json()["number"]
    police = program(office, "police", "203.0.113.40")
    assert_problem(police.get(f"/api/v1/desk/cases/{number}"), 404)
    assert police.get("/api/v1/desk?tab=all").json()["total"] == 0


@pytest.mark.parametrize("path", ["/desk", "/board", "/messages", "/desk/letters", "/desk/cases/QH1"])
def test_the_public_gets_nothing_of_staff(office: Office, path: str) -> None:
    assert_problem(program(office).get("/api/v1" + path), 401)


def test_signing_in_out_and_wrong_passwords(office: Office) -> None:
    client = program(office)
    assert_problem(client.post("/api/v1/session", json={"login": "window", "password": "wrong"}), 401)
    assert_problem(client.post("/api/v1/session", json={"login": "nobody", "password": "wrong"}), 401)
    assert_problem(client.post("/api/v1/session", json={"login": "window"}), 422)
    staff = program(office, "window")
    assert staff.delete("/api/v1/session").status_code == 204
    assert_problem(staff.get("/api/v1/desk"), 401)


def test_a_token_idles_out(office: Office) -> None:
    staff = program(office, "window")
    office.clock.forward(minutes=31)
    assert_problem(staff.get("/api/v1/desk"), 401)


def test_a_token_opens_no_page(office: Office) -> None:
    staff = program(office, "decider")
    filed = file_web(program(office, "", "203.0.113.41")).json()
    staff.headers["accept"] = "text/html"
    notice = office.hall.casework.public_view(filed["number"], filed["query_code"], office.clock()).notices[0]
    assert "张示例" not in staff.get(f"/hall/notices/{notice.id}").text


# --- letters ---


def test_a_letter_is_asked_chased_answered_and_rated_over_the_api(office: Office) -> None:
    client = program(office)
    body = {"department": "market", "title": "要什么材料", "content": "开店要什么材料", "name": "张示例"}
    asked = client.post("/api/v1/letters", json=body, headers={"Idempotency-Key": "l1"})
    assert asked.status_code == 201
    assert client.post("/api/v1/letters", json=body, headers={"Idempotency-Key": "l1"}).status_code == 200
    number, proof = asked.json()["number"], {"X-Query-Code": asked.json()["query_code"]}
    assert client.post(f"/api/v1/letters/{number}/chase", headers=proof).status_code == 204
    staff = program(office, "coordinator", "203.0.113.42")
    assert number in {each["number"] for each in staff.get("/api/v1/desk/letters").json()["letters"]}
    moves = f"/api/v1/desk/letters/{number}/moves"
    assert (
        staff.post(f"{moves}/submit", json={"text": "请看办事指南第三部分，材料有三样。"}).status_code == 200
    )
    reviewer = program(office, "decider")
    assert reviewer.post(f"{moves}/answer", json={}).json()["state"] == "answered"
    letter = client.get(f"/api/v1/letters/{number}", headers=proof).json()
    assert (letter["answer"], letter["chases"]) == ("请看办事指南第三部分，材料有三样。", 1)
    assert (
        client.post(f"/api/v1/letters/{number}/rating", json={"score": 2}, headers=proof).status_code == 204
    )
    assert_problem(client.post(f"/api/v1/letters/{number}/rating", json={"score": 2}, headers=proof), 409)
    assert_problem(client.get(f"/api/v1/letters/{number}", headers={"X-Query-Code": "AAAA2222"}), 404)


def test_a_letter_sent_again_gets_its_receipt_also_when_no_further_one_may_be_sent(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = program(office)
    monkeypatch.setattr(throttle, "LETTERS", Limit(1, 60))
    body = {"department": "market", "title": "要什么材料", "content": "开店要什么材料", "name": "张示例"}

    def ask(key: str, **more: str) -> Any:
        return client.post("/api/v1/letters", json={**body, **more}, headers={"Idempotency-Key": key})

    first, again = ask("l1"), ask("l1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["query_code"] == first.json()["query_code"]
    assert_problem(ask("l1", title="别的题目"), 409)
    assert_problem(ask("l2"), 429)


def test_a_letters_file_that_is_gone_is_answered_as_the_document_says(office: Office) -> None:
    client, staff = program(office), program(office, "coordinator", "203.0.113.42")
    owner = "a1" * 15
    client.post(f"/api/v1/letters/files/{owner}", files={"file": ("证明.pdf", PDF, "application/pdf")})
    body = {"department": "market", "title": "要什么材料", "content": "开店要什么材料", "name": "张示例"}
    asked = client.post(
        "/api/v1/letters", json={**body, "files": owner}, headers={"Idempotency-Key": "l1"}
    ).json()
    proof = {"X-Query-Code": asked["query_code"]}
    at = f"/letters/{asked['number']}"
    [file] = client.get(f"/api/v1{at}", headers=proof).json()["files"]
    kept = attachments.by_id(office.hall.database, file["id"])
    assert kept is not None
    attachments.path_of(office.hall.database, kept).unlink()
    assert_problem(client.get(f"/api/v1{at}/files/{file['id']}", headers=proof), 410)
    assert_problem(staff.get(f"/api/v1/desk{at}/files/{file['id']}"), 410)
    document = client.get("/api/v1/openapi.json").json()["paths"]
    for path in ("/letters/{number}/files/{file}", "/desk/letters/{number}/files/{file}"):
        assert "410" in document[f"/api/v1{path}"]["get"]["responses"]


def test_faults_of_a_letter_are_named(office: Office) -> None:
    client = program(office)
    body = {"department": "nowhere", "title": "", "content": "x", "name": "张示例", "phone": "1"}
    answer = client.post("/api/v1/letters", json=body, headers={"Idempotency-Key": "l1"})
    assert set(assert_problem(answer, 422)["errors"]) == {"department", "title", "content", "phone"}
    drill = client.post("/api/v1/letters", json={**body, "drill": True}, headers={"Idempotency-Key": "l2"})
    assert_problem(drill, 403)
