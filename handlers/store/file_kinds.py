"""What a file really is: its first bytes and, for packages, what lies inside, against what its name says."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from rules.errors import UnsupportedMedia

MEDIA_TYPES: Mapping[str, str] = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "bmp": "image/bmp",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ofd": "application/ofd",
    "zip": "application/zip",
}

# An archive that grows beyond these when opened is meant to break whoever opens it.
MOST_UNPACKED = 500_000_000
MOST_RATIO = 200
MOST_ENTRIES = 5_000
_HEAD = 8192
_OLE_STREAMS: Mapping[str, tuple[str, ...]] = {"doc": ("WordDocument",), "xls": ("Workbook", "Book")}
_MACRO_STREAMS = ("_VBA_PROJECT",)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# What could run in a browser or a shell has no business at the head of any file taken.
_ACTIVE = (b"<!doctype html", b"<html", b"<script", b"<svg", b"<?php", b"#!/")


def check_content(path: Path, extension: str, shown: str) -> None:
    """Raises UnsupportedMedia when the content is not what the extension says, or is a trap."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    lowered = head[:1024].lstrip().lower()
    if any(lowered.startswith(each) for each in _ACTIVE):
        raise _disguised(shown)
    check = _PACKAGES.get(extension)
    if check is not None:
        _check_package(path, shown, check)
    elif extension in _OLE_STREAMS:
        _check_ole(path, head, extension, shown)
    else:
        import filetype

        guessed = filetype.guess_mime(head)
        if guessed != MEDIA_TYPES[extension]:
            raise _disguised(shown)
        if extension == "pdf" and not _pdf_ends(path):
            raise UnsupportedMedia(f"“{shown}”不完整，可能没有传完，请重新上传。")


def _check_ole(path: Path, head: bytes, extension: str, shown: str) -> None:
    """Installers are OLE files too, so the document's own stream must be there; macros must not."""
    content = path.read_bytes()
    if not head.startswith(_OLE) or not any(_stream(name) in content for name in _OLE_STREAMS[extension]):
        raise _disguised(shown)
    if any(_stream(name) in content for name in _MACRO_STREAMS):
        raise _with_macros(shown)


def _stream(name: str) -> bytes:
    """A name as an OLE directory holds it."""
    return name.encode("utf-16-le")


def _pdf_ends(path: Path) -> bool:
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 2048))
        return b"%%EOF" in file.read()


def _check_package(path: Path, shown: str, check: Callable[[set[str]], bool]) -> None:
    try:
        with zipfile.ZipFile(path) as package:
            entries = package.infolist()
            names = {entry.filename for entry in entries}
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise _disguised(shown) from error
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries) or 1
    if len(entries) > MOST_ENTRIES or unpacked > MOST_UNPACKED or unpacked / packed > MOST_RATIO:
        raise UnsupportedMedia(f"“{shown}”解开后过大，不能接收。请减少内容后重新打包。")
    if any(name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") for name in names):
        raise UnsupportedMedia(f"“{shown}”里的文件路径不正常，不能接收。请重新打包。")
    # The declared sizes may lie; the central directory must at least agree with the file's own length.
    if packed > path.stat().st_size:
        raise _disguised(shown)
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise _with_macros(shown)
    if not check(names):
        raise _disguised(shown)


def _with_macros(shown: str) -> UnsupportedMedia:
    return UnsupportedMedia(f"“{shown}”带有宏，不能接收。请另存为不带宏的文件。")


def _disguised(shown: str) -> UnsupportedMedia:
    return UnsupportedMedia(f"“{shown}”的内容与扩展名不符，或者文件已损坏。请用原来的程序另存后再上传。")


_PACKAGES: Mapping[str, Callable[[set[str]], bool]] = {
    "docx": lambda names: "[Content_Types].xml" in names and any(each.startswith("word/") for each in names),
    "xlsx": lambda names: "[Content_Types].xml" in names and any(each.startswith("xl/") for each in names),
    "ofd": lambda names: "OFD.xml" in names,
    "zip": lambda names: bool(names),
}
