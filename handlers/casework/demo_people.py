"""Demo accounts: everyone a department needs, the centre, the towns, supervisors; one documented password."""

from __future__ import annotations

from datetime import date, datetime

from handlers.casework.ground import Ground
from handlers.store import people
from handlers.store.database import Database
from handlers.store.writer import Transaction
from rules.access import ROLE_LABELS, Role
from rules.quick_dataclass import dataclass

# Documented in README and printed by `hall serve --demo`; demo accounts exist in demo databases only.
PASSWORD = "Demo-Hall-2026"  # noqa: S105
_SINCE = date(2020, 1, 1)
_SURNAMES = "陈林黄吴周徐孙胡朱高何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"

DEPARTMENT_ROLES = (
    ("window", Role.WINDOW_CLERK),
    ("coordinator", Role.COORDINATOR),
    ("reviewer", Role.REVIEWER),
    ("decider", Role.DECIDER),
    ("supervisor", Role.DEPARTMENT_SUPERVISOR),
)


@dataclass(frozen=True, slots=True)
class Account:
    """One demo account."""

    login: str
    name: str
    role: Role
    unit: str


def accounts_for(ground: Ground) -> tuple[Account, ...]:
    """All demo accounts of a county, whatever departments, towns and windows it has."""
    wanted: list[tuple[str, Role, str]] = [
        (f"{department}-{word}", role, department)
        for department in ground.departments
        for word, role in DEPARTMENT_ROLES
    ]
    wanted += [
        (f"{unit.id}-window", Role.WINDOW_CLERK, unit.id) for unit in ground.units.of_kind("centre", "town")
    ]
    wanted += [
        (f"{unit.id}-coordinator", Role.COORDINATOR, unit.id) for unit in ground.units.of_kind("centre")
    ]
    wanted += [
        (f"{unit.id}-supervisor", Role.TOWN_SUPERVISOR, unit.id) for unit in ground.units.of_kind("town")
    ]
    top = ground.units.top or "county"
    wanted += [
        ("county-supervisor", Role.COUNTY_SUPERVISOR, top),
        # Who confirmed a card does not decide on its appeal: it takes two.
        ("county-supervisor-2", Role.COUNTY_SUPERVISOR, top),
        ("publisher", Role.PUBLISHER, top),
        ("admin", Role.ADMINISTRATOR, top),
    ]
    return tuple(
        Account(login, f"{_SURNAMES[at % len(_SURNAMES)]}演示", role, unit)
        for at, (login, role, unit) in enumerate(wanted)
    )


def add_accounts(database: Database, ground: Ground, now: datetime) -> dict[str, str]:
    """Makes the accounts and returns person ids by login; those that exist stay as they are."""
    hashed = people.hash_password(PASSWORD)

    def job(tx: Transaction) -> dict[str, str]:
        found: dict[str, str] = {}
        for account in accounts_for(ground):
            known = people.by_login(tx, account.login)
            if known is None:
                person = people.add(tx, account.login, account.name, hashed, now, demo=True)
                people.assign(tx, person, account.role, account.unit, _SINCE)
            else:
                person = known.id
            found[account.login] = person
        return found

    return database.write(job)


def lines(ground: Ground) -> tuple[str, ...]:
    """What to print: one account per role, the pattern of the others, the password."""
    accounts = accounts_for(ground)
    department = next(iter(ground.departments), "")
    shown = [each for each in accounts if each.unit == department or each.unit not in ground.departments]
    rows = [f"  {each.login:<32}{ROLE_LABELS[each.role]}({ground.unit_name(each.unit)})" for each in shown]
    return (
        f"演示账号（密码都是 {PASSWORD}），在 /hall/staff/sign-in 登录：",
        *rows,
        "  其他部门照此：部门编号-window、-coordinator、-reviewer、-decider、-supervisor。",
    )
