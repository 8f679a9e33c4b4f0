"""What click says of wrong use and in its help, in Chinese: it asks gettext, and this answers without a locale."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType

# click's own sentences, as it looks them up; what is missing here comes out in English.
SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "Usage:": "用法：",
        "Options": "选项",
        "Commands": "命令",
        "Positional arguments": "参数",
        "Show this message and exit.": "显示这份说明。",
        "Show the version and exit.": "显示版本。",
        "%(prog)s, version %(version)s": "%(prog)s %(version)s",
        "default: {default}": "默认 {default}",
        "required": "必填",
        "deprecated": "不再使用",
        "Aborted!": "已取消。",
        "Error: {message}": "错误：{message}",
        "Try '{command} {option}' for help.": "说明请看：{command} {option}",
        "Did you mean {possibility}?": "您要的是不是 {possibility}？",
        "(Did you mean one of: {possibilities}?)": "（您要的是不是其中一个：{possibilities}？）",
        "Invalid value: {message}": "{message}",
        "Invalid value for {param_hint}: {message}": "{param_hint} 写得不对：{message}",
        "Missing argument": "没有写参数",
        "Missing option": "没有写选项",
        "Missing parameter": "没有写",
        "Missing parameter: {param_name}": "没有写 {param_name}",
        "Missing {param_type}": "没有写 {param_type}",
        "Missing command.": "没有写要做什么。",
        "Choose from:\n\t{choices}": "可以选：{choices}",
        "No such option {name!r}.": "没有选项 {name}。",
        "No such command {name!r}.": "没有命令 {name}。",
        "Could not open file {filename!r}: {message}": "打不开文件 {filename}：{message}",
        "unknown error": "原因不明",
        "Got unexpected extra argument ({args})": "多写了 {args}",
        "Got unexpected extra arguments ({args})": "多写了 {args}",
        "Takes {nargs} values but 1 was given.": "应写 {nargs} 个值，只写了 1 个。",
        "Takes {nargs} values but {len} were given.": "应写 {nargs} 个值，写了 {len} 个。",
        "Option {name!r} requires an argument.": "选项 {name} 后面要写值。",
        "Option {name!r} requires {nargs} arguments.": "选项 {name} 后面要写 {nargs} 个值。",
        "Option {name!r} does not take a value.": "选项 {name} 后面不写值。",
        "{value!r} is not {choice}.": "只能是 {choice}，不能是 {value!r}。",
        "{value!r} is not one of {choices}.": "只能是 {choices} 之一，不能是 {value!r}。",
        "{value!r} does not match the format {format}.": "{value!r} 不合 {format} 的写法。",
        "{value!r} does not match the formats {formats}.": "{value!r} 不合 {formats} 的写法。",
        "{value!r} is not a valid {number_type}.": "{value!r} 不是数。",
        "{value!r} is not a valid boolean. Recognized values: {states}": "{value!r} 应是 {states} 之一。",
        "{value} is not in the range {range}.": "{value} 不在 {range} 的范围内。",
        "file": "文件",
        "directory": "目录",
        "path": "路径",
        "{name} {filename!r} does not exist.": "{name} {filename} 不存在。",
        "{name} {filename!r} is a file.": "{filename} 是文件，这里要的是{name}。",
        "{name} {filename!r} is a directory.": "{filename} 是目录，这里要的是{name}。",
        "{name} {filename!r} is not readable.": "{name} {filename} 不能读。",
        "{name} {filename!r} is not writable.": "{name} {filename} 不能写。",
        "Error: invalid input": "输入得不对",
        "Repeat for confirmation": "再输入一遍",
        "Error: The two entered values do not match.": "两次输入的不一样，请重新输入。",
    }
)
_MODULES = ("core", "decorators", "exceptions", "formatting", "parser", "termui", "types")


def chinese(sentence: str) -> str:
    """The sentence in Chinese, or as it is."""
    return SENTENCES.get(sentence, sentence)


def chinese_by_number(one: str, several: str, number: int) -> str:
    """Chinese has one form for both, but click's sentences name different values."""
    return chinese(one if number == 1 else several)


def speak_chinese() -> None:
    """Has click look its sentences up here.

    Decided against a gettext catalogue: click would find it only under a Chinese locale, which the cheap
    machines of a county often do not set.
    """
    for name in _MODULES:
        module = importlib.import_module(f"click.{name}")
        if hasattr(module, "_"):
            setattr(module, "_", chinese)  # noqa: B010 (a module's private name, unknown to the type checker)
        if hasattr(module, "ngettext"):
            setattr(module, "ngettext", chinese_by_number)  # noqa: B010
