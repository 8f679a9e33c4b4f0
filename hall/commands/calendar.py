"""`hall calendar`: takes over a yearly holiday notice, and has every open due date it touches computed again."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import click

from catalog.calendars import FOLDER, ImportedNotice, calendar_folders, import_notice, read_calendars
from catalog.root import Root
from rules.calendar import WorkCalendar
from rules.errors import HallError


@click.group(help="工作日历：导入国务院每年的放假安排。")
def command() -> None:
    """The group; `import` is its only command so far."""


@command.command(
    "import", help="导入一年的放假安排（holiday-cn 的 JSON 或本系统的 YAML），并重算受影响的期限。"
)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--root", "where", type=click.Path(path_type=Path), help="县厅的目录（默认为当前目录）。")
@click.option(
    "--db", type=click.Path(path_type=Path, dir_okay=False), help="数据库文件，默认 .hall/hall.db。"
)
@click.option("--json", "as_json", is_flag=True, help="用 JSON 输出结果。")
def import_(file: Path, where: Path | None, db: Path | None, as_json: bool) -> None:
    """Exit codes: 0 done, 1 the notice is refused, 2 wrong use."""
    root = Root.find(where)
    if db is not None and not db.is_file():
        raise click.UsageError(f"没有数据库 {db}，没有导入；没有数据库的县不用写 --db。")
    before = read_calendars(calendar_folders(root), root).calendar
    try:
        imported = import_notice(file, root.content / FOLDER)
    except HallError as error:
        click.echo(error.detail, err=True)
        sys.exit(1)
    after = read_calendars(calendar_folders(root), root).calendar
    told = _told(root, imported, before, after)
    database = db or root.state / "hall.db"
    if database.is_file():
        told["clocks"] = _recompute(root, database, after)
    click.echo(json.dumps(told, ensure_ascii=False) if as_json else _as_text(told))


def _recompute(root: Root, path: Path, calendar: WorkCalendar) -> dict[str, object]:
    """Every open clock the notice touches, by the new calendar, whether or not the portal is rebuilt yet."""
    # Imported here, so that a root without handlers can take over a notice.
    from handlers.casework.service import Casework
    from handlers.context import Hall
    from handlers.store.database import Database

    database = Database.open(path)
    try:
        hall = Hall(root, root.path / "site", database)
        ground = replace(hall.site_data.ground(), calendar=calendar)
        found = Casework(database, lambda: ground).recompute_clocks(hall.now())
    finally:
        database.close()
    return {
        "looked_at": found.looked_at,
        "moved": list(found.moved),
        "no_longer_provisional": found.no_longer_provisional,
    }


def _told(
    root: Root, imported: ImportedNotice, before: WorkCalendar, after: WorkCalendar
) -> dict[str, object]:
    changed = before.changed_days(after)
    return {
        "year": imported.year.year,
        "file": root.shown(imported.path),
        "days_off": len(imported.year.off),
        "make_up_days": len(imported.year.work),
        "changed_days": len(changed),
        "first_changed": changed[0].isoformat() if changed else None,
        "warnings": list(imported.warnings),
    }


def _as_text(told: dict[str, object]) -> str:
    lines = [
        f"已导入{told['year']}年放假安排：{told['days_off']} 天放假，{told['make_up_days']} 天调休上班。",
        f"写入 {told['file']}。",
    ]
    warnings = told["warnings"]
    if isinstance(warnings, list):
        lines += [f"请核对：{each}" for each in warnings]
    clocks = told.get("clocks")
    if isinstance(clocks, dict):
        lines.append(
            f"重算了 {clocks['looked_at']} 个在办期限，{len(clocks['moved'])} 个办件的到期日有变动。"
        )
    lines.append("请运行 hall build，让门户用上新的日历。")
    return "\n".join(lines)
