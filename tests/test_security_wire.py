"""The wire itself: heads without an end, connections that never ask, bodies that stop, bombs, thousands of parts."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from conftest import free_port, serving

from hall.http_limits import LimitedProtocol
from tests.filling_fixtures import filled_draft, post_section
from tests.handlers_fixtures import EVERYTHING, Office

GET = b"GET /readyz HTTP/1.1\r\nHost: x\r\n"


class _Quick(LimitedProtocol):
    """The same with a second to spare instead of half a minute."""

    most_head, head_seconds, body_seconds = 20_000, 0.6, 0.6


async def _echo(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
        if message["type"] == "http.disconnect":
            return
    if scope["path"] == "/slow":
        await asyncio.sleep(1.5)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    port = free_port()
    config = uvicorn.Config(
        _echo, port=port, http=_Quick, log_config=None, lifespan="off", timeout_keep_alive=1
    )
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.02)
    yield port
    running.should_exit = True
    thread.join(10)


def told(port: int, *pieces: bytes, pause: float = 0) -> bytes:
    """What comes back until the server closes or answers; empty when it closed without a word."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        answer = b""
        try:
            for piece in pieces:
                wire.sendall(piece)
                time.sleep(pause)
            while b"ok" not in answer and (found := wire.recv(65536)):
                answer += found
        except (BrokenPipeError, ConnectionResetError):
            pass
        return answer


