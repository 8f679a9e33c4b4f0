"""`hall deadline` and `hall calendar import`: shapes, batches, exit codes."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from hall.commands.calendar import command as calendar
from hall.commands.deadline import command as deadline
from tests.casework_fixtures import at, make_hall


def run(*arguments: str, stdin: str | None = None, command=deadline):
    return CliRunner().invoke(command, list(arguments), input=stdin)


@pytest.mark.parametrize(
    ("start", "limit", "expected", "provisional"),
    [
        ("2026-02-10", "20", "2026-03-16", False),
        ("2026-02-13", "5", "2026-02-27", False),
        ("2026-09-18", "10", "2026-10-09", False),
        ("2026-12-03", "20", "2026-12-31", False),
        ("2026-12-04", "20", "2027-01-04", True),
    ],
)
def test_golden_dates_as_json(start, limit, expected, provisional):
    done = run("--start", start, "--limit", limit)
    assert done.exit_code == 0
    told = json.loads(done.output)
    assert set(told) == {"due", "provisional", "trace"}
    assert (told["due"], told["provisional"]) == (expected, provisional)
    assert all(set(day) == {"date", "counted", "reason"} for day in told["trace"])
    assert sum(day["counted"] for day in told["trace"]) == int(limit)


def test_pauses_and_calendar_days():
    paused = run(
        "--start",
        "2026-03-02",
        "--limit",
        "5",
        "--pause",
        "2026-03-03..2026-03-05",
        "--pause",
        "2026-03-06..2026-03-09",
    )
    assert json.loads(paused.output)["due"] == "2026-03-12"
    assert (
        json.loads(run("--start", "2026-04-17", "--limit", "15", "--unit", "day").output)["due"]
        == "2026-05-06"
    )


def test_text_is_readable():
    told = run("--start", "2026-12-04", "--limit", "20", "--text").output
    assert told.startswith("到期日：2027-01-04（暂定")
    assert "元旦" in told


def test_a_batch_answers_line_by_line_and_keeps_faults_on_their_line():
    lines = [
        json.dumps({"start": "2026-02-10", "limit": 20}),
        "not json",
        "",
        json.dumps(
            {"start": "2026-03-02", "limit": 5, "unit": "workday", "pauses": ["2026-03-03..2026-03-05"]}
        ),
        json.dumps({"start": "2026-02-30", "limit": -1, "unit": "week", "pauses": 3, "colour": 1}),
        "[1]",
    ]
    done = run("--batch", "-", stdin="\n".join(lines))
    assert done.exit_code == 1
    told = [json.loads(line) for line in done.output.splitlines()]
    assert [each.get("due") for each in told] == ["2026-03-16", None, "2026-03-11", None, None]
    assert told[1]["error"]["line"] == 2
    assert set(told[3]["error"]["fields"]) == {"start", "limit", "unit", "pauses", "colour"}


def test_a_batch_without_fault_exits_with_nothing_to_complain_about(tmp_path):
    path = tmp_path / "batch.jsonl"
    path.write_text('{"start": "2026-02-10", "limit": 20}\n', encoding="utf-8")
    done = run("--batch", str(path))
    assert done.exit_code == 0
    assert len(done.output.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--start", "2026-02-10"),
        ("--start", "soon", "--limit", "3"),
        ("--start", "2026-02-10", "--limit", "-3"),
        ("--start", "2026-02-10", "--limit", "3", "--unit", "hour"),
        ("--start", "2026-02-10", "--limit", "3", "--pause", "2026-02-11"),
        ("--start", "2026-02-10", "--limit", "3", "--pause", "2026-02-13..2026-02-11"),
        ("--start", "2026-02-10", "--limit", "3", "--batch", "-"),
    ],
)
def test_wrong_use_exits_with_two_and_says_why(arguments):
    done = run(*arguments, stdin="")
    assert done.exit_code == 2
    assert done.stderr


def test_importing_a_notice_writes_the_roots_calendar_and_deadline_uses_it(small_root, tmp_path):
    notice = {
        "year": 2027,
        "papers": ["https://example.invalid/notice"],
        "days": [{"name": "元旦", "date": f"2027-01-0{day}", "isOffDay": True} for day in (1, 2, 3, 4)],
    }
    path = tmp_path / "2027.json"
    path.write_text(json.dumps(notice), encoding="utf-8")
    done = run("import", str(path), "--root", str(small_root), "--json", command=calendar)
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    assert (told["year"], told["days_off"], told["first_changed"]) == (2027, 4, "2027-01-01")
    assert (small_root / "content" / "calendars" / "2027.yml").is_file()
    found = run("--start", "2026-12-04", "--limit", "20", "--root", str(small_root))
    assert json.loads(found.output)["due"] == "2027-01-05"
    assert json.loads(found.output)["provisional"] is False


def test_importing_a_notice_for_a_database_that_is_not_there_is_wrong_use(small_root, tmp_path):
    path = tmp_path / "2027.json"
    path.write_text('{"year": 2027, "papers": [], "days": []}', encoding="utf-8")
    typo = tmp_path / "typo.db"
    done = run("import", str(path), "--root", str(small_root), "--db", str(typo), command=calendar)
    assert done.exit_code == 2
    assert "没有数据库" in done.stderr
    assert not typo.exists()
    assert not (small_root / "content" / "calendars" / "2027.yml").exists()


def test_an_unpublished_notice_is_refused_with_exit_one(small_root, tmp_path):
    path = tmp_path / "2027.json"
    path.write_text('{"year": 2027, "papers": [], "days": []}', encoding="utf-8")
    done = run("import", str(path), "--root", str(small_root), command=calendar)
    assert done.exit_code == 1
    assert "还没有公布" in done.stderr
    assert not (small_root / "content" / "calendars" / "2027.yml").exists()


def test_the_limits_of_a_case_are_explained_from_the_halls_own_data_file(built_county, tmp_path):
    hall = make_hall(tmp_path)
    outside = hall.file("2026-03-04", channel="window", received_outside=at("2026-03-02"))
    hall.database.close()
    where = ("--root", str(built_county), "--db", str(hall.database.path), "--case", outside.number)
    done = run(*where, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)["deadlines"]
    assert [(each["label"], each["due"]) for each in told] == [("补正告知", "2026-03-09")]
    assert told[0]["started"].startswith("2026-03-02")
    assert "系统外收件之日" in told[0]["why"]
    assert told[0]["trace"][-1]["counted"]
    text = run(*where, "--text")
    assert "补正告知：自2026年3月2日（系统外收件之日，次日起算）5个工作日" in text.stdout
    assert "第5日" in text.stdout
    assert run(*where[:-1], "QH000000000000000").exit_code == 2
    assert run(*where, "--limit", "5").exit_code == 2
