"""Editorial pages of content/: what MkDocs leaves out ends no build."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.root import Root
from site_builder.compile import build
from site_builder.mkdocs_config import DEFAULTS
from tests.site_builder_fixtures import make_root, write

INHERITED = f"INHERIT: {DEFAULTS / 'mkdocs.yml'}\n"


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root(make_root(tmp_path / "county"))


@pytest.mark.parametrize("place", ["README.md", "about/README.md", "templates/x.md", "templates/x.png"])
def test_notes_and_templates_beside_the_pages_are_no_pages(root: Root, place: str) -> None:
    write(root.content / place, "# 给编辑的说明\n")
    write(root.content / "about" / "index.md", "# 关于本县\n")
    built = build(root, index=False)
    site = root.path / "site"
    assert built.problems == ()
    assert "关于本县" in (site / "about" / "index.html").read_text("utf-8")
    assert not [path for path in site.rglob("*") if "README" in path.name or "templates" in path.parts]


def test_a_page_whose_name_only_ends_like_a_front_page_has_its_own_address(root: Root) -> None:
    write(root.content / "about" / "reindex.md", "# 重新编目\n")
    assert build(root, index=False).problems == ()
    assert "重新编目" in (root.path / "site" / "about" / "reindex" / "index.html").read_text("utf-8")
    assert "/about/reindex/" in (root.path / "site" / "sitemap" / "index.html").read_text("utf-8")


def test_what_the_county_itself_leaves_out_is_told_and_ends_nothing(root: Root) -> None:
    write(root.path / "mkdocs.yml", INHERITED + "exclude_docs: |\n  draft.md\n  draft.png\n")
    write(root.content / "about" / "draft.md", "# 草稿\n")
    write(root.content / "about" / "draft.png", "x")
    # The second build finds the pages in the cache, and says the same.
    for built in (build(root, index=False), build(root, index=False)):
        assert [problem.path for problem in built.problems] == [
            "content/about/draft.md",
            "content/about/draft.png",
        ]
        assert built.errors == ()
        assert "exclude_docs" in built.problems[0].message
    assert not (root.path / "site" / "about" / "draft").exists()
