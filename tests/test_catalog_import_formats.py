"""Importing CSV, XLSX and nested JSON: odd headers, merged cells, files that cannot be read, faulty mappings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openpyxl import Workbook

from catalog.schema import Limit
from rules.errors import Invalid
from tests.importing_fixtures import SIMPLE, items_of, jsonl, row, run

CSV_MAPPING = """\
name: 某县 CSV
source:
  skip:
    - {when: {column: 序号, is: 合计}, reason: 合计行}
department:
  name: 实施主体
  credit_code: 机构代码
  phone: {from: 咨询电话, as: phone}
item:
  code: {from: 实施编码, missing: reject}
  name: 事项名称
  type: {from: 权力类型, table: item-type, map: {公共服务事项: 公共服务}}
  applicants: {from: 办理对象, split: list, map: {个人: 自然人, 企业: 企业法人}, table: applicant}
  conditions: {from: 申请条件, split: numbered}
  legal_basis: {from: 占位, as: json}
  case_kind: {from: 办件类型, table: case-kind}
  statutory: {from: 法定期限, as: limit}
  promised: {from: 承诺期限, as: limit, missing: warn}
  plain_names: {from: [俗称一, 俗称二], join: "、", split: list}
  online_url: {from: 网址, extract: "(https?://\\\\S+)", as: url}
  contacts.enquiry: {from: 咨询电话, as: phone}
  contacts.supervision: {from: 投诉电话, as: phone}
  visits.count: {from: 跑动次数, as: integer}
rows:
  materials:
    from: 申请材料
    split: numbered
    fields:
      name: {from: ., replace: [{pattern: "[(\\uff08].*[)\\uff09]$"}]}
      originals: {from: ., extract: "原件(\\\\d+)份", as: integer, when: {column: ., matches: 原件}}
      necessity: {const: required}
  legal_basis:
    from: 设定依据
    split: "[;；]"
    need: law
    fields:
      law: {from: ., extract: "《([^》]+)》"}
      article: {from: ., extract: "》(第.+)$"}
  fees:
    from: 收费标准
    nothing: 不收费
    fields:
      name: {const: 证照工本费}
      standard: .
      amount: {from: ., as: money}
      basis: {from: 收费依据, default: 来源没有写}
ignore: {序号: 行号}
"""


CSV_HEADER = (
    "序号,事项名称,实施编码,权力类型,实施主体,机构代码,办理对象,申请条件,申请材料,设定依据,办件类型,法定期限,承诺期限,"
    "收费标准,收费依据,咨询电话,投诉电话,俗称一,俗称二,跑动次数,网址,备注列"
)


def test_a_csv_in_gbk_with_chinese_headers(tmp_path: Path) -> None:
    lines = [
        CSV_HEADER,
        '1,城市户外招牌设置审批,HN-0001,行政许可,示例县城管局,11990121MB0000238C,"个人,企业","1.有固定场所;2.不影响市容",'
        '"1.申请书（原件1份）2.效果图；3.身份证",《城市市容和环境卫生管理条例》第十一条;《某办法》第三条,承诺件,'
        "20个工作日,7个工作日,80元/块,价格〔2020〕1号,0000-5550020,0000-5550021,招牌、门头,广告牌,1次,"
        "请访问 https://example.com/apply 办理,有用的话",
        "2,零星修剪树木,HN-0002,公共服务事项,示例县城管局,11990121MB0000238C,个人,无,无,无,即办件,无,即办,不收费,,"
        "0000-5550020,0000-5550020,无,,0,无,",
        "合计,2,,,,,,,,,,,,,,,,,,,,",
    ]
    source = tmp_path / "items.csv"
    source.write_bytes("\r\n".join(lines).encode("gbk"))
    report = run(source, CSV_MAPPING, tmp_path / "items")
    assert (report.read, report.items, len(report.skipped), report.rejected) == (3, 2, 1, [])
    assert report.skipped[0].reason == "合计行"
    assert report.unused == {"备注列": 1}
    sign = items_of(tmp_path, tmp_path / "items")["HN-0001"]
    assert [each.name for each in sign.materials] == ["申请书", "效果图", "身份证"]
    assert sign.materials[0].originals == 1
    assert sign.conditions == ("有固定场所", "不影响市容")
    assert [(each.law, each.article) for each in sign.legal_basis] == [
        ("城市市容和环境卫生管理条例", "第十一条"),
        ("某办法", "第三条"),
    ]
    assert sign.applicants == ("1", "2")
    assert sign.plain_names == ("招牌", "门头", "广告牌")
    assert (sign.fees[0].standard, str(sign.fees[0].amount), sign.fees[0].basis) == (
        "80元/块",
        "80",
        "价格〔2020〕1号",
    )
    assert sign.online_url == "https://example.com/apply"
    assert sign.visits.count == 1
    assert sign.remarks == ("备注列：有用的话",)
    pruning = items_of(tmp_path, tmp_path / "items")["HN-0002"]
    assert (pruning.promised, pruning.case_kind, pruning.fees) == (Limit(days=0), "1", ())
    same_phone = [each for each in report.warnings if each.field == "contacts.supervision"]
    assert [(each.row, each.code) for each in same_phone] == [(3, "HN-0002")]


XLSX_MAPPING = """\
name: 某县 XLSX
source:
  sheet: 事项清单
  header_row: 3
  header_rows: 2
  group_by: 事项/编码
  fill_down: [实施部门]
  skip:
    - {when: {column: 事项/名称, matches: "^填表说明"}, reason: 填表说明}
