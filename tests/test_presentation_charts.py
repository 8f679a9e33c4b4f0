"""Charts: the table says what the drawing says, hostile names stay text, the vendored script is the publisher's."""

from __future__ import annotations

import hashlib
import json
import re

import pytest
from lxml import html

from presentation.body_templates import templates
from presentation.charts import Chart, Series, bars, lines, number_text, stacked
from presentation.page import ASSETS

VENDOR = ASSETS / "vendor"


def figure(chart: Chart, arguments: str = "") -> html.HtmlElement:
    source = '{% import "macros/charts.html" as charts %}{{ charts.chart(chart' + arguments + ") }}"
    return html.fromstring(templates().from_string(source).render(chart=chart))


def test_every_vendored_file_is_listed_with_its_licence_and_unchanged() -> None:
    listed = json.loads((VENDOR / "vendor.json").read_text(encoding="utf-8"))
    known = {name: digest for package in listed for name, digest in package["files"].items()}
    there = {path.name for path in VENDOR.iterdir()} - {"vendor.json"}
    assert there == set(known)
    for name, digest in known.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest, name
    for package in listed:
        assert package["version"]
        assert package["licence"]
        assert any("LICENSE" in name for name in package["files"]), package["name"]


def test_the_vendored_script_asks_for_nothing_the_policy_forbids() -> None:
    text = (VENDOR / "echarts.common.min.js").read_text(encoding="utf-8")
    assert not re.search(r"\beval\(|new Function\(", text)
    own = (ASSETS / "charts.js").read_text(encoding="utf-8")
    assert not re.search(r"https?://|eval\(|innerHTML|document\.write|setAttribute\(\"style\"", own)


def test_the_table_beside_a_chart_says_the_same_numbers() -> None:
    made = figure(bars("a", "办结", ["甲局", "乙局"], [("办结", [1234, None]), ("受理", [1, 0])], unit="件"))
    cells = [[cell.text_content() for cell in row.xpath("./*")] for row in made.xpath(".//tbody/tr")]
    assert cells == [["甲局", "1,234", "1"], ["乙局", "—", "0"]]
    data = json.loads(made.get("data-chart"))
    assert data["categories"] == ["甲局", "乙局"]
    assert [each["values"] for each in data["series"]] == [[1234, None], [1, 0]]


def test_without_script_the_table_is_open_and_the_drawing_absent() -> None:
    made = figure(lines("a", "办结", ["1月"], [("办结", [3])]))
    assert made.xpath(".//details")[0].get("open") is not None
    assert made.xpath(".//*[contains(@class, 'chart-canvas')]")[0].get("hidden") is not None


def test_hostile_names_stay_text() -> None:
    made = figure(bars("a", "<b>题", ['"><script>x</script>'], [("='x", [1])], hrefs=["/hall/?a=1&b=2"]))
    assert not made.xpath(".//script|.//b")
    assert made.xpath(".//tbody//a/@href") == ["/hall/?a=1&b=2"]


def test_a_chart_without_numbers_says_so() -> None:
    made = figure(bars("a", "办结", ["甲局"], [("办结", [None])]))
    assert made.get("data-chart") is None
    assert "没有可以画的数" in made.text_content()


def test_a_row_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="应有 2 个数"):
        stacked("a", "牌", ["甲", "乙"], [Series("黄牌", (1,), "yellow")])
    with pytest.raises(ValueError, match="应有 2 个链接"):
        stacked("a", "牌", ["甲", "乙"], [Series("黄牌", (1, 2))], hrefs=["/x"])


def test_long_names_or_many_lie_across() -> None:
    assert bars("a", "x", ["市场监督管理局"], [("n", [1])]).across
    assert not bars("a", "x", ["公安局"], [("n", [1])]).across
    assert bars("a", "x", [str(n) for n in range(9)], [("n", range(9))]).across


def test_numbers_read_as_people_write_them() -> None:
    assert number_text(1234.56, 1) == "1,234.6"
    assert number_text(0) == "0"
    assert number_text(None, 2) == "—"
