"""Blank forms and samples on demand."""

from __future__ import annotations

import io
from urllib.parse import unquote

from docx import Document

from tests.handlers_fixtures import EVERYTHING, Office


def test_blank_form_and_sample_come_as_documents_with_their_chinese_names(office: Office) -> None:
    client = office.browser()
    for which, name in (("blank", "空白表"), ("sample", "填写样例")):
        answer = client.get(f"/hall/forms/{EVERYTHING}/{which}.docx")
        assert answer.status_code == 200
        assert unquote(answer.headers["content-disposition"]).endswith(f"样样都问的许可-{name}.docx")
        document = Document(io.BytesIO(answer.content))
        cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
        assert any("店名" in cell for cell in cells)


def test_an_unknown_item_has_no_form(office: Office) -> None:
    assert office.browser().get("/hall/forms/NOSUCHITEM0001/blank.docx").status_code == 404
    assert office.browser().get(f"/hall/forms/{EVERYTHING}/other.docx").status_code == 404