department:
  name: 实施部门
item:
  code: {from: 事项/编码, missing: reject}
  name: 事项/名称
  type: {const: "01"}
  statutory: {from: 办理时限/法定, as: limit, unit: workday}
  promised: {from: 办理时限/承诺, as: limit}
  courier: {from: 邮寄, as: yes_no}
rows:
  materials:
    per_row: true
    fields:
      name: 材料/名称
      necessity: {from: 材料/必要性, map: {必要: required, 非必要: optional, 容缺: conditional}}
      condition: {from: 材料/说明, when: {column: 材料/必要性, is: 容缺}}
      copies: {from: 材料/份数, as: integer}
      forms: {from: 材料/形式, split: list, map: {纸质: copy, 电子: electronic}}
ignore: {第10列: 空列}
"""


def workbook(path: Path) -> Path:
    book = Workbook()
    book.active.title = "封面"
    sheet = book.create_sheet("事项清单")
    sheet.append(["示例县政务服务事项清单"])
    sheet.append(["填报日期:2026年11月"])
    sheet.append(["事项", None, "实施部门", "办理时限", None, "材料", None, None, None, None, "材料", "邮寄"])
    sheet.append([None, None, None, "法定", "承诺", "名称", "必要性", "份数", "形式", None, "说明", None])
    sheet["A4"], sheet["B4"] = "编码", "名称"
    for area in ("A3:B3", "D3:E3", "F3:I3", "A1:L1", "C3:C4"):
        sheet.merge_cells(area)
    sheet.append(
        [
            100000000000001,
            "甲许可",
            "示例局",
            20,
            "7个工作日",
            "申请表",
            "必要",
            1,
            "纸质、电子",
            None,
            None,
            True,
        ]
    )
    sheet.append([None, None, None, None, None, "照片", "非必要", 2.0, "纸质", None, None, None])
    sheet.merge_cells("A5:A6")
    sheet.merge_cells("B5:B6")
    sheet.append([None] * 12)
    sheet.append(
        [
            "B-002",
            "乙许可",
            None,
            "30(工作日)",
            "10个工作日",
            "租赁合同",
            "容缺",
            1,
            "电子",
            None,
            "租房的",
            "否",
        ]
    )
    sheet.append(["B-002", "乙许可(改)", None, None, None, "平面图", "必要", "三", "电子", None, None, "否"])
    sheet.append([None, "填表说明:……", None, None, None, None, None, None, None, None, None, None])
    sheet.append([None, None, None, None, None, "无主材料", "必要", 1, "电子", None, None, None])
    book.save(path)
    return path


def test_an_xlsx_with_merged_headers_and_a_row_per_material(tmp_path: Path) -> None:
    report = run(workbook(tmp_path / "items.xlsx"), XLSX_MAPPING, tmp_path / "items")
    assert (report.read, report.items) == (6, 2)
    assert [(each.row, each.reason) for each in report.skipped] == [(10, "填表说明")]
    assert [each.row for each in report.rejected] == [11]
    found = items_of(tmp_path, tmp_path / "items")
    first = found["100000000000001"]
    assert first.name == "甲许可"
    assert first.statutory == Limit(days=20)
    assert [(each.name, each.necessity, each.copies, each.forms) for each in first.materials] == [
        ("申请表", "required", 1, ("copy", "electronic")),
        ("照片", "optional", 2, ("copy",)),
    ]
    second = found["B-002"]
    assert [(each.name, each.condition, each.copies) for each in second.materials] == [
        ("租赁合同", "租房的", 1),
        ("平面图", None, 3),
    ]
    assert second.name == "乙许可"
    assert "事项名称：乙许可(改)" in second.remarks
    assert first.department == second.department == "shi-li-ju"
    messages = [each.message for each in report.warnings if each.row == 8]
    assert any("不止一个值" in message for message in messages)
    assert any("没有写单位" in each.message for each in report.warnings if each.row == 5)


NESTED = """\
name: 嵌套 JSON
source: {records: data.list}
department: {name: org.name, credit_code: org.code}
item:
  code: guide.code
  name: guide.title
  type: {from: guide.kind, map: {XK: "01"}, other: "20"}
  promised: {from: "guide.limits[0].text", as: limit}
  legal_basis: {from: guide.laws, as: json}
