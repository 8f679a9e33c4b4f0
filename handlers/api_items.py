"""The API's catalog: items, their forms, search; straight from the built artifact."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from catalog.artifact import ItemRecord
from catalog.form_schema import FormField
from handlers import apply_view
from handlers.api_models import (
    FormFieldOut,
    FormOut,
    FormSectionOut,
    HitOut,
    ItemsOut,
    ItemsQuery,
    SearchOut,
    SearchQuery,
)
from handlers.api_operations import Operation, answered, query_of
from handlers.apply_draft import Filling
from handlers.context import hall_of
from handlers.guard import public
from handlers.search import search_items
from search_index import FacetFilter


def list_items(request: Request) -> Response:
    """A page of the catalog."""
    asked: ItemsQuery = query_of(request, ItemsQuery)
    catalog = hall_of(request).edition.catalog
    found = [
        each
        for each in catalog.items
        if (not asked.department or each.department == asked.department)
        and (asked.online is None or each.accepts_online == asked.online)
    ]
    start = (asked.page - 1) * asked.size
    return answered(
        ItemsOut(
            version=catalog.version,
            total=len(found),
            page=asked.page,
            items=found[start : start + asked.size],
        )
    )


def get_item(request: Request) -> Response:
    """One item whole."""
    return answered(hall_of(request).edition.item(request.path_params["code"]))


def get_form(request: Request) -> Response:
    """The questions of an application, by section, with their conditions."""
    hall = hall_of(request)
    record = hall.edition.item(request.path_params["code"])
    form = apply_view.form_for(hall, record.item, Filling())
    sections = [
        FormSectionOut(id=each.id, title=each.title, fields=[_field(one) for one in each.fields])
        for each in form.sections
    ]
    return answered(
        FormOut(item=record.item.code, title=form.title, constants=dict(form.constants), sections=sections)
    )


def _field(each: FormField) -> FormFieldOut:
    return FormFieldOut(
        id=each.id,
        label=each.label,
        type=each.type,
        required=each.required,
        help=each.help,
        options={option.value: option.label for option in each.options},
        columns=[_field(column) for column in each.columns],
        accept=list(each.accept),
        max_files=each.max_files if each.type == "file" else None,
        when=each.when.model_dump(mode="json", exclude_none=True) if each.when else None,
    )


def search(request: Request) -> Response:
    """Ranked hits, as the search page shows them."""
    asked: SearchQuery = query_of(request, SearchQuery)
    wanted = FacetFilter(asked.department, asked.theme, asked.applicant, asked.depth, asked.type)
    results = search_items(hall_of(request), asked.q, wanted, asked.page, asked.limit)
    hits = [HitOut.model_validate(each) for each in results.hits]
    return answered(
        SearchOut(total=results.total, page=results.page, suggestion=results.suggestion, hits=hits)
    )


_OPEN = public("the catalog is public")

operations = (
    Operation(
        "GET", "/items", list_items, _OPEN, "事项列表", ItemsOut, query=ItemsQuery, errors=(422,), tag="事项"
    ),
    Operation(
        "GET", "/items/{code}", get_item, _OPEN, "一个事项的全部内容", ItemRecord, errors=(404,), tag="事项"
    ),
    Operation(
        "GET",
        "/items/{code}/form",
        get_form,
        _OPEN,
        "申请表：字段、选项、条件",
        FormOut,
        errors=(404,),
        tag="事项",
    ),
    Operation(
        "GET",
        "/search",
        search,
        _OPEN,
        "搜索事项",
        SearchOut,
        query=SearchQuery,
        errors=(422, 503),
        tag="事项",
    ),
)
