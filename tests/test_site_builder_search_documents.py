"""From items to an index that follows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.codes import load_codes
from catalog.reader import read
from catalog.root import Root
from catalog.schema import Item, Material, Result
from catalog.synonyms import load_synonyms
from search_index import open_index
from site_builder.search_documents import IndexReport, index_items, item_document, item_documents


def make_item(**changes: object) -> Item:
    values: dict[str, object] = {
        "code": "11990121MB000000014990123001000",
        "name": "食品摊贩登记",
        "type": "01",
        "department": "market",
        "plain_names": ("摆摊证",),
        "themes_personal": ("106",),
        "themes_business": ("202",),
        "applicants": ("1",),
        "purpose": "在固定时段摆小吃摊",
        "materials": (Material(name="健康证明"),),
        "result": Result(name="食品摊贩登记证"),
    }
    return Item.model_validate({**values, **changes})


def test_a_document_carries_names_facets_and_the_papers_of_its_item() -> None:
    document = item_document(make_item(), "青禾县市场监督管理局", load_codes())
    assert (document.title, document.plain_names) == ("食品摊贩登记", ("摆摊证",))
    assert document.themes == ("106", "202")
    assert set(document.keywords) == {"食品摊贩登记证", "健康证明"}
    assert "摆小吃摊" in document.body
    assert ("type", "01", "行政许可") in document.labels
    assert ("theme", "106", "就业创业") in document.labels


def test_the_hash_changes_with_what_can_be_found_and_only_with_that() -> None:
    codes = load_codes()
    one = item_document(make_item(), "某局", codes).version_hash
    assert item_document(make_item(), "某局", codes).version_hash == one
    assert item_document(make_item(purpose="别的话"), "某局", codes).version_hash != one
    assert item_document(make_item(), "另一局", codes).version_hash != one
    assert item_document(make_item(popular=True), "某局", codes).version_hash == one


def test_drafts_and_abolished_items_are_not_indexed(small_root: Path) -> None:
    reading = read(Root(small_root), cache=False)
    shown = {document.code for document in item_documents(reading, load_codes())}
    hidden = {each.item.code for each in reading.items if each.item.status in ("draft", "abolished")}
    assert shown == {each.item.code for each in reading.items} - hidden


def test_the_index_follows_the_items_and_rests_when_nothing_changed(small_root: Path, tmp_path: Path) -> None:
    root, codes = Root(small_root), load_codes()
    first = read(root, cache=False)
    if not first.items:
        pytest.skip("the sample county has no items yet")
    report = index_items(tmp_path, first, codes)
    assert report == IndexReport(len(first.items), len(first.items), 0, rebuilt=True)
    manifest = (tmp_path / "data/index/index.json").read_bytes()
    assert index_items(tmp_path, first, codes) == IndexReport(len(first.items), 0, 0, rebuilt=False)
    assert (tmp_path / "data/index/index.json").read_bytes() == manifest
    path, name = first.items[0].path, first.items[0].item.name
    path.write_text(path.read_text(encoding="utf-8").replace(name, "甲乙丙丁登记"), encoding="utf-8")
    assert index_items(tmp_path, read(root, cache=False), codes).changed == 1
    with open_index(tmp_path / "data/index") as index:
        assert index.search("甲乙丙丁登记").hits[0].title.startswith("甲乙丙丁登记")
    path.unlink()
    assert index_items(tmp_path, read(root, cache=False), codes).removed == 1


def test_synonyms_of_the_county_reach_the_index(small_root: Path, tmp_path: Path) -> None:
    (small_root / "content" / "synonyms.yml").write_text(
        "entries:\n  - say: [整个摊子]\n    find: [居民身份证]\n", encoding="utf-8"
    )
    root = Root(small_root)
    reading = read(root, cache=False)
    index_items(tmp_path, reading, load_codes(), ())
    index_items(tmp_path, reading, load_codes(), load_synonyms(root))
    with open_index(tmp_path / "data/index") as index:
        assert index.search("整个摊子").expanded[0].terms == ("居民身份证",)
