"""What the help, the doors and the home page say is what people then meet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import html

from catalog.root import Root
from handlers.problems import HTTP_DETAIL, HTTP_SLUGS
from rules.errors import HallError
from site_builder.compile import build
from tests.site_builder_fixtures import make_root, write

HOUSE = Path(__file__).parents[1]
TEMPLATES = HOUSE / "handlers" / "templates"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = Root(make_root(tmp_path_factory.mktemp("county")))
    assert build(root, index=False).problems == ()
    return root.path / "site"


def said(site: Path, page: str) -> str:
    return " ".join(html.fromstring((site / page / "index.html").read_text("utf-8")).text_content().split())


def test_the_code_of_a_draft_and_the_paper_of_a_filing_are_called_what_their_pages_call_them(
    site: Path,
) -> None:
    assert "续办码" in (TEMPLATES / "citizen" / "apply_saved.html").read_text("utf-8")
    assert "收件凭证" in (TEMPLATES / "citizen" / "receipt.html").read_text("utf-8")
    for page, name in {"help/apply": "续办码", "query": "续办码", "help/track": "收件凭证"}.items():
        assert name in said(site, page), page
    assert "收件凭证" in said(site, "help/apply")
    for path in site.rglob("*.html"):
        text = path.read_text("utf-8")
        assert "继续码" not in text, path
        assert "收件单上" not in text, path
        assert "收件单<" not in text, path


def test_who_wrote_a_letter_is_not_sent_to_look_on_a_receipt(site: Path) -> None:
    page = html.fromstring((site / "query" / "index.html").read_text("utf-8"))
    (card,) = page.xpath("//section[h2='看写信的回复']/p[1]")
    assert "写完信时页面上给过您编号和查询码" in card.text_content()


def test_a_saved_draft_names_a_link_that_the_home_page_has_at_that_door(site: Path) -> None:
    home = html.fromstring((site / "index.html").read_text("utf-8"))
    links = home.xpath("//ul[@class='five']/li[contains(h2, '我要办')]//a[@href='/hall/drafts']")
    assert [each.text_content() for each in links] == ["继续办理"]
    saved = (TEMPLATES / "citizen" / "apply_saved.html").read_text("utf-8")
    assert "首页“我要办”下面的“继续办理”" in saved


def _kinds(of: type[HallError] = HallError) -> Iterator[type[HallError]]:
    yield of
    for each in of.__subclasses__():
        if each.__module__ == "rules.errors":
            yield from _kinds(each)


def test_every_error_has_its_place_and_its_title_on_the_help_page(site: Path) -> None:
    page = html.fromstring((site / "help" / "errors" / "index.html").read_text("utf-8"))
    slugs = {each.slug for each in _kinds()} | set(HTTP_SLUGS.values()) | {"http"}
    assert slugs - set(page.xpath("//main//@id")) == set()
    assert set(HTTP_SLUGS) == set(HTTP_DETAIL)
    named = set(page.xpath("//main//strong/text()"))
    titles = {each.title for each in _kinds()} | {title for title, _ in HTTP_DETAIL.values()}
    assert titles - named == set()
    # What is not an error of this tree: the crash, the static pages, the upload cut off.
    assert {"这一步没有做成", "没有这一页", "大厅暂时打不开", "上传太慢", "请求没有成功"} <= named


def test_how_to_read_a_guide_names_the_buttons_that_a_guide_has(site: Path) -> None:
    help_ = said(site, "help/guide")
    item = (HOUSE / "site_builder" / "templates" / "item.html").read_text("utf-8")
    for button in ("开始办理", "到指定系统办理", "看去哪里办"):
        assert f">{button}</a>" in item
        assert f"“{button}”" in help_
    assert "绿色" not in help_


def test_days_and_times_in_the_help_are_the_countys_own(tmp_path: Path) -> None:
    root = Root(make_root(tmp_path / "county"))
    write(root.content / "help" / "own.md", "# 自己的\n\n草稿留 {{ draft_days }} 天，{{ no_such }}。\n")
    assert build(root, index=False).problems == ()
    site = root.path / "site"
    assert "没有提交的草稿，30 天后删除" in said(site, "about/privacy")
    # A second build after an edit of the settings: the pages are made anew.
    settings = "draft_days: 45, letter_days: 7, letter_confirm_days: 12, letter_disputes: 3, appeal_days: 8"
    county = root.county.read_text("utf-8")
    root.county.write_text(f"{county}settings: {{{settings}}}\n", "utf-8")
    assert build(root, index=False).problems == ()
    assert "没有提交的草稿，45 天后删除" in said(site, "about/privacy")
    assert "草稿留 45 天，{{ no_such }}。" in said(site, "help/own")
    letters = said(site, "help/complaints")
    for words in ("一般 7 个工作日", "以后的 12 个工作日里", "要求重新办理 3 次"):
        assert words in letters
    assert "从知道的第二天起，8 个工作日里" in said(site, "help/orders")


def test_no_page_says_that_every_question_of_a_form_gives_its_reason(site: Path) -> None:
    privacy = said(site, "about/privacy")
    assert "每一项都写明为什么要" not in privacy
    assert "申请表上只问办这件事要用的" in privacy


def test_the_help_says_until_when_a_limit_is_extended_in_what_unit_and_when_a_letters_days_begin_anew(
    site: Path,
) -> None:
    deadlines = said(site, "help/deadlines")
    assert "届满以前批准" in deadlines
    assert "按承诺时限的单位算" in deadlines
    assert "转给县监察员直接办理的" in said(site, "help/complaints")


@pytest.mark.parametrize(("longest", "said_"), [(15, True), (5, False)])
def test_the_help_speaks_of_a_longer_correction_only_where_the_county_has_one(
    tmp_path: Path, longest: int, said_: bool
) -> None:
    root = Root(make_root(tmp_path / "county"))
    county = root.county.read_text("utf-8")
    root.county.write_text(f"{county}settings: {{rating_fix_longest: {longest}}}\n", "utf-8")
    assert build(root, index=False).problems == ()
    site = root.path / "site"
    help_ = said(site, "help/rating")
    assert "{{" not in help_
    assert ("延长" in help_) is said_
    assert ("一共最多 15 个工作日" in help_) is said_
    assert ("可以延长一次" in said(site, "rate")) is said_
