"""Programs that file through the API, for its tests."""

from __future__ import annotations

import json
from typing import Any

from tests.filling_fixtures import APPLICANT, PDF
from tests.handlers_fixtures import CREDIT_CODE, EVERYTHING, ID_NUMBER, PASSWORD, Office, TestClient

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


def assert_problem(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["detail"]
    assert body["request_id"] == answer.headers["x-request-id"]
    return body


def file_window(client: TestClient, key: str, **more: Any) -> Any:
    body = {
        "item": EVERYTHING,
        "answers": ANSWERS,
        "channel": "window",
        "accepting_unit": "window-market",
        **more,
    }
    return client.post("/api/v1/cases", json=body, headers={"Idempotency-Key": key})
