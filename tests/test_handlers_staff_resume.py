"""A form posted after the session has ended: what comes back after signing in again, and that nothing acts by itself."""

from __future__ import annotations

import re
from typing import Any

import pytest
from starlette.routing import Match, Route

from handlers.guard import guard_of
from handlers.staff_resume import Kept, _keeps
from handlers.store import appeals as appeal_store
from handlers.store import case_parts, cases
from handlers.store import orders as order_store
from handlers.store.records import FeeDue
from tests.handlers_fixtures import COUNTER, EVERYTHING, Office
from tests.orders_fixtures import CARDS, ORDERS, bureau, carded, ordered
from tests.page_fixtures import fields_of, text_of
from tests.scored_fixtures import MARCH, proposed, scored
from tests.staff_fixtures import CASE, PASSWORD, filed, sign_in, staffed

__all__ = ["bureau", "scored", "staffed"]

ACCOUNT = "/hall/staff/account"


def late(
    office: Office, login: str, at: str, action: str, files: Any = None, **typed: str
) -> tuple[Any, Any]:
    """Types into the form of a page, lets the session end, and posts: the browser and the answer."""
    client = office.signed_in(login)
    fields: dict[str, Any] = {**fields_of(client.get(at).text, f'action="{action}"'), **typed}
    office.clock.forward(minutes=40)
    return client, client.post(action, data=fields, files=files)


def signed_in_again(client: Any, login: str, answer: Any) -> Any:
    """The page after signing in by the page that the late form got."""
    fields = fields_of(answer.text, "/hall/staff/sign-in")
    return client.post("/hall/staff/sign-in", data={**fields, "login": login, "password": PASSWORD})


def put_back(client: Any, login: str, answer: Any, action: str) -> Any:
    """What “放回原来的页面” answers."""
    page = signed_in_again(client, login, answer)
    return client.post(action, data=fields_of(page.text, f'action="{action}"'))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/second-factor/disable", "password_again"),
        ("/password", "current"),
        ("/second-factor/confirm", "digits"),
        ("/sessions", "anything"),
    ],
)
def test_of_a_form_with_a_secret_nothing_is_kept_or_shown(staffed: Office, path: str, name: str) -> None:
    client = staffed.signed_in("window")
    fields = fields_of(client.get(ACCOUNT).text, "account/password")
    staffed.clock.forward(minutes=40)
    answer = client.post(ACCOUNT + path, data={**fields, name: "secret-Horse-77", "more": "secret-Horse-77"})
    assert answer.status_code == 401
    assert "secret-Horse-77" not in answer.text
    assert "您写的内容没有丢" not in answer.text
    assert fields_of(answer.text, "sign-in")["next"] == [ACCOUNT]
    assert "secret-Horse-77" not in signed_in_again(client, "window", answer).text


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/hall/staff/sign-out", "/hall/staff/"),
        ("/hall/staff/messages/read", "/hall/staff/messages"),
        ("/hall/staff/deliveries/7/again", "/hall/staff/deliveries"),
        ("/hall/statistics/saved/7/forget", "/hall/statistics"),
        (f"/hall/apply/{COUNTER}/window", f"/hall/apply/{COUNTER}"),
    ],
)
def test_a_click_that_came_late_is_not_repeated(staffed: Office, path: str, page: str) -> None:
    answer = staffed.browser().post(path, data={"message": "7", "state": "failed", "form_end": "1"})
    assert answer.status_code == 401
    fields = fields_of(answer.text, "sign-in")
    assert fields["next"] == [page]
    assert "kept_at" not in fields


def test_a_clerk_who_began_too_late_stands_before_the_same_item_after_signing_in(staffed: Office) -> None:
    at = f"/hall/apply/{COUNTER}"
    client, answer = late(staffed, "window", at, f"{at}/window", unit="window-market")
    assert answer.status_code == 401
    page = signed_in_again(client, "window", answer)
    assert (page.status_code, str(page.url.path)) == (200, at)
    assert fields_of(page.text, f"{at}/window")
    assert staffed.hall.database.value("SELECT count(*) FROM draft") == 0


