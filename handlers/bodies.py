"""Request bodies read within their limits: forms (files streamed to disk while they arrive) and JSON."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive

from catalog.answer_values import without_controls
from catalog.pydantic_chinese import explain
from rules.errors import BadRequest, Invalid, TooLarge, Unavailable

MEGABYTE = 1024 * 1024
TEXT_BYTES = 2 * MEGABYTE
CHUNK = 256 * 1024
MOST_FIELDS = 8000
MOST_FILES = 100
DEEPEST = 20
# The last field of every form of ours. A form that arrives without it was cut off on its way.
END_FIELD = "form_end"

Model = TypeVar("Model", bound=BaseModel)


@asynccontextmanager
async def form_of(
    request: Request, most_bytes: int = TEXT_BYTES, *, whole: bool = True
) -> AsyncIterator[FormData]:
    """The posted form; its temporary files are removed at the end of the block.

    Raises TooLarge as soon as more than `most_bytes` have been announced or have arrived, BadRequest when the
    connection broke, another charset than UTF-8 is announced, or (with `whole`) the form's last field is missing:
    then nothing of it is used.
    """
    _check_charset(request)
    counted = Request(request.scope, _counting(request, most_bytes))
    try:
        form = await counted.form(max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=MEGABYTE)
    except ClientDisconnect as error:
        raise BadRequest("内容没有传完，连接就断了。这一次没有保存，请再提交一次。") from error
    except HTTPException as error:
        if "maximum" not in str(error.detail).lower():
            raise
        raise TooLarge(
            "填写的内容太多，没有保存；以前保存的内容都还在。请缩短，或者把长的内容作为附件上传。"
        ) from error
    except OSError as error:  # large files wait on the disk while they arrive
        raise Unavailable(
            "服务器磁盘写不进去，这一次没有保存。请稍后再提交；以前保存的内容都还在。"
        ) from error
    try:
        if whole and END_FIELD not in form:
            raise BadRequest("收到的内容不完整，可能是网络中断。这一次没有保存，请返回上一页再提交一次。")
        yield form
    finally:
        await form.close()


async def json_of(request: Request, model: type[Model], most_bytes: int = TEXT_BYTES) -> Model:
    """A JSON body as a model. Raises TooLarge, BadRequest (no JSON) and Invalid with the fields' faults."""
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise BadRequest("请求正文要用 JSON,Content-Type 写 application/json。")
    try:
        raw = await Request(request.scope, _counting(request, most_bytes)).body()
    except ClientDisconnect as error:
        raise BadRequest("内容没有传完，连接就断了。") from error
    return parsed(raw, model)


def parsed(raw: bytes | str, model: type[Model]) -> Model:
    """JSON text as a model. Raises BadRequest and Invalid."""
    try:
        value: Any = _clean(json.loads(raw or b"{}", parse_constant=_no_number))
    except (ValueError, RecursionError) as error:
        raise BadRequest("请求正文不是正确的 JSON。") from error
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise Invalid("请求内容有误", faults(error, model)) from error


def _clean(value: Any, depth: int = 0) -> Any:
    """JSON without the characters no document can hold. Raises ValueError for halves of characters and for nesting
    no form of ours has.
    """
    if depth > DEEPEST:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        value.encode()  # half of a surrogate pair is no text: UnicodeEncodeError is a ValueError
        return without_controls(value)
    if isinstance(value, list):
        return [_clean(each, depth + 1) for each in value]
    if isinstance(value, dict):
        return {_clean(name, depth + 1): _clean(each, depth + 1) for name, each in value.items()}
    return value


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def faults(error: ValidationError, model: type[BaseModel]) -> dict[str, str]:
    """One Chinese sentence by dotted field name."""
    found: dict[str, str] = {}
    for detail in error.errors(include_url=False):
        path = detail["loc"]
        found.setdefault(".".join(map(str, path)) or "body", explain(detail, path, model, {}))
    return found


def texts(form: FormData, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The text answers under these names; a name that was not posted has no entry."""
    return {
        name: given
        for name in names
        if (given := tuple(each for each in form.getlist(name) if isinstance(each, str)))
    }


def text_of(form: FormData, name: str, most: int = 5000) -> str:
    """One text answer without blanks around; empty when it was not posted. Raises Invalid when it is too long."""
    value = form.get(name)
    text = without_controls(value).strip() if isinstance(value, str) else ""
    if len(text) > most:
        raise Invalid("填写的内容太长", {name: f"最多写 {most} 个字，现在是 {len(text)} 个字"})
    return text


def files_of(form: FormData, name: str) -> tuple[UploadFile, ...]:
    """The files chosen under a name; browsers send an empty one when nothing was chosen."""
    return tuple(each for each in form.getlist(name) if isinstance(each, UploadFile) and each.filename)


async def chunks(upload: UploadFile) -> AsyncIterator[bytes]:
    """A posted file piece by piece."""
    while piece := await upload.read(CHUNK):
        yield piece


def _check_charset(request: Request) -> None:
    """The parser decodes by whatever codec the sender names: some fail in their own ways, some make half characters."""
    _, options = parse_options_header(request.headers.get("content-type"))
    if options.get(b"charset", b"utf-8").strip().lower() not in (b"utf-8", b"utf8"):
        raise BadRequest("表单要用 UTF-8 编码。这一次没有保存，请换一个浏览器再提交。")


def _counting(request: Request, most_bytes: int) -> Receive:
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > most_bytes:
        raise _too_large(most_bytes)
    arrived = 0

    async def receive() -> Message:
        nonlocal arrived
        message = await request.receive()
        arrived += len(message.get("body", b""))
        if arrived > most_bytes:
            raise _too_large(most_bytes)
        return message

    return receive


def _too_large(most_bytes: int) -> TooLarge:
    return TooLarge(
        f"这一次提交的内容超过 {most_bytes // MEGABYTE} MB，没有保存；以前保存的内容都还在。"
        "请返回上一页，分几次上传，或者把照片压缩、把多页扫描成一个 PDF 再传。"
    )
