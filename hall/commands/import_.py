"""`hall import`: published items of another system into item files, by a mapping."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path

import click

from catalog.codes import load_codes
from catalog.elements import load_elements
from catalog.import_report import Report
from catalog.importing import import_file
from catalog.mapping import PACKAGED, load_mapping
from catalog.root import NotARoot, Root
from rules.errors import HallError
from rules.time import SHANGHAI

_SHOWN = 20


@click.command(
    name="import",
    help="把别的系统公布的事项（JSON Lines、JSON、CSV、XLSX）按映射文件变成事项文件。\n\n"
    "映射文件的写法见 catalog/mappings/README.md；自带的映射可以只写名字，如 guangdong、county-hall。"
    "每一行不是成为文件，就是在报告里有原因。有行被拒绝时退出码为 1。",
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--mapping", "mapping_name", required=True, help="映射文件，或自带映射的名字。")
@click.option(
    "--into", required=True, type=click.Path(file_okay=False, path_type=Path), help="写到哪个事项目录。"
)
@click.option("--root", "root_path", type=click.Path(path_type=Path), help="县厅的目录，用它的代码表。")
@click.option("--overwrite", is_flag=True, help="覆盖导入以后有人改过的文件。")
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出完整报告。")
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help="把完整报告（JSON）写进文件。"
)
def command(
    file: Path,
    mapping_name: str,
    into: Path,
    root_path: Path | None,
    overwrite: bool,
    as_json: bool,
    report: Path | None,
) -> None:
    """Exit codes: 0 all rows in, 1 rows rejected or the file unreadable, 2 wrong use."""
    if report and not report.absolute().parent.is_dir() and into.absolute() not in report.absolute().parents:
        # Said before anything is read: the report is written when the import is done, and tells what became of it.
        raise click.UsageError(f"没有目录 {report.parent}，报告写不进去。请先建好，或换一个地方。")
    mapping_path = _mapping_path(mapping_name)
    root = _root(root_path)
    today = datetime.now(SHANGHAI).date()
    try:
        mapping = load_mapping(mapping_path)
        with click.progressbar(
            length=1, label="导入", file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as bar:

            def progress(done: int, total: int) -> None:
                bar.length = total
                bar.update(done - bar.pos)

            found = import_file(
                file, mapping, into, load_codes(root), load_elements(root), today, overwrite, progress
            )
    except HallError as error:
        click.echo(error.detail, err=True)
        sys.exit(1)
    text = json.dumps(found.as_json(), ensure_ascii=False, indent=1)
    if report:
        report.write_text(text + "\n", "utf-8")
    if as_json or not sys.stdout.isatty():
        click.echo(text)
    else:
        _echo(found)
    sys.exit(0 if found.complete else 1)


def _mapping_path(name: str) -> Path:
    """A path, or the name of a packaged mapping."""
    for path in (Path(name), PACKAGED / f"{name}.yml", PACKAGED / name):
        if path.is_file():
            return path
    known = "、".join(sorted(path.stem for path in PACKAGED.glob("*.yml")))
    raise click.UsageError(f"没有映射文件 {name}；自带的有：{known}")


def _root(path: Path | None) -> Root | None:
    """The root given or around; without one the packaged code tables serve."""
    try:
        return Root(path) if path else Root.find()
    except NotARoot as error:
        if path:
            raise click.UsageError(error.detail) from error
        return None


def _echo(report: Report) -> None:
    click.echo(
        f"读了 {report.read} 行，成为 {report.items} 个事项：新写 {report.written} 个，没有变化 {report.unchanged} 个，"
        f"有人改过未覆盖 {report.kept} 个；新部门 {report.departments} 个。"
    )
    for title, rows in (("拒绝", report.rejected), ("不是事项", report.skipped)):
        if rows:
            click.secho(f"{title} {len(rows)} 行", bold=True)
            for each in rows[:_SHOWN]:
                click.echo(f"  第 {each.row} 行 {each.code}：{each.reason}")
    if report.warnings:
        click.secho(f"警告 {len(report.warnings)} 条（完整清单用 --json 或 --report）", bold=True)
        for warning in report.warnings[:_SHOWN]:
            click.echo(f"  第 {warning.row} 行 {warning.code} {warning.field}：{warning.message}")
    for name, count in report.unused.items():
        click.echo(f"映射没有提到的列：{name}（{count} 行有内容）")
    for path in report.absent:
        click.echo(f"来源里已经没有：{path}")