def test_a_forged_sign_in_form_cannot_carry_a_secrets_form(staffed: Office) -> None:
    more = {"kept_at": f"{ACCOUNT}/second-factor/disable", "kept.password_again": "secret-Horse-77"}
    answer = sign_in(staffed.browser(), "window", **more)
    assert "您写的内容还在" not in answer.text
    more = {"kept_at": f"{CASE}x/moves/grant", "kept.password_again": "secret-Horse-77", "kept.a": "写的"}
    answer = sign_in(staffed.browser(), "window", **more)
    assert "写的" in answer.text
    assert "secret-Horse-77" not in answer.text


def test_an_explanation_put_back_is_a_draft_until_it_is_sent(bureau: Office) -> None:
    order = ordered(bureau)
    at = f"{ORDERS}/{order.id}"
    client, answer = late(bureau, "decider", at, f"{at}/reply", text="停电半天", send="1")
    assert "停电半天" in answer.text
    page = put_back(client, "decider", answer, f"{at}/reply")
    assert "草稿已保存，还没有提交" in text_of(page.text)
    assert fields_of(page.text, f"{at}/reply")["text"] == ["停电半天"]
    assert order_store.replies(bureau.hall.database, order.id) == ()
    # A sign-in page that was open before carries the button along: it acts no more than the others.
    fields = {**fields_of(page.text, f"{at}/reply"), "send": "1", "restore": "1", "text": "再看一遍"}
    page = client.post(f"{at}/reply", data=fields)
    assert "草稿已保存，还没有提交" in text_of(page.text)
    assert order_store.replies(bureau.hall.database, order.id) == ()


def test_what_was_written_beside_a_case_is_put_back_into_its_fields(staffed: Office) -> None:
    database, number = staffed.hall.database, filed(staffed).number
    case, at = cases.by_number(database, number), CASE + number
    assert case is not None
    due = FeeDue(0, "工本费", "每证 10 元", "某文件", 1000, None, "")
    database.write(lambda tx: case_parts.insert_fees(tx, case.id, (due,)))
    for action, typed in (
        ("/materials/plan", {"material.plan.originals": "3", "material.plan.note": "缺一页", "material.plan.reused": "yes"}),
        ("/fees/0", {"fee.0.how": "waived", "fee.0.waived": "低保户，凭证一份"}),
    ):  # fmt: skip
        client, answer = late(staffed, "window", at, at + action, **typed)
        page = put_back(client, "window", answer, at + action)
        assert page.status_code == 200
        shown = fields_of(page.text, action)
        assert {name: shown[name] for name in typed} == {name: [text] for name, text in typed.items()}
        assert fields_of(client.get(at).text, action) != shown
    bad = client.post(f"{at}/materials/plan", data={**fields_of(client.get(at).text, "/materials/plan"),
                      "material.plan.originals": "很多", "material.plan.note": "写过的备注"})  # fmt: skip
    assert bad.status_code == 422
    assert fields_of(bad.text, "/materials/plan")["material.plan.note"] == ["写过的备注"]


def test_an_appeal_put_back_is_a_draft_until_it_is_sent(bureau: Office) -> None:
    card = carded(bureau)
    at = f"{CARDS}/{card.id}/appeal"
    client, answer = late(bureau, "decider", at, at, text="当天停电", send="1")
    page = put_back(client, "decider", answer, at)
    assert "草稿已保存，还没有提交" in text_of(page.text)
    assert fields_of(page.text, at)["text"] == ["当天停电"]
    assert appeal_store.of_card(bureau.hall.database, card.id) is None


