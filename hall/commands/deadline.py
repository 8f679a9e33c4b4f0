"""`hall deadline`: the last day of a limit, and every day on the way counted or skipped with its reason."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TextIO, cast

import click

from catalog.calendars import load_calendar
from catalog.root import NotARoot, Root
from hall.json_lines import answer_lines
from rules.calendar import WorkCalendar
from rules.card_facts import pause_from
from rules.deadline import Deadline, due
from rules.errors import HallError, Invalid
from rules.pause import Pause, Unit
from rules.time import parse_date

_KEYS = frozenset({"start", "limit", "unit", "pauses", "pause"})


@click.command(help="算一个期限到哪一天，并逐日说明为什么。起算当日不计；默认按工作日。")
@click.option("--start", metavar="日期", help="起算日，如 2026-02-10（当日不计入）。")
@click.option("--limit", type=click.IntRange(0, 36_500), help="期限的天数。")
@click.option(
    "--unit",
    type=click.Choice(["workday", "day"]),
    default="workday",
    show_default=True,
    help="工作日或自然日。",
)
@click.option("--pause", "pauses", multiple=True, metavar="起..止", help="暂停计时的起止日期，可多次给出。")
@click.option(
    "--batch",
    type=click.File("r", encoding="utf-8-sig"),
    help="JSON Lines 文件，- 为标准输入；每行 {start, limit, unit, pauses}。",
)
@click.option("--case", "number", metavar="编号", help="说明一个办件正在走的各个期限，从哪天起算、为什么。")
@click.option(
    "--db", type=click.Path(path_type=Path, dir_okay=False), help="数据库文件，默认 .hall/hall.db。"
)
@click.option("--root", "where", type=click.Path(path_type=Path), help="县厅的目录（用它的工作日历）。")
@click.option(
    "--json/--text",
    "as_json",
    default=None,
    help="以 JSON 或文字输出；不写时，终端上是文字，送进管道是 JSON。",
)
def command(
    start: str | None,
    limit: int | None,
    unit: str,
    pauses: tuple[str, ...],
    batch: TextIO | None,
    number: str | None,
    db: Path | None,
    where: Path | None,
    as_json: bool | None,
) -> None:
    """Exit codes: 0 done, 1 a line of the batch was wrong, 2 wrong use."""
    if as_json is None:
        as_json = not sys.stdout.isatty()
    if number is not None:
        if batch is not None or start is not None or limit is not None or pauses:
            raise click.UsageError("--case 只说明这一个办件，不要再给出 --start、--limit、--pause、--batch。")
        _tell_case(number, db, where, as_json)
        return
    if batch is not None:
        if start is not None or limit is not None or pauses:
            raise click.UsageError("--batch 的每一行自带 start、limit 和 pauses，不要再另外给出。")
        calendar = calendar_of(where)
        sys.exit(0 if answer_lines(batch, lambda plain: _answer_line(plain, calendar)) else 1)
    if start is None or limit is None:
        raise click.UsageError("请给出 --start 和 --limit，或用 --batch 给出文件。")
    try:
        first = parse_date(start)
        stops = tuple(pause_from(each) for each in pauses)
        found = due(first, limit, cast(Unit, unit), calendar_of(where), stops)
    except HallError as error:
        raise click.UsageError(error.detail) from error
    click.echo(json.dumps(as_plain(found), ensure_ascii=False) if as_json else _as_text(found))


def _tell_case(number: str, db: Path | None, where: Path | None, as_json: bool) -> None:
    """What runs for a case, from the hall's own data file. An unknown number is wrong use."""
    # Only here: the plain count of days needs neither a data file nor the hall.
    from handlers.context import Hall
    from handlers.store.database import Database

    root = Root.find(where)
    database = Database.open(db or root.state / "hall.db")
    try:
        hall = Hall(root, root.path / "site", database)
        found = hall.casework.explained(number, hall.now())
    except HallError as error:
        raise click.UsageError(error.detail) from error
    finally:
        database.close()
    if as_json:
        told = [
            as_plain(Deadline(each.due, each.provisional, each.trace))
            | {"label": each.label, "started": each.started.isoformat(), "why": each.why, "basis": each.basis}
            for each in found
        ]
        click.echo(json.dumps({"case": number, "deadlines": told}, ensure_ascii=False))
        return
    for each in found:
        click.echo(f"{each.label}：{each.why}（{each.basis}）")
        click.echo(_as_text(Deadline(each.due, each.provisional, each.trace)))


def calendar_of(where: Path | None) -> WorkCalendar:
    """The calendar of the root given or stood in; outside any root, the packaged one."""
    if where is not None:
        return load_calendar(Root.find(where))
    try:
        root: Root | None = Root.find()
    except NotARoot:
        root = None
    return load_calendar(root)


def as_plain(found: Deadline) -> dict[str, object]:
    """`{"due", "provisional", "trace": [{"date", "counted", "reason"}]}`."""
    return {
        "due": found.due.isoformat(),
        "provisional": found.provisional,
        "trace": [
            {"date": each.date.isoformat(), "counted": each.counted, "reason": each.reason}
            for each in found.trace
        ],
    }


def _answer_line(plain: Mapping[str, object], calendar: WorkCalendar) -> dict[str, object]:
    wrong = {key: f"没有“{key}”这个字段" for key in plain if key not in _KEYS}
    start, limit, unit = plain.get("start"), plain.get("limit"), plain.get("unit") or "workday"
    first: date | None = None
    if isinstance(start, str):
        try:
            first = parse_date(start)
        except Invalid as error:
            wrong["start"] = error.detail
    else:
        wrong["start"] = "请写起算日，如 2026-02-10"
    if isinstance(limit, bool) or not isinstance(limit, int) or not 0 <= limit <= 36_500:
        wrong["limit"] = "应为 0 到 36500 之间的整数"
    if unit not in ("workday", "day"):
        wrong["unit"] = "应为 workday 或 day"
    pauses = _pauses(plain.get("pauses", plain.get("pause")), wrong)
    if wrong or first is None:
        raise Invalid("；".join(f"{key}：{text}" for key, text in wrong.items()), wrong)
    return as_plain(due(first, cast(int, limit), cast(Unit, unit), calendar, pauses))


def _pauses(plain: object, wrong: dict[str, str]) -> tuple[Pause, ...]:
    if plain is None:
        return ()
    given: Sequence[object] = [plain] if isinstance(plain, str) else cast("Sequence[object]", plain)
    if not isinstance(given, list):
        wrong["pauses"] = "要写成列表，每项如 2026-03-02..2026-03-05"
        return ()
    found: list[Pause] = []
    for at, each in enumerate(given):
        try:
            found.append(pause_from(each))
        except Invalid as error:
            wrong[f"pauses[{at}]"] = error.detail
    return tuple(found)


def _as_text(found: Deadline) -> str:
    mark = "（暂定：有一年的放假安排还没有公布）" if found.provisional else ""
    lines = [f"到期日：{found.due.isoformat()}{mark}"]
    used = 0
    for each in found.trace:
        used += each.counted
        counted = f"第{used}日" if each.counted else "不计"
        lines.append(f"  {each.date.isoformat()}  {counted}  {each.reason}")
    return "\n".join(lines)
