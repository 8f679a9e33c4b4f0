"""A small county for the tests of the compiler: two departments, items of several kinds, news, disclosure."""

from __future__ import annotations

import subprocess
from pathlib import Path

COUNTY = """\
name: 试县
short_name: 试
fictional: true
division_code: "990122"
hall_name: 试县网上大厅
case_prefix: TS
document_word: 试
colour: "#0b5563"
url: https://hall.example
supervision_phone: 0000-5550013
footer:
  organiser: 试县人民政府办公室
  site_code: 标识码示例
"""
UNITS = """\
- {id: county, name: 试县人民政府, kind: county}
- {id: centre, name: 试县政务服务中心, kind: centre, parent: county, address: 示例路1号, hours: 周一至周五, phone: 0000-5550012}
- {id: town-a, name: 甲镇便民服务中心, kind: town, parent: county, address: 甲镇, phone: 0000-5550201}
- {id: village-b, name: 乙村便民服务站, kind: village, parent: town-a, phone: 0000-5550211}
"""
DEPARTMENT = """\
id: {id}
name: 试县{name}局
short_name: 县{name}局
credit_code: {code}
number_word: {name}
address: 示例路2号
hours: 周一至周五 9:00–17:00
phone: 0000-5550146
supervision_phone: 0000-5550147
order: {order}
duties: [管{name}]
other_items: [别的{name}事]
"""
FULL_CODE = "11990121MB0000238C4990123001001"
FULL = f"""\
code: {FULL_CODE}
basic_code: "990123001001"
name: 食品经营许可（新办）
plain_names: [开饭店, 开小吃店]
purpose: 开饭店要先拿到这个许可。
type: "01"
department: market
undertaker: 食品股
joint_departments: [health]
legal_basis:
  - law: 中华人民共和国食品安全法
    article: 第三十五条
    text: 食品经营要有许可。
powers: 县级行使
exercise: 受理、审查、决定
applicants: ["1", "2"]
themes_personal: ["108"]
themes_business: ["202"]
life_events: [shop]
conditions: [有与经营品种相适应的场所]
materials:
  - name: 食品经营许可申请书
    forms: [electronic]
    blank_form: form
    sample: form
    standard: 填写完整
  - name: 营业执照
    exempt: true
    source: government
    issuer: 市场监管部门
  - name: 授权委托书
    necessity: conditional
    condition: 请别人代办的
    originals: 1
    forms: [original, electronic]
    blank_form: proxy.txt
statutory: {{days: 20, basis: 行政许可法第四十二条}}
promised: {{days: 7}}
special_procedures:
  - {{name: 现场核查, days: 3, basis: 行政许可法第四十五条}}
fees:
  - {{name: 证书工本费, standard: 每证10元, amount: "10", basis: 某收费文件, reducible: true, reduction: 低保户免收}}
procedure: [在网上填表, 部门审查, 发证]
steps:
  - {{id: first_review, name: 初审, role: reviewer, limit: 3}}
  - {{id: decision, name: 审批, role: decider, limit: 2}}
form:
  sections:
    - title: 经营情况
      fields:
        - {{id: shop_name, label: 店名, sample: 示例小馆}}
        - id: kind
          label: 经营方式
          type: choice
          options: [{{value: eat, label: 餐饮}}, {{value: sell, label: 销售}}]
          sample: eat
        - {{id: seats, label: 座位数, type: integer, when: {{field: kind, equals: eat}}, sample: "20"}}
        - id: staff
          label: 人员
          type: table
          columns: [{{id: name, label: 姓名, sample: 李示例}}, {{id: post, label: 岗位, sample: 厨师}}]
handling: ["1", "2"]
depth: 3
places:
  - {{name: 政务服务中心, address: 示例路1号, hours: 周一至周五, phone: 0000-5550012}}
contacts: {{enquiry: 0000-5550146, supervision: 0000-5550147}}
result: {{name: 食品经营许可证, kind: certificate, validity: 5年, delivery: [window, electronic]}}
faq:
  - {{question: 要跑几次, answer: 不用跑。}}
version: "1.2"
effective_from: 2026-01-01
popular: true
"""
IMMEDIATE_CODE = "11990121MB0000190499200100100"
IMMEDIATE = f"""\
code: {IMMEDIATE_CODE}
name: 老年优待证办理
plain_names: [老年证]
type: "20"
department: health
case_kind: "1"
promised: {{days: 0}}
applicants: ["1"]
themes_personal: ["114"]
handling: ["1"]
depth: 1
visits: {{count: 1, reason: 要本人来拍照}}
"""
HOSTILE_CODE = "HOSTILE-0001"
HOSTILE_TEXT = (
    "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> {{{{ 7*7 }}}} </title></script>@@hall:body@@"
)
HOSTILE = f"""\
code: {HOSTILE_CODE}
name: {HOSTILE_TEXT!r}
plain_names: [{HOSTILE_TEXT!r}]
purpose: {HOSTILE_TEXT!r}
type: "01"
department: market
conditions: [{HOSTILE_TEXT!r}]
procedure: [{HOSTILE_TEXT!r}]
steps: [{{id: decision, name: {HOSTILE_TEXT!r}, role: decider}}]
materials: [{{name: {HOSTILE_TEXT!r}, standard: {HOSTILE_TEXT!r}, blank_form: ../../county.yml, sample: /etc/hostname}}]
legal_basis: [{{law: {HOSTILE_TEXT!r}, text: {HOSTILE_TEXT!r}}}]
faq: [{{question: {HOSTILE_TEXT!r}, answer: {HOSTILE_TEXT!r}}}]
online_url: "javascript:alert(1)"
remarks: [{HOSTILE_TEXT!r}]
""".replace("\\'", "''")
NOTICE = """\
---
title: 元旦值班 <b>安排</b>
date: 2026-11-20
unit: market
attachments: [table.csv]
---
放假照常收件。<script>alert(3)</script> [看指南](/items/)
"""
ENTRY = """\
---
title: 机构职能
index_number: MB0000238/2026-00001
published: 2026-01-20
unit: market
attachments: [list.csv]
---
职能说明。
"""


