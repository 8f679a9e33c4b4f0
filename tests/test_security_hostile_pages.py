"""Script attempts in every field, file name, parameter and path: they are text wherever they are shown, in any format."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from xml.etree import ElementTree

import pytest
from openpyxl import load_workbook

from catalog.exporting import neutral
from handlers.app import routes
from handlers.limiter import Limiter
from handlers.session import COOKIE
from handlers.staff_frame import ACCESS_LOG
from handlers.store import people
from presentation.spreadsheets import Sheet, csv_bytes, xlsx
from tests.attacks import FILE_NAMES, FORMULAS, MARK, PATHS, SCRIPT, SCRIPTS, came_of_it, is_formula
from tests.filling_fixtures import PDF
from tests.form_walker import PageForm, forms_of
from tests.handlers_fixtures import EVERYTHING, PASSWORD, TestClient
from tests.security_fixtures import World, open_world
from tests.staff_fixtures import quick_hash
from tests.test_handlers_guards import FILLED

# What would end the walk itself: sessions, passwords, and the live board, whose stream has no end.
LEFT_OUT = re.compile(
    r"sign-out|sign-in|account|second-factor|new-password|/stream|/api/v1/session|/hall/erase|/erase"
)


@pytest.fixture(scope="module")
def world(built_county: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = open_world(built_county, tmp_path_factory.mktemp("hostile"), words=SCRIPT)
    yield made
    made.office.close()


def visitor(world: World, login: str = "") -> TestClient:
    client = world.office.browser()
    client.follow_redirects = True
    if login:
        client.cookies.set(COOKIE, world.token(login))
    return client


def looked_at(answer: Any) -> None:
    """An answer in any format holds what was sent as text alone, and no formula."""
    assert answer.status_code < 500 or answer.status_code == 503, (answer.request.url, answer.text[:300])
    kind = answer.headers.get("content-type", "").partition(";")[0]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not any(MARK in f"{name}" for name in answer.headers)
    assert "set-cookie" not in answer.headers or MARK not in answer.headers["set-cookie"]
    if kind == "text/html":
        assert came_of_it(answer.text) == [], answer.request.url
        assert "Traceback" not in answer.text
    elif kind.endswith("json"):
        json.loads(answer.text)
    elif kind == "text/csv":
        for row in csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))):
            assert not [cell for cell in row if is_formula(cell)], answer.request.url
    elif kind.endswith("xml"):
        ElementTree.fromstring(answer.content)
    elif kind.startswith("application/vnd.openxmlformats"):
        with zipfile.ZipFile(io.BytesIO(answer.content)) as package:
            for name in package.namelist():
                if name.endswith((".xml", ".rels")):
                    tree = ElementTree.fromstring(package.read(name))
                    assert not [each.tag for each in tree.iter() if MARK in str(each.tag)]
                    assert not [each for each in tree.iter("{*}f") if MARK in (each.text or "")]


def free(world: World) -> None:
    world.office.hall.limiter = Limiter()


def addresses(world: World) -> list[str]:
    """Every page there is, with ids of what there is."""
    known = {**FILLED, **{name: given[0] for name, given in world.known.items()}}
    known |= {"department": "market", "item": EVERYTHING, "period": "2026-02", "edition": "1"}
    found = []
    for each in routes():
        path, methods = str(each.path), getattr(each, "methods", ()) or ()  # type: ignore[attr-defined]
        if "GET" not in methods or LEFT_OUT.search(path):
            continue
        own = known | ({"number": world.known["letter"][0]} if "/letters" in path else {})
        found.append(_filled(path, own))
    return found


def _filled(path: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda match: values.get(match[1], "x"), path)


def proved(world: World) -> TestClient:
    """An applicant's browser in which case and letter have been opened."""
    client = visitor(world)
    number, letter = world.known["number"][0], world.known["letter"][0]
    for place, which in (("/hall/track", number), ("/hall/letters/track", letter)):
        client.post(place, data={"number": which, "code": world.codes[which], "form_end": "1"})
    return client


def send(client: TestClient, page: Any, form: PageForm, words: str, *, hidden: bool) -> Any:
    data: Any = form.filled(words, hidden=hidden)
    target = form.action or str(page.url.path)
    if urlsplit(target).netloc or LEFT_OUT.search(target):
        return None
    if form.method != "post":
        return client.get(target, params=data)
    files = [(name, (f"{words[:60]}.pdf", PDF, "text/html")) for name in form.files]
    return client.post(target, data=data, files=files or None)


