"""`hall backup`: database, attachments and key in one archive, while the hall runs."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from catalog.root import Root
from handlers.store import backups, last_done
from handlers.store.database import Database
from rules.time import SHANGHAI


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--root", "where", type=click.Path(path_type=Path, exists=True, file_okay=False), help="县的目录"
)
@click.option("--db", type=click.Path(path_type=Path, dir_okay=False), help="数据库文件，默认 .hall/hall.db")
@click.option("--with-gaps", is_flag=True, help="有附件缺失或被改动也备份其余的，清单里写明缺了哪些")
@click.option("--json", "as_json", is_flag=True, help="用 JSON 输出结果")
def command(file: Path, where: Path | None, db: Path | None, with_gaps: bool, as_json: bool) -> None:
    """把数据库、附件和密钥备份成一个文件（.tar.gz），服务不用停。备份含密钥，请妥善保管。"""
    database = Database.open(db or Root.find(where).state / "hall.db")
    try:
        now = datetime.now(SHANGHAI)
        manifest = backups.backup(database, file, now, with_gaps=with_gaps)
        last_done.note(database.path, "backup", now, sound=not manifest.without)
    finally:
        database.close()
    if as_json:
        click.echo(json.dumps(asdict(manifest), ensure_ascii=False))
    else:
        click.echo(f"已备份：办件 {manifest.cases} 件，日志 {manifest.events} 条，附件 {manifest.files} 个。")
    for each in manifest.without:
        click.echo(f"没有备份的附件：{each}", err=True)
    sys.exit(1 if manifest.without else 0)
