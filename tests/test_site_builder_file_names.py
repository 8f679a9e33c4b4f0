"""Names that people give their files: each page opens under the address that links, feeds and the sitemap tell."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from catalog.root import Root
from handlers.app import Portal
from site_builder.compile import build
from site_builder.outputs import page_file
from tests.loops import run_apart
from tests.site_builder_fixtures import ENTRY, NOTICE, files_of, make_root, write

ODD = ("关于春节放假的通知", "a%2Fb 与 c#d?e", "%2e%2e", "增长8%.定稿")


def opened(site: Path, *pages: str) -> dict[str, int]:
    """Every address of this site that the pages name, with the status of asking the running handler for it."""
    said = "".join((site / page).read_text("utf-8") for page in pages)
    found = {unescape(each) for each in re.findall(r'(?:href="|<loc>|<id>)(https://[^"<]+|/[^"<]*)', said)}
    paths = {urlsplit(each).path for each in found if re.search("/(?:news|disclosure)/", each)}

    # Starlette's own client takes the percent signs out of an address twice, which no server does.
    async def ask() -> dict[str, int]:
        transport = httpx.ASGITransport(Starlette(routes=[Mount("/", Portal(directory=site, html=True))]))
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            return {path: (await client.get(path)).status_code for path in paths}

    return run_apart(ask())


def test_every_address_of_news_and_disclosure_opens(tmp_path: Path) -> None:
    root = Root(make_root(tmp_path / "county"))
    folder = root.content / "disclosure" / "02-规划 100%" / "计划"
    for number, name in enumerate(ODD):
        write(root.content / "notices" / f"{name}.md", NOTICE.replace("table.csv", f"'{name}.csv'"))
        write(root.content / "notices" / f"{name}.csv", name)
        entry = ENTRY.replace("00001", f"0001{number}").replace("list.csv", f"'{name}.csv'")
        write(folder / f"{name}.md", entry)
        write(folder / f"{name}.csv", name)
    built = build(root, index=False)
    assert built.errors == ()
    site = root.path / "site"
    level = next(path.relative_to(site).as_posix() for path in site.rglob("计划/index.html"))
    pages = [path for path in files_of(site) if path.startswith(("news/", "disclosure/"))]
    shown = opened(site, "sitemap.xml", "sitemap/index.html", "news/notices.atom", "news/work.atom", level)
    shown |= opened(site, *(path for path in pages if path.endswith(".html")))
    assert {path: status for path, status in shown.items() if status != 200} == {}
    assert (site / "news" / "notices" / ODD[0] / f"{ODD[0]}.csv").read_text("utf-8") == ODD[0]
    listed = opened(site, "sitemap.xml")
    assert len(listed) == len({path for path in pages if path.endswith("index.html")})
    assert sum("%E5%85%B3%E4%BA%8E%E6%98%A5%E8%8A%82" in path for path in listed) == 2


@pytest.mark.parametrize("name", [".hidden.md", "..md", "...md"])
def test_a_hidden_file_is_no_article(tmp_path: Path, name: str) -> None:
    root = Root(make_root(tmp_path / "county"))
    build(root, index=False)
    before = files_of(root.path / "site")
    write(root.content / "notices" / name, NOTICE.replace("元旦值班", "不该出现"))
    write(root.content / "disclosure" / "01-org" / name, ENTRY.replace("00001", "00002"))
    assert build(root, index=False).problems == ()
    assert files_of(root.path / "site") == before


@pytest.mark.parametrize("address", ["/a/../b/", "/a/%2e%2e/b/", "/a%2Fb/", "/./", "/a/%00/"])
def test_an_address_that_leaves_its_folder_has_no_file(address: str) -> None:
    with pytest.raises(ValueError, match="not the address"):
        page_file(address)


def test_the_front_page_is_the_first_file() -> None:
    assert page_file("/") == "index.html"
    assert page_file("/items/x/") == "items/x/index.html"
