"""YAML text to plain values with the line of every field, and every fault of the text, not just the first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import field
from functools import cached_property
from typing import TypeVar

import yaml
from yaml.nodes import ScalarNode, SequenceNode

from rules.quick_dataclass import dataclass

FieldPath = tuple[str | int, ...]
_T = TypeVar("_T")
_TEXT = "tag:yaml.org,2002:str"
_Base: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]
    """The C loader with the core schema of YAML 1.2, which editors check against.

    YAML 1.1 would read `no` as false, `9:30` as 570 and `010` as 8: traps for people who do not program.
    """

    def resolve(self, kind: type[yaml.Node], value: str, implicit: tuple[bool, bool]) -> str:
        """The tag of what has none written. PyYAML's own does the same, looking at every word with several patterns."""
        if kind is not ScalarNode:
            return _SEQUENCE if kind is SequenceNode else _MAPPING
        if implicit[0]:
            for tag, pattern in _RESOLVERS.get(value[:1], ()):
                if pattern.match(value):
                    return tag
        return _TEXT

    def descend_resolver(self, *_: object) -> None:
        """There are no resolvers by path."""

    def ascend_resolver(self) -> None:
        """There are no resolvers by path."""


def plain_resolvers() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    """Which plain scalars are not text, by first character, as PyYAML wants to know it."""
    kinds = [
        ("tag:yaml.org,2002:null", r"~|null|Null|NULL|", "~nN\0"),
        ("tag:yaml.org,2002:bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
        ("tag:yaml.org,2002:int", r"[-+]?[0-9]+", "-+0123456789"),
        ("tag:yaml.org,2002:float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
        ("tag:yaml.org,2002:merge", r"<<", "<"),
    ]
    table: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for tag, pattern, firsts in kinds:
        for first in firsts:
            table.setdefault(first.replace("\0", ""), []).append((tag, re.compile(rf"^(?:{pattern})$")))
    return table


_RESOLVERS = plain_resolvers()
_SEQUENCE, _MAPPING = "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of the text itself: line (1-based), field path as far as known, what to do."""

    line: int
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Document:
    """The value of a YAML text, the line of each path in it, raw text of plain scalars, and its faults."""

    value: object
    lines: Mapping[FieldPath, int] = field(default_factory=dict)
    raw: Mapping[FieldPath, str] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    def line(self, path: FieldPath) -> int:
        """The line of the path, or of the nearest thing around it that is written down; 1 at worst."""
        for length in range(len(path), -1, -1):
            found = self.lines.get(path[:length])
            if found:
                return found
        return 1


# No field of ours has so long a name; a slip of the pen can make one of thousands of characters.
_LONGEST_NAME = 80


def field_text(path: FieldPath) -> str:
    """`("materials", 2, "copies")` -> `materials[2].copies`; a name longer than any field's is cut."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = str(part)
            name = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
            text += f".{name}" if text else name
    return text


def field_path(text: str) -> FieldPath:
    """The inverse of `field_text`."""
    return tuple(int(part) if part.isdigit() else part for part in re.findall(r"[^.\[\]]+", text))


def parse_yaml(data: bytes | str) -> Document:
    """Reads one YAML document. Never raises for what a person may have written: faults are listed."""
    text, fault = _decoded(data)
    if fault:
        return Document(None, faults=(fault,))
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        return Document(None, faults=(syntax_fault(error, text),))
    except (yaml.YAMLError, RecursionError) as error:
        return Document(None, faults=(Fault(1, "", f"YAML 格式读不懂：{str(error).splitlines()[0]}"),))
    finally:
        loader.dispose()
    if node is None:
        return Document(None, faults=(Fault(1, "", "文件是空的"),))
    try:
        if not any(mark in text for mark in _RARE):
            with suppress(_Unusual):
                return _plain(node)
        return _thorough(node)
    except RecursionError:
        return Document(None, faults=(Fault(1, "", "YAML 格式读不懂：一层套一层，套得太深了"),))


# Without these there are neither aliases nor tags nor merge keys.
_RARE = ("*", "!", "<<")


class _Unusual(Exception):
    """Something that has to be told with its line."""


def _plain(node: yaml.Node) -> Document:
    """The document of a text that has no faults; lines are worked out when somebody asks. Raises _Unusual."""
    value = _value(node)
    if value is None:
        raise _Unusual
    told = _Told(node)
    return Document(value, _Later(lambda: told.builder.lines), _Later(lambda: told.builder.raw))


def _thorough(node: yaml.Node) -> Document:
    builder = _Builder()
    value = builder.build(node, ())
    if value is None and not builder.faults:
        return Document(None, faults=(Fault(1, "", "文件是空的"),))
    return Document(value, builder.lines, builder.raw, tuple(builder.faults))


def _value(node: yaml.Node) -> object:
    kind = type(node)
    if kind is ScalarNode:
        return str(node.value) if node.tag == _TEXT else _converted(node)
    if kind is SequenceNode:
        return [_value(child) for child in node.value]
    result: dict[str, object] = {}
    for key, child in node.value:
        if type(key) is not ScalarNode:
            raise _Unusual
        result[key.value] = _value(child)
    if len(result) != len(node.value):
        raise _Unusual
    return result


def _converted(node: yaml.Node) -> object:
    """A scalar that is not text. Raises _Unusual for a tag somebody wrote."""
    value, tag = str(node.value), node.tag
    if tag == "tag:yaml.org,2002:null":
        return None
    if tag == "tag:yaml.org,2002:bool":
        return value.lower() == "true"
    if tag == "tag:yaml.org,2002:int":
        return int(value) if len(value) < 400 else value
    if tag == "tag:yaml.org,2002:float":
        return float(value)
    raise _Unusual


class _Told:
    def __init__(self, node: yaml.Node) -> None:
        self._node = node

    @cached_property
    def builder(self) -> _Builder:
        """The thorough reading of the same text."""
        made = _Builder()
        made.build(self._node, ())
        return made


class _Later(Mapping[FieldPath, _T]):
    """What is worked out when it is first asked for: nobody asks for the lines of a file without faults."""

    def __init__(self, make: Callable[[], Mapping[FieldPath, _T]]) -> None:
        self._make = make

    def __getitem__(self, path: FieldPath) -> _T:
        return self._make()[path]

    def __iter__(self) -> Iterator[FieldPath]:
        return iter(self._make())

    def __len__(self) -> int:
        return len(self._make())


def _decoded(data: bytes | str) -> tuple[str, Fault | None]:
    if isinstance(data, str):
        return data, None
    try:
        return data.decode("utf-8-sig"), None
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return "", Fault(line, "", "文件不是 UTF-8 编码，请用编辑器另存为 UTF-8")


_SYNTAX = (
    ("mapping values are not allowed", "这里不该有冒号：值里有“: ”时要整个加引号，或者检查上一行缩进"),
    ("could not find expected ':'", "键后面少了冒号和空格"),
    ("did not find expected key", "缩进不齐，或者上面少了引号、括号"),
    ("did not find expected '-' indicator", "列表项没有对齐：同一列表的“-”要在同一列"),
    ("found unexpected end of stream", "引号没有成对"),
    ("found character that cannot start any token", "值以特殊字符（如 @ ` %）开头，请加引号"),
    ("found undefined alias", "值以 * 开头，请加引号"),
    ("found duplicate anchor", "不要使用锚点（&）"),
    ("did not find expected ',' or ']'", "方括号里少了逗号或右括号"),
    ("did not find expected ',' or '}'", "花括号里少了逗号或右括号"),
    ("did not find expected <document start>", "内容没有对齐，或文件里有不止一份文档"),
    ("expected a single document", "一个文件只能有一份文档，请去掉中间的 ---"),
    ("control characters are not allowed", "含有看不见的控制字符，请删掉"),
)


def syntax_fault(error: yaml.MarkedYAMLError, text: str) -> Fault:
    """What the parser says of the text, with the line and what to do."""
    mark = error.problem_mark or error.context_mark
    for number, line in enumerate(text.split("\n")[: mark.line + 2 if mark else None], 1):
        # The parser complains about something near the tab; the tab is what has to go.
        if "\t" in line[: len(line) - len(line.lstrip())] and line.strip():
            return Fault(number, "", "行首用了制表符（Tab），请全部换成空格")
    said = " ".join(part for part in (error.context, error.problem) if part)
    advice = next((chinese for english, chinese in _SYNTAX if english in said), "请检查缩进、冒号和引号")
    where = f"（第 {mark.column + 1} 个字符附近）" if mark else ""
    return Fault(mark.line + 1 if mark else 1, "", f"YAML 格式有误{where}：{advice}")


class _Builder:
    """Nodes to values. Collects duplicate keys, aliases and unknown tags on the way."""

    def __init__(self) -> None:
        self.lines: dict[FieldPath, int] = {}
        self.raw: dict[FieldPath, str] = {}
        self.faults: list[Fault] = []
        self._seen: set[int] = set()

    def build(self, node: yaml.Node, path: FieldPath) -> object:
        line = node.start_mark.line + 1
        self.lines.setdefault(path, line)
        if isinstance(node, ScalarNode):
            return self._scalar(node, path, line)
        # Aliases share one node; expanding them is how a few lines become gigabytes.
        if id(node) in self._seen:
            self.faults.append(Fault(line, field_text(path), "不要用锚点和别名（& 和 *），请把内容写全"))
            return None
        self._seen.add(id(node))
        if isinstance(node, SequenceNode):
            return [self.build(child, (*path, index)) for index, child in enumerate(node.value)]
        result: dict[str, object] = {}
        for key_node, value_node in node.value:
            key_line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                self.faults.append(Fault(key_line, field_text(path), "键要是一个词，不能是列表或对象"))
                continue
            key = str(key_node.value)
            here = (*path, key)
            if key_node.tag.endswith(":merge"):
                self.faults.append(Fault(key_line, field_text(path), "不要用合并键 <<，请把内容写全"))
                continue
            if key in result:
                first = self.lines[here]
                self.faults.append(
                    Fault(key_line, field_text(here), f"这个键写了两次（第一次在第 {first} 行），请只留一个")
                )
                continue
            self.lines[here] = key_line
            result[key] = self.build(value_node, here)
        return result

    def _scalar(self, node: ScalarNode, path: FieldPath, line: int) -> object:
        value, tag = str(node.value), node.tag
        if tag == _TEXT:
            return value
        self.raw[path] = value
        try:
            return _converted(node)
        except _Unusual:
            self.faults.append(Fault(line, field_text(path), "不要用 YAML 标签（!…），直接写值"))
            return value
