"""The built portal as its readers meet it: links, policy, elements, escaping, feeds, data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import pytest
from lxml import html

from catalog.artifact import load_catalog, load_item, load_version
from catalog.root import Root
from catalog.schema import Limit, Unit
from presentation.page import Shell
from site_builder.compile import Built, build
from site_builder.items import counting_words
from tests.casework_fixtures import PLAIN
from tests.site_builder_fixtures import FULL_CODE, HOSTILE_CODE, IMMEDIATE_CODE, make_root

OWN_SERVER = ("/hall/", "/api/")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Root:
    return Root(make_root(tmp_path_factory.mktemp("county")))


@pytest.fixture(scope="module")
def built(root: Root) -> Built:
    return build(root)


@pytest.fixture(scope="module")
def site(root: Root, built: Built) -> Path:
    return root.path / "site"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, html.HtmlElement]:
    return {
        path.relative_to(site).as_posix(): html.fromstring(path.read_bytes().decode())
        for path in sorted(site.rglob("*.html"))
        if path.name != "shell.html"
    }


def _addresses(page: html.HtmlElement) -> Iterator[str]:
    for name in ("href", "src", "action"):
        yield from page.xpath(f"//@{name}")


def test_a_build_of_a_good_county_reports_no_problem(built: Built) -> None:
    assert [str(problem) for problem in built.problems] == []


def test_every_link_inside_the_site_leads_somewhere(site: Path, pages: dict[str, html.HtmlElement]) -> None:
    broken = set()
    for name, page in pages.items():
        for address in _addresses(page):
            parts = urlsplit(address)
            if parts.scheme or not parts.path or parts.path.startswith(OWN_SERVER):
                continue
            base = "/" + name.rpartition("/")[0] + "/"
            path = parts.path if parts.path.startswith("/") else base + parts.path
            target = (site / unquote(path).lstrip("/")).resolve()
            if path.endswith("/"):
                target = target / "index.html"
            if not target.is_file():
                broken.add((name, address))
    assert broken == set()


def test_links_within_a_page_have_their_target(pages: dict[str, html.HtmlElement]) -> None:
    lost = {
        (name, anchor)
        for name, page in pages.items()
        for anchor in page.xpath("//a/@href[starts-with(., '#')]")
        if not page.xpath(f"//*[@id={anchor[1:]!r}]")
    }
    assert lost == set()


def test_no_page_has_inline_script_style_or_handlers(pages: dict[str, html.HtmlElement]) -> None:
    for name, page in pages.items():
        assert not page.xpath("//style"), name
        assert not page.xpath("//script[not(@src)]"), name
        assert not page.xpath("//@style"), name
        assert not page.xpath("//@*[starts-with(name(), 'on')]"), name
        assert not [each for each in page.xpath("//@href") if each.lower().startswith("javascript:")], name


def test_nothing_is_loaded_from_another_host(site: Path, pages: dict[str, html.HtmlElement]) -> None:
    for name, page in pages.items():
        loaded = [*page.xpath("//@src"), *page.xpath("//link/@href"), *page.xpath("//form/@action")]
        assert [each for each in loaded if urlsplit(each).netloc] == [], name
    styles = "".join(path.read_text() for path in (site / "assets").glob("*.css"))
    assert re.findall(r"url\(|@import|https?://", styles) == []


def test_pages_carry_no_mark_of_the_tools(site: Path) -> None:
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert 'name="generator"' not in text
        assert "md-header" not in text
        assert "@@hall:" not in text or path.name == "shell.html" or HOSTILE_CODE in str(path) or "&#" in text


def test_an_item_page_shows_all_fourteen_elements_and_five_parts(pages: dict[str, html.HtmlElement]) -> None:
    page = pages[f"items/{FULL_CODE}/index.html"]
    shown = set(page.xpath("//@data-element"))
    assert shown == {
        "item", "unit", "legal_basis", "powers", "conditions", "materials", "procedure", "limits", "fees",
        "blank_forms", "samples", "places", "contacts", "result",
    }  # fmt: skip
    text = page.text_content()
    for part in ("办事指南", "表格下载", "网上咨询", "网上申请", "结果反馈"):
        assert part in text
    for said in (
        "7个工作日",
        "20个工作日",
        "第三十五条",
        "每证10元",
        "低保户免收",
        "免提交",
        "现场核查",
        "试县卫健局",
    ):
        assert said in text, said
    assert page.xpath(f"//a[@href='/hall/apply/{FULL_CODE}']")
    assert page.xpath("//svg[contains(@class, 'flow-picture')]")
    assert page.xpath("//svg[@class='qr']")


def test_an_item_page_says_how_the_days_of_its_own_limits_are_counted(
    pages: dict[str, html.HtmlElement],
) -> None:
    limits = pages[f"items/{FULL_CODE}/index.html"].xpath("//*[@id='limits']")[0].text_content()
    working, natural = "周末和法定节假日不算", "周末和节假日也算"
    assert working in limits
    assert natural not in limits

    def words(promised: Unit | None, statutory: Unit | None) -> str:
        limit = {"promised": promised, "statutory": statutory}
        return counting_words(
            PLAIN.model_copy(
                update={
                    name: None if unit is None else Limit(days=9, unit=unit) for name, unit in limit.items()
                }
            )
        )

    for promised, statutory in (("day", "day"), ("day", None), (None, "day")):
        said = words(promised, statutory)
        assert natural in said
        assert working not in said
    mixed = words("workday", "day")
    assert mixed.index("我们承诺的") < mixed.index(working) < mixed.index("法律规定的") < mixed.index(natural)


def test_an_item_page_promises_no_minutes_that_its_form_does_not_take(
    pages: dict[str, html.HtmlElement],
) -> None:
    assert "分钟" not in pages[f"items/{FULL_CODE}/index.html"].xpath("//*[@id='apply']")[0].text_content()


def test_an_item_without_online_form_sends_people_to_the_window(pages: dict[str, html.HtmlElement]) -> None:
    page = pages[f"items/{IMMEDIATE_CODE}/index.html"]
    assert not page.xpath("//a[starts-with(@href, '/hall/apply/')]")
    assert "要本人来拍照" in page.text_content()
    assert "当场办结" in page.text_content()


def test_the_sample_form_answers_only_what_its_own_answers_ask(pages: dict[str, html.HtmlElement]) -> None:
    blank = pages[f"items/{FULL_CODE}/form/index.html"].text_content()
    sample = pages[f"items/{FULL_CODE}/sample/index.html"].text_content()
    assert "“经营方式”选“餐饮”的填写" in blank
    assert "示例小馆" in sample
    assert "示例小馆" not in blank
    assert "座位数" in sample
    assert "代办人姓名" in blank
    assert "代办人姓名" not in sample


def test_hostile_text_of_a_department_stays_text(site: Path, pages: dict[str, html.HtmlElement]) -> None:
    for name, page in pages.items():
        assert not page.xpath("//img[@src='x']"), name
        assert [each for each in page.xpath("//script") if "hall.js" not in each.get("src", "")] == [], name
    raw = (site / "items" / HOSTILE_CODE / "index.html").read_text(encoding="utf-8")
    assert "{{ 7*7 }}" in raw
    assert "<script>alert" not in raw
    assert "javascript:" not in raw


def test_files_outside_the_department_folder_are_never_published(site: Path) -> None:
    assert not (site / "items" / HOSTILE_CODE / "files").exists()
    assert (site / "items" / FULL_CODE / "files" / "proxy.txt").read_text() == "委托书\n"


def test_lists_hold_the_items_that_belong_to_them(pages: dict[str, html.HtmlElement]) -> None:
    def listed(path: str) -> set[str]:
        return set(pages[path].xpath("//ul[@id='list']/li/a/@href"))

    full = f"/items/{FULL_CODE}/"
    assert listed("departments/market/index.html") == {full, f"/items/{HOSTILE_CODE}/"}
    for path in ("themes/108", "themes/202", "life/shop", "applicants/2", "depth/3"):
        assert listed(f"{path}/index.html") == {full}, path
    assert listed("alphabet/l/index.html") == {f"/items/{IMMEDIATE_CODE}/"}
    assert len(listed("items/index.html")) == 3
    assert listed("types/20/index.html") == {f"/items/{IMMEDIATE_CODE}/"}


def test_the_disclosure_catalog_has_its_levels_index_numbers_and_attachments(
    site: Path, pages: dict[str, html.HtmlElement]
) -> None:
    assert "机构" in pages["disclosure/index.html"].text_content()
    entry = pages["disclosure/01-org/duties/market/index.html"]
    assert "MB0000238/2026-00001" in entry.text_content()
    assert "试县市场局" in entry.text_content()
    assert (site / "disclosure/01-org/duties/market/list.csv").read_text() == "x\n"


def test_feeds_are_valid_atom(site: Path) -> None:
    atom = "{http://www.w3.org/2005/Atom}"
    for name in ("news/notices.atom", "news/work.atom", "changes/feed.atom"):
        feed = ElementTree.fromstring((site / name).read_text(encoding="utf-8"))
        assert feed.tag == f"{atom}feed"
        assert feed.find(f"{atom}id") is not None
        assert feed.find(f"{atom}updated") is not None
    feed = ElementTree.fromstring((site / "news/notices.atom").read_text(encoding="utf-8"))
    assert [each.text for each in feed.iter(f"{atom}title")][1] == "元旦值班 <b>安排</b>"
    assert "alert(3)" not in (site / "news/notices.atom").read_text(encoding="utf-8")


def test_the_data_is_what_the_handlers_read(site: Path, built: Built) -> None:
    catalog = load_catalog(site)
    assert catalog.version == built.version
    assert {each.code for each in catalog.items} == {FULL_CODE, IMMEDIATE_CODE, HOSTILE_CODE}
    record = load_item(site, FULL_CODE)
    assert load_version(site, record.version_hash) == record
    assert Shell.load(site / "data" / "shell.html").site_name == "试县网上大厅"
    for name in ("catalog", "item", "calendar", "supervision", "suggest"):
        assert "$schema" in json.loads((site / "data" / f"{name}.schema.json").read_text()) or name
    assert json.loads((site / "data" / "suggest.json").read_text())["items"][0][0] == "食品经营许可（新办）"


def test_the_sitemap_lists_each_page_once(site: Path) -> None:
    text = (site / "sitemap.xml").read_text(encoding="utf-8")
    found = re.findall(r"<loc>https://hall\.example(.*?)</loc>", text)
    assert len(found) == len(set(found))
    assert f"/items/{FULL_CODE}/" in found
    assert "/" in found


def test_every_page_has_one_heading_a_language_and_a_title(pages: dict[str, html.HtmlElement]) -> None:
    for name, page in pages.items():
        assert len(page.xpath("//h1")) == 1, name
        assert page.xpath("/html/@lang") == ["zh-CN"], name
        assert page.xpath("string(//title)").strip(), name
        assert len(page.xpath("//main[@id='main']")) == 1, name
        ids = page.xpath("//@id")
        assert len(ids) == len(set(ids)), (name, [each for each in ids if ids.count(each) > 1])


def test_the_page_for_lost_addresses_offers_their_words_to_the_search(
    pages: dict[str, html.HtmlElement],
) -> None:
    page = pages["404.html"]
    assert page.xpath("//form[@action='/hall/search']//input[@data-words-of-address]")


def test_a_fictional_county_says_so_on_every_page(pages: dict[str, html.HtmlElement]) -> None:
    for name, page in pages.items():
        assert "虚构县" in page.xpath("string(//aside[@class='band'])"), name