rows:
  materials:
    from: guide.materials
    fields:
      name: name
      necessity: {from: must, map: {是: required, 否: optional}}
      issuer: guide.office
  fees:
    from: guide.charges.*
    fields: {name: item, standard: text, basis: {from: law, default: 来源没有写}}
"""


def test_nested_json_by_paths(tmp_path: Path) -> None:
    guide = {
        "code": "J-0001",
        "title": "嵌套事项",
        "kind": "XK",
        "limits": [{"text": "8个工作日"}],
        "office": "甲所",
        "laws": [{"law": "某法", "article": "第一条"}],
        "materials": [{"name": "表", "must": True}, {"must": True}, {"name": "图", "must": False}],
        "charges": {"a": {"item": "费", "text": "10元"}},
    }
    whole = {
        "code": 0,
        "data": {"total": 1, "list": [{"org": {"name": "某局", "code": None}, "guide": guide}, 5]},
    }
    source = tmp_path / "items.json"
    source.write_text(json.dumps(whole, ensure_ascii=False), "utf-8")
    report = run(source, NESTED, tmp_path / "items")
    assert (report.read, report.items) == (2, 1)
    assert report.rejected[0].row == 2
    item = items_of(tmp_path, tmp_path / "items")["J-0001"]
    assert [(each.name, each.necessity, each.issuer) for each in item.materials] == [
        ("表", "required", "甲所"),
        ("图", "optional", "甲所"),
    ]
    assert (item.fees[0].standard, item.legal_basis[0].article, item.type) == ("10元", "第一条", "01")
    assert any("信用代码" in each.message for each in report.warnings)


def test_rows_wider_than_the_header_lose_nothing(tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_text(
        "编码,名称,类型,部门,时限,,时限\n10001,甲乙,行政许可,某局,3个工作日,空头,再一个,多出来\n", "utf-8"
    )
    report = run(source, SIMPLE, tmp_path / "items")
    assert report.written == 1
    assert any("多 1 格" in each.message for each in report.warnings)
    assert set(report.unused) == {"第6列", "时限#2", "（表头以外）"}
    assert set(items_of(tmp_path, tmp_path / "items")["10001"].remarks) == {
        "第6列：空头",
        "时限#2：再一个",
        "（表头以外）：多出来",
    }


def test_line_breaks_inside_csv_cells_keep_row_numbers_right(tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_text(
        '编码;名称;类型;部门;时限\n10001;"甲\n乙";行政许可;某局;1个工作日\n;丙;行政许可;某局;\n', "utf-8"
    )
    report = run(source, SIMPLE, tmp_path / "items")
    assert report.written == 1
    assert [each.row for each in report.rejected] == [4]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.xlsx", b"not a zip", "XLSX"),
        ("a.json", b"{", "JSON"),
        ("a.json", b'{"a": 1}', "records"),
        ("a.xls", b"", "xlsx"),
        ("a.csv", b"", "表头"),
    ],
)
def test_files_that_cannot_be_read_at_all_are_explained_and_nothing_is_written(
    tmp_path: Path, name: str, data: bytes, words: str
) -> None:
    source = tmp_path / name
    source.write_bytes(data)
    with pytest.raises(Invalid, match=words):
        run(source, SIMPLE, tmp_path / "items")
    assert not (tmp_path / "items").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name: x\n", "department"),
        (SIMPLE.replace("  code: 编码\n", ""), "code"),
        (SIMPLE + "  visits: {form: 次数}\n", "form"),
        (SIMPLE + "  purpose: {from: 说明, extract: '('}\n", "正则"),
        (SIMPLE + "  purpose: {as: text}\n", "from"),
    ],
)
def test_a_faulty_mapping_is_explained_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    source = jsonl(tmp_path / "a.jsonl", row())
    with pytest.raises(Invalid, match="mapping.yml:[0-9]+.*" + words):
        run(source, text, tmp_path / "items")
