"""The receipt: shown with number and code, printed, as DOCX, with its part of the public log."""

from __future__ import annotations

import io
import json

from docx import Document

from tests.filling_fixtures import file_case
from tests.handlers_fixtures import ID_NUMBER, Office
from tests.page_fixtures import text_of
from tests.staff_fixtures import filed as file_by_hand


def test_the_receipt_shows_number_code_and_what_comes_next(office: Office) -> None:
    filed = file_case(office)
    page = filed.client.get(f"/hall/receipt/{filed.number}")
    words = text_of(page.text)
    for expected in (
        filed.number,
        filed.code,
        "接下来",
        "预计不晚于",
        "为什么是这一天",
        "收件凭证",
        "平面图",
    ):
        assert expected in words, expected
    assert 'class="paper"' in page.text
    assert 'class="qr"' in page.text


def test_the_qr_code_names_the_case_and_not_the_code(office: Office) -> None:
    from handlers.notices import track_address

    filed = file_case(office)
    address = track_address(office.hall.county, filed.number)
    assert address.endswith(f"/hall/track?number={filed.number}")
    page = office.browser("203.0.113.90").get(f"/hall/track?number={filed.number}")
    assert f'value="{filed.number}"' in page.text
    assert 'name="code"' in page.text


def test_a_receipt_opens_later_with_its_code_and_not_with_another(office: Office) -> None:
    filed, other = file_case(office), file_case(office, office.browser("203.0.113.60"))
    client = office.browser("203.0.113.91")
    address = f"/hall/receipt/{filed.number}"
    wrong = client.post(address, data={"number": filed.number, "code": other.code, "form_end": "1"})
    assert wrong.status_code == 422
    assert "样样都问的许可" not in wrong.text
    right = client.post(address, data={"number": filed.number, "code": filed.code, "form_end": "1"})
    assert filed.code in right.text
    assert 'name="code"' in client.get(f"/hall/receipt/{other.number}").text


def test_the_receipt_as_docx_is_a_document_with_the_number(office: Office) -> None:
    filed = file_case(office)
    answer = filed.client.get(f"/hall/receipt/{filed.number}.docx")
    assert answer.headers["content-disposition"].startswith("attachment")
    document = Document(io.BytesIO(answer.content))
    words = "\n".join([each.text for each in document.paragraphs]) + "\n".join(
        cell.text for table in document.tables for row in table.rows for cell in row.cells
    )
    assert "收件凭证" in words
    assert filed.number in words


def test_a_receipt_that_word_cannot_hold_says_so_and_keeps_its_page(office: Office) -> None:
    """A case from before such characters were taken out of answers."""
    case = file_by_hand(office, name="张\ufffe示例")
    client = office.browser("203.0.113.92")
    address = f"/hall/receipt/{case.number}"
    client.post(address, data={"number": case.number, "code": case.query_code, "form_end": "1"})
    refused = client.get(f"{address}.docx")
    assert "请打印网页版" in text_of(refused.text)
    assert client.get(address).status_code == 200


def test_the_log_proof_holds_no_personal_data(office: Office) -> None:
    filed = file_case(office)
    answer = filed.client.get(f"/hall/receipt/{filed.number}.json")
    body = json.loads(answer.text)
    assert {"number", "filed_at", "event_sequence", "leaf", "salt", "event", "checkpoint"} <= set(body)
    for told in ("张示例", "0000-5550999", ID_NUMBER):
        assert told not in answer.text
    assert body["event_sequence"] >= 1
