"""`hall user` and `hall migrate`: accounts are made, assigned, locked and listed from the command line."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hall.commands.migrate import command as migrate
from hall.commands.user import command
from handlers.store import people, sessions, units
from handlers.store.database import Database
from handlers.store.migrations import LATEST
from handlers.store.people_records import Unit
from rules.access import Role
from rules.errors import NotFound, Unauthenticated
from rules.time import SHANGHAI


@pytest.fixture
def place(small_root: Path) -> list[str]:
    return ["--root", str(small_root)]


def run(place: list[str], *arguments: str, text: str = "") -> Result:
    return CliRunner().invoke(command, [*arguments, *place], input=text)


def signed_in(place: list[str], login: str, password: str) -> bool:
    database = Database.open(Path(place[1]) / ".hall" / "hall.db")
    try:
        return sessions.sign_in(database, login, password, datetime.now(SHANGHAI)).second_factor
    except Unauthenticated:
        return False
    finally:
        database.close()


def test_an_account_is_added_with_its_assignment_and_signs_in(place: list[str]) -> None:
    made = run(place, "add", "Clerk", "张示例", "--role", "window_clerk", "--unit", "centre", "--password-stdin",
               text="Qinghe-2026-x\n")  # fmt: skip
    assert made.exit_code == 0, made.output
    assert signed_in(place, "clerk", "Qinghe-2026-x")
    listed = json.loads(run(place, "list", "--json").output)
    assert [(each["login"], each["assignments"][0]["unit"]) for each in listed] == [("clerk", "centre")]
    assert "password" not in run(place, "list", "--json").output


def test_without_a_password_a_temporary_one_is_made_that_must_be_changed(place: list[str]) -> None:
    made = run(place, "add", "clerk", "张示例")
    password = made.output.split("临时密码：")[1].split("（")[0]
    assert signed_in(place, "clerk", password)
    database = Database.open(Path(place[1]) / ".hall" / "hall.db")
    assert people.by_login(database, "clerk").must_change  # type: ignore[union-attr]
    database.close()


def test_wrong_use_is_told_and_changes_nothing(place: list[str]) -> None:
    assert run(place, "add", "clerk", "张示例", "--role", "reviewer").exit_code == 2
    assert run(place, "add", "clerk", "张示例", "--role", "reviewer", "--unit", "moon").exit_code == 2
    assert run(place, "add", "clerk", "张示例", "--role", "king", "--unit", "centre").exit_code == 2
    assert run(place, "add", "clerk", "张示例", "--password-stdin", text="short\n").exit_code == 1
    assert json.loads(run(place, "list", "--json").output) == []


def test_locking_and_a_new_password_take_effect_at_once(place: list[str]) -> None:
    run(place, "add", "clerk", "张示例", "--password-stdin", text="Qinghe-2026-x\n")
    assert run(place, "lock", "clerk").exit_code == 0
    assert not signed_in(place, "clerk", "Qinghe-2026-x")
    run(place, "lock", "clerk", "--unlock")
    assert run(place, "password", "clerk", "--password-stdin", text="Another-2026\n").exit_code == 0
    assert not signed_in(place, "clerk", "Qinghe-2026-x")
    assert signed_in(place, "clerk", "Another-2026")
    assert isinstance(run(place, "lock", "nobody").exception, NotFound)


def test_assignments_begin_and_end_by_date(place: list[str]) -> None:
    run(place, "add", "clerk", "张示例")
    assert run(place, "assign", "clerk", "reviewer", "centre", "--from", "2026-01-01").exit_code == 0
    assert run(place, "assign", "clerk", "reviewer", "centre", "--end", "--to", "2026-06-30").exit_code == 0
    listed = json.loads(run(place, "list", "--json").output)
    assert (listed[0]["assignments"][0]["valid_from"], listed[0]["assignments"][0]["valid_to"]) == (
        "2026-01-01",
        "2026-06-30",
    )


def test_an_assignment_at_a_unit_that_is_in_no_file_any_more_can_be_ended(place: list[str]) -> None:
    run(place, "add", "clerk", "张示例")
    database = Database.open(Path(place[1]) / ".hall" / "hall.db")
    person = people.by_login(database, "clerk")
    assert person is not None
    since = datetime(2026, 1, 1, tzinfo=SHANGHAI).date()
    database.write(lambda tx: people.assign(tx, person.id, Role.REVIEWER, "merged-away", since))
    database.close()
    ended = run(place, "assign", "clerk", "reviewer", "merged-away", "--end", "--to", "2026-06-30")
    assert ended.exit_code == 0, ended.output
    assert run(place, "assign", "clerk", "reviewer", "merged-away").exit_code == 2
    # One that the hall has known: its open cases need somebody.
    database = Database.open(Path(place[1]) / ".hall" / "hall.db")
    merged = Unit("merged-away", "房产所", "department", None, "merged-away", "")
    database.write(lambda tx: units.synchronise(tx, [merged]))
    database.close()
    assert run(place, "assign", "clerk", "decider", "merged-away", "--to", "2026-06-30").exit_code == 0
    listed = json.loads(run(place, "list", "--json").output)
    assert [each["valid_to"] for each in listed[0]["assignments"]] == ["2026-06-30", "2026-06-30"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("list",),
        ("lock", "clerk"),
        ("password", "clerk"),
        ("contact", "clerk"),
        ("second-factor", "clerk"),
        ("assign", "clerk", "reviewer", "centre"),
    ],
)
def test_a_mistyped_database_is_told_and_not_made(
    place: list[str], tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    folder = tmp_path / "typo"
    told = run(place, *arguments, "--db", str(folder / "hall.db"))
    assert isinstance(told.exception, NotFound)
    assert "没有数据库" in told.exception.detail
    assert not folder.exists()


def test_a_new_account_is_reachable_where_messages_can_go_or_it_is_not_made(place: list[str]) -> None:
    for option, wrong in (("--phone", "12345"), ("--email", "clerk at example")):
        assert run(place, "add", "clerk", "张示例", option, wrong).exit_code == 2
    assert json.loads(run(place, "list", "--json").output) == []
    made = run(place, "add", "clerk", "张示例", "--phone", "+86 139 0000 0000", "--email", "a@example.cn")
    assert made.exit_code == 0, made.output
    (found,) = json.loads(run(place, "list", "--json").output)
    assert (found["phone"], found["email"]) == ("13900000000", "a@example.cn")


def test_migrating_says_what_it_did(place: list[str]) -> None:
    first = CliRunner().invoke(migrate, [*place, "--json"])
    assert json.loads(first.output)["applied"] == list(LATEST)
    assert "不需要升级" in CliRunner().invoke(migrate, place).output
