"""`hall check`: all problems of all files at once, errors apart from warnings."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import click

from catalog.checking import check_root
from catalog.problems import Problem, in_order
from catalog.reader import DEPARTMENT_FILE
from catalog.root import COUNTY_FILE, NotARoot, Root
from rules.time import SHANGHAI


@click.command(
    help="检查事项、内容和规则，一次列出所有文件的所有问题。\n\n"
    "不写 PATH 检查整个目录；写文件或文件夹只看那里的问题；也可以是 hall import 写出的事项目录。"
    "没有错误退出码为 0（有警告也算），有错误为 1，用法不对为 2。"
)
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[PATH]...")
@click.option("--root", "root_path", type=click.Path(path_type=Path), help="县厅的目录（默认为当前目录）。")
@click.option("--strict", is_flag=True, help="警告也当作错误。")
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "github", "json"]),
    default="text",
    show_default=True,
    help="输出格式；github 会标注在合并请求的文件上。",
)
@click.option("--json", "as_json", is_flag=True, help="与 --format json 相同。")
@click.option("--errors-only", is_flag=True, help="不列出警告。")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="按哪一天检查复核日期（默认今天）。")
def command(
    paths: tuple[Path, ...],
    root_path: Path | None,
    strict: bool,
    style: str,
    as_json: bool,
    errors_only: bool,
    today: datetime | None,
) -> None:
    """Exit codes: 0 nothing wrong, 1 problems, 2 wrong use."""
    try:
        root = Root(root_path) if root_path else _root_for(paths)
    except NotARoot as error:
        raise click.UsageError(error.detail) from error
    day: date = today.date() if today else datetime.now(SHANGHAI).date()
    checked = check_root(root, day, _items_dirs(root, paths))
    found = in_order([*checked.problems, *_of_mkdocs(root)])
    wanted = [problem for problem in found if not paths or _within(problem, root, paths)]
    errors = [problem for problem in wanted if problem.is_error]
    warnings = [problem for problem in wanted if not problem.is_error]
    shown = [] if errors_only and not strict else warnings
    if as_json or style == "json":
        click.echo(as_json_text(errors, shown))
    elif style == "github":
        _echo_github([*errors, *shown])
    else:
        _echo_text(errors, shown)
        _echo_summary(len(checked.reading.items), len(errors), len(warnings))
    sys.exit(1 if errors or (strict and warnings) else 0)


def _of_mkdocs(root: Root) -> list[Problem]:
    # Loaded only for a county that has the file: it brings MkDocs with it.
    if not (root.path / "mkdocs.yml").is_file():
        return []
    from site_builder.mkdocs_config import check_config

    return check_config(root)


def _root_for(paths: Sequence[Path]) -> Root:
    """The root around the working folder, else around the first path."""
    try:
        return Root.find()
    except NotARoot:
        if not paths:
            raise
        return Root.find(paths[0])


def _items_dirs(root: Root, paths: Sequence[Path]) -> tuple[Path, ...] | None:
    """Item trees outside the root's own that the paths name; None when there are none."""
    found: list[Path] = []
    inside = False
    for path in (each.resolve() for each in paths):
        if path.is_relative_to(root.items) or path == root.path or (path / COUNTY_FILE).is_file():
            inside = True
            continue
        folder = path if path.is_dir() else path.parent
        if (folder / DEPARTMENT_FILE).is_file():
            found.append(folder.parent)
        elif any(folder.glob(f"*/{DEPARTMENT_FILE}")):
            found.append(folder)
        elif path.is_relative_to(root.path):
            inside = True
    if not found:
        return None
    return tuple(dict.fromkeys([root.items, *found] if inside else found))


def _within(problem: Problem, root: Root, paths: Sequence[Path]) -> bool:
    place = (root.path / problem.path).resolve()
    return any(place == path or place.is_relative_to(path) for path in (each.resolve() for each in paths))


def _record(problem: Problem) -> dict[str, object]:
    return {
        "path": problem.path,
        "line": problem.line,
        "field": problem.field,
        "message": problem.message,
        "severity": problem.severity,
        "rule": problem.rule,
    }


def as_json_text(errors: Sequence[Problem], warnings: Sequence[Problem]) -> str:
    """`{"errors": […], "warnings": […]}`."""
    report = {"errors": [_record(each) for each in errors], "warnings": [_record(each) for each in warnings]}
    return json.dumps(report, ensure_ascii=False, indent=1)


def _echo_text(errors: Sequence[Problem], warnings: Sequence[Problem]) -> None:
    for heading, problems, colour in (("错误", errors, "red"), ("警告", warnings, "yellow")):
        if problems:
            click.secho(f"{heading} {len(problems)} 处", fg=colour, bold=True)
            for problem in problems:
                click.echo(str(problem))


def _echo_summary(items: int, errors: int, warnings: int) -> None:
    if errors or warnings:
        click.echo(f"共检查 {items} 个事项：{errors} 处错误，{warnings} 处警告。", err=True)
    else:
        click.echo(f"共检查 {items} 个事项，没有问题。", err=True)


def _echo_github(problems: Sequence[Problem]) -> None:
    """Workflow commands; GitHub shows them beside the line in the pull request."""
    for problem in problems:
        place = f"file={_property(problem.path)},line={problem.line or 1}"
        text = f"{problem.field}: {problem.message}" if problem.field else problem.message
        title = _property(problem.rule or "hall check")
        click.echo(f"::{problem.severity} {place},title={title}::{_message(text)}")


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
