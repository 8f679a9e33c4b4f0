"""The command line keeps its contract: Chinese help everywhere, wrong use exits with 2, all of it in the README."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from conftest import ROOT

from hall.cli import COMMANDS, group

# One way of using each command wrongly, beside an unknown option.
WRONG_USES = {
    "new": ["new"],
    "check": ["check", "no-such-file"],
    "build": ["build", "--items", "no-such-folder"],
    "serve": ["serve", "--port", "many"],
    "import": ["import"],
    "export": ["export", "--format", "pdf"],
    "schema": ["schema", "too", "many"],
    "search": ["search"],
    "deadline": ["deadline", "--start", "someday", "--limit", "5"],
    "cards": ["cards"],
    "calendar": ["calendar", "import"],
    "sweep": ["sweep", "--now", "someday"],
    "score": ["score", "2026-13"],
    "deliver": ["deliver", "too", "many"],
    "drill": ["drill", "too", "many"],
    "publish": ["publish", "too", "many"],
    "migrate": ["migrate", "too", "many"],
    "user": ["user", "add"],
    "backup": ["backup"],
    "restore": ["restore", "no-such-file"],
    "audit": ["audit", "verify", "--checkpoint", "no-checkpoint"],
}
NEEDS_A_ROOT = [
    ["check"], ["build"], ["serve"], ["export"], ["schema"], ["search", "低保"], ["search", "--misses"], ["sweep"],
    ["publish"], ["migrate"], ["deliver", "--once"], ["user", "list"], ["backup", "copy.tar.gz"], ["audit", "verify"],
]  # fmt: skip
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def hall(*arguments: str) -> Result:
    return CliRunner().invoke(group, list(arguments))


def every_command() -> Iterator[tuple[str, ...]]:
    above = click.Context(group, **group.context_settings)
    for name in COMMANDS:
        yield (name,)
        found = group.get_command(above, name)
        assert found is not None
        # A command keeps the help option of its first use, and other tests use some without the group and its -h.
        found.get_help_option(click.Context(found, parent=above))
        if isinstance(found, click.Group):
            for part, below in found.commands.items():
                yield (name, part)
                below.get_help_option(click.Context(below, parent=above))


@pytest.mark.parametrize("path", list(every_command()), ids=" ".join)
def test_every_command_and_option_explains_itself_in_chinese(path: tuple[str, ...]) -> None:
    told = hall(*path, "--help")
    assert told.exit_code == 0
    assert hall(*path, "-h").output == told.output
    assert told.output.startswith("用法：")
    assert not re.search(r"\b(Usage|Options|Commands|Show this|required|default:)", told.output)
    found: click.Command = group
    for name in path:
        assert isinstance(found, click.Group)
        found = found.get_command(click.Context(found), name)  # type: ignore[assignment]
    silent = [
        each.opts
        for each in found.params
        if isinstance(each, click.Option) and not CHINESE.search(each.help or "")
    ]
    assert silent == []


def test_the_list_of_commands_says_in_chinese_what_each_does() -> None:
    output = hall("--help").output
    for name, (_, what) in COMMANDS.items():
        assert re.search(rf"^  {name}\s+{re.escape(what)}$", output, re.M), name
        assert CHINESE.search(what)


def test_every_command_has_its_wrong_use() -> None:
    assert set(WRONG_USES) == set(COMMANDS)


@pytest.mark.parametrize("name", list(COMMANDS))
def test_wrong_use_exits_with_2_and_says_why_in_chinese(name: str) -> None:
    for arguments in (WRONG_USES[name], [name, "--no-such-option"]):
        told = hall(*arguments)
        assert told.exit_code == 2, (arguments, told.output)
        assert "错误：" in told.output
        assert CHINESE.search(told.output.split("错误：")[-1])
        assert not re.search(r"\b(Error|Try|Missing|Invalid|No such|Got)\b", told.output)


def test_an_unknown_command_exits_with_2_and_is_named() -> None:
    told = hall("fly")
    assert told.exit_code == 2
    assert "没有命令 fly" in told.output


@pytest.mark.parametrize("arguments", NEEDS_A_ROOT, ids=" ".join)
def test_outside_any_root_is_wrong_use_told_in_one_line(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from hall.cli import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["hall", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "county.yml" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_readme_names_every_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"`hall {name}" not in readme] == []


def test_no_command_named_in_readme_help_or_makefile_is_missing() -> None:
    sources = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "Makefile"]
    sources += sorted((ROOT / "site_builder" / "defaults" / "content").rglob("*.md"))
    sources += sorted((ROOT / "hall" / "new_root").rglob("*.jinja"))
    named = {
        (path.name, found)
        for path in sources
        for found in re.findall(r"(?:`|\)/|&& |^)hall ([a-z]+)", path.read_text(encoding="utf-8"), re.M)
    }
    assert named
    assert [each for each in named if each[1] not in COMMANDS] == []


def test_help_comes_without_loading_what_the_command_works_with() -> None:
    """A slow `--help` is one that people stop asking for: nothing heavy is imported for the list."""
    probe = "import sys, hall.cli; print(sorted({'starlette', 'mkdocs', 'whoosh', 'docx', 'sqlite_utils'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
