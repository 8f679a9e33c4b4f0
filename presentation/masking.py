"""How names, numbers and phones are shown where they are not needed in full."""

from __future__ import annotations

import re

from catalog.application_form import PERSON

_AT_THE_END = re.compile(r"[(\uff08][^()\uff08\uff09]*[)\uff09]$")
_FIRM = re.compile(
    r"(?:公司|集团|中心|超市|合作社|[店厂局院社所馆部站校园会行场坊铺吧处室厅委办队团司库房屋])$"
)
# Between the parts of a name that is carried over from another language.
_DOT = re.compile(r"[·•・．.]")


def masked_name(name: str | None, person: bool | None = None) -> str:
    """`张*`, `张*明`, `阿***提`: a person keeps the first (and last) character; `青禾****公司`: a firm its ends.

    Where the caller does not know which it is, a name is a person's unless it ends as firms and authorities do.
    """
    text = (name or "").strip()
    if len(text) <= 1:
        return text
    if len(text) == 2:
        return text[0] + "*"
    if person is None:
        person = bool(_DOT.search(text)) or not _FIRM.search(_AT_THE_END.sub("", text))
    if person or len(text) <= 4:
        return text[0] + "*" * min(len(text) - 2, 4) + text[-1]
    return text[:2] + "****" + text[-2:]


def masked_applicant(name: str | None, kind: str) -> str:
    """The name of one who applies, by the kind of applicant (A.4); an empty kind is one nobody knows."""
    return masked_name(name, kind == PERSON if kind else None)


def masked_id(number: str | None) -> str:
    """`9901***********01X`: the division and the end of an ID number or credit code."""
    text = (number or "").strip()
    if len(text) <= 6:
        return "*" * len(text)
    if len(text) < 12:
        return text[:2] + "*" * (len(text) - 4) + text[-2:]
    return text[:4] + "*" * (len(text) - 7) + text[-3:]


def masked_phone(phone: str | None) -> str:
    """`138****0000`, `0000-***0123`."""
    text = (phone or "").strip()
    if "-" in text:
        area, _, rest = text.partition("-")
        return f"{area}-{'*' * max(len(rest) - 4, 0)}{rest[-4:]}" if len(rest) > 4 else f"{area}-****"
    if len(text) <= 4:
        return "*" * len(text)
    if len(text) < 8:
        return "*" * (len(text) - 4) + text[-4:]
    return text[:3] + "*" * (len(text) - 7) + text[-4:]


def masked_address(address: str | None) -> str:
    """The first eight characters (district and street), the rest hidden."""
    text = (address or "").strip()
    return text if len(text) <= 4 else text[: min(8, len(text) // 2 + 1)] + "****"
