"""`hall search`: the portal's own search on the command line, and what people looked for in vain."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from catalog.root import NotARoot, Root
from rules.time import SHANGHAI
from search_index import IndexMissing, Results, SearchIndex, open_index

if TYPE_CHECKING:
    from handlers.store.zero_hits import ZeroHit

INDEX_FOLDER = Path("data") / "index"


@click.command(help="搜索事项：按名称、日常说法、编码、拼音或拼音首字母。")
@click.argument("query", required=False)
@click.option("--site", type=click.Path(path_type=Path), help="已生成的门户目录（默认为本目录的 site）。")
@click.option("--root", type=click.Path(path_type=Path), help="县厅的目录（默认为当前目录）。")
@click.option("--limit", type=click.IntRange(1, 100), default=10, show_default=True, help="最多显示几条。")
@click.option(
    "--batch",
    type=click.File("r", encoding="utf-8-sig"),
    help="文件里一行一个查询，- 为标准输入；每行输出一个 JSON 数组。",
)
@click.option(
    "--misses", is_flag=True, help="列出群众搜过、但什么也没找到的说法，供补充 content/synonyms.yml。"
)
@click.option(
    "--days", type=click.IntRange(1, 3660), default=90, show_default=True, help="--misses 看最近多少天。"
)
@click.option(
    "--db", type=click.Path(path_type=Path, dir_okay=False), help="--misses 用的数据库，默认 .hall/hall.db。"
)
@click.option(
    "--json/--text",
    "as_json",
    default=None,
    help="以 JSON 或文字输出；不写时，终端上是文字，送进管道是 JSON。",
)
def command(
    query: str | None,
    site: Path | None,
    root: Path | None,
    limit: int,
    batch: TextIO | None,
    misses: bool,
    days: int,
    db: Path | None,
    as_json: bool | None,
) -> None:
    """Exit codes: 0 done (also with no hit), 1 no index, 2 wrong use."""
    if [query is not None, batch is not None, misses].count(True) != 1:
        raise click.UsageError("请给出要找的话，或用 --batch 给出文件，或用 --misses，三者选一。")
    if as_json is None:
        as_json = not sys.stdout.isatty()
    if misses:
        found = _misses(root, db, days, limit)
        click.echo(_misses_as_json(found) if as_json else _misses_as_text(found, days))
        return
    index = _open(site, root)
    if batch is not None:
        for line in batch:
            click.echo(_as_json(index.search(line.strip(), limit=limit, spelling=False)))
        return
    results = index.search(query or "", limit=limit)
    click.echo(_as_json(results) if as_json else _as_text(results))


def _open(site: Path | None, root: Path | None) -> SearchIndex:
    folder = site if site is not None else _root(root).path / "site"
    try:
        return open_index(folder / INDEX_FOLDER)
    except IndexMissing as error:
        click.echo(str(error), err=True)
        sys.exit(1)


def _root(where: Path | None) -> Root:
    try:
        return Root.find(where)
    except NotARoot as error:
        raise click.UsageError(error.detail) from error


def _misses(root: Path | None, db: Path | None, days: int, most: int) -> tuple[ZeroHit, ...]:
    """The commonest queries without a hit; without a database there are none yet."""
    # Imported here: a portal without handlers searches without the database's libraries.
    from handlers.store import zero_hits
    from handlers.store.database import Database

    path = db or _root(root).state / "hall.db"
    if not path.is_file():
        return ()
    database = Database.open(path)
    try:
        since = datetime.now(SHANGHAI).date() - timedelta(days=days - 1)
        return zero_hits.most_frequent(database, since, most)
    finally:
        database.close()


def _misses_as_json(found: tuple[ZeroHit, ...]) -> str:
    rows = [{"query": each.query, "count": each.count, "last": each.last_day.isoformat()} for each in found]
    return json.dumps(rows, ensure_ascii=False)


def _misses_as_text(found: tuple[ZeroHit, ...], days: int) -> str:
    if not found:
        return f"最近 {days} 天没有搜不到的说法。"
    lines = [f"{each.count:>5} 次  {each.query}  （最近 {each.last_day.isoformat()}）" for each in found]
    return "\n".join([*lines, "知道该找哪个事项的，请写进 content/synonyms.yml，或加到事项的日常用语里。"])


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
    lines = [
        f"“{expansion.phrase}”也按这些找：{'、'.join(expansion.terms)}" for expansion in results.expanded
    ]
    if results.suggestion:
        lines.append(f"您要找的是不是：{results.suggestion}")
    if results.hits and results.weak:
        lines.append("没有完全对应的事项，下面是比较接近的：")
    if not results.hits:
        lines.append("没有找到。换个说法试试，或拨打 12345 咨询。")
    for place, hit in enumerate(results.hits, 1):
        lines.append(f"{place:>3}. {hit.title}  [{hit.department_name or hit.department}]")
        lines.append(f"     {hit.code}  {hit.score:.3f}  {hit.why}")
    if results.total > len(results.hits):
        lines.append(f"共 {results.total} 条，只显示前 {len(results.hits)} 条。")
    return "\n".join(lines)
