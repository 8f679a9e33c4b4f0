"""One answer of one type: what was typed made uniform, or a sentence saying how to put it right."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from catalog.form_schema import FormField
from rules.identifiers import birth_date, is_credit_code, is_resident_id, normalise

TEXT_LIMIT = 500
MULTILINE_LIMIT = 5000
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff]"
)
# No area code begins with 013 to 019: that is a mobile as it was once dialled from elsewhere.
_MOBILE = re.compile(r"0?(1[3-9]\d{9})")
# The area codes of three digits are 010 and 020 to 029: without a hyphen the rest would be cut at the wrong place.
_LANDLINE = re.compile(r"(010|02\d|0\d{2,3})-?(\d{7,8})(?:(?:转|-|#|,)(\d{1,6}))?")
_SERVICE_NUMBER = re.compile(r"[48]00-?\d{3}-?\d{4}")
_ABROAD = re.compile(r"\+\d{7,15}")
_EMAIL = re.compile(
    r"[A-Za-z0-9._%+\-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}"
)
_DATES = (
    re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"),
    re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})[日号]?"),
    re.compile(r"(\d{4})(\d{2})(\d{2})"),
)
_PLAIN_NUMBER = re.compile(r"[+-]?(?:\d{1,15}|\d{1,3}(?:,\d{3}){1,4})(?:\.\d{0,9})?|[+-]?\.\d{1,9}")


class Wrong(Exception):
    """The answer cannot be taken; the message is for the person who gave it."""


def without_controls(raw: str) -> str:
    """Without control, direction and invisible characters, which no document can hold; line ends as \\n."""
    if raw.isprintable():  # nearly every answer; none of what is taken out here is
        return raw
    return _INVISIBLE.sub("", raw.replace("\r\n", "\n").replace("\r", "\n"))


def clean_text(raw: str) -> str:
    """`without_controls`, no blanks around."""
    return without_controls(raw).strip()


def half_width(raw: str) -> str:
    """Full-width digits, letters and signs as their usual forms, all white space removed."""
    if raw.isascii() and raw.isalnum():  # nothing to change
        return raw
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", clean_text(raw)))


def read_value(each: FormField, raw: str) -> str:
    """The stored form of a non-empty answer to a field of a single value. Raises Wrong."""
    value = _READERS[each.type](each, raw)
    if each.pattern is not None and re.fullmatch(each.pattern, value) is None:
        raise Wrong(each.pattern_message or f"“{each.label}”的写法不对，请照示例再看一遍")
    return value


def _text(each: FormField, raw: str) -> str:
    limit = each.max_length or (MULTILINE_LIMIT if each.type == "multiline" else TEXT_LIMIT)
    text = clean_text(raw)
    if each.type != "multiline":
        # Not `\s*\n\s*`: over a long run of blanks without a line end that takes time by its square.
        text = " ".join(filter(None, map(str.strip, text.split("\n"))))
    if len(text) > limit:
        raise Wrong(f"最多写 {limit} 个字，现在是 {len(text)} 个字")
    return text


def _address(each: FormField, raw: str) -> str:
    text = _text(each, raw)
    if len(text) < 4:
        raise Wrong("地址太短，请写到村组或门牌号")
    return text


def _id_number(_each: FormField, raw: str) -> str:
    number = normalise(raw).replace("-", "")
    if len(number) != 18:
        raise Wrong(f"身份证号是 18 位，您填了 {len(number)} 位，请对照证件再看一遍")
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        raise Wrong("身份证号只有数字，最后一位可以是 X，请对照证件再看一遍")
    if birth_date(number) is None:
        raise Wrong("身份证号里的出生日期（第 7 至 14 位）不对，请对照证件再看一遍")
    if not is_resident_id(number):
        raise Wrong("身份证号的最后一位不对，请对照证件再看一遍")
    return number


def _credit_code(_each: FormField, raw: str) -> str:
    code = normalise(raw).replace("-", "")
    if len(code) != 18:
        raise Wrong(f"统一社会信用代码是 18 位，您填了 {len(code)} 位，请对照营业执照再看一遍")
    if re.search(r"[IOSVZ]", code):
        raise Wrong("统一社会信用代码里没有字母 I、O、S、V、Z，可能是数字 1、0、5、2，请对照营业执照再看一遍")
    if not is_credit_code(code):
        raise Wrong("统一社会信用代码有一位不对，请对照营业执照再看一遍")
    return code


def _phone(_each: FormField, raw: str) -> str:
    number = re.sub(r"[()]", "", half_width(raw)).replace("—", "-").replace("–", "-")
    number = re.sub(r"^(?:\+86|0086)-?", "", number)
    plain = number.replace("-", "")
    mobile = _MOBILE.fullmatch(plain)
    if mobile:
        return mobile[1]
    landline = _LANDLINE.fullmatch(number)
    if landline:
        area, local, extension = landline.groups()
        return f"{area}-{local}" + (f"转{extension}" if extension else "")
    if _SERVICE_NUMBER.fullmatch(number) or _ABROAD.fullmatch(number.replace("-", "")):
        return plain
    if plain.isdigit() and plain.startswith("1"):
        raise Wrong(f"手机号是 11 位，您填了 {len(plain)} 位，请再看一遍")
    if re.fullmatch(r"\d{7,8}", plain):
        raise Wrong("座机请在前面加上区号，如 0000-5550012")
    raise Wrong("电话写法不对，请填 11 位手机号，或带区号的座机")


def _email(_each: FormField, raw: str) -> str:
    address = half_width(raw)
    if len(address) > 254 or not _EMAIL.fullmatch(address) or ".." in address:
        raise Wrong("电子邮箱写法不对，要像 name@example.com 这样")
    return address


def read_date(raw: str) -> date:
    """2026-03-01, 2026/3/1, 2026年3月1日, 20260301, also in full width. Raises Wrong."""
    text = half_width(raw)
    for pattern in _DATES:
        matched = pattern.fullmatch(text)
        if matched:
            try:
                return date(*(int(part) for part in matched.groups()))
            except ValueError as error:
                raise Wrong(f"没有“{text}”这一天，请再看一遍") from error
    raise Wrong("日期写法不对，请写成 2026-03-01 这样")


def _date(each: FormField, raw: str) -> str:
    day = read_date(raw)
    if isinstance(each.minimum, date) and day < each.minimum:
        raise Wrong(f"日期不能早于 {_day(each.minimum)}")
    if isinstance(each.maximum, date) and day > each.maximum:
        raise Wrong(f"日期不能晚于 {_day(each.maximum)}")
    return day.isoformat()


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _decimal(each: FormField, raw: str) -> Decimal:
    text = half_width(raw)
    for sign in ("¥", "¥", "人民币", "元", each.unit or ""):
        text = text.removeprefix(sign).removesuffix(sign) if sign else text
    if not _PLAIN_NUMBER.fullmatch(text):
        raise Wrong("请只写数字，如 1200 或 1200.50")
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation as error:
        raise Wrong("请只写数字，如 1200 或 1200.50") from error


def _in_range(each: FormField, value: Decimal, least: Decimal | None = None) -> None:
    low = each.minimum if isinstance(each.minimum, Decimal) else least
    unit = each.unit or ("元" if each.type == "money" else "")
    if low is not None and value < low:
        raise Wrong(f"不能小于 {low:f}{unit}")
    if isinstance(each.maximum, Decimal) and value > each.maximum:
        raise Wrong(f"不能大于 {each.maximum:f}{unit}")


def _money(each: FormField, raw: str) -> str:
    value = _decimal(each, raw)
    _in_range(each, value, Decimal(0))
    cents = value.quantize(Decimal("0.01"), ROUND_HALF_UP)
    if cents != value:
        raise Wrong("金额最多写到分（小数点后两位）")
    return f"{cents:f}"


def _integer(each: FormField, raw: str) -> str:
    value = _decimal(each, raw)
    if value != value.to_integral_value():
        raise Wrong("请写整数，不要小数")
    _in_range(each, value)
    return str(int(value))


def _number(each: FormField, raw: str) -> str:
    value = _decimal(each, raw)
    _in_range(each, value)
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _choice(each: FormField, raw: str) -> str:
    value = clean_text(raw)
    if all(option.value != value for option in each.options):
        raise Wrong("请在给出的选项里选一个")
    return value


def _yes_no(_each: FormField, raw: str) -> str:
    if raw not in ("yes", "no"):
        raise Wrong("请选“是”或“不是”")
    return raw


def _declaration(_each: FormField, raw: str) -> str:
    if raw not in ("yes", "on", "true"):
        raise Wrong("请看过以后打勾确认")
    return "yes"


_READERS: Mapping[str, Callable[[FormField, str], str]] = {
    "text": _text,
    "multiline": _text,
    "address": _address,
    "id_number": _id_number,
    "credit_code": _credit_code,
    "phone": _phone,
    "email": _email,
    "date": _date,
    "money": _money,
    "integer": _integer,
    "number": _number,
    "choice": _choice,
    "yes_no": _yes_no,
    "declaration": _declaration,
}
