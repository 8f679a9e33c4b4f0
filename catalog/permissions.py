"""Reads `permissions.yml`: which role may do what and how far, the packaged one or the root's own, within bounds; and
writes and reads it as the part of a build that the handlers go by.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from catalog.artifact import FORMAT
from catalog.problems import Problem
from catalog.reader import read_model
from catalog.root import DEFAULTS, Root
from rules.access import Role
from rules.errors import Invalid, Unavailable
from rules.permissions import Capability, Permissions, Reach, faults

FILE = "permissions.yml"


class PublishedPermissions(BaseModel):
    """`permissions.json`: by capability the roles with their reach, as the county has granted them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal["county-hall/1"] = FORMAT
    capabilities: dict[Capability, dict[Role, Reach]]


class PermissionsFile(BaseModel):
    """The file: by capability the roles with their reach. A capability that is left out is granted to nobody."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    capabilities: dict[Capability, dict[Role, Reach]]


def permissions_to_json(permissions: Permissions) -> str:
    """`site/data/permissions.json`: what is granted, in the order of the capabilities and roles."""
    whole = {
        capability.value: {
            role.value: permissions.grants[capability][role].value
            for role in Role
            if role in permissions.grants.get(capability, {})
        }
        for capability in Capability
    }
    return json.dumps({"format": FORMAT, "capabilities": whole}, ensure_ascii=False, indent=1) + "\n"


def permissions_from_json(text: bytes) -> Permissions:
    """The permissions that came with a build. Raises Invalid for what is none, or is beyond the bounds."""
    try:
        made = Permissions(PublishedPermissions.model_validate_json(text).capabilities)
    except ValidationError as error:
        raise Invalid("permissions.json 不是权限表，请重新运行 hall build") from error
    if any(faults(made)):
        raise Invalid("permissions.json 超出了权限的界线，请重新运行 hall build")
    return made


def load_permissions(root: Root | None = None, problems: list[Problem] | None = None) -> Permissions:
    """The root's content/permissions.yml, else the packaged one; a faulty one is reported and passed over."""
    found: list[Problem] = [] if problems is None else problems
    own = root.content / FILE if root else None
    if root and own and own.is_file():
        before = len(found)
        made = _read(own, root.shown(own), found)
        if made is not None and len(found) == before:
            return made
    return packaged()


@lru_cache(maxsize=1)
def packaged() -> Permissions:
    """The permissions that ship."""
    found: list[Problem] = []
    made = _read(DEFAULTS / FILE, f"defaults/{FILE}", found)
    if made is None or found:
        raise Unavailable("安装包里的权限表损坏，请重新安装县厅")
    return made


def _read(path: Path, shown: str, problems: list[Problem]) -> Permissions | None:
    file = read_model(path, shown, PermissionsFile, problems)
    if file is None:
        return None
    made = Permissions(file.capabilities)
    problems += [Problem(shown, 0, f"capabilities.{where}", words) for where, words in faults(made)]
    return made
