"""The form of an explanation, a report or an appeal: words and files kept as a draft at every submit, nothing lost."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request

from handlers.bodies import MEGABYTE, TEXT_BYTES, chunks, files_of, form_of, text_of
from handlers.context import Hall, hall_of
from handlers.session import SignedIn, check_csrf
from handlers.store import attachments
from handlers.store.attachments import Limits
from handlers.supervising import drafts
from presentation.view import FieldError, UploadedFile
from rules.errors import Invalid, TooLarge, Unavailable, UnsupportedMedia
from rules.quick_dataclass import dataclass

FILES_AT = "/hall/supervision-files/"
MOST_TEXT = 200_000


@dataclass(frozen=True, slots=True)
class Posted:
    """What came: the words, whether to send them, why a file was not taken, the version the page had seen."""

    text: str
    send: bool
    refused_file: str = ""
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class ReplyForm:
    """What the form shows: words, files, when they were kept, faults."""

    text: str
    files: tuple[UploadedFile, ...]
    saved: object = None
    errors: tuple[FieldError, ...] = ()

    def error(self, name: str) -> str:
        """The fault of one field."""
        return next((each.message for each in self.errors if each.field == name), "")


async def taken(request: Request, topic: str) -> Posted:
    """Reads the form and keeps what it holds in the person's draft of this topic.

    Raises Forbidden for a stale form, TooLarge above the county's limits; a file that is refused harms nothing else.
    """
    hall, person = hall_of(request), signed(request)
    async with form_of(request, most_bytes(hall)) as form:
        check_csrf(request, form)
        text = text_of(form, "text", MOST_TEXT)
        restored = "restore" in form  # brought back by signing in again: to be read once more, not to be sent
        removed = "" if restored else text_of(form, "remove_file", 100)
        await run_in_threadpool(
            hall.supervision.save_draft, topic, person.person_id, text[:20_000], now=hall.now()
        )
        if removed:
            await run_in_threadpool(hall.supervision.remove_file, topic, person.person_id, removed)
        refused = await _files(hall, person, topic, form)
        send = "send" in form and not restored and not removed and not refused
        return Posted(text, send, refused, seen_of(form))


def most_bytes(hall: Hall) -> int:
    """How large the form may be, files and all."""
    return hall.county.settings.upload_total_megabytes * MEGABYTE + TEXT_BYTES


def shown(
    hall: Hall, topic: str, person: str, posted: Posted | None = None, fields: dict[str, str] | None = None
) -> ReplyForm:
    """The form as it is to be shown: what was posted last, or the draft."""
    kept = hall.supervision.draft(topic, person)
    faults = [FieldError(name, words) for name, words in (fields or {}).items()]
    if posted is not None and posted.refused_file:
        faults.append(FieldError("files", posted.refused_file))
    return ReplyForm(
        text=kept.text if posted is None else posted.text,
        files=tuple(UploadedFile(each.id, each.name, each.size, FILES_AT + each.id) for each in kept.files),
        saved=kept.saved,
        errors=tuple(faults),
    )


def upload_limits(hall: Hall) -> dict[str, Any]:
    """What the upload field says about itself."""
    settings = hall.county.settings
    return {
        "accept": settings.upload_types,
        "most_files": drafts.MOST_FILES,
        "most_megabytes": settings.upload_megabytes,
    }


def signed(request: Request) -> SignedIn:
    """Who is signed in."""
    person: SignedIn = request.state.person
    return person


def seen_of(form: FormData) -> int | None:
    """The version the page had seen."""
    text = text_of(form, "seen", 20)
    return int(text) if text.isascii() and text.isdigit() else None


async def take_upload(hall: Hall, person: str, topic: str, upload: object, name: str) -> str:
    """Takes one file into a draft; returns its id. Raises Invalid, TooLarge, UnsupportedMedia."""
    settings = hall.county.settings
    kept = await run_in_threadpool(hall.supervision.draft, topic, person)
    if len(kept.files) >= drafts.MOST_FILES:
        raise Invalid(f"最多上传 {drafts.MOST_FILES} 个文件，多出来的没有保存。可以合成一个 PDF 再传")
    row = await attachments.receive(
        hall.database, chunks(upload), name, Limits(settings.upload_types, settings.upload_megabytes * MEGABYTE),  # type: ignore[arg-type]
        hall.now(), field="files", received_by=person, owner=drafts.owner(topic, person),
    )  # fmt: skip
    return row.id


async def _files(hall: Hall, person: SignedIn, topic: str, form: FormData) -> str:
    refused = ""
    for upload in files_of(form, "files"):
        try:
            await take_upload(hall, person.person_id, topic, upload, upload.filename or "")
        except (Invalid, TooLarge, UnsupportedMedia) as error:
            refused = error.detail.rstrip("。")
        except Unavailable as error:
            # The files after it would fare no better.
            return error.detail.rstrip("。")
    return refused
