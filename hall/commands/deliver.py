"""`hall deliver`: sends what waits in the outbox, once or until stopped, or one test message."""

from __future__ import annotations

import json
import sys
import threading
from dataclasses import asdict
from pathlib import Path

import click

from catalog.root import Root
from hall import log_lines
from hall.serving import deliverer
from handlers.context import Hall
from handlers.delivering.service import Delivering, Passed, SendingFault
from handlers.store.database import Database
from rules.errors import HallError, Invalid


@click.command("deliver")
@click.option(
    "--root", "where", type=click.Path(path_type=Path, exists=True, file_okay=False), help="县的目录"
)
@click.option("--db", type=click.Path(path_type=Path, dir_okay=False), help="数据库文件，默认 .hall/hall.db")
@click.option("--site", type=click.Path(path_type=Path, file_okay=False), help="网站目录，默认 site/")
@click.option("--once", is_flag=True, help="发完现在该发的就结束；不写则一直运行")
@click.option("--test", "channel", metavar="渠道", help="发一条测试消息：sms、email 或机器人的 id")
@click.option("--to", default="", help="测试消息的手机号或邮箱")
@click.option("--json", "as_json", is_flag=True, help="用 JSON 输出结果")
def command(
    where: Path | None,
    db: Path | None,
    site: Path | None,
    once: bool,
    channel: str | None,
    to: str,
    as_json: bool,
) -> None:
    """发送等着的短信、邮件和群消息。hall serve 自己会发；网站和发送分开部署时用这个。"""
    log_lines.configure()
    root = Root.find(where)
    database = Database.open(db or root.state / "hall.db")
    hall = Hall(root, site or root.path / "site", database)
    try:
        if channel is not None:
            _test(hall.delivery, channel, to, as_json)
        elif once:
            _tell(hall.delivery.send_due(), as_json)
        else:
            _go_on(hall)
    finally:
        hall.delivery.close()
        database.close()


def _test(delivery: Delivering, channel: str, to: str, as_json: bool) -> None:
    fault = ""
    try:
        delivery.test(channel, to)
    except Invalid as error:
        raise click.UsageError(error.detail) from error
    except SendingFault as error:
        fault = error.reason
    except HallError as error:
        fault = error.detail
    trial = delivery.settings().mode == "trial"
    if as_json:
        click.echo(json.dumps({"sent": not fault, "trial": trial, "reason": fault}, ensure_ascii=False))
    elif fault:
        click.echo(f"没有发出：{fault}", err=True)
    else:
        click.echo("试运行：写进了 outgoing 文件夹，没有真正发出。" if trial else "已发出，请查收。")
    sys.exit(1 if fault else 0)


def _tell(done: Passed, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(asdict(done)))
        return
    click.echo(
        f"发出 {done.sent} 条，失败待重试 {done.failed} 条，没有发出 {done.given_up} 条，"
        f"推迟 {done.put_off} 条，不发 {done.suppressed} 条。"
    )


def _go_on(hall: Hall) -> None:
    thread = deliverer(hall.delivery.send_due, hall.delivery.stop)
    thread.start()
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        click.echo("正在停止…", err=True)
    finally:
        thread.stop()
