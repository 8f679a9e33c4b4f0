"""Scoring schemes: the packaged one passes its own examples; every fault is told with file, line and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.root import DEFAULTS, Root
from catalog.scoring import check_scoring, load_scheme, read_schemes, scheme_of, scoring_folders
from rules.errors import Invalid, NotFound

TEXT = (DEFAULTS / "scoring" / "nine-heads.yml").read_text("utf-8")


def faults(tmp_path: Path, text: str, name: str = "nine-heads") -> list[str]:
    (tmp_path / f"{name}.yml").write_text(text, "utf-8")
    return [str(each) for each in read_schemes((tmp_path,)).problems]


def test_the_packaged_scheme_has_nine_heads_of_a_hundred_points_and_passes_its_examples() -> None:
    assert check_scoring(None) == ()
    scheme, data = load_scheme(scoring_folders(None), "nine-heads")
    assert [(each.name, int(each.base)) for each in scheme.heads] == [
        ("政务公开", 10), ("流程规范", 14), ("期限合法", 14), ("收费合理", 8), ("群众满意度", 10), ("服务态度", 10),
        ("监督检查", 14), ("法律责任", 10), ("廉洁", 10),
    ]  # fmt: skip
    assert (scheme.full, scheme.ranked_from, len(scheme.examples) > 15) == (100, 30, True)
    assert all(each.source for each in scheme.measures)
    assert scheme_of(data) == scheme


@pytest.mark.parametrize(("old", "new", "said"), [
    ("id: nine-heads", "id: other", "文件名应为 other.yml"),
    ("base: 14", "base: -1", "base"),
    ("way: share", "way: guess", "heads[0].measures[0].way"),
    ("        step: 10\n        points: -1\n", "        points: -1\n", "还要写 step"),
    ("        step: 10\n        points: -1\n", "        step: 0\n        points: -1\n", "step"),
    ("points: -2", "points: 2", "分项里只扣分"),
    ("points: -2", "points: 0", "不能是 0"),
    ("least: 30", "least: 0", "ranked.least"),
    ("id: procedure", "id: openness", "编号 openness 重复"),
    ("id: no_reasons", "id: second_supplement", "编号 second_supplement 重复"),
    ("from: 80", "from: 95", "由高到低"),
    ("name: 不合格, from: 0", "name: 不合格, from: 10", "从 0 分起"),
    ("kind: rating, least: 10", "kind: rating, leats: 10", "leats"),
    ("heads: {limits: 9}", "heads: {limit: 9}", "没有分项 limit"),
    ("heads: {limits: 9}", "heads: {limits: 8}", "应为 8 分，按办法算出 9.00 分"),
    ("total: 90.38", "total: 90.39", "总分应为 90.39 分"),
    ("    ranked: false", "    ranked: true", "不排名"),
    ("heads: {satisfaction: null}", "heads: {satisfaction: 10}", "按办法算出未测评"),
    ("adjustments: {limits_cut: 3}", "adjustments: {limits_cut: 4}", "按办法算出 3.00 分"),
])  # fmt: skip
def test_a_fault_is_told_with_file_line_and_field(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in TEXT
    found = faults(tmp_path, TEXT.replace(old, new, 1))
    assert any(said in each for each in found), found
    assert all(each.split("nine-heads.yml:")[1][0].isdigit() for each in found)


def test_all_faults_of_a_file_come_at_once(tmp_path: Path) -> None:
    text = TEXT.replace("heads: {limits: 9}", "heads: {limits: 8}").replace("total: 90.38", "total: 1")
    assert len(faults(tmp_path, text)) == 2


@pytest.mark.parametrize(("least", "warned"), [(9, True), (10, False), (11, False)])
def test_a_least_number_of_ratings_below_what_a_ledger_holds_is_a_warning(
    tmp_path: Path, least: int, warned: bool
) -> None:
    text = TEXT.replace("kind: rating, least: 10", f"kind: rating, least: {least}")
    (tmp_path / "nine-heads.yml").write_text(text[: text.index("\nexamples:")] + "\n", "utf-8")
    found = read_schemes([tmp_path])
    assert [(each.severity, each.field) for each in found.problems] == (
        [("warning", "heads[4].measured_when[0]")] if warned else []
    )
    assert "nine-heads" in found.schemes


def test_a_county_changes_the_scheme_in_its_own_content(tmp_path: Path) -> None:
    (tmp_path / "county.yml").write_text("name: x\n", "utf-8")
    (tmp_path / "content" / "scoring").mkdir(parents=True)
    own = TEXT.replace('version: "2"', 'version: "2a"')
    (tmp_path / "content" / "scoring" / "nine-heads.yml").write_text(own, "utf-8")
    scheme, _ = load_scheme(scoring_folders(Root(tmp_path)), "nine-heads")
    assert scheme.version.startswith("nine-heads@2a#")


def test_a_missing_or_faulty_scheme_is_told_when_it_is_needed(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="nine-heads"):
        load_scheme(scoring_folders(None), "ten-heads")
    (tmp_path / "broken.yml").write_text("id: [", "utf-8")
    with pytest.raises(Invalid):
        load_scheme((tmp_path,), "broken")
    with pytest.raises(Invalid):
        scheme_of(b"\x00\xff")
