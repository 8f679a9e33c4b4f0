"""FastAPI + SQLAlchemy (async ORM) + aiosqlite: files a case the way a good application of that kind would.

    python -m bench.peers.fastapi_app PORT DATABASE FACTS

It runs on the hall's own schema (the database is made by the hall's migrations), in WAL with synchronous=FULL, and
writes in one transaction for each request: case, payload, review steps, materials, fee, two clocks, the event with its
salted commitment and its hash over the one before, the receipt with its number, two messages, two daily counts and the
idempotency record. It checks the body with pydantic, an earlier answer under the key, and draws number and code.
It is spared: conditions between questions, the work calendar (the due days are constants), limits per address, the
seals over the rows, the encryption of kept answers, supervision. What the item prescribes comes ready made from FACTS.
One connection writes, so that requests wait in the program instead of in SQLite's lock, which was slower.
Tracking reads the case, its open clocks and its events by number and compares the code's hash.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sys
from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Table, create_engine, event, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

SHANGHAI = timezone(timedelta(hours=8))
PATH, FACTS = sys.argv[2], json.loads(Path(sys.argv[3]).read_text("utf-8"))


class Base(DeclarativeBase):
    """Of the tables a filing writes, as the database has them."""


def _mapped(table: str) -> Any:
    columns = Table(table, Base.metadata, autoload_with=_reflecting)
    for column in columns.primary_key:
        column.nullable = False  # SQLite does not say so of a row id
    return type(table, (Base,), {"__table__": columns})


_reflecting = create_engine(f"sqlite:///{PATH}")
Case, Payload, Step, Material, Fee = map(_mapped, ("cases", "case_payload", "step", "material", "fee"))
Clock, Event, EventPayload = map(_mapped, ("clock", "event", "event_payload"))
Notice, Outbox, Kept = map(_mapped, ("notice", "outbox", "idempotency"))
Count, Series = map(_mapped, ("daily_count", "number_series"))
_reflecting.dispose()


def _engine(writes: bool) -> Any:
    pool = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 120} if writes else {"pool_size": 8}
    made = create_async_engine(f"sqlite+aiosqlite:///{PATH}", **pool)

    @event.listens_for(made.sync_engine, "connect")
    def settings(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-16000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(made.sync_engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return made


_writing = async_sessionmaker(_engine(True), expire_on_commit=False)
_reading = async_sessionmaker(_engine(False), expire_on_commit=False)
app = FastAPI()


class FileIn(BaseModel):
    """The same body as the hall's."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    item: str
    answers: dict[str, Any] = Field(min_length=10)


class FiledOut(BaseModel):
    number: str
    query_code: str
    receipt_number: str
    event_sequence: int
    leaf: str
    filed_at: datetime


async def writing() -> AsyncIterator[AsyncSession]:
    """A session of the one connection that writes."""
    async with _writing() as session:
        yield session


async def reading() -> AsyncIterator[AsyncSession]:
    """A session that reads."""
    async with _reading() as session:
        yield session


@app.get("/readyz")
async def ready() -> dict[str, str]:
    return {}


@app.post("/cases", status_code=201)
async def file_case(
    asked: FileIn, idempotency_key: str = Header(), session: AsyncSession = Depends(writing)
) -> FiledOut:
    """One filing, one transaction."""
    async with session.begin():
        kept = await session.get(Kept, ("file", idempotency_key))
        if kept is not None:
            return FiledOut.model_validate_json(kept.result)
        filed = await _file(session, asked)
        session.add(
            Kept(
                scope="file", key=idempotency_key, fingerprint=_hash(asked.model_dump_json()),
                result=filed.model_dump_json().encode(), at=filed.filed_at.isoformat(),
            )
        )  # fmt: skip
    return filed


