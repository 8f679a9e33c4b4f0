"""Applying through the pages: every field type, drafts, summary, one filing per click."""

from __future__ import annotations

from tests.handlers_fixtures import (  # noqa: F401
    EVERYTHING,
    Office,
    built_county,
    fields_of,
    file_case,
    filled_draft,
    office,
    text_of,
)


def test_an_application_with_every_field_type_becomes_a_case_with_number_and_code(office: Office) -> None:
    filed = file_case(office)
    assert filed.number.startswith("QH")
    assert len(filed.code) == 8
    view = office.hall.casework.public_view(filed.number, filed.code, office.clock())
    assert view.item_code == EVERYTHING
