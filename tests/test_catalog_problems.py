"""What is told of a file stays readable, whatever somebody wrote into it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from catalog.checking import check_root
from catalog.problems import LONGEST, Problem, in_order, shortened
from tests.catalog_fixtures import GOOD, TODAY, make_root, write_item


def test_a_message_shows_the_beginning_of_a_long_value_and_the_advice_after_it() -> None:
    told = Problem("a.yml", 3, "document", f"没有文书模板 {'9' * 5000}，可用的有：correction")
    assert len(told.message) == LONGEST
    assert told.message.startswith("没有文书模板 9999")
    assert told.message.endswith("9999，可用的有：correction")
    assert "……" in told.message
    assert len(str(Problem("a.yml", 3, "x." * 4000, "太" * 4000))) < 1100


@pytest.mark.parametrize("length", [LONGEST - 1, LONGEST, LONGEST + 1])
def test_only_what_is_longer_than_the_longest_is_cut(length: int) -> None:
    text = "一" * length
    cut = shortened(text)
    assert (cut == text) is (length <= LONGEST)
    assert len(cut) == min(length, LONGEST)
    assert shortened(cut) == cut


def test_problems_cut_to_the_same_words_are_told_once() -> None:
    assert len(in_order(Problem("a.yml", 1, "", "值" * each) for each in (5000, 5000))) == 1


@pytest.mark.parametrize("value", ["9" * 50_000, ["9" * 50_000], {"9" * 50_000: "9" * 50_000}])
def test_no_field_of_an_item_is_told_at_length_whatever_was_written_there(
    tmp_path: Path, value: object
) -> None:
    root = make_root(tmp_path)
    write_item(root, "good", yaml.safe_dump(GOOD, allow_unicode=True))
    for field in GOOD:
        write_item(root, f"long-{field}", yaml.safe_dump({**GOOD, field: value}, allow_unicode=True))
    problems = check_root(root, TODAY).problems
    assert len({each.path for each in problems}) > len(GOOD) // 2
    assert max(len(str(each)) for each in problems) < 2 * LONGEST
