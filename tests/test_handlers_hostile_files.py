"""Uploads that are not what they say: what a browser, a shell or an office program would run is not taken."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from handlers.store.file_kinds import check_content
from rules.errors import UnsupportedMedia
from tests.filling_fixtures import EXE, JPG, PDF, bomb, filled_draft, post_section
from tests.handlers_fixtures import Office
from tests.page_fixtures import text_of

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


def stream(name: str) -> bytes:
    return name.encode("utf-16-le")


def package(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name.replace("__", "/").replace("_T", ".xml"), content)
    return buffer.getvalue()


def many_entries() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for number in range(6000):
            made.writestr(f"{number}", b"")
    return buffer.getvalue()


def lying_sizes() -> bytes:
    """A package whose directory says its parts are larger than the whole file."""
    content = bytearray(package(a_T=b"x" * 10))
    at = content.rfind(b"PK\x01\x02")
    content[at + 20 : at + 24] = (0x7FFFFFF0).to_bytes(4, "little")
    return bytes(content)


REFUSED = {
    "exe as pdf": ("pdf", EXE),
    "html as jpg": ("jpg", b"<html><script>alert(1)</script>"),
    "html with a mark as png": ("png", b"\xef\xbb\xbf<html>"),
    "svg as png": ("png", b'<?xml version="1.0"?><svg onload="x()"/>'),
    "svg as gif": ("gif", b"<svg onload='x()'/>"),
    "pdf inside html": ("pdf", b"<html><!--%PDF-1.4\n%%EOF-->"),
    "jpg as pdf": ("pdf", JPG),
    "installer as doc": ("doc", OLE + stream("!_StringPool")),
    "table as doc": ("doc", OLE + stream("Workbook")),
    "macros in doc": ("doc", OLE + stream("WordDocument") + stream("_VBA_PROJECT")),
    "macros in xls": ("xls", OLE + stream("Workbook") + stream("_VBA_PROJECT_CUR")),
    "text as xls": ("xls", b"a\tb"),
    "exe in front of a zip": ("zip", b"MZ"),
    "bomb": ("docx", bomb()),
    "too many entries": ("zip", many_entries()),
    "sizes that lie": ("zip", lying_sizes()),
    "climbing out": ("zip", package(**{"..__..__evil": b"x"})),
    "zip without directory": ("docx", b"PK\x03\x04" + b"\0" * 100),
    "script with shebang": ("pdf", b"#!/bin/sh\n%PDF-1.4\n%%EOF"),
    "nothing known": ("ofd", b"OFD.xml"),
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_file_that_is_not_what_it_says_is_refused(tmp_path: Path, name: str) -> None:
    extension, content = REFUSED[name]
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(UnsupportedMedia):
        check_content(path, extension, f"文件.{extension}")


@pytest.mark.parametrize(
    ("extension", "content"), [("doc", OLE + stream("WordDocument")), ("xls", OLE + stream("Book"))]
)
def test_an_old_office_document_is_taken(tmp_path: Path, extension: str, content: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    check_content(path, extension, "文件")


def test_a_picture_that_is_also_a_page_is_kept_as_bytes_and_never_shown(office: Office) -> None:
    polyglot = PDF.replace(b"%%EOF", b"<html><script>alert(1)</script></html>\n%%EOF")
    client = office.browser()
    draft = filled_draft(client)
    assert (
        post_section(
            client, draft, "materials", {}, files={"material_photo": ("a.pdf", polyglot, "text/html")}
        ).status_code
        == 200
    )
    file = office.hall.database.value("SELECT id FROM attachment WHERE field = 'material_photo'")
    answer = client.get(f"{draft}/files/{file}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["content-security-policy"]


def test_more_files_than_any_form_has_are_refused_whole(office: Office) -> None:
    client = office.browser()
    draft = filled_draft(client)
    many = [("material_photo", (f"{number}.pdf", PDF, "application/pdf")) for number in range(150)]
    answer = client.post(f"{draft}/materials", data={"do": "next", "form_end": "1"}, files=many)
    assert answer.status_code == 413
    assert "Traceback" not in text_of(answer.text)
    assert office.hall.database.value("SELECT count(*) FROM attachment WHERE field = 'material_photo'") == 0
