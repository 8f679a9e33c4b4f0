"""Files of an application: judged by what they are, streamed within limits, never served inline."""

from __future__ import annotations

import re

import pytest

from tests.filling_fixtures import EXE, JPG, PART2, PDF, bomb, file_case, filled_draft, post_section
from tests.handlers_fixtures import EVERYTHING, Office, TestClient
from tests.page_fixtures import text_of

NEW = f"/hall/apply/{EVERYTHING}/new"


def _upload(client: TestClient, name: str, content: bytes) -> tuple[int, str]:
    answer = post_section(
        client, NEW, "part2", PART2, files={"licence_copy": (name, content, "application/pdf")}
    )
    return answer.status_code, answer.text


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("照片.exe", EXE, "类型不收"),
        ("执照.pdf", EXE, "内容与扩展名不符"),
        ("照片.jpg", b"<html><script>alert(1)</script></html>", "内容与扩展名不符"),
        ("照片.jpg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "内容与扩展名不符"),
        ("没有扩展名", PDF, "类型不收"),
        ("空的.pdf", b"", "是空文件"),
        ("半截.pdf", PDF[:-8], "不完整"),
        ("太大.pdf", PDF[:-6] + b"\x00" * 1_100_000 + b"%%EOF\n", "超过 1 MB"),
        ("照片.pdf.html", b"<html></html>", "类型不收"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused_at_its_field(
    office: Office, name: str, content: bytes, told: str
) -> None:
    status, page = _upload(office.browser(), name, content)
    assert status == 422
    assert 'id="e-licence_copy"' in page
    assert told in text_of(page)
    assert office.hall.database.value("SELECT count(*) FROM attachment") == 0
    assert not [path for path in office.hall.database.files.rglob("*") if path.is_file()]


def test_a_document_that_would_burst_when_opened_is_refused(office: Office) -> None:
    status, page = _upload(office.browser(), "说明.docx", bomb())
    assert status == 422
    assert "解开后过大" in text_of(page)


def test_a_refused_file_loses_neither_the_answers_nor_the_good_files(office: Office) -> None:
    client = office.browser()
    files = [
        ("licence_copy", ("好.pdf", PDF, "application/pdf")),
        ("licence_copy", ("坏.pdf", EXE, "application/pdf")),
    ]
    answer = post_section(client, NEW, "part2", PART2, files=files)
    assert answer.status_code == 422
    assert "好.pdf" in answer.text
    assert 'value="yes"' in answer.text
    assert "张示例" in answer.text


def test_no_more_files_than_the_field_takes(office: Office) -> None:
    files = [("licence_copy", (f"{number}.pdf", PDF, "application/pdf")) for number in range(3)]
    answer = post_section(office.browser(), NEW, "part2", PART2, files=files)
    assert answer.status_code == 422
    assert "最多上传 2 个文件" in text_of(answer.text)
    assert office.hall.database.value("SELECT count(*) FROM attachment") == 2


def test_an_uploaded_file_is_listed_with_its_size_and_can_be_taken_out(office: Office) -> None:
    client = office.browser()
    draft = filled_draft(client)
    page = client.get(f"{draft}/materials").text
    assert "平面图.pdf" in page
    assert f"{len(PDF)} 字节" in page
    found = re.search(r'name="remove_file" value="([^"]+)"', page)
    assert found is not None
    after = post_section(client, draft, "materials", {"do": ""}, remove_file=found[1])
    assert after.status_code == 200
    assert "平面图.pdf" not in after.text
    assert office.hall.database.value("SELECT count(*) FROM attachment") == 0


def test_a_file_is_handed_back_to_save_and_never_to_show(office: Office) -> None:
    client = office.browser()
    draft = filled_draft(client)
    link = re.search(r'href="([^"]+/files/[^"]+)"', client.get(f"{draft}/materials").text)
    assert link is not None
    answer = client.get(link[1])
    assert answer.content == PDF
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    stranger = office.browser("203.0.113.99").get(link[1])
    assert stranger.status_code == 410
    assert stranger.content != PDF


def test_another_drafts_file_is_not_found_and_not_removed(office: Office) -> None:
    one, two = office.browser(), office.browser("203.0.113.99")
    first, second = filled_draft(one), filled_draft(two)
    link = re.search(r'href="([^"]+)/files/([^"]+)"', one.get(f"{first}/materials").text)
    assert link is not None
    assert two.get(f"{second}/files/{link[2]}").status_code == 404
    post_section(two, second, "materials", {"do": ""}, remove_file=link[2])
    assert "平面图.pdf" in one.get(f"{first}/materials").text


def test_a_body_above_the_limit_is_refused_while_it_streams_and_nothing_is_kept(office: Office) -> None:
    client = office.browser()
    draft = filled_draft(client)
    sent = 0

    def endless():  # type: ignore[no-untyped-def]
        nonlocal sent
        yield b'--b\r\nContent-Disposition: form-data; name="material_plan"; filename="big.pdf"\r\n\r\n%PDF-1.4\n'
        for _ in range(400):
            sent += 1
            yield b"\x00" * 1_000_000

    answer = client.post(
        f"{draft}/materials", content=endless(), headers={"content-type": "multipart/form-data; boundary=b"}
    )
    assert answer.status_code == 413
    assert "以前保存的内容都还在" in text_of(answer.text)
    assert "平面图.pdf" in client.get(f"{draft}/materials").text
    assert office.hall.database.value("SELECT count(*) FROM attachment") == 1


def test_a_length_announced_above_the_limit_is_refused_at_once(office: Office) -> None:
    answer = office.browser().post(
        f"{NEW}/part2",
        content=b"x",
        headers={"content-type": "multipart/form-data; boundary=b", "content-length": str(10**10)},
    )
    assert answer.status_code == 413


def test_a_multipart_body_that_is_broken_is_told_and_changes_nothing(office: Office) -> None:
    answer = office.browser().post(
        f"{NEW}/part2", content=b"--x\r\nbroken", headers={"content-type": "multipart/form-data; boundary=b"}
    )
    assert answer.status_code == 400
    assert office.hall.database.value("SELECT count(*) FROM draft") == 0


def test_a_name_full_of_tricks_becomes_a_plain_name(office: Office) -> None:
    client = office.browser()
    name = "../../etc/‮gpj.<script>执照.pdf"
    status, _page = _upload(client, name, PDF)
    assert status == 200
    stored = office.hall.database.value("SELECT name FROM attachment")
    assert "/" not in stored
    assert "<" not in stored
    assert "‮" not in stored


def test_files_belong_to_the_case_after_filing(office: Office) -> None:
    filed = file_case(office)
    row = office.hall.database.row("SELECT field, case_id, draft_hash FROM attachment")
    assert row is not None
    assert (row["field"], row["draft_hash"]) == ("plan", None)
    view = office.hall.casework.staff_view(filed.number, office.people["window"], office.clock())
    assert next(each for each in view.materials if each.code == "plan").electronic == 1


def test_photos_are_taken_by_what_they_are(office: Office) -> None:
    client = office.browser()
    answer = post_section(client, NEW, "part2", PART2, files={"licence_copy": ("a.jpg", JPG, "text/html")})
    assert answer.status_code == 200
