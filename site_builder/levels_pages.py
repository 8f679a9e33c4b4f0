"""分级授权、分层监察: who may do what, and how far, as the county has set it."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.permissions import load_permissions
from rules.access import ROLE_LABELS, STAFF_ROLES, Role
from rules.permissions import CAPABILITY_LABELS, REACH_LABELS, Capability
from site_builder.outputs import Output
from site_builder.portal import Portal


def outputs(portal: Portal) -> Iterator[Output]:
    """`/supervision/levels/`."""
    permissions = load_permissions(portal.root, [])
    roles = tuple(role for role in Role if role in STAFF_ROLES)
    rows = tuple(
        (
            CAPABILITY_LABELS[each],
            tuple(REACH_LABELS[reach] if (reach := permissions.reach(each, role)) else "" for role in roles),
        )
        for each in Capability
    )
    yield portal.page(
        "/supervision/levels/",
        "levels.html",
        "谁能看什么",
        (repr(rows),),
        section="watch",
        crumbs=(("我要督", "/supervision/"), ("谁能看什么", "")),
        values={"roles": [ROLE_LABELS[role] for role in roles], "rows": rows},
    )
