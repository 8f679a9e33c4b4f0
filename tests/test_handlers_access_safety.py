"""What every page and form keeps: the policy without inline code, secure cookies, forged forms refused, guessers stopped."""

from __future__ import annotations

import re
from typing import Any

import pytest

from handlers.security import HEADERS
from handlers.session import COOKIE
from handlers.store import people, sessions
from handlers.store.vault import Vault
from rules.errors import HallError
from tests.access_fixtures import ACCOUNTS, Everyone, Unchanged, Visitor
from tests.access_table import TABLE
from tests.handlers_fixtures import PASSWORD
from tests.safety_fixtures import everyone, no_limits_of_earlier_tests
from tests.test_handlers_access_walk import BODIES, HTML_BODY, all_ways, filled, send

__all__ = ["everyone", "no_limits_of_earlier_tests"]


TAG = re.compile(r"<[a-zA-Z][^>]*>")


INLINE = re.compile(
    r"\s(?:style|on[a-z]+)\s*=|(?:href|src|action|formaction)\s*=\s*[\"']?\s*(?:javascript|data|vbscript):",
    re.I,
)


SCRIPT = re.compile(r"<script\b(?![^>]*\bsrc=\"/)[^>]*>|<style\b|<base\b|<iframe\b|<object\b|<embed\b", re.I)


# --- markup and headers ---


def faults_of(answer: Any, https: bool = False) -> list[str]:
    """What an answer lacks or holds that the policy does not allow."""
    found = []
    for name, value in HEADERS.items():
        given = answer.headers.get_list(name)
        if given != [value] and not (
            name == "Content-Security-Policy" and given[0].startswith("sandbox; default-src 'none'")
        ):
            found.append(f"{name}: {given}")
    if (
        "unsafe-inline" in str(answer.headers)
        or "unsafe-eval" in str(answer.headers)
        or "server" in answer.headers
    ):
        found.append("a header says too much")
    if answer.headers.get("content-type", "").startswith("text/html"):
        text = answer.text
        found += [f"inline: {each[0][:80]}" for each in SCRIPT.finditer(text)]
        found += [
            f"attribute: {tag[:120]}"
            for tag in TAG.findall(text)
            if INLINE.search(tag) and '<a href="data:' not in tag
        ]
    for cookie in answer.headers.get_list("set-cookie"):
        low = cookie.lower()
        wanted = ["httponly", "samesite=strict", *(["secure"] if https and "max-age=0" not in low else [])]
        found += [f"cookie without {each}: {cookie[:60]}" for each in wanted if each not in low]
    return found


@pytest.mark.parametrize(
    "account", ["anonymous", "applicant-a", "a-coordinator", "county", "administrator", "publisher"]
)
def test_every_answer_of_every_route_keeps_the_policy_without_inline_code(
    everyone: Everyone, account: str
) -> None:
    page = everyone.client(account)
    program = everyone.program(account)
    wrong = []
    for way in all_ways():
        if way in (
            "POST /hall/staff/sign-out",
            "DELETE /api/v1/session",
            "POST /hall/staff/account/sessions",
        ):
            continue
        answer = send(everyone, program if " /api/" in way else page, account, way)
        wrong += [f"{way} ({answer.status_code}): {each}" for each in faults_of(answer)]
        kept = answer.headers.get("cache-control", "")
        if " /hall" in way or " /api" in way:
            wrong += [] if "no-store" in kept else [f"{way}: may be kept by a cache ({kept})"]
    assert not wrong, "\n".join(wrong)


