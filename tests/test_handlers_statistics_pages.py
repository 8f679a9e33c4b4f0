"""Statistics on pages: who gets in, what is shown, what is taken away and whether a spreadsheet could be tricked."""

from __future__ import annotations

import csv
import html
import io
import re
import zipfile
from datetime import date
from typing import Any

import openpyxl
import pytest
from docx import Document

from handlers.statistics.exporting import as_csv, as_xlsx
from handlers.statistics.tables import Figure, Line, Table
from presentation.report_documents import report_docx
from presentation.reports import Head, ReportDocument, ReportSection, ReportTable
from presentation.spreadsheets import Sheet, csv_bytes, xlsx
from rules.statistics import window
from tests.handlers_fixtures import Office
from tests.staff_fixtures import do, fields_of, filed, staffed

__all__ = ["staffed"]
PAGE = "/hall/statistics"


@pytest.fixture
def supervisor(staffed: Office) -> Any:
    return staffed.signed_in("market-supervisor")


@pytest.fixture
def county(staffed: Office) -> Any:
    return staffed.signed_in("supervisor")


def test_the_page_shows_figures_charts_tables_and_definitions(staffed: Office, supervisor: Any) -> None:
    filed(staffed)
    filed(staffed, key="k2", drill=True)
    page = supervisor.get(PAGE).text
    assert "按部门统计" in page
    assert 'data-chart="' in page
    assert "时间段内提交（窗口收到）的办件数，演练件不算。" in page
    table = supervisor.get("/api/v1/statistics?measures=filed&group=").json()
    assert table["total"]["figures"][0]["value"] == 1
    assert table["measures"][0]["how"].endswith("。")


def test_without_a_post_that_reads_figures_nobody_gets_in(staffed: Office) -> None:
    client = staffed.browser()
    for address in (PAGE, f"{PAGE}/table.csv", f"{PAGE}/cases?measure=filed", f"{PAGE}/quarterly"):
        assert client.get(address, follow_redirects=False).status_code in (303, 401, 403)
    client = staffed.signed_in("publisher")
    for address in (PAGE, f"{PAGE}/table.csv", "/api/v1/statistics", f"{PAGE}/quarterly"):
        assert client.get(address).status_code == 403


def test_a_department_cannot_read_another_or_the_countys_report(staffed: Office, supervisor: Any) -> None:
    assert supervisor.get(f"{PAGE}?department=police").status_code == 403
    assert supervisor.get(f"{PAGE}/quarterly").status_code == 403
    assert supervisor.get(f"{PAGE}/table.xlsx?department=police").status_code == 403
    shown = supervisor.get(f"{PAGE}?group=department").text
    assert "police" not in shown


def test_an_impossible_question_says_what_would_be_possible(supervisor: Any) -> None:
    answer = supervisor.get(f"{PAGE}?measures=consultations&group=channel")
    assert answer.status_code == 422
    assert "可以按：部门、日、月、季、星期" in answer.text
    api = supervisor.get("/api/v1/statistics?measures=consultations&group=channel")
    assert api.status_code == 422
    assert "可以按" in api.json()["detail"]
    for hostile in ("group='--", "measures=<script>", "period=../..", "theme=%00", "item=' OR 1=1"):
        assert supervisor.get(f"{PAGE}?{hostile}").status_code in (200, 422)


def test_a_figure_opens_into_its_cases(staffed: Office, supervisor: Any) -> None:
    case = filed(staffed)
    page = supervisor.get(f"{PAGE}?measures=filed&group=department").text
    (address,) = {
        part.split('"')[0].replace("&amp;", "&")
        for part in page.split('href="')[1:]
        if part.startswith(f"{PAGE}/cases") and "department=market" in part.split('"')[0]
    }
    assert case.number in supervisor.get(address).text


def test_a_report_is_saved_opened_and_removed(staffed: Office, supervisor: Any) -> None:
    page = supervisor.get(f"{PAGE}?measures=filed,closed&group=channel").text
    fields = fields_of(page, f"{PAGE}/saved") | {"name": ["渠道<b>"], "share": ["1"]}
    assert supervisor.post(f"{PAGE}/saved", data=fields, follow_redirects=False).status_code == 303
    page = supervisor.get(PAGE).text
    assert "渠道&lt;b&gt;" in page
    nameless = fields | {"name": [" "]}
    assert "名字要有" in supervisor.post(f"{PAGE}/saved", data=nameless).text
    forged = {key: value for key, value in fields.items() if key != "csrf"}
    assert supervisor.post(f"{PAGE}/saved", data=forged).status_code == 403
    remove = page.split('action="/hall/statistics/saved/')[1].split('"')[0]
    fields = fields_of(page, f"{PAGE}/saved/{remove}")
    supervisor.post(f"{PAGE}/saved/{remove}", data=fields)
    assert "渠道&lt;b&gt;" not in supervisor.get(PAGE).text


