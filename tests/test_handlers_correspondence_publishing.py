"""The public reads masked letters only, those both writer and reviewer let out; found by words, months and likeness."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from handlers.store import letters
from handlers.store.letters import PublicFilter
from rules.errors import NotFound
from tests.casework_fixtures import LICENCE, at
from tests.correspondence_fixtures import Post, make_post


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    made = make_post(tmp_path)
    yield made
    made.hall.database.close()


def test_what_is_published_is_masked_and_the_writer_still_reads_their_own_words(
    post: Post, tmp_path: Path
) -> None:
    content = "我叫张示例，电话13800138001，想开小吃店，住幸福小区3栋501室，帮手叫阿宝。"
    filed = post.ask(content=content, item_code=LICENCE.code)
    preview = post.room.preview(filed.number, post.hall.people["decider"], ("阿宝",), at("2026-03-03"))
    assert "阿宝" not in preview.letter.content
    post.answer(filed, publish=True, mask=("阿宝",), text="张示例您好，请办理许可，电话0000-5550146。")
    assert post.room.publish(tmp_path / "published") == 1
    text = (tmp_path / "published" / "letters.json").read_text("utf-8")
    for secret in ("张示例", "13800138001", "501", "阿宝", "5550999", "5550146", filed.query_code):
        assert secret not in text
    entry = json.loads(text)["letters"][0]
    assert (entry["number"], entry["item"], entry["settled"]) == (filed.number, LICENCE.code, None)
    assert post.view(filed).letter.content == content
    assert "张示例" not in str(post.room.public_letter(filed.number, at("2026-03-04")).letter)
    stamp = (tmp_path / "published" / "letters.json").stat().st_mtime_ns
    post.room.publish(tmp_path / "published")
    assert (tmp_path / "published" / "letters.json").stat().st_mtime_ns == stamp


@pytest.mark.parametrize(("agreed", "let"), [(False, True), (True, False), (False, False)])
def test_writer_and_reviewer_must_both_let_it_out(post: Post, agreed: bool, let: bool) -> None:
    filed = post.ask(public=agreed)
    post.answer(filed, publish=let)
    assert letters.published(post.hall.database) == ()
    with pytest.raises(NotFound):
        post.room.public_letter(filed.number, at("2026-03-03"))


def test_a_letter_is_published_later_and_taken_back(post: Post) -> None:
    filed = post.ask()
    post.answer(filed)
    post.staff(filed, "publish", "decider")
    assert post.room.public_letter(filed.number, at("2026-03-04")).letter.title == "怎么办证"
    post.staff(filed, "unpublish", "decider", reason="涉及商业秘密")
    with pytest.raises(NotFound):
        post.room.public_letter(filed.number, at("2026-03-04"))


def test_similar_answers_are_offered_and_unlike_ones_are_not(post: Post) -> None:
    for number, (title, content) in enumerate((
        ("开小吃店要什么证", "想开一家小吃店，食品经营许可怎么办？"),
        ("身份证丢了怎么补", "身份证丢了，要去哪里补办？"),
        ("公积金怎么提取", "装修房子能提取公积金吗？"),
    )):  # fmt: skip
        filed = post.ask(title=title, content=content, name=f"王{'甲乙丙'[number]}")
        post.answer(filed, publish=True)
    found = post.room.similar("准备开个小吃店，办什么证")
    assert found[0].title == "开小吃店要什么证"
    assert found[0].words
    assert post.room.similar("彩票中奖怎么领") == ()
    assert [
        each.letter.title for each in post.room.published("补身份证", PublicFilter(), at("2026-03-04"))
    ] == ["身份证丢了怎么补"]
    assert post.room.published("", PublicFilter(month="2026-02"), at("2026-03-04")) == ()
    assert (
        len(post.room.published("", PublicFilter(month="2026-03", kind="consultation"), at("2026-03-04")))
        == 3
    )
