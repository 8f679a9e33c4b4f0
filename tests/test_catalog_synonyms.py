"""Synonym files: the packaged one is sound, a county's own comes first."""

from __future__ import annotations

from pathlib import Path

from catalog.problems import Problem
from catalog.root import Root
from catalog.synonyms import load_synonyms


def write(root: Path, text: str) -> Root:
    (root / "content" / "synonyms.yml").write_text(text, encoding="utf-8")
    return Root(root)


def test_the_packaged_file_has_enough_entries_and_says_nothing_twice() -> None:
    problems: list[Problem] = []
    entries = load_synonyms(problems=problems)
    phrases = [phrase for entry in entries for phrase in entry.say]
    assert problems == []
    assert len(entries) >= 150
    assert len(phrases) == len(set(phrases))
    assert {"开饭店", "生小孩上户口", "盖房子", "低保", "摆摊"} <= set(phrases)
    assert all(phrase.count("*") <= 1 for phrase in phrases)


def test_a_phrase_the_county_explains_itself_leaves_the_packaged_entry(small_root: Path) -> None:
    root = write(small_root, "entries:\n  - say: [开饭店]\n    find: [本县特有的许可]\n")
    entries = load_synonyms(root)
    assert [entry.find for entry in entries if "开饭店" in entry.say] == [("本县特有的许可",)]
    assert any("开餐馆" in entry.say for entry in entries)


def test_a_faulty_county_file_is_reported_with_its_line_and_left_out(small_root: Path) -> None:
    problems: list[Problem] = []
    root = write(small_root, "entries:\n  - say: [甲]\n    find: []\n  - says: [乙]\n    find: [丙]\n")
    assert load_synonyms(root, problems) == load_synonyms()
    assert {problem.path for problem in problems} == {"content/synonyms.yml"}
    assert all(problem.line > 1 for problem in problems)


def test_a_phrase_written_twice_is_a_warning(small_root: Path) -> None:
    problems: list[Problem] = []
    load_synonyms(
        write(small_root, "entries:\n  - {say: [甲甲], find: [乙]}\n  - {say: [甲甲], find: [丙]}\n"),
        problems,
    )
    assert [(problem.severity, problem.field) for problem in problems] == [("warning", "entries[1].say")]
