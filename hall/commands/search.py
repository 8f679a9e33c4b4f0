"""`hall search`: the portal's own search on the command line, one query or a file of them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TextIO

import click

from catalog.root import NotARoot, Root
from search_index import IndexMissing, Results, SearchIndex, open_index

INDEX_FOLDER = Path("data") / "index"


@click.command(help="搜索事项:按名称、日常说法、编码、拼音或拼音首字母。")
@click.argument("query", required=False)
@click.option("--site", type=click.Path(path_type=Path), help="已生成的门户目录(默认为本目录的 site)。")
@click.option("--root", type=click.Path(path_type=Path), help="县厅的目录(默认为当前目录)。")
@click.option("--limit", type=click.IntRange(1, 100), default=10, show_default=True, help="最多显示几条。")
@click.option(
    "--batch",
    type=click.File("r", encoding="utf-8-sig"),
    help="文件里一行一个查询,- 为标准输入;每行输出一个 JSON 数组。",
)
@click.option(
    "--json/--text",
    "as_json",
    default=None,
    help="以 JSON 或文字输出;不写时,终端上是文字,送进管道是 JSON。",
)
def command(
    query: str | None,
    site: Path | None,
    root: Path | None,
    limit: int,
    batch: TextIO | None,
    as_json: bool | None,
) -> None:
    """Exit codes: 0 done (also with no hit), 1 no index, 2 wrong use."""
    if (query is None) == (batch is None):
        raise click.UsageError("请给出要找的话,或用 --batch 给出文件,二者选一。")
    index = _open(site, root)
    if batch is not None:
        for line in batch:
            click.echo(_as_json(index.search(line.strip(), limit=limit, spelling=False)))
        return
    results = index.search(query or "", limit=limit)
    if as_json is None:
        as_json = not sys.stdout.isatty()
    click.echo(_as_json(results) if as_json else _as_text(results))


def _open(site: Path | None, root: Path | None) -> SearchIndex:
    folder = site if site is not None else _site_of(root)
    try:
        return open_index(folder / INDEX_FOLDER)
    except IndexMissing as error:
        click.echo(str(error), err=True)
        sys.exit(1)


def _site_of(root: Path | None) -> Path:
    try:
        return Root.find(root).path / "site"
    except NotARoot as error:
        click.echo(str(error), err=True)
        sys.exit(1)


def _as_json(results: Results) -> str:
    rows = [
        {
            "code": hit.code,
            "title": hit.title,
            "department": hit.department_name or hit.department,
            "score": hit.score,
        }
        for hit in results.hits
    ]
    return json.dumps(rows, ensure_ascii=False)


def _as_text(results: Results) -> str:
    lines = [f"“{expansion.phrase}”也按这些找:{'、'.join(expansion.terms)}" for expansion in results.expanded]
    if results.suggestion:
        lines.append(f"您要找的是不是:{results.suggestion}")
    if results.hits and results.weak:
        lines.append("没有完全对应的事项,下面是比较接近的:")
    if not results.hits:
        lines.append("没有找到。换个说法试试,或拨打 12345 咨询。")
    for place, hit in enumerate(results.hits, 1):
        lines.append(f"{place:>3}. {hit.title}  [{hit.department_name or hit.department}]")
        lines.append(f"     {hit.code}  {hit.score:.3f}  {hit.why}")
    if results.total > len(results.hits):
        lines.append(f"共 {results.total} 条,只显示前 {len(results.hits)} 条。")
    return "\n".join(lines)
