"""How dates, money, names and other people's Markdown read."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from catalog.schema import Limit
from presentation.cleaning import clean_html, markdown_html, plain_text, split_front_matter
from presentation.dates import date_cn, datetime_cn, duration, limit_text, money, seconds_cn, size_cn
from presentation.masking import masked_address, masked_id, masked_name, masked_phone


def test_dates_name_the_weekday() -> None:
    assert date_cn(date(2026, 12, 3)) == "2026年12月3日（周四）"
    assert date_cn("2026-12-03", weekday=False) == "2026年12月3日"
    assert date_cn(None) == ""


def test_moments_are_shown_in_shanghai_time() -> None:
    assert datetime_cn(datetime(2026, 12, 2, 16, 30, tzinfo=UTC)) == "2026年12月3日 00:30"
    assert datetime_cn("2026-12-03T09:05:00+08:00") == "2026年12月3日 09:05"
    assert date_cn(datetime(2026, 12, 2, 16, 30, tzinfo=UTC)) == "2026年12月3日（周四）"
    assert datetime_cn("2026-12-03") == "2026年12月3日"


def test_durations_say_their_unit_and_nothing_is_on_the_spot() -> None:
    assert duration(7) == "7个工作日"
    assert duration(15, "day") == "15天"
    assert duration(0) == "当场办结"
    assert limit_text(Limit(days=20)) == "20个工作日"
    assert limit_text(None) == "法律未规定"
    assert [seconds_cn(n) for n in (30, 300, 3_660, 183_600)] == [
        "不到1分钟",
        "5分钟",
        "1小时1分钟",
        "2天3小时",
    ]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (80, "¥80"),
        ("1280.5", "¥1,280.50"),
        (Decimal("0"), "¥0"),
        (None, ""),
        ("面议", "面议"),
        ("NaN", "NaN"),
    ],
)
def test_money(value: Decimal | int | str | None, said: str) -> None:
    assert money(value) == said


def test_sizes() -> None:
    assert [size_cn(n) for n in (10, 327_680, 1_500_000)] == ["10 字节", "320 KB", "1.4 MB"]


def test_personal_data_is_masked_but_recognisable() -> None:
    assert [masked_name(n) for n in ("", "张", "张三", "张小明", "青禾示例商贸有限公司")] == [
        "", "张", "张*", "张*明", "青禾****公司",
    ]  # fmt: skip
    long = {
        "阿卜杜拉提": "阿***提", "古丽·努尔": "古***尔", "买买提•艾力江": "买****江", "司马.中心": "司***心",
        "青禾县市场监督管理局": "青禾****理局", "青禾示例商贸有限公司（分店）": "青禾****店）", "示例老友饭店": "示例****饭店",
    }  # fmt: skip
    assert {name: masked_name(name) for name in long} == long
    assert masked_name("示例园艺场", True) == "示***场"
    assert masked_name("青禾示例便民生活驿", False) == "青禾****活驿"
    assert masked_id("99012119900307001X") == "9901***********01X"
    assert masked_id("12345") == "*****"
    assert masked_phone("13800000000") == "138****0000"
    assert masked_phone("0000-5550123") == "0000-***0123"
    assert masked_address("青禾县城关镇人民路20号") == "青禾县城关镇人****"


def test_scripts_styles_frames_and_foreign_pictures_are_cut_out() -> None:
    hostile = (
        "# 题\n<script>alert(1)</script><iframe src=//x></iframe><p style='color:red' onclick=x>文</p>"
        "\n\n![p](http://other.example/a.png) ![p](//other.example/b.png) ![ok](/a.png) [l](javascript:alert(1))"
    )
    cleaned = markdown_html(hostile)
    for wrong in ("script", "iframe", "style", "onclick", "other.example", "javascript", "<h1"):
        assert wrong not in cleaned
    assert '<img src="/a.png"' in cleaned or 'src="/a.png"' in cleaned
    assert "<h2>题</h2>" in cleaned
    assert clean_html("<b>x") == "<b>x</b>"


def test_tables_of_departments_survive() -> None:
    assert "<td>2</td>" in markdown_html("|a|b|\n|-|-|\n|1|2|")


def test_front_matter_is_cut_off_the_top() -> None:
    front = split_front_matter("\ufeff---\ntitle: 甲\n---\n正文 --- 不动\n")
    assert (front.head, front.body) == ("title: 甲", "正文 --- 不动\n")
    assert split_front_matter("没有题头").head == ""


def test_plain_text_is_short_and_without_marks() -> None:
    assert plain_text("**粗** <script>x()</script>[链接](/a)") == "粗 链接"
    assert len(plain_text("字" * 500)) == 120


@pytest.mark.parametrize(
    "address",
    ["//else.where/a.png", "https://else.where/a.png", "/\\else.where/a.png", "\\\\else.where/a.png", "data:image/png,x",
     "h&#10;ttps://else.where/a.png", "/&#9;/else.where/a.png", "&#1;//else.where/a.png", " \t//else.where/a.png"],
)  # fmt: skip
def test_no_picture_is_fetched_from_another_host_however_a_browser_reads_its_address(address: str) -> None:
    assert "src" not in clean_html(f'<p><img src="{address}" alt="图"></p>')
