"""What of an item can be found."""

from __future__ import annotations

from catalog.codes import load_codes
from catalog.schema import Item, Material, Result
from site_builder.search_documents import item_document


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
