"""Text meant to hurt: script, control and half characters, sizes, depths, odd numbers and dates."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handlers.bodies import parsed
from handlers.correspondence.requests import LetterData
from handlers.letters import MOST_CONTENT
from handlers.notices import docx_response
from rules.errors import BadRequest, Invalid
from rules.letter_terms import LetterMove
from tests.api_fixtures import ANSWERS, FILES, assert_problem, file_web, program
from tests.filling_fixtures import PDF, filled_draft, post_section
from tests.handlers_fixtures import EVERYTHING, Office
from tests.page_fixtures import fields_of
from tests.staff_fixtures import CASE, filed, staffed

__all__ = ["staffed"]

SCRIPT = "</textarea></script><script>alert(1)</script><img src=x onerror=alert(1)>\"' {{7*7}} {%x%} ${7*7}"
CONTROLS = "字\x00\x08\x1b\u202e后"
JSON = {"content-type": "application/json", "idempotency-key": "k"}
VALUES: tuple[Any, ...] = (
    "\ud800", "a\udfffb", "a\x00b", 10**30, 1e308, float("nan"), -0.0, True, None, {}, {"a": {"b": []}},
    [[[["x"]]]], "9" * 5000, "0000-00-00", "99999-01-01", "٣", "\u202efdp.exe", "1e400", "x" * 1_000_000,
)  # fmt: skip


def unharmed(page: str) -> None:
    """No markup of a visitor's making, no template carried out, no trace of our code."""
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "Traceback" not in page


@pytest.mark.parametrize(
    "name", ["shop", "owner_id", "opening", "capital", "workers", "kinds", "staff", "nothing"]
)
def test_no_value_of_an_answer_breaks_the_hall(office: Office, name: str) -> None:
    client = program(office)
    for at, value in enumerate(VALUES):
        body = json.dumps({"item": EVERYTHING, "answers": {**ANSWERS, name: value}})
        answer = client.post(
            "/api/v1/cases", data={"application": body}, files=FILES, headers={"Idempotency-Key": f"k{at}"}
        )
        assert answer.status_code < 500, (name, str(value)[:40])
        assert answer.status_code == 201 or answer.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"login":"\\ud800","password":"x"}', b'{"login":"admin","password":"\\udfff"}', b"[" * 100_000,
        b'{"login":' + b'{"a":' * 900 + b"1" + b"}" * 900 + b',"password":"x"}', b"\xff\xfe{}", b"\x00", b"NaN",
        b'{"login":Infinity,"password":"x"}', b'{"login":' + b"9" * 5000 + b',"password":"x"}', b"null", b"[]", b'""',
    ],
)  # fmt: skip
def test_broken_json_is_a_problem_that_says_so(office: Office, body: bytes) -> None:
    answer = program(office).post("/api/v1/session", content=body, headers=JSON)
    assert answer.status_code in (400, 422)
    assert_problem(answer, answer.status_code)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=20,
    )
)
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_json_is_either_understood_or_refused_and_what_is_understood_can_be_stored(value: Any) -> None:
    from handlers.api_models import FileIn

    try:
        model = parsed(json.dumps({"item": "x", "answers": {"shop": value}}), FileIn)
    except (BadRequest, Invalid):
        return
    assert json.loads(model.model_dump_json().encode())["item"] == "x"


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "0001-01-01", "2026-02-30"]
)
def test_a_time_of_receipt_at_the_end_of_the_calendar_is_refused(office: Office, moment: str) -> None:
    client = program(office, "window")
    body = {
        "item": EVERYTHING, "answers": ANSWERS, "channel": "window", "accepting_unit": "window-market", "drill": True,
        "received_at": moment,
    }  # fmt: skip
    assert (
        "received_at" in assert_problem(client.post("/api/v1/cases", json=body, headers=JSON), 422)["errors"]
    )


LETTER = {
    "kind": "consultation", "department": "market", "title": "问题", "content": "内容内容", "name": "王示例",
    "phone": "", "email": "", "item": "", "case": "", "form_end": "1", "public": "yes",
}  # fmt: skip


