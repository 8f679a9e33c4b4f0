"""A case as those see it who have not asked for personal data: nothing of it leads to a person."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from handlers.case_shown import delivery, parties
from handlers.casework.views import StaffCaseView
from handlers.store.records import CasePayload, Party
from tests.handlers_fixtures import Office


def sent_to(written: str, masked: bool = True) -> str:
    case, payload = SimpleNamespace(delivery="courier"), SimpleNamespace(delivery_address=written)
    view = cast(StaffCaseView, SimpleNamespace(case=case, payload=payload))
    return dict(delivery(view, masked))["寄送到"]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("张三 13800138000 青禾县城关镇人民路20号", "张* 138****8000 青禾县城关镇人****"),
        ("古丽 · 努尔 0000-5550012转12 3号楼2单元 501室", "古****尔 0000-******2转12 3号楼2单元****"),
        ("青禾示例有限公司 +8613800138000 城关镇人民路20号", "青禾****公司 +86*******8000 城关镇人民****"),
        ("张三 青禾县城关镇人民路20号", "****"),
        ("张三", "****"),
    ],
)
def test_where_a_result_is_sent_shows_neither_recipient_nor_phone_nor_house(written: str, shown: str) -> None:
    assert sent_to(written) == shown
    assert sent_to(written, masked=False) == written


def test_persons_of_a_firm_are_masked_as_persons_and_the_firm_as_a_firm(office: Office) -> None:
    firm = Party("2", "青禾示例便民生活驿", representative="阿卜杜示例", contact="示例老友饭店")
    person = Party("1", "示例园艺场")
    payload = CasePayload(applicant=firm, agent=person, answers={}, delivery_address="", erased_at=None)
    shown = [dict(part.entries) for part in parties(payload, office.hall.site_data.codes, masked=True)]
    assert shown[0]["姓名或名称"] == ("青禾****活驿",)
    assert shown[0]["法定代表人（负责人）"] == ("阿***例",)
    assert shown[0]["联系人"] == ("示****店",)
    assert shown[1]["姓名或名称"] == ("示***场",)
