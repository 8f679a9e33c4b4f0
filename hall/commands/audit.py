"""`hall audit verify`: names every changed, removed, inserted or reordered event; writes checkpoints."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

import click

from catalog.root import Root
from handlers.casework import auditing
from handlers.context import Hall
from handlers.logbook import checking
from handlers.logbook.service import FOLDER, Logbook
from handlers.store import last_done
from handlers.store.database import Database
from rules.chain import FAULT_LABELS, Checkpoint
from rules.errors import Invalid
from rules.time import SHANGHAI

_WHERE = click.option(
    "--root", "where", type=click.Path(path_type=Path, exists=True, file_okay=False), help="县的目录"
)
_DB = click.option(
    "--db", type=click.Path(path_type=Path, dir_okay=False), help="数据库文件，默认 .hall/hall.db"
)
_JSON = click.option("--json", "as_json", is_flag=True, help="用 JSON 输出结果")


@click.group("audit")
def command() -> None:
    """核验办理日志有没有被改动。"""


@command.command("verify")
@_WHERE
@_DB
@click.option(
    "--checkpoint",
    "texts",
    multiple=True,
    help="校验点：序号：哈希，或校验点文件；可重复。默认用 published/ 里的",
)
@_JSON
def verify(where: Path | None, db: Path | None, texts: tuple[str, ...], as_json: bool) -> None:
    """逐条核验日志链：改动、删除、插入、调换、截断，一一指明；数据库损坏的表、缺失和被改动的附件也一并指明。"""
    path, published = _places(where, db)
    try:
        checkpoints = [each for text in texts for each in _checkpoints(text)]
    except Invalid as error:
        raise click.UsageError(error.detail) from error
    if published is not None and not texts and published.is_file():
        checkpoints = list(auditing.read_checkpoints(published))
    database = Database.open(path)
    try:
        found = auditing.audit(database, checkpoints)
        if published is not None and not texts:
            against = tuple(checking.faults(database, published.parent / FOLDER))
            found = replace(found, faults=(*found.faults, *against))
        last_done.note(database.path, "audit", datetime.now(SHANGHAI), sound=found.sound)
    finally:
        database.close()
    if as_json:
        click.echo(json.dumps({**asdict(found), "sound": found.sound}, ensure_ascii=False))
    else:
        _print(found)
    sys.exit(0 if found.sound else 1)


@command.command("checkpoint")
@_WHERE
@_DB
@click.option("--write", is_flag=True, help="写进 published/checkpoints.json")
@_JSON
def checkpoint(where: Path | None, db: Path | None, write: bool, as_json: bool) -> None:
    """打印日志链现在的校验点（序号：哈希），抄到别处保存，以后用它发现截断和重写。"""
    path, published = _places(where, db)
    if write and published is None:
        raise click.UsageError("不在县的目录里，不知道 published/ 在哪里；请用 --root 指明。")
    database = Database.open(path)
    try:
        if write and published is not None:
            head = auditing.write_checkpoint(database, published.parent, datetime.now(SHANGHAI))
        else:
            head = auditing.checkpoint(database)
    finally:
        database.close()
    click.echo(json.dumps(asdict(head)) if as_json else f"{head.sequence}:{head.hash}")


@command.command("publish")
@_WHERE
@_DB
@click.option("--catch-up", is_flag=True, help="确实停过很久：把没有记录的日子也一一补上")
def publish(where: Path | None, db: Path | None, catch_up: bool) -> None:
    """公布前一天及以前的日志：签名、衔接、写进 published/log/。运行中的大厅每天零点后自动做。"""
    with _logbook(where, db) as (logbook, now):
        done = logbook.publish(now, catch_up=catch_up)
    last = f"，最新的是 {done[-1].statement.day}" if done else ""
    click.echo(f"公布了 {len(done)} 天的日志{last}。")


@command.command("rotate-key")
@_WHERE
@_DB
@click.option("--lost", is_flag=True, help="旧密钥找不回来了；公开页会写明新密钥没有旧密钥作保")
def rotate_key(where: Path | None, db: Path | None, lost: bool) -> None:
    """更换日志签名密钥：新密钥由旧密钥签名作保，记进公开的密钥记录。"""
    with _logbook(where, db) as (logbook, now):
        made = logbook.rotate_key(now, lost=lost)
    click.echo(f"已启用新密钥，指纹 {made.statement.id}。请把指纹告知县里保管校验值的人。")


@contextmanager
def _logbook(where: Path | None, db: Path | None) -> Iterator[tuple[Logbook, datetime]]:
    root = Root.find(where)
    database = Database.open(db or root.state / "hall.db")
    try:
        hall = Hall(root, root.path / "site", database)
        yield hall.logbook, hall.now()
    finally:
        database.close()


def _print(found: auditing.Audit) -> None:
    for fault in found.faults:
        click.echo(f"{FAULT_LABELS[fault.kind]}：{fault.detail}", err=True)
    for name in found.missing_files:
        click.echo(f"附件缺失：{name}", err=True)
    for name in found.changed_files:
        click.echo(f"附件被改动：{name}", err=True)
    for words in found.damage:
        click.echo(f"数据库损坏：{words}", err=True)
    if found.damage:
        click.echo("请停止服务，留下现在的文件，再用最近的备份恢复（hall restore）。", err=True)
    erased = f"，依规定删除内容 {found.erased} 条" if found.erased else ""
    against = (
        f"，对照校验点 {found.checkpoints} 个"
        if found.checkpoints
        else "，没有校验点可对照（末尾截断要靠它发现）"
    )
    click.echo(f"日志 {found.events} 条{erased}{against}：{'完好' if found.sound else '有问题'}。")


def _places(where: Path | None, db: Path | None) -> tuple[Path, Path | None]:
    """The database, and the published checkpoints when it is the root's own database."""
    if db is not None and where is None:
        return db, None
    root = Root.find(where)
    return db or root.state / "hall.db", root.published / auditing.CHECKPOINTS


def _checkpoints(text: str) -> tuple[Checkpoint, ...]:
    sequence, colon, digest = text.partition(":")
    if colon and sequence.isdigit() and len(digest) == 64:
        return (Checkpoint(int(sequence), digest.lower()),)
    if Path(text).is_file():
        return auditing.read_checkpoints(Path(text))
    raise Invalid(f"校验点“{text}”应写成 序号：64位哈希，或者一个文件")