def test_a_quarterly_text_put_back_is_not_saved_by_itself(staffed: Office) -> None:
    at = "/hall/statistics/quarterly"
    client, answer = late(
        staffed, "supervisor", at, f"{at}/text", preface="本季情况如下", conclusions="抓好整改"
    )
    assert "抓好整改" in answer.text
    assert fields_of(answer.text, "sign-in")["next"] == [at]
    page = put_back(client, "supervisor", answer, f"{at}/text")
    assert page.status_code == 200
    assert fields_of(page.text, f"{at}/text")["preface"] == ["本季情况如下"]
    assert fields_of(client.get(at).text, f"{at}/text")["preface"] != ["本季情况如下"]
    assert "抓好整改" in client.post(f"{at}/text", data=fields_of(page.text, f"{at}/text")).text


def test_a_report_put_back_is_not_kept_by_itself(staffed: Office) -> None:
    at = "/hall/statistics"
    client, answer = late(staffed, "supervisor", at, f"{at}/saved", name="我的月报", share="1")
    page = put_back(client, "supervisor", answer, f"{at}/saved")
    shown = fields_of(page.text, f"{at}/saved")
    assert (shown["name"], shown["share"]) == (["我的月报"], ["1"])
    assert "我的月报" not in client.get(at).text
    refused = client.post(f"{at}/saved", data={**shown, "name": "长" * 100})
    assert refused.status_code == 422
    assert fields_of(refused.text, f"{at}/saved")["name"] == ["长" * 100]


def test_score_entries_put_back_stand_in_their_own_fields(scored: Office) -> None:
    at = "/hall/scores/entries"
    client = scored.signed_in("supervisor")
    form = fields_of(client.get(at).text.split('id="h-enter"')[1], at)
    typed = {"kind": "case_lost", "department": "market", "happened": "2026-03-20", "basis": "判决书一号"}
    scored.clock.forward(minutes=40)
    answer = client.post(at, data={**form, **typed})
    assert answer.status_code == 401
    page = put_back(client, "supervisor", answer, at)
    shown = fields_of(page.text.split('id="h-enter"')[1], at)
    assert {name: shown[name] for name in typed} == {name: [text] for name, text in typed.items()}
    assert scored.hall.database.value("SELECT count(*) FROM score_entry") == 0
    made = client.post(at, data=shown)
    action = re.search(r'action="(/hall/scores/entries/\d+/withdraw)"', made.text)
    assert action
    client, answer = late(scored, "supervisor", f"{at}?period={MARCH}", action[1], reason="登记错了人")
    page = put_back(client, "supervisor", answer, action[1])
    assert fields_of(page.text, action[1])["reason"] == ["登记错了人"]
    register = fields_of(client.get(at).text.split('id="h-registers"')[1], at)
    scored.clock.forward(minutes=40)
    answer = client.post(at, data={**register, "basis": "核对了台账"})
    page = put_back(client, "supervisor", answer, at)
    assert fields_of(page.text.split('id="h-registers"')[1], at)["basis"] == ["核对了台账"]
    assert fields_of(page.text.split('id="h-enter"')[1], at)["basis"] == [""]


def test_a_note_to_a_score_and_an_appeal_against_one_are_put_back(scored: Office) -> None:
    at, act = "/hall/scores", "/hall/scores/compute"
    client, answer = late(scored, "supervisor", at, act, note="更正三月")
    page = put_back(client, "supervisor", answer, act)
    assert fields_of(page.text, act)["note"] == ["更正三月"]
    assert scored.hall.database.value("SELECT count(*) FROM score_edition") == 0
    proposed(scored)
    at = f"/hall/scores/{MARCH}/market/appeal"
    client, answer = late(scored, "market-supervisor", at, at, text="停电两天", send="1")
    page = put_back(client, "market-supervisor", answer, at)
    assert fields_of(page.text, at)["text"] == ["停电两天"]
    assert scored.hall.database.value("SELECT count(*) FROM appeal") == 0


