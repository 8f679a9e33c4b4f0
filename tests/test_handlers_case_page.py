"""The case page: every move with what it needs and sends, stale and double sending, masking, files, scope."""

from __future__ import annotations

import re
from typing import Any

import pytest

from handlers.casework.requests import Filed
from handlers.store import access_log
from handlers.store.records import Case
from rules.case_table import MOVES
from rules.case_terms import NOTICES, MoveName
from tests.filling_fixtures import PDF, file_case
from tests.handlers_fixtures import ID_NUMBER
from tests.staff_fixtures import CASE, Office, do, fields_of, filed, staffed, text_of

__all__ = ["staffed"]

REASONED = {"reason": "材料与实际不符", "basis": "《某规定》第一条"}


def case_of(office: Office, number: str) -> Case:
    return office.hall.casework.staff_view(number, office.people["coordinator"], office.clock()).case


def accepted(office: Office, key: str = "k1", **answers: Any) -> Filed:
    case = filed(office, key=key, **answers)
    office.move(case.number, "pre_review", "window")
    office.move(case.number, "accept", "window")
    return case


def decided(office: Office) -> Filed:
    case = accepted(office)
    office.move(case.number, "complete_step", "reviewer", opinion="属实")
    office.move(case.number, "grant", "decider", opinion="同意")
    return case


def brought_to(office: Office, move: str) -> Filed:
    """A case in which the move is possible."""
    if move in ("pre_review", "supplement_notice", "refuse", "withdraw", "void"):
        return filed(office)
    if move == "accept":
        case = filed(office)
        office.move(case.number, "pre_review", "window")
        return case
    if move == "supplement":
        case = filed(office)
        office.supplement_notice(case.number, "plan")
        return case
    if move == "deliver":
        return decided(office)
    case = accepted(office)
    if move == "end_special":
        office.move(case.number, "start_special", "reviewer", kind="2", days="5", **REASONED)
    if move in ("request_hearing", "notify_hearing", "hold_hearing"):
        office.move(case.number, "tell_hearing", "reviewer", **REASONED)
    if move in ("notify_hearing", "hold_hearing"):
        office.move(case.number, "request_hearing", "window")
    if move in ("send_back", "grant", "deny", "extend"):
        office.move(case.number, "complete_step", "reviewer", opinion="属实")
    return case


WHO_AND_WHAT: dict[str, tuple[str, dict[str, str]]] = {
    "pre_review": ("window", {"opinion": "齐全"}),
    "supplement_notice": ("window", {"reason": "平面图看不清", "missing": "plan"}),
    "supplement": ("window", {}),
    "accept": ("window", {}),
    "refuse": ("window", {**REASONED, "confirm": "yes"}),
    "complete_step": ("reviewer", {"opinion": "属实"}),
    "send_back": ("decider", {"reason": "再核一次"}),
    "start_special": ("reviewer", {"kind": "2", "days": "5", **REASONED}),
    "end_special": ("reviewer", {"opinion": "检测合格"}),
    "extend": ("decider", {"days": "5", "reason": "需要专家评审"}),
    "tell_hearing": ("reviewer", dict(REASONED)),
    "request_hearing": ("window", {"reason": "要求说明情况"}),
    "notify_hearing": ("reviewer", {"time": "2026-03-25 9:00", "place": "三楼听证室"}),
    "hold_hearing": ("reviewer", {"result": "held", "opinion": "双方陈述、质证"}),
    "grant": ("decider", {"opinion": "同意", "confirm": "yes"}),
    "deny": ("decider", {**REASONED, "confirm": "yes"}),
    "deliver": ("window", {"method": "窗口领取", "recipient": "张示例"}),
    "withdraw": ("window", {"reason": "不办了", "confirm": "yes"}),
    "void": ("coordinator", {**REASONED, "confirm": "yes"}),
}


def test_the_page_can_make_every_move_that_staff_may_make() -> None:
    assert set(WHO_AND_WHAT) == {each.value for each in MoveName} - {"file", "deem_accept"}


@pytest.mark.parametrize("move", WHO_AND_WHAT)
def test_each_move_is_made_by_its_form_and_sends_its_notice(staffed: Office, move: str) -> None:
    who, values = WHO_AND_WHAT[move]
    case = brought_to(staffed, move)
    client = staffed.signed_in(who)
    page = client.get(CASE + case.number).text
    row = MOVES[MoveName(move)]
    if row.notice is not None:
        assert f"出具有编号的《{NOTICES[row.notice].title}》" in page
    answer = do(client, case.number, move, **values)
    assert answer.status_code == 200, text_of(answer.text)
    assert f"“{row.label}”已完成" in answer.text
    assert case_of(staffed, case.number).state == row.to_state
    if row.notice is not None:
        link = re.search(r'已出具 <a href="(/hall/notices/\d+)">([^<]+)<', answer.text)
        assert link is not None
        assert NOTICES[row.notice].title in link[2]
        assert client.get(link[1]).status_code == 200


