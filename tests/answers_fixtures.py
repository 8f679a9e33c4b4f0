"""What the tests of forms share."""

from __future__ import annotations

from typing import Any

from catalog.application_form import (
    ApplicationForm,
    ApplicationSection,
)
from catalog.form_schema import FormField
from rules.identifiers import with_resident_check

PERSON_ID = with_resident_check("99012119900307001")


CREDIT_CODE = "11990121MB0000238C"


def form_of(*fields: FormField, **values: Any) -> ApplicationForm:
    return ApplicationForm("1234", "表", (ApplicationSection("part1", "页", fields),), **values)


def conditional() -> ApplicationForm:
    return form_of(
        FormField(id="kitchen", label="有厨房", type="yes_no"),
        FormField.model_validate(
            {
                "id": "size",
                "label": "厨房面积",
                "type": "number",
                "when": {"field": "kitchen", "equals": "yes"},
            }
        ),
        FormField.model_validate(
            {"id": "big", "label": "大厨房说明", "required": False, "when": {"field": "size", "filled": True}}
        ),
    )
