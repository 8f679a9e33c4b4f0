"""Files of a department meant to hurt: script in every value, YAML that grows; nothing of it becomes markup."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import yaml

from catalog.root import Root
from site_builder.compile import build
from tests.handlers_fixtures import EVERYTHING_YAML

SCRIPT = "</title><script>alert(1)</script><img src=x onerror=alert(1)>\"'{{7*7}}"
WORDS = frozenset(
    {
        "name",
        "purpose",
        "law",
        "article",
        "label",
        "title",
        "condition",
        "unit",
        "basis",
        "remarks",
        "plain_names",
    }
)


def hostile(value: Any, key: str = "") -> Any:
    """The same item with script in every field that holds words."""
    if isinstance(value, dict):
        return {name: hostile(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [hostile(each, key) for each in value]
    return SCRIPT if key in WORDS else value


def test_script_in_every_value_of_an_item_stays_text_on_every_page(
    built_county: Path, tmp_path: Path
) -> None:
    county = tmp_path / "county"
    shutil.copytree(built_county, county, ignore=shutil.ignore_patterns("site", ".hall"))
    item = hostile({**yaml.safe_load(EVERYTHING_YAML), "plain_names": ["x"], "remarks": ["x"]})
    text = json.dumps(item, ensure_ascii=False)  # JSON is YAML
    (county / "items" / "market" / "everything.yml").write_text(text, encoding="utf-8")
    built = build(Root(county), site=county / "site")
    pages = list((county / "site").rglob("*.html"))
    assert any("&lt;script&gt;alert" in page.read_text(encoding="utf-8") for page in pages), built.errors
    for page in pages:
        content = page.read_text(encoding="utf-8")
        assert "<script>alert" not in content, page
        assert "<img src=x" not in content, page


def test_yaml_that_multiplies_itself_is_a_problem_and_not_a_burst(built_county: Path, tmp_path: Path) -> None:
    county = tmp_path / "county"
    shutil.copytree(built_county, county, ignore=shutil.ignore_patterns("site", ".hall"))
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    (county / "items" / "market" / "bomb.yml").write_text(bomb, encoding="utf-8")
    (county / "items" / "market" / "deep.yml").write_text("[" * 5000, encoding="utf-8")
    (county / "items" / "market" / "python.yml").write_text(
        "!!python/object/apply:os.system [echo]\n", encoding="utf-8"
    )
    (county / "items" / "market" / "bytes.yml").write_bytes(b"\xff\xfe\x00name")
    built = build(Root(county), site=county / "site")
    wrong = {Path(each.path).name for each in built.errors}
    assert {"bomb.yml", "deep.yml", "python.yml", "bytes.yml"} <= wrong
    assert all(len(str(each)) < 2000 for each in built.errors)
