"""Values of other systems made ours: limits with their unit, phones, lists in one cell, yes and no, money."""

from __future__ import annotations

import html
import re
import unicodedata
from decimal import Decimal

from catalog.answer_values import Wrong, clean_text, read_date
from catalog.schema import Limit, Unit
from rules.quick_dataclass import dataclass


class Unreadable(Exception):
    """The value has no meaning for its field; the message says so to the person who imports."""


@dataclass(frozen=True, slots=True)
class Read:
    """A value understood, with what is odd about it (empty: nothing)."""

    value: object
    oddity: str = ""


_TAG = re.compile(
    r"</?(?:p|br|div|span|table|tbody|tr|td|th|li|ul|ol|strong|em|b|i|u|font|a|img|h[1-6])\b[^>]*>", re.I
)
_BREAK = re.compile(r"<(?:br|/p|/div|/tr|/li|/h[1-6])\b[^>]*>", re.I)


def plain(value: object) -> str:
    """Text without tags of HTML, invisible characters and needless blanks. Punctuation stays as written."""
    if isinstance(value, bool):
        return "是" if value else "否"
    text = clean_text(str(value))
    if _TAG.search(text):
        text = html.unescape(_TAG.sub("", _BREAK.sub("\n", text)))
    text = re.sub(r"[ \t\u00a0\u3000]+", " ", text)
    return re.sub(r" ?\n[ \n]*", "\n", text).strip()