def test_an_ordinary_request_and_a_long_answer_pass(server: int) -> None:
    assert told(server, GET + b"\r\n").startswith(b"HTTP/1.1 200")
    assert told(server, GET[:10], GET[10:] + b"\r\n", pause=0.1).startswith(b"HTTP/1.1 200")
    assert told(server, b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 200")
    post = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n"
    assert told(server, post, b"x" * 300_000).startswith(b"HTTP/1.1 200")
    steps = (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n", *[b"x"] * 5)
    assert told(server, *steps, pause=0.3).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("head", [
    GET + b"X-Long: " + b"x" * 500_000, GET + b"X: y\r\n" * 50_000, b"GET /" + b"x" * 500_000, GET + b"Cookie: " + b"a=b; " * 100_000,
], ids=["one header", "many headers", "address", "cookies"])  # fmt: skip
def test_a_head_without_an_end_is_refused_before_it_fills_the_memory(server: int, head: bytes) -> None:
    assert b" 200 " not in told(server, *[head[at : at + 8000] for at in range(0, len(head), 8000)])
    assert told(server, GET + b"\r\n").startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("pieces", [
    (), (b"G",), (GET,), (GET, *[b"X: y\r\n"] * 5), (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n", b"x"),
    (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", b"5\r\nab"),
], ids=["silence", "one letter", "half a head", "a head by drops", "half a body", "half a chunk"])  # fmt: skip
def test_who_does_not_go_on_is_let_go(server: int, pieces: tuple[bytes, ...]) -> None:
    started = time.monotonic()
    assert b" 200 " not in told(server, *pieces, pause=0.25)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("request_", [
    b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /two HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 60\r\n\r\nabcd",
    b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nabcd", b"GET /x HTTP/1.1\r\nHost: x\r\nX : y\r\n\r\n",
    b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length : 4\r\n\r\nabcd", b"GET /x HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n",
    b"GET /x HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n", b"GET /\xff HTTP/9.9\r\n\r\n", b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
])  # fmt: skip
def test_a_request_that_two_servers_could_read_differently_is_refused(server: int, request_: bytes) -> None:
    answer = told(server, request_)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")


def test_the_hall_itself_runs_with_these_limits(built_county: Path, tmp_path: Path) -> None:
    with serving(built_county / "site", tmp_path / "live.db", root=built_county) as hall:
        port = int(hall.url.rpartition(":")[2])
        assert b"400" in told(port, GET + b"X: " + b"x" * 80_000)
        idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(200)]
        slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(50)]
        for wire in slow:
            wire.sendall(b"POST /hall/letters/new HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\nkind=")
        started = time.monotonic()
        assert httpx.get(f"{hall.url}/hall/track").status_code == 200
        assert time.monotonic() - started < 5
        for wire in (*idle, *slow):
            wire.close()


# --- what a body may hold ---


JSON = {"content-type": "application/json", "idempotency-key": "k"}


@pytest.mark.parametrize("body", [
    b"[" * 100_000, b'{"item":' * 50_000, b'{"answers": ' + b'{"a":' * 500 + b"1" + b"}" * 500 + b"}", b'{"item": ' + b"9" * 1_000_000 + b"}",
    b'{"item": "' + b"\\ud800" * 10 + b'"}', b'{"item": 1e999}', b'{"item": NaN}', b'"' + b"x" * 1_900_000 + b'"', b"{" + b'"a":1,' * 200_000 + b'"b":1}',
    b"\xff\xfe{\x00", b'{"item": "x", "item": "y", "answers": {}}', b"",
])  # fmt: skip
def test_no_json_takes_long_or_breaks_the_hall(office: Office, body: bytes) -> None:
    started = time.process_time()
    answer = office.browser().post("/api/v1/cases", content=body, headers=JSON)
    assert answer.status_code in (400, 404, 413, 422), answer.text[:300]
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.content) < 50_000
    assert time.process_time() - started < 3


def multipart(parts: list[bytes]) -> tuple[bytes, dict[str, str]]:
    body = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"
    return body, {"content-type": "multipart/form-data; boundary=b", "idempotency-key": "k"}


@pytest.mark.parametrize("parts", [
    [b'Content-Disposition: form-data; name="f%d"\r\n\r\nx' % each for each in range(10_000)],
    [b'Content-Disposition: form-data; name="x"; filename="%d.pdf"\r\n\r\nx' % each for each in range(2_000)],
    [b'Content-Disposition: form-data; name="application"\r\nX-Long: ' + b"x" * 100_000 + b"\r\n\r\n{}"],
    [b"X: y\r\n" * 3_000 + b"\r\nx"], [b"\r\n\r\n"], [b'Content-Disposition: form-data; name="' + b"n" * 100_000 + b'"\r\n\r\nx'],
    [b'Content-Disposition: form-data; name="application"\r\nContent-Transfer-Encoding: base64\r\n\r\ne30='],
    [b'Content-Disposition: form-data; name="a"; filename*=utf-8\'\'%2e%2e%2fx.pdf\r\n\r\nx'], [b"Content-Disposition: \xff\xfe\r\n\r\nx"],
], ids=["10,000 parts", "2,000 files", "long header", "many headers", "empty", "long name", "base64", "encoded name", "bytes"])  # fmt: skip
@pytest.mark.parametrize("path", ["/api/v1/cases", "/hall/letters/new"])
def test_no_multipart_body_takes_long_or_breaks_the_hall(
    office: Office, path: str, parts: list[bytes]
) -> None:
    body, headers = multipart(parts)
    started = time.process_time()
    answer = office.browser().post(path, content=body, headers=headers)
    assert answer.status_code in (400, 413, 422), answer.text[:300]
    assert "Traceback" not in answer.text
    assert time.process_time() - started < 5
    assert not list(office.hall.database.files.glob("incoming/*"))


@pytest.mark.parametrize(
    ("charset", "value"),
    [("idna", b"xn--a-"), ("undefined", b"x"), ("utf-7", b"+2AA-"), ('"unicode_escape"', b"\\ud800"), ("utf-16", b"x"),
     ("no-such", b"x"), ("", b"x"), ("rot13", b"x"), ("\xff", b"x")],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/api/v1/cases", "/hall/letters/new", "/hall/feedback", "/hall/drafts"])
def test_no_charset_but_utf_8_is_read(office: Office, path: str, charset: str, value: bytes) -> None:
    for part in (
        b'name="login"\r\n\r\n' + value,
        b'name="' + value + b'"\r\n\r\nx',
        b'name="files"; filename="' + value + b'.pdf"\r\n\r\nx',
    ):
        body, headers = multipart([b"Content-Disposition: form-data; " + part])
        kind = f"{headers['content-type']}; charset={charset}"
        wire = [(b"content-type", kind.encode("latin-1")), (b"idempotency-key", b"k")]
        answer = office.browser().post(path, content=body, headers=wire)
        assert answer.status_code == 400, (part, answer.text[:300])
        assert "UTF-8" in answer.text
    form = {"content-type": "application/x-www-form-urlencoded; charset=utf-7"}
    assert office.browser().post(path, content=b"login=%2B2AA-&form_end=1", headers=form).status_code == 400


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"'])
def test_utf_8_may_be_announced(office: Office, charset: str) -> None:
    form = {"content-type": f"application/x-www-form-urlencoded; charset={charset}"}
    answer = office.browser().post("/hall/track", content="number=张&form_end=1".encode(), headers=form)
    assert answer.status_code == 422


def test_a_compressed_body_is_never_unpacked(office: Office) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    answer = office.browser().post(
        "/api/v1/cases", content=bomb, headers={**JSON, "content-encoding": "gzip"}
    )
    assert answer.status_code == 400
    form = {"content-type": "application/x-www-form-urlencoded", "content-encoding": "gzip"}
    assert office.browser().post("/hall/track", content=bomb, headers=form).status_code in (400, 413, 422)


def test_an_answer_of_blanks_for_a_megabyte_is_told_at_once(office: Office) -> None:
    client = office.browser()
    draft = filled_draft(client)
    started = time.process_time()
    answer = post_section(client, draft, "part1", {"shop": "a" + " " * 900_000 + "b"})
    assert answer.status_code == 422
    body = {"item": EVERYTHING, "answers": {"shop": "a" + " " * 1_500_000 + "b"}}
    told_ = client.post("/api/v1/cases", content=json.dumps(body), headers=JSON)
    assert told_.status_code == 422
    assert time.process_time() - started < 4
