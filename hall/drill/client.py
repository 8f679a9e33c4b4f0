"""The drill's hands: one HTTP client, staff who are signed in, applicants who hold a query code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from typing import Any
from uuid import uuid4

import httpx

from catalog.artifact import Catalog, ItemRecord
from hall.drill.record import Failed
from rules.quick_dataclass import dataclass

API = "/api/v1"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Accounts:
    """How logins are formed: `<department>-<word>`, and the county's own. One password for all, or by login."""

    password: str
    passwords: Mapping[str, str] = field(default_factory=dict)

    def password_of(self, login: str) -> str:
        return self.passwords.get(login, self.password)


class Hall:
    """A running hall as the drill sees it: its public data, and its API."""

    def __init__(self, url: str, accounts: Accounts) -> None:
        self.url = url.rstrip("/")
        self._accounts = accounts
        self._http = httpx.Client(base_url=self.url, timeout=60, trust_env=False)
        self._tokens: dict[str, str] = {}

    def close(self) -> None:
        """Signs everybody out and lets go of the connections."""
        for login in list(self._tokens):
            self.call("DELETE", "/session", login=login, expect=(204,))
        self._http.close()

    def catalog(self) -> Catalog:
        """The published catalog."""
        return Catalog.model_validate_json(self._get("/data/catalog.json").content)

    def item(self, code: str) -> ItemRecord:
        """A published item."""
        return ItemRecord.model_validate_json(self._get(f"{API}/items/{code}").content)

    def page(self, path: str) -> str:
        """A page as a person would open it."""
        return self._get(path).text

    def call(
        self,
        method: str,
        path: str,
        *,
        login: str = "",
        code: str = "",
        body: Json | None = None,
        files: list[tuple[str, tuple[str, bytes, str]]] | None = None,
        expect: tuple[int, ...] = (200, 201, 204),
        key: str = "",
    ) -> Json:
        """One call of the API as `login` or as the holder of a query code. Raises Failed with what was answered."""
        headers = {"Accept": "application/json"}
        if login:
            headers["Authorization"] = f"Bearer {self._token(login)}"
        if code:
            headers["X-Query-Code"] = code
        if method == "POST":
            headers["Idempotency-Key"] = key or uuid4().hex
        if files is not None:
            parts = [("application", (None, json.dumps(body or {}).encode(), "text/plain")), *files]
            answer = self._send(method, path, headers, files=parts)
        elif body is not None:
            answer = self._send(method, path, headers, json=body)
        else:
            answer = self._send(method, path, headers)
        if answer.status_code not in expect:
            raise Failed(f"{method} {path} 应答 {answer.status_code}：{_told(answer)}")
        return answer.json() if answer.content else {}

    def _send(self, method: str, path: str, headers: dict[str, str], **content: Any) -> httpx.Response:
        try:
            return self._http.request(method, API + path, headers=headers, **content)
        except httpx.TransportError as error:
            raise Failed(f"{method} {path} 没有应答：{error}") from error

    def _get(self, path: str) -> httpx.Response:
        try:
            answer = self._http.get(path)
        except httpx.TransportError as error:
            raise Failed(f"{path} 没有应答：{error}") from error
        if answer.status_code != 200:
            raise Failed(f"{path} 应答 {answer.status_code}")
        return answer

    def _token(self, login: str) -> str:
        if login not in self._tokens:
            body = {"login": login, "password": self._accounts.password_of(login)}
            self._tokens[login] = str(self.call("POST", "/session", body=body)["token"])
        return self._tokens[login]


def _told(answer: httpx.Response) -> str:
    try:
        problem = answer.json()
    except ValueError:
        return answer.text[:200]
    fields = "；".join(f"{name} {text}" for name, text in (problem.get("errors") or {}).items())
    return f"{problem.get('detail', '')}{'（' + fields + '）' if fields else ''}"


def expect(condition: bool, otherwise: str) -> None:
    """Raises Failed with `otherwise` unless the condition holds."""
    if not condition:
        raise Failed(otherwise)
