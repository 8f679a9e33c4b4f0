"""Folding, tokens, questions, codes, pinyin: what the index is made of."""

from __future__ import annotations

import pytest

from search_index import name_pinyin, pinyin_initials
from search_index.codes import code_key, looks_like_code
from search_index.pinyin import loose_key
from search_index.questions import strip_question
from search_index.text import clip_query, fold, squeeze
from search_index.tokens import tokenize, words
from search_index.tuning import TEXT_FIELDS, read_tuning


def terms(text: str, kind: str) -> list[str]:
    return [token.term for token in tokenize(text) if token.kind == kind]


def test_width_and_case_are_levelled_without_moving_a_character() -> None:
    written = "ＡＢＣ食品（Ｑ2）㎡ﬃ"
    assert fold(written)[:8] == "abc食品(q2"
    assert len(fold(written)) == len(written)
    assert squeeze("食品 经营,许可(ＳＣ)") == "食品经营许可sc"


def test_words_come_with_the_pairs_that_a_wrong_cut_would_lose() -> None:
    assert {"食品", "经营", "许可证"} <= set(terms("食品经营许可证", "word"))
    assert {"品经", "营许"} <= set(terms("食品经营许可证", "bigram"))
    assert not set(terms("食品经营许可证", "word")) & set(terms("食品经营许可证", "bigram"))


def test_every_pair_and_character_of_a_text_is_a_token_wherever_it_is_cut() -> None:
    text = "外国人来华工作许可补办"
    found = {token.term for token in tokenize(text)}
    assert {text[at : at + 2] for at in range(len(text) - 1)} <= found
    assert set(text) <= found


def test_letters_and_digits_stay_whole_beside_chinese() -> None:
    assert terms("C1驾照换Q2字签证", "latin") == ["c1", "q2"]


def test_tokens_know_where_they_stand() -> None:
    text = "办理ABC结婚登记"
    assert all(fold(text)[token.start :].startswith(token.term) for token in tokenize(text))


def test_words_for_spelling_are_at_least_two_characters() -> None:
    assert "结婚" in words("办结婚证")
    assert all(len(word) > 1 for word in words("办结婚证"))


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("身份证怎么办理", "身份证"),
        ("盖房子要什么手续", "盖房子"),
        ("请问低保在哪里办?", "低保 ?"),
        ("如何办理结婚登记需要什么材料", "结婚登记"),
        ("您好我想开饭店", "开饭店"),
        ("驾照换证要多少钱", "驾照换证"),
    ],
)
def test_question_words_are_set_aside(asked: str, kept: str) -> None:
    assert strip_question(asked, read_tuning().questions) == kept


def test_a_query_of_question_words_alone_is_kept_as_it_is() -> None:
    assert strip_question("需要什么材料", read_tuning().questions) == "需要什么材料"


def test_weights_name_every_field_and_titles_weigh_more_than_running_text() -> None:
    ranking = read_tuning().ranking
    assert set(ranking.fields) == set(ranking.length) == set(TEXT_FIELDS)
    assert ranking.fields["title"] > ranking.fields["keywords"] > ranking.fields["body"] > 0
    assert ranking.fields["plain"] >= ranking.fields["title"]


def test_a_county_may_bring_its_own_question_words(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "questions.yml").write_text("fillers: [哈]\nphrases: [咋个整]\n", encoding="utf-8")
    tuning = read_tuning(tmp_path)
    assert strip_question("低保咋个整", tuning.questions) == "低保"
    assert tuning.ranking == read_tuning().ranking


def test_codes_are_the_same_with_and_without_separators() -> None:
    assert code_key("１１９９-0121 mb.00") == "11990121mb00" == code_key("11990121MB00")
    assert looks_like_code("1199-0121")
    assert not looks_like_code("abcd")
    assert not looks_like_code("开店2024")
    assert not looks_like_code("12")


def test_pinyin_of_names_has_the_dictionary_reading_first_and_others_after() -> None:
    assert name_pinyin("食品经营许可") == ("shi pin jing ying xu ke",)
    assert name_pinyin("会计")[0] == "kuai ji"
    assert "hui ji" in name_pinyin("会计")
    assert pinyin_initials("食品经营许可") == "spjyxk"
    assert name_pinyin("ABC") == ()


def test_words_that_sound_alike_have_the_same_loose_key() -> None:
    assert loose_key("身分证") == loose_key("身份证") == loose_key("生分正")
    assert loose_key("结昏") == loose_key("结婚")


def test_a_query_is_bounded_and_free_of_control_characters() -> None:
    assert clip_query("  低\x00保\u200b \n 申请 ") == "低 保 申请"
    assert len(clip_query("低" * 100_000)) == 200