async def _file(session: AsyncSession, asked: FileIn) -> FiledOut:
    now = datetime.now(SHANGHAI).replace(microsecond=0)
    at, code = now.isoformat(), secrets.token_hex(4)
    number = f"QH{now:%Y%m%d}{await _next(session, f'case/{now:%Y%m%d}'):07d}"
    answers = asked.answers
    case = Case(
        **FACTS["case"], number=number, query_hash=hashlib.sha256(code.encode()).digest(), received_at=at,
        submitted_at=at, changed_at=at, applicant_masked=answers["applicant_name"][:1] + "**",
    )  # fmt: skip
    session.add(case)
    await session.flush()
    party = {
        name.removeprefix("applicant_"): value
        for name, value in answers.items()
        if "applicant" in name or "contact" in name
    }
    own = {name: value for name, value in answers.items() if name not in party}
    session.add(
        Payload(
            case_id=case.id,
            applicant_name=answers["applicant_name"],
            applicant=json.dumps(party),
            answers=json.dumps(own),
        )
    )
    session.add_all(Step(case_id=case.id, **each) for each in FACTS["steps"])
    session.add_all(Material(case_id=case.id, **each) for each in FACTS["materials"])
    session.add_all(Fee(case_id=case.id, **each) for each in FACTS["fees"])
    session.add_all(Clock(subject_id=case.id, started=at, **each) for each in FACTS["clocks"])
    appended = await _append(session, case, at, own)
    receipt = f"收字〔{now.year}〕第{await _next(session, f'notice/{now.year}')}号"
    content = json.dumps({**FACTS["notice"], "addressee": answers["applicant_name"], "case_number": number})
    session.add(
        Notice(number=receipt, kind="receipt", subject="case", subject_id=case.id, unit=case.department, issued=at,
               event_seq=appended.seq, title="收件凭证", content=content)
    )  # fmt: skip
    for recipient_kind, recipient in (("applicant", number), ("unit", case.accepting_unit)):
        session.add(
            Outbox(at=at, template="case.filed", recipient_kind=recipient_kind, recipient=recipient, subject="case",
                   subject_id=case.id, subject_number=number, body=f"办件{number}已收到。")
        )  # fmt: skip
    for measure in ("filed", "filed_online"):
        count = insert(Count).values(
            day=f"{now:%Y-%m-%d}", department=case.department, measure=measure, count=1
        )
        await session.execute(
            count.on_conflict_do_update(
                index_elements=["day", "department", "measure"], set_={"count": Count.count + 1}
            )
        )
    return FiledOut(
        number=number, query_code=code, receipt_number=receipt, event_sequence=appended.seq, leaf=appended.hash, filed_at=now
    )  # fmt: skip


async def _append(session: AsyncSession, case: Any, at: str, answers: dict[str, Any]) -> Any:
    last = (await session.execute(select(Event.seq, Event.hash).order_by(Event.seq.desc()).limit(1))).first()
    seq, previous = (1, "") if last is None else (last.seq + 1, last.hash)
    salt, payload = (
        secrets.token_hex(16),
        json.dumps({"item": case.item_code, "application": _hash(json.dumps(answers))}),
    )
    commitment = _hash(salt + payload)
    public = {
        "seq": seq, "at": at, "kind": "file", "subject": "case", "subject_id": case.id, "subject_number": case.number,
        "actor": "applicant", "role": "applicant", "unit": case.accepting_unit, "from_state": "draft",
        "to_state": "received", "drill": 0,
    }  # fmt: skip
    digest = _hash(previous + json.dumps(public, sort_keys=True) + commitment)
    appended = Event(**public, commitment=commitment, previous=previous, hash=digest)
    session.add(appended)
    session.add(EventPayload(seq=seq, salt=salt, payload=payload))
    return appended


async def _next(session: AsyncSession, series: str) -> int:
    counted = insert(Series).values(series=series, last=1)
    counted = counted.on_conflict_do_update(index_elements=["series"], set_={"last": Series.last + 1})
    found = await session.execute(counted.returning(Series.last))
    return int(found.scalar_one())


@app.get("/cases/{number}")
async def track(
    number: str, x_query_code: str = Header(), session: AsyncSession = Depends(reading)
) -> dict[str, Any]:
    """The case by number and code: its row, its clocks, what happened."""
    case = (await session.execute(select(Case).where(Case.number == number))).scalar_one_or_none()
    if case is None or not secrets.compare_digest(
        hashlib.sha256(x_query_code.encode()).digest(), case.query_hash
    ):
        raise HTTPException(404)
    clocks = (
        await session.execute(select(Clock).where(Clock.subject == "case", Clock.subject_id == case.id))
    ).scalars()
    happened = (
        await session.execute(select(Event).where(Event.subject == "case", Event.subject_id == case.id))
    ).scalars()
    return {
        "number": case.number, "item": case.item_name, "state": case.state, "received_at": case.received_at, "due": case.due,
        "clocks": [{"kind": each.kind, "due": each.due} for each in clocks],
        "events": [{"seq": each.seq, "at": each.at, "kind": each.kind} for each in happened],
    }  # fmt: skip


def _hash(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False)
