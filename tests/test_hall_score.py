"""`hall score`: a published ranking from its ledger alone, on any machine; a changed byte noticed; what is published, shown."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from conftest import ROOT

from catalog.scoring_published import EditionList, EditionListed
from hall.cli import group
from rules.score_ledger import LedgerHead, digest, read, write
from rules.score_ranking import as_csv, as_json, month_line, ranking
from tests.score_fixtures import DEPARTMENTS, ledger, scheme

MONTH = "2026-10"


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A county's root with one month published; the folder of its files."""
    root = tmp_path / "county"
    folder = root / "published" / "scores" / MONTH
    folder.mkdir(parents=True)
    (root / "content").mkdir()
    (root / "items").mkdir()
    shutil.copy(ROOT / "county.yml", root / "county.yml")
    chosen, text = scheme()
    data = ledger(7)
    made = ranking(read(data), chosen)
    for ending, content in (
        ("ledger.jsonl", data), ("scheme.yml", text), ("json", as_json(made)), ("csv", as_csv(made)),
    ):  # fmt: skip
        (folder / f"1.{ending}").write_bytes(content)
    listed = EditionListed(
        period=MONTH, label="2026年10月", edition=1, published="2026-11-10T10:00:00+08:00", ledger=digest(data),
        scheme=chosen.version, ranking=digest(as_json(made)),
    )  # fmt: skip
    (folder.parent / "index.json").write_text(EditionList(editions=(listed,)).model_dump_json(), "utf-8")
    return folder


def hall(*arguments: object) -> Result:
    return CliRunner().invoke(group, ["score", *map(str, arguments)])


