"""Files whose names are no UTF-8: told by name, left out, and no reason for a build or a check to end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from catalog.root import Root
from hall.cli import group
from rules.errors import Invalid
from site_builder.compile import build
from tests.site_builder_fixtures import files_of, make_root

BAD = os.fsdecode("放假通知".encode("gb18030"))
NOTICE = "---\ntitle: 放假\ndate: 2026-01-01\n---\n正文\n"
PLACES = {
    f"content/notices/{BAD}.md": NOTICE,
    f"content/notices/{BAD}/a.md": NOTICE,
    f"content/disclosure/{BAD}/a.md": NOTICE,
    f"content/help/{BAD}.md": "# 标题\n",
    f"content/{BAD}/b.md": "# 标题\n",
    f"content/help/{BAD}.png": "",
}


@pytest.mark.parametrize("place", PLACES)
def test_it_is_told_and_the_rest_is_built_as_without_it(tmp_path: Path, place: str) -> None:
    root = Root(make_root(tmp_path / "county"))
    build(root, index=False)
    before = files_of(root.path / "site")
    (root.path / place).parent.mkdir(parents=True, exist_ok=True)
    (root.path / place).write_text(PLACES[place], "utf-8")
    built = build(root, index=False)
    assert files_of(root.path / "site") == before
    told = [str(each) for each in built.errors]
    assert len(told) == 1
    assert "名称不是 UTF-8" in told[0]
    told[0].encode()
    checked = CliRunner().invoke(group, ["check", "--root", str(root.path)])
    assert checked.exit_code == 1
    assert told[0] in checked.output


def test_a_running_hall_keeps_its_site_and_says_why(tmp_path: Path) -> None:
    root = Root(make_root(tmp_path / "county"))
    (root.content / "notices").mkdir(exist_ok=True)
    (root.content / "notices" / f"{BAD}.md").write_text(NOTICE, "utf-8")
    with pytest.raises(Invalid, match="名称不是 UTF-8"):
        build(root, index=False, tolerated=frozenset())
