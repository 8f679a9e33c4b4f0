"""The measured goal on real letters and answers (skipped where ../shared is absent): guarded on a smaller sample."""

from __future__ import annotations

from pathlib import Path

from bench.letters_quality import baseline, halves, measure, ours, real_letters


def test_the_right_earlier_answer_is_found_more_often_than_by_bigrams(shared_data: Path) -> None:
    letters = real_letters(shared_data / "letters.jsonl")
    assert len(letters) == 1463
    _, other = halves(letters)
    asked = other[:150]
    own, base = measure(ours(letters), asked), measure(baseline(letters), asked)
    assert own.ten >= 75
    assert own.ten >= base.ten + 1
    assert own.first >= base.first - 2  # three letters among 150