def test_script_in_a_letter_is_text_on_every_page_that_shows_it(staffed: Office) -> None:
    writer = staffed.browser()
    sent = writer.post(
        "/hall/letters/new", data={**LETTER, "title": SCRIPT[:100], "content": SCRIPT, "name": SCRIPT[:60]}
    )
    assert sent.status_code == 200
    number = str(sent.url.path).rsplit("/", 1)[1]
    room, now = staffed.hall.correspondence, staffed.clock()
    room.by_staff(
        number, _by(staffed, "coordinator"), LetterMove.SUBMIT, LetterData({"text": SCRIPT}), now=now
    )
    room.by_staff(number, _by(staffed, "decider"), LetterMove.ANSWER, LetterData(publish=True), now=now)
    pages = [
        writer.get(f"/hall/letters/{number}"),
        writer.get("/hall/letters"),
        writer.get("/hall/letters?department=market"),
    ]
    clerk = staffed.signed_in("coordinator")
    pages += [
        clerk.get(f"/hall/staff/letters/{number}"),
        clerk.get("/hall/staff/letters?tab=all"),
        clerk.get("/hall/staff/messages"),
    ]
    for page in pages:
        assert page.status_code == 200, page.url
        unharmed(page.text)
    assert "&lt;script&gt;alert" in pages[0].text
    assert "49" not in pages[0].text.partition(number)[0][-200:]


def _by(office: Office, login: str) -> Any:
    from handlers.casework.requests import ByStaff

    return ByStaff(office.people[login])


def test_script_in_a_case_is_text_on_every_page_that_shows_it(staffed: Office) -> None:
    case = filed(
        staffed, name=SCRIPT[:90], shop=SCRIPT, kinds=[SCRIPT], staff=[{"name": SCRIPT, "id_number": SCRIPT}]
    )
    clerk = staffed.signed_in("window")
    form = fields_of(clerk.get(CASE + case.number).text, "/moves/refuse")
    typed = {"refuse.reason": SCRIPT, "refuse.basis": SCRIPT, "refuse.confirm": "yes"}
    clerk.post(f"{CASE}{case.number}/moves/refuse", data={**form, **typed})
    citizen = staffed.browser()
    citizen.post("/hall/track", data={"number": case.number, "code": case.query_code, "form_end": "1"})
    notices = [
        each.id
        for each in staffed.hall.casework.public_view(case.number, case.query_code, staffed.clock()).notices
    ]
    pages = [
        clerk.get(CASE + case.number), clerk.get(f"{CASE}{case.number}?show=personal"), clerk.get("/hall/staff/?tab=all"),
        clerk.get("/hall/staff/?tab=all&q=" + SCRIPT[:90]), citizen.get(f"/hall/track/{case.number}"),
        citizen.get(f"/hall/receipt/{case.number}"), *(citizen.get(f"/hall/notices/{each}") for each in notices),
    ]  # fmt: skip
    assert len(notices) == 2
    for page in pages:
        assert page.status_code == 200, page.url
        unharmed(page.text)
    for each in notices:
        assert zipfile.is_zipfile(io.BytesIO(citizen.get(f"/hall/notices/{each}.docx").content))


@pytest.mark.parametrize("path", [
    "/hall/search?q={}", "/hall/search?q=a&department={}&theme={}&page={}", "/hall/track?number={}", "/hall/feedback?page=/{}",
    "/hall/letters?department={}", "/hall/letters/new?item={}&department={}&case={}&kind={}", "/hall/staff/sign-in?next=/{}",
    "/hall/apply/{}", "/hall/receipt/{}", "/{}", "/hall/rate?number={}",
])  # fmt: skip
def test_script_in_an_address_is_never_markup(staffed: Office, path: str) -> None:
    unharmed(staffed.browser().get(path.replace("{}", SCRIPT)).text)


def test_control_characters_never_reach_the_records(staffed: Office) -> None:
    sent = staffed.browser().post(
        "/hall/letters/new", data={**LETTER, "title": CONTROLS, "content": CONTROLS * 3, "name": CONTROLS}
    )
    assert sent.status_code == 200
    row = staffed.hall.database.row("SELECT title, content FROM letter")
    assert row is not None
    assert (row["title"], row["content"]) == ("字后", "字后" * 3)
    client = program(staffed)
    body = {
        "kind": "complaint",
        "department": "market",
        "title": CONTROLS,
        "content": CONTROLS * 3,
        "name": CONTROLS,
    }
    answer = client.post("/api/v1/letters", json=body, headers=JSON)
    assert answer.status_code == 201, answer.text
    assert staffed.hall.database.value("SELECT title FROM letter WHERE kind = 'complaint'") == "字后"


