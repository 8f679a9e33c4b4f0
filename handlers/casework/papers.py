"""Who may open which document or attachment, and the note that they did."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from handlers.casework.authority import Standing, prove_applicant
from handlers.casework.ground import Ground
from handlers.casework.viewing import look, staff_case
from handlers.store import attachments, cases, notices
from handlers.store.database import Database
from handlers.store.records import Attachment, Case, Notice
from rules.errors import NotFound

# Said alike of what does not exist and of what lies out of reach.
_UNKNOWN = "没有找到这份文书，或者它不在您的管辖范围内。"
_NO_FILE = "没有找到这个附件，或者它不在您的管辖范围内。"


def notice_for_applicant(database: Database, notice_id: int, number: str, query_code: str) -> Notice:
    """A document of the applicant's own case."""
    case = prove_applicant(database, database.vault, number, query_code)
    notice = notices.by_id(database, notice_id)
    if notice is None or (notice.subject, notice.subject_id) != ("case", case.id):
        raise NotFound("没有找到这份文书。")
    return notice


def notice_for_staff(
    database: Database, ground: Ground, notice_id: int, person: str, now: datetime, request: str
) -> Notice:
    """A document of a case within scope; the look is logged."""
    notice = notices.by_id(database, notice_id)
    case = None if notice is None else cases.by_id(database, notice.subject_id)
    if notice is None or case is None or notice.subject != "case":
        raise NotFound(_UNKNOWN)
    standing = _standing(database, ground, case, person, now, _UNKNOWN)
    look(database, standing, case.number, "notice", now, request)
    return notice


def attachment_for_staff(
    database: Database, ground: Ground, attachment_id: str, person: str, now: datetime, request: str
) -> tuple[Attachment, Path]:
    """An attachment of a case within scope and where its bytes lie; the look is logged."""
    attachment = attachments.by_id(database, attachment_id)
    case = None
    if attachment is not None and attachment.case_id is not None:
        case = cases.by_id(database, attachment.case_id)
    if attachment is None or case is None:
        raise NotFound(_NO_FILE)
    standing = _standing(database, ground, case, person, now, _NO_FILE)
    look(database, standing, case.number, "attachment", now, request)
    return attachment, attachments.path_of(database, attachment)


def _standing(
    database: Database, ground: Ground, case: Case, person: str, now: datetime, unknown: str
) -> Standing:
    """In what capacity a person reaches a case. Raises NotFound in the words for what does not exist."""
    try:
        _, found = staff_case(database, ground, case.number, person, now)
    except NotFound as error:
        raise NotFound(unknown) from error
    return found[0]


def attachment_for_applicant(
    database: Database, attachment_id: str, number: str, query_code: str
) -> tuple[Attachment, Path]:
    """An attachment of the applicant's own case."""
    case = prove_applicant(database, database.vault, number, query_code)
    attachment = attachments.by_id(database, attachment_id)
    if attachment is None or attachment.case_id != case.id:
        raise NotFound("没有找到这个附件。")
    return attachment, attachments.path_of(database, attachment)
