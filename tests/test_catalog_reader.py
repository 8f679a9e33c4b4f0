"""Reading a root: every fault of every file at its line, and the rest goes on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from catalog.reader import read
from catalog.root import NotARoot, Root
from catalog.yaml_text import field_path, field_text, parse_yaml
from catalog.yaml_writing import yaml_text
from tests.catalog_fixtures import DEPARTMENT, UNITS, make_item, make_root, write_item

MINIMAL = 'code: "{code}"\nname: 甲事项\ntype: "01"\ndepartment: market\n'


def shown(root: Root) -> list[str]:
    return [str(problem) for problem in read(root).problems]


def test_a_right_root_reads_without_problems(tmp_path: Path) -> None:
    root = make_root(tmp_path / "c")
    write_item(root, "one", yaml_text(make_item()))
    reading = read(root)
    assert reading.problems == ()
    assert [loaded.item for loaded in reading.items] == [make_item()]
    assert reading.items[0].slug == "one"
    assert list(reading.departments) == ["market"]
    assert reading.units.get("market").parent == "county"


def test_faults_in_several_files_are_all_told_with_their_lines(tmp_path: Path) -> None:
    root = make_root(tmp_path / "c")
    write_item(root, "good", MINIMAL.format(code="1001"))
    materials = "materials:\n  - name: 申请书\n    copies: -1\n"
    write_item(root, "bad-number", MINIMAL.format(code="1002") + materials)
    write_item(root, "bad-yaml", "code: '1003\nname: 乙\n")
    write_item(root, "twice", MINIMAL.format(code="1004") + "name: 又一个\n")
    write_item(root, "tabs", "code: '1005'\nname: 丙\npromised:\n\tdays: 3\n")
    write_item(root, "unknown", MINIMAL.format(code="1006") + "plain_name: [甲]\nlevel: 4\n")
    write_item(root, "missing", 'code: "1007"\ntype: "01"\ndepartment: market\n')
    assert shown(root) == [
        "items/market/bad-number.yml:7: materials[0].copies: 不能小于 0（现在是 -1）",
        "items/market/bad-yaml.yml:3: YAML 格式有误（第 1 个字符附近）：引号没有成对",
        "items/market/missing.yml:1: name: 缺少这个必填字段",
        "items/market/tabs.yml:4: 行首用了制表符（Tab），请全部换成空格",
        "items/market/twice.yml:5: name: 这个键写了两次（第一次在第 2 行），请只留一个",
        "items/market/unknown.yml:5: plain_name: 没有这个字段，是不是想写 plain_names？",
        'items/market/unknown.yml:6: level: 要写成文字，请加引号："4"',
    ]
    assert [loaded.slug for loaded in read(root).items] == ["good"]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("promised: {days: 十}\n", 5, "要写整数（现在是 十）"),
        ("depth: 4\n", 5, "只能是 0、1、2、3（现在是 4）"),
        ("review_by: 2026-13-01\n", 5, "要写日期"),
        ("courier: 也许\n", 5, "只能写 true（是）或 false（否）"),
        ("conditions: 一句话\n", 5, "要写成列表"),
        ("contacts: 电话\n", 5, "要写成一组“键: 值”"),
        ("contacts:\n  enquiry: 0000-5550001\n", 5, "缺少这个必填字段"),
        ("version: 1.0\n", 5, '请加引号："1.0"'),
        ("form:\n  sections: []\n  extra: 1\n", 7, "没有这个字段"),
        (
            "form:\n  sections:\n    - title: 页\n      fields:\n        - {id: a, label: 甲, type: choice}\n",
            9,
            "选择题至少要有两个选项",
        ),
        ("effective_from: 2026-02-01\neffective_to: 2026-01-01\n", 1, "effective_to 早于 effective_from"),
    ],
)
def test_wrong_values_say_what_to_write(tmp_path: Path, text: str, line: int, words: str) -> None:
    root = make_root(tmp_path / "c")
    write_item(root, "one", MINIMAL.format(code="1001") + text)
    problems = read(root).problems
    assert [problem.line for problem in problems] == [line]
    assert words in problems[0].message


def test_text_is_read_as_editors_read_it_not_as_yaml_1_1(tmp_path: Path) -> None:
    document = parse_yaml("a: no\nb: 9:30\nc: 2026-01-01\nd: on\ne: true\nf: ~\ng: 0x1F\n")
    assert document.value == {
        "a": "no",
        "b": "9:30",
        "c": "2026-01-01",
        "d": "on",
        "e": True,
        "f": None,
        "g": "0x1F",
    }


def test_aliases_tags_and_merge_keys_are_refused_without_being_expanded() -> None:
    bomb = "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n"
    messages = [fault.message for fault in parse_yaml(bomb).faults]
    assert len(messages) == 4
    assert all("锚点" in message for message in messages)
    tagged = parse_yaml("a: !!python/object/apply:os.system [x]\nb: !foo y\n")
    assert [fault.line for fault in tagged.faults] == [2]
    merged = parse_yaml("x: 1\n<<: {y: 2}\n")
    assert "合并键" in merged.faults[0].message


def test_brackets_within_brackets_without_end_are_refused() -> None:
    assert "太深" in parse_yaml("a: " + "[" * 700 + "]" * 700).faults[0].message
    assert parse_yaml("a: " + "[" * 50 + "]" * 50).faults == ()


def test_lines_are_known_of_a_text_without_faults_too() -> None:
    document = parse_yaml("name: a\nfees:\n- name: b\n  amount: 010\n")
    assert (document.line(("fees", 0, "amount")), document.line(("fees", 0, "basis"))) == (4, 3)
    assert document.raw[("fees", 0, "amount")] == "010"
    assert document.value == {"name": "a", "fees": [{"name": "b", "amount": 10}]}


def test_a_file_that_is_not_utf_8_is_named_with_the_line(tmp_path: Path) -> None:
    root = make_root(tmp_path / "c")
    path = root.items / "market" / "gbk.yml"
    path.write_bytes(b"code: '1001'\n" + "name: 许可\n".encode("gbk"))
    assert shown(root) == ["items/market/gbk.yml:2: 文件不是 UTF-8 编码，请用编辑器另存为 UTF-8"]


def test_an_empty_file_and_a_list_are_told(tmp_path: Path) -> None:
    root = make_root(tmp_path / "c")
    write_item(root, "empty", "# 只有注释\n")
    write_item(root, "list", "- a\n- b\n")
    assert shown(root) == [
        "items/market/empty.yml:1: 文件是空的",
        "items/market/list.yml:1: 要写成一组“键: 值”（现在是 2 项的列表）",
    ]


def test_department_folder_and_item_must_agree(tmp_path: Path) -> None:
    root = make_root(tmp_path / "c")
    write_item(root, "one", MINIMAL.format(code="1001").replace("department: market", "department: police"))
    (root.items / "police").mkdir()
    (root.items / "stray.yml").write_text("x: 1\n", "utf-8")
    (root.items / "market" / "two.yaml").write_text("x: 1\n", "utf-8")
    assert shown(root) == [
        "items/market/one.yml:4: department: 部门 police 要与所在文件夹 market 相同",
        "items/market/two.yaml: 文件名要以 .yml 结尾，请改名",
        "items/police: 文件夹里没有 department.yml，请写明是哪个部门",
        "items/stray.yml: 事项文件要放进部门的文件夹",
    ]


def test_units_twice_and_faulty_units_are_told_at_their_row(tmp_path: Path) -> None:
    units = (
        UNITS + "- {id: centre, name: 又一个, kind: centre, parent: county}\n- {id: x, name: 某, kind: 局}\n"
    )
    root = make_root(tmp_path / "c", units=units)
    problems = read(root).problems
    assert [(problem.line, problem.field) for problem in problems] == [(3, "[2].id"), (4, "kind")]


def test_a_broken_county_file_does_not_hide_other_faults(tmp_path: Path) -> None:
    root = make_root(tmp_path / "c", county="name: 县\n")
    write_item(root, "bad", "code: x\n")
    paths = {problem.path for problem in read(root).problems}
    assert paths == {"county.yml", "items/market/bad.yml"}


def test_a_department_that_cannot_be_read_does_not_make_its_unit_unknown(tmp_path: Path) -> None:
    root = make_root(tmp_path / "c", department=DEPARTMENT + "phone: x\n")
    reading = read(root)
    assert reading.unread == {"market"}
    assert "写了两次" in reading.problems[0].message


def test_warm_reading_gives_the_same_and_survives_a_damaged_cache(tmp_path: Path) -> None:
    root = make_root(tmp_path / "c")
    for number in range(3):
        write_item(root, f"i{number}", yaml_text(make_item(code=f"100{number}")))
    cold = read(root)
    cache = next((root.state / "cache").glob("items-*.jsonl"))
    assert read(root).items == cold.items
    lines = cache.read_text("utf-8").split("\n")
    cache.write_text("\n".join([lines[0], lines[1].split(" ")[0] + ' {"name": 1}', *lines[2:]]), "utf-8")
    assert read(root).items == cold.items
    cache.write_bytes(b"\xff\xfe not text")
    assert read(root).items == cold.items
    cache.write_text("another schema\n" + "\n".join(lines[1:]), "utf-8")
    assert read(root).items == cold.items


def test_an_edited_file_is_read_anew(tmp_path: Path) -> None:
    root = make_root(tmp_path / "c")
    write_item(root, "one", yaml_text(make_item()))
    read(root)
    write_item(root, "one", yaml_text(make_item(name="新名称")))
    assert read(root).items[0].item.name == "新名称"


def test_an_edited_department_or_county_is_read_anew_and_its_faults_are_told_each_time(
    tmp_path: Path,
) -> None:
    root = make_root(tmp_path / "c")
    before = read(root)
    (id_,) = before.departments
    file = root.items / id_ / "department.yml"
    old, text = before.departments[id_].short_name, file.read_text("utf-8")
    file.write_text(text.replace(f"short_name: {old}", "short_name: 改过"), "utf-8")
    root.county.write_text(
        root.county.read_text("utf-8").replace("short_name: 示例", "short_name: 改了"), "utf-8"
    )
    after = read(root)
    assert (after.departments[id_].short_name, after.county.short_name) == ("改过", "改了")
    file.write_text(text + "typo: 1\n", "utf-8")
    for _ in range(2):
        assert [each.field for each in read(root).errors] == ["typo"]
    file.write_text(text, "utf-8")
    assert read(root).departments == before.departments


def test_items_with_faults_are_never_cached(tmp_path: Path) -> None:
    root = make_root(tmp_path / "c")
    write_item(root, "one", MINIMAL.format(code="1001") + "name: 又\n")
    assert shown(root) == shown(root) != []


def test_several_item_folders_take_the_place_of_the_roots_own(tmp_path: Path) -> None:
    root = make_root(tmp_path / "c")
    write_item(root, "one", yaml_text(make_item()))
    other = make_root(tmp_path / "d")
    write_item(other, "two", yaml_text(make_item(code="2002")))
    reading = read(root, [other.items])
    assert [loaded.item.code for loaded in reading.items] == ["2002"]


def test_the_root_is_found_from_below_and_missing_ones_are_explained(tmp_path: Path) -> None:
    root = make_root(tmp_path / "c")
    assert Root.find(root.items / "market") == root
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(NotARoot, match="hall new"):
        Root(empty)


def test_resources_of_the_root_come_after_the_packaged_ones(tmp_path: Path) -> None:
    root = make_root(tmp_path / "c")
    assert [path.name for path in root.resource("codes/item-type.yml")] == ["item-type.yml"]
    (root.content / "codes").mkdir()
    own = root.content / "codes" / "item-type.yml"
    own.write_text("x", "utf-8")
    assert root.resource("codes/item-type.yml")[-1] == own
    assert root.resource("codes/no-such.yml") == []


def test_field_paths_and_their_text_are_inverse() -> None:
    path = ("form", "sections", 0, "fields", 2, "when")
    assert field_text(path) == "form.sections[0].fields[2].when"
    assert field_path(field_text(path)) == path
    assert len(field_text(("form", "9" * 5000, "when"))) < 100


def test_the_cache_is_json_lines_only(tmp_path: Path) -> None:
    root = make_root(tmp_path / "c")
    write_item(root, "one", yaml_text(make_item()))
    read(root)
    cache = next((root.state / "cache").glob("items-*.jsonl"))
    _, line = cache.read_text("utf-8").split("\n")
    assert json.loads(line.split(" ", 3)[3])["name"] == "示例许可"
