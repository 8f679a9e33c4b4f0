"""The proxies' example configurations before a running hall, by Debian's own nginx and Caddy."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from conftest import serving

from handlers.security import HEADERS
from tests.deploy_fixtures import HOST, Front, fronted, program
from tests.filling_fixtures import filled_draft, post_section
from tests.handlers_fixtures import FOOD, open_office
from tests.page_fixtures import fields_of, text_of
from tests.staff_fixtures import filed, sign_in


@dataclass(frozen=True)
class Behind:
    front: Front
    hall: int
    number: str


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def behind(
    request: pytest.FixtureRequest, built_county: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Behind]:
    """A hall that takes the proxy's word for who comes, and the proxy."""
    program(request.param)
    folder = tmp_path_factory.mktemp(request.param)
    office = open_office(built_county, folder)
    case = filed(office)
    office.close()
    site = built_county / "site"
    with serving(
        site, folder / "hall.db", "--proxy", "127.0.0.1", "--metrics", "local", root=built_county
    ) as hall:
        port = int(hall.url.rsplit(":", 1)[1])
        with fronted(request.param, folder / "proxy", port, site) as front:
            yield Behind(front, port, case.number)


def test_pages_come_with_the_halls_own_headers_whoever_sends_them(behind: Behind) -> None:
    with behind.front.client() as client:
        for path in (
            f"/items/{FOOD}/",
            "/",
            "/assets/hall.css",
            "/hall/track",
            "/api/v1/items",
            "/not-there/",
        ):
            answer = client.get(path)
            assert answer.status_code == (404 if "not-there" in path else 200), path
            for name, value in HEADERS.items():
                assert answer.headers.get_list(name) == [value], (path, name)
            assert answer.headers.get_list("Strict-Transport-Security") == ["max-age=31536000"], path
            assert len(answer.headers.get_list("Cache-Control")) <= 1, path
        assert "immutable" in client.get("/assets/hall.css").headers["cache-control"]
        assert client.get("/").headers["cache-control"] == "no-cache"
        missing = client.get("/not-there/")
        assert re.search(r"[0-9a-f]{12}", missing.headers["x-request-id"])
        assert "搜索" in missing.text


def test_http_goes_to_https(behind: Behind) -> None:
    answer = httpx.get(f"http://127.0.0.1:{behind.front.http}/hall/track?x=1", headers={"Host": HOST})
    assert answer.status_code in (301, 308)
    assert re.fullmatch(rf"https://{HOST}(:\d+)?/hall/track\?x=1", answer.headers["location"])


def test_a_visitor_cannot_pass_for_another_address(behind: Behind) -> None:
    """Wrong codes count by address: made-up ones do not begin a new count, a real other one does."""
    states = []
    with behind.front.client("127.0.0.7") as client:
        for number in range(14):
            states.append(
                client.post(
                    "/hall/track",
                    data={"number": behind.number, "code": "WRNGCDE2", "form_end": "1"},
                    headers={"X-Forwarded-For": f"198.51.100.{number}", "X-Real-IP": f"198.51.100.{number}",
                             "Forwarded": f"for=198.51.100.{number}"},
                )
            )  # fmt: skip
    assert [each.status_code for each in states[:5]] == [422] * 5
    assert states[-1].status_code == 429
    assert states[-1].headers["x-request-id"]  # by the hall, not by the proxy
    with behind.front.client("127.0.0.8") as other:
        answer = other.post(
            "/hall/track", data={"number": behind.number, "code": "WRNGCDE2", "form_end": "1"}
        )
    assert answer.status_code == 422


def test_what_is_for_the_technician_stays_inside(behind: Behind) -> None:
    with behind.front.client() as client:
        assert client.get("/metrics").status_code == 404
        assert client.get("/readyz").status_code == 404
        assert client.get("/healthz").json() == {"status": "ok"}
    inside = f"http://127.0.0.1:{behind.hall}"
    assert httpx.get(f"{inside}/readyz").status_code == 200
    assert "hall_info" in httpx.get(f"{inside}/metrics").text


