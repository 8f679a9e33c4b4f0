"""The drill against a real server process: everything passes, nothing of it counts, a broken hall is told of."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
from click.testing import CliRunner
from conftest import LiveHall, free_port

from hall.commands.drill import command


def test_the_drill_passes_against_a_running_hall_and_counts_nowhere(
    live_hall: LiveHall, tmp_path: Path
) -> None:
    run = CliRunner().invoke(command, ["--url", live_hall.url, "--report", str(tmp_path)])
    report = json.loads((tmp_path / "drill.json").read_text(encoding="utf-8"))
    assert [step for step in report["steps"] if not step["ok"]] == []
    assert run.exit_code == 0
    assert len(report["subjects"]) == 5 * 5 + 2
    assert len({name.split("·")[0] for name in report["subjects"] if "·" in name}) == 5
    rated = [step for step in report["steps"] if step["name"] == "评价"]
    assert len(rated) == 25
    assert report["not_built"] == ["后台信息发布", "投资项目并联审批"]
    text = (tmp_path / "drill.md").read_text(encoding="utf-8")
    assert "没有发现问题" in text
    assert "未建成，没有演练：投资项目并联审批" in text


def test_a_hall_that_does_not_answer_fails_the_drill_and_still_gives_a_report(tmp_path: Path) -> None:
    run = CliRunner().invoke(
        command, ["--url", f"http://127.0.0.1:{free_port()}", "--report", str(tmp_path), "--json"]
    )
    assert run.exit_code == 1
    assert json.loads(run.output)["passed"] is False
    assert "没有应答" in (tmp_path / "drill.md").read_text(encoding="utf-8")


def test_a_wrong_password_is_a_problem_with_its_reason(live_hall: LiveHall, tmp_path: Path) -> None:
    run = CliRunner().invoke(
        command, ["--url", live_hall.url, "--report", str(tmp_path), "--password", "not-this-one"]
    )
    assert run.exit_code == 1
    report = json.loads((tmp_path / "drill.json").read_text(encoding="utf-8"))
    assert any("401" in step["detail"] for step in report["steps"] if not step["ok"])
    assert httpx.get(f"{live_hall.url}/healthz").status_code == 200
