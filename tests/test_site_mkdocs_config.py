"""A county's mkdocs.yml that MkDocs cannot work by: told in one line, and the portal stays as it was."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from mkdocs.config.config_options import Hooks

from catalog.root import Root
from hall.cli import group
from hall.compiling import Compiler
from rules.errors import HallError
from site_builder.compile import build
from site_builder.mkdocs_config import DEFAULTS, check_config
from tests.catalog_fixtures import make_root

INHERITED = f"INHERIT: {DEFAULTS / 'mkdocs.yml'}\n"
WRONG = {
    "a missing file": ("INHERIT: no/such.yml\n", "INHERIT 写的文件 no/such.yml 不存在"),
    "itself": ("INHERIT: mkdocs.yml\n", "INHERIT 绕回了自己"),
    "a folder": ("INHERIT: content\n", "content 读不出来"),
    "a file inherited that is broken": ("INHERIT: base.yml\n", "继承的文件 base.yml 第 3 行：YAML 格式有误"),
    "broken YAML": (INHERITED + "site_name: [县\n", "mkdocs.yml:3: YAML 格式有误"),
    "a tab": (INHERITED + "theme:\n\tname: material\n", "mkdocs.yml:3: 行首用了制表符"),
    "a class that is not there": (INHERITED + "extra: !!python/name:no.such\n", "mkdocs.yml:2: 标签"),
    "a day that is not": (INHERITED + "extra:\n  hooks: 2026-13-45\n", "month must be in"),
    "no UTF-8": (INHERITED.encode() + "site_name: 县\n".encode("gb18030"), "不是 UTF-8"),
    "only a word": ("县\n", "mkdocs.yml: "),
    "a list": ("- a\n", "要写成“键: 值”"),
    "a missing plugin": (INHERITED + "plugins: [no-such]\n", "键 plugins：没有安装插件 no-such"),
    "a missing theme": (INHERITED + "theme: {name: no-such}\n", "键 theme：没有安装主题 no-such，请安装它，或改回 material"),
    "a missing extension": (INHERITED + "markdown_extensions: [no_such]\n", "没有 Markdown 扩展 no_such"),
    "a missing folder": (INHERITED + "theme: {custom_dir: gone}\n", "不存在，请建好，或删掉 custom_dir"),
    "a missing hook": (INHERITED + "hooks: [gone.py]\n", "键 hooks："),
    "a hook that raises": (INHERITED + "hooks: [hook.py]\n", "mkdocs.yml: "),
    "an address that is none": (INHERITED + "site_url: 5\n", None),
}  # fmt: skip


# What only shows when it runs: a check runs nothing that the file names.
AT_THE_BUILD = {"a class that is not there", "a missing hook", "a hook that raises"}


@pytest.fixture
def county(tmp_path: Path) -> Root:
    root = make_root(tmp_path / "county")
    (root.path / "base.yml").write_text("a: 1\nb: [\n", "utf-8")
    (root.path / "hook.py").write_text("raise RuntimeError('不行')\n", "utf-8")
    return root


def spoil(root: Root, content: str | bytes) -> None:
    data = content if isinstance(content, bytes) else content.encode()
    (root.path / "mkdocs.yml").write_bytes(data)


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_file_is_told_in_one_line_with_what_to_do(county: Root, fault: str) -> None:
    content, expected = WRONG[fault]
    spoil(county, content)
    found = check_config(county)
    if expected is None:
        # A value that is ours to set is set whatever the file says.
        assert found == []
        return
    with pytest.raises(HallError) as caught:
        build(county, index=False)
    assert [str(each) for each in found] == ([] if fault in AT_THE_BUILD else [caught.value.detail])
    assert expected in caught.value.detail
    assert "mkdocs.yml" in caught.value.detail
    assert "\n" not in caught.value.detail
    assert re.search("请|要写成", caught.value.detail)
    assert not (county.path / "site").exists()


@pytest.mark.parametrize("command", ["build", "check", "serve"])
def test_no_command_ends_with_a_traceback_over_it(county: Root, command: str) -> None:
    spoil(county, "INHERIT: no/such.yml\n")
    arguments = [command, "--root", str(county.path)]
    if command == "serve":
        arguments += ["--port", "18999", "--db", str(county.path / "hall.db")]
    result = CliRunner().invoke(group, arguments)
    if command == "serve":
        # The command line's own `main` tells it and ends with 1.
        assert isinstance(result.exception, HallError)
        assert "INHERIT 写的文件 no/such.yml 不存在" in result.exception.detail
        return
    assert result.exit_code == 1
    assert "mkdocs.yml: INHERIT 写的文件 no/such.yml 不存在" in result.output
    assert "Traceback" not in result.output


def test_a_county_without_the_file_or_with_a_good_one_has_no_fault(county: Root) -> None:
    assert check_config(county) == []
    spoil(county, INHERITED + "site_name: 县\n")
    assert check_config(county) == []


def test_a_check_runs_nothing_that_the_file_names(county: Root) -> None:
    (county.path / "hook.py").write_text("open('ran', 'w')\n", "utf-8")
    ran = county.path / "ran"
    tag = f"!!python/object/apply:os.mkdir ['{ran}']"
    spoil(county, INHERITED + f"hooks: [hook.py]\nextra:\n  a: {tag}\n  b: !ENV HOME\n")
    assert check_config(county) == []
    assert not ran.exists()
    assert not Path("ran").exists()


def test_warnings_end_a_strict_build_with_what_they_say(county: Root) -> None:
    (county.content / "about").mkdir()
    (county.content / "about" / "hall.md").write_text("# 关于\n\n[没有](gone.md)\n", "utf-8")
    spoil(county, INHERITED + "strict: true\n")
    with pytest.raises(HallError, match=r"mkdocs\.yml: .*gone\.md"):
        build(county, index=False)


def test_a_hook_that_fails_at_work_is_told_and_our_own_failures_are_not_taken_for_the_countys(
    county: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    (county.path / "hook.py").write_text("def on_env(*_, **__):\n    raise KeyError('缺')\n", "utf-8")
    spoil(county, INHERITED + "hooks: [hook.py]\n")
    assert check_config(county) == []
    with pytest.raises(HallError, match=r"mkdocs\.yml: 插件或钩子出错（KeyError：'缺'）"):
        build(county, index=False)
    spoil(county, INHERITED)

    def fails(*_: object, **__: object) -> None:
        raise KeyError("ours")

    monkeypatch.setattr("mkdocs.commands.build.build", fails)
    with pytest.raises(KeyError, match="ours"):
        build(county, index=False)


def test_a_slip_in_it_leaves_the_running_portal_as_it_is(
    built_county: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "county"
    shutil.copytree(built_county, folder, ignore=shutil.ignore_patterns("site", ".hall"))
    compiler = Compiler(Root(folder), (), folder / "site")
    compiler.first()
    page = (folder / "site" / "index.html").read_bytes()
    (folder / "mkdocs.yml").write_text(INHERITED + "plugins: [no-such]\n", "utf-8")
    compiler.again()
    assert "没有安装插件 no-such" in caplog.text
    assert "Traceback" not in caplog.text
    assert (folder / "site" / "index.html").read_bytes() == page
    (folder / "mkdocs.yml").write_text(INHERITED, "utf-8")
    caplog.clear()
    compiler.again()
    compiler.close()
    assert "the portal stays" not in caplog.text


def test_an_edit_of_a_file_it_inherits_makes_the_pages_anew(county: Root) -> None:
    base = county.path / "base.yml"
    (county.content / "about").mkdir()
    (county.content / "about" / "hall.md").write_text("# 关于\n\n==县厅==\n", "utf-8")
    spoil(county, "INHERIT: base.yml\n")
    base.write_text(INHERITED, "utf-8")
    build(county, index=False)
    page = county.path / "site" / "about" / "hall" / "index.html"
    assert "==县厅==" in page.read_text("utf-8")
    base.write_text(f"{INHERITED}markdown_extensions: [pymdownx.mark]\n", "utf-8")
    build(county, index=False)
    assert "<mark>县厅</mark>" in page.read_text("utf-8")


def test_an_edit_in_its_theme_folder_or_of_a_hook_makes_the_pages_anew(county: Root) -> None:
    (county.content / "about").mkdir()
    (county.content / "about" / "hall.md").write_text("# 关于\n\n县厅\n", "utf-8")
    hook, theme = county.path / "hook.py", county.path / "theme" / "partials"
    theme.mkdir(parents=True)
    base = county.path / "base.yml"
    base.write_text(f"{INHERITED}theme: {{custom_dir: theme}}\nhooks: [hook.py]\n", "utf-8")
    spoil(county, "INHERIT: base.yml\n")
    hook.write_text("def on_page_markdown(text, **_):\n    return text.replace('县厅', '甲')\n", "utf-8")
    (theme / "content.html").write_text("{{ page.content }}乙", "utf-8")
    build(county, index=False)
    page = county.path / "site" / "about" / "hall" / "index.html"
    assert "<p>甲</p>" in page.read_text("utf-8")
    assert "乙" in page.read_text("utf-8")
    (theme / "content.html").write_text("{{ page.content }}丙丁", "utf-8")
    build(county, index=False)
    assert "丙丁" in page.read_text("utf-8")
    hook.write_text("def on_page_markdown(text, **_):\n    return text.replace('县厅', '戊己')\n", "utf-8")
    # MkDocs keeps a hook as long as its process lives; a hall builds each time in another one.
    Hooks._load_hook.cache_clear()
    build(county, index=False)
    assert "<p>戊己</p>" in page.read_text("utf-8")


def test_a_running_hall_watches_what_the_file_brings_in(county: Root) -> None:
    (county.path / "theme").mkdir()
    spoil(county, "INHERIT: shared/base.yml\nhooks: [hook.py]\n")
    look = Compiler(county, (), county.path / "site").look
    seen = [look()]
    for name, text in (
        ("shared/base.yml", "theme: {custom_dir: theme}\nINHERIT: more.yml\n"),
        ("shared/more.yml", "site_name: 县\n"),
        ("shared/more.yml", "site_name: 甲县\n"),
        ("theme/main.html", "甲"),
        ("theme/deep/part.html", "乙"),
        ("hook.py", "pass\n"),
    ):
        (county.path / name).parent.mkdir(exist_ok=True)
        (county.path / name).write_text(text, "utf-8")
        assert look() == look()
        seen.append(look())
    assert len(set(seen)) == len(seen)
    for name in ("theme/__pycache__/hook.pyc", "site/index.html"):
        (county.path / name).parent.mkdir(exist_ok=True)
        (county.path / name).write_text("x", "utf-8")
        assert look() == seen[-1]


@pytest.mark.parametrize("folder", [".", "..", "/"])
def test_a_theme_folder_that_holds_the_whole_county_is_not_watched(county: Root, folder: str) -> None:
    spoil(county, INHERITED + f"theme: {{custom_dir: '{folder}'}}\n")
    look = Compiler(county, (), county.path / "site").look
    before = look()
    (county.path / "site").mkdir()
    (county.path / "site" / "index.html").write_text("x", "utf-8")
    assert look() == before


@pytest.mark.parametrize("fault", [*WRONG, "tags"])
def test_a_wrong_file_is_watched_all_the_same(county: Root, fault: str) -> None:
    spoil(county, WRONG[fault][0] if fault in WRONG else "INHERIT: !ENV X\nhooks: 5\ntheme: [custom_dir]\n")
    look = Compiler(county, (), county.path / "site").look
    before = look()
    spoil(county, INHERITED + "site_name: 改好了的县\n")
    assert look() != before
