"""What a citizen typed about their own case after the proof had ended goes along while number and code are asked again."""

from __future__ import annotations

import pytest

from handlers.casework.requests import ByApplicant, MoveData
from tests.filling_fixtures import FiledCase, file_case
from tests.handlers_fixtures import Office
from tests.page_fixtures import fields_of, text_of

REASON = "想当面说清楚<b>，请安排"
KEPT = "您写的内容还在，还没有提交"


def _rated(office: Office, number: str) -> None:
    office.finish(number)


def _told_of_hearing(office: Office, number: str) -> None:
    office.move(number, "pre_review", "window")
    office.move(number, "accept", "window")
    office.move(number, "tell_hearing", "reviewer", reason="拟不予许可", basis="《某规定》第一条")


def _plain(office: Office, number: str) -> None:
    """A case as it was filed."""


@pytest.mark.parametrize(
    ("path", "prepare", "typed", "missing", "done"),
    [
        ("/hall/rate/{}", _rated, {"score": "2", "words": REASON}, {}, "您的评价已经收到"),
        ("/hall/track/{}/hearing", _told_of_hearing, {"reason": REASON}, {}, "听证"),
        ("/hall/track/{}/withdraw", _plain, {"reason": REASON}, {"sure": "yes"}, "申请已经撤回"),
    ],
)
def test_what_was_typed_about_a_case_waits_for_the_new_proof_and_is_not_sent_by_itself(
    office: Office, path: str, prepare: object, typed: dict[str, str], missing: dict[str, str], done: str
) -> None:
    filed = file_case(office)
    assert callable(prepare)
    prepare(office, filed.number)
    address = path.format(filed.number)
    late = office.browser("203.0.113.77")
    asked = late.post(address, data={**typed, **missing, "form_end": "1"})
    assert "您写的内容还在" in text_of(asked.text)
    again = fields_of(asked.text, f'action="{address}"')
    wrong = late.post(address, data={**again, "code": "AAAA2222"})
    assert wrong.status_code == 422
    assert {name: fields_of(wrong.text, f'action="{address}"')[name] for name in typed} == {
        name: [text] for name, text in typed.items()
    }
    before = office.hall.database.value("SELECT count(*) FROM event")
    for _ in range(2):  # a reload sends it once more
        page = late.post(address, data={**again, "code": filed.code})
        assert page.status_code == 200
        assert KEPT in text_of(page.text)
    assert office.hall.database.value("SELECT count(*) FROM event") == before
    shown = fields_of(page.text, f'action="{address}"')
    assert {name: shown[name] for name in typed} == {name: [text] for name, text in typed.items()}
    sent = late.post(address, data={**shown, **missing})
    assert done in text_of(sent.text)
    assert office.hall.database.value("SELECT count(*) FROM event") == before + 1


def test_a_withdrawal_without_its_tick_or_with_too_long_a_reason_keeps_the_reason(office: Office) -> None:
    filed = file_case(office)
    address = f"/hall/track/{filed.number}/withdraw"
    for typed in ({"reason": REASON}, {"reason": "长" * 6000, "sure": "yes"}):
        unsure = filed.client.post(address, data={**typed, "form_end": "1"})
        assert unsure.status_code == 422
        assert fields_of(unsure.text, "withdraw")["reason"] == [typed["reason"]]


def _withdraw(office: Office, filed: FiledCase) -> None:
    office.hall.casework.move(
        filed.number, "withdraw", ByApplicant(filed.code), MoveData(), key="earlier", now=office.hall.now()
    )


def _rate(office: Office, filed: FiledCase) -> None:
    office.finish(filed.number)
    office.hall.casework.rate(filed.number, filed.code, 1, "先评过的话", now=office.hall.now())


@pytest.mark.parametrize("late", [True, False])
@pytest.mark.parametrize(
    ("path", "happened", "typed", "why"),
    [
        ("/hall/rate/{}", _rate, {"score": "2", "words": REASON}, "已经评价过"),
        ("/hall/track/{}/hearing", _withdraw, {"reason": REASON}, "听证"),
        ("/hall/track/{}/withdraw", _withdraw, {"reason": REASON, "sure": "yes"}, "撤回"),
    ],
)
def test_what_was_typed_for_what_is_no_longer_possible_is_given_back_to_be_copied(
    office: Office, path: str, happened: object, typed: dict[str, str], why: str, late: bool
) -> None:
    filed = file_case(office)
    assert callable(happened)
    happened(office, filed)
    address = path.format(filed.number)
    client = office.browser("203.0.113.77") if late else filed.client
    page = client.post(address, data={**typed, "form_end": "1"})
    if late:
        page = client.post(address, data={**fields_of(page.text, f'action="{address}"'), "code": filed.code})
    said = text_of(page.text)
    assert REASON in said
    assert why in said
    assert "请从这里复制" in said
    assert f'action="{address}"' not in page.text
    # The proof given anew holds.
    assert client.get(f"/hall/track/{filed.number}").text.count(filed.number) > 1


def test_a_rating_sent_twice_is_shown_once_and_nothing_is_said_to_be_lost(office: Office) -> None:
    filed = file_case(office)
    office.finish(filed.number)
    for _ in range(2):
        page = filed.client.post(
            f"/hall/rate/{filed.number}", data={"score": "2", "words": REASON, "form_end": "1"}
        )
        assert "您的评价已经收到" in text_of(page.text)
        assert "请从这里复制" not in page.text
