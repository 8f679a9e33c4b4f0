"""A supplement sent from two tabs or by two clicks: no file is lost, and what was filed is not called a failure."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.filling_fixtures import PDF, FiledCase, file_case
from tests.handlers_fixtures import Office
from tests.page_fixtures import fields_of, text_of


def _returned(office: Office) -> tuple[FiledCase, str, dict[str, Any]]:
    filed = file_case(office)
    office.supplement_notice(filed.number, "plan")
    address = f"/hall/track/{filed.number}/supplement"
    return filed, address, fields_of(filed.client.get(address).text, "supplement")


def _plan(name: str) -> dict[str, Any]:
    return {"material_plan": (name, PDF + name.encode(), "application/pdf")}


def test_files_uploaded_from_two_tabs_at_once_are_both_kept(office: Office) -> None:
    filed, address, values = _returned(office)
    fields = ("material_plan", "material_photo")

    def upload(field: str) -> int:
        files = {field: (f"{field}.pdf", PDF, "application/pdf")}
        sent = filed.client.post(address, data={**values, "do": "save"}, files=files, follow_redirects=False)
        return int(sent.status_code)

    for _ in range(2):  # the first time neither tab has a draft yet, then both have one
        with ThreadPoolExecutor(2) as pool:
            assert list(pool.map(upload, fields)) == [303, 303]
        page = filed.client.get(address).text
        assert [f"{field}.pdf" in page for field in fields] == [True, True]
    assert office.hall.database.value("SELECT count(*) FROM draft WHERE data LIKE '%material_plan.pdf%'") == 1


def test_two_clicks_on_send_are_one_supplement_and_both_lead_to_the_case(office: Office) -> None:
    filed, address, values = _returned(office)

    def click(_: int) -> str:
        sent = filed.client.post(
            address, data={**values, "do": "send"}, files=_plan("新图.pdf"), follow_redirects=False
        )
        return str(sent.headers.get("location", sent.status_code))

    with ThreadPoolExecutor(3) as pool:
        places = set(pool.map(click, range(3)))
    assert places == {f"/hall/track/{filed.number}?done=supplement"}
    assert click(0) in places
    rows = office.hall.database.value("SELECT count(*) FROM event WHERE kind = 'supplement'")
    assert rows == 1


def test_a_supplement_sent_long_after_another_is_told_that_it_is_too_late(office: Office) -> None:
    filed, address, values = _returned(office)
    filed.client.post(address, data={**values, "do": "send"}, files=_plan("新图.pdf"))
    office.clock.forward(minutes=30)
    late = filed.client.post(address, data={**values, "do": "send"}, files=_plan("另一份.pdf"))
    assert late.status_code == 409
    assert "不需要补正" in text_of(late.text)
