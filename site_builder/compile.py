"""The compiler: reads everything, lists every file of the site with what it depends on, makes what changed."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import catalog
import presentation
import rules
import site_builder
from catalog.calendars import load_calendar
from catalog.codes import Codes, load_codes
from catalog.elements import load_elements
from catalog.file_names import check_names
from catalog.problems import Problem, in_order
from catalog.published_statistics import read_published_statistics
from catalog.reader import Reading, read
from catalog.root import Root
from catalog.supervision import load_rules, rule_folders
from presentation.page import assets
from rules.errors import Invalid
from site_builder import (
    artifact,
    change_pages,
    disclosure,
    doors,
    home,
    items,
    letters,
    levels_pages,
    lists,
    log_pages,
    news,
    open_pages,
    rules_pages,
    scores,
    statistics_pages,
    units_pages,
)
from site_builder.change_log import read_change_log
from site_builder.disclosure import read_disclosure
from site_builder.indexing import Indexing
from site_builder.letters import read_letters
from site_builder.news import read_news
from site_builder.outputs import Output, fingerprint
from site_builder.portal import Portal
from site_builder.published import read_figures
from site_builder.score_files import read_scores
from site_builder.shell import Editorial, EditorialBeside, render
from site_builder.summaries import HIDDEN, shown_items
from site_builder.target import check_target
from site_builder.writing import Writer, journal_of

# What a page or a record looks like hangs on them too; MkDocs is asked for where its pages are made.
LIBRARIES = ("markdown", "nh3", "jinja2", "segno", "pypinyin")


@dataclass(frozen=True, slots=True)
class Built:
    """`pages`: HTML pages of the site; `files`: all files; `written`, `removed`: what this build changed."""

    pages: int
    files: int
    written: int
    removed: int
    seconds: float
    problems: tuple[Problem, ...]
    version: str
    documents: int = 0

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.is_error)


def build(
    root: Root,
    items_dirs: Sequence[Path] | None = None,
    content_dirs: Sequence[Path] | None = None,
    site: Path | None = None,
    strict: bool = False,
    forms: bool = False,
    index: bool = True,
    tolerated: frozenset[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
    clean: bool = False,
) -> Built:
    """Compiles the portal into `site` (default: the root's site/), writing only what changed.

    Files with errors are left out and told in `problems`; with `strict`, any problem raises Invalid before
    anything is written. With `tolerated` (paths as problems name them), an error in any other file raises Invalid
    before anything is written: a running hall does not drop an item over a slip of the pen. `forms` writes every blank form and sample as DOCX, for a portal without handlers.
    `clean` makes everything anew, whatever is remembered, and in the end takes away what is no part of the site; what
    cases may have pinned stays.
    Raises Invalid also for what the whole site stands on: county.yml, the calendar, the supervision rules; and for a
    `site` that holds anything but a portal.
    """
    started = time.perf_counter()
    target, memory = (site or root.path / "site").resolve(), root.state / "cache"
    problems: list[Problem] = []
    contents = tuple(Path(each).resolve() for each in content_dirs) if content_dirs else (root.content,)
    begun = journal_of(memory, target).exists()
    check_target(root, target, (*contents, *(items_dirs or ())), begun=begun)
    if clean:
        _forget(memory)
    with ExitStack() as running:
        writer = running.enter_context(Writer(memory, target, progress, clean=clean))
        beside = running.enter_context(EditorialBeside(root, contents))
        source = _read(root, items_dirs, contents, problems)
        indexing = running.enter_context(_indexing(target, source, clean)) if index else None
        portal, editorial = _portal(source, beside, problems)
        _refuse(problems, strict, tolerated)
        if indexing:
            indexing.begin()
        outputs = list(_outputs(portal, editorial, forms))
        writer.write(outputs)
        version = _version(portal, writer)
        addresses = [_address(output.path) for output in outputs if output.path.endswith("index.html")]
        more = list(open_pages.outputs(portal, version, addresses, editorial.pages))
        writer.write(more)
        if indexing:
            indexing.finish()
    # Last of all, so that whoever sees a new version finds everything it speaks of.
    writer.write([artifact.catalog_output(portal, version)])
    writer.finish()
    return Built(
        pages=sum(1 for output in (*outputs, *more) if output.path.endswith(".html")),
        files=len(outputs) + len(more) + 1,
        written=writer.written,
        removed=writer.removed,
        seconds=time.perf_counter() - started,
        problems=in_order(problems),
        version=version,
        documents=len(portal.visible),
    )


def _refuse(problems: Sequence[Problem], strict: bool, tolerated: frozenset[str] | None) -> None:
    """Raises Invalid when the site must stay as it is."""
    if strict and problems:
        listed = "\n".join(str(problem) for problem in in_order(problems))
        raise Invalid(f"有 {len(problems)} 处问题，按 --strict 不生成网站：\n{listed}")
    fresh = (
        []
        if tolerated is None
        else [each for each in problems if each.is_error and each.path not in tolerated]
    )
    if fresh:
        listed = "\n".join(str(problem) for problem in in_order(fresh))
        raise Invalid(f"有 {len(fresh)} 处错误，网站保持原样：\n{listed}")


@dataclass(frozen=True, slots=True)
class _Source:
    """What is read first, for the index is made from it alone. `stamp` covers the program and the code tables."""

    root: Root
    folders: tuple[Path, ...]
    contents: tuple[Path, ...]
    reading: Reading
    codes: Codes
    program: str
    stamp: str


def _read(
    root: Root,
    items_dirs: Sequence[Path] | None,
    contents: tuple[Path, ...],
    problems: list[Problem],
) -> _Source:
    folders = tuple(Path(each).resolve() for each in items_dirs) if items_dirs else (root.items,)
    reading = read(root, folders, hold=False)
    problems += reading.problems
    wrong = [problem for problem in reading.errors if problem.path == "county.yml"]
    if wrong:
        raise Invalid("county.yml 有误，不能生成网站：" + "；".join(str(problem) for problem in wrong))
    problems += check_names(root, contents)
    codes = load_codes(root, problems)
    program = program_stamp()
    return _Source(root, folders, contents, reading, codes, program, fingerprint(program, repr(codes.tables)))


def _indexing(site: Path, source: _Source, clean: bool) -> Indexing:
    return Indexing(site, source.reading, source.codes, source.stamp, clean=clean)


def _portal(source: _Source, beside: EditorialBeside, problems: list[Problem]) -> tuple[Portal, Editorial]:
    root, reading, codes, contents = source.root, source.reading, source.codes, source.contents
    items = shown_items(reading, codes, root.state / "cache", source.stamp)
    beside.finish(problems)
    editorial = render(root, reading.county, contents, problems)
    settings = reading.county.settings
    unit_names = {unit.id: unit.name for unit in reading.units} | {
        d.id: d.name for d in reading.departments.values()
    }
    portal = Portal(
        root=root,
        reading=reading,
        codes=codes,
        calendar=load_calendar(root),
        rules=load_rules(rule_folders(root), settings.supervision_rules, settings.precision),
        elements=load_elements(root, problems),
        shell=editorial.shell,
        stamp=_stamp(reading, codes, editorial, source.program),
        items=items,
        news=read_news(root, contents, unit_names, problems),
        disclosure=read_disclosure(root, contents, unit_names, problems),
        changes=read_change_log(source.folders, codes, root.state / "cache", source.stamp),
        figures=read_figures(root.published, problems),
        letters=read_letters(root.published, problems),
        program=source.program,
        scores=read_scores(root.published, problems),
        statistics=read_published_statistics(root.published, problems),
        unit_names=unit_names,
    )
    return portal, editorial


def program_stamp() -> str:
    """A hash of our own code and templates and of who makes our text into pages: another version of the program
    makes all pages anew.
    """
    parts: list[str | bytes] = [f"{library} {metadata.version(library)}" for library in LIBRARIES]
    for package in (rules, catalog, presentation, site_builder):
        folder = os.path.dirname(package.__file__ or "")
        for where, _, names in sorted(os.walk(folder)):
            for name in sorted(names):
                if name.endswith((".py", ".html")) and not name.startswith("."):
                    parts.append(os.path.join(where[len(folder) :], name))
                    parts.append(Path(where, name).read_bytes())
    return fingerprint(*parts)


def _stamp(reading: Reading, codes: Codes, editorial: Editorial, program: str) -> str:
    """What every stamped page depends on."""
    return fingerprint(
        program,
        editorial.shell.text,
        reading.county.model_dump_json(),
        *(department.model_dump_json() for department in reading.departments.values()),
        *(unit.model_dump_json() for unit in reading.units),
        *(f"{name}{table.model_dump_json()}" for name, table in sorted(codes.tables.items())),
    )


def _outputs(portal: Portal, editorial: Editorial, forms: bool) -> Iterator[Output]:
    units = dict(portal.unit_names)
    for shown in portal.items:
        # Page and record one after the other, so that the item is parsed once for both.
        yield from artifact.of_item(portal, shown, units)
        if shown.summary.status not in HIDDEN:
            yield from items.of_item(portal, shown, forms)
    for name, data in assets(portal.county).items():
        yield Output(f"assets/{name}", fingerprint(data), lambda data=data: data)  # type: ignore[misc]
    for path, file in editorial.files.items():
        data = file.read_bytes()
        yield Output(path, fingerprint(data), lambda data=data: data)  # type: ignore[misc]
    found = lists.groups(portal)
    yield from home.outputs(portal, found)
    yield from lists.outputs(portal, found)
    yield from doors.outputs(portal)
    yield from units_pages.outputs(portal)
    yield from rules_pages.outputs(portal)
    yield from log_pages.outputs(portal)
    yield from levels_pages.outputs(portal)
    yield from scores.outputs(portal, portal.scores)
    yield from statistics_pages.outputs(portal)
    yield from letters.outputs(portal)
    yield from news.outputs(portal)
    yield from disclosure.outputs(portal)
    yield from change_pages.outputs(portal)
    yield from artifact.outputs(portal)


def _version(portal: Portal, writer: Writer) -> str:
    """Git commit and content hash: `3f2a91c4b0de-9d1c…`; without git the hash alone."""
    head = portal.changes.head.split(" ")[0][:12]
    return f"{head}-{writer.content_hash()}" if head else writer.content_hash()


def _address(path: str) -> str:
    return "/" + path.removesuffix("index.html")


def _forget(memory: Path) -> None:
    """What was read and made before is read and made again. What was written where stays known, so that this and
    other sites get rid of it: a build may yet be refused.
    """
    for path in memory.glob("*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif not path.name.startswith("site-"):
            path.unlink(missing_ok=True)
