"""What is known of files and viruses, by the hash of their bytes: looked at before they are taken, again when missed."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from handlers.store.clamd import Clamd, NoAnswer
from handlers.store.moments import stamp
from handlers.store.writer import Transaction
from rules.errors import Unavailable, UnsupportedMedia
from rules.quick_dataclass import dataclass

if TYPE_CHECKING:
    from handlers.store.database import Database

log = logging.getLogger("hall")

CLEAN, WAITING, FOUND = "clean", "waiting", "found"


@dataclass(frozen=True, slots=True)
class Scanner:
    """The daemon, and whether files are taken while it does not answer."""

    clamd: Clamd
    accept_unscanned: bool = False

    def look(self, path: Path, shown: str) -> str:
        """`clean`, or `waiting` when nobody answered and the county takes files all the same.

        Raises UnsupportedMedia for a virus and Unavailable when nobody answered. File names stay out of the log:
        they name people.
        """
        try:
            virus = self.clamd.virus_in(path)
        except NoAnswer as error:
            log.warning("virus scan: %s", error)
            if self.accept_unscanned:
                return WAITING
            raise Unavailable(
                "查毒服务暂时不能用，附件没有收下；已经填写和以前上传的都还在。请过一会儿再传，急着办的请到窗口。"
            ) from error
        if virus is None:
            return CLEAN
        log.warning("virus scan: an upload was refused, %s", virus)
        raise UnsupportedMedia(
            f"“{shown}”里查出病毒，没有收下。请在自己的电脑上杀毒后，换一份干净的文件再传。"
        )


def note(tx: Transaction, sha256: str, state: str, now: datetime) -> None:
    """Keeps what was found about these bytes; nothing when no scanner is configured."""
    if state:
        tx.execute(
            "INSERT INTO attachment_scan (sha256, state, at) VALUES (?, ?, ?) "
            "ON CONFLICT (sha256) DO UPDATE SET state = excluded.state, at = excluded.at",
            (sha256, state, stamp(now)),
        )


def look_again(database: Database, now: datetime) -> int:
    """Looks at what was taken unscanned, until the daemon does not answer; returns how many hold a virus.

    These stay where they are, and nobody can fetch them any more. What is known of bytes that are gone goes too.
    """
    database.write(
        lambda tx: (
            tx.execute(
                "DELETE FROM attachment_scan WHERE sha256 NOT IN (SELECT sha256 FROM attachment)"
            ).rowcount
        )
    )
    scanner, found = database.scanner, 0
    if scanner is None:
        return 0
    for row in database.rows("SELECT sha256 FROM attachment_scan WHERE state = ? ORDER BY at", (WAITING,)):
        path = database.files / row["sha256"][:2] / row["sha256"]
        if not path.is_file():
            continue
        try:
            virus = scanner.clamd.virus_in(path)
        except NoAnswer as error:
            log.warning("virus scan: %s", error)
            break
        if virus is not None:
            found += 1
            log.error("virus scan: a file taken earlier holds %s, sha256 %s", virus, row["sha256"])
        state = CLEAN if virus is None else FOUND
        database.write(lambda tx, sha256=row["sha256"], state=state: note(tx, sha256, state, now))  # type: ignore[misc]
    return found
