"""An item's blank form and filled sample as DOCX. Apart from form_sheets because python-docx is slow to load."""

from __future__ import annotations

from docx.document import Document as Docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Cm, Pt, RGBColor

from catalog.codes import Codes
from catalog.county import County
from catalog.schema import Item
from presentation.documents import SONG, cell_text, new_document, saved, set_face, title_line
from presentation.form_sheets import FormSheet, SheetSection, SheetTable, form_sheet


def form_docx(sheet: FormSheet) -> bytes:
    """The paper form as DOCX: A4, a title in a Song face, one table a section, place for signature and date."""
    document = new_document(sheet.title)
    section = document.sections[0]
    section.top_margin = section.bottom_margin = Cm(2.4)
    section.left_margin = section.right_margin = Cm(2.2)
    if sheet.filled:
        paragraph = document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        run = paragraph.add_run("填写样例 · 内容虚构，请按实际填写")
        set_face(run, SONG, 10.5, bold=True)
        run.font.color.rgb = RGBColor(0xA6, 0x1B, 0x1B)
    title_line(document, sheet.title, 20)
    head = document.add_paragraph()
    head.paragraph_format.space_after = Pt(6)
    set_face(head.add_run(f"事项：{sheet.item_name}    受理：{sheet.department}"), SONG, 10.5)
    for part in sheet.sections:
        _section_table(document, part)
    sign = document.add_paragraph()
    sign.paragraph_format.space_before = Pt(18)
    signer = "张示例" if sheet.filled else "____________"
    day = "2026年1月5日" if sheet.filled else "______年____月____日"
    set_face(sign.add_run(f"申请人（签名或盖章）：{signer}        日期：{day}"), SONG, 12)
    return saved(document)


def _section_table(document: Docx, part: SheetSection) -> None:
    table = document.add_table(rows=1, cols=2, style="Table Grid")
    table.autofit = False
    head = table.rows[0].cells[0].merge(table.rows[0].cells[1])
    cell_text(head, part.title, 12, bold=True)
    for line in part.lines:
        if isinstance(line, SheetTable):
            cell = table.add_row().cells
            merged = cell[0].merge(cell[1])
            cell_text(merged, line.label, 11)
            inner = merged.add_table(rows=1, cols=len(line.heads))
            inner.style = "Table Grid"
            for place, name in enumerate(line.heads):
                cell_text(inner.rows[0].cells[place], name, 10.5)
            for row in line.rows:
                cells = inner.add_row().cells
                for place, value in enumerate(row):
                    cell_text(cells[place], value, 10.5)
            merged.add_paragraph()
            continue
        row = table.add_row()
        row.height = Cm(2.4 if line.tall else 0.95)
        row.cells[0].width, row.cells[1].width = Cm(4.6), Cm(12.0)
        cell_text(row.cells[0], line.label + (f"\n({line.note})" if line.note else ""), 11)
        cell_text(row.cells[1], line.value, 11)
    for note in part.notes:
        cells = table.add_row().cells
        cell_text(cells[0].merge(cells[1]), note, 10.5)
    document.add_paragraph().paragraph_format.line_spacing = Pt(8)


def blank_form_docx(item: Item, county: County, codes: Codes, department: str) -> bytes:
    """`/hall/forms/<code>/blank.docx`."""
    return form_docx(form_sheet(item, county, codes, department, filled=False))


def filled_sample_docx(item: Item, county: County, codes: Codes, department: str) -> bytes:
    """`/hall/forms/<code>/sample.docx`."""
    return form_docx(form_sheet(item, county, codes, department, filled=True))
