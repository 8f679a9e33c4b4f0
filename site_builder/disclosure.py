"""The disclosure catalog (政府信息公开目录): folders of several levels, entries with index numbers, attachments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from pydantic import Field

from catalog.file_names import is_readable
from catalog.form_schema import Part, Text
from catalog.problems import Problem
from catalog.reader import read_model
from catalog.root import Root
from presentation.cleaning import markdown_html
from rules.identifiers import is_index_number
from site_builder.content_files import attachment, markdown_files, read_head
from site_builder.news import Attachment
from site_builder.outputs import Output, article_head, fingerprint, page_file

if TYPE_CHECKING:
    from site_builder.portal import Portal

FOLDER_FILE = "_folder.yml"


class FolderHead(Part):
    """`_folder.yml`: the name of one level of the catalog and what belongs there."""

    title: Text
    order: int = 100
    intro: str | None = None
    basis: str | None = Field(None, description="公开依据，如《政府信息公开条例》第二十条第几项")


class EntryHead(Part):
    """The head of one entry."""

    title: Text
    index_number: Text = Field(description="索引号：9位组织机构代码/4位年份-5位流水号")
    published: date = Field(description="公开日期")
    created: date | None = Field(None, description="生成（成文）日期")
    unit: Text = Field(description="公开机构：部门编号或名称")
    document_number: str | None = Field(None, description="文号")
    topic: str | None = Field(None, description="主题分类")
    status: str = Field("有效", description="有效性：有效、已废止、已修改")
    summary: str | None = None
    attachments: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Entry:
    """One piece of disclosed information."""

    slug: str
    address: str
    head: EntryHead
    unit: str
    body: str
    attachments: tuple[Attachment, ...]
    key: str
    trail: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Level:
    """One level of the catalog with what lies in it."""

    title: str
    address: str
    intro: str = ""
    basis: str = ""
    order: int = 100
    entries: tuple[Entry, ...] = ()
    levels: tuple[Level, ...] = ()
    trail: tuple[tuple[str, str], ...] = ()

    def everything(self) -> Iterator[Entry]:
        """All entries here and below."""
        yield from self.entries
        for level in self.levels:
            yield from level.everything()

    def all_levels(self) -> Iterator[Level]:
        """This level and all below."""
        yield self
        for level in self.levels:
            yield from level.all_levels()

    @property
    def count(self) -> int:
        return sum(1 for _ in self.everything())


@dataclass(frozen=True)
class DisclosureTree:
    """The whole catalog."""

    top: Level = field(default_factory=lambda: Level("政府信息公开", "/disclosure/"))

    @property
    def latest(self) -> tuple[Entry, ...]:
        """All entries, the newest first."""
        found = list(self.top.everything())
        return tuple(
            sorted(found, key=lambda each: (each.head.published, each.head.index_number), reverse=True)
        )


def read_disclosure(
    root: Root, content_dirs: tuple[Path, ...], units: Mapping[str, str], problems: list[Problem]
) -> DisclosureTree:
    """`content/disclosure/**`; the first content folder that has one. Index numbers must be right and unique."""
    folder = next((base / "disclosure" for base in content_dirs if (base / "disclosure").is_dir()), None)
    if folder is None:
        return DisclosureTree()
    seen: dict[str, str] = {}
    return DisclosureTree(_level(root, folder, folder, "/disclosure/", (), units, seen, problems))


def _level(
    root: Root,
    top: Path,
    folder: Path,
    address: str,
    trail: tuple[tuple[str, str], ...],
    units: Mapping[str, str],
    seen: dict[str, str],
    problems: list[Problem],
) -> Level:
    head_file = folder / FOLDER_FILE
    head = read_model(head_file, root.shown(head_file), FolderHead, problems) if head_file.is_file() else None
    title = head.title if head else ("政府信息公开" if folder == top else folder.name)
    here = (*trail, (title, address))
    entries = [
        entry
        for path in markdown_files(folder)
        if (entry := _entry(root, top, path, address, here, units, seen, problems))
    ]
    levels = [
        _level(root, top, path, f"{address}{quote(path.name)}/", here, units, seen, problems)
        for path in sorted(folder.iterdir())
        if path.is_dir()
        and not path.name.startswith((".", "_"))
        and path.name != "attachments"
        and is_readable(path.name)
    ]
    return Level(
        title=title,
        address=address,
        intro=(head.intro or "") if head else "",
        basis=(head.basis or "") if head else "",
        order=head.order if head else 100,
        entries=tuple(sorted(entries, key=lambda each: (each.head.published, each.slug), reverse=True)),
        levels=tuple(sorted(levels, key=lambda each: (each.order, each.address))),
        trail=trail,
    )


def _entry(
    root: Root,
    top: Path,
    path: Path,
    address: str,
    trail: tuple[tuple[str, str], ...],
    units: Mapping[str, str],
    seen: dict[str, str],
    problems: list[Problem],
) -> Entry | None:
    shown = root.shown(path)
    read = read_head(path, root, EntryHead, problems)
    if read is None:
        return None
    head, text = read
    number = head.index_number
    if not is_index_number(number):
        said = f"索引号 {number} 不对：应为9位组织机构代码、斜线、4位年份、短横线、5位流水号，如 MB0000238/2026-00001"
        problems.append(Problem(shown, 2, "index_number", said, rule="index-number"))
    elif number in seen:
        said = f"索引号 {number} 与 {seen[number]} 重复"
        problems.append(Problem(shown, 2, "index_number", said, rule="index-number"))
    seen.setdefault(number, shown)
    here = f"{address}{quote(path.stem)}/"
    files = [
        Attachment(file.name, file, here + quote(file.name))
        for name in head.attachments
        if (file := attachment(path.parent, name, shown, top, problems))
    ]
    return Entry(
        slug=path.stem,
        address=here,
        head=head,
        unit=units.get(head.unit, head.unit),
        body=text.body,
        attachments=tuple(files),
        # The address is the file's name: pages that lead here change with it.
        key=fingerprint(here, text.source, *(file.path.read_bytes() for file in files)),
        trail=trail,
    )


def outputs(portal: Portal) -> Iterator[Output]:
    """A page for every level and entry, the attachments as they are."""
    tree = portal.disclosure
    whole = fingerprint(*(f"{level.address}{level.title}{level.count}" for level in tree.top.all_levels()))
    for level in tree.top.all_levels():
        latest = tree.latest[:15] if level is tree.top else ()
        keys = [entry.key for entry in (*level.entries, *latest)]
        yield portal.page(
            level.address,
            "disclosure_level.html",
            level.title,
            (whole, level.intro, level.basis, *keys),
            crumbs=(*level.trail, (level.title, "")),
            values={"level": level, "top": tree.top, "latest": latest},
        )
        for entry in level.entries:
            head = article_head(level.title, entry.head.title, entry.head.published, entry.unit)
            yield portal.page(
                entry.address,
                "disclosure_entry.html",
                entry.head.title,
                (entry.key, entry.unit, *entry.trail),
                description=entry.head.summary or entry.head.title,
                crumbs=(*entry.trail, (entry.head.title, "")),
                head=head,
                values=lambda entry=entry: {"entry": entry, "html": markdown_html(entry.body)},  # type: ignore[misc]
            )
            folder = page_file(entry.address).removesuffix("/index.html")
            for file in entry.attachments:
                yield Output(f"{folder}/{file.name}", entry.key, file.path.read_bytes)
