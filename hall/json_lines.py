"""JSON Lines for commands: one object in, one object out, a fault stays on its line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping

import click

from rules.errors import BadRequest, HallError, Invalid


def answer_lines(lines: Iterable[str], answer: Callable[[Mapping[str, object]], object]) -> bool:
    """Prints one JSON answer a line, in order; a bad line gets `{"error": {…}}`. True when all were right.

    Empty lines are passed over.
    """
    whole = True
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            answered = answer(_object(line))
        except HallError as error:
            whole = False
            answered = {"error": _told(error, number)}
        click.echo(json.dumps(answered, ensure_ascii=False))
    return whole


def _object(line: str) -> Mapping[str, object]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadRequest("这一行不是 JSON") from error
    if not isinstance(value, dict):
        raise BadRequest("这一行应是一个 JSON 对象，如 {…}")
    return value


def _told(error: HallError, number: int) -> dict[str, object]:
    told: dict[str, object] = {"line": number, "title": error.title, "detail": error.detail}
    if isinstance(error, Invalid) and error.fields:
        told["fields"] = dict(error.fields)
    return told
