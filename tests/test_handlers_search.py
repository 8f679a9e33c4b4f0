"""The search page: hits, facets, spelling, synonyms, and what it remembers of a miss."""

from __future__ import annotations

import re
from datetime import date

import pytest

from handlers.store import zero_hits
from tests.handlers_fixtures import FOOD, Office
from tests.page_fixtures import text_of


def test_everyday_words_find_the_item_with_what_one_needs_to_choose(office: Office) -> None:
    page = office.browser().get("/hall/search", params={"q": "开饭店"})
    words = text_of(page.text)
    assert f'href="/items/{FOOD}/"' in page.text
    for expected in ("食品经营许可", "青禾县市场监督管理局", "5个工作日", "不收费", "可网上办"):
        assert expected in words, expected


def test_facets_are_links_that_lead_in_and_out(office: Office) -> None:
    client = office.browser()
    page = client.get("/hall/search", params={"q": "许可"})
    link = re.search(r'href="(/hall/search\?q=[^"]+depth=3[^"]*)"', page.text)
    assert link is not None
    narrowed = client.get(link[1].replace("&amp;", "&"))
    assert narrowed.status_code == 200
    assert "取消全部筛选" in narrowed.text
    assert 'aria-current="true"' in narrowed.text
    assert "在省网办的许可" not in text_of(narrowed.text).split("缩小范围")[0]


def test_a_miss_is_counted_without_what_could_name_a_person(office: Office) -> None:
    page = office.browser().get("/hall/search", params={"q": "zzzzqq 99012119900307001X 张三先生"})
    assert "没有找到" in text_of(page.text)
    kept = [row["query"] for row in office.hall.database.rows("SELECT query FROM zero_hit")]
    assert not any("9901211990" in each or "张三" in each for each in kept)


def test_a_query_that_only_finds_something_remotely_like_it_says_so_and_counts_as_a_miss(
    office: Office,
) -> None:
    results = office.hall.index.search("无人机放飞登记")
    page = text_of(office.browser().get("/hall/search", params={"q": "无人机放飞登记"}).text)
    assert results.weak
    assert ("没有完全对应的事项" in page) == bool(results.hits)
    assert zero_hits.most_frequent(office.hall.database, date.min)[0].query == "无人机放飞登记"
    office.browser().get("/hall/search", params={"q": "开饭店"})
    assert len(zero_hits.most_frequent(office.hall.database, date.min)) == 1


def test_an_empty_query_offers_what_people_often_do(office: Office) -> None:
    words = text_of(office.browser().get("/hall/search").text)
    assert "大家常办的" in words
    assert "没有找到" not in words


@pytest.mark.parametrize(
    "query",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "a" * 5000,
        "%00\x00",
        "(((",
        "*",
        "许可 AND",
        "🙂",
    ],
)
def test_hostile_queries_are_shown_as_text_and_break_nothing(office: Office, query: str) -> None:
    page = office.browser().get("/hall/search", params={"q": query})
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "<img src=x" not in page.text


def test_odd_pages_and_facets_are_taken_calmly(office: Office) -> None:
    client = office.browser()
    for extra in ("page=0", "page=-3", "page=99999999", "page=x", "depth=9", "depth=x", "type=" + "x" * 500):
        assert client.get(f"/hall/search?q=许可&{extra}").status_code == 200


def test_the_page_says_when_the_words_were_widened(office: Office) -> None:
    page = office.browser().get("/hall/search", params={"q": "摆摊卖吃的"})
    assert page.status_code == 200
