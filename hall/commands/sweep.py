"""`hall sweep`: one supervision pass, for a timer instead of `hall serve`, or at a time one names."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from catalog.root import Root
from handlers.context import Hall
from handlers.store.database import Database
from rules.errors import Invalid
from rules.time import SHANGHAI, parse_stamp


@click.command("sweep")
@click.option(
    "--root", "where", type=click.Path(path_type=Path, exists=True, file_okay=False), help="县的目录"
)
@click.option("--db", type=click.Path(path_type=Path, dir_okay=False), help="数据库文件，默认 .hall/hall.db")
@click.option("--site", type=click.Path(path_type=Path, file_okay=False), help="网站目录，默认 site/")
@click.option("--now", "now_text", metavar="时间", help="按这个时间巡查，默认为现在")
@click.option("--json", "as_json", is_flag=True, help="用 JSON 输出结果")
def command(
    where: Path | None, db: Path | None, site: Path | None, now_text: str | None, as_json: bool
) -> None:
    """做一次监察巡查：到点的办件发预警、黄牌、红牌，逾期未告知的视为受理。"""
    try:
        now = parse_stamp(now_text) if now_text else datetime.now(SHANGHAI)
    except Invalid as error:
        raise click.UsageError(error.detail) from error
    root = Root.find(where)
    database = Database.open(db or root.state / "hall.db")
    try:
        hall = Hall(root, site or root.path / "site", database, lambda: now)
        swept = hall.casework.sweep(now)
        hall.correspondence.close_unstated(now)
        hall.casework.tidy(now)
    finally:
        database.close()
    if as_json:
        click.echo(json.dumps(asdict(swept), ensure_ascii=False, default=str))
    else:
        click.echo(
            f"看了 {swept.looked_at} 个期限，发牌 {swept.cards} 张，待确认 {swept.pending} 张，"
            f"视为受理 {len(swept.deemed_accepted)} 件。"
        )
        for clock, number, why in swept.put_off:
            click.echo(f"办件 {number}（时钟 {clock}）没有算成，一小时后再试：{why}", err=True)
    sys.exit(1 if swept.put_off else 0)