@pytest.mark.parametrize(
    "move", ["supplement_notice", "refuse", "complete_step", "send_back", "start_special", "end_special",
             "extend", "grant", "deny", "void"],
)  # fmt: skip
def test_a_move_without_what_it_needs_comes_back_and_changes_nothing(staffed: Office, move: str) -> None:
    who, _ = WHO_AND_WHAT[move]
    case = brought_to(staffed, move)
    before = case_of(staffed, case.number)
    blank = {need.name: "" for need in MOVES[MoveName(move)].needs}
    answer = do(staffed.signed_in(who), case.number, move, confirm="yes", **blank)
    assert answer.status_code == 422
    assert 'class="error-summary"' in answer.text
    assert re.search(rf'<a href="#f-{move}\.\w+">', answer.text)
    assert re.search(rf'id="move-{move}" open', answer.text)
    assert case_of(staffed, case.number) == before


@pytest.mark.parametrize("move", ["refuse", "grant", "deny", "withdraw", "void"])
def test_what_cannot_be_taken_back_asks_to_be_confirmed(staffed: Office, move: str) -> None:
    who, values = WHO_AND_WHAT[move]
    case = brought_to(staffed, move)
    before = case_of(staffed, case.number)
    answer = do(
        staffed.signed_in(who), case.number, move, **{k: v for k, v in values.items() if k != "confirm"}
    )
    assert answer.status_code == 422
    assert "请核对后勾选确认" in answer.text
    for value in values.values():
        if value != "yes":
            assert value in answer.text
    assert case_of(staffed, case.number) == before


def test_illegal_moves_are_refused_and_change_nothing(staffed: Office) -> None:
    case = filed(staffed)
    before = case_of(staffed, case.number)
    for who, move, status in (
        ("window", "grant", 409), ("window", "accept", 409), ("coordinator", "deliver", 409),
        ("reviewer", "pre_review", 403), ("decider", "accept", 409), ("window", "void", 403),
        ("window", "deem_accept", 409), ("window", "no-such-move", 404), ("supervisor", "pre_review", 403),
    ):  # fmt: skip
        client = staffed.signed_in(who)
        token = {"csrf": client.headers["x-csrf"], "key": f"{who}{move}", "seen": "0", "form_end": "1"}
        typed = {f"{move}.{name}": "一些内容" for name in ("reason", "basis", "opinion", "confirm")}
        answer = client.post(
            f"{CASE}{case.number}/moves/{move}", data={**token, **typed, f"{move}.confirm": "yes"}
        )
        assert answer.status_code == status, (who, move, text_of(answer.text)[:300])
        assert case_of(staffed, case.number) == before


def test_the_same_click_sent_twice_is_one_move(staffed: Office) -> None:
    case = filed(staffed)
    client = staffed.signed_in("window")
    fields = fields_of(client.get(CASE + case.number).text, "/moves/pre_review")
    first = client.post(f"{CASE}{case.number}/moves/pre_review", data=fields)
    second = client.post(f"{CASE}{case.number}/moves/pre_review", data=fields)
    assert first.status_code == second.status_code == 200
    assert case_of(staffed, case.number).version == 1


def test_a_stale_page_is_told_that_someone_was_faster_and_keeps_what_was_typed(staffed: Office) -> None:
    case = filed(staffed)
    slow = staffed.signed_in("window")
    fields = fields_of(slow.get(CASE + case.number).text, "/moves/refuse")
    staffed.move(case.number, "pre_review", "coordinator")
    typed = {"refuse.reason": "写了很久的理由", "refuse.basis": "《某规定》第一条", "refuse.confirm": "yes"}
    answer = slow.post(f"{CASE}{case.number}/moves/refuse", data={**fields, **typed})
    assert answer.status_code == 409
    words = text_of(answer.text)
    assert "刚刚被别人处理过" in words
    assert "待受理" in words
    assert fields_of(answer.text, "/moves/refuse")["refuse.reason"] == ["写了很久的理由"]
    assert case_of(staffed, case.number).state == "pre_reviewed"


def test_of_what_was_typed_only_words_are_given_back_to_copy(staffed: Office) -> None:
    case = accepted(staffed)
    slow = staffed.signed_in("reviewer")
    fields = fields_of(slow.get(CASE + case.number).text, "/moves/start_special")
    typed = {f"start_special.{name}": text for name, text in {**REASONED, "kind": "2", "days": "5"}.items()}
    staffed.move(case.number, "complete_step", "reviewer", opinion="属实")
    late = slow.post(f"{CASE}{case.number}/moves/start_special", data={**fields, **typed})
    assert late.status_code == 409
    stranger = staffed.signed_in("police-window")
    away = stranger.post(
        f"{CASE}{case.number}/moves/start_special",
        data={**typed, "csrf": stranger.headers["x-csrf"], "form_end": "1"},
    )
    assert away.status_code == 404
    for answer in (late, away):
        kept = re.search('<ul class="kept-texts">(.*?)</ul>', answer.text)
        assert kept is not None
        assert re.findall("<li>(.*?)</li>", kept[1]) == list(REASONED.values())


