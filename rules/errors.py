"""The one tree of errors that a person is told about; handlers map it to HTTP in one place."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar


class HallError(Exception):
    """Something a person must be told: `detail` says in Chinese what was wrong, where, and what to do."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "这一步没有做成"

    def __init__(self, detail: str = "") -> None:
        self.detail = detail or self.title
        super().__init__(self.detail)


class BadRequest(HallError):
    """The request cannot be read at all (malformed JSON, a missing parameter)."""

    status = 400
    slug = "bad-request"
    title = "请求格式不正确"


class Unauthenticated(HallError):
    """Nobody is signed in, or the credentials are wrong."""

    status = 401
    slug = "unauthenticated"
    title = "请先登录"


class Forbidden(HallError):
    """Signed in, but role or unit scope does not reach this."""

    status = 403
    slug = "forbidden"
    title = "没有权限"


class NotFound(HallError):
    """No such thing, or not for this person to know of."""

    status = 404
    slug = "not-found"
    title = "没有找到"


class IllegalMove(HallError):
    """The case table has no such move from the state the case is in."""

    status = 409
    slug = "illegal-move"
    title = "当前状态不能进行此操作"


class Conflict(HallError):
    """Someone was faster: the state changed between reading and writing."""

    status = 409
    slug = "conflict"
    title = "已被他人先行处理"


class Gone(HallError):
    """It was here and is not any more (an expired draft, an erased payload)."""

    status = 410
    slug = "gone"
    title = "内容已失效"


class TooLarge(HallError):
    """A body or file above its limit."""

    status = 413
    slug = "too-large"
    title = "内容过大"


class UnsupportedMedia(HallError):
    """A file or body of a type that is not taken."""

    status = 415
    slug = "unsupported-media"
    title = "文件类型不支持"


class Invalid(HallError):
    """Readable but wrong; `fields` holds one Chinese message by field name."""

    status = 422
    slug = "invalid"
    title = "填写内容有误"

    def __init__(self, detail: str = "", fields: Mapping[str, str] | None = None) -> None:
        self.fields: Mapping[str, str] = MappingProxyType(dict(fields or {}))
        super().__init__(detail or "；".join(self.fields.values()))


class TooMany(HallError):
    """Asked too often; `retry_after` is in seconds."""

    status = 429
    slug = "too-many"
    title = "操作过于频繁"

    def __init__(self, detail: str = "", retry_after: int = 60) -> None:
        self.retry_after = retry_after
        super().__init__(detail)


class Unavailable(HallError):
    """A part the answer needs is down; nothing was lost."""

    status = 503
    slug = "unavailable"
    title = "服务暂时不可用"
