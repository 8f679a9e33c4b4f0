"""The one door to the public log: publishes whole days, proves that an event is in one, tells the state of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

from handlers.casework.ground import Ground
from handlers.logbook import files, keys
from handlers.logbook.signing import Ed25519Signer
from handlers.store import access_log, events, log_days, seal_audit
from handlers.store.database import Database
from handlers.store.log_days import KeyEntry, PublishedDay
from handlers.store.writer import Transaction
from rules.access import Role
from rules.chain import GENESIS
from rules.errors import Conflict, HallError, Unavailable
from rules.log_days import LONGEST_SILENCE, DayStatement, Run, previous_hash, runs
from rules.merkle import InclusionProof, inclusion_proof, merkle_root
from rules.quick_dataclass import dataclass
from rules.time import format_stamp, local, local_date

log = logging.getLogger("hall.logbook")
FOLDER = "log"
_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Proof:
    """That an event's hash is among those of a published day."""

    day: PublishedDay
    sequence: int
    leaf: str
    inclusion: InclusionProof


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether an event's day is published: `day` when it is, else the day by whose end it will be."""

    day: PublishedDay | None
    expected: date


class Logbook:
    """The public log of one hall; `published` is the root's folder of that name."""

    def __init__(self, database: Database, ground: Callable[[], Ground], published: Path) -> None:
        self.database = database
        self.ground = ground
        self.folder = published / FOLDER
        # A folder holds the log of one hall only: that of the hall it lies beside, not of one tried out elsewhere.
        self._own = published.resolve().parent in database.path.parents
        self._told = ""
        self._tidied: date | None = None

    def publish(self, now: datetime, *, catch_up: bool = False) -> tuple[PublishedDay, ...]:
        """Publishes every whole day that is not yet, and writes the files that are missing.

        Raises Conflict when `published/log/` says something else than the database or `catch_up` is needed
        for a long silence, Unavailable when the key is lost.
        """
        now = local(now)
        self._must_be_newest()
        last = log_days.last_day(self.database)
        done = tuple(self._publish(run, now) for run in self._due(last, now, catch_up))
        self._write_files()
        return done

    def publish_if_due(self, now: datetime, *, catch_up: bool = False) -> None:
        """`publish` for the sweep: of one's own folder only, quick when there is nothing to do, told once when
        it cannot."""
        if not self._own:
            return
        last = log_days.last_day(self.database)
        complete = last is not None and (self.folder / f"{last.statement.day}.json").exists()
        yesterday = (local_date(now) - timedelta(days=1)).isoformat()
        if last is not None and complete and last.statement.day >= yesterday:
            return
        try:
            self.publish(now, catch_up=catch_up)
            self._told = ""
        except HallError as error:
            if error.detail != self._told:
                log.error("日志没有公布：%s", error.detail)
                self._told = error.detail

    def forget_old_looks(self, now: datetime) -> int:
        """Once a day: looks at personal data that are older than the county keeps them. How many went."""
        today = local_date(now)
        if self._tidied == today:
            return 0
        months = self.ground().county.settings.access_log_months
        # Calendar months by their longest, so that never less is kept than was said.
        oldest = local(now) - timedelta(days=31 * months)
        gone = 0
        while found := self.database.write(lambda tx: access_log.forget_before(tx, oldest, _AT_ONCE)):
            gone += found
        self._tidied = today
        return gone

    def rotate_key(self, now: datetime, *, lost: bool = False) -> KeyEntry:
        """A new signing key; the history and its file are brought up to date."""
        made = keys.rotate(self.database, local(now), lost=lost)
        if self._own:
            files.bring_up_to_date(self.folder / files.KEYS, files.keys_body(self.key_history()))
        return made

    def key_history(self) -> tuple[KeyEntry, ...]:
        """The history of keys, oldest first."""
        return log_days.keys(self.database)

    def newest(self) -> PublishedDay | None:
        """The newest published day."""
        return log_days.last_day(self.database)

    def standing(self, sequence: int, now: datetime) -> Standing:
        """Whether an event's day is published, or when it will be."""
        day = log_days.holding(self.database, sequence)
        return Standing(day, local_date(now) + timedelta(days=1))

    def prove(self, sequence: int) -> Proof | None:
        """The proof for an event; None while its day is not published. Raises Unavailable when the database
        no longer holds what was published."""
        day = log_days.holding(self.database, sequence)
        if day is None:
            return None
        said = day.statement
        leaves = log_days.leaves(self.database, said.first, said.last)
        if merkle_root(leaves) != said.root or len(leaves) != said.last - said.first + 1:
            raise Unavailable("这一天的日志与公布过的不符，证明暂时给不出。请联系系统管理员核验日志。")
        at = sequence - said.first
        return Proof(day, sequence, leaves[at], inclusion_proof(leaves, at))

    def _due(self, last: PublishedDay | None, now: datetime, catch_up: bool) -> tuple[Run, ...]:
        before = None if last is None else (date.fromisoformat(last.statement.day), last.statement.last)
        today = local_date(now)
        after = 0 if before is None else before[1]
        found = runs(log_days.days_after(self.database, after), before, today)
        if found.silence > LONGEST_SILENCE and not catch_up:
            raise Conflict(
                f"有连续{found.silence}天没有任何记录，可能是服务器的时钟走快了，没有公布。"
                "请核对时间；确实停过这么久，运行 hall audit publish --catch-up。"
            )
        if before is not None and before[0] >= today:
            raise Conflict(
                f"日志已经公布到{before[0]}，而服务器的时间是{today}：时钟可能倒退了。"
                "记录照常写入，过了那一天再公布。"
            )
        return found.runs

    def _publish(self, run: Run, now: datetime) -> PublishedDay:
        signer = keys.signer_in_use(self.database, now)
        hall = self.ground().county.name
        return self.database.write(lambda tx: _add(tx, run, hall, signer, now))

    def _must_be_newest(self) -> None:
        """A folder that knows more than the database: the database has been replaced by an older one."""
        there = files.days_in(self.folder) if self._own else ()
        last = log_days.last_day(self.database)
        if there and (last is None or there[-1] > last.statement.day):
            raise Conflict(
                f"published/log/ 里已有{there[-1]}的日志，数据库里没有：数据库可能被换成了旧的。"
                "没有公布新的日志，请先查明。"
            )

    def _write_files(self) -> None:
        if not self._own:
            return
        days = log_days.all_days(self.database)
        there = set(files.days_in(self.folder))
        for day in days:
            said = day.statement
            if said.day not in there or day is days[-1]:
                leaves = log_days.leaves(self.database, said.first, said.last)
                files.add_day(self.folder, files.day_body(day, leaves), said.day)
        if days:
            files.bring_up_to_date(self.folder / files.KEYS, files.keys_body(self.key_history()))
            files.bring_up_to_date(self.folder / files.INDEX, files.index_body(days))


