"""The little county of `handlers_fixtures` with its staff pages: signing in by page, forms read from pages."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

import pytest
from argon2 import PasswordHasher

from handlers.app import create_app
from handlers.board import live_of
from handlers.casework.requests import Application, Filed
from handlers.store import people
from handlers.store.records import Party
from handlers.store.writer import Transaction
from rules.access import Role
from tests.handlers_fixtures import CITIZEN_JOBS, EVERYTHING, ID_NUMBER, PASSWORD, Office
from tests.page_fixtures import fields_of, text_of

__all__ = ["EVERYTHING", "PASSWORD", "Office", "fields_of", "staffed", "text_of"]

CASE = "/hall/staff/cases/"


@lru_cache(maxsize=1)
def quick_hash() -> tuple[PasswordHasher, str, str]:
    """A hasher that does next to nothing, and hashes by it: dozens of sign-ins are not what is measured here."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    return hasher, hasher.hash(PASSWORD), hasher.hash("nobody")


@pytest.fixture
def staffed(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """The office with its staff pages, a department's supervisor, and someone whose role looks at no case."""
    hasher, hashed, nobody = quick_hash()
    monkeypatch.setattr(people, "_hasher", hasher)
    monkeypatch.setattr(people, "_nobody", nobody)
    office.app = create_app(office.hall, tuple(dict.fromkeys((*CITIZEN_JOBS, "staff", "supervision"))))

    # A client of tests reads an answer to its end, and a live board has none.
    live_of(office.hall).close()

    def add(tx: Transaction) -> None:
        for person in office.people.values():
            people.set_password(tx, person, hashed, office.clock(), must_change=False)
        for login, role, unit in (
            ("market-supervisor", Role.DEPARTMENT_SUPERVISOR, "market"),
            ("publisher", Role.PUBLISHER, "market"),
            ("police-window", Role.WINDOW_CLERK, "window-police"),
        ):
            office.people[login] = people.add(tx, login, f"{login}示例", hashed, office.clock())
            people.assign(tx, office.people[login], role, unit, date(2025, 1, 1))

    office.hall.database.write(add)
    return office


def filed(
    office: Office, name: str = "张示例", key: str = "k1", drill: bool = False, **answers: Any
) -> Filed:
    """A case filed online without going through the citizen's pages."""
    application = Application(
        item_code=EVERYTHING,
        applicant=Party("1", name, "111", ID_NUMBER, "0000-5550999", address="青禾县城关镇人民路示例8号"),
        answers={"shop": "示例小馆", "owner_id": ID_NUMBER, "phone2": "0000-5550998", "kinds": ["hot"],
                 "staff": [{"name": "李示例", "id_number": ID_NUMBER}], **answers},
    )  # fmt: skip
    return office.hall.casework.file_case(
        application, key=key, channel="web", now=office.clock(), drill=drill
    )


def sign_in(client: Any, login: str, password: str = PASSWORD, **more: str) -> Any:
    """Signs in by the page."""
    return client.post(
        "/hall/staff/sign-in", data={"login": login, "password": password, "form_end": "1", **more}
    )


def do(client: Any, number: str, move: str, **values: str) -> Any:
    """Makes a move with the form that stands on the case's page, as a browser would."""
    page = client.get(CASE + number).text
    fields = fields_of(page, f"/moves/{move}")
    fields |= {f"{move}.{name}": [value] for name, value in values.items()}
    return client.post(f"{CASE}{number}/moves/{move}", data=fields)
