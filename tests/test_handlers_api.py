"""The API: its document, items, and cases filed, tracked, supplemented and rated without a page."""

from __future__ import annotations

import json
import re

from jsonschema import Draft202012Validator

from handlers import api
from handlers.app import routes
from tests.api_fixtures import ANSWERS, FILES, assert_problem, file_web, multipart, program
from tests.filling_fixtures import PDF
from tests.handlers_fixtures import EVERYTHING, FOOD, Office

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
    row = {**ANSWERS["staff"][0], "no_such_column": "x"}
    body = assert_problem(file_web(client, answers={**ANSWERS, "staff": [row]}), 422)
    assert set(body["errors"]) == {"staff.0.no_such_column"}
    body = assert_problem(file_web(client, answers={**ANSWERS, "material_plan": "图.pdf"}), 422)
    assert set(body["errors"]) == {"material_plan"}
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