def walked(world: World, tries: tuple[tuple[str, bool], ...]) -> int:
    """Fills and sends every form of every page, as an applicant and as a member of staff; returns how many."""
    sent = 0
    for client in (proved(world), visitor(world, "everybody")):
        for address in addresses(world):
            free(world)
            page = client.get(address)
            looked_at(page)
            if not page.headers.get("content-type", "").startswith("text/html"):
                continue
            for form in forms_of(page.text):
                for words, hidden in tries:
                    free(world)
                    answer = send(client, page, form, words, hidden=hidden)
                    if answer is not None:
                        looked_at(answer)
                        sent += 1
    return sent


def showing(world: World) -> int:
    """Looks at every page again; on how many what was written is shown."""
    found = 0
    for client in (proved(world), visitor(world, "everybody")):
        for address in addresses(world):
            free(world)
            page = client.get(address)
            looked_at(page)
            found += MARK in page.text
    return found


def test_script_in_every_field_of_every_form_is_text_where_it_comes_back_and_wherever_it_is_shown(
    world: World,
) -> None:
    assert walked(world, ((SCRIPT[:300], False),)) > 80
    assert showing(world) > 25


@pytest.mark.soak(minutes=1)
@pytest.mark.parametrize("words", SCRIPTS)
def test_each_attempt_in_hidden_fields_and_choices_too_is_text_everywhere(world: World, words: str) -> None:
    walked(world, ((words, False), (words, True)))
    showing(world)


def test_script_in_every_parameter_of_an_address_is_text(world: World) -> None:
    names = ("q", "tab", "page", "department", "item", "kind", "month", "state", "number", "next", "done", "period", "group",
             "measures", "sort", "level", "from", "to", "unit", "person", "edition", "notice", "search", "theme", "show")  # fmt: skip
    client = visitor(world, "everybody")
    for position, address in enumerate(addresses(world)):
        free(world)
        words = SCRIPTS[position % len(SCRIPTS)]
        looked_at(client.get(f"{address}?{urlencode(dict.fromkeys(names, words))}"))


def test_script_in_every_header_that_is_shown_is_text(world: World) -> None:
    client = visitor(world)
    for words in ("https://x/<qhxss>", "javascript:qhxss(1)", '"><img src=qhxss onerror=qhxss()>'):
        headers = {
            "referer": words,
            "user-agent": words,
            "accept-language": words,
            "x-forwarded-for": words,
            "host": "testserver",
        }
        for answer in (client.get("/hall/none", headers=headers), client.post("/hall/track", headers=headers),
                       client.get("/hall/search?q=x", headers=headers)):  # fmt: skip
            looked_at(answer)


def tricks(world: World, every: int) -> Iterator[tuple[str, str]]:
    """Method and address with one part of the path replaced by a trick, the others right; each `every`-th of all."""
    known = {**FILLED, **{name: given[0] for name, given in world.known.items()}, "department": "market"}
    turn = 0
    for each in routes():
        path = str(each.path)  # type: ignore[attr-defined]
        if LEFT_OUT.search(path):
            continue
        for method in sorted((getattr(each, "methods", ()) or set()) - {"HEAD"}):
            for part in re.findall(r"\{(\w+)", path):
                for trick in PATHS:
                    turn += 1
                    if turn % every:
                        continue
                    filled = {**known, part: trick}
                    yield method, _filled(path, filled)


@pytest.mark.parametrize("every", [29, pytest.param(1, marks=pytest.mark.soak(minutes=1))])
def test_no_trick_in_a_path_reaches_a_file_or_breaks_a_page(world: World, every: int) -> None:
    client, secret = (
        visitor(world, "everybody"),
        (world.office.hall.database.path.parent / "hall.key").read_bytes(),
    )
    client.follow_redirects = False
    for method, address in tricks(world, every):
        free(world)
        answer = client.request(method, address, data={"form_end": "1"} if method == "POST" else None)
        assert answer.status_code < 500, (method, address, answer.text[:300])
        assert secret not in answer.content
        assert b"root:x:" not in answer.content
        assert b"SQLite format" not in answer.content
        assert "qhxss" not in answer.headers.get("set-cookie", "")
        if answer.status_code in (301, 302, 303, 307, 308):
            assert re.match(r"/(?![/\\\\])", answer.headers["location"]), (
                address,
                answer.headers["location"],
            )


