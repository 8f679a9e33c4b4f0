"""`hall cards`: supervision levels of a file of facts, one verdict a line."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TextIO

import click

from catalog.county import County, Settings
from catalog.reader import read_model
from catalog.root import NotARoot, Root
from catalog.supervision import RuleSet, load_rules, rule_folders
from hall.commands.deadline import calendar_of
from hall.json_lines import answer_lines
from rules.calendar import WorkCalendar
from rules.card_facts import facts_from
from rules.cards import OBJECT_LABELS, judge
from rules.errors import Invalid, NotFound
from rules.time import SHANGHAI, format_stamp, parse_stamp


@click.command(help="按监察规则判定预警（1）、黄牌（2）、红牌（3）；文件为 JSON Lines,- 为标准输入。")
@click.argument("file", type=click.File("r", encoding="utf-8-sig"))
@click.option(
    "--rules", "name", metavar="规则集", help="four-level（四级）或 three-light（三灯）；默认按县里的设置。"
)
@click.option("--now", "now_text", metavar="时间", help="没有写 end 的按这个时间判定，默认为现在。")
@click.option("--root", "where", type=click.Path(path_type=Path), help="县厅的目录（用它的规则和日历）。")
@click.option("--json", "_as_json", is_flag=True, help="以 JSON 输出（本来就是）。")
def command(file: TextIO, name: str | None, now_text: str | None, where: Path | None, _as_json: bool) -> None:
    """Exit codes: 0 done, 1 a line was wrong, 2 wrong use."""
    try:
        now = parse_stamp(now_text) if now_text else datetime.now(SHANGHAI)
        root = _root(where)
        settings = _settings_of(root)
        rule_set = load_rules(rule_folders(root), name or settings.supervision_rules, settings.precision)
    except (Invalid, NotFound) as error:
        raise click.UsageError(error.detail) from error
    calendar = calendar_of(where)
    sys.exit(0 if answer_lines(file, lambda plain: _verdict(plain, rule_set, calendar, now)) else 1)


def _verdict(
    plain: Mapping[str, object], rule_set: RuleSet, calendar: WorkCalendar, now: datetime
) -> dict[str, object]:
    facts = facts_from(plain, now)
    rule = rule_set.rule_for(facts.object)
    if rule is None:
        return {
            "level": 0,
            "since": None,
            "why": f"“{rule_set.title}”没有启用{OBJECT_LABELS[facts.object]}的规则",
        }
    verdict = judge(rule, facts, calendar)
    since = None if verdict.since is None else format_stamp(verdict.since)
    if since is not None and (facts.precision or rule.precision) == "day":
        since = since[:10]
    return {"level": verdict.level, "since": since, "why": verdict.why}


def _root(where: Path | None) -> Root | None:
    if where is not None:
        return Root.find(where)
    try:
        return Root.find()
    except NotARoot:
        return None


def _settings_of(root: Root | None) -> Settings:
    """The rule set and precision of county.yml; `hall check` is where a faulty county.yml is told."""
    county = None if root is None else read_model(root.county, "county.yml", County, [])
    return Settings() if county is None else county.settings
