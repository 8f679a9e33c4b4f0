"""How fast search is: build, load, one-item update and queries over 1,513, 2,500 and 25,000 documents.

Run `python -m bench.search_speed [SIZE…]`. Queries are the plain names of the items; "cold" asks each once in a
fresh process state (postings read from disk), "warm" asks them again.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bench.guangdong_documents import SOURCE, published_items, repeated
from bench.search_quality import split_queries
from search_index import SearchIndex, build, open_index, update


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def percentile(seconds: list[float], share: float) -> float:
    """In milliseconds."""
    ordered = sorted(seconds)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def ask_all(index: SearchIndex, queries: list[str]) -> list[float]:
    return [timed(lambda query=query: index.search(query, spelling=False)) for query in queries]  # type: ignore[misc]


def measure(size: int) -> None:
    items = published_items()
    queries = list(split_queries(items))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        built = timed(lambda: build(folder, repeated(items, size)))
        bytes_on_disk = sum(path.stat().st_size for path in folder.iterdir())
        one = next(repeated(items, size))
        updated = timed(lambda: update(folder, [replace(one, title=one.title + "(改)")]))
        loaded = timed(lambda: open_index(folder).close())
        with open_index(folder) as index:
            cold = ask_all(index, queries)
            warm = ask_all(index, queries)
            typed = [timed(lambda query=query: index.suggest(query[:2])) for query in queries]  # type: ignore[misc]
    print(
        f"{size} documents: build {built:.1f} s, {bytes_on_disk / 1e6:.1f} MB, load {loaded:.2f} s, "
        f"one-item update {updated:.2f} s"
    )
    for label, seconds in (("cold", cold), ("warm", warm), ("type-ahead", typed)):
        print(
            f"  {label:10} p50 {percentile(seconds, 0.5):6.1f} ms   p99 {percentile(seconds, 0.99):6.1f} ms"
        )


def main() -> int:
    if not SOURCE.is_file():
        print("shared/data/guangdong-items.jsonl is not here")
        return 1
    for size in [int(text) for text in sys.argv[1:]] or [1513, 2500, 25000]:
        measure(size)
    return 0


if __name__ == "__main__":
    sys.exit(main())