@pytest.mark.parametrize("trick", PATHS)
def test_no_trick_leads_out_of_the_portals_folder(world: World, trick: str) -> None:
    client = visitor(world)
    for address in (f"/{trick}", f"/data/{trick}", f"/assets/{trick}", f"/data/items/{trick}.json"):
        answer = client.get(address)
        assert answer.status_code in (200, 303, 400, 404, 405, 414), (address, answer.status_code)
        assert b"root:x:" not in answer.content
        assert b"SQLite format" not in answer.content
        if answer.headers.get("content-type", "").startswith("text/html"):
            assert came_of_it(answer.text) == []


def test_sent_somewhere_else_after_signing_in_is_only_ever_within_the_hall(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasher, _, nobody = quick_hash()
    monkeypatch.setattr(people, "_hasher", hasher)
    monkeypatch.setattr(people, "_nobody", nobody)
    for place in ("//evil.example", "https://evil.example", "/\\evil.example", "/%09/evil.example", "javascript:qhxss(1)",
                  "\t//evil.example", "/hall/../../evil", "///evil.example", "/@evil.example", "http:/evil.example"):  # fmt: skip
        client = visitor(world)
        client.follow_redirects = False
        free(world)
        form = {"login": "window", "password": PASSWORD, "next": place, "form_end": "1"}
        answer = client.post(f"/hall/staff/sign-in?next={quote(place, safe='')}", data=form)
        target = answer.headers.get("location", "/")
        assert re.match(r"/(?![/\\\\\t])", target), (place, target)
        assert not urlsplit(target).netloc


def test_a_hostile_file_name_is_only_a_name_in_letters_and_orders_too(world: World) -> None:
    client = visitor(world)
    for position, name in enumerate(FILE_NAMES):
        free(world)
        token = f"{'d' * 22}{position:02d}"
        answer = client.post(f"/api/v1/letters/files/{token}", files={"file": (name, PDF, "text/html")})
        assert answer.status_code in (201, 400, 415, 422), answer.text
        looked_at(answer)
        if answer.status_code == 201:
            kept = answer.json()["name"]
            assert not set('/\\\\<>"\r\n\x00\u202e') & set(kept)
            assert len(kept) <= 130


# --- tables ---


def cells_of(content: bytes) -> list[str]:
    return [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")) for cell in row]


@pytest.mark.parametrize("words", [*FORMULAS, "\n=1+1", "\uff0b1", "\uff0d1", "\uff20x"])
def test_no_cell_of_an_exported_table_is_a_formula(words: str) -> None:
    sheet = Sheet("表", (words, "乙"), ((words, -1.5), (words, None)), lead=(words,))
    assert not [cell for cell in cells_of(csv_bytes(sheet)) if is_formula(cell)]
    book = load_workbook(io.BytesIO(xlsx([sheet])))
    for row in book.worksheets[0].iter_rows():
        for cell in row:
            assert cell.data_type != "f"
            assert not isinstance(cell.value, str) or not is_formula(cell.value)
    assert not is_formula(neutral(words))


def test_the_log_of_looks_exported_by_a_person_with_a_formula_for_a_name_holds_none(world: World) -> None:
    database = world.office.hall.database
    client = visitor(world, "everybody")
    for words in FORMULAS:
        database.write(
            lambda tx, words=words: tx.execute(
                "UPDATE person SET name = ? WHERE login = 'everybody'", (words,)
            )
        )
        assert client.get(f"/hall/staff/cases/{world.known['number'][0]}").status_code == 200
        answer = client.get(ACCESS_LOG + ".csv")
        assert answer.headers["content-type"].startswith("text/csv")
        assert answer.headers["content-disposition"].startswith("attachment")
        found = cells_of(answer.content)
        assert any(words.strip() in cell for cell in found)
        assert not [cell for cell in found if is_formula(cell)]


def test_what_looks_for_attempts_finds_each_of_them_where_nothing_was_escaped() -> None:
    harmless = {
        each for each in SCRIPTS if not set("<\"'") & set(each) or each.startswith(("{{", "javascript:"))
    }
    assert len(harmless) < 6
    for each in SCRIPTS:
        bare = f"<p title=\"{each}\">x</p><p title='{each}'>x</p><p>{each}</p>"
        assert bool(came_of_it(bare)) == (each not in harmless), each
        assert came_of_it(f'<p title="{html.escape(each)}">{html.escape(each)}</p>') == []
    assert came_of_it(f'<a href="{SCRIPTS[-4]}">x</a>')
    assert came_of_it(f'<a href="{SCRIPTS[-3]}">x</a>')
