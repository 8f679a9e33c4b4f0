"""The numbers people and papers carry: their check digits, after case and width are made the same."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from operator import mul

from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_37_36

# GB 32100: no I, O, S, V, Z, which are taken for digits or for each other.
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_SHAPE = re.compile(rf"[{_CREDIT_ALPHABET}]{{2}}[0-9]{{6}}[{_CREDIT_ALPHABET}]{{10}}")
_ORGANISATION_SHAPE = re.compile(r"[0-9A-Z]{8}[0-9X]")
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_RESIDENT_SHAPE = re.compile(r"[1-9][0-9]{16}[0-9X]")
_RESIDENT_WEIGHTS = tuple(pow(2, 17 - place, 11) for place in range(17))
_CERTIFICATE_ROOT = "1.2.156.3005.2"
_CERTIFICATE_SHAPE = re.compile(r"1\.2\.156\.3005\.2((?:\.[0-9A-Z]+){4})\.([0-9A-Z])")
_INDEX_SHAPE = re.compile(r"([0-9A-Z]{9})/(?:19|20)[0-9]{2}-[0-9]{5}")
_DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\u30fc]")
_INVISIBLE = re.compile("[\\s\u200b-\u200f\u2060\ufeff]")
_OLDEST_BIRTH = 1850


def normalise(text: str) -> str:
    """Full width to half, lower case to upper, every dash to `-`, spaces and invisible marks removed."""
    if text.isascii() and text.isalnum():  # nearly every number as it is typed
        return text.upper()
    folded = unicodedata.normalize("NFKC", text).upper()
    return _INVISIBLE.sub("", _DASHES.sub("-", folded))


def _compact(text: str) -> str:
    """The same without dashes, which people put into long numbers to read them."""
    return normalise(text).replace("-", "")


def is_credit_code(text: str) -> bool:
    """Unified social credit code, GB 32100, whose positions 9–17 are a GB 11714 code."""
    code = _compact(text)
    if not _CREDIT_SHAPE.fullmatch(code):
        return False
    total = sum(_CREDIT_ALPHABET.index(each) * pow(3, place, 31) for place, each in enumerate(code[:17]))
    return code[17] == _CREDIT_ALPHABET[-total % 31] and is_organisation_code(code[8:17])


def is_organisation_code(text: str) -> bool:
    """Organisation code, GB 11714: eight characters and a MOD 11 check, the dash before it optional."""
    code = _compact(text)
    if not _ORGANISATION_SHAPE.fullmatch(code):
        return False
    total = sum(int(each, 36) * weight for each, weight in zip(code[:8], _ORGANISATION_WEIGHTS, strict=True))
    return code[8] == "0123456789X"[-total % 11]


def is_resident_id(text: str) -> bool:
    """Resident identity number, GB 11643: 18 places, a real date of birth, MOD 11-2.

    The 15-digit numbers have not been valid since 2013 (居民身份证法). The division code is not looked up:
    divisions are renamed and dissolved while the number stays.
    """
    number = _compact(text)
    if not _RESIDENT_SHAPE.fullmatch(number) or birth_date(number) is None:
        return False
    total = sum(map(mul, map(int, number[:17]), _RESIDENT_WEIGHTS))
    return number[17] == "0123456789X"[(1 - total) % 11]


def birth_date(text: str, today: date | None = None) -> date | None:
    """The date of birth a resident identity number tells; None when it is no date, or one after `today`."""
    digits = _compact(text)[6:14]
    if len(digits) != 8 or not (digits.isascii() and digits.isdigit()):
        return None
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
    return born if born.year >= _OLDEST_BIRTH and (today is None or born <= today) else None


def is_certificate_id(text: str) -> bool:
    """Electronic certificate identifier `1.2.156.3005.2.TYPE.ISSUER.SERIAL.VERSION.CHECK`.

    CHECK is ISO 7064 MOD 37,36 over the four middle parts joined without dots (GB/T 36904).
    """
    matched = _CERTIFICATE_SHAPE.fullmatch(normalise(text))
    if matched is None:
        return False
    try:
        mod_37_36.validate(matched[1].replace(".", "") + matched[2])
    except ValidationError:
        return False
    return True


def certificate_id(kind: str, issuer: str, serial: str, version: str) -> str:
    """The identifier of a certificate, its check character computed."""
    parts = [normalise(part) for part in (kind, issuer, serial, version)]
    check: str = mod_37_36.calc_check_digit("".join(parts))
    return ".".join([_CERTIFICATE_ROOT, *parts, check])


def is_index_number(text: str) -> bool:
    """Disclosure index number: 9-character organisation code `/` year `-` five digits."""
    matched = _INDEX_SHAPE.fullmatch(normalise(text))
    return matched is not None and is_organisation_code(matched[1])


def with_credit_check(first_seventeen: str) -> str:
    """A credit code from its first 17 characters; for sample data and numbering."""
    code = _compact(first_seventeen)
    total = sum(_CREDIT_ALPHABET.index(each) * pow(3, place, 31) for place, each in enumerate(code))
    return code + _CREDIT_ALPHABET[-total % 31]


def with_organisation_check(first_eight: str) -> str:
    """An organisation code from its first eight characters."""
    code = _compact(first_eight)
    total = sum(int(each, 36) * weight for each, weight in zip(code, _ORGANISATION_WEIGHTS, strict=True))
    return code + "0123456789X"[-total % 11]


def with_resident_check(first_seventeen: str) -> str:
    """A resident identity number from its first 17 digits; for sample data."""
    number = _compact(first_seventeen)
    total = sum(int(each) * pow(2, 17 - place, 11) for place, each in enumerate(number))
    return number + "0123456789X"[(1 - total) % 11]
