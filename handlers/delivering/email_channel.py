"""E-mail by SMTP: encrypted as the settings say and never less, connections kept, refusals told apart."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
import threading
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, formataddr

from catalog.delivery import DeliverySettings, EmailSettings
from handlers.delivering.channels import Accepted, Outgoing, SendingFault, harmless
from handlers.delivering.credentials import Credentials

# Servers close a connection after so many messages or so; ours is closed before that.
_MOST_ON_ONE_CONNECTION = 100


class EmailChannel:
    """One SMTP server. Idle connections wait in a list; each sending thread takes one or opens another."""

    def __init__(
        self,
        settings: DeliverySettings,
        email: EmailSettings,
        credentials: Credentials,
        now: Callable[[], datetime],
    ) -> None:
        self.per_minute = email.per_minute
        self._email = email
        self._now = now
        self._password = credentials.fill(email.password)
        self._context = ssl.create_default_context(cafile=settings.ca_file or None)
        self._idle: list[tuple[smtplib.SMTP, int]] = []
        self._lock = threading.Lock()

    def send(self, outgoing: Outgoing) -> Accepted:
        """One message to one address; a connection the server has closed meanwhile is opened anew, once."""
        message = self._message(outgoing)
        server, used = self._taken()
        try:
            server.send_message(message, self._email.sender, [outgoing.to])
        except smtplib.SMTPRecipientsRefused as error:
            self._given_back(server, used + 1)
            code, text = next(iter(error.recipients.values()))
            raise _refused(code, text) from None
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            self._given_back(server, used + 1)
            raise _refused(error.smtp_code, error.smtp_error) from None
        except (smtplib.SMTPServerDisconnected, smtplib.SMTPResponseException) as error:
            server.close()
            raise SendingFault(f"邮件服务器断开：{type(error).__name__}", again=True, unclear=True) from None
        except (smtplib.SMTPNotSupportedError, ValueError) as error:
            _leave(server)
            raise SendingFault(f"这封邮件发不了：{type(error).__name__}", again=False) from None
        except (OSError, smtplib.SMTPException) as error:
            server.close()
            raise SendingFault(
                f"邮件服务器没有回答：{type(error).__name__}", again=True, whole_channel=True, unclear=True
            ) from None
        self._given_back(server, used + 1)
        return Accepted()

    def close(self) -> None:
        """Lets connections go."""
        with self._lock:
            idle, self._idle = self._idle, []
        for server, _ in idle:
            _leave(server)

    def _message(self, outgoing: Outgoing) -> EmailMessage:
        message = EmailMessage(policy=SMTP_POLICY)
        # One line: nothing in a subject can begin another header.
        message["Subject"] = " ".join(outgoing.subject.split())[:200]
        message["From"] = formataddr((self._email.sender_name, self._email.sender))
        message["To"] = outgoing.to
        message["Date"] = format_datetime(self._now())
        message["Message-ID"] = f"<{outgoing.key}@{self._email.sender.partition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(outgoing.text, charset="utf-8", cte="base64")
        return message

    def _taken(self) -> tuple[smtplib.SMTP, int]:
        """An idle connection that still answers, or a new one: asked before anything is handed over."""
        while True:
            with self._lock:
                if not self._idle:
                    break
                server, used = self._idle.pop()
            try:
                server.noop()
            except (smtplib.SMTPException, OSError):
                server.close()
            else:
                return server, used
        return self._opened(), 0

    def _given_back(self, server: smtplib.SMTP, used: int) -> None:
        if server.sock is None or used >= _MOST_ON_ONE_CONNECTION:
            _leave(server)
            return
        with self._lock:
            self._idle.append((server, used))

    def _opened(self) -> smtplib.SMTP:
        email = self._email
        server: smtplib.SMTP | None = None
        try:
            if email.security == "tls":
                server = smtplib.SMTP_SSL(
                    email.host, email.port, timeout=email.timeout_seconds, context=self._context
                )
            else:
                server = smtplib.SMTP(email.host, email.port, timeout=email.timeout_seconds)
            if email.security == "starttls":
                server.starttls(context=self._context)
            if email.user:
                server.login(email.user, self._password)
        except smtplib.SMTPAuthenticationError as error:
            _leave(server)
            raise SendingFault(
                f"邮件服务器不认用户名或密码（{error.smtp_code}）", again=True, whole_channel=True
            ) from None
        except (smtplib.SMTPNotSupportedError, ssl.SSLError) as error:
            _leave(server)
            raise SendingFault(
                f"不能按设置加密连接邮件服务器（{type(error).__name__}），没有发送",
                again=True,
                whole_channel=True,
            ) from None
        except (OSError, smtplib.SMTPException) as error:
            if server is not None:
                server.close()
            raise SendingFault(
                f"连不上邮件服务器：{type(error).__name__}", again=True, whole_channel=True
            ) from None
        return server


def _refused(code: int, text: bytes | str) -> SendingFault:
    words = harmless(text.decode("utf-8", "replace") if isinstance(text, bytes) else text)
    told = f"邮件服务器不收（{code} {words}）"
    # 421 and 450–452 speak of the server, not of this letter.
    return SendingFault(told, again=400 <= code < 500, whole_channel=code == 421)


def _leave(server: smtplib.SMTP | None) -> None:
    """Takes leave of a server that still answers."""
    if server is not None:
        with contextlib.suppress(smtplib.SMTPException, OSError):
            server.quit()
        server.close()
