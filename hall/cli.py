"""The command `hall`: a group that imports a command only when it is called, so that each starts fast."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import NoReturn

import click

from catalog.root import NotARoot
from hall.chinese_usage import speak_chinese
from hall.staying import stays
from rules.errors import HallError

# pydantic would look through all installed packages for one that wants a say in every validation; none has it here.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
# Before any command is imported: click reads some of its words while commands are declared.
speak_chinese()

COMMANDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "new": ("new", "新建一个县的目录"),
        "check": ("check", "检查事项、内容和规则"),
        "build": ("build", "生成门户网站"),
        "serve": ("serve", "在一个进程里运行门户和办理程序"),
        "import": ("import_", "从别的系统的清单导入事项"),
        "export": ("export", "导出事项"),
        "schema": ("schema", "生成编辑器用的 JSON Schema"),
        "search": ("search", "搜索事项"),
        "deadline": ("deadline", "算一个期限到哪一天，并说明为什么"),
        "cards": ("cards", "按监察规则判定预警、黄牌、红牌"),
        "calendar": ("calendar", "导入国务院节假日通知"),
        "sweep": ("sweep", "做一次监察巡查"),
        "deliver": ("deliver", "发送等着的短信、邮件和群消息"),
        "score": ("score", "部门绩效评分，重新计算公布的排名"),
        "drill": ("drill", "对运行中的大厅做综合演练"),
        "publish": ("publish", "把应公开的结果写进 published/"),
        "migrate": ("migrate", "升级数据库"),
        "user": ("user", "管理工作人员账号"),
        "backup": ("backup", "备份数据库和附件"),
        "restore": ("restore", "从备份恢复"),
        "audit": ("audit", "核验日志有没有被改动"),
    }
)


class LazyGroup(click.Group):
    """Lists every command with its one-line help without importing any of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        with stays():
            module = importlib.import_module(f"hall.commands.{COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("命令"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="county-hall", prog_name="hall")
def group() -> None:
    """县厅：一个县的网上政务服务大厅和电子监察系统。"""


def main() -> None:
    """Exit codes: 0 done, 1 problems found, 2 wrong use."""
    try:
        group.main(standalone_mode=True)
    except NotARoot as error:
        click.echo(f"错误：{error.detail}", err=True)
        sys.exit(2)
    except HallError as error:
        _refuse(error)
    except Exception as error:
        # Only now, so that a command which needs no store does not wait for it.
        import sqlite3

        from handlers.store.failures import named

        known = named(error) if isinstance(error, OSError | sqlite3.Error) else None
        if known is None:
            raise
        _refuse(known)


def _refuse(error: HallError) -> NoReturn:
    click.echo(f"{error.title}：{error.detail}", err=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
