"""Values of other systems: limits, phones, numbered lists, yes and no; nothing is guessed in silence."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.import_values import (
    Unreadable,
    chinese_number,
    plain,
    read_day,
    read_integer,
    read_limit,
    read_money,
    read_phone,
    read_url,
    read_yes_no,
    split_by,
    split_numbered,
)
from catalog.schema import Limit


@pytest.mark.parametrize(
    ("text", "days", "unit", "odd"),
    [
        ("20(工作日)", 20, "workday", False),
        ("20（工作日）", 20, "workday", False),
        ("90(自然日)", 90, "day", False),
        ("20个工作日", 20, "workday", False),
        ("２０ 个工作日", 20, "workday", False),
        ("二十个工作日", 20, "workday", False),
        ("自受理之日起20个工作日内", 20, "workday", False),
        ("法定20个工作日", 20, "workday", False),
        ("即办", 0, "workday", False),
        ("即办件", 0, "workday", False),
        ("当场办结", 0, "workday", False),
        ("0个工作日", 0, "workday", False),
        ("半天", 0, "workday", False),
        ("7日", 7, "workday", True),
        ("一百八十日", 180, "workday", True),
        ("20", 20, "workday", True),
        ("3个月", 90, "day", True),
        ("1年", 365, "day", True),
        ("2周", 14, "day", True),
        ("一个半月", 45, "day", True),
        ("15-20个工作日", 20, "workday", True),
        ("2小时", 0, "workday", True),
        ("10个工作日，听证后5个工作日", 10, "workday", True),
        ("30日，延期后45日", 30, "workday", True),
        ("二十个工作日，听证后五个工作日", 20, "workday", True),
        ("20个工作日（自受理之日起）", 20, "workday", False),
        ("20个工作日(受理后计算)", 20, "workday", False),
        ("20个工作日(依据2023年第15号文)", 20, "workday", False),
        ("1个工作日（材料齐全后）", 1, "workday", False),
        ("自收到一套齐全材料之日起20个工作日", 20, "workday", False),
        ("收到第三方报告后10个工作日", 10, "workday", False),
        ("一般程序受理后，二十个工作日", 20, "workday", False),
    ],
)
def test_limits_are_read_with_their_unit_and_oddities_told(
    text: str, days: int, unit: str, odd: bool
) -> None:
    read = read_limit(text, "workday")
    assert isinstance(read.value, Limit)
    assert (read.value.days, read.value.unit, bool(read.oddity)) == (days, unit, odd)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("20个工作日(不含公示)", "不含公示"),
        ("20个工作日（自受理之日起）", "自受理之日起"),
        ("10个工作日，听证后5个工作日", "听证后5个工作日"),
    ],
)
def test_what_stands_behind_a_limit_is_kept_as_its_note(text: str, note: str) -> None:
    read = read_limit(text, "workday")
    assert isinstance(read.value, Limit)
    assert read.value.note == note


def test_a_second_limit_in_the_same_cell_is_told() -> None:
    assert "不止一个时限" in read_limit("30日，延期后45日", "day").oddity


def test_a_bare_day_is_what_the_mapping_says() -> None:
    assert read_limit("30日", "day").value == Limit(days=30, unit="day")


@pytest.mark.parametrize("text", ["不限", "以文件为准", "五千年", "约定"])
def test_limits_without_meaning_are_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        read_limit(text, "workday")


@pytest.mark.parametrize(
    ("text", "value", "odd"),
    [
        ("0000-5550012", "0000-5550012", False),
        ("0000—5550012", "0000-5550012", False),
        ("（0000）5550012", "0000-5550012", False),
        ("0000-5550012；0000-5550013", "0000-5550012、0000-5550013", False),
        ("0000-5550012转1", "0000-5550012转1", False),
        ("(8620)5555 0123", "020-55550123", False),
        ("电话投诉：0000-5550012。", "0000-5550012", True),
        ("020-123456789", "020-123456789", True),
        ("000-12333-9-3", "000-12333-9-3", False),
        ("138 0013 8000", "13800138000", False),
        ("138-0013-8000", "13800138000", False),
        ("+86 138 0013 8000", "13800138000", False),
        ("1380 013 8000(王示例)", "13800138000", True),
        ("0991 1234567(办公室)", "0991-1234567", True),
        ("0991 123 4567", "0991-1234567", False),
        ("0991 1234 5678", "0991-12345678", False),
        ("010 12345678", "010-12345678", False),
        ("(010)1234 5678；(0991)123 4567", "010-12345678、0991-1234567", False),
        ("0991 12345(投诉)", "0991-12345", True),
        ("400 123 4567(客服)", "400-123-4567", True),
        ("0991-1234567-8901", "0991-1234567-8901", False),
        ("0000-5550012 13800138000", "0000-5550012 13800138000", False),
        ("5550012 5550013", "5550012 5550013", False),
        ("555 0012", "5550012", False),
    ],
)
def test_phones_are_made_uniform_and_odd_ones_kept(text: str, value: str, odd: bool) -> None:
    read = read_phone(text)
    assert (read.value, bool(read.oddity)) == (value, odd)


def test_a_long_phone_column_keeps_as_many_numbers_as_fit() -> None:
    text = "、".join(f"0000-555{number:04d}" for number in range(10)) + "受理时间周一至周五"
    value = str(read_phone(text).value)
    assert len(value) <= 60
    assert value.count("0000-") == 4
    with pytest.raises(Unreadable):
        read_phone("请到大厅当面咨询" * 20)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("1.甲;2.乙;3、丙", ["甲", "乙", "丙"]),
        ("（一）甲；（二）乙", ["甲", "乙"]),
        ("一、甲\n二、乙(1)一(2)二", ["甲", "乙(1)一(2)二"]),
        ("①甲②乙", ["甲", "乙"]),
        ("须知：1.甲 2.乙", ["须知：", "甲", "乙"]),
        ("按2020年1.5元收", ["按2020年1.5元收"]),
        ("第一步申请 第二步受理", ["申请", "受理"]),
        ("甲\n乙", ["甲", "乙"]),
        ("3.乙 4.丙", ["3.乙 4.丙"]),
    ],
)
def test_numbered_lists_are_split_at_numbers_that_count_up(text: str, parts: list[str]) -> None:
    assert split_numbered(text) == parts


def test_other_ways_to_split() -> None:
    assert split_by("甲，乙、丙;丁；戊", "list") == ["甲", "乙", "丙", "丁", "戊"]
    assert split_by("甲 / 乙", r"\s*/\s*") == ["甲", "乙"]


def test_html_is_taken_away_but_angle_brackets_in_titles_stay() -> None:
    assert plain("<p>甲&nbsp;</p><p>乙<br/>丙</p>") == "甲\n乙\n丙"
    assert plain("关于印发<办法>的通知") == "关于印发<办法>的通知"


@pytest.mark.parametrize(
    ("reader", "text", "value"),
    [
        (read_yes_no, "支持", True),
        (read_yes_no, "不支持", False),
        (read_integer, "2次", 2),
        (read_integer, "二次", 2),
        (read_money, "每证80元", "80"),
        (read_money, "1.2万元", "12000"),
        (read_day, "2026/3/1 12:00:00", "2026-03-01"),
        (read_url, "https://example.com/a?b=1", "https://example.com/a?b=1"),
    ],
)
def test_simple_kinds(reader: Any, text: str, value: object) -> None:
    read = reader(text).value
    assert (float(read) == float(str(value))) if reader is read_money else read == value


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        (read_yes_no, "也许"),
        (read_integer, "几次"),
        (read_money, "80-120元"),
        (read_day, "待定"),
        (read_url, "javascript:x"),
    ],
)
def test_simple_kinds_refuse_what_they_do_not_know(reader: Any, text: str) -> None:
    with pytest.raises(Unreadable):
        reader(text)


@pytest.mark.parametrize(
    ("text", "number"), [("十", 10), ("二十", 20), ("一百零五", 105), ("两", 2), ("甲", None)]
)
def test_chinese_numbers(text: str, number: int | None) -> None:
    assert chinese_number(text) == number


@given(st.text(max_size=60))
def test_readers_of_any_text_either_read_or_say_unreadable(text: str) -> None:
    for reader in (lambda each: read_limit(each, "workday"), read_phone, read_money, read_integer, read_day):
        try:
            reader(text)
        except Unreadable:
            continue
    assert isinstance(plain(text), str)
    assert all(isinstance(part, str) for part in split_numbered(text))
