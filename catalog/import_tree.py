"""Imported items as files: whole, never over what a person has edited since, and the same again the next time."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from catalog.codes import Codes
from catalog.county import Department
from catalog.json_schema import SCHEMA_NAME, schema_text
from catalog.pinyin import slug
from catalog.reader import DEPARTMENT_FILE, read_model
from catalog.schema import Item
from catalog.yaml_writing import SCHEMA_LINE, yaml_text
from rules.quick_dataclass import dataclass

Outcome = Literal["written", "unchanged", "kept"]
_MARK = re.compile(
    r"^# 由 hall import 导入[(（]映射[:：](?P<mapping>.*)[,，]校验 (?P<hash>[0-9a-f]{12})[)）]", re.M
)
_CODE = re.compile(r"^code: *['\"]?([0-9A-Za-z\-]+)", re.M)


@dataclass(frozen=True, slots=True)
class Existing:
    """An item file that was there before: its path, code, whether it is still as the importer wrote it."""

    path: Path
    code: str
    untouched: bool
    mapping: str


class ImportTree:
    """A folder of department folders into which one import writes."""

    def __init__(self, folder: Path, mapping: str) -> None:
        self.folder = folder
        self._mapping = mapping
        self._departments = {each.name: each for each in _departments(folder)}
        self._existing = {each.code: each for each in _existing(folder)}
        self._names: dict[Path, str] = {each.path: each.code for each in self._existing.values()}

    def department(self, name: str) -> Department | None:
        """A department that the tree has already, by its full or short name."""
        found = self._departments.get(name)
        return found or next((each for each in self._departments.values() if each.short_name == name), None)

    def free_department_id(self, name: str) -> str:
        """An id for a new department: its name in pinyin, numbered when two names sound alike."""
        taken = {each.id for each in self._departments.values()}
        if self.folder.is_dir():
            taken |= {path.name for path in self.folder.iterdir() if path.is_dir()}
        base, number = slug(name), 1
        found = base
        while found in taken:
            number += 1
            found = f"{base}-{number}"
        return found

    def add_department(self, department: Department) -> None:
        """Writes department.yml of a new department."""
        self._departments[department.name] = department
        head = f"# {department.name}：由 hall import 按映射“{self._mapping}”建立，请补全地址、电话和职责\n"
        _write(self.folder / department.id / DEPARTMENT_FILE, head + yaml_text(department))

    def elsewhere(self, item: Item) -> Existing | None:
        """The file of another department that has this code, if a person has edited it or made it."""
        found = self._existing.get(item.code)
        if found and found.path.parent.name != item.department and not found.untouched:
            return found
        return None

    def write(self, item: Item, overwrite: bool, stem: str = "") -> tuple[Outcome, Path]:
        """Writes the item's file, a new one called `stem` if that is free. `kept`: somebody has edited it since, and `overwrite` is not wanted."""
        found = self._existing.get(item.code)
        path = self._path_for(item, found, stem)
        body = yaml_text(item)
        text = f"{SCHEMA_LINE}\n# 由 hall import 导入（映射：{self._mapping}，校验 {_hash(body)}）"
        text += "；改过的文件再导入时不会被覆盖\n" + body
        if found and found.path == path:
            if path.read_text("utf-8") == text:
                return "unchanged", path
            if not (found.untouched or overwrite):
                return "kept", path
        elif found and found.untouched:
            found.path.unlink()
        _write(path, text)
        return "written", path

    def absent(self, codes: Iterable[str]) -> list[Existing]:
        """Files that an earlier import by this mapping wrote and whose codes the source no longer has."""
        known = set(codes)
        return [
            each
            for each in self._existing.values()
            if each.mapping == self._mapping and each.code not in known
        ]

    def _path_for(self, item: Item, found: Existing | None, stem: str) -> Path:
        """The file of a code stays where it is; a new one is called after the name."""
        if found and found.path.parent.name == item.department:
            return found.path
        folder = self.folder / item.department
        base = stem if re.fullmatch(r"[a-z0-9][a-z0-9\-]{0,59}", stem) else slug(item.name)
        tail = re.sub(r"[^0-9a-z]", "", item.code.lower())
        for name in (base, f"{base}-{tail[-6:]}", f"{base}-{tail}"):
            path = folder / f"{name}.yml"
            if self._names.get(path, item.code) == item.code and path.name != DEPARTMENT_FILE:
                self._names[path] = item.code
                return path
        return folder / f"{base}-{_hash(item.code)}.yml"

    def write_schema(self, codes: Codes) -> None:
        """`item.schema.json` beside the departments, which the first line of every file names."""
        path = self.folder / SCHEMA_NAME
        text = schema_text(codes)
        if not path.is_file() or path.read_text("utf-8") != text:
            _write(path, text)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _departments(folder: Path) -> Iterator[Department]:
    for path in sorted(folder.glob(f"*/{DEPARTMENT_FILE}")):
        found = read_model(path, path.as_posix(), Department, [])
        if found:
            yield found


def _existing(folder: Path) -> Iterator[Existing]:
    for path in sorted(folder.glob("*/*.yml")):
        if path.name == DEPARTMENT_FILE:
            continue
        text = path.read_text("utf-8", errors="replace")
        code = _CODE.search(text)
        if code is None:
            continue
        mark = _MARK.search(text[:2000])
        body = text[text.index("\n", mark.end()) + 1 :] if mark and "\n" in text[mark.end() :] else ""
        untouched = mark is not None and _hash(body) == mark["hash"]
        yield Existing(path, code[1], untouched, mark["mapping"] if mark else "")


def _write(path: Path, text: str) -> None:
    """The whole file or nothing of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".import-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as out:
            out.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
