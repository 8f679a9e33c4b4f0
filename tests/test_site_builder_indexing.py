"""The index follows the items: what is planned for which change, done beside the build or in it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from catalog.codes import Codes, load_codes
from catalog.reader import read
from catalog.root import Root
from rules.errors import Invalid
from search_index import IndexProcess, open_index, wait_for_edits
from site_builder.compile import build
from site_builder.indexing import Indexing, Planned, plan
from tests.site_builder_fixtures import FULL, FULL_CODE, HOSTILE_CODE, IMMEDIATE_CODE, make_root, write


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root(make_root(tmp_path / "county"))


@pytest.fixture
def codes() -> Codes:
    return load_codes()


def follow(root: Root, codes: Codes, stamp: str = "s") -> None:
    """One whole run of the index, as a build does it."""
    with Indexing(root.path / "site", read(root, hold=False), codes, stamp) as indexing:
        indexing.begin()
        indexing.finish()


def planned(root: Root, codes: Codes, stamp: str = "s") -> Planned | None:
    return plan(root.path / "site", read(root, hold=False), codes, stamp)


def titles(planned: Planned | None) -> list[str]:
    """The documents that would be indexed."""
    assert planned is not None
    return [] if planned.job is None else [document.title for document in planned.job.documents()]


def found(root: Root, query: str) -> list[str]:
    with open_index(root.path / "site" / "data" / "index") as index:
        return [hit.code for hit in index.search(query).hits]


def test_everything_is_indexed_at_first_and_nothing_when_nothing_changed(root: Root, codes: Codes) -> None:
    first = planned(root, codes)
    assert first is not None
    assert first.job is not None
    assert first.job.whole
    assert len(titles(first)) == 3
    follow(root, codes)
    assert planned(root, codes) is None
    assert found(root, "开饭店")[0] == FULL_CODE


def test_only_the_document_that_changed_is_indexed_again(root: Root, codes: Codes) -> None:
    follow(root, codes)
    write(
        root.items / "market" / "food.yml", FULL.replace("name: 食品经营许可（新办）", "name: 餐饮甲乙丙许可")
    )
    changed = planned(root, codes)
    assert titles(changed) == ["餐饮甲乙丙许可"]
    assert changed is not None
    assert changed.job is not None
    assert not changed.job.whole
    follow(root, codes)
    assert found(root, "餐饮甲乙丙许可")[0] == FULL_CODE
    assert planned(root, codes) is None


def test_an_edit_of_what_cannot_be_found_leaves_the_index_alone(root: Root, codes: Codes) -> None:
    follow(root, codes)
    before = (root.path / "site" / "data" / "index" / "index.json").read_bytes()
    write(root.items / "market" / "food.yml", FULL.replace("promised: {days: 7}", "promised: {days: 5}"))
    assert titles(planned(root, codes)) == []
    follow(root, codes)
    assert (root.path / "site" / "data" / "index" / "index.json").read_bytes() == before
    assert planned(root, codes) is None


@pytest.mark.parametrize("change", ["deleted", "draft", "department"])
def test_an_item_that_is_no_longer_shown_is_no_longer_found(root: Root, codes: Codes, change: str) -> None:
    follow(root, codes)
    path = root.items / "health" / "old-age.yml"
    if change == "deleted":
        path.unlink()
    elif change == "draft":
        write(path, path.read_text("utf-8") + "status: draft\n")
    else:
        (root.items / "health" / "department.yml").unlink()
    follow(root, codes)
    assert IMMEDIATE_CODE not in found(root, "老年优待证办理")
    assert planned(root, codes) is None


def test_a_draft_is_found_when_it_comes_into_force(root: Root, codes: Codes) -> None:
    path = root.items / "health" / "old-age.yml"
    text = path.read_text("utf-8")
    write(path, text + "status: draft\n")
    follow(root, codes)
    assert IMMEDIATE_CODE not in found(root, "老年优待证办理")
    write(path, text)
    follow(root, codes)
    assert IMMEDIATE_CODE in found(root, "老年优待证办理")


def test_a_department_with_a_new_name_is_found_by_it(root: Root, codes: Codes) -> None:
    follow(root, codes)
    path = root.items / "health" / "department.yml"
    write(path, path.read_text("utf-8").replace("name: 试县卫健局", "name: 试县卫生健康和体育局", 1))
    assert titles(planned(root, codes)) == ["老年优待证办理"]
    follow(root, codes)
    with open_index(root.path / "site" / "data" / "index") as index:
        names = {hit.department_name for hit in index.search("老年优待证").hits if hit.code == IMMEDIATE_CODE}
    assert names == {"试县卫生健康和体育局"}


def test_another_program_makes_all_documents_and_indexes_those_that_came_out_different(
    root: Root, codes: Codes
) -> None:
    follow(root, codes, "one")
    again = planned(root, codes, "two")
    assert again is not None
    assert again.job is None
    follow(root, codes, "two")
    assert planned(root, codes, "two") is None


def test_another_tokenizer_indexes_everything_anew(
    root: Root, codes: Codes, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow(root, codes)
    monkeypatch.setattr("site_builder.indexing._engine", lambda: "another")
    again = planned(root, codes)
    assert again is not None
    assert again.job is not None
    assert again.job.whole


@pytest.mark.parametrize("gone", ["made-from", "index.json"])
def test_an_index_that_somebody_took_parts_of_is_made_anew(root: Root, codes: Codes, gone: str) -> None:
    follow(root, codes)
    (root.path / "site" / "data" / "index" / gone).unlink()
    again = planned(root, codes)
    assert again is not None
    assert again.job is not None
    assert again.job.whole
    follow(root, codes)
    assert found(root, "开饭店")[0] == FULL_CODE


def test_synonyms_of_the_county_reach_the_index_without_a_document(root: Root, codes: Codes) -> None:
    follow(root, codes)
    write(root.content / "synonyms.yml", "entries:\n  - say: [整个馆子]\n    find: [食品经营]\n")
    assert titles(planned(root, codes)) == []
    follow(root, codes)
    assert FULL_CODE in found(root, "整个馆子")
    assert planned(root, codes) is None


def test_of_two_items_with_one_code_the_one_with_a_page_is_found(root: Root, codes: Codes) -> None:
    write(root.items / "market" / "second.yml", FULL.replace("食品经营许可（新办）", "另一个名称的许可"))
    follow(root, codes)
    with open_index(root.path / "site" / "data" / "index") as index:
        hits = [hit for hit in index.search("另一个名称的许可").hits if hit.code == FULL_CODE]
    assert all(hit.title == "食品经营许可（新办）" for hit in hits)
    assert planned(root, codes) is None


def test_a_process_that_dies_costs_time_and_nothing_else(root: Root, codes: Codes) -> None:
    with Indexing(root.path / "site", read(root, hold=False), codes, "s") as indexing:
        process = indexing._process
        assert process is not None
        assert process._process is not None
        os.kill(process._process.pid, signal.SIGKILL)
        process._process.wait()
        indexing.begin()
        indexing.finish()
    assert found(root, "开饭店")[0] == FULL_CODE


def test_without_a_second_python_the_index_is_made_in_the_first(
    root: Root, codes: Codes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/no/such/python")
    follow(root, codes)
    assert found(root, "开饭店")[0] == FULL_CODE


def test_a_process_that_waits_for_edits_indexes_them_itself_and_a_whole_county_beside(
    root: Root, codes: Codes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search_index.process._waits_for_edits", False)
    wait_for_edits()
    with Indexing(root.path / "site", read(root, hold=False), codes, "s") as indexing:
        assert indexing._process is not None
        assert indexing._process._process is not None
        indexing.begin()
        indexing.finish()
    path = root.items / "market" / "food.yml"
    write(path, FULL.replace("食品经营许可（新办）", "小餐饮店登记"))
    with Indexing(root.path / "site", read(root, hold=False), codes, "s") as indexing:
        assert indexing._process is not None
        assert indexing._process._process is None
        indexing.begin()
        indexing.finish()
    assert found(root, "小餐饮店登记")[0] == FULL_CODE
    assert planned(root, codes) is None


def test_a_build_that_is_refused_leaves_the_index_as_it_was(root: Root) -> None:
    build(root)
    folder = root.path / "site" / "data" / "index"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    (root.items / "market" / "hostile.yml").unlink()
    write(root.content / "notices" / "no-head.md", "没有题头\n")
    with pytest.raises(Invalid):
        build(root, strict=True)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    build(root)
    assert HOSTILE_CODE not in found(root, "script")


def test_a_build_that_fails_half_way_leaves_no_process_and_no_file(
    root: Root, codes: Codes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    indexing = Indexing(root.path / "site", read(root, hold=False), codes, "s")

    def half_way() -> None:
        with indexing:
            indexing.begin()
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError):
        half_way()
    assert indexing._process is not None
    assert indexing._process._process is not None
    assert indexing._process._process.returncode is not None
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "waits"),
    [("food.yml", False), ("new.yml", True), ("hostile.yml", True), ("../../content/synonyms.yml", True)],
)
def test_a_build_that_dies_after_indexing_is_made_good_though_the_sources_were_put_back(
    root: Root, codes: Codes, monkeypatch: pytest.MonkeyPatch, name: str, waits: bool
) -> None:
    monkeypatch.setattr("search_index.process._waits_for_edits", waits)
    follow(root, codes)
    path = root.items / "market" / name
    before = path.read_text("utf-8") if path.is_file() else None
    edited = {
        "food.yml": FULL.replace("食品经营许可（新办）", "改了名称的许可"),
        "new.yml": FULL.replace(FULL_CODE, "NEW-0001").replace("食品经营许可（新办）", "新添的许可"),
        "hostile.yml": FULL.replace(FULL_CODE, HOSTILE_CODE).replace('"1.2"', '"1.3"\nstatus: draft'),
        "../../content/synonyms.yml": "entries:\n  - say: [整个馆子]\n    find: [食品经营]\n",
    }
    write(path, edited[name])
    with Indexing(root.path / "site", read(root, hold=False), codes, "s") as indexing:
        indexing.begin()
        assert indexing._process is not None
        indexing._process.finish()
    if before is None:
        path.unlink()
    else:
        write(path, before)
    again = planned(root, codes)
    assert again is not None
    assert again.job is not None
    assert not again.job.whole
    follow(root, codes)
    assert found(root, "开饭店")[0] == FULL_CODE
    assert HOSTILE_CODE in found(root, "script")
    assert "NEW-0001" not in found(root, "新添的许可")
    assert found(root, "整个馆子") == []
    with open_index(root.path / "site" / "data" / "index") as index:
        assert [h.title for h in index.search("食品经营许可").hits if h.code == FULL_CODE] == [
            "食品经营许可（新办）"
        ]
    assert planned(root, codes) is None


def test_a_job_that_is_never_begun_ends_by_itself(root: Root, codes: Codes) -> None:
    first = planned(root, codes)
    assert first is not None
    assert first.job is not None
    process = IndexProcess(first.job)
    assert process._process is not None
    process._process.communicate()
    assert process._process.returncode == 2
    assert not (root.path / "site").exists()
