"""`hall search`: output for people and programs, exit codes."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from search_index_fixtures import COUNTY, SYNONYMS

from hall.commands.search import command
from handlers.store import zero_hits
from handlers.store.database import Database
from rules.time import SHANGHAI
from search_index import build


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build(folder / "data" / "index", COUNTY, SYNONYMS)
    return folder


def hall_search(*arguments: object, text: str | None = None) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments], input=text)


def test_json_names_code_title_department_and_score(site: Path) -> None:
    result = hall_search("低保", "--site", site, "--json")
    assert result.exit_code == 0
    first = json.loads(result.output)[0]
    assert list(first) == ["code", "title", "department", "score"]
    assert (first["code"], first["title"]) == (COUNTY[7].code, "最低生活保障对象认定")
    assert first["department"] == "青禾县民政局"
    assert 0 < first["score"] <= 1


def test_a_pipe_gets_json_without_asking(site: Path) -> None:
    assert json.loads(hall_search("低保", "--site", site).output)


def test_people_read_title_department_code_and_why(site: Path) -> None:
    output = hall_search("开饭店", "--site", site, "--text").output
    assert "食品经营许可(新办)" in output
    assert "青禾县市场监督管理局" in output
    assert "“开饭店”也按这些找：食品经营许可、个体工商户设立登记" in output


def test_people_are_offered_a_better_spelling(site: Path) -> None:
    assert "您要找的是不是：结婚登记" in hall_search("结昏登记", "--site", site, "--text").output


def test_nothing_found_is_an_empty_list_and_no_failure(site: Path) -> None:
    result = hall_search("?!", "--site", site, "--json")
    assert (result.exit_code, json.loads(result.output)) == (0, [])
    assert "没有找到" in hall_search("?!", "--site", site, "--text").output


def test_the_limit_is_kept(site: Path) -> None:
    assert len(json.loads(hall_search("登记", "--site", site, "--json", "--limit", 2).output)) == 2


def test_a_batch_answers_every_line_with_one_array_blank_lines_too(site: Path, tmp_path: Path) -> None:
    queries = tmp_path / "queries.txt"
    queries.write_text("低保\n\n结婚登记\r\nAND OR (\n开饭店", encoding="utf-8")
    result = hall_search("--batch", queries, "--site", site)
    assert result.exit_code == 0
    rows = [json.loads(line) for line in result.output.splitlines()]
    assert [row[0]["title"] if row else None for row in rows] == [
        "最低生活保障对象认定",
        None,
        "结婚登记",
        None,
        "食品经营许可(新办)",
    ]


def test_a_batch_may_come_from_standard_input(site: Path) -> None:
    assert len(hall_search("--batch", "-", "--site", site, text="低保\n结婚\n").output.splitlines()) == 2


def test_without_an_index_it_says_what_to_do_and_exits_1(tmp_path: Path) -> None:
    result = hall_search("低保", "--site", tmp_path)
    assert result.exit_code == 1
    assert "hall build" in result.output


def test_neither_query_nor_batch_and_both_are_wrong_use(site: Path, tmp_path: Path) -> None:
    assert hall_search("--site", site).exit_code == 2
    assert hall_search("低保", "--batch", tmp_path / "missing", "--site", site).exit_code == 2
    assert hall_search("低保", "--limit", 0, "--site", site).exit_code == 2


def test_help_is_in_chinese() -> None:
    assert "搜索事项" in hall_search("--help").output


def test_what_people_looked_for_in_vain_is_listed_for_the_county(small_root: Path) -> None:
    place = ("--misses", "--root", small_root)
    assert json.loads(hall_search(*place).output) == []
    database = Database.open(small_root / ".hall" / "hall.db", migrate=True)
    today = datetime.now(SHANGHAI).date()
    for query, day in (
        ("养犬", today),
        ("养犬", today - timedelta(days=3)),
        ("彩礼", today - timedelta(days=200)),
    ):
        database.write(lambda tx, query=query, day=day: zero_hits.record(tx, query, day))
    database.close()
    assert json.loads(hall_search(*place).output) == [
        {"query": "养犬", "count": 2, "last": today.isoformat()}
    ]
    assert len(json.loads(hall_search(*place, "--days", 365).output)) == 2
    told = hall_search(*place, "--text").output
    assert "2 次  养犬" in told
    assert "content/synonyms.yml" in told
    assert hall_search("低保", *place).exit_code == 2
