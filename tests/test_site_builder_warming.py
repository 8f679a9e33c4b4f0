"""A process that waits for an edit has what a build makes at its first use, and no fault of a root ends it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.site_builder_fixtures import make_root

HERE = Path(__file__).parents[1]
CODE = """
import sys
from pathlib import Path
import site_builder.compile
from catalog.root import Root
from site_builder.warming import warm
warm(sys.argv[1])
root = Root(Path(sys.argv[1]))
before = set(sys.modules)
from catalog.schema import Item
from catalog.supervision import RuleSetFile
print(Item.__pydantic_complete__, RuleSetFile.__pydantic_complete__)
built = site_builder.compile.build(root)
print(built.documents)
print(*sorted(name.partition(".")[0] for name in set(sys.modules) - before))
"""


def warmed(root: Path) -> list[str]:
    command = [sys.executable, "-c", CODE, str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=HERE)
    return done.stdout.splitlines()


def test_a_build_after_it_loads_none_of_the_libraries_of_pages_and_index(tmp_path: Path) -> None:
    root = make_root(tmp_path / "county")
    # The first build alone makes the editorial pages.
    warmed(root)
    item = next(path for path in sorted(root.glob("items/*/*.yml")) if path.name != "department.yml")
    item.write_text(item.read_text("utf-8").replace("\nname: ", "\nname: 改过的", 1), "utf-8")
    complete, documents, loaded = warmed(root)
    assert complete == "True True"
    assert int(documents) > 0
    assert {"segno", "whoosh", "rjieba", "mkdocs"} & set(loaded.split()) == set()


@pytest.mark.parametrize("text", ["name: [\n", "", "name: 1\n", "\0"])
def test_a_faulty_county_is_left_to_the_build(tmp_path: Path, text: str) -> None:
    root = make_root(tmp_path / "county")
    (root / "county.yml").write_text(text, "utf-8")
    with pytest.raises(subprocess.CalledProcessError) as caught:
        warmed(root)
    assert "Invalid" in caught.value.stderr
    assert "True True" in caught.value.stdout
