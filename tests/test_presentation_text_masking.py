"""Whatever could name or find a person is gone from what is public, however it is written; the rest stays as it was."""

from __future__ import annotations

import random

import pytest

from presentation.text_masking import mask_text

PLAIN = (
    "请问办理食品经营许可需要5个工作日吗？",
    "2026年3月2日在市场监管局交了材料，第12号令怎么规定的？",
    "补贴120000元，面积86.5平方米，2026年发放。",
    "投诉工地夜间施工，已经一个星期了。",
)


@pytest.mark.parametrize("text", PLAIN)
def test_what_names_nobody_stays_as_it_was(text: str) -> None:
    assert mask_text(text).text == text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("我叫张三丰，想问一下", "张三丰"),
        ("身份证99012119900307001X丢了", "99012119900307001X"),
        ("身份证 990121 19900307 001X 丢了", "19900307"),
        ("电话０１３８ ００１３ ８００１", "００１３"),
        ("手机138-0013-8001", "0013"),
        ("打一三八零零一三八零零一找我", "一三八零零一三"),
        ("车牌湘A12345被拖走", "A12345"),
        ("新能源车湘AD12345", "AD12345"),
        ("湘 A·1234学 的教练车", "1234学"),
        ("住幸福小区3栋2单元501室", "501"),
        ("人民路8号院3号楼", "8号"),
        ("微信号abc_12345", "abc_12345"),
        ("邮箱 someone@example.com", "someone"),
        ("卡号6222020000001234567", "6222020000001234567"),
        ("窗口的刘主任不理人", "刘主任"),
        ("办件编号QH202603020001", "QH202603020001"),
        ("见 https://example.invalid/a?b=1", "example.invalid"),
        ("我叫阿卜杜拉·买买提想问一下", "阿卜杜拉"),
        ("我叫阿卜杜拉·买买提想问一下", "买买提"),
        ("联系人：晓月 • 示例，请回电", "晓月"),
        ("联系人买买提.艾力", "艾力"),
        ("联系人古丽努尔电话不通", "努尔"),
        ("昨天努尔・艾力江来过", "艾力江"),
    ],
)
def test_what_finds_a_person_is_gone_and_told(text: str, secret: str) -> None:
    masked = mask_text(text)
    assert secret not in masked.text
    assert masked.found


def test_known_names_and_words_by_hand_are_gone_everywhere() -> None:
    masked = mask_text("李示例说，李 示例的店叫示例小馆，李示例签字。", ["李示例"], ["示例小馆", " "])
    assert "李示例" not in masked.text
    assert "示例小馆" not in masked.text
    assert [each.kind for each in masked.found].count("指定词") == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("买买提·艾力", "此致，买买提•艾力"),
        ("买买提·艾力", "买买提.艾力 敬上"),
        ("买买提·艾力", "写信人买买提．艾力"),
        ("买买提·艾力", "买买提艾力"),
        ("买买提艾力", "买买提 · 艾力"),
        ("张三", "署名：张 三"),
        ("张 三", "张三，张　三"),
    ],
)
def test_a_known_name_is_gone_however_it_is_set_apart(name: str, text: str) -> None:
    shown = mask_text(text, [name]).text
    assert not set(shown) & set("买提艾力张三")


def test_a_hostile_name_is_looked_for_in_time() -> None:
    assert mask_text("张 " * 2500, ["张" * 60 + "三"]).text


def test_what_stands_around_a_dotted_name_and_words_at_line_ends_stay() -> None:
    assert mask_text("我叫阿卜杜拉·买买提想问一下低保").text == "我叫某某想问一下低保"
    assert mask_text("他姓李\n明天再来", ["李明"]).text == "他姓李\n明天再来"
    for text in ("请问姓名写错了怎么改", "联系人没有回电话", "价目表：馕·2元", "新区·老区都停水"):
        assert mask_text(text).text == text


def test_no_number_of_a_person_survives_in_any_surrounding() -> None:
    """Numbers of every kind, written together, apart and full-width, among random words."""
    chance = random.Random(7)
    wide = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
    for _ in range(400):
        digits = "".join(chance.choice("0123456789") for _ in range(18))
        number = chance.choice(
            (digits[:17] + "X", digits, "1" + digits[:10], "0" + digits[:3] + "-" + digits[:7])
        )
        written = chance.choice(
            (number, number.translate(wide), " ".join(number), "-".join(number.replace("-", "")))
        )
        text = (
            chance.choice(PLAIN)[:8]
            + chance.choice(("电话", "，", "证号是", " "))
            + written
            + chance.choice(("。", "谢谢", " ", ""))
        )
        shown = mask_text(text).text
        folded = shown.translate(str.maketrans("０１２３４５６７８９", "0123456789"))
        left = "".join(char for char in folded[8:] if char.isdigit())
        assert len(left) <= 2, (text, shown)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x00\u202e",
        "<script>alert(1)</script>",
        "９" * 5000,
        "a@" * 3000,
        "张" * 3000,
        "湘A" * 2000,
        "1 " * 4000,
        "我叫" * 2500,
        "我叫买·" * 1200,
        "买买·" * 1200,
    ],
)
def test_hostile_text_is_masked_in_time_and_twice_is_once(text: str) -> None:
    once = mask_text(text).text
    assert mask_text(once).text == once
