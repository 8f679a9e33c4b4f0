"""Identifiers: known numbers, every mutation of one character, normalising."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.identifiers import (
    birth_date,
    certificate_id,
    is_certificate_id,
    is_credit_code,
    is_index_number,
    is_organisation_code,
    is_resident_id,
    normalise,
    with_credit_check,
    with_organisation_check,
    with_resident_check,
)

CREDIT = "91110000600037341L"  # published as the example of python-stdnum
ORGANISATION = "600037341"
RESIDENT = with_resident_check("99012119900307123")
CERTIFICATE = certificate_id(
    "11100000000013127D001", with_credit_check("11990121" + "000000000"), "000000001", "001"
)


def mutations(text: str, alphabet: str):
    for place, old in enumerate(text):
        for new in alphabet:
            if new != old:
                yield text[:place] + new + text[place + 1 :]


def test_a_known_credit_code_is_valid_however_it_is_typed():
    for typed in (
        CREDIT,
        CREDIT.lower(),
        " 9111 0000 6000 3734 1L ",
        "91110000-600037341-L",
        "91110000600037341L",
    ):
        assert is_credit_code(typed), typed


def test_no_credit_code_with_one_wrong_character_is_valid():
    assert not [each for each in mutations(CREDIT, "0123456789ABCDEFGHJKLMNPQRTUWXY") if is_credit_code(each)]


@pytest.mark.parametrize("letter", "IOSVZ")
def test_letters_outside_the_alphabet_are_refused(letter):
    assert not is_credit_code(CREDIT[:8] + letter + CREDIT[9:])


def test_a_credit_code_whose_inner_organisation_code_is_wrong_is_refused():
    assert not is_credit_code(with_credit_check("91990121" + "123456781"))
    inner = with_organisation_check("12345678")
    assert is_credit_code(with_credit_check("91990121" + inner))


@pytest.mark.parametrize(
    "text", ["", "9", CREDIT[:17], CREDIT + "0", "企业信用代码", CREDIT.replace("L", "1")]
)
def test_what_is_no_credit_code_is_refused(text):
    assert not is_credit_code(text)


@pytest.mark.parametrize("authority", "N1Y")
def test_authorities_with_letters_are_known(authority):
    inner = with_organisation_check("MA000001")
    assert is_credit_code(with_credit_check(f"{authority}2990121{inner}"))


def test_organisation_codes_with_and_without_the_dash():
    assert is_organisation_code(ORGANISATION)
    assert is_organisation_code("60003734-1")
    assert not [each for each in mutations(ORGANISATION, "0123456789") if is_organisation_code(each)]


def test_a_resident_id_is_valid_with_a_small_or_full_width_x():
    with_x = next(
        number
        for each in range(100, 200)
        if (number := with_resident_check(f"99012119900307{each}"))[-1] == "X"
    )
    for typed in (with_x, with_x.lower(), with_x[:-1] + "X", f" {with_x[:6]} {with_x[6:]}"):
        assert is_resident_id(typed), typed


def test_no_resident_id_with_one_wrong_character_is_valid():
    assert is_resident_id(RESIDENT)
    assert not [each for each in mutations(RESIDENT, "0123456789X") if is_resident_id(each)]


@pytest.mark.parametrize("born", ["19900230", "19901301", "19900000", "20230229", "17991231", "00000101"])
def test_a_resident_id_without_a_real_date_is_refused(born):
    assert not is_resident_id(with_resident_check(f"990121{born}001"))


def test_nobody_is_born_after_today():
    born = with_resident_check("99012120261122001")
    assert birth_date(born, date(2026, 11, 21)) is None
    assert birth_date(born, date(2026, 11, 22)) == date(2026, 11, 22)
    assert birth_date(born) == date(2026, 11, 22)


def test_a_leap_day_is_a_real_date():
    leap = with_resident_check("99012120000229001")
    assert is_resident_id(leap)
    assert str(birth_date(leap)) == "2000-02-29"


def test_old_fifteen_digit_ids_are_not_valid_any_more():
    assert not is_resident_id("990121900307123")


def test_a_certificate_id_is_checked_over_its_four_middle_parts():
    assert is_certificate_id(CERTIFICATE)
    assert is_certificate_id(CERTIFICATE.lower())
    head = "1.2.156.3005.2."
    body = CERTIFICATE.removeprefix(head)
    wrong = [
        each
        for each in mutations(body, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        if is_certificate_id(head + each)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1.2.156.3005.2",
        CERTIFICATE.replace("3005", "3006"),
        CERTIFICATE[:-2],
        CERTIFICATE + ".1",
        CERTIFICATE[2:],
    ],
)
def test_what_is_no_certificate_id_is_refused(text):
    assert not is_certificate_id(text)


def test_index_numbers():
    assert is_index_number(f"{ORGANISATION}/2026-00012")
    assert is_index_number(f" {ORGANISATION}/2026—00012")
    for wrong in (
        "600037342/2026-00012",
        f"{ORGANISATION}/2026-0012",
        f"{ORGANISATION}/26-00012",
        f"{ORGANISATION}-2026-00012",
        f"{ORGANISATION}/2026-000123",
        ORGANISATION,
    ):
        assert not is_index_number(wrong), wrong


def test_normalising_makes_width_case_dashes_and_spaces_the_same():
    assert normalise(" ab-1\u200b2— 3\u3000") == "AB-12-3"


@given(st.text(max_size=40))
def test_no_text_makes_a_check_fail_loudly(text):
    for check in (is_credit_code, is_organisation_code, is_resident_id, is_certificate_id, is_index_number):
        assert check(text) in (True, False)
