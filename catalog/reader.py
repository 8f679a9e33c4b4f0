"""Reads a root: the county, its departments, its units and all items, with every problem found on the way."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import field
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from catalog.county import County, Department, Footer, OrgUnit
from catalog.forking import shared_out
from catalog.item_cache import ItemCache, KeptItem, content_hash
from catalog.problems import Problem, in_order
from catalog.pydantic_chinese import explained
from catalog.root import Root
from catalog.schema import Item
from catalog.units import OrgTree, department_unit
from catalog.yaml_text import Document, parse_yaml
from rules.errors import Unavailable
from rules.quick_dataclass import dataclass

DEPARTMENT_FILE = "department.yml"
# Fewer new files than this are parsed sooner by one process than by several that must first be made.
SHARED_FROM = 300
_M = TypeVar("_M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Loaded:
    """An item with the file it came from (absolute) and the hash of that file's content."""

    path: Path
    source_hash: str
    department: str
    code: str
    _kept: Item | KeptItem = field(compare=False, repr=False)

    @property
    def item(self) -> Item:
        """The item itself; parsed when asked for where the reading does not hold all of them."""
        if isinstance(self._kept, Item):
            return self._kept
        try:
            return self._kept.parsed()
        except ValidationError:
            pass
        # Somebody damaged the cache: the file itself still says it.
        item = item_from_yaml(self.path.read_bytes(), str(self.path), [])
        if item is None:
            raise Unavailable(f"{self.path} 刚刚变了，读不出来，请再运行一次")
        return item

    @property
    def slug(self) -> str:
        """The file's name without ending: the last part of the item's address."""
        return self.path.stem


@dataclass(frozen=True, slots=True)
class Reading:
    """What a root holds. Files with errors are left out of `items` and `departments` and named in `problems`.

    When county.yml itself has errors, `county` is a stand-in so that the rest can still be checked;
    `unread` are the departments whose department.yml has errors, so that nobody calls them unknown.
    """

    root: Root
    county: County
    departments: Mapping[str, Department]
    units: OrgTree
    items: tuple[Loaded, ...]
    problems: tuple[Problem, ...]
    unread: frozenset[str] = frozenset()

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.is_error)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if not problem.is_error)

    def item(self, code: str) -> Loaded | None:
        """The item with this code, if there is one."""
        return next((loaded for loaded in self.items if loaded.code == code), None)


def read(
    root: Root, items_dirs: Sequence[Path] | None = None, cache: bool = True, hold: bool = True
) -> Reading:
    """Reads everything. `items_dirs` (default: the root's items/) hold one folder per department each.

    With `hold` all items stay in memory, for a check that looks at each of them several times; without, an item
    is parsed when it is asked for and let go again, for a build that needs the few that changed.
    Raises only rules.errors.HallError for what makes reading pointless; faults of files are `problems`.
    """
    problems: list[Problem] = []
    county = _county(root, problems)
    folders = tuple(Path(path).resolve() for path in items_dirs) if items_dirs else (root.items,)
    store = ItemCache(root.state / "cache", folders) if cache else None
    departments: dict[str, Department] = {}
    items: list[Loaded] = []
    reader = _ItemReader(root, store, hold or store is None, problems)
    for folder in folders:
        _read_tree(root, folder, reader, departments, items, problems)
    if store:
        store.save()
    units = _units(root, county, departments, problems)
    ordered = dict(sorted(departments.items(), key=lambda pair: (pair[1].order, pair[0])))
    unread = frozenset(_department_folders(folders)) - set(departments)
    return Reading(root, county, ordered, units, tuple(items), in_order(problems), unread)


def _department_folders(folders: Sequence[Path]) -> Iterator[str]:
    for folder in folders:
        if folder.is_dir():
            yield from (path.parent.name for path in folder.glob(f"*/{DEPARTMENT_FILE}"))


def parse_file(path: Path, shown: str, problems: list[Problem]) -> Document:
    """A YAML file as a document; faults of the text go to `problems`."""
    try:
        document = parse_yaml(path.read_bytes())
    except OSError as error:
        problems.append(Problem(shown, 0, "", f"文件读不出来：{error.strerror}", rule="yaml"))
        return Document(None, faults=())
    problems.extend(_of_text(document, shown))
    return document


def _of_text(document: Document, shown: str) -> Iterator[Problem]:
    for fault in document.faults:
        yield Problem(shown, fault.line, fault.field, fault.message, rule="yaml")


