"""Rating: once, after the close, in five levels."""

from __future__ import annotations

from tests.filling_fixtures import file_case
from tests.handlers_fixtures import Office
from tests.page_fixtures import fields_of, text_of


def test_a_closed_case_is_rated_once(office: Office) -> None:
    filed = file_case(office)
    office.finish(filed.number)
    page = filed.client.get(f"/hall/rate/{filed.number}")
    for level in ("非常满意", "满意", "基本满意", "不满意", "非常不满意"):
        assert level in page.text
    data = {**fields_of(page.text, "rate"), "score": "2", "words": "<b>很快</b>"}
    done = filed.client.post(f"/hall/rate/{filed.number}", data=data)
    assert "您的评价已经收到" in text_of(done.text)
    assert "<b>很快" not in done.text
    again = filed.client.post(f"/hall/rate/{filed.number}", data={**data, "score": "5"})
    assert again.status_code == 200
    view = office.hall.casework.public_view(filed.number, filed.code, office.clock())
    assert view.rating is not None
    assert view.rating.score == 2


def test_a_case_that_still_runs_is_not_rated(office: Office) -> None:
    filed = file_case(office)
    page = filed.client.get(f"/hall/rate/{filed.number}")
    assert "现在还不能评价" in page.text
    answer = filed.client.post(f"/hall/rate/{filed.number}", data={"score": "1", "form_end": "1"})
    assert answer.status_code == 409


def test_a_rating_without_level_or_with_too_many_words_is_told_at_its_field(office: Office) -> None:
    filed = file_case(office)
    office.finish(filed.number)
    none = filed.client.post(f"/hall/rate/{filed.number}", data={"score": "9", "form_end": "1"})
    assert none.status_code == 422
    assert 'id="e-score"' in none.text
    long = filed.client.post(
        f"/hall/rate/{filed.number}", data={"score": "1", "words": "长" * 501, "form_end": "1"}
    )
    assert long.status_code == 422
    assert 'id="e-words"' in long.text


def test_rating_begins_with_number_and_code(office: Office) -> None:
    filed = file_case(office)
    office.finish(filed.number)
    client = office.browser("203.0.113.95")
    assert 'name="code"' in client.get("/hall/rate").text
    page = client.post("/hall/rate", data={"number": filed.number, "code": filed.code, "form_end": "1"})
    assert page.url.path == f"/hall/rate/{filed.number}"
