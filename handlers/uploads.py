"""Files of an application being filled in: taken in, listed, handed back for download, taken out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from catalog.application_form import FileAnswer
from catalog.form_schema import FormField
from handlers import apply_draft, throttle
from handlers.bodies import MEGABYTE, chunks, files_of
from handlers.context import hall_of
from handlers.guard import public, route
from handlers.store import attachments, drafts
from handlers.store.attachments import Limits
from handlers.store.records import Attachment
from rules.errors import Invalid, NotFound, TooLarge, TooMany, Unavailable, UnsupportedMedia

Files = Mapping[str, tuple[FileAnswer, ...]]


async def take(
    request: Request,
    code: str | None,
    fields: Sequence[FormField],
    posted: FormData,
    files: Files,
    total_megabytes: int,
) -> tuple[dict[str, tuple[FileAnswer, ...]], dict[str, str]]:
    """Takes in what was chosen for file fields; returns all files by field, and why some were not taken.

    A file that is refused does not harm the others, nor does a scanner that is away or an address that sent too
    many: what was typed beside the file is kept. `code` names the draft they belong to until it is filed; without
    one (a program files at once) what is not filed goes with the next tidying, and Unavailable and TooMany are
    raised, so that the program tries again later.
    """
    hall = hall_of(request)
    owner = None if code is None else drafts.hash_of(hall.database.vault, code)
    kept = {name: list(given) for name, given in files.items()}
    refused: dict[str, str] = {}
    stopped = ""
    for each in fields:
        mine = kept.setdefault(each.id, [])
        limits = Limits(
            tuple(kind.lower().lstrip(".") for kind in each.accept), each.max_megabytes * MEGABYTE
        )
        for upload in files_of(posted, each.id):
            total = sum(one.size for given in kept.values() for one in given) + (upload.size or 0)
            if len(mine) >= each.max_files:
                refused[each.id] = (
                    f"最多上传 {each.max_files} 个文件，多出来的没有保存。可以合成一个 PDF 再传"
                )
                break
            if total > total_megabytes * MEGABYTE:
                refused[each.id] = (
                    f"全部文件加起来超过 {total_megabytes} MB，“{upload.filename}”没有保存，请压缩后再传"
                )
                break
            if stopped:  # the same would be said of each, after as long a wait
                refused[each.id] = stopped
                break
            try:
                throttle.once(request, throttle.UPLOADS, "upload")
                taken = await attachments.receive(
                    hall.database, chunks(upload), upload.filename or "", limits, hall.now(),
                    field=each.id, draft_hash=owner,
                )  # fmt: skip
            except TooLarge:
                refused[each.id] = (
                    f"“{upload.filename}”超过 {each.max_megabytes} MB，没有保存，请压缩或分成几个文件"
                )
            except (UnsupportedMedia, Invalid) as error:
                refused[each.id] = error.detail.rstrip("。")
            except (Unavailable, TooMany) as error:
                if code is None:
                    raise
                refused[each.id] = stopped = error.detail.rstrip("。")
            else:
                mine.append(FileAnswer(taken.id, taken.name, taken.size))
    return {name: tuple(given) for name, given in kept.items() if given}, refused


async def remove(request: Request, files: Files, attachment_id: str) -> dict[str, tuple[FileAnswer, ...]]:
    """Takes one of the draft's own files out; an id that is not among them changes nothing."""
    if any(one.id == attachment_id for given in files.values() for one in given):
        await hall_of(request).database.write_async(lambda tx: attachments.drop(tx, attachment_id))
    left = {name: tuple(one for one in given if one.id != attachment_id) for name, given in files.items()}
    return {name: given for name, given in left.items() if given}


async def download(request: Request) -> Response:
    """A file of one's own draft, to save: never shown by the browser, whatever it is."""
    path = request.path_params
    draft = await apply_draft.by_handle(request, path["code"], path["handle"])
    wanted = path["file"]
    if not any(one.id == wanted for given in draft.filling.files.values() for one in given):
        raise NotFound("这份草稿里没有这个文件，可能已经删除。")
    return await run_in_threadpool(_file, request, wanted)


def _file(request: Request, attachment_id: str) -> Response:
    database = hall_of(request).database
    found = attachments.by_id(database, attachment_id)
    if found is None:
        raise NotFound("这份草稿里没有这个文件，可能已经删除。")
    return to_save(found, attachments.path_of(database, found))


def to_save(attachment: Attachment, path: Path) -> Response:
    """A stored file as a download: no browser shows or runs it, whatever it is."""
    return FileResponse(
        path,
        media_type="application/octet-stream",
        filename=attachment.name,
        headers={"Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "no-store"},
    )


routes = [
    route(
        "/hall/apply/{code}/{handle}/files/{file}",
        download,
        guard=public("a draft's own files, proved by its code in a sealed cookie"),
        name="draft_file",
    ),
]
