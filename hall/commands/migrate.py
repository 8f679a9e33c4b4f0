"""`hall migrate`: makes the database or brings it up to date."""

from __future__ import annotations

import json
from pathlib import Path

import click

from catalog.root import Root
from handlers.store.database import bring_up_to_date


@click.command("migrate")
@click.option(
    "--root", "where", type=click.Path(path_type=Path, exists=True, file_okay=False), help="县的目录"
)
@click.option("--db", type=click.Path(path_type=Path, dir_okay=False), help="数据库文件，默认 .hall/hall.db")
@click.option("--json", "as_json", is_flag=True, help="用 JSON 输出结果")
def command(where: Path | None, db: Path | None, as_json: bool) -> None:
    """建立数据库，或把旧版本的数据库升级到当前版本；比程序新的数据库不动，并说明。"""
    path = db or Root.find(where).state / "hall.db"
    done = bring_up_to_date(path)
    if as_json:
        click.echo(json.dumps({"applied": done}))
    elif done:
        click.echo(f"已升级：{'、'.join(done)}")
        if (kept := path.with_name(f"{path.stem}.before-{done[0]}.db")).is_file():
            click.echo(f"升级前的数据库留在 {kept}，换回旧程序时用它；确认无误后可以删除。")
    else:
        click.echo("数据库已是最新，不需要升级。")
