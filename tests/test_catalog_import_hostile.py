"""Import files meant to hurt: XLSX that grows or calls for other files, JSON without a bottom; a sentence, never a trace."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook

from catalog.import_sources import read_rows
from catalog.mapping import Source
from rules.errors import Invalid

LOL = "<!DOCTYPE x [<!ENTITY a 'lollollollol'>" + "".join(
    f"<!ENTITY {name} '{f'&{before};' * 12}'>" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
EXTERNAL = "<!DOCTYPE x [<!ENTITY i SYSTEM 'file://{path}'>"


def workbook(path: Path, change: Callable[[bytes], bytes]) -> Path:
    """A small workbook whose shared strings have been tampered with."""
    book = Workbook()
    book.active.append(["code", "name"])
    book.active.append(["x", "许可"])
    plain = io.BytesIO()
    book.save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, change(content) if name == "xl/sharedStrings.xml" else content)
    return path


def with_entity(declared: str) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        text = content.decode()
        assert "许可" in text
        return text.replace("<sst", declared + "]><sst", 1).replace("许可", "&i;").encode()

    return change


@pytest.mark.parametrize("kind", ["entities", "external", "cut", "no xml"])
def test_a_workbook_full_of_tricks_is_refused_or_harmless(tmp_path: Path, kind: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("geheim", encoding="utf-8")
    change = {
        "entities": with_entity(LOL),
        "external": with_entity(EXTERNAL.format(path=secret)),
        "cut": lambda content: content[: len(content) // 2],
        "no xml": lambda _: b"\x00\xff<<<",
    }[kind]
    path = workbook(tmp_path / "items.xlsx", change)
    try:
        rows = read_rows(path, Source(format="xlsx"))
    except Invalid:
        return
    assert "geheim" not in repr(rows)
    assert len(repr(rows)) < 10_000


def test_a_workbook_that_would_fill_the_memory_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "items.xlsx"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package,
        package.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(60):
            part.write(b" " * 10_000_000)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(Invalid, match="解开后"):
        read_rows(path, Source(format="xlsx"))


def test_json_without_a_bottom_is_a_fault_of_its_row(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text(
        "[" * 200_000 + "\n" + '{"x": ' + "9" * 5000 + "}\n" + json.dumps({"code": "x"}), encoding="utf-8"
    )
    rows = read_rows(path, Source(format="jsonl"))
    assert [bool(row.fault) for row in rows] == [True, True, False]
    whole = tmp_path / "items.json"
    whole.write_text("[" * 200_000, encoding="utf-8")
    with pytest.raises(Invalid):
        read_rows(whole, Source(format="json"))