def test_a_text_that_is_too_long_comes_back_whole(staffed: Office) -> None:
    case = accepted(staffed)
    answer = do(staffed.signed_in("reviewer"), case.number, "complete_step", opinion="长" * 6000)
    assert answer.status_code == 422
    assert "长" * 6000 in answer.text


def test_a_case_out_of_scope_is_not_there(staffed: Office) -> None:
    case = filed(staffed)
    for who in ("police", "police-window", "town"):
        client = staffed.signed_in(who)
        assert client.get(CASE + case.number).status_code == 404
        assert client.get(f"{CASE}QH202603020000999").status_code == 404
        token = {"csrf": client.headers["x-csrf"], "key": "k", "seen": "0", "form_end": "1"}
        assert client.post(f"{CASE}{case.number}/moves/pre_review", data=token).status_code in (403, 404)
        assert client.post(f"{CASE}{case.number}/materials/plan", data=token).status_code in (403, 404)
    assert case_of(staffed, case.number).version == 0


def test_what_was_written_about_a_case_out_of_reach_is_given_back(staffed: Office) -> None:
    case = filed(staffed)
    client = staffed.signed_in("police-window")
    token = {"csrf": client.headers["x-csrf"], "refuse.reason": "缺平面图<b>", "form_end": "1"}
    for number in (case.number, "QH202603020000999"):
        answer = client.post(f"{CASE}{number}/moves/refuse", data=token)
        assert answer.status_code == 404
        assert "缺平面图&lt;b&gt;" in answer.text
        assert "张" not in answer.text


def test_personal_data_is_masked_until_asked_for_and_each_look_is_written_down(staffed: Office) -> None:
    case = filed(staffed)
    client = staffed.signed_in("window")
    page = client.get(CASE + case.number).text
    for hidden in ("张示例", "李示例", ID_NUMBER, "0000-5550999", "0000-5550998", "人民路示例8号"):
        assert hidden not in page
    assert "张*例" in page
    shown = client.get(CASE + case.number + "?show=personal").text
    for whole in ("张示例", "李示例", ID_NUMBER, "0000-5550999", "人民路示例8号"):
        assert whole in shown
    looks = access_log.of_subject(staffed.hall.database, "case", case.number)
    assert [each.what for each in looks] == ["case", "personal", "case"]
    assert {each.person for each in looks} == {staffed.people["window"]}


def test_answers_stand_under_the_labels_of_the_form_they_were_given_on(staffed: Office) -> None:
    case = filed(staffed, gone="从前的问题")
    words = text_of(staffed.signed_in("reviewer").get(CASE + case.number).text)
    for expected in ("基本情况", "店名 示例小馆", "经营项目 热食", "gone 从前的问题"):
        assert expected in words


def test_hostile_text_is_shown_and_not_run(staffed: Office) -> None:
    hostile = '"><script>alert(1)</script>'
    case = filed(staffed, name=hostile, shop=hostile)
    client = staffed.signed_in("window")
    do(client, case.number, "pre_review", opinion=hostile)
    for path in (
        CASE + case.number + "?show=personal",
        "/hall/staff/?tab=all&q=" + hostile,
        "/hall/staff/messages",
    ):
        page = client.get(path).text
        assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in client.get(CASE + case.number + "?show=personal").text


def test_an_attachment_is_said_to_be_unscanned_once(staffed: Office) -> None:
    case = file_case(staffed)
    staffed.hall.database.write(
        lambda tx: tx.execute(
            "INSERT INTO attachment_scan (sha256, state, at) SELECT DISTINCT sha256, 'waiting', received FROM attachment"
        )
    )
    page = staffed.signed_in("window").get(CASE + case.number).text
    files = page.split("电子附件")[1].split("</section>")[0]
    assert files.count("未查毒") == files.count(" download>") > 0


@pytest.mark.parametrize(("unit", "word"), [("workday", "个工作日"), ("day", "天")])
def test_an_extension_is_asked_for_in_the_unit_of_the_promise(staffed: Office, unit: str, word: str) -> None:
    case = accepted(staffed)
    staffed.hall.database.write(lambda tx: tx.execute("UPDATE cases SET promised_unit = ?", (unit,)))
    page = staffed.signed_in("decider").get(CASE + case.number).text
    asked = page.split('id="move-extend"')[1].split("</details>")[0]
    assert f'<span class="unit">{word}</span>' in asked


