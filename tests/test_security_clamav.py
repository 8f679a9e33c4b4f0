"""Uploads are looked at by clamd before they are taken: refused, missed and looked at later; Debian's own in soak."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import ROOT

from catalog.root import Root
from catalog.virus_scan import VirusScan, load_virus_scan
from handlers.store import scans
from handlers.store.clamd import Clamd, NoAnswer
from handlers.store.scans import Scanner
from rules.errors import Invalid
from tests.filling_fixtures import PDF, filled_draft, post_section
from tests.handlers_fixtures import Office
from tests.page_fixtures import text_of
from tests.staff_fixtures import CASE, filed, staffed

__all__ = ["staffed"]

BAD = PDF.replace(b"trailer", b"%QINGHE-TEST-SIGNATURE\ntrailer")


class FakeClamd:
    """Speaks INSTREAM as the daemon does; finds the test's own signature."""

    def __init__(self, folder: Path, *, most: int = 25_000_000, answer: bytes | None = None) -> None:
        self.most, self.answer, self.asked = most, answer, 0
        self._listener = socket.socket(socket.AF_UNIX)
        path = folder / "clamd.sock"
        path.unlink(missing_ok=True)
        self._listener.bind(str(path))
        self._listener.listen()
        self.address = f"unix:{path}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self.asked += 1
                connection.sendall(self.answer if self.answer is not None else self._look(connection))

    def _look(self, connection: socket.socket) -> bytes:
        with connection.makefile("rb") as stream:
            assert stream.read(10) == b"zINSTREAM\0"
            content = b""
            while size := struct.unpack("!L", stream.read(4))[0]:
                content += stream.read(size)
            if len(content) > self.most:
                return b"INSTREAM size limit exceeded. ERROR\0"
        return b"stream: Qinghe.Test FOUND\0" if b"QINGHE-TEST-SIGNATURE" in content else b"stream: OK\0"

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[FakeClamd]:
    made = FakeClamd(tmp_path)
    yield made
    made.close()


def down(tmp_path: Path) -> Clamd:
    return Clamd(f"unix:{tmp_path}/nobody.sock", 2)


def names(office: Office) -> set[str]:
    return {str(row["name"]) for row in office.hall.database.rows("SELECT name FROM attachment")}


def test_a_file_is_taken_once_the_daemon_found_nothing_in_it(office: Office, daemon: FakeClamd) -> None:
    office.hall.database.scanner = Scanner(Clamd(daemon.address, 5))
    filled_draft(office.browser())
    assert daemon.asked == 1
    assert office.hall.database.value("SELECT state FROM attachment_scan") == scans.CLEAN


def test_a_file_with_a_virus_is_refused_in_plain_words_and_its_name_is_not_logged(
    office: Office, daemon: FakeClamd, caplog: pytest.LogCaptureFixture
) -> None:
    office.hall.database.scanner = Scanner(Clamd(daemon.address, 5))
    client = office.browser()
    draft = filled_draft(client)
    caplog.set_level(logging.INFO)
    photo = {"material_photo": ("张示例的照片.pdf", BAD, "application/pdf")}
    answer = post_section(client, draft, "materials", {}, files=photo)
    assert "查出病毒，没有收下" in text_of(answer.text)
    assert names(office) == {"平面图.pdf"}
    assert not list(office.hall.database.files.glob("incoming/*"))
    assert "Qinghe.Test" in caplog.text
    assert "张示例" not in caplog.text


def test_while_the_daemon_is_away_files_are_refused_and_what_was_filled_in_stays(
    office: Office, tmp_path: Path
) -> None:
    client = office.browser()
    draft = filled_draft(client)
    office.hall.database.scanner = Scanner(down(tmp_path))
    photo = {"material_photo": ("照片.pdf", PDF, "application/pdf")}
    answer = post_section(client, draft, "materials", {}, files=photo)
    assert answer.status_code == 422
    assert "查毒服务暂时不能用" in text_of(answer.text)
    assert names(office) == {"平面图.pdf"}
    assert "平面图.pdf" in client.get(f"{draft}/materials").text


def test_a_county_may_take_files_unscanned_which_are_marked_and_looked_at_later(
    staffed: Office, tmp_path: Path
) -> None:
    database, clock = staffed.hall.database, staffed.clock
    database.scanner = Scanner(down(tmp_path), accept_unscanned=True)
    case = filed(staffed)
    staffed.supplement_notice(case.number, "plan")
    clerk = staffed.signed_in("window")
    page = clerk.get(CASE + case.number).text
    from tests.staff_fixtures import fields_of

    fields = fields_of(page, "/moves/supplement")
    upload = {"supplement.file.plan": ("图.pdf", BAD, "application/pdf")}
    answer = clerk.post(f"{CASE}{case.number}/moves/supplement", data=fields, files=upload)
    assert answer.status_code == 200, text_of(answer.text)
    assert "未查毒" in text_of(clerk.get(CASE + case.number).text)
    staffed.hall.casework.tidy(clock())  # nobody answers: still waiting
    assert database.value("SELECT state FROM attachment_scan") == scans.WAITING
    found = FakeClamd(tmp_path)
    database.scanner = Scanner(Clamd(found.address, 5))
    staffed.hall.casework.tidy(clock())
    found.close()
    assert "查出病毒，不能下载" in text_of(clerk.get(CASE + case.number).text)
    attachment = database.value("SELECT id FROM attachment")
    got = clerk.get(f"/hall/staff/attachments/{attachment}")
    assert got.status_code == 410
    assert "已经封存" in text_of(got.text)


