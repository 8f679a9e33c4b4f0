"""Colours that can be read, a frame that holds together, forms that work, documents an office would file."""

from __future__ import annotations

import io
import re
from datetime import date
from pathlib import Path

import docx
import pytest
from lxml import html

from catalog.county import County
from catalog.form_schema import Condition, FormField, Option
from presentation import page
from presentation.body_templates import templates
from presentation.colours import contrast, county_css, shades
from presentation.documents import notice_docx
from presentation.notice_document import NoticeDocument
from presentation.page import Shell, asset_stamp, assets
from presentation.qr import qr_svg
from presentation.view import FieldError, FlowStep, TimelineEntry, UploadedFile
from rules.errors import Invalid


@pytest.fixture
def county() -> County:
    return County.model_validate(
        {
            "name": "试县", "short_name": "试", "fictional": True, "division_code": "990122",
            "hall_name": "试县网上大厅 <b>", "case_prefix": "TS", "document_word": "试",
            "footer": {"organiser": "试县办<script>"},
        }
    )  # fmt: skip


def _properties(text: str) -> dict[str, str]:
    return dict(re.findall(r"(--[a-z0-9-]+):\s*(#[0-9a-f]{6})", text))


def _css() -> str:
    return (page.ASSETS / "hall.css").read_text(encoding="utf-8")


def test_text_colours_reach_seven_to_one_in_light_and_dark() -> None:
    light = _properties(_css().partition("@media")[0])
    dark = light | _properties(_css().partition("prefers-color-scheme: dark")[2].partition("\n}\n")[0])
    assert dark["--paper"] != light["--paper"]
    for found in (light, dark):
        paper = found["--paper"]
        for name in ("--ink", "--ink-soft", "--county", "--gold"):
            assert contrast(found[name], paper) >= 7, name
        for name in ("--light-normal", "--light-warning", "--light-yellow", "--light-red"):
            assert contrast(found[name], paper) >= 4.5, name
        for ground in ("--wash", "--county-wash", "--gold-wash", "--red-wash"):
            assert contrast(found["--ink"], found[ground]) >= 7, ground
            assert contrast(found["--ink-soft"], found[ground]) >= 4.5, ground
        assert contrast(found["--county"], found["--county-wash"]) >= 4.5
        assert contrast(found["--gold"], found["--gold-wash"]) >= 4.5
        assert contrast(found["--light-red"], found["--red-wash"]) >= 4.5
        assert contrast(found["--line-strong"], paper) >= 3 or contrast(found["--ink-soft"], paper) >= 4.5


@pytest.mark.parametrize("colour", ["#0b5563", "#7a0019", "#1b3a6b", "#4a2c00", "#000000"])
def test_a_countys_colour_gives_readable_shades(colour: str) -> None:
    made = shades(colour)
    assert contrast(made.colour, "#ffffff") >= 7
    assert contrast(made.dark_colour, "#14191d") >= 7
    assert contrast(made.colour, made.wash) >= 4.5
    assert "--county-solid" in county_css(colour)


def test_a_colour_below_seven_to_one_is_refused_with_its_ratio() -> None:
    with pytest.raises(Invalid, match="7:1"):
        shades("#2f8fa3")


def test_the_frame_escapes_what_it_is_given_and_marks_one_door(county: County) -> None:
    text = Shell.for_county(county).render(
        "题<script>",
        "<h1>正文</h1>",
        section="ask",
        breadcrumbs=[("甲<i>", "/a?x=1&y"), ("乙", "")],
        description='"x',
    )
    parsed = html.fromstring(text)
    assert parsed.xpath("string(//title)") == "题<script> - 试县网上大厅 <b>"
    assert len(parsed.xpath("//a[@data-door and @aria-current]")) == 1
    assert parsed.xpath("//script/@src") == [f"/assets/hall.js?v={asset_stamp(county)}"]
    assert parsed.xpath("//nav[@class='crumbs wrap']//li")[-1].text_content() == "乙"
    assert "虚构县" in parsed.text_content()


def test_a_body_that_names_the_marks_or_doors_is_left_alone(county: County) -> None:
    body = '<h1>x</h1><p>@@hall:title@@ data-door="ask"</p>'
    text = Shell.for_county(county).render("t", body, section="ask")
    assert body in text