def test_the_portals_own_pages_keep_the_policy_too(everyone: Everyone) -> None:
    client = everyone.client("anonymous")
    pages = sorted(everyone.hall.site.rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        path = "/" + page.relative_to(everyone.hall.site).as_posix().removesuffix("index.html")
        assert faults_of(client.get(path)) == [], path
    for path in (
        "/no/such/page/",
        "/assets/none.css",
        "/data/catalog.json",
        "/hall/nothing",
        "/api/v1/nothing",
    ):
        assert faults_of(client.get(path)) == [], path
    stored = client.get("/", headers={"if-none-match": client.get("/").headers["etag"]})
    assert stored.status_code == 304
    assert faults_of(stored) == []


def test_behind_https_every_cookie_is_secure(everyone: Everyone) -> None:
    for shelf, path, data in (
        (COOKIE, "/hall/staff/sign-in", {"login": "b-window", "password": PASSWORD}),
        ("hall_cases", "/hall/track", {"number": everyone.things.case.number, "code": everyone.things.case.query_code}),
        ("hall_letters", "/hall/track", {"number": everyone.things.letter.number, "code": everyone.things.letter.query_code}),
    ):  # fmt: skip
        client = everyone.client("anonymous")
        answer = client.post("https://testserver" + path, data={**data, "form_end": "1"})
        assert answer.status_code == 303, path
        assert any(each.startswith(shelf) for each in answer.headers.get_list("set-cookie")), path
        assert faults_of(answer, https=True) == [], path


# --- forged forms ---


def posts() -> list[str]:
    return [way for way in all_ways() if way.startswith("POST /hall/") and not TABLE[way].public]


@pytest.mark.parametrize("token", ["", "x", "another's"])
def test_no_staff_form_is_taken_without_its_sessions_token_and_nothing_changes(
    everyone: Everyone, token: str
) -> None:
    rows, others = Unchanged(everyone.hall.database.path), everyone.client("publisher").headers["x-csrf"]
    clients: dict[str, Visitor] = {}
    ways = posts()
    assert len(ways) > 35
    for way in ways:
        # Who may send it, so that nothing but the token stands in the way; some things do not exist for anybody.
        may = [
            name for name in ACCOUNTS if TABLE[way].answers.get(name, frozenset({404})).isdisjoint({401, 404})
        ]
        account = next((name for name in may if TABLE[way].answers[name] != {403}), "administrator")
        if account not in clients:
            clients[account] = everyone.client(account)
            rows.changed()  # signing in is noted with the person
        client = clients[account]
        data = {
            **BODIES.get(way, HTML_BODY),
            **({"csrf": others if token == "another's" else token} if token else {}),
        }
        answer = client.post(filled(way, everyone), data=data)
        gone = TABLE[way].answers.get(account) == frozenset({404}) or account not in TABLE[way].answers
        assert answer.status_code == 403 or (gone and answer.status_code == 404), (
            way,
            account,
            answer.status_code,
        )
        assert "没有执行" in answer.text or answer.status_code == 404 or gone, way
        assert rows.changed() == [], way
        assert client.get("/hall/staff/messages").status_code == 200, way


def test_a_form_sent_by_another_site_is_refused_on_public_routes_too_and_changes_nothing(
    everyone: Everyone,
) -> None:
    rows = Unchanged(everyone.hall.database.path)
    client = everyone.client("applicant-a")
    for name, value in (("sec-fetch-site", "cross-site"), ("origin", "https://evil.invalid")):
        client.headers.pop("sec-fetch-site", None)
        for way in all_ways():
            if not way.startswith("POST "):
                continue
            answer = client.post(filled(way, everyone), data=HTML_BODY, headers={name: value})
            assert answer.status_code == 403, (way, answer.status_code)
            assert "set-cookie" not in answer.headers, way
    assert rows.changed() == []


# --- guessing ---


class Work:
    """Counts statements of this thread's reader and digests made."""

    def __init__(self, everyone: Everyone, monkeypatch: pytest.MonkeyPatch) -> None:
        self.statements: list[str] = []
        self.digests = 0
        self.reader = everyone.hall.database.reader()
        digest = Vault.digest

        def counted(vault: Vault, *parts: str) -> bytes:
            self.digests += 1
            return digest(vault, *parts)

        monkeypatch.setattr(Vault, "digest", counted)

    def of(self, call: Any) -> tuple[int, int]:
        self.statements, self.digests = [], 0
        self.reader.set_trace_callback(self.statements.append)
        try:
            with pytest.raises(HallError):
                call()
        finally:
            self.reader.set_trace_callback(None)
        return len(self.statements), self.digests


def test_an_unknown_number_costs_the_same_work_as_a_wrong_code(
    everyone: Everyone, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall, things, work = everyone.hall, everyone.things, Work(everyone, monkeypatch)
    now, code = everyone.office.clock(), "AAAA2222"
    order = hall.database.value("SELECT number FROM supervision_order WHERE id = ?", (things.order,))
    for known, unknown, call in (
        (things.case.number, "QH202603029998", lambda number: hall.casework.public_view(number, code, now)),
        (things.case.number, "QH202603029998", lambda number: hall.casework.receipt(number, code, now)),
        (things.case.number, "QH202603029998", lambda number: hall.casework.notice_for_applicant(things.notice, number, code)),
        (things.case.number, "QH202603029998", lambda number: hall.casework.attachment_for_applicant("x", number, code)),
        (things.letter.number, "QHZ202603029998", lambda number: hall.correspondence.for_writer(number, code, now)),
        (things.conduct.number, "QHJ202603029998", lambda number: hall.correspondence.for_writer(number, code, now)),
        (order, "青督字〔2026〕第998号", lambda number: hall.supervision.check(number, code)),
    ):  # fmt: skip
        wrong, missing = work.of(lambda: call(known)), work.of(lambda: call(unknown))  # noqa: B023
        assert wrong == missing, known
        assert wrong[0] >= 1, known
        assert wrong[1] >= 1, known


def test_an_unknown_login_costs_one_verification_as_a_wrong_password_does(
    everyone: Everyone, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []
    hasher = people._hasher

    class Counting:
        def __getattr__(self, name: str) -> Any:
            return getattr(hasher, name)

        def verify(self, stored: str, given: str) -> bool:
            verified.append(stored)
            return bool(hasher.verify(stored, given))

    monkeypatch.setattr(people, "_hasher", Counting())
    counts = []
    for login in ("b-window", "nobody-of-this-name"):
        verified.clear()
        with pytest.raises(HallError):
            sessions.sign_in(everyone.hall.database, login, "wrong-password-1", everyone.office.clock())
        counts.append(len(verified))
    assert counts == [1, 1]


@pytest.mark.parametrize(
    "path", ["/hall/track", "/hall/rate", "/hall/letters/track", "/hall/drafts", "/hall/check/order"]
)
def test_every_page_that_takes_a_code_stops_a_guesser_and_then_the_right_code_too(
    everyone: Everyone, path: str
) -> None:
    things = everyone.things
    number, code = things.case.number, things.case.query_code
    if "letters" in path:
        number, code = things.letter.number, things.letter.query_code
    client = everyone.client("applicant-b")
    client.cookies.clear()
    statuses = []
    for at in range(12):
        guess = "".join(
            "23456789ABCDEFGH"[(at * 7 + place) % 16] for place in range(12 if "drafts" in path else 8)
        )
        data = {
            "number": number,
            "code": ("AAAA" + guess)[:12] if "drafts" in path else guess,
            "form_end": "1",
        }
        statuses.append(client.post(path, data=data).status_code)
    assert statuses == [422] * 10 + [429] * 2
    last = client.post(path, data={"number": number, "code": code, "form_end": "1"})
    assert last.status_code == 429 or path == "/hall/drafts"
    assert int(last.headers.get("retry-after", 1)) > 0


def test_codes_and_tokens_are_long_enough_and_never_stored_as_they_are(everyone: Everyone) -> None:
    database, things = everyone.hall.database, everyone.things
    token = sessions.sign_in(database, "b-reviewer", PASSWORD, everyone.office.clock()).token
    assert len(things.case.query_code.replace("-", "")) >= 8
    assert len(token) >= 40
    raw = database.path.read_bytes() + database.path.with_name(database.path.name + "-wal").read_bytes()
    for secret in (things.case.query_code, things.letter.query_code, token, PASSWORD):
        assert secret.encode() not in raw
