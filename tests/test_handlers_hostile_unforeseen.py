"""What nobody foresaw: a crash, odd addresses and methods, a broken wire; what the log holds of it."""

from __future__ import annotations

import json
import logging
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from handlers.app import routes
from rules.errors import HallError
from tests.api_fixtures import program
from tests.filling_fixtures import file_case, filled_draft
from tests.handlers_fixtures import ID_NUMBER, PASSWORD, Office
from tests.staff_fixtures import CASE, sign_in, staffed
from tests.test_handlers_guards import WAYS

__all__ = ["staffed"]


# --- what is said when nobody foresaw it, and what the log holds ---


def test_a_crash_is_told_with_its_number_and_without_a_trace(
    staffed: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("inside 990121199003070010")

    case = file_case(staffed)
    monkeypatch.setattr(staffed.hall.casework, "public_view", broken)
    client = case.client
    answer = client.get(f"/hall/track/{case.number}")
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] in answer.text
    for secret in ("RuntimeError", "Traceback", "990121199003070010", "handlers/"):
        assert secret not in answer.text
    problem = client.get(f"/api/v1/cases/{case.number}", headers={"X-Query-Code": "x"}).json()
    assert problem["status"] == 500
    assert "inside" not in json.dumps(problem)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "PUT"])
def test_every_address_answers_every_method_calmly(staffed: Office, method: str) -> None:
    client = staffed.browser()
    client.follow_redirects = False
    for path in sorted({path for _, path, _ in WAYS}):
        for accept in ("text/html", "application/json", "image/png", "\u00ff/;q=x"):
            answer = client.request(
                method,
                path,
                headers={"accept": accept.encode("latin-1").decode("latin-1")} if accept.isascii() else {},
            )
            assert answer.status_code < 500, (method, path)
            assert method != "HEAD" or answer.content == b""


@pytest.mark.parametrize("path", [
    "/..%2f..%2fcounty.yml", "/%2e%2e/hall.db", "/.hall/hall.db", "/hall.key", "/%00", "/a%00.html", "/assets/..%2f..%2fhall.db",
    "/data/..%2f..%2fcounty.yml", "//etc/passwd", "/%2fetc%2fpasswd", "/..%5c..%5ccounty.yml", "/files/",
    "/hall/forms/..%2f..%2fcounty/blank.docx", "/hall/forms/%00/blank.docx", "/api/v1/items/..%2fcatalog", "/api/v1/items/%00",
    "/hall/notices/99999999999999999999", "/hall/notices/٣", "/hall/apply/%2e%2e/new/applicant", "/" + "a" * 20_000, "/" + "a/" * 5_000,
])  # fmt: skip
def test_no_path_leads_out_of_the_portal(staffed: Office, path: str) -> None:
    answer = staffed.browser().get(path)
    assert answer.status_code == 404
    assert "root:" not in answer.text
    assert "青禾县" in answer.text or answer.headers["content-type"].startswith("application/problem")


def test_the_portal_hands_out_nothing_but_the_built_site(built_county: Path, staffed: Office) -> None:
    client = staffed.browser()
    (built_county / "site-outside.txt").write_text("secret", encoding="utf-8")
    link = built_county / "site" / "link.txt"
    link.symlink_to(built_county / "site-outside.txt")
    try:
        assert client.get("/link.txt").status_code == 404
    finally:
        link.unlink()
    for name in ("hall.db", "hall.key", "county.yml", "items/market/everything.yml"):
        assert client.get(f"/{name}").status_code == 404


def test_the_log_holds_no_secret_and_no_line_of_a_visitors_making(
    staffed: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = staffed.browser()
    case = file_case(staffed, client)
    draft = filled_draft(client)
    saved = client.get(f"{draft}/saved").text
    codes = re.findall(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", saved)
    assert codes
    client.post("/hall/drafts", data={"code": codes[0], "form_end": "1"})
    client.get(f"/hall/track?number={case.number}&code={case.code}")
    client.post("/hall/track", data={"number": case.number, "code": "AAAA2222", "form_end": "1"})
    clerk = staffed.browser()
    sign_in(clerk, "window")
    clerk.get(f"{CASE}{case.number}?show=personal")
    clerk.get("/hall/staff/?q=张示例")
    staffed.move(case.number, "pre_review", "window")
    machine = program(staffed, "admin")
    machine.get("/api/v1/cases/" + case.number, headers={"X-Query-Code": case.code})
    client.get("/hall/x%0d%0a2026-01-01 00:00:00 hall.access INFO forged")
    told = [record.getMessage() for record in caplog.records if record.name.startswith("hall")]
    assert len(told) > 20
    text = "\n".join(told)
    secrets = [
        case.code,
        codes[0],
        codes[0].replace("-", ""),
        ID_NUMBER,
        "5550999",
        PASSWORD,
        "张示例",
        "AAAA2222",
        "query",
    ]
    secrets += [value for client_ in (client, clerk) for value in client_.cookies.values()]
    secrets.append(machine.headers["authorization"].partition(" ")[2])
    for secret in secrets:
        assert secret not in text
    assert all("\n" not in each and "\r" not in each for each in told)


@pytest.mark.parametrize(("method", "path", "allowed"), [
    ("PUT", "/api/v1/items", "GET, HEAD"), ("DELETE", "/api/v1/cases", "POST"), ("PATCH", "/api/v1/session", "DELETE, POST"),
])  # fmt: skip
def test_a_known_address_of_the_api_names_its_methods(
    staffed: Office, method: str, path: str, allowed: str
) -> None:
    answer = staffed.browser().request(method, path)
    assert answer.status_code == 405
    assert answer.headers["allow"] == allowed
    assert answer.headers["content-type"] == "application/problem+json"


# --- odd wire ---


def test_every_route_is_in_the_walk() -> None:
    assert len(WAYS) >= len(routes())


def test_a_half_sent_body_and_a_broken_wire_leave_the_server_well(live_small: str) -> None:
    host, _, port = live_small.removeprefix("http://").partition(":")
    head = (
        b"POST /hall/letters/new HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    )
    for data in (
        head + b"Content-Length: 500\r\n\r\nkind=consultation&title=half",
        head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        head + b"Content-Length: -1\r\n\r\nx",
        head + b"Content-Length: 3\r\n\r\nkind=consultation&form_end=1",
        b"GET / HTTP/1.0\r\n\r\n",
        b"POST /hall/track HTTP/1.1\r\nHost: x\r\nOrigin: http://[\r\nContent-Length: 0\r\n\r\n",
        b"GET /hall/track HTTP/1.1\r\nHost: [\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01" * 50,
    ):
        with socket.create_connection((host, int(port)), timeout=5) as wire:
            wire.sendall(data)
            wire.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := wire.recv(65536):
                answer += piece
            assert b"Traceback" not in answer
            assert not answer.startswith(b"HTTP/1.1 5"), data[:60]
    assert httpx.get(f"{live_small}/readyz").status_code == 200


@pytest.fixture
def live_small(built_county: Path, tmp_path: Path) -> Iterator[str]:
    """A real server over the little county."""
    from conftest import serving

    with serving(built_county / "site", tmp_path / "live.db", root=built_county) as hall:
        yield hall.url


def test_hall_error_has_a_status_for_every_kind() -> None:
    def kinds(kind: type[HallError]) -> Iterator[type[HallError]]:
        for each in kind.__subclasses__():
            yield each
            yield from kinds(each)

    assert all(400 <= each.status < 600 for each in kinds(HallError))
