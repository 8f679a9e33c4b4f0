"""`hall schema`: the JSON Schema that lets an editor complete and check an item's file."""

from __future__ import annotations

from pathlib import Path

import click

from catalog.json_schema import SCHEMA_NAME, write_into, write_packaged
from catalog.root import NotARoot, Root


@click.command(
    help=f"把 items/{SCHEMA_NAME} 写进县厅的目录，编辑器据此提示和检查字段。"
    "代码表改过以后再运行一次。事项文件的第一行写 # yaml-language-server: $schema=../item.schema.json"
)
@click.option("--root", "root_path", type=click.Path(path_type=Path), help="县厅的目录（默认为当前目录）。")
@click.option("--package", is_flag=True, hidden=True, help="更新安装包自带的一份（开发县厅时用）。")
def command(root_path: Path | None, package: bool) -> None:
    """Exit codes: 0 done, 2 wrong use."""
    if package:
        click.echo(f"已写 {write_packaged()}")
        return
    try:
        root = Root(root_path) if root_path else Root.find()
    except NotARoot as error:
        raise click.UsageError(error.detail) from error
    changed = write_into(root)
    click.echo(f"{'已更新' if changed else '没有变化'}:items/{SCHEMA_NAME}")
