"""Published letters on the portal: on the item they are about, in a list with pages, as data; broken ones are told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from catalog.problems import Problem
from catalog.root import Root
from site_builder.compile import build
from site_builder.letters import PublicLetter, read_letters
from tests.handlers_fixtures import FOOD


def entry(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "number": f"QHZ20260302{number:04d}", "kind": "consultation", "department": "market",
        "department_name": "青禾县市场监督管理局", "item": FOOD, "received": "2026-03-02", "answered": "2026-03-04",
        "title": f"第{number}个问题", "content": "开店要什么证？<script>alert(1)</script>", "answer": "请办理许可。", "settled": None,
        **changes,
    }  # fmt: skip


@pytest.fixture
def county(built_county: Path, tmp_path: Path) -> Path:
    shutil.copytree(built_county, tmp_path / "county", dirs_exist_ok=True)
    return tmp_path / "county"


def publish(county: Path, *letters: Any) -> tuple[str, ...]:
    folder = county / "published"
    folder.mkdir(exist_ok=True)
    (folder / "letters.json").write_text(json.dumps({"letters": letters}), encoding="utf-8")
    built = build(Root(county), site=county / "site", index=False)
    return tuple(str(each) for each in built.problems if "letters.json" in each.path)


def test_an_items_page_says_what_others_asked_and_the_list_has_pages(county: Path) -> None:
    assert (
        publish(county, *(entry(number) for number in range(1, 41)), entry(50, item=None, title="另一件事"))
        == ()
    )
    item = (county / "site" / "items" / FOOD / "index.html").read_text("utf-8")
    assert "别人问过的" in item
    assert "第40个问题" in item
    assert "第1个问题" not in item
    assert "<script>alert" not in item
    first = (county / "site" / "letters" / "index.html").read_text("utf-8")
    second = (county / "site" / "letters" / "page" / "2" / "index.html").read_text("utf-8")
    assert "另一件事" in first
    assert "第1个问题" in second
    page = (county / "site" / "letters" / "QHZ202603020001" / "index.html").read_text("utf-8")
    assert "请办理许可" in page
    assert len(json.loads((county / "site" / "data" / "letters.json").read_text("utf-8"))) == 41


def test_every_page_of_the_list_tells_how_many_there_are_now(county: Path) -> None:
    later = [entry(number, answered="2026-03-05") for number in range(11, 41)]
    publish(county, *later, *(entry(number) for number in range(1, 3)))
    first = county / "site" / "letters" / "index.html"
    assert "共 32 件" in first.read_text("utf-8")
    publish(county, *later, *(entry(number) for number in range(1, 4)))
    assert "共 33 件" in first.read_text("utf-8")


def read(folder: Path, text: str) -> tuple[tuple[PublicLetter, ...], list[Problem]]:
    (folder / "letters.json").write_text(text, encoding="utf-8")
    problems: list[Problem] = []
    return read_letters(folder, problems), problems


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": "../../etc/passwd"},
        {"number": "x"},
        {"answered": "soon"},
        {"title": None},
        {"content": ["a"]},
    ],
)
def test_a_broken_letter_is_told_and_the_others_are_shown(tmp_path: Path, wrong: dict[str, Any]) -> None:
    found, problems = read(tmp_path, json.dumps({"letters": [entry(1), {**entry(2), **wrong}]}))
    assert [each.title for each in found] == ["第1个问题"]
    assert [(each.path, each.severity) for each in problems] == [("published/letters.json", "warning")]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"letters": 1}', '{"letters": null}'])
def test_a_broken_file_is_a_warning_and_the_list_is_empty(tmp_path: Path, text: str) -> None:
    found, problems = read(tmp_path, text)
    assert found == ()
    assert [each.path for each in problems] == ["published/letters.json"]