def make_root(folder: Path) -> Path:
    """Writes the county into `folder` and gives it back."""
    write(folder / "county.yml", COUNTY)
    write(folder / "content" / "units.yml", UNITS)
    write(folder / "content" / "notices" / "2026-11-20-duty.md", NOTICE)
    write(folder / "content" / "notices" / "table.csv", "a,b\n1,2\n")
    write(folder / "content" / "disclosure" / "_folder.yml", "title: 政府信息公开\n")
    write(folder / "content" / "disclosure" / "01-org" / "_folder.yml", "title: 机构\norder: 1\n")
    write(folder / "content" / "disclosure" / "01-org" / "duties" / "_folder.yml", "title: 职能\n")
    write(folder / "content" / "disclosure" / "01-org" / "duties" / "market.md", ENTRY)
    write(folder / "content" / "disclosure" / "01-org" / "duties" / "list.csv", "x\n")
    for id_, name, code, order in (
        ("market", "市场", "11990121MB0000238C", 1),
        ("health", "卫健", "11990121MB00001904", 2),
    ):
        text = DEPARTMENT.format(id=id_, name=name, code=code, order=order)
        write(folder / "items" / id_ / "department.yml", text)
    write(folder / "items" / "market" / "food.yml", FULL)
    write(folder / "items" / "market" / "proxy.txt", "委托书\n")
    write(folder / "items" / "market" / "hostile.yml", HOSTILE)
    write(folder / "items" / "health" / "old-age.yml", IMMEDIATE)
    return folder


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def git(folder: Path, *arguments: str, when: str = "2026-03-02T09:00:00+08:00") -> None:
    """A git command with a fixed author and clock."""
    environment = {
        "PATH": "/usr/bin:/bin:/usr/local/bin",
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "王编辑",
        "GIT_AUTHOR_EMAIL": "editor@example.invalid",
        "GIT_COMMITTER_NAME": "王编辑",
        "GIT_COMMITTER_EMAIL": "editor@example.invalid",
        "GIT_AUTHOR_DATE": when,
        "GIT_COMMITTER_DATE": when,
    }
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, env=environment)


def files_of(site: Path) -> dict[str, bytes]:
    """Every file of a built site but the index, which keeps its own books."""
    return {
        path.relative_to(site).as_posix(): path.read_bytes()
        for path in sorted(site.rglob("*"))
        if path.is_file() and not path.relative_to(site).as_posix().startswith("data/index/")
    }
