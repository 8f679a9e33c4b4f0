"""The measured goals on the published Guangdong items (skipped where ../shared is absent)."""

from __future__ import annotations

from pathlib import Path

from bench.guangdong_documents import published_items
from bench.search_quality import run


def test_real_plain_names_find_their_items_as_often_as_promised(shared_data: Path) -> None:
    found = run(published_items(shared_data / "guangdong-items.jsonl"))
    indexed, withheld = found["ours, indexed"]["split, lenient"], found["ours, withheld"]["split, lenient"]
    assert indexed.first >= 98
    assert indexed.ten >= 99.5
    assert withheld.first >= 74
    assert withheld.ten >= 93
    for label in ("indexed", "withheld"):
        ours, baseline = found[f"ours, {label}"], found[f"bigram BM25, {label}"]
        assert all(ours[name].ten >= baseline[name].ten for name in ours)
