"""`hall publish`: brings `published/` up to date with what the hall has made public."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from catalog.root import Root
from handlers.context import Hall
from handlers.store.database import Database


@click.command("publish")
@click.option(
    "--root", "where", type=click.Path(path_type=Path, exists=True, file_okay=False), help="县的目录"
)
@click.option("--db", type=click.Path(path_type=Path, dir_okay=False), help="数据库文件，默认 .hall/hall.db")
@click.option("--site", type=click.Path(path_type=Path, file_okay=False), help="网站目录，默认 site/")
@click.option("--json", "as_json", is_flag=True, help="用 JSON 输出结果")
def command(where: Path | None, db: Path | None, site: Path | None, as_json: bool) -> None:
    """把今天的受理、办结、按时率写进 published/,门户下次生成时用上。"""
    root = Root.find(where)
    database = Database.open(db or root.state / "hall.db")
    try:
        hall = Hall(root, site or root.path / "site", database)
        figures = hall.casework.publish_figures(root.published, hall.now())
        hall.scores.publish_files(root.published)
        hall.statistics.publish(root.published, hall.now())
        hall.logbook.publish_if_due(hall.now())
        hall.correspondence.publish(root.published)
    finally:
        database.close()
    if as_json:
        click.echo(json.dumps(asdict(figures), ensure_ascii=False, default=str))
    else:
        click.echo(
            f"已写入 {root.shown(root.published / 'figures.json')}：本月收件 {figures.filed_month}，办结 {figures.closed_month}。"
        )
