"""`hall export`: the county's items as a table, a CSV or JSON for other systems."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import cast

import click

from catalog.codes import load_codes
from catalog.exporting import Format, export
from catalog.reader import read
from catalog.root import NotARoot, Root
from rules.errors import HallError


@click.command(
    name="export",
    help="导出全部事项：一行一个事项，列名是国标的中文字段名。\n\n"
    "导出的表改过以后可以用 hall import --mapping county-hall 读回来。",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["xlsx", "csv", "json"]),
    help="格式（默认按 --output 的结尾，否则 json）。",
)
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="写到哪个文件（默认标准输出）。"
)
@click.option("--department", "departments", multiple=True, help="只导出这些部门（部门编号，可写几次）。")
@click.option(
    "--items", "items_dirs", multiple=True, type=click.Path(exists=True, path_type=Path), help="事项目录。"
)
@click.option("--root", "root_path", type=click.Path(path_type=Path), help="县厅的目录（默认为当前目录）。")
def command(
    form: str | None,
    output: Path | None,
    departments: tuple[str, ...],
    items_dirs: tuple[Path, ...],
    root_path: Path | None,
) -> None:
    """Exit codes: 0 done, 1 files with errors were left out or nothing could be written, 2 wrong use."""
    try:
        root = Root(root_path) if root_path else Root.find()
    except NotARoot as error:
        raise click.UsageError(error.detail) from error
    if form is None:
        ending = output.suffix.lstrip(".").lower() if output else "json"
        form = ending if ending in ("xlsx", "csv", "json") else "json"
    if form == "xlsx" and output is None and sys.stdout.isatty():
        raise click.UsageError("XLSX 不能显示在终端上，请用 --output 写明文件。")
    reading = read(root, items_dirs or None)
    unknown = [each for each in departments if each not in reading.departments]
    if unknown:
        raise click.UsageError(f"没有编号为 {'、'.join(unknown)} 的部门。")
    items = [each for each in reading.items if not departments or each.item.department in departments]
    try:
        data = export(items, reading.departments, load_codes(root), cast(Format, form))
    except HallError as error:
        click.echo(error.detail, err=True)
        sys.exit(1)
    if output:
        output.write_bytes(data)
        click.echo(f"已导出 {len(items)} 个事项到 {output}", err=True)
    else:
        click.echo(data, nl=False)
    if reading.errors:
        click.echo(f"有 {len(reading.errors)} 处错误，出错的文件没有导出；请运行 hall check 查看。", err=True)
        sys.exit(1)
