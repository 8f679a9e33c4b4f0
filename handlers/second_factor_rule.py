"""Whose posts must have the second factor (`county.yml: sign_in`), and who has not enrolled it yet."""

from __future__ import annotations

import logging
import threading
from datetime import date

from catalog.root import Root
from catalog.sign_in import load_sign_in
from handlers.store.people_records import Person, Session
from rules.access import Role
from rules.errors import HallError, Unauthenticated

log = logging.getLogger("hall.sessions")

_MISSING = (0, 0, 0)


class EnrolmentOwed(Unauthenticated):
    """The password was right, but the person's post needs a second factor that is not enrolled yet."""

    slug = "second-factor-required"
    title = "请先启用动态码"

    def __init__(self) -> None:
        super().__init__("您的岗位登录必须使用动态码。请先在网页上登录，按页面上的步骤启用，再继续。")


class SecondFactorRule:
    """The roles that must have it, read again when county.yml changes: not published with the portal's data."""

    def __init__(self, root: Root) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._signature = self._on_disk()
        self._roles = load_sign_in(root).second_factor_roles

    def roles(self) -> frozenset[Role]:
        """The roles as the file has them now; while the file cannot be read, those that were read last."""
        if self._on_disk() != self._signature:
            with self._lock:
                self._read_again()
        return self._roles

    def asks(self, person: Person, today: date) -> bool:
        """Whether a post that the person holds today must have the second factor."""
        wanted = self.roles()
        return bool(wanted) and any(
            each.role in wanted and each.holds_on(today) for each in person.assignments
        )

    def owed(self, session: Session, today: date) -> bool:
        """Whether a session with the right password opens nothing but the enrolment."""
        return session.second_factor and not session.person.totp_enabled and self.asks(session.person, today)

    def _read_again(self) -> None:
        # Taken before reading: what is written meanwhile is read the next time.
        signature = self._on_disk()
        try:
            if signature == _MISSING:  # on its way to being replaced
                raise FileNotFoundError(self._root.county.name)
            self._roles = load_sign_in(self._root).second_factor_roles
        except (HallError, OSError) as error:
            log.error("sign_in in county.yml cannot be read, what was read last stays: %s", error)
        self._signature = signature

    def _on_disk(self) -> tuple[int, int, int]:
        try:
            stat = self._root.county.stat()
        except OSError:
            return _MISSING
        return (stat.st_mtime_ns, stat.st_size, stat.st_ino)