def test_a_shell_from_a_file_renders_as_the_one_in_memory(county: County, tmp_path: Path) -> None:
    shell = Shell.for_county(county)
    file = tmp_path / "shell.html"
    file.write_text(shell.text, encoding="utf-8")
    assert Shell.load(file).render("甲", "<p>") == shell.render("甲", "<p>")
    with pytest.raises(ValueError, match="shell"):
        Shell.load("<html></html>")


def test_the_style_and_script_are_our_own_and_load_nothing(county: County) -> None:
    files = assets(county)
    assert {"hall.css", "hall.js", "icons.svg", "icon.svg", "county.css"} <= files.keys()
    for name in ("hall.css", "county.css", "hall.js"):
        text = files[name].decode()
        assert not re.search(r"https?://|@import|url\(|eval\(|innerHTML|document\.write", text), name


def _form(source: str, **values: object) -> html.HtmlElement:
    template = templates().from_string('{% import "macros/form.html" as form %}<form>' + source + "</form>")
    return html.fromstring(template.render(**values))


FIELDS = [
    FormField(id="a", label="甲", type=kind, help="说明")
    for kind in ("text", "multiline", "id_number", "credit_code", "phone", "email", "date", "money", "integer",
                 "number", "yes_no", "address", "file", "declaration")
] + [
    FormField(id="a", label="甲", type=kind, options=(Option(value="x", label="X"), Option(value="y", label="Y")))
    for kind in ("choice", "several")
]  # fmt: skip


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.type)
def test_every_field_type_has_a_name_a_label_and_its_error_beside_it(field: FormField) -> None:
    made = _form(
        "{{ form.field(f, value, {'a': '请改'}) }}", f=field, value=[] if field.type == "several" else ""
    )
    controls = made.xpath("//*[@name='a']")
    assert controls
    for control in controls:
        wrapped = control.xpath("ancestor::label | ancestor::fieldset/legend")
        labelled = made.xpath(f"//label[@for='{control.get('id')}']") if control.get("id") else []
        assert wrapped or labelled
    described = set(" ".join(made.xpath("//@aria-describedby")).split())
    assert "e-a" in described
    assert all(made.xpath(f"//*[@id='{each}']") for each in described)
    assert made.xpath("//*[@id='f-a']")


def test_a_hostile_answer_is_given_back_as_text() -> None:
    made = _form("{{ form.field(f, value) }}", f=FormField(id="a", label="甲"), value='"><script>x</script>')
    assert made.xpath("//input/@value") == ['"><script>x</script>']
    assert not made.xpath("//script")


def test_table_fields_are_named_as_the_answers_are_read() -> None:
    table = FormField(
        id="staff", label="人员", type="table", min_rows=1,
        columns=(
            FormField(id="kind", label="岗位", type="choice", options=(Option(value="c", label="厨师"), Option(value="w", label="服务"))),
            FormField(id="permit", label="健康证号", when=Condition(field="kind", equals="c")),
        ),
    )  # fmt: skip
    made = _form(
        "{{ form.field(f, rows, {'staff.1.permit': '缺'}) }}", f=table, rows=[{"kind": "c"}, {"kind": "w"}]
    )
    names = set(made.xpath("//input/@name"))
    assert names == {"staff.0.kind", "staff.0.permit", "staff.1.kind", "staff.1.permit"}
    assert made.xpath("//*[@data-when]/@data-when") == ["staff.0.kind", "staff.1.kind"]
    assert made.xpath("//button[@name='add_row']/@value") == ["staff"]
    assert made.xpath("//button[@name='remove_row']/@value") == ["staff.0", "staff.1"]
    assert "缺" in made.xpath("string(//*[@id='e-staff.1.permit'])")


def test_files_already_taken_are_listed_with_their_removal() -> None:
    made = _form(
        "{{ form.field(f, '', {}, files=files) }}",
        f=FormField(id="a", label="甲", type="file", max_files=1), files=[UploadedFile("u1", "证.pdf", 2048)],
    )  # fmt: skip
    assert made.xpath("//button[@name='remove_file']/@value") == ["u1"]
    assert not made.xpath("//input[@type='file']")


