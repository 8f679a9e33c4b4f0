"""`hall user`: staff accounts, their assignments and passwords."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from functools import partial, wraps
from pathlib import Path
from typing import Any

import click

from catalog.reader import read
from catalog.root import Root
from handlers.delivering.channels import email_of, phone_of
from handlers.second_factor_rule import SecondFactorRule
from handlers.store import people, posts, sessions
from handlers.store.database import Database
from handlers.store.people_records import Person
from handlers.store.units import former
from handlers.store.writer import Transaction
from rules.access import ROLE_LABELS, STAFF_ROLES, Role
from rules.errors import NotFound
from rules.time import SHANGHAI, parse_date

_ROLES = {role.value: role for role in Role if role in STAFF_ROLES}


@click.group("user")
def command() -> None:
    """管理工作人员账号：新增、任职、联系方式、密码、动态码、停用。"""


def _stored(function: Callable[..., None], *, makes: bool = False) -> Callable[..., None]:
    """Adds --root and --db and hands the open database and root over; only with `makes` is there a new one."""

    @click.option(
        "--root", "where", type=click.Path(path_type=Path, exists=True, file_okay=False), help="县的目录"
    )
    @click.option(
        "--db", type=click.Path(path_type=Path, dir_okay=False), help="数据库文件，默认 .hall/hall.db"
    )
    @wraps(function)
    def wrapped(where: Path | None, db: Path | None, **values: Any) -> None:
        root = Root.find(where)
        path = db or root.state / "hall.db"
        if not makes and not path.is_file():
            raise NotFound(f"没有数据库 {path}。请检查 --root 和 --db；第一个账号用 hall user add 新增。")
        with _opened(path) as database:
            function(database, root, **values)

    return wrapped


@contextmanager
def _opened(path: Path) -> Iterator[Database]:
    database = Database.open(path, migrate=True)
    try:
        yield database
    finally:
        database.close()


@command.command("add")
@click.argument("login")
@click.argument("name")
@click.option(
    "--role", "roles", multiple=True, type=click.Choice(sorted(_ROLES)), help="岗位，与 --unit 成对，可重复"
)
@click.option("--unit", "units", multiple=True, help="单位编号（部门、科室、窗口、镇、村或 county）")
@click.option("--phone", default="", help="手机号，收短信用")
@click.option("--email", default="", help="邮箱，收邮件用")
@click.option("--password-stdin", is_flag=True, help="从标准输入读密码；不给就生成一个临时密码")
@partial(_stored, makes=True)
def add(
    database: Database,
    root: Root,
    login: str,
    name: str,
    roles: tuple[str, ...],
    units: tuple[str, ...],
    phone: str,
    email: str,
    password_stdin: bool,
) -> None:
    """新增账号 LOGIN(登录名)和 NAME(姓名)。"""
    if len(roles) != len(units):
        raise click.UsageError("--role 和 --unit 要成对出现。")
    _known_units(database, root, units)
    phone, email = _phone(phone), _email(email)
    login = login.strip().lower()
    password = sys.stdin.readline().rstrip("\n") if password_stdin else _temporary()
    people.check_password_rules(password, login, name)
    hashed = people.hash_password(password)
    now = _now()

    def job(tx: Transaction) -> None:
        person = people.add(
            tx, login, name, hashed, now, phone=phone, email=email, must_change=not password_stdin
        )
        for role, unit in zip(roles, units, strict=True):
            people.assign(tx, person, _ROLES[role], unit, now.date())

    database.write(job)
    click.echo(f"已新增 {login}（{name}）。")
    if not password_stdin:
        click.echo(f"临时密码：{password}（首次登录要改）")


@command.command("assign")
@click.argument("login")
@click.argument("role", type=click.Choice(sorted(_ROLES)))
@click.argument("unit")
@click.option("--from", "first", metavar="日期", help="从哪天起，默认今天")
@click.option("--to", "last", metavar="日期", help="到哪天止（含），默认长期")
@click.option("--end", is_flag=True, help="提前结束这个任职（到 --to，默认今天）；只缩短，不延长")
@_stored
def assign(
    database: Database,
    root: Root,
    login: str,
    role: str,
    unit: str,
    first: str | None,
    last: str | None,
    end: bool,
) -> None:
    """让 LOGIN 在 UNIT 担任 ROLE，或结束这个任职。"""
    if not end:
        # One that was merged or closed is in no file any more, and its assignments must come to an end all the same.
        _known_units(database, root, (unit,))
    person = _person(database, login)
    begins = parse_date(first) if first else _now().date()
    ends: date | None = parse_date(last) if last else None
    if end:
        until = ends or _now().date()
        ended = database.write(lambda tx: people.end_assignment(tx, person.id, _ROLES[role], unit, until))
        if not ended:
            raise NotFound(f"没有在 {until} 之后还有效的这个任职。")
        click.echo(f"{login} 的任职到 {until} 结束。")
        return
    database.write(lambda tx: people.assign(tx, person.id, _ROLES[role], unit, begins, ends))
    click.echo(f"{login}：{ROLE_LABELS[_ROLES[role]]}，{unit}，自 {begins} 起。")


@command.command("password")
@click.argument("login")
@click.option("--password-stdin", is_flag=True, help="从标准输入读密码；不给就生成一个临时密码")
@click.option("--drop-second-factor", is_flag=True, help="手机丢失时取消第二因素")
@_stored
def password(
    database: Database, root: Root, login: str, password_stdin: bool, drop_second_factor: bool
) -> None:
    """重设 LOGIN 的密码，解除锁定，已登录的全部退出。"""
    person = _person(database, login)
    new = sys.stdin.readline().rstrip("\n") if password_stdin else _temporary()
    people.check_password_rules(new, person.login, person.name)
    hashed = people.hash_password(new)

    def job(tx: Transaction) -> None:
        now = _now()
        people.set_password(tx, person.id, hashed, now, must_change=not password_stdin)
        if drop_second_factor:
            sessions.reset_second_factor(tx, person.id, now)

    database.write(job)
    click.echo(f"{login} 的密码已重设。" + ("" if password_stdin else f"临时密码：{new}（首次登录要改）"))


@command.command("second-factor")
@click.argument("login")
@click.option("--reset", is_flag=True, help="手机丢失时：作废现在的动态码，已登录的全部退出")
@_stored
def second_factor(database: Database, root: Root, login: str, reset: bool) -> None:
    """看 LOGIN 的动态码启用了没有；--reset 作废它，记入查看记录。密码不变。"""
    person = _person(database, login)
    asked = SecondFactorRule(root).asks(person, _now().date())
    must = "岗位要求必须启用" if asked else "岗位不要求"
    if not reset:
        click.echo(f"{login} 的动态码{'已启用' if person.totp_enabled else '没有启用'}，{must}。")
        return
    database.write(lambda tx: sessions.reset_second_factor(tx, person.id, _now()))
    then = "下次登录先要重新启用，再做别的" if asked else "下次登录只要密码，可以在“我的账号”里重新启用"
    click.echo(f"{login} 的动态码已作废，已登录的全部退出。{then}。")


@command.command("contact")
@click.argument("login")
@click.option("--phone", help="手机号，收短信用；写空的为删除")
@click.option("--email", help="邮箱，收邮件用；写空的为删除")
@_stored
def contact(database: Database, root: Root, login: str, phone: str | None, email: str | None) -> None:
    """改 LOGIN 的手机号和邮箱：监察消息发到这里。没写的一项不变。"""
    person = _person(database, login)
    new_phone = person.phone if phone is None else _phone(phone)
    new_email = person.email if email is None else _email(email)
    database.write(lambda tx: posts.set_reachable(tx, person.id, new_phone, new_email))
    click.echo(
        f"{login} 的联系方式已改：手机{'已登记' if new_phone else '无'}，邮箱{'已登记' if new_email else '无'}。"
    )


@command.command("lock")
@click.argument("login")
@click.option("--unlock", is_flag=True, help="重新启用")
@_stored
def lock(database: Database, root: Root, login: str, unlock: bool) -> None:
    """停用账号 LOGIN 并退出其登录，或重新启用。记录保留。"""
    person = _person(database, login)
    database.write(lambda tx: people.set_active(tx, person.id, unlock))
    click.echo(f"{login} 已{'启用' if unlock else '停用'}。")


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="用 JSON 输出结果")
@_stored
def list_(database: Database, root: Root, as_json: bool) -> None:
    """列出所有账号和任职。"""
    found = people.everyone(database)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], ensure_ascii=False, default=str))
        return
    for each in found:
        jobs = "、".join(f"{ROLE_LABELS[a.role]}@{a.unit}" for a in each.assignments) or "没有任职"
        marks = "" if each.active else "（停用）"
        click.echo(f"{each.login}\t{each.name}{marks}\t{jobs}")


def _person(database: Database, login: str) -> Person:
    found = people.by_login(database, login)
    if found is None:
        raise NotFound(f"没有登录名为“{login}”的账号。")
    return found


def _phone(text: str) -> str:
    """As it is dialled; nothing for nothing."""
    found = phone_of(text)
    if text.strip() and not found:
        raise click.UsageError("--phone 要写 11 位手机号")
    return found


def _email(text: str) -> str:
    found = email_of(text)
    if text.strip() and not found:
        raise click.UsageError("--email 的格式不对")
    return found


def _known_units(database: Database, root: Root, units: tuple[str, ...]) -> None:
    """Raises a usage error for one that is neither in the files nor was: its open cases need somebody too."""
    if units:
        tree = read(root).units
        gone = {each.id for each in former(database, tuple(each.id for each in tree))}
        unknown = [unit for unit in units if unit not in tree and unit not in gone]
        if unknown:
            raise click.UsageError(
                f"没有编号为 {'、'.join(unknown)} 的单位，见 content/units.yml 和 items/ 下的部门。"
            )


def _temporary() -> str:
    return f"{secrets.token_urlsafe(9)}-{secrets.randbelow(90) + 10}"


def _now() -> datetime:
    return datetime.now(SHANGHAI)
