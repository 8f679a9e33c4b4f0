"""Tables as XLSX and CSV: numbers stay numbers, and no text is taken for a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from catalog.exporting import neutral
from rules.quick_dataclass import dataclass

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

Cell = str | int | float | None
_ILLEGAL = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]")
_LONGEST = 32_767


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: `lead` are lines above the heads, `formats` one number format per column (empty: general)."""

    name: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    lead: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()


def xlsx(sheets: Sequence[Sheet]) -> bytes:
    """A workbook; heads stand fast when one scrolls."""
    # Loaded only when a workbook is made: it takes longer than all of an edited item's pages.
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    for each in sheets:
        _fill(cast("Worksheet", book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", each.name)[:31])), each)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def csv_bytes(sheet: Sheet) -> bytes:
    """Heads and rows with the mark that makes spreadsheet programs see UTF-8; lines end as RFC 4180 says."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([_safe(each) for each in sheet.heads])
    writer.writerows([["" if cell is None else _safe(cell) for cell in row] for row in sheet.rows])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _fill(page: Worksheet, sheet: Sheet) -> None:
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    for text in sheet.lead:
        page.append([_safe(text)])
    page.append([_safe(each) for each in sheet.heads])
    head = page.max_row
    for title in page[head]:
        title.font = Font(bold=True)
        title.alignment = Alignment(wrap_text=True, vertical="top")
    for row in sheet.rows:
        page.append([_safe(each) for each in row])
    for column, form in enumerate(sheet.formats, 1):
        if form:
            for (filled,) in page.iter_rows(min_row=head + 1, min_col=column, max_col=column):
                filled.number_format = form
    for column in range(1, len(sheet.heads) + 1):
        texts = [sheet.heads[column - 1], *(str(row[column - 1] or "") for row in sheet.rows[:200])]
        width = max(sum(2 if ord(char) > 255 else 1 for char in each) for each in texts)
        page.column_dimensions[get_column_letter(column)].width = min(max(width + 2, 8), 60)
    page.freeze_panes = f"B{head + 1}"


def _safe(value: Cell) -> Cell:
    return neutral(_ILLEGAL.sub("", value))[:_LONGEST] if isinstance(value, str) else value
