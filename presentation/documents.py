"""Documents an office would file: numbered notices as DOCX, A4, title in a Song face, with page numbers."""

from __future__ import annotations

import io
from typing import Any

from docx import Document
from docx.document import Document as Docx
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.table import _Cell
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from presentation.dates import date_cn
from presentation.notice_document import NoticeDocument
from presentation.qr import qr_png

SONG = "宋体"
BODY_FACE = "仿宋"
LATIN = "Times New Roman"


def notice_docx(notice: NoticeDocument) -> bytes:
    """The notice as a DOCX file: number, addressee, text, table, signature with the place for the seal."""
    document = new_document(notice.title)
    if notice.drill:
        _line(
            document,
            "演练文书，不产生法律效力",
            12,
            align=WD_ALIGN_PARAGRAPH.RIGHT,
            colour=RGBColor(0xA6, 0x1B, 0x1B),
        )
    if notice.issuer:
        title_line(document, notice.issuer)
    title_line(document, notice.title)
    if notice.number:
        _line(document, notice.number, 14, align=WD_ALIGN_PARAGRAPH.CENTER, after=18)
    if notice.addressee:
        _line(document, notice.addressee + "：", 16)
    for text in notice.paragraphs:
        body_line(document, text)
    if notice.rows:
        rows_table(document, notice.rows)
    for place, text in enumerate(notice.enumerated, 1):
        body_line(document, f"{place}. {text}")
    for text in notice.closing:
        body_line(document, text)
    _signature(document, notice)
    if notice.check_url or notice.note:
        _foot(document, notice)
    return saved(document)


def new_document(title: str) -> Docx:
    """An empty A4 document with the margins of official papers and page numbers “— 1 —”."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.top_margin, section.bottom_margin = Cm(3.5), Cm(3.2)
    section.left_margin, section.right_margin = Cm(2.8), Cm(2.6)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = LATIN, Pt(16)
    normal.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), BODY_FACE)
    normal.paragraph_format.space_after = Pt(0)
    document.core_properties.title = title
    document.core_properties.author = ""
    _page_number(section.footer.paragraphs[0])
    return document


def saved(document: Docx) -> bytes:
    """The document's bytes."""
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def title_line(document: Docx, text: str, size: float = 22) -> Paragraph:
    """A centred title in a Song face; where the official title face is missing Word falls back to Song."""
    paragraph = _line(document, text, size, align=WD_ALIGN_PARAGRAPH.CENTER, face=SONG, bold=True)
    paragraph.paragraph_format.space_after = Pt(6)
    return paragraph


def body_line(document: Docx, text: str) -> Paragraph:
    """A paragraph of the text: indented by two characters, justified, 28 pt lines."""
    paragraph = _line(document, text, 16, align=WD_ALIGN_PARAGRAPH.JUSTIFY)
    paragraph.paragraph_format.first_line_indent = Pt(32)
    paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    paragraph.paragraph_format.line_spacing = Pt(28)
    return paragraph


def rows_table(document: Docx, rows: tuple[tuple[str, str], ...], label_width: float = 4.2) -> None:
    """A two-column table with labels on the left."""
    table = document.add_table(rows=0, cols=2, style="Table Grid")
    table.autofit = False
    for label, value in rows:
        cells = table.add_row().cells
        cells[0].width, cells[1].width = Cm(label_width), Cm(15.6 - label_width)
        cell_text(cells[0], label)
        cell_text(cells[1], value)
    _line(document, "", 8)


def cell_text(cell: _Cell, text: str, size: float = 12, bold: bool = False, face: str = SONG) -> None:
    """Text of a table cell, its own line breaks kept."""
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(3)
    for place, line in enumerate(text.split("\n")):
        run = paragraph.add_run(line)
        if place:
            run._r.insert(0, OxmlElement("w:br"))
        set_face(run, face, size, bold)


def set_face(run: Run, face: str, size: float, bold: bool = False) -> None:
    """Face, size and weight of a run, for Latin and Chinese characters."""
    run.font.name, run.font.size, run.font.bold = LATIN, Pt(size), bold
    run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), face)


def _line(
    document: Docx,
    text: str,
    size: float,
    *,
    align: WD_ALIGN_PARAGRAPH | None = None,
    face: str = BODY_FACE,
    bold: bool = False,
    after: float = 0,
    colour: RGBColor | None = None,
) -> Paragraph:
    paragraph = document.add_paragraph()
    if align is not None:
        paragraph.alignment = align
    paragraph.paragraph_format.space_after = Pt(after)
    run = paragraph.add_run(text)
    set_face(run, face, size, bold)
    if colour is not None:
        run.font.color.rgb = colour
    return paragraph


def _signature(document: Docx, notice: NoticeDocument) -> None:
    _line(document, "", 16)
    for text in (notice.signed_by or notice.issuer, date_cn(notice.date, weekday=False), "（盖章处）"):
        paragraph = _line(
            document, text, 16 if text != "（盖章处）" else 10.5, align=WD_ALIGN_PARAGRAPH.CENTER
        )
        paragraph.paragraph_format.left_indent = Cm(8)
        paragraph.paragraph_format.keep_with_next = text != "（盖章处）"


def _foot(document: Docx, notice: NoticeDocument) -> None:
    _line(document, "", 10)
    paragraph = document.add_paragraph()
    if notice.check_url:
        paragraph.add_run().add_picture(io.BytesIO(qr_png(notice.check_url)), width=Cm(2.4))
        set_face(paragraph.add_run("  "), SONG, 10.5)
    set_face(paragraph.add_run(notice.note), SONG, 10.5)


def _page_number(paragraph: Paragraph) -> None:
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    set_face(paragraph.add_run("— "), SONG, 14)
    run = paragraph.add_run()
    set_face(run, SONG, 14)
    for kind, text in (("begin", ""), ("instrText", "PAGE"), ("end", "")):
        element: Any = OxmlElement("w:instrText" if kind == "instrText" else "w:fldChar")
        if kind == "instrText":
            element.set(qn("xml:space"), "preserve")
            element.text = text
        else:
            element.set(qn("w:fldCharType"), kind)
        run._r.append(element)
    set_face(paragraph.add_run(" —"), SONG, 14)
