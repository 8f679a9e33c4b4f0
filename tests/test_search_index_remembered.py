"""Answers given before: the same as new ones, and forgotten with the index they came from."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

from search_index_fixtures import COUNTY, SYNONYMS, document

from search_index import FacetFilter, build, open_index, update
from search_index import search as searching
from search_index import snapshot as snapshots


def test_what_was_answered_before_is_given_again_without_searching(tmp_path: Path) -> None:
    build(tmp_path, COUNTY, SYNONYMS)
    with open_index(tmp_path) as index, open_index(tmp_path, remembered=0) as forgetful:
        with patch.object(searching, "score", wraps=searching.score) as scored:
            first = index.search("开饭店")
            searched = scored.call_count
            assert searched
            assert index.search("开饭店") is first
            assert scored.call_count == searched
        assert forgetful.search("开饭店") == first
        assert forgetful.search("开饭店") is not forgetful.search("开饭店")


def test_another_page_filter_or_length_is_another_question(tmp_path: Path) -> None:
    build(tmp_path, COUNTY, SYNONYMS)
    with open_index(tmp_path) as index, open_index(tmp_path, remembered=0) as forgetful:
        department = COUNTY[0].department
        for options in (
            {},
            {"limit": 1},
            {"limit": 1, "page": 2},
            {"facets": FacetFilter(department=(department,))},
            {"spelling": False},
        ):
            assert index.search("登记", **options) == forgetful.search("登记", **options)  # type: ignore[arg-type]


def test_an_answer_does_not_outlive_its_index(tmp_path: Path) -> None:
    build(tmp_path, COUNTY, SYNONYMS)
    with open_index(tmp_path) as index:
        assert not any(hit.title == "养蜂备案" for hit in index.search("养蜂").hits)
        update(tmp_path, [document(77, "养蜂备案")])
        assert index.search("养蜂").hits[0].title == "养蜂备案"


def test_what_was_not_asked_for_longest_is_forgotten(tmp_path: Path) -> None:
    build(tmp_path, COUNTY, SYNONYMS)
    with open_index(tmp_path, remembered=2) as index:
        first, _ = index.search("低保"), index.search("饭店")
        assert index.search("低保") is first
        third = index.search("摆摊")
        assert index.search("低保") is first
        assert index.search("摆摊") is third
        index.search("饭店")
        assert index.search("低保") is not first


def test_words_no_document_has_do_not_fill_the_memory(tmp_path: Path) -> None:
    build(tmp_path, COUNTY, SYNONYMS)
    with open_index(tmp_path) as index, patch.object(snapshots, "MOST_ABSENT", 50):
        snapshot = index._current().snapshot
        index.search("登记")
        held = len(snapshot._impacts)
        assert held
        nowhere = snapshot.impacts("鼋")
        for start in range(0x9000, 0x9300, 100):
            index.search("".join(map(chr, range(start, start + 100))))
        assert len(snapshot._impacts) < held + 20
        assert len(snapshot._absent) <= 50
        assert snapshot.impacts("鼍") is snapshot.impacts("鼍") is nowhere
        assert not nowhere.documents
        assert nowhere.rarity > snapshot.impacts("登").rarity
