"""Published scores on the portal: pages of every edition, files byte for byte, what was tampered with left out and told."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import ROOT

from catalog.problems import Problem
from catalog.root import DEFAULTS, Root
from catalog.scoring_published import EditionList, EditionListed
from rules.score_ledger import digest, read, write
from rules.score_ranking import as_csv, as_json, ranking
from site_builder.compile import build
from site_builder.score_files import read_scores
from tests.score_fixtures import DEPARTMENTS, ledger, month, scheme
from tests.site_builder_fixtures import FULL, FULL_CODE, make_root
from tests.site_builder_fixtures import write as write_text

HOME = "supervision/scores"


def publish(folder: Path) -> Path:
    """September, and October in two editions; the folder of scores."""
    chosen, text = scheme()
    listed = []
    for period, edition, seed, note in (
        ("2026-10", 2, 7, "一张黄牌已撤销"),
        ("2026-10", 1, 7, ""),
        ("2026-09", 1, 3, ""),
    ):
        base = read(ledger(seed, 400, period, edition))
        data = write(replace(base.head, note=note), month(seed, 400))
        made = ranking(read(data), chosen)
        place = folder / "scores" / period
        place.mkdir(parents=True, exist_ok=True)
        for ending, content in (
            ("ledger.jsonl", data), ("scheme.yml", text), ("json", as_json(made)), ("csv", as_csv(made)),
        ):  # fmt: skip
            (place / f"{edition}.{ending}").write_bytes(content)
        listed.append(
            EditionListed(
                period=period,
                label=made.period.label,
                edition=edition,
                published="2026-11-10T10:00:00+08:00",
                note=note,
                ledger=digest(data),
                scheme=chosen.version,
                ranking=digest(as_json(made)),
                event=12,
            )
        )
    (folder / "scores" / "index.json").write_text(
        EditionList(editions=tuple(listed)).model_dump_json(), "utf-8"
    )
    return folder / "scores"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small county's portal with scores."""
    root = tmp_path_factory.mktemp("scores") / "county"
    (root / "items" / "market").mkdir(parents=True)
    (root / "content").mkdir()
    shutil.copy(ROOT / "county.yml", root / "county.yml")
    shutil.copy(ROOT / "content" / "units.yml", root / "content" / "units.yml")
    shutil.copy(ROOT / "items" / "market" / "department.yml", root / "items" / "market" / "department.yml")
    (root / "content" / "index.md").write_text("# 首页\n", "utf-8")
    publish(root / "published")
    built = build(Root(root), site=root / "site", index=False)
    assert built.errors == ()
    return root / "site"


def page(site: Path, address: str) -> str:
    return (site / address / "index.html").read_text("utf-8")


def test_the_newest_edition_has_the_periods_address_and_the_old_one_says_so(site: Path) -> None:
    newest, old = page(site, f"{HOME}/2026-10"), page(site, f"{HOME}/2026-10/1")
    assert "一张黄牌已撤销" in newest
    assert "后来更正过" not in newest
    assert "后来更正过" in old
    assert "/supervision/scores/2026-10/1/" in newest


def test_the_files_on_the_portal_are_those_that_were_published(site: Path) -> None:
    for ending in ("json", "csv", "ledger.jsonl", "scheme.yml"):
        there = (site / "data" / "scores" / "2026-10" / f"2.{ending}").read_bytes()
        assert there == (site.parent / "published" / "scores" / "2026-10" / f"2.{ending}").read_bytes()
    shown = page(site, f"{HOME}/2026-10")
    for address in re.findall(r'href="(/data/scores/[^"]+)"', shown):
        assert (site / address.lstrip("/")).is_file(), address
    assert "hall score --ledger 2.ledger.jsonl --scheme 2.scheme.yml" in shown
    assert digest((site / "data" / "scores" / "2026-10" / "2.ledger.jsonl").read_bytes()) in shown


def test_who_is_not_ranked_and_what_is_not_measured_is_said(site: Path) -> None:
    shown = page(site, f"{HOME}/2026-10")
    assert "列出、不排名的部门" in shown
    assert "未测评" in shown
    assert "没有姓名" in shown
    quiet = page(site, f"{HOME}/2026-10/quiet")
    assert "没有可以测评的分项" in quiet


def test_every_department_has_its_heads_and_opens_its_deductions(site: Path) -> None:
    shown = page(site, f"{HOME}/2026-10/market")
    assert shown.count('<td data-label="分项">') == 9
    assert re.search(r"账本第 \d+ 行", shown)
    assert "style=" not in shown.split("<main", 1)[1]


