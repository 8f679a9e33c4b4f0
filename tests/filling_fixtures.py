"""An application filled in and sent through the pages, and files to put in: good, forbidden and hostile ones."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.handlers_fixtures import CREDIT_CODE, EVERYTHING, ID_NUMBER, Office, TestClient
from tests.page_fixtures import fields_of, text_of

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
JPG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + b"\x00" * 64 + b"\xff\xd9"
EXE = b"MZ\x90\x00\x03\x00\x00\x00" + b"\x00" * 200


def bomb() -> bytes:
    """A DOCX that would unpack into more than half a gigabyte."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        with package.open("word/document.xml", "w", force_zip64=True) as part:
            for _ in range(60):
                part.write(b"\x00" * 10_000_000)
    return buffer.getvalue()


APPLICANT = {
    "applicant_kind": "1",
    "applicant_name": "张示例",
    "applicant_id_type": "111",
    "applicant_id_number": ID_NUMBER,
    "contact_name": "张示例",
    "contact_phone": "0000-5550999",
}
PART1 = {
    "shop": "示例小馆",
    "story": "",
    "owner_id": ID_NUMBER,
    "company": CREDIT_CODE,
    "phone2": "0000-5550999",
    "mail": "name@example.com",
    "opening": "2026-05-01",
    "capital": "120000",
    "workers": "4",
    "area": "86.5",
    "place": "青禾县城关镇人民路示例8号",
}
PART2: Mapping[str, Any] = {
    "tenure": "own",
    "kinds": ["hot", "drink"],
    "online": "no",
    "staff.0.name": "张示例",
    "staff.0.id_number": ID_NUMBER,
}
SECTIONS: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("applicant", APPLICANT),
    ("agent", {"by_agent": "no"}),
    ("part1", PART1),
    ("part2", PART2),
)


def post_section(
    client: TestClient, draft: str, section: str, values: Mapping[str, Any], files: Any = None, **more: Any
) -> Any:
    """Posts one page of the form as its page's form would."""
    data = {**values, "do": "next", "form_end": "1", **more}
    return client.post(f"{draft}/{section}", data=data, files=files)


def filled_draft(client: TestClient, code: str = EVERYTHING) -> str:
    """A draft with every page filled in; the address its pages begin with."""
    draft = f"/hall/apply/{code}/new"
    for section, values in SECTIONS:
        answer = post_section(client, draft, section, values)
        assert answer.status_code == 200, text_of(answer.text)
        draft = re.sub(r"/[^/]+$", "", str(answer.url.path))
        assert not answer.url.path.endswith(section), text_of(answer.text)
    answer = post_section(
        client, draft, "materials", {}, files={"material_plan": ("平面图.pdf", PDF, "application/pdf")}
    )
    assert answer.status_code == 200, text_of(answer.text)
    answer = post_section(client, draft, "delivery", {"delivery": "window"})
    assert answer.url.path.endswith("/check"), text_of(answer.text)
    return draft


@dataclass(frozen=True)
class FiledCase:
    """A case filed through the pages, and the browser that did."""

    number: str
    code: str
    client: TestClient


def file_case(office: Office, client: TestClient | None = None) -> FiledCase:
    """Fills in and sends the whole form in a browser."""
    browser = client or office.browser()
    draft = filled_draft(browser)
    page = browser.get(f"{draft}/check").text
    answer = browser.post(f"{draft}/check", data={**fields_of(page, "/check"), "truth": "yes"})
    assert "/hall/receipt/" in str(answer.url), text_of(answer.text)
    numbers = re.findall(r'class="number-value">([^<]+)<', answer.text)
    return FiledCase(numbers[0].strip(), numbers[1].strip(), browser)
