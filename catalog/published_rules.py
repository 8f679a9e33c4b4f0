"""Rule sets that have been in force, as `published/rules/<hash>.json`: whole, with when and what was changed."""

from __future__ import annotations

import os
import secrets
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from catalog.problems import Problem
from rules.errors import Invalid
from rules.rule_set import HASH_SHOWN, RuleSet

FOLDER = "rules"


class Change(BaseModel):
    """One field of one rule in words; `judges`: it changes what is caught or when, not only how it is said."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    rule: str
    title: str
    field: str = ""
    words: str
    judges: bool = True


class Adoption(BaseModel):
    """A moment from which a rule set was in force, what it followed, and what was different."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    at: datetime
    before: str = ""
    changes: tuple[Change, ...] = ()


class PublishedRules(BaseModel):
    """One version of the county's rules. A version that came back has several adoptions."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    format: Literal["county-hall-rules/1"] = "county-hall-rules/1"
    stamp: str
    adoptions: tuple[Adoption, ...] = ()
    rule_set: RuleSet

    @property
    def short_hash(self) -> str:
        """What names the file and the page."""
        return self.rule_set.hash[:HASH_SHOWN]

    def text(self) -> str:
        """The file."""
        return self.model_dump_json(indent=1) + "\n"


def from_text(text: str) -> PublishedRules:
    """What `text` wrote. Raises Invalid."""
    try:
        return PublishedRules.model_validate_json(text)
    except ValidationError as error:
        raise Invalid("这不是一版公布的监察规则。") from error


def read_published_rules(
    published: Path, problems: list[Problem] | None = None
) -> tuple[PublishedRules, ...]:
    """Every version under `published/rules/`, the newest adoption first; a broken file is a warning by name."""
    found: list[PublishedRules] = []
    folder = published / FOLDER
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        try:
            found.append(from_text(path.read_text("utf-8")))
        except (Invalid, OSError, UnicodeDecodeError):
            if problems is not None:
                problems.append(
                    Problem(f"published/{FOLDER}/{path.name}", 0, "", "读不懂这一版监察规则，没有列出", "warning")
                )  # fmt: skip
    return tuple(
        sorted(found, key=lambda each: max((a.at.timestamp() for a in each.adoptions), default=0.0), reverse=True)
    )  # fmt: skip


def write_published_rules(published: Path, rules: PublishedRules) -> bool:
    """Writes a version whole or not at all; False where it stands there already word for word."""
    folder = published / FOLDER
    path, text = folder / f"{rules.short_hash}.json", rules.text()
    try:
        if path.read_text("utf-8") == text:
            return False
    except (OSError, UnicodeDecodeError):
        pass
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{path.name}.{secrets.token_hex(4)}"
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return True
