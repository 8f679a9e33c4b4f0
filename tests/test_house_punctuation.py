"""Chinese sentences have full-width marks: in pages, templates, documents, data and what programs say."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from catalog.root import Root
from site_builder.compile import build
from tests.punctuation import (
    expressions,
    faults,
    is_pattern,
    literals,
    masked_markdown,
    masked_message,
    masked_template,
    shown,
)

HOUSE = Path(__file__).parents[1]
# Written in English, with Chinese words in it.
ENGLISH = frozenset({"presentation/README.md"})
# Being rewritten; leaves this list with its new words.
NOT_YET = ("site_builder/defaults/content/help/rating.md", "help/rating/")
# Other programs' own layouts, as the comparison needs them; and tests, which hold what people and sources get wrong.
OTHERS = ("bench/peers/", "tests/")
# What sources of other systems say, to be recognised as they say it.
SOURCES_SAY = frozenset({"办理地点:无"})


def _files(*ends: str) -> Iterator[tuple[str, str]]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=HOUSE,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("no git checkout")
    for name in sorted(listed.stdout.decode().split("\0")):
        path = HOUSE / name
        if (
            name.endswith(ends)
            and name not in ENGLISH
            and not name.startswith(OTHERS + NOT_YET)
            and path.is_file()
        ):
            yield name, path.read_text(encoding="utf-8")


def _told(name: str, masked: str, text: str) -> list[str]:
    return [f"{name}:{text.count(chr(10), 0, place) + 1} {shown(text, place)}" for place in faults(masked)]


def test_documents_have_full_width_marks() -> None:
    wrong = [
        each for name, text in _files(".md", ".md.jinja") for each in _told(name, masked_markdown(text), text)
    ]
    assert wrong == []


def test_templates_have_full_width_marks() -> None:
    wrong = []
    for name, text in _files(".html"):
        wrong += _told(name, masked_template(text), text)
        wrong += [f"{name} {said}" for said in expressions(text) if faults(said)]
        # A list that is joined for people; between classes and addresses there are no such marks.
        wrong += [f"{name} {join}" for join in re.findall(r"join\([\"'][,;:] ?[\"']\)", text)]
    assert wrong == []


def test_what_programs_say_has_full_width_marks() -> None:
    wrong = []
    for name, source in _files(".py"):
        for line, text in literals(source):
            if not is_pattern(text):
                wrong += [f"{name}:{line} {shown(text, place)}" for place in faults(masked_message(text))]
    assert wrong == []


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)
    elif isinstance(value, str):
        yield value


def test_data_has_full_width_marks() -> None:
    wrong = []
    for name, source in _files(".yml"):
        if "!!python/" in source:  # of MkDocs, with nothing to read
            continue
        for text in _strings(yaml.load(source, yaml.CSafeLoader)):
            if text not in SOURCES_SAY and not is_pattern(text):
                wrong += [f"{name} {shown(text, place)}" for place in faults(masked_message(text))]
    for name, text in _files(".txt"):
        if name.startswith("content/"):
            wrong += _told(name, text, text)
    assert wrong == []


def test_pages_of_the_portal_have_full_width_marks(tmp_path: Path) -> None:
    root = Root(_copied(tmp_path / "county"))
    assert build(root, index=False).errors == ()
    site = root.path / "site"
    wrong = []
    for path in sorted(site.rglob("*.html")):
        if not (name := path.relative_to(site).as_posix()).startswith(NOT_YET):
            page = path.read_text("utf-8")
            wrong += _told(name, masked_template(page), page)
    assert wrong == []


def _copied(to: Path) -> Path:
    """The county that comes with the checkout, without its history: that holds what guides said once."""
    to.mkdir()
    for folder in ("items", "content", "published"):
        shutil.copytree(HOUSE / folder, to / folder)
    shutil.copy(HOUSE / "county.yml", to)
    return to


@pytest.mark.parametrize(
    "text",
    [
        "- **看网页**:不要求登录", "你好,世界", "办完了;", "有没有?", "收件(窗口)", "用 UTF-8,不用别的", "先 `a`,再 `b`；好",
        "看[这里](x.md):那里", "法律(《行政许可法》)", "1. 甲;", "地址(`https://hall.example/`)看",
    ],
)  # fmt: skip
def test_half_width_marks_are_found(text: str) -> None:
    assert faults(masked_markdown(text))


@pytest.mark.parametrize(
    "text",
    [
        "周一至周五 9:00–17:30", "对比度 7:1 以上", "见 https://hall.example/a?b=1,2 这一页", "写成 `{name: 甲, kind: 乙}`",
        "[部门](/departments/)的电话", "```\n键: 值, 值\n```", "编号 1,234 件", "GB/T 39046 (2020) 表四", "全角，都对（是的）：好；吗？",
        "A sentence (in English), with a name: fine.", "![首页](a.png)", "项{: #id }",
    ],
)  # fmt: skip
def test_code_times_addresses_and_ratios_are_left_alone(text: str) -> None:
    assert faults(masked_markdown(text)) == []
