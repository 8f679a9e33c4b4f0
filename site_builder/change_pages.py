"""The change log as pages, an Atom feed and JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from site_builder import atom
from site_builder.change_log import Change, ChangeFile
from site_builder.outputs import Output, fingerprint
from site_builder.portal import Portal

RECENT = 60
IN_FEED = 40


def outputs(portal: Portal) -> Iterator[Output]:
    """`/changes/`, a page for every month, the feed, the data."""
    changes = portal.changes.changes
    counts = Counter(f"{change.when:%Y-%m}" for change in changes)
    months = sorted(counts.items(), reverse=True)
    visible = fingerprint(*sorted(portal.by_code))
    yield _page(portal, "", "事项更新记录", changes[:RECENT], months, visible)
    for month, _ in months:
        title = f"{month[:4]}年{int(month[5:])}月的事项更新"
        within = tuple(change for change in changes if f"{change.when:%Y-%m}" == month)
        yield _page(portal, month, title, within, months, visible)
    key = fingerprint(portal.stamp, *(change.commit + change.code for change in changes), visible)
    yield Output("changes/feed.atom", key, lambda: _feed(portal, changes[:IN_FEED]))
    yield Output("data/changes.json", key, lambda: _data(changes))


def _page(
    portal: Portal,
    month: str,
    title: str,
    changes: tuple[Change, ...],
    months: list[tuple[str, int]],
    visible: str,
) -> Output:
    return portal.page(
        f"/changes/{month}/" if month else "/changes/",
        "changes.html",
        title,
        (visible, repr(months), *(change.commit + change.code for change in changes)),
        section="look",
        crumbs=(("事项更新记录", "/changes/" if month else ""), *(((title, ""),) if month else ())),
        values={"title": title, "changes": changes, "months": months, "month": month},
    )


def said(change: Change) -> str:
    """A change in one line of text, for feeds."""
    if change.kind == "added":
        return "新上线"
    if change.kind == "removed":
        return "取消"
    parts = [
        f"{d.label}：{_short(d.before) or '（无）'} → {_short(d.after) or '（无）'}"
        for d in change.differences[:12]
    ]
    return "；".join(parts) or "没有影响内容的修改"


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"


def _feed(portal: Portal, changes: tuple[Change, ...]) -> str:
    entries = [
        atom.Entry(
            title=f"{change.name}({ {'added': '新上线', 'removed': '取消', 'changed': '修改'}[change.kind] })",
            address=f"/changes/{change.when:%Y-%m}/#c-{change.commit[:10]}-{change.code}",
            updated=change.when,
            summary=said(change),
            author=change.author,
        )
        for change in changes
    ]
    base = portal.county.url.rstrip("/")
    return atom.feed(
        f"事项更新记录 - {portal.county.hall_name}", base, "/changes/feed.atom", "/changes/", entries
    )


def _data(changes: tuple[Change, ...]) -> str:
    rows = ChangeFile(changes=changes).model_dump(mode="json")
    return json.dumps(rows, ensure_ascii=False, indent=1) + "\n"
