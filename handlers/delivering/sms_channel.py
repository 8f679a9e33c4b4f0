"""SMS through any gateway that takes one HTTP request a message, as the county's settings describe it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import httpx

from catalog.delivery import DeliverySettings, SmsSettings
from handlers.delivering import http_channel
from handlers.delivering.channels import Accepted, Outgoing, SendingFault, harmless
from handlers.delivering.credentials import Credentials


class SmsChannel:
    """One gateway. `signature_outside` is true when the gateway puts 【签名】 before the text itself."""

    def __init__(
        self,
        settings: DeliverySettings,
        sms: SmsSettings,
        credentials: Credentials,
        now: Callable[[], datetime],
    ) -> None:
        self.per_minute = sms.per_minute
        self._sms = sms
        self._credentials = credentials
        self._now = now
        self._http: httpx.Client = http_channel.client(settings, sms.timeout_seconds)

    def send(self, outgoing: Outgoing) -> Accepted:
        """One message to one number."""
        sms = self._sms
        values = {
            **outgoing.values,
            "phone": outgoing.to,
            "text": outgoing.text,
            "key": outgoing.key,
            "signature": sms.signature,
            "template_id": sms.template_ids.get(outgoing.template, sms.template_ids.get("default", "")),
            "timestamp": str(int(self._now().timestamp())),
        }
        body = {name: self._filled(each, values) for name, each in sms.body.items()}
        for name in sms.json_text:
            if name in body:
                body[name] = json.dumps(body[name], ensure_ascii=False)
        answer = http_channel.post(
            self._http,
            sms.method,
            self._credentials.fill(sms.url, values),
            self._now,
            headers={name: self._credentials.fill(each, values) for name, each in sms.headers.items()},
            **_content(sms.encoding, body),
        )
        return self._judged(answer)

    def close(self) -> None:
        """Lets connections go."""
        self._http.close()

    def _filled(self, value: Any, values: Mapping[str, str]) -> Any:
        if isinstance(value, str):
            return self._credentials.fill(value, values)
        if isinstance(value, list):
            return [self._filled(each, values) for each in value]
        if isinstance(value, dict):
            return {name: self._filled(each, values) for name, each in value.items()}
        return value

    def _judged(self, answer: Any) -> Accepted:
        sms = self._sms
        if sms.success.path:
            code = http_channel.at_path(answer, sms.success.path)
            if code is None:
                raise SendingFault("网关的回答看不懂，消息可能已经发出", again=True, unclear=True)
            if code in sms.success.again:
                raise SendingFault(f"网关回答 {harmless(code)}，稍后再试", again=True, whole_channel=True)
            if code not in sms.success.values:
                raise SendingFault(f"网关不收：{harmless(code)}", again=False)
        return Accepted((http_channel.at_path(answer, sms.message_id) or "")[:200] if sms.message_id else "")


def _content(encoding: str, body: Mapping[str, Any]) -> dict[str, Any]:
    if encoding == "json":
        return {"json": dict(body)}
    flat = {
        name: each if isinstance(each, str) else json.dumps(each, ensure_ascii=False)
        for name, each in body.items()
    }
    return {"data": flat} if encoding == "form" else {"params": flat}
