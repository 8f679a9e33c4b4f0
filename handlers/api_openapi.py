"""The OpenAPI 3.1 document, made from the operations themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from handlers.api_models import ProblemOut
from handlers.api_operations import CODE_HEADER, KEY_HEADER, ROOT, Operation
from handlers.security import SAFE_METHODS

Json = dict[str, Any]
STATUS_WORDS = {
    200: "成功", 201: "已提交", 204: "成功，没有内容", 400: "请求格式不正确", 401: "没有登录", 403: "没有权限",
    404: "没有找到", 409: "当前状态不能这样做，或者被别人抢先", 410: "曾经有，现在不再提供", 413: "内容过大", 415: "文件类型不收", 422: "内容有误，errors 里逐项说明",
    429: "太频繁，见 Retry-After", 500: "暂时无法完成", 503: "暂时不可用",
}  # fmt: skip


def document(title: str, version: str, operations: Sequence[Operation]) -> Json:
    """The whole document."""
    models: list[type[BaseModel]] = [ProblemOut]
    for each in operations:
        models += [model for model in (each.answer, each.body) if model is not None]
    modes: list[tuple[type[BaseModel], Any]] = [
        (model, "validation" if model.__name__.endswith(("In", "Query")) else "serialization")
        for model in dict.fromkeys(models)
    ]
    places, definitions = models_json_schema(modes, ref_template="#/components/schemas/{model}")
    schemas = {(model, mode): schema for (model, mode), schema in places.items()}
    named = {model: schemas[(model, mode)] for model, mode in modes}
    paths: dict[str, Json] = {}
    for each in operations:
        paths.setdefault(ROOT + each.path, {})[each.method.lower()] = _operation(each, named)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{title} 接口",
            "version": version,
            "description": "和网页同一套规则。时间都是东八区带偏移的 ISO 8601。错误都是 application/problem+json。",
        },
        "paths": paths,
        "components": {
            "schemas": definitions.get("$defs", {}),
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "POST /api/v1/session 得到的 token",
                },
                "cookie": {"type": "apiKey", "in": "cookie", "name": "hall_session"},
            },
        },
    }


def _operation(each: Operation, named: dict[type[BaseModel], Json]) -> Json:
    found: Json = {
        "operationId": each.name,
        "summary": each.summary,
        "description": (each.endpoint.__doc__ or "").strip(),
        "tags": [each.tag],
        "parameters": _parameters(each),
        "responses": _responses(each, named),
    }
    if each.body is not None:
        found["requestBody"] = _body(each, named[each.body])
    elif each.files:
        found["requestBody"] = _FILE_BODY
    if not each.guard.public:
        found["security"] = [{"bearer": []}, {"cookie": []}]
        if each.guard.roles:
            found["x-roles"] = sorted(each.guard.roles)
    return found


# One file and nothing else.
_FILE_BODY: Json = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
            }
        }
    },
}


def _body(each: Operation, schema: Json) -> Json:
    content: Json = {"application/json": {"schema": schema}}
    if each.files:
        content["multipart/form-data"] = {
            "schema": {
                "type": "object",
                "required": ["application"],
                "properties": {"application": schema},
                "additionalProperties": {
                    "type": "array",
                    "items": {"type": "string", "contentMediaType": "application/octet-stream"},
                    "description": "文件，名称是文件字段的编号",
                },
            },
            "encoding": {"application": {"contentType": "application/json"}},
        }
    return {"required": True, "content": content}


def _parameters(each: Operation) -> list[Json]:
    found: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": _path_schema(each, name)}
        for name in re.findall(r"\{(\w+)\}", each.path)
    ]
    if each.code:
        words = "查询码，不写在网址里"
        found.append(_header(CODE_HEADER, words, 100))
    if each.key:
        found.append(_header(KEY_HEADER, "幂等键：同一次提交重发时用同一个", 80))
    if each.query is not None:
        schema = each.query.model_json_schema()
        required = schema.get("required", [])
        for name, own in schema["properties"].items():
            found.append({"name": name, "in": "query", "required": name in required, "schema": own})
    return found


def _path_schema(each: Operation, name: str) -> Json:
    """A segment of the address: never empty, and no slash in it."""
    among = each.among.get(name, ())
    return {"type": "string", "enum": list(among)} if among else {"type": "string", "minLength": 1}


def _header(name: str, words: str, longest: int) -> Json:
    schema = {"type": "string", "minLength": 1, "maxLength": longest}
    return {"name": name, "in": "header", "required": True, "description": words, "schema": schema}


def _responses(each: Operation, named: dict[type[BaseModel], Json]) -> Json:
    done: Json = {"description": STATUS_WORDS[each.status]}
    if each.answer is not None:
        done["content"] = {"application/json": {"schema": named[each.answer]}}
    elif each.status != 204:
        file = {"type": "string", "contentMediaType": "application/octet-stream"}
        done["content"] = {media: {"schema": file} for media in each.media}
    found: Json = {str(each.status): done}
    if each.status == 201 and each.key:
        found["200"] = {**done, "description": "同一次提交重发：同样的回答，没有重复提交"}
    problem = {"application/problem+json": {"schema": named[ProblemOut]}}
    for status in sorted(_always(each).union(each.errors)):
        refused: Json = {"description": STATUS_WORDS[status], "content": problem}
        if status == 429:
            refused["headers"] = {
                "Retry-After": {"description": "多少秒以后再试", "schema": {"type": "integer"}}
            }
        found[str(status)] = refused
    return found


def _always(each: Operation) -> set[int]:
    """The refusals that follow from what an operation takes and from its guard, whatever it does."""
    found = {500, 503}
    if "{" in each.path:
        found.add(404)
    if each.query is not None:
        found.add(422)
    if each.body is not None:
        found |= {400, 413, 422}
    if each.files:
        found |= {400, 413, 415, 422, 429}
    if each.code:
        found |= {400, 404, 429}
    if each.key:
        found |= {400, 409}
    if not each.guard.public:
        found |= {401, 403}
    if each.method not in SAFE_METHODS:
        found.add(403)  # sent by a browser from another site
    return found