def _add(tx: Transaction, run: Run, hall: str, signer: Ed25519Signer, now: datetime) -> PublishedDay:
    last = log_days.last_day(tx)
    known = log_days.by_day(tx, run.day.isoformat())
    if known is not None:  # another process was faster
        return known
    history = log_days.keys(tx)
    if history[-1].statement.public != signer.public:
        raise Conflict("日志签名密钥刚刚换过，这一次没有公布，下一次用新密钥公布。")
    number, seal = seal_audit.head(tx.connection)
    head = log_days.leaves(tx, run.last, run.last)
    statement = DayStatement(
        hall=hall,
        day=run.day.isoformat(),
        position=1 if last is None else last.statement.position + 1,
        first=run.first,
        last=run.last,
        root=merkle_root(log_days.leaves(tx, run.first, run.last)),
        head=head[0] if head else GENESIS,
        seal_number=number,
        seal=seal,
        previous=previous_hash(None if last is None else last.statement),
        key=history[-1].statement.id,
        published=format_stamp(now),
    )
    digest = statement.hash()
    appended = events.append(
        tx,
        events.NewEvent(
            at=now, kind="log.root", subject="hall", subject_id=statement.position, subject_number=statement.day,
            actor="system", role=Role.SYSTEM, unit="", from_state="", to_state="", drill=False,
            payload={
                "day": statement.day, "root": statement.root, "statement": digest, "first": run.first,
                "last": run.last, "words": f"公布{statement.day}的日志",
            },
        ),
    )  # fmt: skip
    day = PublishedDay(statement, signer.sign(statement.message()), digest, appended.sequence)
    log_days.add_day(tx, day)
    return day