_DIGITS = {
    "零": 0,
    "〇": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
_SCALES = {"十": 10, "百": 100, "千": 1000}


def chinese_number(text: str) -> int | None:
    """`二十` -> 20, `一百八十` -> 180; None when it is no such number."""
    total, current = 0, 0
    for character in text:
        if character in _DIGITS:
            current = _DIGITS[character]
        elif character in _SCALES:
            total += (current or 1) * _SCALES[character]
            current = 0
        else:
            return None
    return total + current if text else None


_ON_THE_SPOT = re.compile(
    r"(即办|即时|当场|立等可取|马上办|随到随办|当日|当天|当即|0)(办结|办理|办件|件|可取)?"
)
_LIMIT = re.compile(
    r"(?P<number>\d+(?:\.\d+)?|[零〇一二两三四五六七八九十百千]+)\s*(?P<half>个半)?\s*(?:个|\()?\s*"
    r"(?P<unit>法定工作日|工作日|自然日|日历日|小时|分钟|个?月|星期|周|年|天|日)?(?P<rest>.*)"
)
_NUMERALS = "零〇一二两三四五六七八九十百千"
_SPAN_UNITS = "工作日|自然日|日历日|小时|分钟|月|星期|周|年|天|日"
# `自受理之日起`, `材料齐全后`: from when it runs. A time in front of these words is the limit itself.
_FROM_WHEN = re.compile(
    rf"^(?!\d)(?:自|从)?(?:(?![\d{_NUMERALS}]+(?:\.\d+)?个?半?(?:法定)?(?:{_SPAN_UNITS}|[-~(),;。])).){{0,12}}?"
    r"(?:之日起|后)[,,]?"
)
_ANOTHER = re.compile(rf"(?:(?<!\d)\d{{1,3}}|[{_NUMERALS}]+)个?半?(?:法定)?(?:{_SPAN_UNITS})")
_WORKDAY = {"工作日", "法定工作日"}
_CALENDAR = {"自然日": 1, "日历日": 1, "天": 1, "日": 1, "周": 7, "星期": 7, "月": 30, "个月": 30, "年": 365}


def read_limit(text: str, fallback: Unit) -> Read:
    """`20(工作日)`, `90(自然日)`, `20个工作日`, `二十日`, `即办`, `3个月`. Raises Unreadable.

    A plain 日 or 天 is `fallback`: in the Licensing Law (art. 82) days are working days, elsewhere not.
    """
    folded = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    # What stands around the number is not part of it, but may not be lost either.
    core = _FROM_WHEN.sub("", folded)
    core = re.sub(r"^(?:承诺|法定)?(?:办结)?(?:时限|期限)?[::]?(?:不超过|最长|共)?", "", core)
    if core in ("半天", "半日", "半个工作日"):
        return Read(Limit(days=0, note=text))
    if re.fullmatch(_ON_THE_SPOT.pattern + r"[(个]?(?:工作日|日|天)?\)?", core):
        return Read(Limit(days=0))
    matched = _LIMIT.match(core)
    if matched is None:
        raise Unreadable(f"时限“{text}”看不懂")
    number = _number(matched["number"])
    unit, rest = matched["unit"] or "", re.sub(r"^[(),。; ]+|[(),。; ]+$", "", matched["rest"])
    rest = rest.removesuffix("办结").removesuffix("内").strip("()")
    if number is None:
        raise Unreadable(f"时限“{text}”看不懂")
    note, oddity = rest or None, ""
    span = re.match(r"^[-~至到—](\d+)(?:个)?(.*)$", rest)
    if span and not unit:
        number, rest = Decimal(span[1]), span[2]
        unit = next((each for each in ("工作日", "自然日", "日", "天", "月", "年") if each in rest), "")
        note, oddity = text, f"时限“{text}”是一个范围，取最长的"
    if unit in ("小时", "分钟"):
        return Read(Limit(days=0, note=text), f"时限“{text}”按当日办结处理")
    if matched["half"]:
        number += Decimal("0.5")
    read = _as_limit(text, number, unit, fallback, note, oddity)
    if not span and _ANOTHER.search(rest):
        more = f"时限“{text}”里不止一个时限，取第一个，其余写在说明里"
        return Read(read.value, "；".join(filter(None, (more, read.oddity))))
    return read


def _as_limit(text: str, number: Decimal, unit: str, fallback: Unit, note: str | None, oddity: str) -> Read:
    days = number * _CALENDAR.get(unit, 1)
    if unit in _WORKDAY or (unit in ("", "日", "天") and fallback == "workday"):
        kind: Unit = "workday"
    else:
        kind = "day"
    if unit == "":
        oddity = oddity or f"时限“{text}”没有写单位，按{'工作日' if kind == 'workday' else '自然日'}"
    elif unit in ("日", "天"):
        oddity = (
            oddity or f"时限“{text}”没有说是工作日还是自然日，按{'工作日' if kind == 'workday' else '自然日'}"
        )
    elif unit in ("月", "个月", "年", "周", "星期"):
        oddity, note = oddity or f"时限“{text}”折算成 {int(days)} 个自然日", note or text
    if days != days.to_integral_value():
        days, note = days.to_integral_value(rounding="ROUND_CEILING"), note or text
        oddity = oddity or f"时限“{text}”进到整日"
    if not 0 <= days <= 3650:
        raise Unreadable(f"时限“{text}”太长，请核对")
    return Read(Limit(days=int(days), unit=kind, note=note), oddity)


def _number(text: str) -> Decimal | None:
    if text[0].isdigit():
        return Decimal(text)
    number = chinese_number(text)
    return None if number is None else Decimal(number)


_PHONE = re.compile(
    r"(?<!\d)(?:1[3-9]\d{9}|[48]00(?:-?\d){7}|0\d{2,3}-\d{7,8}(?:(?:转|-)\d{1,6})?"
    r"|0\d{2,3}-[19]\d{4}(?:-\d{1,2})*|[19]\d{4}(?:-\d{1,2})*|\d{7,8}(?:(?:转|-)\d{1,6})?)(?!\d)"
)
_PHONE_LIMIT = 60
# Numbers as people set them apart; each is put together as the whole it is, never two parts of it only.
_MOBILE_APART = re.compile(
    r"(?<![\d-])(?:\(?(?:\+|00)?86\)?[- ]?|0)?"
    r"(1[3-9]\d(?:[ -]?\d{4}){2}|1[3-9]\d{2}[ -]\d{3}[ -]\d{4}|1[3-9]\d{3}[ -]\d{3}[ -]?\d{3})(?![\d-])"
)
_SERVICE_APART = re.compile(r"(?<![\d-])[48]00[ -]?(?:\d{3}[ -]?\d{4}|\d{4}[ -]?\d{3})(?!\d)")
_LANDLINE_APART = re.compile(
    r"(?<![\d-])(010|02\d|0\d{2,3})[ -](\d{3,4}[ -]?\d{4}|\d{4}[ -]?\d{3}|[19]\d{4})(?!\d)"
)
_LOCAL_APART = re.compile(r"(?<![\d-])([2-9]\d{2,3}) (\d{4})(?!\d)")
_BETWEEN = str.maketrans("", "", " -")


def _put_together(folded: str) -> str:
    folded = _MOBILE_APART.sub(lambda found: found[1].translate(_BETWEEN), folded)
    folded = re.sub(r"\(?(?:\+?86[- ]?)(\d{2,3})\)?[- ]?(?=\d{4} ?\d{3,4}\b)", r"0\1-", folded)
    folded = re.sub(r"\((0\d{2,3})\)\s*", r"\1-", folded)
    folded = _SERVICE_APART.sub(lambda found: found[0].replace(" ", "-"), folded)
    folded = _LANDLINE_APART.sub(lambda found: f"{found[1]}-{found[2].translate(_BETWEEN)}", folded)
    return _LOCAL_APART.sub(r"\1\2", folded)


def read_phone(text: str) -> Read:
    """Phones made uniform; several stay together. What does not look like a number is kept if it is short,
    and told. Raises Unreadable for a long text without any number.
    """
    folded = unicodedata.normalize("NFKC", text)
    folded = re.sub(r"\s*[—–―−-]+\s*", "-", folded)
    folded = _put_together(folded)
    folded = re.sub(r"\s*[;,/、]\s*", "、", folded).strip("。.、 ")
    numbers: list[str] = [matched[0] for matched in _PHONE.finditer(folded)]
    words = re.sub(r"[\d、\s或和及转()-]", "", _PHONE.sub("", folded))
    if len(numbers) == 1 and words:
        return Read(numbers[0], f"电话里有别的文字“{text[:40]}”，只取号码")
    if len(folded) <= _PHONE_LIMIT:
        return Read(folded, "" if numbers else f"“{text}”不像电话号码，照原样保留")
    if not numbers:
        raise Unreadable(f"电话“{text[:40]}…”里没有认得出的号码")
    kept: list[str] = []
    for number in numbers:
        if len("、".join([*kept, number])) <= _PHONE_LIMIT:
            kept.append(number)
    left = len(numbers) - len(kept)
    return Read("、".join(kept), f"电话一栏太长，只取{f'前 {len(kept)} 个' if left else ''}号码")


_YES = {"是", "支持", "可以", "能", "有", "1", "true", "y", "yes", "√", "需要", "收费"}
_NO = {"否", "不支持", "不可以", "不能", "没有", "0", "false", "n", "no", "×", "不需要", "不收费", "无"}


def read_yes_no(text: str) -> Read:
    """Raises Unreadable."""
    word = text.strip().lower()
    if word in _YES:
        return Read(True)
    if word in _NO:
        return Read(False)
    raise Unreadable(f"“{text}”不知道是“是”还是“否”")


def read_integer(text: str) -> Read:
    """The whole number in a text such as `2次`. Raises Unreadable."""
    folded = unicodedata.normalize("NFKC", text)
    matched = re.search(r"\d+", folded)
    if matched:
        found = int(matched[0])
        odd = not re.fullmatch(r"\s*\d+\s*(?:次|份|个|件|天|日|页|本|套|张)?\s*", folded)
        return Read(found, f"“{text}”里取了数字 {found}" if odd else "")
    number = chinese_number(re.sub(r"[次份个件天日页本套张]", "", folded.strip()))
    if number is None:
        raise Unreadable(f"“{text}”不是整数")
    return Read(number)


def read_money(text: str) -> Read:
    """The amount in yuan in a text such as `80元/件`. Raises Unreadable."""
    folded = unicodedata.normalize("NFKC", text).replace(",", "")
    numbers = re.findall(r"\d+(?:\.\d+)?", folded)
    if len(numbers) != 1:
        raise Unreadable(f"“{text}”不是一个固定金额")
    amount = Decimal(numbers[0]) * (10000 if re.search(r"\d\s*万", folded) else 1)
    return Read(f"{amount:f}")


def read_day(text: str) -> Read:
    """A date, also with a time of day behind it. Raises Unreadable."""
    try:
        return Read(read_date(re.split(r"[T ]\d{1,2}:", text.strip())[0]).isoformat())
    except Wrong as wrong:
        raise Unreadable(f"日期“{text}”看不懂") from wrong


def read_url(text: str) -> Read:
    """An address of http or https. Raises Unreadable."""
    address = text.strip()
    if not re.fullmatch(r"https?://[^\s<>\"]{3,2000}", address):
        raise Unreadable(f"“{text[:60]}”不是网址")
    return Read(address)


_MARKERS = re.compile(
    r"(?<![\d.])(?P<arabic>\d{1,2})[.\uff0e、)\uff09](?!\d)"
    r"|[(\uff08](?P<bracket>\d{1,2}|[一二三四五六七八九十]{1,3})[)\uff09]"
    r"|(?P<circle>[①-⑳])"
    r"|(?:^|(?<=[\n。;\uff1b:\uff1a\s]))(?P<chinese>[一二三四五六七八九十]{1,3})、"
    r"|第(?P<step>[一二三四五六七八九十]{1,3})[步条]"
)
_EDGES = re.compile(r"^[\s;\uff1b、,\uff0c:\uff1a]+|[\s;\uff1b、,\uff0c]+$")


def split_numbered(text: str) -> list[str]:
    """`1.甲 2.乙` or `(一)甲;(二)乙` as its parts, without the numbers; text before the first stays with it.

    Only numbers that count up from one are markers: years and amounts in the text are not.
    """
    for kind in ("chinese", "step", "bracket", "arabic", "circle"):
        cuts: list[tuple[int, int]] = []
        for matched in _MARKERS.finditer(text):
            mark = matched[kind]
            if mark is not None and _marker_number(mark) == len(cuts) + 1:
                cuts.append((matched.start(), matched.end()))
        if cuts and (len(cuts) > 1 or not text[: cuts[0][0]].strip()):
            ends = [start for start, _ in cuts[1:]] + [len(text)]
            parts = [text[begin:end] for (_, begin), end in zip(cuts, ends, strict=True)]
            intro = text[: cuts[0][0]].strip()
            cleaned = [_EDGES.sub("", part) for part in ([intro] if intro else []) + parts]
            return [part for part in cleaned if part]
    return split_lines(text)


def _marker_number(mark: str) -> int | None:
    if len(mark) == 1 and "①" <= mark <= "⑳":
        return ord(mark) - ord("①") + 1
    return int(mark) if mark.isdigit() else chinese_number(mark)


def split_lines(text: str) -> list[str]:
    return [part.strip() for part in text.split("\n") if part.strip()]


def split_by(text: str, how: str) -> list[str]:
    """Parts of a cell: `lines`, `list` (、,;| also in full width), `numbered`, or a regular expression."""
    if how == "numbered":
        return split_numbered(text)
    pattern = {"lines": r"\n", "list": r"[,\uff0c、;\uff1b|\n]"}.get(how, how)
    return [part.strip() for part in re.split(pattern, text) if part and part.strip()]