def test_a_ranking_comes_out_byte_for_byte_elsewhere_without_database_or_installation(
    published: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    for room in ("rules", "catalog", "hall"):
        shutil.copytree(ROOT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__"))
    for zone, locale, seed in (
        ("Pacific/Kiritimati", "C", "1"),
        ("America/Los_Angeles", "zh_CN.GBK", "4242"),
    ):
        environment = {
            "PATH": os.environ["PATH"], "PYTHONPATH": str(copy), "TZ": zone, "LC_ALL": locale, "LANG": locale,
            "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8",
        }  # fmt: skip
        for option, ending in (("--json", "json"), ("--csv", "csv")):
            ran = subprocess.run(
                [sys.executable, "-m", "hall", "score", "--ledger", str(published / "1.ledger.jsonl"), option],
                cwd=tmp_path, env=environment, capture_output=True, timeout=60, check=False,
            )  # fmt: skip
            assert ran.returncode == 0, ran.stderr.decode()
            assert ran.stdout == (published / f"1.{ending}").read_bytes()
            assert "一个字节不差" in ran.stderr.decode()


def test_without_the_ranking_beside_it_the_hash_it_should_have_is_told(published: Path) -> None:
    stated = digest((published / "1.json").read_bytes())
    (published / "1.json").unlink()
    ran = hall("--ledger", published / "1.ledger.jsonl")
    assert ran.exit_code == 0
    assert stated in ran.stderr
    assert digest(ran.stdout_bytes) == stated


@pytest.mark.parametrize(
    ("old", "new"), [(b'"early"', b'"late!"'), (b"2026-10-1", b"2026-10-0"), (b'"level":2', b'"level":1')]
)
def test_a_changed_byte_in_the_ledger_is_noticed(published: Path, old: bytes, new: bytes) -> None:
    place = published / "1.ledger.jsonl"
    place.write_bytes(place.read_bytes().replace(old, new, 1))
    ran = hall("--ledger", place)
    assert ran.exit_code == 1
    assert "账本被改动过" in ran.stderr
    assert ran.stdout == ""


def test_a_ledger_made_up_whole_is_not_the_one_the_ranking_names(published: Path) -> None:
    place = published / "1.ledger.jsonl"
    honest = read(place.read_bytes())
    place.write_bytes(write(honest.head, [each for each in honest.lines if each.kind != "card"][:0]))
    ran = hall("--ledger", place)
    assert ran.exit_code == 1
    assert "账本被改动过，或者不是这一版的" in ran.stderr


def test_a_changed_ranking_is_noticed(published: Path) -> None:
    place = published / "1.json"
    place.write_bytes(place.read_bytes().replace(b'"rank": 2', b'"rank": 1', 1))
    ran = hall("--ledger", published / "1.ledger.jsonl")
    assert ran.exit_code == 1
    assert "排名文件被改动过" in ran.stderr


def test_another_scheme_is_refused_and_a_missing_one_is_asked_for(published: Path) -> None:
    place = published / "1.scheme.yml"
    text = place.read_text("utf-8")
    place.write_text(
        text.replace("points: -5\n        source: 市办法", "points: -4\n        source: 市办法", 1), "utf-8"
    )
    ran = hall("--ledger", published / "1.ledger.jsonl")
    assert ran.exit_code == 1
    place.unlink()
    assert hall("--ledger", published / "1.ledger.jsonl").exit_code == 0  # the packaged one is the very same
    other = write(LedgerHead("青禾县", MONTH, 1, "other@1#00000000", "2026-11-02", DEPARTMENTS))
    (published / "1.ledger.jsonl").write_bytes(other)
    ran = hall("--ledger", published / "1.ledger.jsonl")
    assert ran.exit_code == 1
    assert "缺少评分办法 other@1#00000000" in ran.stderr


def test_a_quarter_recomputes_from_its_months(tmp_path: Path) -> None:
    chosen, text = scheme()
    lines = []
    for number, month in enumerate(("2026-07", "2026-08"), start=1):
        made = read(ledger(number, 300, month))
        lines += [month_line(place, made) for place in ranking(made, chosen).places]
    from dataclasses import replace

    numbered = [replace(line, n=number) for number, line in enumerate(lines, start=1)]
    head = LedgerHead("青禾县", "2026Q3", 1, chosen.version, "2026-10-08", DEPARTMENTS)
    (tmp_path / "1.ledger.jsonl").write_bytes(write(head, months=numbered))
    (tmp_path / "1.scheme.yml").write_bytes(text)
    ran = hall("--ledger", tmp_path / "1.ledger.jsonl")
    assert ran.exit_code == 0
    assert json.loads(ran.stdout)["label"] == "2026年第三季度"


def test_what_is_published_is_shown_as_table_json_and_csv(published: Path) -> None:
    root = published.parents[2]
    table = hall(MONTH, "--root", root).stdout
    assert "第1版，已公布" in table
    assert "档案局" in table
    assert "不排名" in table
    assert hall(MONTH, "--root", root, "--json").stdout_bytes == (published / "1.json").read_bytes()
    assert hall(MONTH, "--root", root, "--csv").stdout_bytes == (published / "1.csv").read_bytes()
    one = json.loads(hall(MONTH, "--root", root, "--department", "police", "--json").stdout)
    assert one["id"] == "police"
    row = hall(MONTH, "--root", root, "--department", "police", "--csv").stdout_bytes
    whole = (published / "1.csv").read_bytes().splitlines(keepends=True)
    assert row == whole[0] + b"".join(line for line in whole[1:] if b",police," in line)
    assert len(row.splitlines()) == 2


def test_wrong_use_is_told(published: Path) -> None:
    place = published / "1.ledger.jsonl"
    for wrong in (
        ["2026-13"],
        ["--ledger", place, MONTH],
        ["--ledger", place, "--live"],
        ["--json", "--csv"],
    ):
        assert hall(*wrong).exit_code == 2, wrong
    assert hall(MONTH, "--root", published.parents[2], "--edition", "9").exit_code == 1
    assert hall(MONTH, "--root", published.parents[2], "--department", "ghost").exit_code == 1
