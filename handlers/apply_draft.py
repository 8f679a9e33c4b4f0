"""An application being filled in: what its draft holds, and how a browser comes back to it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta
from typing import cast
from weakref import WeakValueDictionary

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from catalog.application_form import FileAnswer
from handlers import proofs
from handlers.context import Hall, hall_of
from handlers.store import drafts
from handlers.store.records import Json
from handlers.store.vault import normal_code
from rules.errors import Gone, NotFound
from rules.quick_dataclass import dataclass

NEW = "new"
"""The handle of a draft that is not saved yet: nothing is written before the first answers come."""


class DraftLock(asyncio.Lock):
    """One draft's lock. `begun`: the code of the draft that one of those who share the lock has begun."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = ""


_locks: WeakValueDictionary[str, DraftLock] = WeakValueDictionary()


@dataclass(frozen=True, slots=True)
class Window:
    """A walk-in's application taken down by staff: who, at which unit."""

    person: str
    unit: str


@dataclass(frozen=True, slots=True)
class Filling:
    """What has been answered so far, as typed. `key` is the idempotency key of its one filing.

    `answers` as `catalog.form_answers` reads them (rows as `table.0.column`); `done` are the sections that
    were left without a fault; `filed` is set once it was sent: number and query code, sealed.
    """

    key: str = ""
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: Mapping[str, tuple[FileAnswer, ...]] = field(default_factory=dict)
    done: tuple[str, ...] = ()
    window: Window | None = None
    filed: str = ""


@dataclass(frozen=True, slots=True)
class OpenDraft:
    """A draft in this browser's hands. `code` and `saved` are empty while it is new."""

    item: str
    item_version: str
    handle: str
    filling: Filling
    code: str = ""
    saved: datetime | None = None
    expires: datetime | None = None

    @property
    def is_new(self) -> bool:
        return self.handle == NEW

    @property
    def address(self) -> str:
        """Where its pages begin."""
        return f"/hall/apply/{self.item}/{self.handle}"

    @property
    def shown_code(self) -> str:
        """The code in groups of four, as people copy it."""
        return "-".join(self.code[at : at + 4] for at in range(0, len(self.code), 4))


def lock(handle: str) -> DraftLock:
    """Held while a draft is read, changed and written, so that two tabs lose nothing of each other's."""
    if handle == NEW:
        return DraftLock()
    found = _locks.get(handle)
    if found is None:
        found = _locks[handle] = DraftLock()
    return found


def handle_of(hall: Hall, code: str) -> str:
    """The draft's name in addresses. It opens nothing: the code stays in the cookie."""
    return hall.database.vault.digest("draft-handle", normal_code(code))[:4].hex()


def fresh(item: str, item_version: str, window: Window | None = None) -> OpenDraft:
    """A draft that begins now and is not saved yet."""
    return OpenDraft(item, item_version, NEW, Filling(key=secrets.token_urlsafe(18), window=window))


async def by_code(request: Request, code: str) -> OpenDraft:
    """The draft a code names. Raises NotFound, Gone."""
    hall = hall_of(request)
    draft = await run_in_threadpool(drafts.load, hall.database, code, hall.now())
    return OpenDraft(
        item=draft.item,
        item_version=draft.item_version,
        handle=handle_of(hall, code),
        filling=_filling(draft.data),
        code=normal_code(code),
        saved=draft.saved,
        expires=draft.expires,
    )


async def by_handle(request: Request, item: str, handle: str, token: str = "") -> OpenDraft:
    """The draft whose pages this browser is on: by its cookie, or by the `token` its form carried.

    Raises Gone when the browser does not (or no longer) hold its code or the draft has expired.
    """
    code = proofs.recalled(request, proofs.DRAFTS, handle)
    if code is None and token:
        code = proofs.opened(request, token, f"draft/{handle}")
    if code is None:
        raise Gone(
            "这台设备上没有这份草稿的续办码（超过12小时没有操作，或者换了浏览器）。"
            "请在“继续办理”页输入续办码，填过的内容都还在。"
        )
    try:
        draft = await by_code(request, code)
    except NotFound as error:
        raise Gone("这份草稿已经删除或者过期，内容已按规定清除。请重新填写。") from error
    if draft.item != item:
        raise Gone("这份草稿不是这个事项的。请在“继续办理”页输入续办码。")
    return draft


async def save(request: Request, draft: OpenDraft, filling: Filling, days: int | None = None) -> OpenDraft:
    """Writes it durably and gives it back as saved, with its code and handle."""
    hall = hall_of(request)
    now = hall.now()
    lasts = days or hall.county.settings.draft_days
    code = await drafts.save_async(
        hall.database, draft.item, draft.item_version, _json(filling), now, lasts, draft.code or None
    )
    return replace(
        draft,
        code=code,
        handle=handle_of(hall, code),
        filling=filling,
        saved=now,
        expires=now + timedelta(days=lasts),
    )


async def delete(request: Request, draft: OpenDraft) -> None:
    """Given up by its writer; its uploads go with the next tidying."""
    hall = hall_of(request)
    await hall.database.write_async(lambda tx: drafts.delete(tx, hall.database.vault, draft.code))


def hold(request: Request, response: Response, draft: OpenDraft) -> Response:
    """Lets this browser go on with the draft without typing its code."""
    proofs.remember(request, response, proofs.DRAFTS, draft.handle, draft.code)
    return response


def token_of(request: Request, draft: OpenDraft) -> str:
    """For a hidden field: what was typed is saved even when the cookie has ended meanwhile."""
    return proofs.sealed(request, draft.code, f"draft/{draft.handle}") if draft.code else ""


def _json(filling: Filling) -> dict[str, Json]:
    if filling.filed:
        return {"filed": filling.filed, "key": filling.key}
    data: dict[str, Json] = {
        "key": filling.key,
        "answers": {name: list(given) for name, given in filling.answers.items()},
        "files": {
            name: [{"id": one.id, "name": one.name, "size": one.size} for one in kept]
            for name, kept in filling.files.items()
        },
        "done": list(filling.done),
    }
    if filling.window:
        data["window"] = {"person": filling.window.person, "unit": filling.window.unit}
    return data


def _filling(data: Mapping[str, Json]) -> Filling:
    answers = cast(Mapping[str, list[str]], data.get("answers") or {})
    files = cast(Mapping[str, list[dict[str, str]]], data.get("files") or {})
    window = cast("dict[str, str] | None", data.get("window"))
    return Filling(
        key=str(data.get("key") or secrets.token_urlsafe(18)),
        answers={name: tuple(given) for name, given in answers.items()},
        files={
            name: tuple(FileAnswer(one["id"], one["name"], int(one["size"])) for one in kept)
            for name, kept in files.items()
        },
        done=tuple(cast(list[str], data.get("done") or ())),
        window=Window(window["person"], window["unit"]) if window else None,
        filed=str(data.get("filed") or ""),
    )
