"""The application that the benches file: one item of the sample county, filled in whole with its fictional answers."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from pathlib import Path

from bench.halls import visitor
from bench.http_load import request
from catalog.application_form import complete_form
from catalog.artifact import load_catalog, load_item
from catalog.codes import load_codes
from catalog.sample_answers import sample_answers

# 居民身份证补领: three materials, two review steps, one fee, thirty questions, no file that must be uploaded.
ITEM = "11990121MB0000051D4990705003000"


def body_of(site: Path) -> bytes:
    """The JSON of `POST /api/v1/cases`."""
    catalog = load_catalog(site)
    item = load_item(site, ITEM).item
    form = complete_form(item, catalog.county, load_codes())
    files = {each.id for each in form.fields() if each.type == "file"}
    answers = {
        name: [dict(row) for row in value if isinstance(row, Mapping)]
        if isinstance(value, tuple) and value and isinstance(value[0], Mapping)
        else value
        for name, value in sample_answers(form, catalog.county.name).items()
        if name not in files and name not in form.constants
    }
    return json.dumps({"item": ITEM, "answers": answers}, ensure_ascii=False).encode()


def filing(body: bytes, number: int) -> bytes:
    """The n-th filing over the wire: an idempotency key and a visitor of its own."""
    headers = (
        ("Content-Type", "application/json"),
        ("Idempotency-Key", uuid.uuid4().hex),
        ("X-Forwarded-For", visitor(number)),
    )
    return request("POST", "/api/v1/cases", headers, body)
