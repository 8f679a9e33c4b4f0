"""Open data: every file fits the schema that the page names beside it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import jsonschema
import pytest

from catalog.root import Root
from site_builder.compile import build


@pytest.fixture(scope="module")
def site(sample_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One department of the sample county, with the figures of a day and one edit in git."""
    import subprocess

    root = tmp_path_factory.mktemp("open") / "county"
    (root / "items").mkdir(parents=True)
    for name in ("county.yml", "content"):
        source = sample_root / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, root / name)
    shutil.copytree(sample_root / "items" / "forestry", root / "items" / "forestry")
    (root / "published").mkdir()
    figures = {"format": "county-hall-figures/1", "at": "2026-11-20T15:00:00+08:00", "filed_month": 3}
    (root / "published" / "figures.json").write_text(json.dumps(figures), encoding="utf-8")
    for arguments in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=县编辑", "-c", "user.email=e@example.invalid", "commit", "-q", "-m", "建立"],
    ):
        subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)
    build(Root(root), site=root / "site")
    return root / "site"


def test_every_file_the_page_names_is_there_and_fits_its_schema(site: Path) -> None:
    page = (site / "data" / "index.html").read_text(encoding="utf-8")
    named = re.findall(
        r'<td data-label="文件"><a href="(/data/[^"]+)".*?<a href="(/data/[^"]+)">JSON Schema', page
    )
    assert {Path(file).name for file, _ in named} == {
        "catalog.json", "calendar.json", "supervision.json", "suggest.json", "changes.json", "figures.json",
        "permissions.json",
    }  # fmt: skip
    for file, schema in named:
        found = json.loads((site / file.lstrip("/")).read_text(encoding="utf-8"))
        jsonschema.validate(found, json.loads((site / schema.lstrip("/")).read_text(encoding="utf-8")))
    assert json.loads((site / "data" / "changes.json").read_text(encoding="utf-8"))["changes"]
    assert json.loads((site / "data" / "figures.json").read_text(encoding="utf-8"))["filed_month"] == 3


def test_every_item_and_version_fits_the_item_schema(site: Path) -> None:
    schema = json.loads((site / "data" / "item.schema.json").read_text(encoding="utf-8"))
    files = [*(site / "data" / "items").glob("*.json"), *(site / "data" / "versions").glob("*.json")]
    assert len(files) >= 2
    for path in files:
        jsonschema.validate(json.loads(path.read_text(encoding="utf-8")), schema)
    assert '"/data/item.schema.json"' in (site / "data" / "index.html").read_text(encoding="utf-8")
