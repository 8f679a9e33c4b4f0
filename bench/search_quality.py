"""How often search finds the right item: the plain names of 1,513 published items asked as queries.

Run `python -m bench.search_quality`. Two indexes are made, with the plain names and without them
("withheld": the words must be understood from title, main item, materials and conditions alone).

How an answer is judged
- split: each distinct name between commas, spaces and the like, without 无 and single characters, is one query;
  whole: each distinct value of the field as it was written is one query.
- lenient (the measure): a query is a hit when *any* item that carries the name stands first / in the first ten.
- strict: one query per pair of name and item, and only that very item counts. Eleven items that share one
  name can then have one first place at most; "possible" is the share that any ranking could reach.
- hidden: only queries that are part of no carrying item's title.
Ties have no luck in them: equal scores are ordered by depth, then code.
No synonyms are loaded. A baseline (bigrams, BM25 over the title) is printed beside it.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bench.guangdong_documents import SOURCE, PublishedItem, published_items
from search_index import SearchIndex, build, open_index
from search_index.text import fold, runs

Answer = Callable[[str], list[str]]
Wanted = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Rates:
    """Percentages, rounded to a tenth."""

    queries: int
    first: float
    ten: float


def split_queries(items: Iterable[PublishedItem]) -> Wanted:
    return _gather((name, item.document.code) for item in items for name in item.plain_names)


def whole_queries(items: Iterable[PublishedItem]) -> Wanted:
    return _gather((item.written, item.document.code) for item in items if item.plain_names)


def _gather(pairs: Iterable[tuple[str, str]]) -> Wanted:
    wanted: defaultdict[str, set[str]] = defaultdict(set)
    for query, code in pairs:
        wanted[query].add(code)
    return {query: frozenset(wanted[query]) for query in sorted(wanted)}


def lenient(answers: Mapping[str, list[str]], wanted: Wanted) -> Rates:
    first = sum(answers[query][:1] != [] and answers[query][0] in codes for query, codes in wanted.items())
    ten = sum(not codes.isdisjoint(answers[query][:10]) for query, codes in wanted.items())
    return _rates(len(wanted), first, ten)


def strict(answers: Mapping[str, list[str]], wanted: Wanted) -> Rates:
    pairs = [(query, code) for query, codes in wanted.items() for code in codes]
    first = sum(answers[query][:1] == [code] for query, code in pairs)
    ten = sum(code in answers[query][:10] for query, code in pairs)
    return _rates(len(pairs), first, ten)


def possible(wanted: Wanted) -> Rates:
    """What a perfect ranking would reach when judged strictly."""
    pairs = sum(len(codes) for codes in wanted.values())
    return _rates(pairs, len(wanted), sum(min(10, len(codes)) for codes in wanted.values()))


def hidden(wanted: Wanted, titles: Mapping[str, str]) -> Wanted:
    return {
        query: codes for query, codes in wanted.items() if not any(query in titles[code] for code in codes)
    }


def _rates(count: int, first: int, ten: int) -> Rates:
    return Rates(count, round(100 * first / max(1, count), 1), round(100 * ten / max(1, count), 1))


def bigram_baseline(texts: Mapping[str, str]) -> Answer:
    """BM25 (k1 1.2, b 0.75) over bigrams of one text a document."""
    codes = list(texts)
    cut = [Counter(_bigrams(texts[code])) for code in codes]
    lengths = [sum(each.values()) for each in cut]
    average = sum(lengths) / len(lengths)
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for number, each in enumerate(cut):
        for term in each:
            holders[term].append(number)

    def answer(query: str) -> list[str]:
        scores: defaultdict[int, float] = defaultdict(float)
        for term in _bigrams(query):
            known = holders.get(term, [])
            rarity = math.log(1 + (len(codes) - len(known) + 0.5) / (len(known) + 0.5))
            for number in known:
                count = cut[number][term]
                scores[number] += (
                    rarity * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * lengths[number] / average))
                )
        return [codes[number] for number in sorted(scores, key=lambda number: (-scores[number], number))]

    return answer


def _bigrams(text: str) -> list[str]:
    return [
        pair
        for _, run in runs(fold(text))
        for pair in ([run[at : at + 2] for at in range(len(run) - 1)] or [run])
    ]


def _ours(index: SearchIndex) -> Answer:
    return lambda query: [hit.code for hit in index.search(query, limit=10, spelling=False).hits]


def measure(answer: Answer, items: tuple[PublishedItem, ...]) -> dict[str, Rates]:
    """All variants for one way of answering."""
    titles = {item.document.code: item.document.title for item in items}
    split, whole = split_queries(items), whole_queries(items)
    answers = {query: answer(query) for query in {*split, *whole}}
    rates = {}
    for name, wanted in (("split", split), ("whole", whole)):
        rates[f"{name}, lenient"] = lenient(answers, wanted)
        rates[f"{name}, hidden"] = lenient(answers, hidden(wanted, titles))
        rates[f"{name}, strict"] = strict(answers, wanted)
        rates[f"{name}, strict, possible"] = possible(wanted)
    return rates


def run(items: tuple[PublishedItem, ...]) -> dict[str, dict[str, Rates]]:
    """Ours and the baseline, with plain names indexed and withheld."""
    found: dict[str, dict[str, Rates]] = {}
    for label, indexed in (("indexed", True), ("withheld", False)):
        documents = [
            replace(item.document, plain_names=item.plain_names if indexed else ()) for item in items
        ]
        with tempfile.TemporaryDirectory() as folder:
            build(Path(folder), documents)
            with open_index(Path(folder), remembered=0) as index:
                found[f"ours, {label}"] = measure(_ours(index), items)
        texts = {each.code: " ".join((each.title, *each.plain_names)) for each in documents}
        found[f"bigram BM25, {label}"] = measure(bigram_baseline(texts), items)
    return found


def main() -> int:
    if not SOURCE.is_file():
        print("shared/data/guangdong-items.jsonl is not here")
        return 1
    found = run(published_items())
    if "--json" in sys.argv:
        print(
            json.dumps({k: {n: [r.queries, r.first, r.ten] for n, r in v.items()} for k, v in found.items()})
        )
        return 0
    for label, rates in found.items():
        print(label)
        for name, rate in rates.items():
            print(f"  {name:24} {rate.queries:5} queries   first {rate.first:5.1f} %   ten {rate.ten:5.1f} %")
    good = found["ours, indexed"]["split, lenient"], found["ours, withheld"]["split, lenient"]
    met = good[0].first >= 92 and good[0].ten >= 99 and good[1].first >= 68 and good[1].ten >= 90
    print("goals met" if met else "goals NOT met", "(indexed 92/99, withheld 68/90; split, lenient)")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
