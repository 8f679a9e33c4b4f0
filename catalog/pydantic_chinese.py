"""Pydantic's errors in Chinese, each saying what to write instead."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from catalog.problems import Problem, Severity
from catalog.yaml_text import Document, FieldPath, field_text


def explained(
    error: ValidationError,
    model: type[BaseModel],
    document: Document,
    shown: str,
    severity: Severity = "error",
) -> list[Problem]:
    """One problem for each of pydantic's complaints about the document, at the line of the field."""
    found: dict[tuple[FieldPath, str], Problem] = {}
    details = error.errors(include_url=False)
    for detail in details:
        if detail["type"] == "too_short" and _because_of_its_parts(detail, details):
            continue
        path = _path_in(detail["loc"], document.value, detail["type"])
        message = explain(detail, path, model, document.raw)
        problem = Problem(shown, document.line(path), field_text(path), message, severity, "schema")
        # A union complains once per member; the person needs one sentence.
        found.setdefault((path, "" if len(detail["loc"]) > len(path) else message), problem)
    return list(found.values())


def _because_of_its_parts(detail: ErrorDetails, details: list[ErrorDetails]) -> bool:
    """Pydantic calls a list too short when its only member is faulty; the member's own fault is enough."""
    here = detail["loc"]
    return any(len(each["loc"]) > len(here) and each["loc"][: len(here)] == here for each in details)


def _path_in(loc: tuple[int | str, ...], value: object, kind: str) -> FieldPath:
    """The part of pydantic's location that exists in the document; names of union members and places in
    lists that a validator made are left out.
    """
    path: list[int | str] = []
    for part in loc:
        if isinstance(value, Mapping) and (part in value or kind == "missing"):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            continue
        path.append(part)
    return tuple(path)


def explain(
    detail: ErrorDetails, path: FieldPath, model: type[BaseModel], raw: Mapping[FieldPath, str]
) -> str:
    """The sentence for one of pydantic's errors."""
    kind, context, given = detail["type"], detail.get("ctx", {}), detail.get("input")
    if kind == "missing":
        return f"缺少这个必填字段{_described(model, path)}"
    if kind == "extra_forbidden":
        return _unknown_key(model, path)
    if kind in ("value_error", "assertion_error"):
        return str(context.get("error", detail["msg"]))
    if kind == "string_type":
        return _wants_text(given, raw.get(path))
    rule = _SENTENCES.get(kind)
    if rule is None:
        return f"内容不对：{detail['msg']}{_now(given)}"
    return rule(context) + _now(given)


def _wants_text(given: object, raw: str | None) -> str:
    if given is None:
        return "这里没有写内容；没有就把整行删掉"
    if isinstance(given, list | dict):
        return "这里要写一段文字，不是列表或对象"
    return f'要写成文字，请加引号："{raw if raw is not None else given}"'


def _now(given: object) -> str:
    if given is None:
        return "（现在是空的）"
    if isinstance(given, list | tuple):
        return f"（现在是 {len(given)} 项的列表）"
    if isinstance(given, Mapping):
        return "（现在是一组“键: 值”）"
    text = str(given)
    return f"（现在是 {text if len(text) <= 40 else text[:40] + '…'}）"


def _pattern(context: Mapping[str, Any]) -> str:
    return _PATTERNS.get(str(context.get("pattern")), f"格式不对，要符合 {context.get('pattern')}")


_PATTERNS = {
    r"^[a-z0-9][a-z0-9\-]{0,59}$": "编号只能用小写英文字母、数字和短横线，不超过 60 个字",
    r"^[a-z][a-z0-9_]{0,59}$": "编号要以小写英文字母开头，只用小写字母、数字和下划线",
    r"^[0-9A-Za-z\-]{4,64}$": "编码只能用数字、英文字母和短横线，4 至 64 位",
    r"^[A-Za-z0-9_\-]{1,40}$": "选项的 value 只能用英文字母、数字、下划线和短横线，不超过 40 个字",
    r"^[0-9A-Z]{18}$": "统一社会信用代码是 18 位数字和大写字母",
    r"^[0-9]{6}$": "行政区划代码是 6 位数字，要加引号",
    r"^[A-Z]{2,6}$": "办件编号前缀是 2 至 6 个大写字母",
    r"^#[0-9a-fA-F]{6}$": '颜色写成 "#0b5563" 这样',
}

