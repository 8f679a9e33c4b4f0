"""Robots of groups in WeCom, DingTalk and Feishu: a text into the group, signed where the group wants it signed."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import httpx

from catalog.delivery import DeliverySettings, RobotSettings
from handlers.delivering import http_channel
from handlers.delivering.channels import Accepted, Outgoing, SendingFault, harmless
from handlers.delivering.credentials import Credentials
from rules.quick_dataclass import dataclass

# The robots' own limits in bytes are higher; a message to a group is read on a phone.
LONGEST_TEXT = 600


@dataclass(frozen=True, slots=True)
class _Speech:
    """How one kind of robot answers: where its code stands, which mean too often and which a wrong setting."""

    codes: tuple[str, ...]
    too_often: frozenset[str]
    settings: frozenset[str]


_SPEECH = {
    "wecom": _Speech(("errcode",), frozenset({"45009", "45033", "-1"}), frozenset({"93000", "40058"})),
    "dingtalk": _Speech(
        ("errcode",),
        frozenset({"130101", "130102", "-1"}),
        frozenset({"310000", "300001", "300005", "400013"}),
    ),
    "feishu": _Speech(
        ("code", "StatusCode"),
        frozenset({"11232", "9499", "11233"}),
        frozenset({"19001", "19021", "19022", "19024"}),
    ),
}


class RobotChannel:
    """One group's robot."""

    def __init__(
        self,
        settings: DeliverySettings,
        robot: RobotSettings,
        credentials: Credentials,
        now: Callable[[], datetime],
    ) -> None:
        self.per_minute = robot.per_minute
        self._robot = robot
        self._credentials = credentials
        self._now = now
        self._http: httpx.Client = http_channel.client(settings, robot.timeout_seconds)

    def send(self, outgoing: Outgoing) -> Accepted:
        """One text into the group."""
        url = self._credentials.fill(self._robot.url)
        secret = self._credentials.fill(self._robot.sign)
        text = outgoing.text[:LONGEST_TEXT]
        body: dict[str, Any] = {"msgtype": "text", "text": {"content": text}}
        moment = self._now().timestamp()
        if self._robot.kind == "feishu":
            body = {"msg_type": "text", "content": {"text": text}}
            if secret:
                seconds = str(int(moment))
                body = {"timestamp": seconds, "sign": feishu_sign(seconds, secret), **body}
        elif self._robot.kind == "dingtalk" and secret:
            milliseconds = str(int(moment * 1000))
            signed = {"timestamp": milliseconds, "sign": dingtalk_sign(milliseconds, secret)}
            url += ("&" if "?" in url else "?") + urlencode(signed)
        answer = http_channel.post(self._http, "POST", url, self._now, json=body)
        return self._judged(answer)

    def close(self) -> None:
        """Lets connections go."""
        self._http.close()

    def _judged(self, answer: Any) -> Accepted:
        speech = _SPEECH[self._robot.kind]
        codes = (http_channel.at_path(answer, path) for path in speech.codes)
        code = next((each for each in codes if each is not None), None)
        if code is None:
            raise SendingFault("机器人的回答看不懂，消息可能已经发出", again=True, unclear=True)
        if code == "0":
            return Accepted()
        if code in speech.too_often:
            raise SendingFault(f"发得太频繁（{code}）", again=True, whole_channel=True, retry_after=60)
        if code in speech.settings:
            raise SendingFault(
                f"机器人不认（{code}），请检查网址、加签密钥和安全设置", again=True, whole_channel=True
            )
        raise SendingFault(f"机器人不收：{harmless(code)}", again=False)


def dingtalk_sign(milliseconds: str, secret: str) -> str:
    """Base64 of HMAC-SHA-256 with the secret over `milliseconds`, a line break and the secret (钉钉“加签”)."""
    digest = hmac.new(secret.encode(), f"{milliseconds}\n{secret}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def feishu_sign(seconds: str, secret: str) -> str:
    """Base64 of HMAC-SHA-256 over nothing, with `seconds`, a line break and the secret as key (飞书“签名校验”)."""
    digest = hmac.new(f"{seconds}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
