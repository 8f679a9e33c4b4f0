"""Documents of a case: for its applicant and for staff in scope, nobody else; page and DOCX."""

from __future__ import annotations

import io

from docx import Document

from tests.filling_fixtures import file_case
from tests.handlers_fixtures import Office
from tests.page_fixtures import text_of


def test_every_document_of_a_case_is_a_numbered_page_and_a_docx(office: Office) -> None:
    filed = file_case(office)
    office.finish(filed.number)
    view = office.hall.casework.public_view(filed.number, filed.code, office.clock())
    assert {each.kind for each in view.notices} >= {"receipt", "acceptance", "grant", "delivery"}
    for each in view.notices:
        page = filed.client.get(f"/hall/notices/{each.id}")
        words = text_of(page.text)
        assert each.number in words
        assert "张示例" in words
        assert "盖章处" in words
        answer = filed.client.get(f"/hall/notices/{each.id}.docx")
        text = "\n".join(paragraph.text for paragraph in Document(io.BytesIO(answer.content)).paragraphs)
        assert each.number in text


def test_another_applicant_does_not_see_a_document(office: Office) -> None:
    filed, other = file_case(office), file_case(office, office.browser("203.0.113.60"))
    notice = office.hall.casework.public_view(filed.number, filed.code, office.clock()).notices[0]
    for client in (other.client, office.browser("203.0.113.92")):
        for address in (f"/hall/notices/{notice.id}", f"/hall/notices/{notice.id}.docx"):
            page = client.get(address)
            assert "张示例" not in page.text
            assert 'name="code"' in page.text
            assert page.headers["content-type"].startswith("text/html")


def test_number_and_code_given_on_the_documents_address_open_it(office: Office) -> None:
    filed = file_case(office)
    notice = office.hall.casework.public_view(filed.number, filed.code, office.clock()).notices[0]
    client = office.browser("203.0.113.93")
    page = client.post(
        f"/hall/notices/{notice.id}", data={"number": filed.number, "code": filed.code, "form_end": "1"}
    )
    assert "张示例" in page.text


def test_staff_see_documents_within_their_scope_and_the_look_is_logged(office: Office) -> None:
    filed = file_case(office)
    notice = office.hall.casework.public_view(filed.number, filed.code, office.clock()).notices[0]
    before = office.hall.database.value("SELECT count(*) FROM access_log")
    assert "张示例" in office.signed_in("decider").get(f"/hall/notices/{notice.id}").text
    assert office.hall.database.value("SELECT count(*) FROM access_log") == before + 1
    outside = office.signed_in("police").get(f"/hall/notices/{notice.id}")
    assert outside.status_code == 404
    assert "张示例" not in outside.text


def test_a_document_that_does_not_exist_is_not_told_from_anothers(office: Office) -> None:
    filed = file_case(office)
    client = office.browser("203.0.113.94")
    exists = client.get("/hall/notices/1").text
    unknown = client.get("/hall/notices/999999").text
    assert text_of(exists) == text_of(unknown)
    assert client.get("/hall/notices/abc").status_code == 404
    assert filed.number not in exists
