"""Erasing a letter by law: what names or could name a person goes, the chain and the seals go on verifying."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from handlers.casework.auditing import audit
from handlers.store import attachments, events, letters
from rules.errors import Conflict, Forbidden, IllegalMove, Invalid, NotFound
from tests.casework_fixtures import at, dump
from tests.correspondence_fixtures import Post, make_post
from tests.filling_fixtures import PDF

NEVER_AGAIN = ("张示例", "0000-5550999", "隔壁李样本", "已经联系您本人")


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    made = make_post(tmp_path)
    yield made
    made.hall.database.close()


def everything(post: Post) -> str:
    return "\n".join(
        str(tuple(row))
        for table in ("letter", "event_payload", "outbox", "attachment")
        for row in post.hall.database.rows(f"SELECT * FROM {table}")
    )


def test_an_answered_letter_is_erased_by_the_administrator_and_the_chain_verifies(post: Post) -> None:
    attachments.receive_bytes(
        post.hall.database, (PDF,), "隔壁李样本.pdf", attachments.Limits(("pdf",), 1_000_000), at("2026-03-02"),
        field="letter", owner="letter-draft/aaaaaaaaaaaaaaaaaaaaaaaa",
    )  # fmt: skip
    filed = post.ask(content="隔壁李样本占了过道，怎么办？", files="letter-draft/aaaaaaaaaaaaaaaaaaaaaaaa")
    erase, admin = post.room.erase, post.hall.people["admin"]
    with pytest.raises(IllegalMove):
        erase(filed.number, admin, "本人要求", now=at("2026-03-02"))
    post.answer(filed, text="已经联系您本人处理。", publish=True)
    before = dump(post.hall.database)
    for who in ("county", "decider", "publisher"):
        with pytest.raises(Forbidden):
            erase(filed.number, post.hall.people[who], "本人要求", now=at("2026-03-04"))
    with pytest.raises(Invalid):
        erase(filed.number, admin, " ", now=at("2026-03-04"))
    with pytest.raises(NotFound):
        erase("QHZ202603029999", admin, "本人要求", now=at("2026-03-04"))
    assert dump(post.hall.database) == before
    assert all(words in everything(post) for words in NEVER_AGAIN)
    erase(filed.number, admin, "本人书面要求", now=at("2026-03-04"))
    assert not any(words in everything(post) for words in NEVER_AGAIN)
    found = audit(post.hall.database)
    assert found.sound
    assert found.erased >= 3
    last = events.of_subject(post.hall.database, "letter", 1)[-1]
    assert (last.kind, last.actor) == ("erase", admin)
    letter = letters.by_number(post.hall.database, filed.number)
    assert letter is not None
    assert (letter.state, letter.late, letter.answered) == ("answered", False, at("2026-03-03"))
    assert letters.published(post.hall.database) == ()
    with pytest.raises(Conflict):
        erase(filed.number, admin, "再来一次", now=at("2026-03-05"))


def test_an_erased_complaint_about_conduct_forgets_whom_it_was_about(post: Post) -> None:
    filed = post.ask(
        kind="complaint",
        topic="conduct",
        title="窗口人员骂人",
        content="上午在窗口骂人。",
        about="window示例",
    )
    post.staff(
        filed, "propose", "county", finding="confirmed", text="情况属实，已处理。", outcome="约谈window示例"
    )
    post.staff(filed, "endorse", "second_county")
    post.room.erase(filed.number, post.hall.people["admin"], "保存期满", now=at("2026-03-05"))
    assert letters.about(post.hall.database, 1) == (None, None)
    assert "window示例" not in everything(post)
    event = events.of_subject(post.hall.database, "letter", 1)[-1]
    assert event.unit == "county"
    assert audit(post.hall.database).sound


def test_a_county_sets_how_often_a_letter_goes_back_and_is_chased(post: Post) -> None:
    assert (post.room.limits.returns, post.room.limits.chases) == (1, 5)
    ground = post.hall.holder.ground
    settings = ground.county.settings.model_copy(update={"letter_returns": 0, "letter_chases": 1})
    county = ground.county.model_copy(update={"settings": settings})
    post.hall.holder.ground = replace(ground, county=county)
    filed = post.ask()
    with pytest.raises(IllegalMove):
        post.staff(filed, "return", "coordinator", reason="不是我们的")
    post.writer(filed, "chase", "2026-03-03")
    with pytest.raises(Conflict, match="多次"):
        post.writer(filed, "chase", "2026-03-04")


def test_a_cases_letters_are_listed_for_who_reaches_them_and_without_drafts(post: Post) -> None:
    case = post.hall.file()
    filed = post.ask(case_number=case.number)
    row = post.hall.database.row("SELECT id FROM cases")
    assert row is not None
    post.staff(filed, "draft", "coordinator", text="先存一个草稿在这里")
    public = post.room.of_case(row["id"], at("2026-03-03"))
    assert [each.letter.number for each in public] == [filed.number]
    assert "先存一个草稿" not in str(public)
    people = post.hall.people
    assert post.room.of_case_for_staff(row["id"], people["coordinator"], at("2026-03-03"))
    assert post.room.of_case_for_staff(row["id"], people["health"], at("2026-03-03")) == ()


def test_the_orders_about_an_erased_letter_forget_its_title_and_stay_documents(post: Post) -> None:
    from handlers.supervising.requests import OrderRequest
    from handlers.supervising.service import Supervision

    title = "隔壁李样本占了过道"
    filed = post.ask(title=title, content="隔壁李样本占了过道，怎么办？")
    supervision, hall = Supervision(post.hall.database, lambda: post.hall.holder.ground), post.hall
    county = hall.people["county"]
    by_hand = supervision.issue_order(
        OrderRequest("letter", filed.number, text="十天没有人联系来信人"),
        county,
        key="o1",
        now=at("2026-03-03"),
    )
    hall.casework.sweep(at("2026-03-20"))  # the answer is late: a card and what follows from it
    post.answer(filed, "2026-03-20", text="已经联系您本人处理。")
    rows = "\n".join(
        str(tuple(row))
        for table in ("supervision_order", "supervision_order_card", "outbox", "event_payload")
        for row in hall.database.rows(f"SELECT * FROM {table}")
    )
    assert title in rows
    post.room.erase(filed.number, hall.people["admin"], "本人书面要求", now=at("2026-03-21"))
    left = "\n".join(
        str(tuple(row))
        for table in ("supervision_order", "supervision_order_card", "outbox", "event_payload", "letter")
        for row in hall.database.rows(f"SELECT * FROM {table}")
    )
    assert "李样本" not in left
    shown = supervision.order(by_hand.id, county, at("2026-03-21"))
    assert shown.order.number == by_hand.number
    assert "十天没有人联系来信人" in str(shown.order.paper)
    assert "（已按规定删除）" in str(shown.order.paper)
    assert audit(hall.database).sound


def test_a_letter_released_from_conduct_keeps_its_number_and_is_never_published(post: Post) -> None:
    filed = post.ask(
        kind="complaint", topic="conduct", title="证办得太慢", content="交了三次材料还没有办好。", public=True
    )
    post.staff(filed, "release", "county", "2026-03-03", reason="反映的是时限", unit="market")
    assert "J" in filed.number
    assert post.view(filed).letter.number == filed.number, "the receipt and the chain name it so"
    post.answer(filed, publish=True)
    assert letters.published(post.hall.database) == ()