_Sentence = Callable[[Mapping[str, Any]], str]
_NOT_INTEGER = "要写整数"
_NOT_NUMBER = "要写数字"
_NOT_DATE = "要写日期，如 2026-03-01"
_NOT_BOOL = "只能写 true（是）或 false（否）"


def _fixed(text: str) -> _Sentence:
    return lambda _context: text


_SENTENCES: Mapping[str, _Sentence] = {
    "greater_than_equal": lambda c: f"不能小于 {c['ge']}",
    "greater_than": lambda c: f"要大于 {c['gt']}",
    "less_than_equal": lambda c: f"不能大于 {c['le']}",
    "less_than": lambda c: f"要小于 {c['lt']}",
    "string_too_short": lambda c: "不能是空的" if c["min_length"] == 1 else f"至少要 {c['min_length']} 个字",
    "string_too_long": lambda c: f"最多 {c['max_length']} 个字",
    "string_pattern_mismatch": _pattern,
    "literal_error": lambda c: (
        "只能是 " + str(c["expected"]).replace(" or ", "、").replace(", ", "、").replace("'", "")
    ),
    "too_short": lambda c: f"至少要 {c['min_length']} 项",
    "too_long": lambda c: f"最多 {c['max_length']} 项",
    "tuple_type": _fixed("要写成列表：换行，每项前面加“- ”"),
    "list_type": _fixed("要写成列表：换行，每项前面加“- ”"),
    "model_type": _fixed("要写成一组“键: 值”"),
    "model_attributes_type": _fixed("要写成一组“键: 值”"),
    "dict_type": _fixed("要写成一组“键: 值”"),
    "int_type": _fixed(_NOT_INTEGER),
    "int_parsing": _fixed(_NOT_INTEGER),
    "int_from_float": _fixed(_NOT_INTEGER),
    "float_type": _fixed(_NOT_NUMBER),
    "float_parsing": _fixed(_NOT_NUMBER),
    "decimal_type": _fixed(_NOT_NUMBER),
    "decimal_parsing": _fixed(_NOT_NUMBER),
    "bool_type": _fixed(_NOT_BOOL),
    "bool_parsing": _fixed(_NOT_BOOL),
    "date_type": _fixed(_NOT_DATE),
    "date_parsing": _fixed(_NOT_DATE),
    "date_from_datetime_parsing": _fixed(_NOT_DATE),
    "date_from_datetime_inexact": _fixed("只写日期，不写时间"),
}


def _described(model: type[BaseModel], path: FieldPath) -> str:
    owner = model_at(model, path[:-1])
    info = owner.model_fields.get(str(path[-1])) if owner and path else None
    return f"({info.description})" if info and info.description else ""


def _unknown_key(model: type[BaseModel], path: FieldPath) -> str:
    owner = model_at(model, path[:-1])
    names: Iterable[str] = owner.model_fields if owner else ()
    close = difflib.get_close_matches(str(path[-1]), list(names), n=1, cutoff=0.6)
    return f"没有这个字段，是不是想写 {close[0]}？" if close else "没有这个字段；内容请写进合适的字段，或删掉"


def model_at(model: type[BaseModel], path: FieldPath) -> type[BaseModel] | None:
    """The model that describes the thing at `path`, or None when it is no model."""
    current: Any = model
    for part in path:
        if isinstance(part, int):
            continue
        if not (isinstance(current, type) and issubclass(current, BaseModel)):
            return None
        info = current.model_fields.get(part)
        current = _inner_model(info.annotation) if info else None
    return current if isinstance(current, type) and issubclass(current, BaseModel) else None


def _inner_model(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, UnionType, tuple, list):
        found = (_inner_model(each) for each in get_args(annotation))
        return next((each for each in found if each is not None), None)
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None