def test_attachments_are_only_ever_downloaded(staffed: Office) -> None:
    case = file_case(staffed)
    client = staffed.signed_in("window")
    page = client.get(CASE + case.number).text
    link = re.search(r'href="(/hall/staff/attachments/[^"]+)" download>平面图\.pdf', page)
    assert link is not None
    answer = client.get(link[1])
    assert answer.content == PDF
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["cache-control"] == "no-store"
    assert staffed.signed_in("police").get(link[1]).status_code == 404
    looks = access_log.of_subject(staffed.hall.database, "case", case.number)
    assert "attachment" in {each.what for each in looks}


def test_materials_handed_over_are_recorded_and_wrong_numbers_come_back(staffed: Office) -> None:
    case = filed(staffed)
    client = staffed.signed_in("window")
    path = f"{CASE}{case.number}/materials/plan"
    fields = fields_of(client.get(CASE + case.number).text, "/materials/plan")
    wrong = client.post(path, data={**fields, "material.plan.originals": "许多"})
    assert wrong.status_code == 422
    assert "份数请填 0 到 99" in wrong.text
    answer = client.post(
        path, data={**fields, "material.plan.originals": "1", "material.plan.note": "A3 图纸"}
    )
    assert "材料已登记" in answer.text
    assert "原件 1 份" in text_of(answer.text)
    assert "A3 图纸" in answer.text
    token = {"csrf": staffed.signed_in("reviewer").headers["x-csrf"], "form_end": "1"}
    assert staffed.signed_in("reviewer").post(path, data=token).status_code == 403


def test_files_brought_to_the_window_complete_a_supplement(staffed: Office) -> None:
    case = brought_to(staffed, "supplement")
    client = staffed.signed_in("window")
    fields = fields_of(client.get(CASE + case.number).text, "/moves/supplement")
    path = f"{CASE}{case.number}/moves/supplement"
    bad = client.post(
        path, data=fields, files={"supplement.file.plan": ("x.exe", b"MZ\x90\x00", "application/pdf")}
    )
    assert bad.status_code == 422
    assert case_of(staffed, case.number).state == "supplementing"
    field = re.findall(r'<input[^>]*id="f-supplement\.file\.plan"[^>]*>', bad.text)[0]
    assert 'aria-describedby="e-supplement.file.plan"' in field
    assert 'id="e-supplement.file.plan"' in bad.text
    most = staffed.hall.county.settings.upload_megabytes
    assert f'data-max-megabytes="{most}"' in field
    good = client.post(
        path, data=fields, files={"supplement.file.plan": ("新图.pdf", PDF, "application/pdf")}
    )
    assert good.status_code == 200, text_of(good.text)
    assert "新图.pdf" in good.text
    assert case_of(staffed, case.number).state == "received"


def test_the_certificate_gets_its_number_before_delivery(staffed: Office) -> None:
    case = decided(staffed)
    client = staffed.signed_in("window")
    page = client.get(CASE + case.number).text
    data = {**fields_of(page, "/certificate"), "certificate.number": "示例证00001"}
    answer = client.post(f"{CASE}{case.number}/certificate", data=data)
    assert "已出证" in answer.text
    assert "示例证00001" in answer.text


def test_the_page_tells_the_ledger_of_pauses_the_opinions_and_why_it_is_due_that_day(staffed: Office) -> None:
    case = accepted(staffed)
    staffed.move(case.number, "start_special", "reviewer", kind="2", days="5", **REASONED)
    staffed.clock.forward(days=2)
    staffed.move(case.number, "end_special", "reviewer", opinion="检测合格")
    staffed.move(case.number, "complete_step", "reviewer", opinion="材料属实")
    words = text_of(staffed.signed_in("decider").get(CASE + case.number).text)
    for expected in ("暂停台账", "材料与实际不符", "检测合格", "材料属实", "reviewer示例", "为什么是这一天", "所以最晚是",
                     "特别程序告知书", "机关用时", "申请人等了"):  # fmt: skip
        assert expected in words


def test_who_has_nothing_to_do_is_told_who_has(staffed: Office) -> None:
    case = accepted(staffed)
    words = text_of(staffed.signed_in("supervisor").get(CASE + case.number).text)
    assert "现在没有您要做的" in words
    assert "青禾县市场监督管理局" in words
    assert "/moves/" not in staffed.signed_in("supervisor").get(CASE + case.number).text


def test_a_form_that_arrives_cut_off_changes_nothing(staffed: Office) -> None:
    case = filed(staffed)
    client = staffed.signed_in("window")
    fields = fields_of(client.get(CASE + case.number).text, "/moves/pre_review")
    del fields["form_end"]
    assert client.post(f"{CASE}{case.number}/moves/pre_review", data=fields).status_code == 400
    assert case_of(staffed, case.number).version == 0
