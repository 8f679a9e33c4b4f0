"""The API's scores: what has been published, each edition with its ledger and scheme; drafts are nobody's here."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from catalog.scoring_published import EditionListed, RankingFile
from handlers.api_operations import Operation, answered, query_of
from handlers.context import hall_of
from handlers.guard import public
from handlers.scoring.files import listed
from handlers.store.score_records import Edition
from rules.errors import NotFound


class EditionQuery(BaseModel):
    """Which edition of a period."""

    model_config = ConfigDict(extra="forbid")

    edition: int | None = Field(None, ge=1, le=9999, description="第几版，不写为最新一版")


class ScoresOut(BaseModel):
    """The published editions, newest period first."""

    editions: list[EditionListed]


def list_scores(request: Request) -> Response:
    """What has been published."""
    published = [each for each in hall_of(request).scores.editions() if each.state == "published"]
    return answered(ScoresOut(editions=[listed(each) for each in published]))


def _wanted(request: Request) -> Edition:
    asked: EditionQuery = query_of(request, EditionQuery)
    return hall_of(request).scores.published(request.path_params["period"], asked.edition)


def get_score(request: Request) -> Response:
    """A ranking, byte for byte as it is published."""
    found = _wanted(request)
    return Response(hall_of(request).scores.text(found.ranking_hash), media_type="application/json")


def get_score_part(request: Request) -> Response:
    """The ledger, the scheme or the ranking as CSV, byte for byte as published."""
    part = request.path_params["part"]
    if part not in _PARTS:
        raise NotFound("可以取 ledger（账本）、scheme（评分办法）、csv（排名）。")
    hall, found = hall_of(request), _wanted(request)
    ending, media = _PARTS[part]
    data = {
        "ledger": lambda: hall.scores.text(found.ledger_hash),
        "scheme": lambda: hall.scores.text(found.scheme_hash),
        "csv": lambda: hall.scores.csv(found),
    }[part]()
    name = f"{found.period}-{found.edition}.{ending}"
    return Response(data, media_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})


_PARTS = {
    "ledger": ("ledger.jsonl", "application/x-ndjson"),
    "scheme": ("scheme.yml", "application/yaml"),
    "csv": ("csv", "text/csv; charset=utf-8"),
}
_OPEN = public("published scores are for everybody to check")

operations = (
    Operation("GET", "/scores", list_scores, _OPEN, "公布过的绩效评分", ScoresOut, tag="绩效评分"),
    Operation(
        "GET", "/scores/{period}", get_score, _OPEN, "一期的排名（和公布的文件一个字节不差）", RankingFile,
        query=EditionQuery, errors=(404, 422), tag="绩效评分",
    ),
    Operation(
        "GET", "/scores/{period}/{part}", get_score_part, _OPEN, "账本 ledger、评分办法 scheme、排名 csv",
        query=EditionQuery, errors=(404, 422), media=tuple(media.partition(";")[0] for _, media in _PARTS.values()),
        among={"part": tuple(_PARTS)}, tag="绩效评分",
    ),
)  # fmt: skip