def test_why_a_department_with_fewer_than_ten_ratings_shows_none_is_said(site: Path) -> None:
    text = (site / "data" / "scores" / "2026-10" / "2.ledger.jsonl").read_bytes()
    rated = Counter(each.department for each in read(text).lines if each.kind == "rating")
    told = {
        each
        for each, _ in DEPARTMENTS
        if "不到10个的，有几个、是几级都不公布" in page(site, f"{HOME}/2026-10/{each}")
    }
    assert told == {each for each, _ in DEPARTMENTS if not rated[each]}
    assert "一条也不写进账本" in page(site, "help/scores")


def test_the_door_the_sitemap_and_the_help_lead_there(site: Path) -> None:
    assert "/supervision/scores/" in page(site, "supervision")
    assert "/supervision/scores/" in page(site, "sitemap")
    assert "/supervision/scores/" in page(site, "help/scores")


@pytest.mark.parametrize(("name", "change", "said"), [
    ("2.json", "touch", "排名文件"), ("2.ledger.jsonl", "touch", "账本"), ("2.csv", "remove", "缺少文件"),
    ("2.scheme.yml", "touch", "不是同一版"),
])  # fmt: skip
def test_what_was_tampered_with_is_left_out_and_told(
    tmp_path: Path, name: str, change: str, said: str
) -> None:
    place = publish(tmp_path) / "2026-10" / name
    if change == "remove":
        place.unlink()
    else:
        place.write_bytes(place.read_bytes() + b"\n#")
    problems: list[Problem] = []
    found = read_scores(tmp_path, problems)
    assert [(each.listed.period, each.listed.edition, each.newest) for each in found] == [
        ("2026-10", 1, True), ("2026-09", 1, True),
    ]  # fmt: skip
    assert said in problems[0].message
    assert problems[0].severity == "warning"


def test_a_ranking_that_lacks_a_head_is_left_out_and_told(tmp_path: Path) -> None:
    place = publish(tmp_path) / "2026-10" / "2.json"
    body = json.loads(place.read_bytes())
    del body["departments"][0]["heads"]["limits"]
    place.write_text(json.dumps(body, ensure_ascii=False), "utf-8")
    index = tmp_path / "scores" / "index.json"
    listed = json.loads(index.read_bytes())
    for each in listed["editions"]:
        if (each["period"], each["edition"]) == ("2026-10", 2):
            each["ranking"] = digest(place.read_bytes())
    index.write_text(json.dumps(listed), "utf-8")
    problems: list[Problem] = []
    assert len(read_scores(tmp_path, problems)) == 2
    assert ["缺分项" in each.message for each in problems] == [True]


def test_a_county_without_scores_says_what_will_be_there(tmp_path: Path) -> None:
    problems: list[Problem] = []
    assert read_scores(tmp_path, problems) == ()
    (tmp_path / "scores").mkdir()
    (tmp_path / "scores" / "index.json").write_text("{", "utf-8")
    assert read_scores(tmp_path, problems) == ()
    assert len(problems) == 1


def test_a_departments_page_calls_items_and_lights_as_they_are_called_now(tmp_path: Path) -> None:
    root = Root(make_root(tmp_path / "county"))
    publish(root.published)
    guide = root.items / "market" / "food.yml"
    write_text(guide, FULL.replace(FULL_CODE, "market-0"))
    assert build(root, index=False).errors == ()
    site = root.path / "site"
    assert "食品经营许可（新办）" in page(site, f"{HOME}/2026-10/market")
    other = next(
        each for each in (site / HOME / "2026-10").glob("*/index.html") if each.parent.name != "market"
    )
    untouched = other.stat().st_mtime_ns
    write_text(guide, FULL.replace(FULL_CODE, "market-0").replace("食品经营许可（新办）", "餐饮许可"))
    build(root, index=False)
    assert "餐饮许可" in page(site, f"{HOME}/2026-10/market")
    assert other.stat().st_mtime_ns == untouched
    rules = (DEFAULTS / "supervision" / "four-level.yml").read_text("utf-8")
    write_text(
        root.content / "supervision" / "four-level.yml",
        rules.replace("level: 2, name: 黄牌", "level: 2, name: 甲等牌"),
    )
    build(root, index=False)
    shown = page(site, f"{HOME}/2026-10/market")
    assert "食品经营许可（新办）" not in shown
    assert "餐饮许可" in shown
    assert "甲等牌" in shown
