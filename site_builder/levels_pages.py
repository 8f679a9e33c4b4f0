"""分级授权、分层监察: who may do what, and how far, as the county has set it: the page, and the data the handlers go by."""

from __future__ import annotations

import json
from collections.abc import Iterator

from catalog.permissions import PublishedPermissions, load_permissions, permissions_to_json
from rules.access import ROLE_LABELS, STAFF_ROLES, Role
from rules.permissions import CAPABILITY_LABELS, REACH_LABELS, Capability
from site_builder.outputs import Output, fingerprint
from site_builder.portal import Portal


def outputs(portal: Portal) -> Iterator[Output]:
    """`/supervision/levels/`, `data/permissions.json` and its schema."""
    permissions = load_permissions(portal.root, [])
    text = permissions_to_json(permissions)
    yield Output("data/permissions.json", fingerprint(text), lambda: text)
    yield Output("data/permissions.schema.json", fingerprint(portal.program, "permissions"), _schema)
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


def _schema() -> str:
    schema = PublishedPermissions.model_json_schema(mode="serialization")
    return json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
