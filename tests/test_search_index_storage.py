"""Building and updating: one item at a time, never half an index."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from search_index_fixtures import COUNTY, SYNONYMS, document

from search_index import IndexMissing, Results, Synonym, build, indexed_state, open_index, update

QUERIES = (
    "食品经营许可",
    "登记",
    "开饭店",
    "身份证",
    "低保",
    "spjyxk",
    "户口",
    "养老",
    "许可变更",
    "11990121MB0000",
)


def answers(folder: Path) -> dict[str, Results]:
    with open_index(folder) as index:
        return {query: index.search(query, limit=50) for query in QUERIES}


def test_item_by_item_updates_answer_exactly_like_a_build_of_the_same_documents(tmp_path: Path) -> None:
    final = [
        *COUNTY[1:9],
        replace(COUNTY[9], title="养老机构备案(变更)"),
        document(20, "食品生产许可", ("办食品厂",)),
    ]
    build(tmp_path / "whole", final, SYNONYMS)
    build(tmp_path / "steps", COUNTY[:6], SYNONYMS)
    for each in COUNTY[6:]:
        update(tmp_path / "steps", [each])
    update(tmp_path / "steps", [final[8]], [COUNTY[10].code])
    update(tmp_path / "steps", [final[9]], [COUNTY[0].code, COUNTY[11].code, "unknown"])
    assert answers(tmp_path / "steps") == answers(tmp_path / "whole")


def test_a_changed_item_is_found_by_its_new_words_only(tmp_path: Path) -> None:
    build(tmp_path, COUNTY)
    with open_index(tmp_path) as index:
        update(tmp_path, [replace(COUNTY[8], title="婚姻关系登记", plain_names=())])
        assert index.search("婚姻关系").hits[0].title == "婚姻关系登记"
        assert "结婚登记" not in [hit.title for hit in index.search("结婚").hits]
        assert len(index) == len(COUNTY)


def test_a_removed_item_is_gone_from_search_type_ahead_and_codes(tmp_path: Path) -> None:
    build(tmp_path, COUNTY)
    update(tmp_path, removed_codes=[COUNTY[8].code])
    with open_index(tmp_path) as index:
        assert "结婚登记" not in [hit.title for hit in index.search("结婚登记", limit=50).hits]
        assert index.suggest("结婚") == ()
        assert index.search(COUNTY[8].code).total == 0


def test_new_synonyms_replace_the_old_without_touching_a_document(tmp_path: Path) -> None:
    build(tmp_path, COUNTY, SYNONYMS)
    with open_index(tmp_path) as index:
        assert index.search("开饭店").expanded
        update(tmp_path, synonyms=[Synonym(("扯证",), ("结婚登记",))])
        assert not index.search("开饭店").expanded
        assert index.search("扯证").hits[0].title == "结婚登记"
    update(tmp_path, [COUNTY[0]])
    assert indexed_state(tmp_path).synonyms == (Synonym(("扯证",), ("结婚登记",)),)


def test_the_state_names_every_document_and_its_version(tmp_path: Path) -> None:
    build(tmp_path, COUNTY, SYNONYMS)
    state = indexed_state(tmp_path)
    assert state.version_hashes == {each.code: each.version_hash for each in COUNTY}


def test_the_last_of_documents_with_one_code_counts(tmp_path: Path) -> None:
    assert build(tmp_path, [COUNTY[0], replace(COUNTY[0], title="另一个名称")]) == 1
    with open_index(tmp_path) as index:
        assert index.search("另一个名称").hits[0].code == COUNTY[0].code


def test_an_empty_county_can_be_built_searched_and_filled(tmp_path: Path) -> None:
    build(tmp_path, [])
    with open_index(tmp_path) as index:
        assert index.search("低保").total == 0
        update(tmp_path, [COUNTY[7]])
        assert index.search("低保").total == 1


def test_updating_where_nothing_was_built_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing):
        update(tmp_path, COUNTY)
    with pytest.raises(IndexMissing):
        update(tmp_path / "nowhere", COUNTY)


def test_a_failed_build_leaves_the_old_index_and_no_rubbish(tmp_path: Path) -> None:
    build(tmp_path, COUNTY)
    before = {path.name for path in tmp_path.iterdir()}

    def broken() -> object:
        yield COUNTY[0]
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError):
        build(tmp_path, broken())  # type: ignore[arg-type]
    assert {path.name for path in tmp_path.iterdir()} == before
    with open_index(tmp_path) as index:
        assert index.search("结婚登记").hits


def test_a_document_that_cannot_be_indexed_changes_nothing(tmp_path: Path) -> None:
    build(tmp_path, COUNTY)
    with pytest.raises((TypeError, AttributeError)):
        update(tmp_path, [replace(COUNTY[0], title=None)])  # type: ignore[arg-type]
    update(tmp_path, [COUNTY[1]])
    with open_index(tmp_path) as index:
        assert len(index) == len(COUNTY)


def test_a_manifest_of_another_version_counts_as_no_index(tmp_path: Path) -> None:
    build(tmp_path, COUNTY)
    manifest = tmp_path / "index.json"
    manifest.write_text(
        manifest.read_text(encoding="utf-8").replace('"schema_version": ', '"schema_version": 9'), "utf-8"
    )
    with pytest.raises(IndexMissing):
        open_index(tmp_path)
    build(tmp_path, COUNTY)
    with open_index(tmp_path) as index:
        assert len(index) == len(COUNTY)


def test_old_files_are_cleared_away_by_a_build(tmp_path: Path) -> None:
    build(tmp_path, COUNTY)
    count = len(list(tmp_path.iterdir()))
    for _ in range(3):
        build(tmp_path, COUNTY)
    assert len(list(tmp_path.iterdir())) == count


def test_readers_see_a_whole_index_while_others_build_and_update(tmp_path: Path) -> None:
    build(tmp_path, COUNTY, SYNONYMS)
    faults: list[BaseException | str] = []
    done = threading.Event()

    def ask() -> None:
        try:
            while not done.is_set():
                with open_index(tmp_path) as index:
                    for query in QUERIES:
                        results = index.search(query, limit=50)
                        if not results.hits:
                            faults.append(query)
                    if len(index) != len(COUNTY):
                        faults.append(f"{len(index)} documents")
        except BaseException as error:
            faults.append(error)

    readers = [threading.Thread(target=ask) for _ in range(3)]
    for reader in readers:
        reader.start()
    for turn in range(6):
        update(tmp_path, [replace(each, body=f"第{turn}版") for each in COUNTY[:3]])
        build(tmp_path, COUNTY, SYNONYMS)
    done.set()
    for reader in readers:
        reader.join()
    assert faults == []


def test_one_shared_index_follows_changes_under_many_threads(tmp_path: Path) -> None:
    build(tmp_path, COUNTY, SYNONYMS)
    faults: list[BaseException] = []
    with open_index(tmp_path) as index:

        def ask() -> None:
            try:
                for _ in range(15):
                    for query in QUERIES:
                        assert index.search(query).hits
            except BaseException as error:
                faults.append(error)

        askers = [threading.Thread(target=ask) for _ in range(4)]
        for asker in askers:
            asker.start()
        for turn in range(5):
            update(tmp_path, [replace(COUNTY[turn], body="新")])
        for asker in askers:
            asker.join()
    assert faults == []


def test_one_item_of_2500_is_updated_without_the_others_being_written_again(tmp_path: Path) -> None:
    many = [
        document(number, f"{COUNTY[number % 12].title}第{number}类", COUNTY[number % 12].plain_names)
        for number in range(2500)
    ]
    build(tmp_path, many)
    with open_index(tmp_path) as index:
        index.search("食品")
        before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.seg")}
        update(tmp_path, [replace(many[7], title="全新事项名称甲乙丙")])
        hits = index.search("全新事项名称甲乙丙").hits
    assert hits[0].code == many[7].code
    assert before
    assert {path: path.stat().st_mtime_ns for path in before} == before
