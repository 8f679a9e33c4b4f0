"""Files taken in: what they really are, how large, where they lie, and that nothing is left of refused ones."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from handlers.casework.demo_cases import PDF
from handlers.store import attachment_files, attachments, drafts
from handlers.store.attachments import Limits, display_name
from handlers.store.database import Database
from handlers.store.records import Attachment
from rules.errors import Gone, HallError, Invalid, NotFound, TooLarge, UnsupportedMedia
from tests.casework_fixtures import at
from tests.loops import run_apart

NOW = at("2026-03-02")
ALL = ("pdf", "jpg", "png", "docx", "xlsx", "ofd", "zip", "doc")
LIMITS = Limits(ALL, 2_000_000)
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
JPG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\0" * 64


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database.open(tmp_path / "hall.db", migrate=True)
    yield database
    database.close()


def package(**entries: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("__", "/"), content)
    return buffer.getvalue()


def office(kind: str, **more: bytes) -> bytes:
    return package(**{"[Content_Types].xml": b"<Types/>", f"{kind}__document.xml": b"<x/>"}, **more)


def take(database: Database, content: bytes, name: str, limits: Limits = LIMITS) -> Attachment:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 1000):
            yield content[start : start + 1000]

    return run_apart(attachments.receive(database, chunks(), name, limits, NOW, field="material_m1"))


def files(database: Database) -> list[Path]:
    return [path for path in database.files.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("身份证.pdf", PDF),
        ("照片.JPG", JPG),
        ("图.png", PNG),
        ("申请.docx", office("word")),
        ("清单.xlsx", office("xl")),
        ("公文.ofd", package(**{"OFD.xml": b"<OFD/>"})),
        ("合集.zip", package(**{"a.txt": b"text"})),
    ],
)
def test_a_real_file_is_kept_under_its_hash_readable_and_never_executable(
    database: Database, name: str, content: bytes
) -> None:
    taken = take(database, content, name)
    path = attachments.path_of(database, taken)
    assert path.read_bytes() == content
    assert path.name == taken.sha256
    assert path.stat().st_mode & 0o777 == 0o440
    assert taken.name == name[:-3] + name[-3:].lower()
    assert attachments.by_id(database, taken.id) == taken


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("病毒.exe", b"MZ" + b"\0" * 100, UnsupportedMedia),
        ("没有扩展名", PDF, UnsupportedMedia),
        ("假.pdf", b"MZ" + b"\0" * 100, UnsupportedMedia),
        ("假.pdf", PNG, UnsupportedMedia),
        ("网页.pdf", b"  <!DOCTYPE html><script>alert(1)</script>%PDF-1.4 %%EOF", UnsupportedMedia),
        ("半个.pdf", PDF[:60], UnsupportedMedia),
        ("图.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", UnsupportedMedia),
        ("申请.docx", package(**{"a.txt": b"x"}), UnsupportedMedia),
        ("申请.docx", office("xl"), UnsupportedMedia),
        ("宏.docx", office("word", **{"word__vbaProject.bin": b"x"}), UnsupportedMedia),
        ("坏.zip", b"PK\x03\x04" + b"x" * 50, UnsupportedMedia),
        ("空.pdf", b"", Invalid),
        ("大.pdf", PDF + b"\0" * 2_000_000, TooLarge),
    ],
)
def test_disguised_broken_empty_and_oversized_files_are_refused_and_leave_nothing(
    database: Database, name: str, content: bytes, error: type[HallError]
) -> None:
    with pytest.raises(error) as refused:
        take(database, content, name)
    assert refused.value.detail
    assert files(database) == []
    assert database.value("SELECT count(*) FROM attachment") == 0


def test_a_package_that_grows_enormously_or_climbs_out_is_refused(database: Database) -> None:
    with pytest.raises(UnsupportedMedia, match="解开后过大"):
        take(database, package(**{"a.txt": b"\0" * 1_500_000}), "炸弹.zip")
    with pytest.raises(UnsupportedMedia, match="路径"):
        take(database, package(**{"..__..__etc__passwd": b"x"}), "路径.zip")


def test_a_stream_that_breaks_off_leaves_nothing(database: Database) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield PDF[:100]
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        run_apart(attachments.receive(database, broken(), "a.pdf", LIMITS, NOW))
    assert files(database) == []


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\fake\\文件.PDF", "文件.pdf"),
        ("a\u202efdp.exe", "afdp.exe"),
        ("<b>\x00x</b>.pdf", "b.pdf"),
        ("   ", "未命名"),
        ("长" * 300 + ".pdf", "长" * 116 + ".pdf"),
    ],
)
def test_display_names_carry_no_paths_controls_or_direction_marks(given: str, shown: str) -> None:
    assert display_name(given) == shown


def test_the_same_bytes_lie_on_disk_once(database: Database) -> None:
    first, second = take(database, PDF, "a.pdf"), take(database, PDF, "b.pdf")
    assert first.id != second.id
    assert len(files(database)) == 1


def test_tidying_removes_bytes_no_row_names_and_keeps_the_others(database: Database) -> None:
    kept, dropped = take(database, PDF, "a.pdf"), take(database, PNG, "b.png")
    assert database.write(lambda tx: attachments.drop(tx, dropped.id))
    assert attachment_files.tidy(database, before=os.path.getmtime(files(database)[0]) + 10) == 1
    assert attachments.path_of(database, kept).is_file()
    assert attachment_files.missing(database) == ()


def test_a_missing_file_is_told_and_found_by_the_audit(database: Database) -> None:
    taken = take(database, PDF, "a.pdf")
    attachments.path_of(database, taken).unlink()
    with pytest.raises(Gone, match="备份"):
        attachments.path_of(database, taken)
    assert attachment_files.missing(database) == (f"a.pdf({taken.id})",)


def test_a_draft_is_found_by_its_code_only_and_keeps_no_code(database: Database) -> None:
    code = drafts.save(database, "ITEM1", "v1", {"name": "张示例"}, NOW, 30)
    assert drafts.load(database, code.lower(), NOW).data == {"name": "张示例"}
    assert code not in "".join(str(tuple(row)) for row in database.rows("SELECT * FROM draft"))
    assert drafts.save(database, "ITEM1", "v2", {"name": "李样本"}, NOW, 30, code) == code
    assert drafts.load(database, code, NOW).data == {"name": "李样本"}
    with pytest.raises(NotFound):
        drafts.load(database, "ABCDEFGHJKMN", NOW)
    with pytest.raises(NotFound):
        drafts.save(database, "OTHER", "v1", {}, NOW, 30, code)


def test_an_expired_draft_is_gone(database: Database) -> None:
    code = drafts.save(database, "ITEM1", "v1", {}, NOW, 30)
    assert drafts.load(database, code, NOW + timedelta(days=30) - timedelta(seconds=1))
    with pytest.raises(Gone):
        drafts.load(database, code, NOW + timedelta(days=30))
    assert database.write(lambda tx: drafts.drop_expired(tx, NOW + timedelta(days=30))) == 1


def test_uploads_nobody_files_are_dropped_but_not_those_of_a_living_draft(database: Database) -> None:
    code = drafts.save(database, "ITEM1", "v1", {}, NOW, 30)
    owner = drafts.hash_of(database.vault, code)
    attachments.receive_bytes(database, (PDF,), "a.pdf", LIMITS, NOW, draft_hash=owner)
    take(database, PNG, "b.png")
    later = NOW + timedelta(days=2)
    assert database.write(lambda tx: attachments.drop_unclaimed(tx, later)) == 1
    assert [each.name for each in attachments.of_draft(database, owner)] == ["a.pdf"]
