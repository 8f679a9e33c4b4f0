"""One's own letter's page: what was written to the answer stays when it cannot be taken, and over a proof that ended."""

from __future__ import annotations

import re

import pytest

from handlers import throttle
from handlers.correspondence.requests import LetterData
from handlers.limiter import Limit
from rules.letter_terms import LetterMove
from tests.handlers_fixtures import Office
from tests.page_fixtures import fields_of, text_of
from tests.test_handlers_letters import Sent, answer, send

WORDS = "窗口答复很清楚<b>，就是等得久"


def answered(office: Office) -> tuple[Sent, str]:
    """A letter whose answer its writer has not yet spoken to, and its address."""
    sent = send(office)
    answer(office, sent.number)
    return sent, f"/hall/letters/{sent.number}"


def _score(office: Office) -> object:
    return office.hall.database.value("SELECT score FROM letter")


def _form(page: str, move: str) -> dict[str, list[str]]:
    """What the form of this move would post."""
    forms: list[str] = re.findall(r"<form.*?</form>", page, re.S)
    return fields_of(next(each for each in forms if f'name="do" value="{move}"' in each))


def test_words_stay_when_the_level_is_forgotten_and_the_level_when_the_words_are_too_many(
    office: Office,
) -> None:
    sent, address = answered(office)
    none = sent.client.post(address, data={"do": "rate", "words": WORDS, "form_end": "1"})
    assert none.status_code == 422
    assert 'id="e-score"' in none.text
    assert _form(none.text, "rate")["words"] == [WORDS]
    long = sent.client.post(address, data={"do": "rate", "score": "4", "words": "长" * 501, "form_end": "1"})
    assert long.status_code == 422
    assert 'id="e-words"' in long.text
    assert _form(long.text, "rate")["score"] == ["4"]
    assert _form(long.text, "rate")["words"] == ["长" * 501]
    assert _score(office) is None


def test_a_dispute_that_is_too_long_or_too_late_is_given_back(office: Office) -> None:
    sent, address = answered(office)
    long = sent.client.post(address, data={"do": "dispute", "reason": "长" * 6000, "form_end": "1"})
    assert long.status_code == 422
    assert _form(long.text, "dispute")["reason"] == ["长" * 6000]
    settled = LetterMove.SETTLE
    office.hall.correspondence.by_writer(sent.number, sent.code, settled, LetterData(), now=office.clock())
    late = sent.client.post(address, data={"do": "dispute", "reason": WORDS, "form_end": "1"})
    assert late.status_code == 409
    assert "窗口答复很清楚&lt;b&gt;，就是等得久" in late.text
    assert "您写的内容没有提交" in late.text


def test_what_was_typed_goes_along_while_number_and_code_are_asked_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, address = answered(office)
    office.clock.forward(minutes=61)
    asked = sent.client.post(address, data={"do": "rate", "score": "2", "words": WORDS, "form_end": "1"})
    assert "您写的内容还在" in text_of(asked.text)
    again = fields_of(asked.text, f'action="{address}"')
    assert again["number"] == [sent.number]
    for number, code in ((sent.number, "AAAA2222"), (sent.number, ""), ("QHZX0", sent.code)):
        wrong = sent.client.post(address, data={**again, "number": number, "code": code})
        assert wrong.status_code == 422
        assert fields_of(wrong.text, f'action="{address}"')["words"] == [WORDS]
    for _ in range(2):  # a reload of the page sends it once more and still does nothing by itself
        page = sent.client.post(address, data={**again, "code": sent.code})
        assert page.status_code == 200
        assert "您写的内容还在，还没有提交" in text_of(page.text)
        assert _form(page.text, "rate")["score"] == ["2"]
        assert _form(page.text, "rate")["words"] == [WORDS]
        assert _score(office) is None
    done = sent.client.post(address, data=_form(page.text, "rate"))
    assert "谢谢您的评价" in text_of(done.text)
    assert _score(office) == 2
    monkeypatch.setattr(throttle, "WRONG_PER_ADDRESS", Limit(0, 60))
    many = office.browser().post(address, data={**again, "code": sent.code})
    assert many.status_code == 429
    assert int(many.headers["retry-after"]) > 0
    assert fields_of(many.text, f'action="{address}"')["words"] == [WORDS]


def test_a_button_without_words_is_only_asked_who_it_is(office: Office) -> None:
    _, address = answered(office)
    asked = office.browser().post(address, data={"do": "settle", "form_end": "1"})
    assert fields_of(asked.text, 'action="/hall/letters/track"')
    assert "您写的内容" not in asked.text
