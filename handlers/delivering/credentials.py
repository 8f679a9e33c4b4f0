"""The secrets of sending: from environment variables or a file outside git; they never leave in words or logs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from catalog.delivery import PLACEHOLDER
from rules.errors import Unavailable

PREFIX = "HALL_SECRET_"
_READABLE_BY_OTHERS = 0o077


class Credentials:
    """Secrets by name. An environment variable wins over the file."""

    def __init__(self, environment: Mapping[str, str], file: Path | None) -> None:
        self._values = {} if file is None else _read(file)
        self._values |= {
            name.removeprefix(PREFIX): value
            for name, value in environment.items()
            if name.startswith(PREFIX) and value
        }

    def __repr__(self) -> str:
        return f"Credentials({len(self._values)} secrets)"

    def missing(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Which of these names have no value."""
        return tuple(name for name in names if name not in self._values)

    def fill(self, text: str, values: Mapping[str, str] | None = None) -> str:
        """A text with `{secret:NAME}` and `{name}` put in, in one pass: no value is read as a placeholder again.

        Raises Unavailable for a secret that nobody has set.
        """

        def one(match: object) -> str:
            secret, name = match.groups()  # type: ignore[attr-defined]
            if secret:
                if name not in self._values:
                    raise Unavailable(f"没有设置密钥 {name}：请设环境变量 {PREFIX}{name}，或写进密钥文件。")
                return self._values[name]
            return (values or {}).get(name, "")

        return PLACEHOLDER.sub(one, text)


def _read(file: Path) -> dict[str, str]:
    """`NAME=value` lines; empty ones and those with # are left out."""
    try:
        if os.name == "posix" and file.stat().st_mode & _READABLE_BY_OTHERS:
            raise Unavailable(f"密钥文件 {file.name} 别人也读得到。请先运行 chmod 600。")
        lines = file.read_text("utf-8").splitlines()
    except OSError as error:
        raise Unavailable(f"密钥文件 {file.name} 读不出来：{error.strerror}。") from error
    found: dict[str, str] = {}
    for line in lines:
        name, equals, value = line.strip().partition("=")
        if equals and name and not name.startswith("#"):
            found[name.strip()] = value.strip()
    return found
