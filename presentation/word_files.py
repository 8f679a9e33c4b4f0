"""Files for Word. python-docx, which makes them, is loaded by the first who asks for one: most who come read the page."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from presentation.notice_document import NoticeDocument

if TYPE_CHECKING:
    from catalog.codes import Codes
    from catalog.county import County
    from catalog.schema import Item
    from presentation.reports import ReportDocument

# Two threads that enter a library by different modules of it wait for each other until Python refuses one of them.
_LOADING = threading.Lock()


def notice_file(notice: NoticeDocument) -> bytes:
    """A numbered document. Raises ValueError for characters that no DOCX can hold."""
    with _LOADING:
        from presentation.documents import notice_docx
    return notice_docx(notice)


def report_file(report: ReportDocument) -> bytes:
    """A report with footnotes and tables."""
    with _LOADING:
        from presentation.report_documents import report_docx
    return report_docx(report)


def form_file(item: Item, county: County, codes: Codes, department: str, *, filled: bool) -> bytes:
    """An item's form, empty or as a filled sample."""
    with _LOADING:
        from presentation.form_documents import blank_form_docx, filled_sample_docx
    return (filled_sample_docx if filled else blank_form_docx)(item, county, codes, department)