def test_a_table_without_groups_is_taken_away_kept_and_opened_without_groups(
    staffed: Office, supervisor: Any
) -> None:
    filed(staffed)
    page = supervisor.get(f"{PAGE}?measures=filed&group=&form=1")
    links = [html.unescape(each) for each in re.findall(r'href="([^"]+)"', page.text)]
    [sheet] = [each for each in links if "/table.csv?" in each]
    assert "按部门" not in supervisor.get(sheet).text
    [api] = [each for each in links if each.startswith("/api/v1/statistics?")]
    taken = supervisor.get(api).json()
    assert (taken["group"], taken["lines"]) == ("", [])
    fields = fields_of(page.text, f"{PAGE}/saved") | {"name": ["只要合计"]}
    kept = supervisor.post(f"{PAGE}/saved", data=fields, follow_redirects=False)
    assert kept.status_code == 303
    opened = supervisor.get(kept.headers["location"]).text
    assert "按部门统计" not in opened
    [again] = re.findall(r'href="([^"]+)">只要合计', opened)
    assert "按部门统计" not in supervisor.get(html.unescape(again)).text


def test_downloads_hold_real_numbers_and_their_definitions(staffed: Office, supervisor: Any) -> None:
    filed(staffed)
    answer = supervisor.get(f"{PAGE}/table.xlsx?measures=filed,on_time_rate&group=department")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    rows = list(book["统计"].values)
    assert rows[0][:2] == ("部门", "收件（件）")
    assert rows[-1][:2] == ("合计", 1)
    assert isinstance(rows[-1][1], int)
    notes = [row for row in book["指标说明"].values if row[0] == "收件"]
    assert notes[0][2].startswith("时间段内提交")
    text = supervisor.get(f"{PAGE}/table.csv?measures=filed&group=department").content
    assert text.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))
    assert lines[-1][:2] == ["合计", "1"]
    assert supervisor.get(f"{PAGE}/table.pdf").status_code == 404


def test_no_name_becomes_a_formula_in_a_spreadsheet(staffed: Office) -> None:
    statistics = staffed.hall.statistics
    measure = statistics.definitions().measures["filed"]
    hostile = ('=HYPERLINK("x")', "+1", "-1", "@SUM(A1)", "\t=1")
    table = Table(
        statistics.asked({"measures": "filed"}), staffed.clock(), window("", staffed.clock().date()), None, None,
        (measure,), {}, "部门", tuple(Line(each, each, (Figure(-3, 3),)) for each in hostile),
        Line("", "合计", (Figure(-3, 3),)), (),
    )  # fmt: skip
    book = openpyxl.load_workbook(io.BytesIO(as_xlsx(table)))
    for row in list(book["统计"].iter_rows(min_row=2)):
        assert row[0].data_type == "s"
        assert not str(row[0].value).startswith(("=", "+", "-", "@", "\t"))
        assert row[1].value == -3
    for line in list(csv.reader(io.StringIO(as_csv(table).decode("utf-8-sig"))))[1:]:
        assert not line[0].startswith(("=", "+", "-", "@", "\t"))
    kept = csv_bytes(Sheet("x", ("=a",), (("\x01好",),))).decode("utf-8-sig")
    assert kept == "'=a\r\n好\r\n"
    assert openpyxl.load_workbook(
        io.BytesIO(xlsx([Sheet("a/b:c", ("h",), ((None,), (1.5,)))]))
    ).sheetnames == ["a b c"]


def test_the_quarterly_report_is_written_sent_and_guarded_against_two_writers(
    staffed: Office, county: Any
) -> None:
    case = filed(staffed)
    window_clerk = staffed.signed_in("window")
    do(window_clerk, case.number, "pre_review", opinion="齐全")
    page = county.get(f"{PAGE}/quarterly")
    assert page.status_code == 200
    assert "（盖章处）" in page.text
    assert case.number not in page.text
    fields = fields_of(page.text, f"{PAGE}/quarterly/text") | {
        "preface": ["本季情况如下。<b>"],
        "conclusions": ["请整改。"],
    }
    assert county.post(f"{PAGE}/quarterly/text", data=fields, follow_redirects=False).status_code == 303
    # The same page sent again was written over an older version.
    assert county.post(f"{PAGE}/quarterly/text", data=fields).status_code == 409
    assert "本季情况如下。&lt;b&gt;" in county.get(f"{PAGE}/quarterly").text
    empty = fields_of(county.get(f"{PAGE}/quarterly").text, f"{PAGE}/quarterly/text") | {"number": [" "]}
    assert county.post(f"{PAGE}/quarterly/text", data=empty).status_code == 422
    document = Document(io.BytesIO(county.get(f"{PAGE}/quarterly/report.docx").content))
    words = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert "本季情况如下。<b>" in words
    assert "一、总体情况" in words
    assert "（盖章处）" in words
    assert case.number not in words
    assert county.get(f"{PAGE}/quarterly?period=2026-01").status_code == 422


def test_footnotes_are_real_footnotes() -> None:
    table = ReportTable(
        "表",
        (Head("部门", numeric=False), Head("收件", "收件：怎么数。"), Head("办结", "办结：怎么数。")),
        (("甲", "1", "2"),),
        ("合计", "1", "2"),
    )
    report = ReportDocument(
        "通报",
        "某室",
        "一号",
        date(2026, 2, 1),
        "各部门",
        (ReportSection("甲", ("文",), (table,)), ReportSection("乙", (), (table,))),
    )
    data = report_docx(report)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        notes = archive.read("word/footnotes.xml").decode()
        body = archive.read("word/document.xml").decode()
        types = archive.read("[Content_Types].xml").decode()
    assert notes.count("收件：怎么数。") == 1
    assert body.count("<w:footnoteReference") == 4
    assert "footnotes+xml" in types
    Document(io.BytesIO(data))
