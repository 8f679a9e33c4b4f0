"""Notices and work updates: Markdown in content/notices and content/work, as pages, lists and Atom feeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from catalog.problems import Problem
from catalog.root import Root
from presentation.cleaning import markdown_html, plain_text
from rules.quick_dataclass import dataclass
from site_builder import atom
from site_builder.content_files import ArticleHead, attachment, markdown_files, read_head
from site_builder.outputs import Output, article_head, fingerprint

if TYPE_CHECKING:
    from site_builder.portal import Portal

COLUMNS: Mapping[str, str] = {"notices": "通知公告", "work": "工作动态"}
PER_PAGE = 30


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file offered for download beside an article."""

    name: str
    path: Path
    address: str

    @property
    def size(self) -> int:
        return self.path.stat().st_size


@dataclass(frozen=True, slots=True)
class Article:
    """One notice or update."""

    column: str
    slug: str
    title: str
    date: date
    unit: str
    summary: str
    body: str
    attachments: tuple[Attachment, ...]
    key: str

    @property
    def address(self) -> str:
        return f"/news/{self.column}/{quote(self.slug)}/"


@dataclass(frozen=True, slots=True)
class News:
    """All articles by column, newest first."""

    columns: Mapping[str, tuple[Article, ...]]

    def latest(self, column: str, count: int) -> tuple[Article, ...]:
        return self.columns.get(column, ())[:count]


def read_news(
    root: Root, content_dirs: tuple[Path, ...], units: Mapping[str, str], problems: list[Problem]
) -> News:
    """`content/notices/*.md` and `content/work/*.md`; faulty files are reported and left out."""
    columns: dict[str, tuple[Article, ...]] = {}
    for column in COLUMNS:
        found: dict[str, Article] = {}
        for folder in (base / column for base in content_dirs):
            for path in markdown_files(folder):
                article = _article(root, path, column, units, problems)
                if article:
                    found[article.slug] = article
        columns[column] = tuple(sorted(found.values(), key=lambda each: (each.date, each.slug), reverse=True))
    return News(columns)


def _article(
    root: Root, path: Path, column: str, units: Mapping[str, str], problems: list[Problem]
) -> Article | None:
    read = read_head(path, root, ArticleHead, problems)
    if read is None:
        return None
    head, text = read
    files: list[Attachment] = []
    for name in head.attachments:
        file = attachment(path.parent, name, root.shown(path), path.parent, problems)
        if file:
            files.append(Attachment(file.name, file, f"/news/{column}/{quote(path.stem)}/{quote(file.name)}"))
    return Article(
        column=column,
        slug=path.stem,
        title=head.title,
        date=head.date,
        unit=units.get(head.unit or "", head.unit or ""),
        summary=head.summary or plain_text(text.body),
        body=text.body,
        attachments=tuple(files),
        # The address is the file's name: pages that lead here change with it.
        key=fingerprint(
            column, path.stem, text.source, *(file.path.read_bytes() for file in files), repr(head.unit)
        ),
    )


def outputs(portal: Portal) -> Iterator[Output]:
    """Pages of every article, the lists, the feeds, the attachments."""
    for column, name in COLUMNS.items():
        articles = portal.news.columns[column]
        for place, article in enumerate(articles):
            newer = articles[place - 1] if place else None
            older = articles[place + 1] if place + 1 < len(articles) else None
            yield portal.page(
                article.address,
                "article.html",
                article.title,
                (article.key, newer and newer.key, older and older.key),
                description=article.summary,
                crumbs=((name, f"/news/{column}/"), (article.title, "")),
                head=article_head(name, article.title, article.date, article.unit),
                values=lambda article=article, name=name, newer=newer, older=older: {  # type: ignore[misc]
                    "article": article,
                    "html": markdown_html(article.body),
                    "column": name,
                    "newer": newer,
                    "older": older,
                },
            )
            for file in article.attachments:
                yield Output(
                    f"news/{column}/{article.slug}/{file.name}",
                    fingerprint(article.key),
                    file.path.read_bytes,
                )
        yield from _lists(portal, column, name, articles)
        yield Output(
            f"news/{column}.atom",
            fingerprint(portal.stamp, column, *(each.key for each in articles[:30])),
            lambda column=column, name=name, articles=articles: _feed(portal, column, name, articles),  # type: ignore[misc]
        )
    latest = [portal.news.latest(column, 8) for column in COLUMNS]
    yield portal.page(
        "/news/",
        "news.html",
        "新闻和公告",
        [each.key for column in latest for each in column],
        crumbs=(("新闻和公告", ""),),
        values={
            "columns": [(name, f"/news/{key}/", portal.news.latest(key, 8)) for key, name in COLUMNS.items()]
        },
    )


def _lists(portal: Portal, column: str, name: str, articles: tuple[Article, ...]) -> Iterator[Output]:
    pages = max(1, -(-len(articles) // PER_PAGE))
    for number in range(1, pages + 1):
        shown = articles[(number - 1) * PER_PAGE : number * PER_PAGE]
        address = f"/news/{column}/" if number == 1 else f"/news/{column}/page/{number}/"
        yield portal.page(
            address,
            "news_list.html",
            name,
            (number, pages, *(each.key for each in shown)),
            crumbs=((name, ""),),
            values={"name": name, "column": column, "articles": shown, "number": number, "pages": pages},
        )


def _feed(portal: Portal, column: str, name: str, articles: tuple[Article, ...]) -> str:
    entries = [
        atom.Entry(each.title, each.address, each.date, each.summary, each.unit, markdown_html(each.body))
        for each in articles[:30]
    ]
    title = f"{name} - {portal.county.hall_name}"
    return atom.feed(
        title, portal.county.url.rstrip("/"), f"/news/{column}.atom", f"/news/{column}/", entries
    )
