"""`hall build`: compiles the portal."""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path

import click

from catalog.root import NotARoot, Root
from rules.errors import HallError
from site_builder.compile import Built, build


@click.command("build")
@click.option("--root", "where", type=click.Path(path_type=Path), help="县厅的目录（默认为当前目录）。")
@click.option(
    "--items", "items_dirs", multiple=True, type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="事项目录，可重复；写了就不用默认的 items/。",
)  # fmt: skip
@click.option(
    "--content", "content_dirs", multiple=True, type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="内容目录，可重复；写了就不用默认的 content/。",
)  # fmt: skip
@click.option("--site", type=click.Path(path_type=Path, file_okay=False), help="写到哪里（默认 site/）。")
@click.option("--strict", is_flag=True, help="有警告也不生成。")
@click.option("--forms", is_flag=True, help="把空白表和样例都写成 Word 文件，给没有办理程序的门户用。")
@click.option(
    "--clean",
    "cold",
    is_flag=True,
    help="不用缓存，全部重新生成；网站里不属于它的文件清掉，办件还用着的事项旧版本留下。",
)
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出结果。")
def command(
    where: Path | None,
    items_dirs: tuple[Path, ...],
    content_dirs: tuple[Path, ...],
    site: Path | None,
    strict: bool,
    forms: bool,
    cold: bool,
    as_json: bool,
) -> None:
    """把事项、内容和公开的结果生成静态门户；只重写变了的页面。

    有错误的文件不会出现在网站上，并逐条列出，退出码为 1；没有错误为 0。
    """
    try:
        root = Root.find(where)
    except NotARoot as error:
        raise click.UsageError(error.detail) from error
    target = site or root.path / "site"
    # One build and then the end: looking for cycles among a hundred thousand items costs a third of the time.
    gc.disable()
    try:
        with click.progressbar(
            length=1, label="生成", file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as bar:

            def progress(done: int, total: int) -> None:
                # Of the three rounds only the first is long; a site of a few files needs no bar.
                bar.length = max(total, bar.length or 1)
                bar.update(max(0, done - bar.pos))

            built = build(
                root, items_dirs or None, content_dirs or None, target,
                strict=strict, forms=forms, progress=progress, clean=cold,
            )  # fmt: skip
    except HallError as error:
        click.echo(error.detail, err=True)
        sys.exit(1)
    # Python would look once more when it ends.
    gc.freeze()
    if as_json:
        click.echo(json.dumps(_figures(built, target), ensure_ascii=False, indent=1))
    else:
        _say(built, target)
    sys.exit(1 if built.errors else 0)


def _figures(built: Built, target: Path) -> dict[str, object]:
    return {
        "pages": built.pages,
        "files": built.files,
        "written": built.written,
        "removed": built.removed,
        "documents": built.documents,
        "seconds": round(built.seconds, 3),
        "version": built.version,
        "site": str(target),
        "errors": [str(problem) for problem in built.problems if problem.is_error],
        "warnings": [str(problem) for problem in built.problems if not problem.is_error],
    }


def _say(built: Built, target: Path) -> None:
    for problem in built.problems:
        click.secho(
            f"{'错误' if problem.is_error else '警告'} {problem}",
            fg="red" if problem.is_error else "yellow",
            err=True,
        )
    click.echo(
        f"{built.pages} 页、{built.files} 个文件，写了 {built.written} 个，删了 {built.removed} 个，"
        f"索引 {built.documents} 项，用时 {built.seconds:.2f} 秒 → {target}"
    )
