"""Gateways' receipts: one report or a list, read as the county's settings describe them."""

from __future__ import annotations

from typing import Any

from catalog.delivery import ReceiptSettings
from handlers.delivering.http_channel import at_path
from handlers.delivering.service import Report
from rules.errors import BadRequest

MOST_REPORTS = 1000


def reports_in(value: Any, wanted: ReceiptSettings) -> tuple[Report, ...]:
    """The reports of a body; lines without id or status are left out. Raises BadRequest when there is none at all."""
    found = value
    for part in wanted.reports.split(".") if wanted.reports else ():
        found = found.get(part) if isinstance(found, dict) else None
    lines = found if isinstance(found, list) else [found]
    reports: list[Report] = []
    for line in lines[:MOST_REPORTS]:
        number, status = at_path(line, wanted.message_id), at_path(line, wanted.status)
        if number and status is not None:
            reports.append(Report(number[:200], status in wanted.delivered, status[:60]))
    if not reports:
        raise BadRequest("回执里没有流水号和状态，请核对 county.yml 里 receipts 的设置。")
    return tuple(reports)
