"""The channels a county has, made from its settings and secrets; those that are not ready say what is missing."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from catalog.delivery import DeliverySettings
from catalog.delivery_reading import secrets_path
from catalog.root import Root
from handlers.delivering.channels import Accepted, Channel, Outgoing, masked
from handlers.delivering.credentials import Credentials
from handlers.delivering.email_channel import EmailChannel
from handlers.delivering.recipients import NOT_SET_UP, ROBOT
from rules.errors import HallError, Unavailable

TRIAL_FOLDER = "outgoing"


class TrialChannel:
    """Writes what would be sent into a folder beside the database: for counties that try it out, and for the demo."""

    per_minute = 0

    def __init__(self, channel: str, folder: Path, now: Callable[[], datetime]) -> None:
        self._channel = channel
        self._folder = folder
        self._now = now
        self._lock = threading.Lock()

    def send(self, outgoing: Outgoing) -> Accepted:
        """One line of JSON a message; the address masked, so that the file is no list of phone numbers."""
        now = self._now()
        line = {
            "at": now.isoformat(timespec="seconds"),
            "channel": self._channel,
            "to": masked(outgoing.to),
            "subject": outgoing.subject,
            "text": outgoing.text,
            "key": outgoing.key,
        }
        with self._lock:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / f"{now.date().isoformat()}.jsonl"
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(handle, "a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
        return Accepted("trial")

    def close(self) -> None:
        """Nothing is kept open."""


class Outlets:
    """Channels by name (`sms`, `email`, `robot:<id>`), each made when it is first needed."""

    def __init__(
        self,
        root: Root,
        settings: DeliverySettings,
        trial_folder: Path,
        now: Callable[[], datetime],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.settings = settings
        self._trial_folder = trial_folder
        self._now = now
        self._root = root
        self._environment = os.environ if environment is None else environment
        self._made: dict[str, Channel] = {}
        self._credentials: Credentials | None = None

    def credentials(self) -> Credentials:
        """The secrets, read once. Raises Unavailable when their file cannot be read or others can read it too."""
        if self._credentials is None:
            self._credentials = Credentials(self._environment, secrets_path(self._root, self.settings))
        return self._credentials

    def get(self, channel: str, recipient: str = "") -> Channel:
        """The channel for a delivery. Raises Unavailable when it is not set up or a secret is missing."""
        name = rest_name(channel, recipient)
        if name not in self._made:
            self._made[name] = self._make(channel, recipient)
        return self._made[name]

    def not_ready(self) -> tuple[str, ...]:
        """What keeps channels from sending, in words for the administrator."""
        if self.settings.mode != "live":
            return ()
        try:
            missing = self.credentials().missing(self.settings.secrets())
        except HallError as error:
            return (error.detail,)
        return tuple(f"没有设置密钥 {name}" for name in missing)

    def close(self) -> None:
        """Lets all connections go."""
        for each in self._made.values():
            each.close()
        self._made.clear()

    def _make(self, channel: str, recipient: str) -> Channel:
        settings = self.settings
        if settings.mode == "trial":
            return TrialChannel(channel, self._trial_folder, self._now)
        if channel == "sms" and settings.sms is not None:
            # The HTTP client takes as long to load as the whole web framework; many counties never need it.
            from handlers.delivering.sms_channel import SmsChannel

            return SmsChannel(settings, settings.sms, self.credentials(), self._now)
        if channel == "email" and settings.email is not None:
            return EmailChannel(settings, settings.email, self.credentials(), self._now)
        for robot in settings.robots:
            if robot.kind == channel and f"{ROBOT}{robot.id}" == recipient:
                from handlers.delivering.robot_channels import RobotChannel

                return RobotChannel(settings, robot, self.credentials(), self._now)
        raise Unavailable(NOT_SET_UP.format(channel=channel))


def rest_name(channel: str, recipient: str) -> str:
    """What rests when it fails: a robot by itself, SMS and e-mail as a whole."""
    return recipient if recipient.startswith(ROBOT) else channel
