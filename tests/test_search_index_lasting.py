"""What a search holds for long is no matter for the collection of garbage, and is let go of without it."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from unittest.mock import patch

import pytest
from search_index_fixtures import COUNTY, SYNONYMS, document

from search_index import build, open_index, ranking, update
from search_index.lasting import lasting


@pytest.fixture
def no_collection() -> Iterator[None]:
    enabled = gc.isenabled()
    gc.disable()
    yield
    if enabled:
        gc.enable()


@pytest.fixture
def collection() -> Iterator[None]:
    """On, as in a server: a build made by another test in this process has switched it off to its end."""
    enabled = gc.isenabled()
    gc.enable()
    yield
    if not enabled:
        gc.disable()


@pytest.mark.usefixtures("collection")
def test_what_lasts_is_set_aside_from_collection_and_collection_goes_on_after_it() -> None:
    with lasting():
        assert not gc.isenabled()
        made = [["一"] for _ in range(1000)]
    assert gc.isenabled()
    assert not any(each is made for each in gc.get_objects())


@pytest.mark.usefixtures("no_collection")
def test_collection_that_was_off_stays_off() -> None:
    with lasting():
        pass
    assert not gc.isenabled()


@pytest.mark.usefixtures("no_collection")
def test_a_replaced_edition_is_freed_at_once_without_any_collection(tmp_path: Path) -> None:
    build(tmp_path, COUNTY, SYNONYMS)
    with open_index(tmp_path) as index:
        index.search("饭馆营业正照")
        index.suggest("开")
        state = index._state
        held = [weakref.ref(each) for each in (state, state.snapshot, state.speller)]
        del state
        update(tmp_path, [document(900, "新来的事项")])
        assert index.search("新来的事项").total
        assert [each() for each in held] == [None] * len(held)


def test_documents_that_come_too_late_to_be_counted_change_no_answer(tmp_path: Path) -> None:
    words = ("食品", "药品", "道路", "住房", "水利", "工程", "经营", "运输", "建设", "许可证")
    titles = ("".join(each) for each in product(words, words, ("许可", "变更", "注销", "备案")))
    build(tmp_path, [document(number, title) for number, title in enumerate(titles)])
    with open_index(tmp_path, remembered=0) as index:
        for query in ("食品经营许可证", "道路运输工程建设许可备案", "水利工程", "许可", "药店关门注销许可证"):
            quick = index.search(query, limit=100)
            with patch.object(ranking, "_floor", return_value=0.0):
                assert index.search(query, limit=100) == quick
