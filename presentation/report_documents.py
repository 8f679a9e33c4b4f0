"""Reports as DOCX. Apart from what they say, for the library of documents is slow to load and seldom needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

from docx.document import Document as Docx
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.table import Table
from docx.text.paragraph import Paragraph

from presentation.dates import date_cn
from presentation.documents import (
    BODY_FACE,
    SONG,
    body_line,
    cell_text,
    new_document,
    saved,
    set_face,
    title_line,
)
from presentation.reports import Notes, ReportDocument, ReportTable, chinese_number

HEADING_FACE = "黑体"
_FOOTNOTES = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def report_docx(report: ReportDocument) -> bytes:
    """The report as a DOCX with real footnotes, repeated table heads, page numbers and the place for the seal."""
    document, notes = new_document(report.title), Notes()
    if report.draft:
        _plain(document, report.draft, 12, WD_ALIGN_PARAGRAPH.RIGHT)
    title_line(document, report.issuer)
    title_line(document, report.title)
    _plain(document, report.number, 14, WD_ALIGN_PARAGRAPH.CENTER).paragraph_format.space_after = Pt(18)
    _plain(document, report.addressee + "：", 16)
    for text in report.preface:
        body_line(document, text)
    for place, section in enumerate(report.sections):
        _heading(document, f"{chinese_number(place + 1)}、{section.title}")
        for text in section.paragraphs:
            body_line(document, text)
        for table in section.tables:
            _table(document, table, notes)
    for text in report.closing:
        body_line(document, text)
    _signature(document, report)
    _write_footnotes(document, notes.texts)
    return saved(document)


def _plain(document: Docx, text: str, size: float, align: WD_ALIGN_PARAGRAPH | None = None) -> Paragraph:
    paragraph = document.add_paragraph()
    if align is not None:
        paragraph.alignment = align
    set_face(paragraph.add_run(text), BODY_FACE, size)
    return paragraph


def _heading(document: Docx, text: str) -> None:
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.first_line_indent = Pt(32)
    paragraph.paragraph_format.space_before = Pt(8)
    paragraph.paragraph_format.keep_with_next = True
    set_face(paragraph.add_run(text), HEADING_FACE, 16)


def _table(document: Docx, table: ReportTable, notes: Notes) -> None:
    caption = _plain(document, table.title, 12, WD_ALIGN_PARAGRAPH.CENTER)
    caption.paragraph_format.space_before, caption.paragraph_format.space_after = Pt(8), Pt(4)
    caption.paragraph_format.keep_with_next = True
    made = document.add_table(rows=1, cols=len(table.heads), style="Table Grid")
    made.alignment, made.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    widths = _widths(table)
    for cell, head in zip(made.rows[0].cells, table.heads, strict=True):
        cell_text(cell, head.text, 10.5, bold=True)
        cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
        if head.note:
            _reference(cell.paragraphs[0], notes.number(head.note))
    _repeat(made)
    for row in (*table.rows, *((table.total,) if table.total else ())):
        cells = made.add_row().cells
        for cell, head, text in zip(cells, table.heads, row, strict=True):
            cell_text(cell, text, 10.5, bold=row is table.total)
            if head.numeric:
                cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for each in made.rows:
        _unbroken(each)
        for cell, width in zip(each.cells, widths, strict=True):
            cell.width = Cm(width)
    note = _plain(document, table.note, 10.5)
    note.paragraph_format.space_after = Pt(8)


def _widths(table: ReportTable) -> list[float]:
    """Columns share 15.6 cm by their longest text."""

    def longest(place: int) -> int:
        texts = [table.heads[place].text, *(row[place] for row in table.rows)]
        return min(max(len(each) for each in texts) + 2, 16)

    weights = [longest(place) for place in range(len(table.heads))]
    return [15.6 * each / sum(weights) for each in weights]


def _repeat(table: Table) -> None:
    properties = table.rows[0]._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:tblHeader"))


def _unbroken(row: Any) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _signature(document: Docx, report: ReportDocument) -> None:
    _plain(document, "", 16)
    lines = ((report.issuer, 16.0), (date_cn(report.date, weekday=False), 16.0), ("（盖章处）", 10.5))
    for text, size in lines:
        paragraph = _plain(document, text, size, WD_ALIGN_PARAGRAPH.CENTER)
        paragraph.paragraph_format.left_indent = Cm(8)
        paragraph.paragraph_format.keep_with_next = text != lines[-1][0]


def _reference(paragraph: Paragraph, number: int) -> None:
    run = paragraph.add_run()
    run.font.superscript = True
    reference: Any = OxmlElement("w:footnoteReference")
    # Word keeps 0 and 1 for the two separators.
    reference.set(qn("w:id"), str(number + 1))
    run._r.append(reference)


def _write_footnotes(document: Docx, texts: Sequence[str]) -> None:
    """python-docx knows no footnotes: their part is written here, the two separators Word expects included."""
    if not texts:
        return
    ElementTree.register_namespace("w", _W)
    root = ElementTree.Element(f"{{{_W}}}footnotes")
    for number, (kind, mark) in enumerate((("separator", "separator"), ("continuationSeparator",) * 2)):
        note = _sub(root, "footnote", type=kind, id=str(number))
        _sub(_sub(_sub(note, "p"), "r"), mark)
    for number, text in enumerate(texts, 2):
        note = _sub(root, "footnote", id=str(number))
        paragraph = _sub(note, "p")
        mark = _sub(paragraph, "r")
        _sub(_sub(mark, "rPr"), "vertAlign", val="superscript")
        _sub(mark, "footnoteRef")
        run = _sub(paragraph, "r")
        properties = _sub(run, "rPr")
        _sub(properties, "rFonts", eastAsia=SONG)
        _sub(properties, "sz", val="18")
        words = _sub(run, "t")
        words.text = f" {text}"
        words.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    blob = ElementTree.tostring(root, "UTF-8", xml_declaration=True)
    part = Part(PackURI("/word/footnotes.xml"), _FOOTNOTES, blob, document.part.package)
    document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)


def _sub(parent: Any, name: str, **attributes: str) -> Any:
    child = ElementTree.SubElement(parent, f"{{{_W}}}{name}")
    for key, value in attributes.items():
        child.set(f"{{{_W}}}{key}", value)
    return child
