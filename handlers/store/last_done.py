"""When a backup or an audit was last done and how it ended: small files beside the database, which it never changes."""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Literal

from rules.errors import Invalid
from rules.quick_dataclass import dataclass
from rules.time import format_stamp, parse_stamp

What = Literal["backup", "audit"]


@dataclass(frozen=True, slots=True)
class Done:
    """One deed. `sound` is false when the audit found something."""

    at: datetime
    sound: bool


def note(database: Path, what: What, at: datetime, *, sound: bool = True) -> None:
    """Keeps the newest; a folder that cannot be written (an old copy being read) keeps nothing back."""
    path = _path(database, what)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with suppress(OSError):
        try:
            temporary.write_text(json.dumps({"at": format_stamp(at), "sound": sound}) + "\n", "utf-8")
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def last(database: Path, what: What) -> Done | None:
    """The newest, or None when there was none or the file cannot be read."""
    try:
        plain = json.loads(_path(database, what).read_text("utf-8"))
        return Done(parse_stamp(plain["at"]), bool(plain["sound"]))
    except (OSError, ValueError, KeyError, TypeError, Invalid):
        return None


def _path(database: Path, what: What) -> Path:
    return Path(os.path.abspath(database)).parent / f"last-{what}.json"
