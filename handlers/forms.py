"""Paper forms on demand: an item's blank form and its filled sample as DOCX, from the same form definition."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from handlers.context import hall_of
from handlers.guard import public, route
from handlers.notices import docx_response
from presentation.word_files import form_file


def blank(request: Request) -> Response:
    """The empty form to print and fill in by hand."""
    return _docx(request, filled=False)


def sample(request: Request) -> Response:
    """The form filled in with fictional answers."""
    return _docx(request, filled=True)


def _docx(request: Request, *, filled: bool) -> Response:
    hall = hall_of(request)
    record = hall.edition.item(request.path_params["code"])
    content = form_file(
        record.item, hall.county, hall.site_data.codes, record.names.department, filled=filled
    )
    name = "填写样例" if filled else "空白表"
    return docx_response(content, f"{record.item.name}-{name}")


_ANYONE = public("forms hold nothing of anybody")

routes = [
    route("/hall/forms/{code}/blank.docx", blank, guard=_ANYONE, name="form_blank"),
    route("/hall/forms/{code}/sample.docx", sample, guard=_ANYONE, name="form_sample"),
]