def test_a_daemon_that_talks_nonsense_or_finds_the_file_too_large_has_not_looked(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 200_000)
    for most, answer in (
        (100, None),
        (1, b""),
        (1, b"stream: \0"),
        (1, b"\xff" * 50),
        (1, b"stream: ERROR\0"),
    ):
        fake = FakeClamd(tmp_path, most=most, answer=answer)
        with pytest.raises(NoAnswer):
            Clamd(fake.address, 5).virus_in(path)
        fake.close()


@pytest.mark.parametrize("address", ["tcp:127.0.0.1:1", "tcp:127.0.0.1:99999", "unix:/nowhere/clamd"])
def test_no_daemon_at_the_address_is_no_answer(tmp_path: Path, address: str) -> None:
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(NoAnswer):
        Clamd(address, 2).virus_in(tmp_path / "file")


def test_the_setting_is_read_from_county_yml_and_a_wrong_one_stops_the_start(tmp_path: Path) -> None:
    text = (ROOT / "county.yml").read_text(encoding="utf-8")
    (tmp_path / "county.yml").write_text(text, encoding="utf-8")
    assert load_virus_scan(Root(tmp_path)) is None
    part = "\nvirus_scan: {address: 'unix:/run/clamav/clamd.ctl', when_down: accept}\n"
    (tmp_path / "county.yml").write_text(text + part, encoding="utf-8")
    assert load_virus_scan(Root(tmp_path)) == VirusScan(
        address="unix:/run/clamav/clamd.ctl", when_down="accept"
    )
    (tmp_path / "county.yml").write_text(text + "\nvirus_scan: {address: somewhere}\n", encoding="utf-8")
    with pytest.raises(Invalid, match="virus_scan"):
        load_virus_scan(Root(tmp_path))


@contextmanager
def debians_clamd(folder: Path) -> Iterator[str]:
    """The real daemon with no signature but the test's own."""
    if shutil.which("clamd") is None and os.geteuid() == 0:
        subprocess.run(["sh", str(ROOT / "scripts" / "clamav.sh")], check=False)
    program = shutil.which("clamd")
    if program is None:
        pytest.skip("clamd is not installed (scripts/clamav.sh installs it when it may)")
    signatures = folder / "signatures"
    signatures.mkdir()
    (signatures / "qinghe.ndb").write_text(f"Qinghe.Test:0:*:{b'QINGHE-TEST-SIGNATURE'.hex()}\n")
    place = folder / "clamd.sock"
    settings = folder / "clamd.conf"
    settings.write_text(
        f"DatabaseDirectory {signatures}\nLocalSocket {place}\nForeground yes\nStreamMaxLength 1M\n"
        f"TemporaryDirectory {folder}\nLogFile {folder}/clamd.log\n"
    )
    process = subprocess.Popen([program, "-c", str(settings)], stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while not place.exists():
            assert process.poll() is None, (folder / "clamd.log").read_text()
            assert time.monotonic() < until
            time.sleep(0.1)
        yield f"unix:{place}"
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.soak
def test_debians_daemon_finds_the_tests_signature_also_inside_archives_and_lets_the_rest_pass(
    office: Office, tmp_path: Path
) -> None:
    import io
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("inner/图.pdf", BAD)
    with debians_clamd(tmp_path) as address:
        clamd = Clamd(address, 30)
        for content, virus in ((PDF, False), (BAD, True), (buffer.getvalue(), True)):
            (tmp_path / "file").write_bytes(content)
            found = clamd.virus_in(tmp_path / "file")
            assert (found is not None and "Qinghe.Test" in found) == virus
        (tmp_path / "file").write_bytes(b"x" * 3_000_000)
        with pytest.raises(NoAnswer):
            clamd.virus_in(tmp_path / "file")
        office.hall.database.scanner = Scanner(clamd)
        client = office.browser()
        draft = filled_draft(client)
        photo = {"material_photo": ("照片.pdf", BAD, "application/pdf")}
        assert "查出病毒" in text_of(post_section(client, draft, "materials", {}, files=photo).text)
    assert names(office) == {"平面图.pdf"}