def test_the_session_cookie_knows_that_the_visitor_came_by_https(behind: Behind) -> None:
    with behind.front.client() as client:
        answer = client.post(
            "/hall/staff/sign-in",
            data={"login": "window", "password": "Qinghe-2026-test", "form_end": "1"},
            follow_redirects=False,
        )
        assert answer.status_code == 303
        assert "secure" in answer.headers["set-cookie"].lower()
        assert answer.headers["location"].startswith("/")


def test_what_is_too_large_is_refused_from_its_announcement(behind: Behind) -> None:
    for size, path in ((300_000_000, "/hall/letters/new"), (3_000_000, "/hall/track")):
        begun = time.monotonic()
        answer = behind.front.raw(
            f"POST {path} HTTP/1.1\nHost: {HOST}\nContent-Type: application/x-www-form-urlencoded\n"
            f"Content-Length: {size}\n\nnumber=",
            most=12_000_000,
        )
        assert answer.startswith(b"HTTP/1.1 413"), answer[:200]
        assert time.monotonic() - begun < 15


def test_pages_are_sent_compressed_and_the_log_holds_no_query_string(behind: Behind) -> None:
    with behind.front.client(**{"Accept-Encoding": "gzip"}) as client:
        answer = client.get("/", params={"secret": "in-the-query-4711"})
        assert answer.headers["content-encoding"] == "gzip"
        assert "青禾县" in answer.text
        client.get(
            "/hall/track",
            params={"code": "in-the-query-4711"},
            headers={"Cookie": "hall_session=in-the-cookie-42"},
        )
    until = time.monotonic() + 10
    while time.monotonic() < until and "/hall/track" not in (written := behind.front.log.read_text("utf-8")):
        time.sleep(0.05)
    assert "/hall/track" in written
    assert "in-the-query" not in written
    assert "in-the-cookie" not in written
    assert all(json.loads(line) for line in written.splitlines())


@pytest.mark.soak
def test_a_case_with_an_upload_is_filed_through_the_proxy(behind: Behind) -> None:
    with behind.front.client("127.0.0.21") as client:
        draft = filled_draft(client)  # type: ignore[arg-type]
        large = b"%PDF-1.4\n" + b"%" + b"x" * 8_000_000 + b"\n%%EOF\n"
        answer = post_section(
            client,
            draft,
            "materials",
            {},
            files={"material_photo": ("照片.pdf", large, "application/pdf")},  # type: ignore[arg-type]
        )
        assert answer.status_code == 200, text_of(answer.text)
        page = client.get(f"{draft}/check").text
        answer = client.post(f"{draft}/check", data={**fields_of(page, "/check"), "truth": "yes"})
        assert "/hall/receipt/" in str(answer.url), text_of(answer.text)


@pytest.mark.soak
def test_the_live_board_speaks_while_its_connection_stays_open(behind: Behind) -> None:
    with behind.front.client("127.0.0.22", **{"Accept-Encoding": "gzip"}) as client:
        assert sign_in(client, "supervisor").status_code == 200
        begun = time.monotonic()
        with client.stream("GET", "/hall/board/stream", headers={"accept": "text/event-stream"}) as answer:
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            first = next(answer.iter_text())
        assert first.strip()
        assert time.monotonic() - begun < 10


@pytest.mark.soak
def test_while_the_hall_is_down_visitors_are_told_in_words(
    request: pytest.FixtureRequest, built_county: Path, tmp_path: Path
) -> None:
    from conftest import free_port

    for name in ("nginx", "caddy"):
        with (
            fronted(name, tmp_path / name, free_port(), built_county / "site") as front,
            front.client() as client,
        ):
            answer = client.get("/hall/track")
            assert answer.status_code in (502, 503, 504), name
            assert "大厅暂时打不开" in answer.text
            assert answer.headers["Retry-After"] == "60"
            assert client.get("/").status_code == 200  # the guides are there all the same