def test_documents_of_a_case_full_of_control_characters_can_be_printed(office: Office) -> None:
    client = office.browser()
    draft = filled_draft(client)
    post_section(client, draft, "applicant", {"applicant_name": "张\x00\x0b示例\x1f", "applicant_kind": "1",
        "applicant_id_type": "111", "applicant_id_number": "990121199003070010", "contact_name": "张",
        "contact_phone": "0000-5550999"})  # fmt: skip
    page = client.get(f"{draft}/check").text
    answer = client.post(f"{draft}/check", data={**fields_of(page, "/check"), "truth": "yes"})
    number = str(answer.url.path).rsplit("/", 1)[1]
    assert zipfile.is_zipfile(io.BytesIO(client.get(f"/hall/receipt/{number}.docx").content))


def test_a_megabyte_in_one_field_comes_back_with_its_fault_or_is_refused(office: Office) -> None:
    client = office.browser()
    answer = client.post("/hall/letters/new", data={**LETTER, "content": "字" * (MOST_CONTENT + 1)})
    assert answer.status_code == 422
    assert "最多" in answer.text
    answer = client.post("/hall/letters/new", data={**LETTER, "content": "x" * 1_500_000})
    assert answer.status_code in (413, 422)
    answer = client.post("/hall/letters/new", data={**LETTER, "content": "x" * 3_000_000})
    assert answer.status_code == 413
    assert office.hall.database.value("SELECT count(*) FROM letter") == 0


def test_thousands_of_fields_and_doubled_names_do_no_harm(office: Office) -> None:
    client = office.browser()
    many = "&".join(f"f{number}=1" for number in range(20_000)).encode()
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post("/hall/track", content=many, headers=form).status_code == 413
    doubled = client.post("/hall/track", content=b"number=A&number=B&code=1&code=2&form_end=1", headers=form)
    assert doubled.status_code == 422


@pytest.mark.parametrize(
    "name", ["张三的\r\nSet-Cookie: x=1", 'a"; filename="b.exe', "许可证", "a\u202egpj.exe", "文" * 300]
)
def test_no_name_gets_out_of_its_header(name: str) -> None:
    answer = docx_response(b"x", name)
    value = answer.headers["content-disposition"]
    assert "\r" not in value
    assert "\n" not in value
    assert value.count("filename=") == 1
    assert value.count('"') == 2
    if name == "许可证":
        assert unquote(value.rpartition("''")[2]) == "许可证.docx"


@pytest.mark.parametrize(
    "name",
    [
        "../../hall.db",
        "a\r\nX: y.pdf",
        '"><script>.pdf',
        "C:\\x\\图.pdf",
        "\u202efdp.exe.pdf",
        "." * 300 + "pdf",
        "图" * 300 + ".pdf",
        "con.pdf",
    ],
)
def test_a_hostile_file_name_is_only_a_name(office: Office, name: str) -> None:
    client = office.browser()
    draft = filled_draft(client)
    answer = post_section(client, draft, "materials", {}, files={"material_photo": (name, PDF, "text/html")})
    assert answer.status_code in (200, 422)
    unharmed(answer.text)
    rows = office.hall.database.rows("SELECT id, name FROM attachment WHERE field = 'material_photo'")
    for row in rows:
        assert not set('/\\<>"\r\n\u202e') & set(row["name"])
        assert len(row["name"]) <= 130
        got = client.get(f"{draft}/files/{row['id']}")
        assert got.content == PDF
        assert got.headers["content-disposition"].startswith("attachment")
        assert got.headers["content-type"] == "application/octet-stream"
        assert got.headers["x-content-type-options"] == "nosniff"


def test_the_same_key_for_other_content_is_a_conflict_and_files_nothing(office: Office) -> None:
    client = program(office)
    assert file_web(client, "same").status_code == 201
    assert file_web(client, "same").status_code == 200
    other = client.post(
        "/api/v1/cases",
        json={"item": EVERYTHING, "answers": {**ANSWERS, "shop": "别的"}},
        headers={"Idempotency-Key": "same"},
    )
    assert other.status_code in (409, 422)
    assert office.hall.database.value("SELECT count(*) FROM cases") == 1
