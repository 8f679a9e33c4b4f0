"""What a person gets for what they type."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from search_index_fixtures import COUNTY, MARKET, SYNONYMS, document

from search_index import FacetFilter, IndexMissing, SearchIndex, Synonym, build, open_index


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchIndex]:
    folder = tmp_path_factory.mktemp("index")
    build(folder, COUNTY, SYNONYMS)
    with open_index(folder) as opened:
        yield opened


def titles(index: SearchIndex, query: str, **options: object) -> list[str]:
    return [hit.title for hit in index.search(query, **options).hits]  # type: ignore[arg-type]


def test_the_exact_title_comes_first(index: SearchIndex) -> None:
    for each in COUNTY:
        assert titles(index, each.title)[0] == each.title


def test_a_plain_name_finds_its_item(index: SearchIndex) -> None:
    for each in COUNTY:
        for name in each.plain_names:
            assert titles(index, name)[0] == each.title
    assert index.search("低保").hits[0].why == "日常用语：低保"


def test_everyday_phrases_are_understood_by_synonyms_and_said_so(index: SearchIndex) -> None:
    results = index.search("开饭店要什么手续")
    assert results.hits[0].title == "食品经营许可(新办)"
    assert {hit.title for hit in results.hits[1:3]} == {"食品经营许可(变更)", "个体工商户设立登记"}
    assert [(used.phrase, used.terms) for used in results.expanded] == [
        ("开饭店", ("食品经营许可", "个体工商户设立登记"))
    ]
    assert "开饭店" in results.hits[0].why
    assert titles(index, "生小孩上户口")[0] == "出生登记(新生儿落户)"
    assert titles(index, "摆摊")[0] == "食品摊贩登记"


def test_fillers_between_the_words_of_a_phrase_do_not_matter(index: SearchIndex) -> None:
    assert titles(index, "我想开个饭店")[0] == "食品经营许可(新办)"


def test_a_wildcard_phrase_covers_what_nobody_listed(index: SearchIndex) -> None:
    assert titles(index, "开湘菜馆")[0] == "食品经营许可(新办)"


def test_a_name_typed_exactly_beats_every_synonym(tmp_path: Path) -> None:
    documents = [document(1, "食品经营许可(新办)"), document(2, "农药经营许可证核发", ("卖除草剂", "开饭店"))]
    build(tmp_path, documents, [Synonym(("卖*", "开饭店"), ("食品经营许可",))])
    with open_index(tmp_path) as index:
        assert index.search("卖除草剂").hits[0].title == "农药经营许可证核发"
        assert index.search("怎么开饭店").hits[0].title == "农药经营许可证核发"
        assert index.search("卖零食").hits[0].title == "食品经营许可(新办)"


def test_the_rest_of_the_question_still_counts_beside_a_synonym(index: SearchIndex) -> None:
    assert titles(index, "开饭店变更")[0] == "食品经营许可(变更)"


def test_later_stages_stand_behind_unless_asked_for(index: SearchIndex) -> None:
    assert titles(index, "食品经营许可")[:2] == ["食品经营许可(新办)", "食品经营许可(变更)"]
    assert titles(index, "食品经营许可变更")[0] == "食品经营许可(变更)"


def test_pinyin_and_its_initials_find_chinese_names(index: SearchIndex) -> None:
    assert titles(index, "spjyxk")[0].startswith("食品经营许可")
    assert titles(index, "jiehundengji")[0] == "结婚登记"
    assert titles(index, "jie hun")[0] == "结婚登记"
    assert titles(index, "DIBAO")[0] == "最低生活保障对象认定"
    assert index.search("spjyxk").hits[0].why.startswith("拼音")


def test_codes_are_found_whole_by_their_beginning_and_with_separators(index: SearchIndex) -> None:
    code = COUNTY[4].code
    whole = index.search(code)
    assert [hit.code for hit in whole.hits] == [code]
    assert whole.hits[0].why == "事项编码"
    assert titles(index, code.lower()) == ["出生登记(新生儿落户)"]
    assert titles(index, f"{code[:8]}-{code[8:18]} {code[18:]}") == ["出生登记(新生儿落户)"]
    assert index.search("11990121MB").total == len(COUNTY)


def test_a_misspelt_query_is_answered_with_a_better_one(index: SearchIndex) -> None:
    assert index.search("结昏登记").suggestion == "结婚登记"
    assert index.search("身分证补领").suggestion == "身份证补领"
    assert index.search("食品精营许可").suggestion == "食品经营许可"
    assert index.search("结婚登记").suggestion is None


def test_a_word_that_no_item_has_is_not_taken_for_a_slip(tmp_path: Path) -> None:
    build(
        tmp_path,
        [document(1, "特种设备使用登记", ("电叉车上牌",))],
        [Synonym(("电动车",), ("非机动车登记",))],
    )
    with open_index(tmp_path) as index:
        assert index.search("电动车上牌").suggestion is None
        assert index.search("电梯车上牌").suggestion is None
        assert index.search("特种社备").suggestion == "特种设备"


def test_a_whole_sentence_is_understood_by_the_matter_it_names(index: SearchIndex) -> None:
    story = "我表哥前年从外地回来一直没有找到活干今年想在县城租个门面开餐馆不知道先去哪个单位"
    assert titles(index, story)[0] == "食品经营许可(新办)"
    assert titles(index, "我和对象年底准备领结婚证户口都不在本地能不能办")[0] == "结婚登记"


def test_missing_words_of_the_law_are_found_by_characters_in_order(index: SearchIndex) -> None:
    assert titles(index, "最低保障")[0] == "最低生活保障对象认定"


def test_facets_count_hits_with_the_other_filters_on(index: SearchIndex) -> None:
    everything = index.search("登记许可认定审批备案补领")
    by_department = {count.value: count.count for count in everything.facets.department}
    market = index.search("登记许可认定审批备案补领", facets=FacetFilter(department=("market",)))
    assert market.total == by_department["market"] > 0
    assert {hit.department for hit in market.hits} == {"market"}
    assert {count.value: count.count for count in market.facets.department} == by_department
    assert sum(count.count for count in market.facets.depth) == market.total
    assert {count.label for count in everything.facets.department} >= {MARKET[1]}
    assert "行政许可" in {count.label for count in everything.facets.type}


def test_values_of_one_facet_add_up_and_facets_narrow_each_other(index: SearchIndex) -> None:
    both = index.search("登记", facets=FacetFilter(department=("market", "civil")))
    assert {hit.department for hit in both.hits} == {"market", "civil"}
    assert titles(index, "登记", facets=FacetFilter(department=("civil",), depth=(1,))) == ["结婚登记"]
    assert titles(index, "登记", facets=FacetFilter(theme=("110",), applicant=("2",))) == []


def test_pages_follow_each_other_without_gap_or_repeat(index: SearchIndex) -> None:
    whole = index.search("11990121", limit=100)
    pages = [index.search("11990121", limit=5, page=page) for page in (1, 2, 3, 4)]
    assert [hit.code for page in pages for hit in page.hits] == [hit.code for hit in whole.hits]
    assert {page.total for page in pages} == {len(COUNTY)}


def test_highlights_mark_what_was_asked_and_escape_hostile_titles(tmp_path: Path) -> None:
    hostile = '<script>alert("食品")</script>经营&许可'
    build(tmp_path, [document(1, hostile, ("<b>摊</b>",))])
    with open_index(tmp_path) as index:
        hit = index.search("食品经营许可").hits[0]
    assert hit.title == hostile
    assert hit.highlight == (
        "&lt;script&gt;alert(&quot;<mark>食品</mark>&quot;)&lt;/script&gt;<mark>经营</mark>&amp;<mark>许可</mark>"
    )


def test_highlights_fall_on_the_right_characters_of_wide_text(tmp_path: Path) -> None:
    build(tmp_path, [document(1, "Ｃ１驾驶证（㎡）换证")])
    with open_index(tmp_path) as index:
        assert index.search("c1 换证").hits[0].highlight == "<mark>Ｃ１</mark>驾驶证（㎡）<mark>换证</mark>"


@pytest.mark.parametrize(
    "query",
    ["", " ", "\n\t", "。,!?", "😀", "👨‍👩‍👧低保", "title:foo AND (bar", "NOT *", '"', "[a TO b]", "a^5~", "\\", "低保 OR", "()",
     "' OR 1=1 --", "<script>alert(1)</script>", "\x00\x01", "\ud800", "低" * 100_000, "a" * 100_000, "1" * 5000, "𠮷𠮷",
     "%s%n", "../../etc/passwd", "的", "A1", "ﷺ", "ß"],
)  # fmt: skip
def test_no_query_raises(index: SearchIndex, query: str) -> None:
    results = index.search(query)
    assert results.total >= len(results.hits)
    index.suggest(query)


def test_queries_without_any_word_find_nothing_and_are_weak(index: SearchIndex) -> None:
    results = index.search("?!。")
    assert (results.hits, results.total, results.weak) == ((), 0, True)
    assert not index.search("低保").weak


def test_odd_limits_and_pages_are_held_in_bounds(index: SearchIndex) -> None:
    assert len(index.search("登记", limit=-5).hits) == 1
    assert index.search("登记", limit=10**9).limit == 100
    assert index.search("登记", page=10**6).hits == ()
    assert index.search("登记", page=-1).page == 1


def test_type_ahead_offers_names_pinyin_initials_phrases_and_codes(index: SearchIndex) -> None:
    assert index.suggest("食品经")[0].title == "食品经营许可(新办)"
    assert index.suggest("低")[0].text == "低保"
    assert index.suggest("jhdj")[0].title == "结婚登记"
    assert index.suggest("zhucegong")[0].text == "注册公司"
    assert index.suggest("开餐")[0].text == "开餐馆"
    assert index.suggest("开餐")[0].title == "食品经营许可(新办)"
    assert index.suggest(COUNTY[0].code[:16])[0].code == COUNTY[0].code
    assert len(index.suggest("登记", limit=2)) == 2
    assert index.suggest("登记", limit=0) == ()


def test_type_ahead_names_each_item_once(index: SearchIndex) -> None:
    codes = [suggestion.code for suggestion in index.suggest("登", limit=50)]
    assert len(codes) == len(set(codes)) > 3


def test_a_folder_without_index_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="hall build"):
        open_index(tmp_path)
