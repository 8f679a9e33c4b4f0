"""Drafts, proposals and publication: two persons, an appeal window between, an edition never changed once published."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from catalog.elements import Elements
from catalog.scoring import scheme_of
from catalog.scoring_published import RankingFile, read_ranking
from handlers.casework.authority import Standing
from handlers.casework.ground import Ground
from handlers.scoring.entering import standing_of
from handlers.scoring.freshness import outdated
from handlers.scoring.ledgering import gather
from handlers.store import events, outbox, scores
from handlers.store.database import Database
from handlers.store.moments import Reads
from handlers.store.records import Json
from handlers.store.score_records import EDITION_LABELS, Edition
from handlers.store.writer import Transaction
from handlers.supervising.deadlines import appeal_window
from presentation.dates import date_cn
from rules.errors import Forbidden, IllegalMove, Invalid, NotFound
from rules.permissions import Capability
from rules.quick_dataclass import dataclass
from rules.score_ledger import Ledger, LedgerHead, MonthLine, digest, read, write
from rules.score_periods import Period
from rules.score_ranking import as_csv, as_json, month_line, ranking
from rules.score_scheme import Scheme
from rules.time import day_end, format_stamp, local_date

LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Computed:
    """A ledger and the ranking it gives, as bytes."""

    ledger: bytes
    ranking: bytes


@dataclass(frozen=True, slots=True)
class Basis:
    """What an edition is computed from besides the records. `scheme_text` are the bytes of the scheme's file."""

    ground: Ground
    elements: Elements
    scheme: Scheme
    scheme_text: bytes


def compute(
    database: Database,
    basis: Basis,
    period: Period,
    now: datetime,
    edition: int = 0,
    note: str = "",
    department: str = "",
    *,
    persons: bool = False,
) -> Computed:
    """A period's ledger and ranking from the records as they stand. `department`: of that one alone.
    `persons`: with what is left off ratings, for a person's own score and never published.

    A quarter or year is made of published months. Raises IllegalMove when none of them is published yet.
    """
    ground, scheme = basis.ground, basis.scheme
    departments = tuple(
        (each.id, each.short_name) for each in ground.departments.values() if department in ("", each.id)
    )
    head = LedgerHead(
        ground.county.name, period.text, edition, scheme.version, format_stamp(now)[:10], departments, note
    )
    if period.span != "month":
        months = tuple(_months(database, period, {each for each, _ in departments}))
        ledger = Ledger(head, (), months, "")
    else:
        with database.snapshot():
            lines = gather(
                database, database.vault, ground, basis.elements, period, now, department, persons=persons
            )
        ledger = Ledger(head, lines, (), "")
    data = write(head, ledger.lines, ledger.months)
    # What was just written need not be read back: whoever checks it reads it from the file.
    return Computed(data, as_json(ranking(replace(ledger, hash=digest(data)), scheme)))


def draft(
    database: Database, basis: Basis, period: Period, person: str, now: datetime, note: str = ""
) -> Edition:
    """Computes a period's next edition, or computes its draft or proposal anew.

    A proposal computed anew stays one; when anyone's total has fallen, departments get their days again.
    Raises Invalid when a published period is corrected without a reason, Forbidden.
    """
    standing_of(database, basis.ground, person, now, Capability.SCORES_PUBLISH)
    if period.first > local_date(now):
        raise IllegalMove(f"{period.label}还没有开始。")
    latest = scores.newest(database, period.text)
    words = note.strip()
    if len(words) > LONGEST:
        raise Invalid("更正说明太长", {"note": f"最多写 {LONGEST} 个字"})
    fresh = latest is None or latest.state == "published"
    if fresh and latest is not None and len(words) < 2:
        raise Invalid("更正要写说明", {"note": "这一期已经公布。请写明为什么更正，说明会一起公布"})
    number = 1 if latest is None else latest.edition + (latest.state == "published")
    if latest is not None and not fresh:
        words = words or latest.note
    made = compute(database, basis, period, now, number, words)
    return keep(database, basis, period, made, latest, person, now, words)


def keep(
    database: Database,
    basis: Basis,
    period: Period,
    made: Computed,
    latest: Edition | None,
    person: str,
    now: datetime,
    note: str,
) -> Edition:
    """Writes a computed period down, as a new edition or in place of `latest`, unless somebody was faster."""
    number = 1 if latest is None else latest.edition + (latest.state == "published")

    def job(tx: Transaction) -> Edition:
        standing = standing_of(tx, basis.ground, person, now, Capability.SCORES_PUBLISH)
        current = scores.newest(tx, period.text)
        if (None if current is None else (current.id, current.version)) != (
            None if latest is None else (latest.id, latest.version)
        ):
            raise IllegalMove("计算的时候别人也在算这一期。请刷新页面看结果。")
        written = _edition(tx, basis, period, number, made, standing, now, note)
        if current is None or current.state == "published":
            return replace(written, id=scores.insert(tx, written))
        if current.state == "proposed":
            written = _proposed_again(tx, basis, current, written, standing, now)
        scores.replace(tx, current, written)
        scores.drop_unused_texts(tx)
        return replace(written, id=current.id, version=current.version + 1)

    return database.write(job)