def read_model(path: Path, shown: str, model: type[_M], problems: list[Problem]) -> _M | None:
    """A YAML file as a model; None when it has errors, which go to `problems`."""
    with suppress(OSError):
        value: _M | None = _faultless(path.read_bytes(), model)
        if value is not None:
            return value
    document = parse_file(path, shown, problems)
    if document.value is None:
        return None
    try:
        value = model.model_validate(document.value)
    except ValidationError as error:
        problems.extend(explained(error, model, document, shown))
        return None
    return None if document.faults else value


@lru_cache(maxsize=512)
def _faultless(data: bytes, model: type[_M]) -> _M | None:
    """What this text says, without a fault; models are frozen, so that whoever reads the same file again shares it.

    A process that waits for an edit has read a county's few hundred small files before the edit comes.
    """
    document = parse_yaml(data)
    if document.value is None or document.faults:
        return None
    try:
        return model.model_validate(document.value)
    except ValidationError:
        return None


def _county(root: Root, problems: list[Problem]) -> County:
    found = read_model(root.county, "county.yml", County, problems)
    if found:
        return found
    return County(
        name="（county.yml 有误）",
        short_name="（有误）",
        division_code="000000",
        hall_name="（county.yml 有误）",
        case_prefix="XX",
        document_word="X",
        footer=Footer(organiser="（county.yml 有误）"),
    )


def _read_tree(
    root: Root,
    folder: Path,
    reader: _ItemReader,
    departments: dict[str, Department],
    items: list[Loaded],
    problems: list[Problem],
) -> None:
    if not folder.is_dir():
        problems.append(Problem(root.shown(folder), 0, "", "没有这个事项目录", rule="tree"))
        return
    problems.extend(
        Problem(root.shown(stray), 0, "", "事项文件要放进部门的文件夹", rule="tree")
        for stray in sorted(folder.glob("*.y*ml"))
    )
    folders = sorted(path for path in folder.iterdir() if path.is_dir())
    files = {path: list(_item_files(root, path, problems)) for path in folders if path.name[0] not in "._"}
    reader.parse_ahead([file for inside in files.values() for file in inside])
    for department_folder, inside in files.items():
        _read_department(root, department_folder, departments, problems)
        for file in inside:
            loaded = reader.read(file, department_folder)
            if loaded:
                items.append(loaded)


def _item_files(root: Root, folder: Path, problems: list[Problem]) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        files = sorted((entry for entry in entries if entry.is_file()), key=lambda entry: entry.name)
    for file in files:
        name = file.name
        if name.endswith(".yml") and name != DEPARTMENT_FILE and not name.startswith("."):
            yield file
        elif name.endswith(".yaml"):
            shown = root.shown(folder / name)
            problems.append(Problem(shown, 0, "", "文件名要以 .yml 结尾，请改名", rule="tree"))


def _read_department(
    root: Root, folder: Path, departments: dict[str, Department], problems: list[Problem]
) -> None:
    path = folder / DEPARTMENT_FILE
    if not path.is_file():
        problems.append(
            Problem(root.shown(folder), 0, "", "文件夹里没有 department.yml，请写明是哪个部门", rule="tree")
        )
        return
    shown = root.shown(path)
    department = read_model(path, shown, Department, problems)
    if department is None:
        return
    if department.id != folder.name:
        problems.append(
            Problem(shown, 1, "id", f"部门编号 {department.id} 要与文件夹名 {folder.name} 相同", rule="tree")
        )
        return
    known = departments.get(department.id)
    if known is not None and known != department:
        problems.append(
            Problem(shown, 1, "id", f"部门 {department.id} 在另一个事项目录里已有，且内容不同", rule="tree")
        )
        return
    departments[department.id] = department


def _is_unknown(cache: ItemCache, file: os.DirEntry[str]) -> bool:
    try:
        return cache.known_hash(file.path, file.stat()) is None
    except OSError:
        return False


def _parsed_file(path: str) -> tuple[str, KeptItem] | None:
    try:
        data = Path(path).read_bytes()
    except OSError:
        return None
    item = item_from_yaml(data, path, [])
    return None if item is None else (content_hash(data), KeptItem.of(item))


