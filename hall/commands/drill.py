"""`hall drill`: the comprehensive drill against a running hall, with a report."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from catalog.codes import load_codes
from hall.drill.client import Accounts, Hall
from hall.drill.handling import Handling, suitable
from hall.drill.record import Failed, Record
from hall.drill.supervision import Supervision
from handlers.casework.demo_people import PASSWORD
from handlers.context import shanghai_now

NOT_BUILT = ("后台信息发布", "投资项目并联审批")


@click.command("drill")
@click.option("--url", default="http://127.0.0.1:8000", show_default=True, help="运行中的大厅")
@click.option("--password", default=PASSWORD, help="演练账号的密码，默认是演示账号的密码")
@click.option(
    "--report",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("."),
    show_default=True,
    help="报告 drill.md 和 drill.json 写到哪个目录",
)
@click.option("--json", "as_json", is_flag=True, help="把 JSON 报告也打印出来")
def command(url: str, password: str, folder: Path, as_json: bool) -> None:
    """按省里的综合演练办法，用真实的岗位账号把网上办理和电子监察走一遍，写出报告；有不符就以 1 退出。

    账号按“部门编号-岗位”命名（window、coordinator、reviewer、decider）和 county-supervisor，演示数据里都有。
    """
    record = play(url, Accounts(password))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "drill.md").write_text(record.as_markdown(), encoding="utf-8")
    (folder / "drill.json").write_text(record.as_json() + "\n", encoding="utf-8")
    if as_json:
        click.echo(record.as_json())
    else:
        click.echo(record.as_markdown().split("## 过程")[0].strip())
        click.echo(f"\n报告：{folder / 'drill.md'}")
    sys.exit(1 if record.problems else 0)


def play(url: str, accounts: Accounts) -> Record:
    """The whole drill; whatever goes wrong stands in the record."""
    hall, record = Hall(url, accounts), Record(url, shanghai_now())
    record.not_built.extend(NOT_BUILT)
    try:
        with record.step("准备", "大厅", "读取公开目录") as told:
            catalog = hall.catalog()
            items = suitable(catalog)
            told.append("、".join(f"{each.department_name}“{each.name}”" for each in items))
        codes = load_codes()
        Handling(hall, record, catalog.county, codes).play(items)
        Supervision(hall, record, catalog.county, codes, shanghai_now()).play(items[0])
        with record.step("收尾", "大厅", "退出登录"):
            hall.close()
    except Failed:
        pass
    record.ended = shanghai_now()
    return record