def test_the_error_list_links_to_the_fields() -> None:
    made = _form(
        "{{ form.error_summary(errors) }}", errors=[FieldError("a", "请填写"), FieldError("", "总的")]
    )
    assert made.xpath("//*[@role='alert']//a/@href") == ["#f-a"]


def test_lights_have_a_shape_and_a_word() -> None:
    parts = templates().from_string(
        '{% import "macros/parts.html" as p %}{% for n in range(4) %}{{ p.light(n) }}{% endfor %}'
    )
    text = html.fromstring(f"<p>{parts.render()}</p>").text_content()
    assert text == "●正常◆预警▲黄牌■红牌"


def test_timeline_and_flow_tell_the_step_that_runs() -> None:
    source = '{% import "macros/parts.html" as p %}{{ p.timeline(t) }}{{ p.flow(f) }}'
    made = html.fromstring(
        templates().from_string(source).render(
            t=[TimelineEntry("受理", "2026-03-01"), TimelineEntry("审查", stage="now")], f=[FlowStep("受理", stage="now")]
        )
    )  # fmt: skip
    assert len(made.xpath("//li[@aria-current='step']")) == 2
    assert "2026年3月1日" in made.text_content()


def test_a_notice_is_an_a4_document_with_number_body_and_place_for_the_seal() -> None:
    notice = NoticeDocument(
        title="受理通知书", issuer="试县市场局", number="试市监受〔2026〕1号", date=date(2026, 12, 3),
        paragraphs=("您的申请已受理。",), addressee="张示例", rows=(("办件编号", "TS1"),), enumerated=("申请书",), drill=True,
        check_url="https://hall.example/x", note="扫码核对",
    )  # fmt: skip
    made = docx.Document(io.BytesIO(notice_docx(notice)))
    text = "\n".join(paragraph.text for paragraph in made.paragraphs)
    for said in (
        "受理通知书",
        "试市监受〔2026〕1号",
        "张示例：",
        "您的申请已受理。",
        "1. 申请书",
        "2026年12月3日",
        "（盖章处）",
        "演练文书",
    ):
        assert said in text
    assert made.tables[0].rows[0].cells[1].text == "TS1"
    section = made.sections[0]
    assert (round(section.page_width.cm, 1), round(section.page_height.cm, 1)) == (21.0, 29.7)
    assert "PAGE" in section.footer.paragraphs[0]._p.xml
    assert "宋体" in made.element.xml
    paper = html.fromstring(
        templates().from_string('{% import "macros/parts.html" as p %}{{ p.paper(n) }}').render(n=notice)
    )  # fmt: skip
    for said in ("受理通知书", "试市监受〔2026〕1号", "（盖章处）"):
        assert said in paper.text_content()


def test_qr_codes_are_inline_drawings_without_style() -> None:
    drawn = str(qr_svg("https://hall.example/items/1/", '标"签'))
    assert drawn.startswith("<svg")
    assert "style" not in drawn
    assert "标&#34;签" in drawn


def test_every_icon_that_is_asked_for_exists() -> None:
    known = set(re.findall(r'<symbol id="([a-z]+)"', (page.ASSETS / "icons.svg").read_text(encoding="utf-8")))
    asked: set[str] = set()
    for folder in ("presentation", "site_builder", "handlers"):
        for path in (Path(__file__).parents[1] / folder).rglob("*.html"):
            text = path.read_text(encoding="utf-8")
            asked |= set(re.findall(r'icon\("([a-z]+)"', text)) | set(
                re.findall(r"icons\.svg#([a-z]+)\"", text)
            )
    assert asked - known == set()


def test_a_class_of_its_own_is_styled_in_one_place() -> None:
    # Two rooms once named different lists `.life`; the later block bent the earlier one's grid.
    text = re.sub(r"/\*.*?\*/", "", (page.ASSETS / "hall.css").read_text(encoding="utf-8"), flags=re.S)
    plain = re.sub(r"@[a-z-]+[^{;]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", text)
    selectors = [each.strip() for each in re.findall(r"([^{}]+)\{[^{}]*\}", plain)]
    own = [each for each in selectors if re.fullmatch(r"\.[\w-]+", each)]
    assert sorted({each for each in own if own.count(each) > 1}) == []
