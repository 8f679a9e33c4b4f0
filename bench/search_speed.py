"""Search beside Whoosh's own searcher and SQLite FTS5, over the same tokens, at 2,500 and 25,000 documents.

    python -m bench.search_speed [SIZE…] [--queries 200] [--rounds 5] [--json]

Queries are plain names people use, evenly taken from the list. All three find every document with any token of the
query, rank it (ours by its own weights; the peers by BM25 over the same five fields) and answer with ten titles. They
are asked in turns, a round each. Building, loading, one update and type-ahead are measured beside it.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from whoosh.query import Or, Term
from whoosh.searching import Searcher

from bench.guangdong_documents import SOURCE, published_items, repeated
from bench.search_quality import split_queries
from search_index import Document, build, open_index, update
from search_index.storage import open_reader
from search_index.tokens import tokenize
from search_index.tuning import TEXT_FIELDS

Ask = Callable[[str], int]


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def asked(work: Callable[[], object]) -> float:
    """Seconds of processor time of this thread: all three answer from memory, and the machine may be shared."""
    start = time.thread_time()
    work()
    return time.thread_time() - start


def percentile(seconds: list[float], share: float) -> float:
    """In milliseconds."""
    ordered = sorted(seconds)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@contextmanager
def ours(folder: Path) -> Iterator[Ask]:
    """A page of ten with highlights, reasons, facet counts and the total, as the search page asks for it."""
    with open_index(folder, remembered=0) as index:
        yield lambda query: len(index.search(query, spelling=False).hits)


@contextmanager
def whoosh(folder: Path) -> Iterator[Ask]:
    """Whoosh's searcher on the very same index: BM25F over the five fields, any token."""
    _, reader = open_reader(folder)
    searcher = Searcher(reader)

    def ask(query: str) -> int:
        terms = {token.term for token in tokenize(query)}
        found = searcher.search(Or([Term(field, term) for field in TEXT_FIELDS for term in terms]), limit=10)
        return len([hit["facts"]["title"] for hit in found])

    try:
        yield ask
    finally:
        searcher.close()


@contextmanager
def fts5(folder: Path, documents: list[Document]) -> Iterator[Ask]:
    """SQLite FTS5, the same tokens joined by blanks: ranked OR, ten titles."""
    connection = sqlite3.connect(folder / "fts5.db")
    columns = ", ".join(TEXT_FIELDS)
    connection.execute(
        f"CREATE VIRTUAL TABLE docs USING fts5(name UNINDEXED, {columns}, tokenize='unicode61')"
    )
    connection.executemany(
        f"INSERT INTO docs (name, {columns}) VALUES (?{', ?' * len(TEXT_FIELDS)})",
        ((each.title, *(" ".join(terms) for terms in _fields(each))) for each in documents),
    )
    connection.execute("INSERT INTO docs (docs) VALUES ('optimize')")
    connection.commit()
    sql = "SELECT name FROM docs WHERE docs MATCH ? ORDER BY rank LIMIT 10"

    def ask(query: str) -> int:
        terms = {token.term for token in tokenize(query)}
        return len(connection.execute(sql, (" OR ".join(f'"{term}"' for term in sorted(terms)),)).fetchall())

    try:
        yield ask
    finally:
        connection.close()


def _fields(document: Document) -> Iterator[list[str]]:
    """As search_index cuts them: single characters in the short fields only."""
    yield [token.term for token in tokenize(document.title)]
    yield [token.term for name in document.plain_names for token in tokenize(name)]
    yield [token.term for word in document.keywords for token in tokenize(word)]
    yield [token.term for token in tokenize(document.department_name, chars=False)]
    yield [token.term for token in tokenize(document.body[:1500], chars=False)]


def measure(size: int, count: int, rounds: int) -> dict[str, float]:
    """Milliseconds a query (medians of the rounds' percentiles) and seconds of building, by name."""
    items = published_items()
    queries = list(split_queries(items))
    queries = queries[:: max(1, len(queries) // count)][:count]
    documents = list(repeated(items, size))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        built = timed(lambda: build(folder, documents))
        size_mb = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
        changed = replace(documents[0], title=documents[0].title + "（改）")
        updated = timed(lambda: update(folder, [changed]))
        loaded = timed(lambda: open_index(folder).close())
        found: dict[str, float] = {
            "build_s": round(built, 1),
            "index_mb": round(size_mb, 1),
            "update_one_s": round(updated, 2),
            "load_s": round(loaded, 2),
        }
        with ours(folder) as a, whoosh(folder) as b, fts5(folder, documents) as c:
            taken: dict[str, list[list[float]]] = {"ours": [], "whoosh": [], "fts5": []}
            for _ in range(rounds):
                for label, ask in (("ours", a), ("whoosh", b), ("fts5", c)):
                    taken[label].append([asked(lambda ask=ask, query=query: ask(query)) for query in queries])  # type: ignore[misc]
        with open_index(folder, remembered=0) as index:
            typed = [asked(lambda query=query: index.suggest(query[:2])) for query in queries]  # type: ignore[misc]
    for label, all_rounds in taken.items():
        for share, word in ((0.5, "p50"), (0.99, "p99")):
            values = [percentile(one, share) for one in all_rounds]
            found[f"{label}_{word}_ms"] = round(statistics.median(values), 3)
            found[f"{label}_{word}_spread_ms"] = round(max(values) - min(values), 3)
    found["type_ahead_p99_ms"] = round(percentile(typed, 0.99), 2)
    found["whoosh_over_ours_p50"] = round(found["whoosh_p50_ms"] / found["ours_p50_ms"], 2)
    found["fts5_over_ours_p99"] = round(found["fts5_p99_ms"] / found["ours_p99_ms"], 2)
    return {f"{key}@{size}": value for key, value in found.items()}


def main() -> int:
    """Prints what was measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sizes", type=int, nargs="*", default=[2_500, 25_000])
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not SOURCE.is_file():
        print("shared/data/guangdong-items.jsonl is not here", file=sys.stderr)
        return 1
    for size in options.sizes:
        found = measure(size, options.queries, options.rounds)
        print(
            json.dumps(found)
            if options.json
            else "\n".join(f"{key:<36}{each:>12}" for key, each in found.items())
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
