"""Markdown with front matter as departments write it: news and disclosure entries, their fields checked."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, Field, ValidationError

from catalog.file_names import is_readable
from catalog.form_schema import Part, Text
from catalog.problems import Problem
from catalog.pydantic_chinese import explained
from catalog.root import Root
from catalog.yaml_text import parse_yaml
from presentation.cleaning import split_front_matter
from rules.quick_dataclass import dataclass

_M = TypeVar("_M", bound=BaseModel)


class ArticleHead(Part):
    """The head of a notice or work update."""

    title: Text
    date: date
    unit: str | None = Field(None, description="部门编号，或发布单位的名称")
    summary: str | None = None
    attachments: tuple[Text, ...] = Field((), description="同一文件夹里的附件文件名")


@dataclass(frozen=True, slots=True)
class Read:
    """A Markdown file: its checked head is beside it, this is the body and where it came from."""

    path: Path
    body: str
    source: bytes


def markdown_files(folder: Path) -> list[Path]:
    """Those of a folder by name; hidden ones are an editor's or a system's own."""
    return sorted(
        path for path in folder.glob("*.md") if not path.name.startswith(".") and is_readable(path.name)
    )


def read_head(path: Path, root: Root, model: type[_M], problems: list[Problem]) -> tuple[_M, Read] | None:
    """Head and body of a Markdown file; None when the head is missing or wrong (said in `problems`)."""
    shown = root.shown(path)
    source = path.read_bytes()
    try:
        front = split_front_matter(source.decode("utf-8-sig"))
    except UnicodeDecodeError:
        problems.append(Problem(shown, 1, "", "文件不是 UTF-8 编码，请用编辑器另存为 UTF-8", rule="content"))
        return None
    if not front.head.strip():
        problems.append(
            Problem(
                shown, 1, "", "开头要有两行 --- 夹着的标题、日期等（参照同文件夹里的文件）", rule="content"
            )
        )
        return None
    document = parse_yaml(front.head)
    if document.faults:
        problems += [Problem(shown, f.line + 1, f.field, f.message, rule="content") for f in document.faults]
        return None
    try:
        head = model.model_validate(document.value)
    except ValidationError as error:
        # The head begins on the second line of the file.
        problems += [
            Problem(p.path, p.line + 1, p.field, p.message, p.severity, "content")
            for p in explained(error, model, document, shown)
        ]
        return None
    return head, Read(path, front.body, source)


def attachment(folder: Path, name: str, shown: str, within: Path, problems: list[Problem]) -> Path | None:
    """A file named by a head; it must lie in the same content folder and not reach out of it."""
    path = (folder / name).resolve()
    if not path.is_relative_to(within.resolve()) or not path.is_file():
        problems.append(
            Problem(shown, 1, "attachments", f"找不到附件 {name}，请放在同一个文件夹里", rule="content")
        )
        return None
    return path
