"""The desk's lists: what is mine to do, urgency, search, filters, scope, messages, walk-ins."""

from __future__ import annotations

import re

from tests.staff_fixtures import CASE, EVERYTHING, Office, filed, staffed, text_of

__all__ = ["staffed"]

DESK = "/hall/staff/"


def numbers_in(page: str) -> list[str]:
    return re.findall(r'data-row-link href="/hall/staff/cases/([^"]+)"', page)


def counts_in(page: str) -> dict[str, int]:
    return {
        label: int(count)
        for label, count in re.findall(
            r'<a href="/hall/staff/\?[^"]*"[^>]*>([^<]+) <span class="count">(\d+)', page
        )
    }


def test_a_case_stands_on_the_desk_of_whose_turn_it_is(staffed: Office) -> None:
    case = filed(staffed)
    window, reviewer, decider = (staffed.signed_in(who) for who in ("window", "reviewer", "decider"))
    assert numbers_in(window.get(DESK).text) == [case.number]
    assert numbers_in(reviewer.get(DESK).text) == []
    staffed.move(case.number, "pre_review", "window")
    staffed.move(case.number, "accept", "window")
    assert numbers_in(window.get(DESK).text) == []
    assert numbers_in(window.get(DESK + "?tab=done").text) == [case.number]
    assert numbers_in(reviewer.get(DESK).text) == [case.number]
    staffed.move(case.number, "complete_step", "reviewer", opinion="属实")
    assert numbers_in(decider.get(DESK).text) == [case.number]


def test_tabs_carry_counts_and_the_most_urgent_comes_first(staffed: Office) -> None:
    late = filed(staffed, key="late")
    staffed.clock.forward(days=1)
    soon = filed(staffed, key="soon")
    staffed.clock.set("2026-03-05T10:00")
    fresh = filed(staffed, key="fresh")
    page = staffed.signed_in("window").get(DESK).text
    assert numbers_in(page) == [late.number, soon.number, fresh.number]
    assert counts_in(page) == {"待办": 3, "即将到期": 2, "已超期": 1, "经办过": 0, "全部": 3}
    assert "超1天" in page
    assert "今天" in page
    assert numbers_in(staffed.signed_in("window").get(DESK + "?tab=overdue").text) == [late.number]


def test_lights_have_a_shape_and_a_word(staffed: Office) -> None:
    filed(staffed)
    page = staffed.signed_in("window").get(DESK).text
    assert re.search(r'<td data-label="灯"><span class="light light-normal"><span[^>]*>●</span>正常', page)


def test_search_finds_numbers_items_and_names_from_their_beginning(staffed: Office) -> None:
    first, second = filed(staffed, "张示例", "a"), filed(staffed, "李样本", "b")
    client = staffed.signed_in("window")
    for words, expected in (
        (first.number, [first.number]), (first.number[:10], [first.number, second.number]),
        ("张示", [first.number]), ("示例", []), ("样样都问", [first.number, second.number]), ("%", []), ("_", []),
    ):  # fmt: skip
        page = client.get(DESK, params={"tab": "all", "q": words}).text
        assert sorted(numbers_in(page)) == sorted(expected), words
    assert "没有符合的件" in client.get(DESK, params={"tab": "all", "q": "没有这个人"}).text


def test_filters_by_state_and_department(staffed: Office) -> None:
    first, second = filed(staffed, key="a"), filed(staffed, key="b")
    staffed.move(first.number, "pre_review", "window")
    client = staffed.signed_in("supervisor")
    assert numbers_in(client.get(DESK + "?tab=all&state=pre_reviewed").text) == [first.number]
    assert sorted(numbers_in(client.get(DESK + "?tab=all&department=market").text)) == [
        first.number,
        second.number,
    ]
    assert numbers_in(client.get(DESK + "?tab=all&department=police").text) == []
    assert len(numbers_in(client.get(DESK + "?tab=nonsense&state=nonsense").text)) <= 2


def test_pages_of_twenty(staffed: Office) -> None:
    for number in range(23):
        filed(staffed, key=f"k{number}")
    client = staffed.signed_in("window")
    page = client.get(DESK).text
    assert len(numbers_in(page)) == 20
    assert "第 1 页，共 2 页" in page
    following = re.search(r'<a href="([^"]+)" rel="next"', page)
    assert following is not None
    assert len(numbers_in(client.get(following[1].replace("&amp;", "&")).text)) == 3
    assert client.get(DESK + "?page=nonsense").status_code == 200


def test_nobody_sees_the_cases_of_others(staffed: Office) -> None:
    filed(staffed)
    for who in ("police", "police-window", "town"):
        assert numbers_in(staffed.signed_in(who).get(DESK + "?tab=all").text) == []


def test_empty_lists_say_what_would_be_here(staffed: Office) -> None:
    client = staffed.signed_in("window")
    for tab in ("to_do", "due_soon", "overdue", "done", "all"):
        assert 'class="empty-title"' in client.get(f"{DESK}?tab={tab}").text
    assert "还没有消息" in staffed.signed_in("publisher").get("/hall/staff/messages").text


def test_drill_cases_are_marked(staffed: Office) -> None:
    filed(staffed, drill=True)
    assert "演练</span>" in staffed.signed_in("window").get(DESK).text


def test_the_navigation_offers_what_the_roles_open(staffed: Office) -> None:
    for who, offered, not_offered in (
        ("window", ("窗口收件", "办件"), ("监察看板",)),
        ("reviewer", ("办件",), ("窗口收件", "监察看板")),
        ("supervisor", ("监察看板", "监察牌"), ("窗口收件",)),
        ("publisher", ("消息",), ("办件", "来信")),
    ):
        page = staffed.signed_in(who).get("/hall/staff/account").text
        navigation = re.search(r'<nav class="desk-nav".*?</nav>', page, re.S)
        assert navigation is not None
        for label in offered:
            assert f">{label}</a>" in navigation[0], (who, label)
        for label in not_offered:
            assert f">{label}</a>" not in navigation[0], (who, label)


def test_messages_lead_to_what_they_speak_of(staffed: Office) -> None:
    case = filed(staffed)
    page = staffed.signed_in("window").get("/hall/staff/messages").text
    assert f'href="{CASE}{case.number}"' in page
    assert (
        f'href="{CASE}{case.number}"'
        not in staffed.signed_in("police-window").get("/hall/staff/messages").text
    )


def test_a_walk_ins_errand_is_found_and_begun_on_the_citizens_form(staffed: Office) -> None:
    client = staffed.signed_in("window")
    page = client.get("/hall/staff/window", params={"q": "样样"}).text
    assert f'href="/hall/apply/{EVERYTHING}"' in page
    assert "暂停办理" not in client.get("/hall/staff/window", params={"q": "许可"}).text
    assert "没有找到您能收的事项" in client.get("/hall/staff/window", params={"q": "没有这种事"}).text
    assert "窗口代收代办" in text_of(client.get(f"/hall/apply/{EVERYTHING}").text)
