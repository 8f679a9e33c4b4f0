"""`hall score`: a period's scores, published or from today's records; a published ranking computed again from its ledger."""

from __future__ import annotations

import codecs
import csv
import io
import json
import sys
from datetime import datetime
from pathlib import Path
from unicodedata import east_asian_width

import click

from catalog.root import Root
from catalog.scoring import read_schemes, scheme_of, scoring_folders
from catalog.scoring_published import EditionList, RankingFile, read_ranking
from rules.errors import HallError, Invalid, NotFound
from rules.score_ledger import Ledger, digest, read
from rules.score_periods import Period
from rules.score_ranking import NOT_MEASURED, NOT_RANKED, as_csv, as_json, ranking
from rules.score_scheme import Scheme
from rules.time import SHANGHAI

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
LEDGER_ENDING = ".ledger.jsonl"


@click.command(
    "score",
    help="部门绩效评分。PERIOD 写成 2026-11、2026Q4 或 2026，不写为本月；公布过的给出公布的，没有公布的从数据库测算。\n\n"
    "--ledger FILE 只凭公布的账本和评分办法重新算一遍，输出的排名和公布的文件一个字节不差；"
    "旁边有公布的排名时自动比对，对不上退出码为 1。",
)
@click.argument("period", required=False)
@click.option("--department", metavar="编号", help="只看一个部门")
@click.option("--edition", type=click.IntRange(1), help="第几版，默认最新一版")
@click.option("--live", is_flag=True, help="不看公布的，用现在的数据库测算")
@click.option("--ledger", type=_FILE, help="公布的账本（*.ledger.jsonl）")
@click.option("--scheme", "scheme_file", type=_FILE, help="公布的评分办法，默认用账本旁边的 *.scheme.yml")
@click.option("--ranking", "ranking_file", type=_FILE, help="公布的排名，默认用账本旁边的 *.json")
@click.option("--json", "as_json_", is_flag=True, help="输出排名文件本身（JSON）")
@click.option("--csv", "as_csv_", is_flag=True, help="输出 CSV")
@click.option(
    "--root", "where", type=click.Path(path_type=Path, exists=True, file_okay=False), help="县的目录"
)
@click.option("--db", type=click.Path(path_type=Path, dir_okay=False), help="数据库文件，默认 .hall/hall.db")
@click.option("--site", type=click.Path(path_type=Path, file_okay=False), help="网站目录，默认 site/")
def command(
    period: str | None,
    department: str | None,
    edition: int | None,
    live: bool,
    ledger: Path | None,
    scheme_file: Path | None,
    ranking_file: Path | None,
    as_json_: bool,
    as_csv_: bool,
    where: Path | None,
    db: Path | None,
    site: Path | None,
) -> None:
    """Exit codes: 0 done, 1 the ledger does not give what was published, 2 wrong use."""
    if as_json_ and as_csv_:
        raise click.UsageError("--json 和 --csv 只能选一个。")
    if ledger is not None:
        if period or live or edition or department:
            raise click.UsageError("--ledger 只凭文件计算，不和考评期、版次、部门一起用。")
        sys.exit(_again(ledger, scheme_file, ranking_file, as_csv_))
    try:
        wanted = Period.parse(period) if period else Period.month_of(datetime.now(SHANGHAI).date())
    except Invalid as error:
        raise click.UsageError(error.detail) from error
    root = Root.find(where)
    folder = None if live else _published(root, wanted, edition)
    if folder is not None:
        place, number = folder
        data, sheet = (place / f"{number}.json").read_bytes(), (place / f"{number}.csv").read_bytes()
    elif edition is not None:
        raise NotFound(f"{wanted.label}没有公布过第 {edition} 版。")
    else:
        data, sheet = _live(root, wanted, department or "", db, site)
    _show(data, sheet, department, as_json_, as_csv_, published=folder is not None)


def _again(file: Path, scheme_file: Path | None, ranking_file: Path | None, as_csv_: bool) -> int:
    """The ranking from ledger and scheme alone, on standard output as it was published; what is wrong, on the other."""
    try:
        ledger = read(file.read_bytes())
        scheme = _scheme(file, ledger, scheme_file)
        found = ranking(ledger, scheme)
    except HallError as error:
        click.echo(error.detail, err=True)
        return 1
    made = as_json(found)
    _write(as_csv(found) if as_csv_ else made)
    beside = ranking_file or _beside(file, ".json")
    if beside is None:
        click.echo(f"已算出。旁边没有公布的排名可比；排名文件的 SHA-256 应为 {digest(made)}。", err=True)
        return 0
    stated = beside.read_bytes()
    if stated == made:
        click.echo(f"和公布的排名 {beside.name} 一个字节不差。", err=True)
        return 0
    click.echo(_difference(stated, ledger, beside), err=True)
    return 1