class _ItemReader:
    """Reads item files through the cache; their faults go to `problems`."""

    def __init__(self, root: Root, cache: ItemCache | None, hold: bool, problems: list[Problem]) -> None:
        self._root, self._cache, self._hold, self._problems = root, cache, hold, problems

    def parse_ahead(self, files: Sequence[os.DirEntry[str]]) -> None:
        """Puts the items of many new files into the cache, all processors at work. What is wrong with the others
        comes out when they are then read one after another.
        """
        cache = self._cache
        if cache is None:
            return
        unknown = [file.path for file in files if _is_unknown(cache, file)]
        if len(unknown) >= SHARED_FROM:
            for found in shared_out(_parsed_file, unknown, SHARED_FROM):
                if found is not None:
                    cache.add(*found)

    def read(self, file: os.DirEntry[str], folder: Path) -> Loaded | None:
        """The item of a file in a department's folder; None when it has errors."""
        path = folder / file.name
        try:
            found = self._known(file) or self._opened(file, path)
        except OSError as error:
            said = f"文件读不出来：{error.strerror}"
            self._problems.append(Problem(self._root.shown(path), 0, "", said, rule="yaml"))
            return None
        if found is None:
            return None
        key, item = found
        if item.department != folder.name:
            line = parse_yaml(path.read_bytes()).line(("department",))
            said = f"部门 {item.department} 要与所在文件夹 {folder.name} 相同"
            self._problems.append(Problem(self._root.shown(path), line, "department", said, rule="tree"))
            return None
        return Loaded(path, key, item.department, item.code, item)

    def _known(self, file: os.DirEntry[str]) -> tuple[str, Item | KeptItem] | None:
        """What an untouched file held at the last reading."""
        key = self._cache.known_hash(file.path, file.stat()) if self._cache else None
        item = self._kept(key) if key else None
        return (key, item) if key and item else None

    def _opened(self, file: os.DirEntry[str], path: Path) -> tuple[str, Item | KeptItem] | None:
        # Asked before the content is read: a write in between then shows as a change the next time.
        status = file.stat()
        data = path.read_bytes()
        key = content_hash(data)
        found = self._kept(key)
        if found is None:
            item = item_from_yaml(data, self._root.shown(path), self._problems)
            if item is None:
                return None
            kept = self._cache.put(key, item) if self._cache else None
            found = item if self._hold or kept is None else kept
        if self._cache:
            self._cache.saw(file.path, status, key)
        return key, found

    def _kept(self, key: str) -> Item | KeptItem | None:
        kept = self._cache.get(key) if self._cache else None
        if kept is None or not self._hold:
            return kept
        try:
            return kept.parsed()
        except ValidationError:
            return None


def item_from_yaml(data: bytes | str, shown: str, problems: list[Problem]) -> Item | None:
    """An item from the text of its file (of any git version); None when it has errors, put to `problems`."""
    document = parse_yaml(data)
    problems.extend(_of_text(document, shown))
    if document.value is None:
        return None
    try:
        item = Item.model_validate(document.value)
    except ValidationError as error:
        problems.extend(explained(error, Item, document, shown))
        return None
    return None if document.faults else item


def _units(
    root: Root, county: County, departments: Mapping[str, Department], problems: list[Problem]
) -> OrgTree:
    path = root.content / "units.yml"
    shown = root.shown(path)
    listed: dict[str, OrgUnit] = {}
    document = parse_file(path, shown, problems) if path.is_file() else Document([])
    rows = document.value if isinstance(document.value, list) else []
    if document.value is not None and not isinstance(document.value, list):
        problems.append(Problem(shown, 1, "", "单位表要写成列表：每个单位一行，前面加“- ”", rule="schema"))
    for index, row in enumerate(rows):
        try:
            unit = OrgUnit.model_validate(row)
        except ValidationError as error:
            part = Document(
                row,
                {key[1:]: line for key, line in document.lines.items() if key[:1] == (index,)},
                {key[1:]: raw for key, raw in document.raw.items() if key[:1] == (index,)},
            )
            problems.extend(explained(error, OrgUnit, part, shown))
            continue
        if unit.id in listed:
            line, said = document.line((index, "id")), f"单位编号 {unit.id} 重复"
            problems.append(Problem(shown, line, f"[{index}].id", said, rule="unit-duplicate"))
            continue
        listed[unit.id] = unit
    top = next((unit.id for unit in listed.values() if unit.kind == "county"), None)
    if top is None:
        top = "county"
        listed[top] = OrgUnit(id=top, name=county.name, kind="county")
    for department in sorted(departments.values(), key=lambda each: (each.order, each.id)):
        # A county may list a department itself, to hang it elsewhere in the tree; its word stands.
        if department.id not in listed:
            listed[department.id] = department_unit(department, top)
    return OrgTree(listed)