def propose(database: Database, basis: Basis, edition_id: int, person: str, now: datetime) -> Edition:
    """Shows a draft to the departments: each sees its own score and may appeal until the day that is told."""

    def job(tx: Transaction) -> Edition:
        standing = standing_of(tx, basis.ground, person, now, Capability.SCORES_PUBLISH)
        found = _known(tx, edition_id)
        period = Period.parse(found.period)
        if found.state != "draft":
            raise IllegalMove(f"这一版{EDITION_LABELS[found.state]}，不能再提出。")
        if period.last >= local_date(now):
            raise IllegalMove(f"{period.label}还没有过完，{date_cn(period.last)}以后才能提出。")
        old = outdated(tx, found)
        if old is not None:
            raise old
        proposed = replace(
            found,
            state="proposed",
            proposed=now,
            proposed_by=standing.actor,
            appeal_until=_until(basis.ground, now),
        )
        scores.replace(tx, found, proposed)
        _happened(tx, proposed, standing, now, "score.propose", found.state)
        _tell_departments(tx, proposed, basis.ground, now)
        return replace(proposed, version=found.version + 1)

    return database.write(job)


def publish(database: Database, ground: Ground, edition_id: int, person: str, now: datetime) -> Edition:
    """Publishes a proposal: by another person than who proposed it, after the appeal days, with no appeal open.

    Raises Forbidden, IllegalMove with what stands in the way.
    """

    def job(tx: Transaction) -> Edition:
        standing = standing_of(tx, ground, person, now, Capability.SCORES_PUBLISH)
        found = _known(tx, edition_id)
        why = obstacle(tx, found, standing.actor, now)
        if why is not None:
            raise why
        # What is published must be there, and be what its names say.
        for name in (found.ledger_hash, found.ranking_hash, found.scheme_hash):
            scores.text(tx, name)
        published = replace(found, state="published", published=now, published_by=standing.actor)
        sequence = _happened(tx, published, standing, now, "score.publish", found.state)
        published = replace(published, event_seq=sequence)
        scores.replace(tx, found, published)
        scores.drop_unused_texts(tx)
        label = Period.parse(found.period).label
        again = f"（第{found.edition}版，更正）" if found.edition > 1 else ""
        _tell(tx, published, ground.departments, f"{label}绩效评分{again}已经公布。", now)
        return replace(published, version=found.version + 1)

    return database.write(job)


def obstacle(reads: Reads, edition: Edition, person: str, now: datetime) -> Forbidden | IllegalMove | None:
    """Why this person may not publish this edition now; None when they may."""
    if edition.state != "proposed" or edition.appeal_until is None:
        return IllegalMove(f"这一版{EDITION_LABELS[edition.state]}，不能公布。先要提出、给部门申诉的时间。")
    if person in (edition.proposed_by, edition.made_by):
        return Forbidden("提出（或最后计算）的人不能自己公布，请由另一位县监察员或信息发布员公布。")
    if now <= edition.appeal_until:
        return IllegalMove(f"部门可以申诉到{date_cn(edition.appeal_until)}，之后才能公布。")
    waiting = scores.open_appeals(reads, edition.period)
    if waiting:
        return IllegalMove(f"还有 {waiting} 件申诉没有决定，决定之后才能公布。")
    return outdated(reads, edition)


def published_file(database: Reads, edition: Edition) -> RankingFile:
    """The ranking of an edition."""
    return read_ranking(scores.text(database, edition.ranking_hash))


def csv_of(database: Reads, edition: Edition) -> bytes:
    """The ranking of an edition as CSV."""
    scheme = scheme_of(scores.text(database, edition.scheme_hash))
    return as_csv(ranking(read(scores.text(database, edition.ledger_hash)), scheme))


def _months(reads: Reads, period: Period, departments: set[str]) -> Sequence[MonthLine]:
    lines: list[MonthLine] = []
    for month in period.months:
        edition = scores.newest(reads, month.text, "published")
        if edition is None:
            continue
        ledger = read(scores.text(reads, edition.ledger_hash))
        found = ranking(ledger, scheme_of(scores.text(reads, edition.scheme_hash)))
        lines += [month_line(place, ledger) for place in found.places if place.id in departments]
    if not lines:
        raise IllegalMove(f"{period.label}里还没有公布过任何一个月的评分；季度和年度是各月的平均。")
    return [replace(line, n=number) for number, line in enumerate(lines, start=1)]