def test_words_are_kept_though_large_files_came_with_them(bureau: Office) -> None:
    at = f"{ORDERS}/{ordered(bureau).id}"
    large = {"files": ("证明.pdf", b"%PDF-1.4\n" + b"0" * (3 * 1024 * 1024), "application/pdf")}
    client, answer = late(bureau, "decider", at, f"{at}/reply", large, text="写了很久的话", send="1")
    assert answer.status_code == 401
    assert "写了很久的话" in answer.text
    page = put_back(client, "decider", answer, f"{at}/reply")
    assert fields_of(page.text, f"{at}/reply")["text"] == ["写了很久的话"]


def test_words_without_files_are_held_to_the_limit_of_words(bureau: Office) -> None:
    at = f"{ORDERS}/{ordered(bureau).id}/chase"
    client = bureau.browser()
    assert client.post(at, data={"chase-words": "长" * 800_000, "form_end": "1"}).status_code == 413


def test_every_staff_form_is_known_to_put_back_or_to_keep_nothing(staffed: Office) -> None:
    """A new form that is kept must have its `restore` branch, or it acts at once: look, then add it here."""
    assert {each.name for each in kept_routes(staffed)} == PUTS_BACK


def test_what_was_posted_leads_back_to_a_page_that_can_be_opened(staffed: Office) -> None:
    for each in kept_routes(staffed):
        page = Kept(re.sub(r"\{[^}]+\}", "1", each.path), ()).page
        scope = {"type": "http", "method": "GET", "path": page, "headers": []}
        found = [one for one in staffed.app.routes if isinstance(one, Route)]
        assert any(one.matches(scope)[0] is Match.FULL for one in found), page


def kept_routes(office: Office) -> list[Route]:
    """The forms of staff of which the text is kept."""
    return [
        each
        for each in office.app.routes
        if isinstance(each, Route)
        and "POST" in (each.methods or ())
        and (guard := guard_of(each)) is not None
        and not guard.public
        and _keeps(each.path)
    ]


PUTS_BACK = {
    "accountability_record",
    "accountability_withdraw",
    "appeal_decide",
    "appeal_file",
    "appeal_refile",
    "card_by_hand_issue",
    "card_decide",
    "card_revoke",
    "case_chase_send",
    "erase_send",
    "order_chase",
    "order_create",
    "order_move",
    "order_reply",
    "rating_move",
    "staff_certificate",
    "staff_charge",
    "staff_fee",
    "staff_letter_move",
    "staff_material",
    "staff_move",
    "staff_told_outside",
    "quarterly_write",
    "score_appeal_file",
    "score_compute",
    "score_enter",
    "score_propose",
    "score_publish",
    "score_withdraw",
    "statistics_save",
}


@pytest.mark.parametrize("item", [COUNTER, EVERYTHING])
def test_a_page_of_a_walk_ins_application_typed_when_the_session_ended_is_put_back_saved_and_shown(
    staffed: Office, item: str
) -> None:
    client = staffed.signed_in("window")
    start = client.get(f"/hall/apply/{item}").text
    first = client.post(
        f"/hall/apply/{item}/window", data={**fields_of(start, "/window"), "unit": "window-market"}
    )
    action = str(first.url.path)
    typed = {"applicant_name": "周文静", "contact_phone": "0000-5550999"}
    fields = {**fields_of(first.text, f'action="{action}"'), **typed}
    staffed.clock.forward(minutes=40)
    answer = client.post(action, data={**fields, "do": "next"})
    assert answer.status_code == 401
    assert "周文静" in answer.text
    assert fields["resume"][0] not in answer.text
    page = put_back(client, "window", answer, action)
    assert page.status_code == 200
    assert str(page.url.path) == action
    assert "已经放回并存好" in text_of(page.text)
    shown = fields_of(page.text, f'action="{action}"')
    assert {name: shown[name] for name in typed} == {name: [text] for name, text in typed.items()}


def test_a_forged_sign_in_form_does_not_file_an_application(staffed: Office) -> None:
    at = f"/hall/apply/{COUNTER}/abc/check"
    assert (
        "您写的内容还在" not in sign_in(staffed.browser(), "window", kept_at=at, **{"kept.truth": "yes"}).text
    )
