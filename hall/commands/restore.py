"""`hall restore`: an archive of `hall backup` becomes the hall's state again, checked first."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from catalog.root import Root
from handlers.casework.auditing import audit
from handlers.store import backups
from handlers.store.database import Database


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--root", "where", type=click.Path(path_type=Path, exists=True, file_okay=False), help="县的目录"
)
@click.option("--db", type=click.Path(path_type=Path, dir_okay=False), help="数据库文件，默认 .hall/hall.db")
@click.option("--force", is_flag=True, help="替换现有数据库；原有内容移到旁边的目录")
@click.option("--json", "as_json", is_flag=True, help="用 JSON 输出结果")
def command(file: Path, where: Path | None, db: Path | None, force: bool, as_json: bool) -> None:
    """从备份恢复，然后核验日志和附件。恢复前请先停止服务。"""
    target = db or Root.find(where).state / "hall.db"
    manifest = backups.restore(file, target, force=force)
    database = Database.open(target)
    try:
        found = audit(database)
    finally:
        database.close()
    same = found.events == manifest.events and found.head == manifest.head
    if as_json:
        click.echo(json.dumps({**asdict(manifest), "sound": found.sound and same}, ensure_ascii=False))
    else:
        click.echo(f"已恢复 {manifest.at} 的备份：办件 {manifest.cases} 件，日志 {manifest.events} 条。")
        for words in (*(fault.detail for fault in found.faults), *found.damage):
            click.echo(words, err=True)
        click.echo(
            "日志核验通过。" if found.sound and same else "日志核验发现问题，见上。", err=not found.sound
        )
    sys.exit(0 if found.sound and same else 1)