def _edition(
    tx: Transaction,
    basis: Basis,
    period: Period,
    number: int,
    made: Computed,
    by: Standing,
    now: datetime,
    note: str,
) -> Edition:
    return Edition(
        id=0,
        period=period.text,
        edition=number,
        state="draft",
        scheme=basis.scheme.version,
        scheme_hash=scores.put_text(tx, basis.scheme_text),
        ledger_hash=scores.put_text(tx, made.ledger),
        ranking_hash=scores.put_text(tx, made.ranking),
        as_of=now,
        note=note,
        made=now,
        made_by=by.actor,
        proposed=None,
        proposed_by=None,
        appeal_until=None,
        published=None,
        published_by=None,
        event_seq=None,
        version=0,
    )


def _proposed_again(
    tx: Transaction, basis: Basis, old: Edition, new: Edition, by: Standing, now: datetime
) -> Edition:
    """A proposal computed anew keeps its window, unless a department has come to stand worse than it was told."""
    before, after = published_file(tx, old), read_ranking(scores.text(tx, new.ranking_hash))
    worse = [each for each in after.departments if _fell(before, each.id, each.total)]
    proposed = replace(
        new,
        state="proposed",
        proposed=now if worse else old.proposed,
        proposed_by=by.actor,
        appeal_until=_until(basis.ground, now) if worse else old.appeal_until,
    )
    if old.ledger_hash != new.ledger_hash:
        _happened(tx, replace(proposed, id=old.id), by, now, "score.propose", old.state)
    if worse:
        _tell_departments(tx, replace(proposed, id=old.id), basis.ground, now)
    return proposed


def _fell(before: RankingFile, department: str, total: str | None) -> bool:
    old = before.department(department)
    return (
        old is not None and old.total is not None and (total is None or Decimal(total) < Decimal(old.total))
    )


def _until(ground: Ground, now: datetime) -> datetime:
    """The end of the last working day for appeals, as the room of appeals counts it."""
    return day_end(local_date(appeal_window(ground, next(iter(ground.departments), ""), now).due))


def _known(reads: Reads, edition_id: int) -> Edition:
    found = scores.by_id(reads, edition_id)
    if found is None:
        raise NotFound("没有这一版评分。")
    return found


def _happened(tx: Transaction, edition: Edition, by: Standing, now: datetime, kind: str, before: str) -> int:
    payload: dict[str, Json] = {
        "period": edition.period,
        "edition": edition.edition,
        "ledger": edition.ledger_hash,
        "ranking": edition.ranking_hash,
        "scheme": edition.scheme,
        "scheme_hash": edition.scheme_hash,
        "note": edition.note,
        "words": "",
    }
    # The public log holds metadata only: the ledger's hash is in the number, so that anyone can find it there.
    number = f"{edition.period}/{edition.edition}#{edition.ledger_hash[:16]}"
    appended = events.append(
        tx,
        events.NewEvent(
            at=now,
            kind=kind,
            subject="score",
            subject_id=edition.id,
            subject_number=number,
            actor=by.actor,
            role=by.role,
            unit=by.unit,
            from_state=before,
            to_state=edition.state,
            drill=False,
            payload=payload,
        ),
    )
    return appended.sequence


def _tell_departments(tx: Transaction, edition: Edition, ground: Ground, now: datetime) -> None:
    """A period is appealed against once, in whatever edition: who has done so is not promised days they do not have."""
    label = Period.parse(edition.period).label
    until = "" if edition.appeal_until is None else date_cn(edition.appeal_until)
    body = f"{label}绩效评分已经算出，请核对本部门的得分和扣分；"
    appealed = {
        department: number
        for department, number, _ in scores.appeals_of(tx, edition.period, tuple(ground.departments))
    }
    first = [each for each in ground.departments if each not in appealed]
    _tell(tx, edition, first, f"{body}有异议的，{until}前可以申诉。", now)
    for department, number in appealed.items():
        again = f"{body}本部门对这一期已经申诉过（{number}），同一期只能申诉一次，仍有不同意见的，请直接向县监察机构提出核对。"
        _tell(tx, edition, (department,), again, now)


def _tell(tx: Transaction, edition: Edition, units: Iterable[str], body: str, now: datetime) -> None:
    number = f"{edition.period}/{edition.edition}"
    outbox.add(
        tx,
        [
            outbox.NewMessage(now, f"score.{edition.state}", "unit", each, "score", edition.id, number, body)
            for each in units
        ],
    )
