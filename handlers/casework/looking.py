"""Writes down that someone looked through a list of persons, masked as they are: one row a page, no names, how many."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

from handlers.store import access_log
from handlers.store.access_log import Look
from handlers.store.database import Database
from rules.access import Assignment
from rules.errors import Unavailable
from rules.time import local_date

_log = logging.getLogger("hall.looks")


def note_list(
    database: Database,
    person: str,
    assignments: Iterable[Assignment],
    subject: str,
    what: str,
    found: int,
    now: datetime,
) -> None:
    """One look at `found` cases or letters at once; `what` is a key of WHAT_LABELS. A list that shows nobody is none,
    except for a search by name, which says something whatever it finds. A list shows nobody's data unmasked, so it
    opens even while nothing can be written (a full disk, a locked file): that is said in the server's log.
    """
    if not found and what != "search":
        return
    post = next((each for each in assignments if each.holds_on(local_date(now))), None)
    role, unit = (post.role, post.unit) if post else ("", "")
    look = Look(now, person, role, subject, "", what, unit=unit, found=found)
    try:
        database.write(lambda tx: access_log.add(tx, look))
    except Unavailable as error:
        _log.warning("a look at a list of %d could not be noted: %s", found, error.detail)
