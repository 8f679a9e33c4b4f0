"""How names, numbers and phones are shown where they are not needed in full."""

from __future__ import annotations


def masked_name(name: str | None) -> str:
    """`张*`, `张*明`, `青禾****公司`: a person keeps the first (and last) character, a firm its ends."""
    text = (name or "").strip()
    if len(text) <= 1:
        return text
    if len(text) == 2:
        return text[0] + "*"
    if len(text) <= 4:
        return text[0] + "*" * (len(text) - 2) + text[-1]
    return text[:2] + "****" + text[-2:]


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
