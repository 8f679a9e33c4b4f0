"""Where a portal may be written, and what a clean build leaves where it is."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from catalog.root import Root
from hall.cli import group
from rules.errors import Invalid
from site_builder.compile import build
from site_builder.writing import journal_of
from tests.site_builder_fixtures import COUNTY, FULL_CODE, files_of, make_root, write


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root(make_root(tmp_path / "county"))


@pytest.mark.parametrize("clean", [False, True])
@pytest.mark.parametrize(
    "site",
    [
        ".",
        "..",
        "items",
        "items/site",
        "content",
        "content/notices",
        "published",
        ".hall",
        ".hall/site",
        ".git",
    ],
)
def test_a_site_is_never_written_over_what_it_is_made_from(root: Root, site: str, clean: bool) -> None:
    write(root.state / "hall.db", "the cases")
    write(root.state / "hall.key", "the key")
    write(root.published / "letters.json", "[]")
    before = files_of(root.path.parent)
    with pytest.raises(Invalid, match="不能当作网站目录"):
        build(root, site=root.path / site, index=False, clean=clean)
    assert files_of(root.path.parent) == before


def test_a_link_to_what_it_is_made_from_is_no_way_round(root: Root) -> None:
    (root.path / "portal").symlink_to(root.items)
    with pytest.raises(Invalid, match="不能当作网站目录"):
        build(root, site=root.path / "portal", index=False, clean=True)


def test_neither_are_other_folders_that_it_is_told_to_read(root: Root, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere" / "items"
    shutil.copytree(root.items, moved)
    for site in (moved, moved.parent, moved / "market"):
        with pytest.raises(Invalid, match="不能当作网站目录"):
            build(root, items_dirs=[moved], site=site, index=False)


def test_a_folder_of_that_name_for_an_index_makes_no_portal_of_other_things(
    root: Root, tmp_path: Path
) -> None:
    other = tmp_path / "papers"
    write(other / "data" / "index" / "cards.txt", "a catalogue")
    write(other / "thesis.txt", "years of work")
    with pytest.raises(Invalid, match="有别的内容"):
        build(root, site=other, index=False, clean=True)
    (other / "thesis.txt").unlink()
    build(root, site=other, index=False, clean=True)
    assert (other / "data" / "index" / "cards.txt").is_file()


@pytest.mark.parametrize("clean", [False, True])
def test_a_folder_with_anything_else_in_it_is_left_alone(root: Root, tmp_path: Path, clean: bool) -> None:
    other = tmp_path / "papers"
    write(other / "thesis" / "one.txt", "years of work")
    with pytest.raises(Invalid, match="有别的内容（如 thesis）"):
        build(root, site=other, index=False, clean=clean)
    assert files_of(other) == {"thesis/one.txt": b"years of work"}


def test_a_file_is_no_folder_for_a_site(root: Root, tmp_path: Path) -> None:
    write(tmp_path / "notes.txt", "mine")
    with pytest.raises(Invalid, match="是一个文件"):
        build(root, site=tmp_path / "notes.txt", index=False)


def test_a_new_disk_or_a_repository_for_pages_is_a_place_for_a_site(root: Root, tmp_path: Path) -> None:
    place = tmp_path / "pages"
    write(place / ".git" / "HEAD", "ref: refs/heads/pages\n")
    (place / "lost+found").mkdir()
    for _ in range(2):
        build(root, site=place, index=False, clean=True)
        assert (place / "index.html").is_file()
        assert (place / ".git" / "HEAD").is_file()
        assert (place / "lost+found").is_dir()


def test_a_first_build_that_broke_off_is_taken_up_again(root: Root) -> None:
    site = root.path / "site"
    write(site / "items" / "half" / "index.html", "<!doc")
    journal = journal_of(root.state / "cache", site)
    write(journal, '\n["items/half/index.html"]')
    build(root, index=False)
    assert (site / "data" / "catalog.json").is_file()
    assert not (site / "items" / "half").exists()


@pytest.mark.parametrize("wrong", ["warning", "county"])
def test_a_clean_build_that_is_refused_leaves_the_portal_as_it_is(root: Root, wrong: str) -> None:
    build(root)
    before = files_of(root.path / "site")
    if wrong == "county":
        write(root.path / "county.yml", COUNTY.replace('"990122"', "abc"))
    else:
        write(root.content / "notices" / "no-head.md", "没有题头\n")
    result = CliRunner().invoke(group, ["build", "--root", str(root.path), "--clean", "--strict"])
    assert result.exit_code == 1
    assert files_of(root.path / "site") == before


def test_a_clean_build_keeps_the_versions_that_cases_may_have_pinned(root: Root) -> None:
    build(root, index=False)
    pinned = root.path / "site" / "data" / "versions" / "0123456789abcdef.json"
    write(pinned, "{}")
    stray = root.path / "site" / "old" / "index.html"
    write(stray, "an old page")
    page = root.path / "site" / "items" / FULL_CODE / "index.html"
    there = os.stat(page)
    page.write_bytes(b"x" * there.st_size)
    os.utime(page, ns=(there.st_atime_ns, there.st_mtime_ns))
    built = build(root, index=False, clean=True)
    assert pinned.is_file()
    assert not stray.parent.exists()
    assert page.read_bytes() != b"x" * there.st_size
    assert (built.written, built.removed) == (1, 1)


def test_a_clean_build_gets_rid_of_pages_even_after_one_that_was_refused(root: Root) -> None:
    build(root, index=False)
    (root.items / "market" / "food.yml").unlink()
    head = root.content / "notices" / "no-head.md"
    write(head, "没有题头\n")
    with pytest.raises(Invalid):
        build(root, index=False, clean=True, strict=True)
    head.unlink()
    build(root, index=False)
    assert not (root.path / "site" / "items" / FULL_CODE).exists()


def test_a_clean_build_makes_the_index_anew(root: Root) -> None:
    from search_index import open_index

    build(root)
    folder = root.path / "site" / "data" / "index"
    before = (folder / "index.json").stat().st_mtime_ns
    build(root)
    assert (folder / "index.json").stat().st_mtime_ns == before
    build(root, clean=True)
    assert (folder / "index.json").stat().st_mtime_ns != before
    assert [hit.code for hit in open_index(folder).search("开饭店").hits][:1] == [FULL_CODE]
