"""What a build writes: only what changed, the same bytes as a cold build, and nothing half."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from catalog.root import DEFAULTS, Root
from rules.errors import Invalid
from site_builder.change_log import read_change_log
from site_builder.compile import build, program_stamp
from tests.site_builder_fixtures import (
    COUNTY,
    FULL,
    FULL_CODE,
    IMMEDIATE_CODE,
    NOTICE,
    files_of,
    git,
    make_root,
    write,
)

LIFE_EVENTS = """\
name: 人生大事
source: 本县
version: "2"
codes:
  shop: 开个店
"""


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root(make_root(tmp_path / "county"))


def forget(root: Root) -> None:
    """As if nothing had ever been built here."""
    shutil.rmtree(root.path / "site")
    shutil.rmtree(root.state / "cache")


def test_a_second_build_writes_nothing(root: Root) -> None:
    first = build(root, index=False)
    before = files_of(root.path / "site")
    second = build(root, index=False)
    assert first.written == first.files
    assert second.written == 0
    assert files_of(root.path / "site") == before


def test_an_edit_of_one_item_leaves_other_items_alone_and_equals_a_cold_build(root: Root) -> None:
    site = root.path / "site"
    build(root, index=False)
    before = files_of(site)
    food = root.items / "market" / "food.yml"
    write(food, FULL.replace("promised: {days: 7}", "promised: {days: 5}"))
    built = build(root, index=False)
    after = files_of(site)
    changed = {path for path in after if after[path] != before.get(path)}
    assert 0 < built.written < 40
    assert f"items/{FULL_CODE}/index.html" in changed
    assert not [path for path in changed if IMMEDIATE_CODE in path]
    assert not [
        path for path in changed if path.startswith(("help/", "news/", "disclosure/", "supervision/"))
    ]
    forget(root)
    build(root, index=False)
    cold = files_of(site)
    # A version that a case may have pinned stays where it was; a cold build cannot know of it.
    extra = set(after) - set(cold)
    assert all(path.startswith("data/versions/") for path in extra)
    assert {path: data for path, data in after.items() if path not in extra} == cold


def test_a_site_made_by_several_processes_is_the_same(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    build(root, index=False)
    one = files_of(root.path / "site")
    forget(root)
    monkeypatch.setattr("catalog.forking.processors", lambda: 2)
    for module in ("catalog.reader", "site_builder.summaries", "site_builder.writing"):
        monkeypatch.setattr(f"{module}.SHARED_FROM", 1)
    write(root.items / "market" / "broken.yml", "code: X-0001\nname: 坏\ntype: [")
    built = build(root, index=False)
    assert files_of(root.path / "site") == one
    assert built.written == built.files == len(one)
    assert [problem.path for problem in built.errors] == ["items/market/broken.yml"]


def test_after_any_change_the_site_is_byte_for_byte_a_cold_build(root: Root, tmp_path: Path) -> None:
    food, old_age = root.items / "market" / "food.yml", root.items / "health" / "old-age.yml"
    health = root.items / "health" / "department.yml"
    renamed = root.items / "market" / "renamed.yml"
    changes: tuple[Callable[[], object], ...] = (
        lambda: write(food, FULL.replace("name: 食品经营许可（新办）", "name: 阿甲许可")),
        lambda: write(old_age, old_age.read_text("utf-8").replace("depth: 1", "depth: 0")),
        lambda: food.rename(renamed),
        lambda: write(
            health, health.read_text("utf-8").replace("short_name: 县卫健局", "short_name: 县卫生局")
        ),
        lambda: write(root.path / "county.yml", COUNTY.replace("#0b5563", "#7a1f1f")),
        lambda: write(root.content / "codes" / "life-event.yml", LIFE_EVENTS),
        lambda: renamed.unlink(),
        lambda: write(food, FULL),
    )
    build(root, index=False)
    for change in changes:
        change()
        build(root, index=False)
        same_as_a_cold_build(root, tmp_path / "copy")


def test_after_files_were_renamed_the_site_is_byte_for_byte_a_cold_build(root: Root, tmp_path: Path) -> None:
    notices, work = root.content / "notices", root.content / "work"
    entry = root.content / "disclosure" / "01-org" / "duties" / "market.md"
    write(notices / "2026-11-01-older.md", NOTICE.replace("2026-11-20", "2026-11-01"))
    write(work / "2026-11-02-visit.md", NOTICE.replace("attachments: [table.csv]\n", ""))
    build(root, index=False)
    (notices / "2026-11-20-duty.md").rename(notices / "元旦值班.md")
    entry.rename(entry.with_name("市场局职能.md"))
    build(root, index=False)
    same_as_a_cold_build(root, tmp_path / "copy")
    (work / "2026-11-02-visit.md").rename(notices / "2026-11-02-visit.md")
    entry.parent.rename(entry.parents[1] / "职能")
    build(root, index=False)
    same_as_a_cold_build(root, tmp_path / "copy")


def test_a_calendar_page_follows_what_the_notice_for_the_next_year_says_of_its_days(
    root: Root, tmp_path: Path
) -> None:
    build(root, index=False)
    page = root.path / "site" / "supervision" / "calendar" / "2025" / "index.html"
    mark = '<td class="day-off">31<span class="mark" title="元旦放假">休</span></td>'
    assert mark not in page.read_text("utf-8")
    notice = (DEFAULTS / "calendars" / "2026.yml").read_text("utf-8")
    write(root.content / "calendars" / "2026.yml", notice.replace("[2026-01-01,", "[2025-12-31, 2026-01-01,"))
    build(root, index=False)
    assert mark in page.read_text("utf-8")
    same_as_a_cold_build(root, tmp_path / "copy")


def same_as_a_cold_build(root: Root, copy: Path) -> None:
    warm = files_of(root.path / "site")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(root.path, copy, ignore=shutil.ignore_patterns("site", ".hall"))
    build(Root(copy), index=False)
    # A version that a case may have pinned stays where it was; a cold build cannot know of it.
    made_new = files_of(copy / "site")
    kept = {path for path in warm.keys() - made_new.keys() if path.startswith("data/versions/")}
    assert {path: data for path, data in warm.items() if path not in kept} == made_new


def test_a_deleted_item_vanishes_with_its_folder_and_its_place_in_lists(root: Root) -> None:
    site = root.path / "site"
    build(root, index=False)
    (root.items / "health" / "old-age.yml").unlink()
    built = build(root, index=False)
    assert built.removed > 0
    assert not (site / "items" / IMMEDIATE_CODE).exists()
    assert not (site / "data" / "items" / f"{IMMEDIATE_CODE}.json").exists()
    everything = b"".join(
        data
        for path, data in files_of(site).items()
        if path.endswith((".html", ".xml")) or path == "data/catalog.json"
    )
    assert IMMEDIATE_CODE.encode() not in everything


def test_a_page_somebody_removed_is_made_again(root: Root) -> None:
    build(root, index=False)
    page = root.path / "site" / "items" / FULL_CODE / "index.html"
    page.unlink()
    assert build(root, index=False).written == 1
    assert page.is_file()


def test_a_broken_item_is_left_out_and_told_and_the_rest_is_built(root: Root) -> None:
    write(root.items / "market" / "broken.yml", "code: X-0001\nname: 坏\ntype: [")
    built = build(root, index=False)
    assert [problem.path for problem in built.errors] == ["items/market/broken.yml"]
    assert (root.path / "site" / "items" / FULL_CODE / "index.html").is_file()


def test_strict_builds_nothing_when_there_is_a_problem(root: Root) -> None:
    write(root.content / "notices" / "no-head.md", "没有题头\n")
    with pytest.raises(Invalid, match=r"no-head\.md"):
        build(root, strict=True, index=False)
    assert not (root.path / "site").exists()


def test_a_broken_county_file_stops_the_build(root: Root) -> None:
    write(root.path / "county.yml", COUNTY.replace('"990122"', "abc"))
    with pytest.raises(Invalid, match=r"county\.yml"):
        build(root, index=False)


def test_a_colour_too_light_to_read_stops_the_build(root: Root) -> None:
    write(root.path / "county.yml", COUNTY.replace("#0b5563", "#77aacc"))
    with pytest.raises(Invalid, match="对比度"):
        build(root, index=False)


def test_forms_are_written_as_word_files_when_asked(root: Root) -> None:
    build(root, forms=True, index=False)
    for name in ("blank", "sample"):
        data = (root.path / "site" / "hall" / "forms" / FULL_CODE / f"{name}.docx").read_bytes()
        assert data.startswith(b"PK")


def test_wrong_and_doubled_index_numbers_are_reported(root: Root) -> None:
    folder = root.content / "disclosure" / "01-org" / "duties"
    text = (folder / "market.md").read_text(encoding="utf-8")
    write(folder / "second.md", text)
    write(folder / "third.md", text.replace("MB0000238/2026-00001", "MB0000239/2026-1"))
    problems = [str(problem) for problem in build(root, index=False).problems]
    assert any("second.md" in each and "重复" in each for each in problems)
    assert any("third.md" in each and "索引号" in each for each in problems)


def test_the_index_follows_the_items(root: Root) -> None:
    from search_index import open_index

    built = build(root)
    index = open_index(root.path / "site" / "data" / "index")
    assert built.documents == 3
    assert [hit.code for hit in index.search("开饭店").hits][:1] == [FULL_CODE]
    (root.items / "market" / "food.yml").unlink()
    build(root)
    assert FULL_CODE not in [
        hit.code for hit in open_index(root.path / "site" / "data" / "index").search("开饭店").hits
    ]


def test_the_change_log_tells_each_field_with_date_author_and_commit(root: Root) -> None:
    git(root.path, "init", "-q", "-b", "main")
    git(root.path, "add", "items", "county.yml", "content")
    git(root.path, "commit", "-q", "-m", "第一版", when="2026-03-02T09:00:00+08:00")
    write(root.items / "market" / "food.yml", FULL.replace("promised: {days: 7}", "promised: {days: 5}"))
    git(root.path, "commit", "-q", "-am", "承诺时限缩短", when="2026-04-01T10:30:00+08:00")
    shutil.move(root.items / "market" / "food.yml", root.items / "market" / "renamed.yml")
    git(root.path, "add", "-A", "items")
    git(root.path, "commit", "-q", "-m", "改文件名", when="2026-04-02T10:30:00+08:00")
    build(root, index=False)
    page = (root.path / "site" / "changes" / "index.html").read_text(encoding="utf-8")
    for said in ("承诺办结时限", "7个工作日", "5个工作日", "王编辑", "承诺时限缩短", "2026年4月1日 10:30"):
        assert said in page, said
    assert "改文件名" not in page
    assert (root.path / "site" / "items" / FULL_CODE / "history" / "index.html").is_file()
    assert len(list((root.path / "site" / "data" / "versions").glob("*.json"))) == 4
    assert (root.path / "site" / "data" / "catalog.json").read_text().count('"version": "') >= 1


def test_the_change_log_grows_by_new_commits_and_equals_one_read_anew(root: Root, tmp_path: Path) -> None:
    from catalog.codes import load_codes

    codes = load_codes(root)
    git(root.path, "init", "-q", "-b", "main")
    git(root.path, "add", "items")
    git(root.path, "commit", "-q", "-m", "第一版")
    cache = tmp_path / "cache"
    first = read_change_log((root.items,), codes, cache, "s")
    assert {change.kind for change in first.changes} == {"added"}
    write(root.items / "market" / "food.yml", FULL.replace("每证10元", "每证8元"))
    git(root.path, "commit", "-q", "-am", "降费", when="2026-05-01T08:00:00+08:00")
    grown = read_change_log((root.items,), codes, cache, "s")
    anew = read_change_log((root.items,), codes, tmp_path / "other", "s")
    assert grown.changes == anew.changes
    assert dict(grown.versions) == dict(anew.versions)
    assert [d.label for d in grown.changes[0].differences] == ["收费“证书工本费”·收费标准"]


def test_a_root_outside_git_has_an_empty_change_log(root: Root) -> None:
    build(root, index=False)
    assert "还没有修改记录" in (root.path / "site" / "changes" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("package", ["rules", "catalog", "presentation", "site_builder"])
def test_another_version_of_our_own_code_is_another_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    folder = tmp_path / package
    (folder / "deep").mkdir(parents=True)
    monkeypatch.setattr(f"{package}.__file__", str(folder / "__init__.py"))
    stamps = [program_stamp()]
    for name in ("__init__.py", "deep/part.py", "deep/part.html"):
        for text in ("one", "two"):
            write(folder / name, text)
            stamps.append(program_stamp())
    (folder / "deep" / "part.py").rename(folder / "deep" / "other.py")
    stamps.append(program_stamp())
    assert len(set(stamps)) == len(stamps)
    write(folder / "deep" / "part.pyc", "one")
    assert program_stamp() == stamps[-1]


@pytest.mark.parametrize("library", ["markdown", "nh3", "jinja2"])
def test_another_version_of_what_makes_pages_of_texts_is_another_program(
    monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    before = program_stamp()
    real = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "0" if name == library else real(name))
    assert program_stamp() != before
