"""The cache of items: a file nobody touched is not opened, every other one is read, and damage costs only time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from catalog.reader import Reading, read
from catalog.root import Root
from catalog.yaml_writing import yaml_text
from tests.catalog_fixtures import make_item, make_root, write_item

LONG_AGO = 1_700_000_000


def settled(root: Root) -> None:
    """All item files as if written long ago: only then does the cache trust their times."""
    for path in root.items.rglob("*.yml"):
        os.utime(path, (LONG_AGO, LONG_AGO))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Root:
    """Three items, read once. Change times cannot be set back, so the span that is not trusted is set to nothing."""
    monkeypatch.setattr("catalog.item_cache._UNSETTLED_NS", 0)
    made = make_root(tmp_path / "c")
    for number in range(3):
        write_item(made, f"i{number}", yaml_text(make_item(code=f"100{number}", name=f"许可甲{number}")))
    settled(made)
    read(made, hold=False)
    return made


def names(reading: Reading) -> list[str]:
    return [loaded.item.name for loaded in reading.items]


def opened(root: Root, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The item files that a reading opens."""
    found: list[str] = []
    before = Path.read_bytes

    def watched(path: Path) -> bytes:
        if path.parent.name == "market" and path.name != "department.yml":
            found.append(path.name)
        return before(path)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", watched)
        read(root, hold=False)
    return found


def test_a_file_nobody_touched_is_not_opened_again(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    assert opened(root, monkeypatch) == []
    assert names(read(root, hold=False)) == ["许可甲0", "许可甲1", "许可甲2"]


def test_the_same_content_with_a_new_time_is_read_and_is_the_same(
    root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read(root).items
    os.utime(root.items / "market" / "i1.yml", (LONG_AGO + 60, LONG_AGO + 60))
    assert opened(root, monkeypatch) == ["i1.yml"]
    after = read(root).items
    assert after == before
    assert [loaded.item for loaded in after] == [loaded.item for loaded in before]


def test_other_content_of_the_same_size_and_time_is_noticed(root: Root) -> None:
    path = root.items / "market" / "i1.yml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("许可甲1", "许可乙1"), "utf-8")
    os.utime(path, (LONG_AGO, LONG_AGO))
    assert names(read(root, hold=False)) == ["许可甲0", "许可乙1", "许可甲2"]


def test_a_file_put_in_the_place_of_another_with_its_size_and_time_is_noticed(root: Root) -> None:
    path = root.items / "market" / "i1.yml"
    other = path.with_suffix(".new")
    other.write_text(path.read_text("utf-8").replace("许可甲1", "许可丙1"), "utf-8")
    os.utime(other, (LONG_AGO, LONG_AGO))
    os.replace(other, path)
    assert names(read(root, hold=False))[1] == "许可丙1"


def test_a_file_written_just_now_is_read_again_for_its_times_may_not_tell_the_next_write(
    root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.item_cache._UNSETTLED_NS", 3_000_000_000)
    path = root.items / "market" / "i1.yml"
    path.write_text(path.read_text("utf-8") + "# 注\n", "utf-8")
    read(root, hold=False)
    assert "i1.yml" in opened(root, monkeypatch)


def test_files_renamed_and_swapped_keep_their_own_content(root: Root) -> None:
    market = root.items / "market"
    os.rename(market / "i0.yml", market / "x.yml")
    os.rename(market / "i2.yml", market / "i0.yml")
    os.rename(market / "x.yml", market / "i2.yml")
    found = {loaded.path.name: loaded.item.name for loaded in read(root, hold=False).items}
    assert found == {"i0.yml": "许可甲2", "i1.yml": "许可甲1", "i2.yml": "许可甲0"}


def test_a_deleted_file_is_gone_and_one_that_comes_back_is_there_again(root: Root) -> None:
    path = root.items / "market" / "i1.yml"
    data = path.read_bytes()
    path.unlink()
    assert names(read(root, hold=False)) == ["许可甲0", "许可甲2"]
    path.write_bytes(data)
    assert names(read(root, hold=False)) == ["许可甲0", "许可甲1", "许可甲2"]


def test_one_edit_adds_one_line_and_many_edits_do_not_make_the_cache_grow(root: Root) -> None:
    cache = next((root.state / "cache").glob("items-*.jsonl"))
    path = root.items / "market" / "i1.yml"
    text = path.read_text("utf-8")
    for turn in range(20):
        path.write_text(text.replace("许可甲1", f"许可{turn}"), "utf-8")
        read(root, hold=False)
    assert len(cache.read_text("utf-8").split("\n")) <= 6
    assert names(read(root, hold=False))[1] == "许可19"


@pytest.mark.parametrize("hold", [True, False])
def test_a_damaged_line_costs_a_parse_and_nothing_else(root: Root, hold: bool) -> None:
    cache = next((root.state / "cache").glob("items-*.jsonl"))
    lines = cache.read_text("utf-8").split("\n")
    key, department, code, _ = lines[2].split(" ", 3)
    cache.write_text("\n".join([*lines[:2], f'{key} {department} {code} {{"name": 1', *lines[3:]]), "utf-8")
    assert names(read(root, hold=hold)) == ["许可甲0", "许可甲1", "许可甲2"]
    # Cut off in the middle, as by a full disk.
    cache.write_text("\n".join([*lines[:2], f"{key} {department}"]), "utf-8")
    assert names(read(root, hold=hold)) == ["许可甲0", "许可甲1", "许可甲2"]


def test_a_file_in_the_wrong_folder_is_told_though_its_content_is_known(root: Root) -> None:
    other = root.items / "health"
    other.mkdir()
    department = (root.items / "market" / "department.yml").read_text("utf-8")
    (other / "department.yml").write_text(department.replace("id: market", "id: health"), "utf-8")
    os.rename(root.items / "market" / "i1.yml", other / "i1.yml")
    reading = read(root, hold=False)
    assert names(reading) == ["许可甲0", "许可甲2"]
    assert [problem.path for problem in reading.problems] == ["items/health/i1.yml"]
