"""The API: its document matches its routes, and everything a drill needs works over it with real roles."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from handlers import api
from handlers.app import routes
from tests.handlers_fixtures import (
    APPLICANT,
    COUNTER,
    CREDIT_CODE,
    EVERYTHING,
    FOOD,
    ID_NUMBER,
    PASSWORD,
    PDF,
    Office,
    TestClient,
)

ANSWERS: dict[str, Any] = {
    **APPLICANT,
    "by_agent": False,
    "shop": "示例小馆",
    "owner_id": ID_NUMBER,
    "company": CREDIT_CODE,
    "phone2": "0000-5550999",
    "opening": "2026-05-01",
    "capital": "120000",
    "workers": 4,
    "area": "86.5",
    "place": "青禾县城关镇人民路示例8号",
    "tenure": "own",
    "kinds": ["hot"],
    "online": "no",
    "staff": [{"name": "张示例", "id_number": ID_NUMBER}],
    "delivery": "window",
    "truth": True,
}
FILES = {"material_plan": ("图.pdf", PDF, "application/pdf")}


def program(office: Office, login: str = "", address: str = "203.0.113.20") -> TestClient:
    """A program, signed in by token when a login is given."""
    client = office.browser(address)
    del client.headers["sec-fetch-site"]
    client.headers["accept"] = "application/json"
    if login:
        answer = client.post("/api/v1/session", json={"login": login, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        client.headers["authorization"] = f"Bearer {answer.json()['token']}"
    return client


def multipart(body: dict[str, Any]) -> dict[str, str]:
    return {"application": json.dumps(body, ensure_ascii=False)}


def file_web(client: TestClient, key: str = "k1", **more: Any) -> Any:
    body = {"item": EVERYTHING, "answers": ANSWERS, **more}
    return client.post("/api/v1/cases", data=multipart(body), files=FILES, headers={"Idempotency-Key": key})


def file_window(client: TestClient, key: str, **more: Any) -> Any:
    body = {
        "item": EVERYTHING,
        "answers": ANSWERS,
        "channel": "window",
        "accepting_unit": "window-market",
        **more,
    }
    return client.post("/api/v1/cases", json=body, headers={"Idempotency-Key": key})


def assert_problem(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["detail"]
    assert body["request_id"] == answer.headers["x-request-id"]
    return body


# --- the document ---


def test_the_document_names_every_route_and_no_other(office: Office) -> None:
    document = program(office).get("/api/v1/openapi.json").json()
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    mounted = set()
    for route in routes(("api",)):
        if route.path.startswith("/api/v1/") and route.name not in ("api_openapi", "api_nowhere"):  # type: ignore[attr-defined]
            mounted |= {(method, route.path) for method in route.methods - {"HEAD"}}  # type: ignore[attr-defined]
    assert described == mounted
    assert document["openapi"] == "3.1.0"


def test_every_operation_says_what_it_does_takes_and_answers(office: Office) -> None:
    document = program(office).get("/api/v1/openapi.json").json()
    names = set()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert operation["summary"], where
            assert operation["operationId"] not in names, where
            names.add(operation["operationId"])
            given = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
            assert given == set(re.findall(r"\{(\w+)\}", path)), where
            assert any(status.startswith("2") for status in operation["responses"]), where
            for status, response in operation["responses"].items():
                if status[0] in "45":
                    assert list(response["content"]) == ["application/problem+json"], where
            assert "query_code" not in json.dumps(operation["parameters"]), where


def test_all_references_of_the_document_lead_to_valid_schemas(office: Office) -> None:
    document = program(office).get("/api/v1/openapi.json").json()
    schemas = document["components"]["schemas"]
    for reference in set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document))):
        assert reference in schemas
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)


def test_real_answers_fit_the_document(office: Office) -> None:
    client = program(office)
    document = client.get("/api/v1/openapi.json").json()
    filed = file_web(client)
    number, code = filed.json()["number"], filed.json()["query_code"]
    office.finish(number)
    staff = program(office, "supervisor", "203.0.113.21")
    answers = {
        ("post", "/api/v1/cases", "201"): filed,
        ("get", "/api/v1/cases/{number}", "200"): client.get(
            f"/api/v1/cases/{number}", headers={"X-Query-Code": code}
        ),
        ("get", "/api/v1/items", "200"): client.get("/api/v1/items"),
        ("get", "/api/v1/items/{code}", "200"): client.get(f"/api/v1/items/{FOOD}"),
        ("get", "/api/v1/items/{code}/form", "200"): client.get(f"/api/v1/items/{FOOD}/form"),
        ("get", "/api/v1/search", "200"): client.get("/api/v1/search?q=开饭店"),
        ("get", "/api/v1/letters", "200"): client.get("/api/v1/letters"),
        ("get", "/api/v1/desk", "200"): staff.get("/api/v1/desk?tab=all"),
        ("get", "/api/v1/desk/cases/{number}", "200"): staff.get(f"/api/v1/desk/cases/{number}"),
        ("get", "/api/v1/board", "200"): staff.get("/api/v1/board"),
        ("post", "/api/v1/sweep", "200"): staff.post("/api/v1/sweep"),
        ("get", "/api/v1/messages", "200"): staff.get("/api/v1/messages"),
        ("get", "/api/v1/cases/{number}", "404"): client.get(
            "/api/v1/cases/QH1", headers={"X-Query-Code": "x"}
        ),
    }
    for (method, path, status), answer in answers.items():
        assert str(answer.status_code) == status, f"{path}: {answer.text}"
        content = document["paths"][path][method]["responses"][status]["content"]
        schema = {**next(iter(content.values()))["schema"], "components": document["components"]}
        Draft202012Validator(schema).validate(answer.json())


def test_every_operation_has_a_guard_that_says_why(office: Office) -> None:
    for each in api.operations:
        assert each.guard.public or each.guard.name.startswith(("staff", "may: "))
        assert len(each.guard.name) > len("public: ")


# --- items ---


def test_items_are_listed_shown_and_searched(office: Office) -> None:
    client = program(office)
    listed = client.get("/api/v1/items?department=market&online=true&size=1").json()
    assert listed["total"] == 2
    assert len(listed["items"]) == 1
    assert client.get(f"/api/v1/items/{FOOD}").json()["item"]["name"].startswith("食品经营许可")
    assert client.get("/api/v1/search?q=开饭店").json()["hits"][0]["code"] == FOOD
    form = client.get(f"/api/v1/items/{EVERYTHING}/form").json()
    fields = {field["id"]: field for section in form["sections"] for field in section["fields"]}
    assert fields["landlord"]["when"] == {"field": "tenure", "equals": "rent"}
    assert [column["id"] for column in fields["staff"]["columns"]] == ["name", "id_number"]


def test_wrong_parameters_and_addresses_are_problems(office: Office) -> None:
    client = program(office)
    assert "size" in assert_problem(client.get("/api/v1/items?size=9999"), 422)["errors"]
    assert_problem(client.get("/api/v1/search"), 422)
    assert_problem(client.get("/api/v1/items/NOSUCHITEM0001"), 404)
    assert_problem(client.get("/api/v1/nowhere"), 404)
    assert_problem(client.post("/api/v1/cases", content=b"{", headers={"Idempotency-Key": "k"}), 400)
    assert_problem(client.post("/api/v1/cases", content=b"x=1", headers={
        "Idempotency-Key": "k", "content-type": "application/x-www-form-urlencoded"}), 400)  # fmt: skip
    assert_problem(client.post("/api/v1/cases", json={"item": FOOD, "answers": {}}), 400)
    deep = b'{"item":' + b"[" * 100_000
    assert_problem(client.post("/api/v1/letters", content=deep, headers={"Idempotency-Key": "k"}), 400)


# --- cases ---


def test_a_case_is_filed_tracked_supplemented_and_rated_without_a_page(office: Office) -> None:
    client = program(office)
    filed = file_web(client)
    assert filed.status_code == 201
    number, code = filed.json()["number"], filed.json()["query_code"]
    proof = {"X-Query-Code": code}
    office.supplement_notice(number, "plan")
    case = client.get(f"/api/v1/cases/{number}", headers=proof).json()
    assert (case["state"], case["missing"]) == ("supplementing", ["平面图"])
    assert {each["name"] for each in case["moves"]} == {"supplement", "withdraw"}
    sent = client.post(
        f"/api/v1/cases/{number}/supplement",
        data=multipart({"answers": {"shop": "改好的店名"}}),
        files={"material_plan": ("新.pdf", PDF + b" ", "application/pdf")},
        headers={**proof, "Idempotency-Key": "s1"},
    )
    assert sent.status_code == 200, sent.text
    staff = office.hall.casework.staff_view(number, office.people["window"], office.clock())
    assert staff.payload.answers["shop"] == "改好的店名"
    assert staff.payload.answers["capital"] == "120000.00"
    office.finish(number)
    assert client.post(f"/api/v1/cases/{number}/rating", json={"score": 1}, headers=proof).status_code == 204
    case = client.get(f"/api/v1/cases/{number}", headers=proof).json()
    assert case["rating"]["score"] == 1
    notice = case["notices"][0]["id"]
    assert (
        client.get(f"/api/v1/cases/{number}/notices/{notice}", headers=proof).json()["addressee"] == "张示例"
    )


def test_the_same_key_and_content_give_the_same_receipt_also_with_files(office: Office) -> None:
    client = program(office)
    first, second = file_web(client), file_web(client)
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["repeated"]
    assert (first.json()["number"], first.json()["query_code"]) == (
        second.json()["number"],
        second.json()["query_code"],
    )
    other = client.post(
        "/api/v1/cases", data=multipart({"item": EVERYTHING, "answers": {**ANSWERS, "shop": "另一家"}}), files=FILES,
        headers={"Idempotency-Key": "k1"},
    )  # fmt: skip
    assert_problem(other, 409)
    assert office.hall.database.value("SELECT count(*) FROM cases") == 1


def test_faults_of_an_application_are_named_by_field_and_nothing_is_kept(office: Office) -> None:
    client = program(office)
    wrong = {**ANSWERS, "owner_id": "123", "staff": [{"name": "张示例", "id_number": "1"}], "workers": "x"}
    body = assert_problem(
        client.post(
            "/api/v1/cases", data=multipart({"item": EVERYTHING, "answers": wrong}), files=FILES,
            headers={"Idempotency-Key": "k"},
        ),
        422,
    )  # fmt: skip
    assert set(body["errors"]) == {"owner_id", "workers", "staff.0.id_number"}
    unknown = {**ANSWERS, "no_such_field": "x"}
    body = assert_problem(file_web(client, answers=unknown), 422)
    assert "no_such_field" in body["errors"]
    missing = client.post(
        "/api/v1/cases", json={"item": EVERYTHING, "answers": ANSWERS}, headers={"Idempotency-Key": "k"}
    )
    assert "material_plan" in assert_problem(missing, 422)["errors"]
    disguised = client.post(
        "/api/v1/cases", data=multipart({"item": EVERYTHING, "answers": ANSWERS}),
        files={"material_plan": ("图.pdf", b"MZ\x90\x00", "application/pdf")}, headers={"Idempotency-Key": "k"},
    )  # fmt: skip
    assert "material_plan" in assert_problem(disguised, 422)["errors"]
    assert office.hall.database.value("SELECT count(*) FROM cases") == 0
    assert office.hall.database.value("SELECT count(*) FROM attachment") == 0


def test_a_wrong_code_is_not_found_and_limited(office: Office) -> None:
    client = program(office)
    number = file_web(client).json()["number"]
    assert_problem(client.get(f"/api/v1/cases/{number}"), 400)
    for each in range(10):
        assert_problem(
            client.get(f"/api/v1/cases/{number}", headers={"X-Query-Code": f"AAAA22{each:02}"}), 404
        )
    answer = client.get(f"/api/v1/cases/{number}", headers={"X-Query-Code": "AAAA2222"})
    assert_problem(answer, 429)
    assert int(answer.headers["retry-after"]) > 0


def test_a_case_is_withdrawn_once(office: Office) -> None:
    client = program(office)
    filed = file_web(client).json()
    headers = {"X-Query-Code": filed["query_code"], "Idempotency-Key": "w1"}
    address = f"/api/v1/cases/{filed['number']}/withdraw"
    first = client.post(address, json={"reason": "不办了"}, headers=headers)
    assert first.json()["state"] == "withdrawn"
    assert client.post(address, json={"reason": "不办了"}, headers=headers).json()["repeated"]
    assert_problem(client.post(address, json={}, headers={**headers, "Idempotency-Key": "w2"}), 409)


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


def test_faults_of_a_letter_are_named(office: Office) -> None:
    client = program(office)
    body = {"department": "nowhere", "title": "", "content": "x", "name": "张示例", "phone": "1"}
    answer = client.post("/api/v1/letters", json=body, headers={"Idempotency-Key": "l1"})
    assert set(assert_problem(answer, 422)["errors"]) == {"department", "title", "content", "phone"}
    drill = client.post("/api/v1/letters", json={**body, "drill": True}, headers={"Idempotency-Key": "l2"})
    assert_problem(drill, 403)