def _difference(stated: bytes, ledger: Ledger, place: Path) -> str:
    try:
        published = read_ranking(stated)
    except Invalid as error:
        return f"{place.name}：{error.detail}"
    if published.ledger.sha256 != ledger.hash:
        return (
            f"和公布的排名 {place.name} 对不上：它写明账本的 SHA-256 是 {published.ledger.sha256}，"
            f"这份账本是 {ledger.hash}。账本被改动过，或者不是这一版的。"
        )
    return f"算出的排名和 {place.name} 不同：账本没有被改，是排名文件被改动过，或者程序版本不同。"


def _scheme(file: Path, ledger: Ledger, given: Path | None) -> Scheme:
    """The published copy beside the ledger; without one, a packaged scheme of the very same text."""
    place = given or _beside(file, ".scheme.yml")
    if place is not None:
        return scheme_of(place.read_bytes(), place.name)
    for scheme in read_schemes(scoring_folders(None)).schemes.values():
        if scheme.version == ledger.head.scheme:
            return scheme
    raise NotFound(
        f"缺少评分办法 {ledger.head.scheme}：请把公布的 *.scheme.yml 放在账本旁边，或用 --scheme 指明。"
    )


def _beside(file: Path, ending: str) -> Path | None:
    place = file.with_name(file.name.removesuffix(LEDGER_ENDING) + ending)
    return place if file.name.endswith(LEDGER_ENDING) and place.is_file() else None


def _published(root: Root, period: Period, edition: int | None) -> tuple[Path, int] | None:
    """The folder and number of the published edition, if there is one."""
    listed = root.published / "scores" / "index.json"
    if not listed.is_file():
        return None
    editions = EditionList.model_validate_json(listed.read_bytes()).editions
    numbers = [each.edition for each in editions if each.period == period.text]
    number = max(numbers, default=0) if edition is None else edition
    place = root.published / "scores" / period.text
    return (place, number) if number in numbers and (place / f"{number}.json").is_file() else None


def _live(
    root: Root, period: Period, department: str, db: Path | None, site: Path | None
) -> tuple[bytes, bytes]:
    """From the records as they stand. The hall is imported only here: a ledger needs none."""
    from handlers.context import Hall
    from handlers.store.database import Database

    database = Database.open(db or root.state / "hall.db")
    try:
        hall = Hall(root, site or root.path / "site", database)
        if department and department not in hall.site_data.ground().departments:
            raise NotFound(f"没有部门 {department}。")
        made = hall.scores.compute(period.text, hall.now(), department)
        return made.ranking, as_csv(ranking(read(made.ledger), hall.scores.scheme))
    finally:
        database.close()


def _show(
    data: bytes, sheet: bytes, department: str | None, as_json_: bool, as_csv_: bool, *, published: bool
) -> None:
    found = read_ranking(data)
    if department and found.department(department) is None:
        raise NotFound(f"{found.label}的评分里没有部门 {department}。")
    if as_csv_:
        _write(_only(sheet, department) if department else sheet)
    elif as_json_ and not department:
        _write(data)
    elif as_json_:
        plain = next(each for each in json.loads(data)["departments"] if each["id"] == department)
        click.echo(json.dumps(plain, ensure_ascii=False, indent=1))
    else:
        state = f"第{found.edition}版，已公布" if published else f"测算，没有公布，数据到{found.as_of}"
        click.echo(f"{found.county}{found.label}部门绩效评分（{state}）")
        _table(found, department)


def _only(sheet: bytes, department: str) -> bytes:
    """The sheet's head and the row of one department."""
    rows = list(csv.reader(io.StringIO(sheet.decode("utf-8-sig"), newline="")))
    place = rows[0].index("部门编号")
    target = io.StringIO(newline="")
    csv.writer(target, lineterminator="\r\n").writerows(
        [rows[0], *(row for row in rows[1:] if row[place] == department)]
    )
    return codecs.BOM_UTF8 + target.getvalue().encode()


def _table(found: RankingFile, department: str | None) -> None:
    rows = [("名次", "部门", "总分", "等次", "办结", "没有测评的分项")]
    names = {each.id: each.name for each in found.heads}
    for each in found.departments:
        if department in (None, each.id):
            missing = "、".join(names[head] for head, one in each.heads.items() if one.points is None)
            rank = NOT_RANKED if each.rank is None else str(each.rank)
            rows.append(
                (rank, each.name, each.total or NOT_MEASURED, each.grade_name, str(each.closed), missing)
            )
    widths = [max(_width(row[at]) for row in rows) for at in range(5)]
    for row in rows:
        cells = [row[at] + " " * (widths[at] - _width(row[at])) for at in range(5)]
        click.echo("  ".join([*cells, row[5]]).rstrip())
    click.echo(
        f"办结不满 {found.ranked_from} 件的列出、不排名。没有测评的分项不计，总分按测评的分项折算到 {found.full} 分。"
    )


def _width(text: str) -> int:
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def _write(data: bytes) -> None:
    """Bytes as they are, whatever the terminal's encoding and line ends."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
