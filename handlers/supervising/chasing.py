"""Reminders by hand (催办): a supervisor asks the holder of a case, a letter or an order to move, once a day."""

from __future__ import annotations

from datetime import datetime

from handlers.casework.ground import Ground
from handlers.store import chases, counts, events, orders, outbox
from handlers.store.chases import Chase
from handlers.store.database import Database
from handlers.store.writer import Transaction
from handlers.supervising.about import subject_for, supervisor_of
from handlers.supervising.deadlines import CHANNELS
from rules.access import Role
from rules.errors import IllegalMove, Invalid, NotFound
from rules.time import local_date

LONGEST = 500
SUBJECTS = ("case", "letter", "order")


def chase(
    database: Database, ground: Ground, subject: str, number: str, words: str, person: str, now: datetime
) -> Chase:
    """Reminds the holder: a message, an event, counted. `number` of a case or letter, or an order's id.

    Raises IllegalMove where nobody has anything to do, Conflict for a second time on one day.
    """
    said = words.strip()
    if len(said) > LONGEST:
        raise Invalid("还不能催办", {"words": f"最多写 {LONGEST} 个字，现在是 {len(said)} 个字"})
    if subject not in SUBJECTS:
        raise NotFound("只能催办办件、来信和督办。")

    def job(tx: Transaction) -> Chase:
        about = subject_for(tx, ground, subject, number, "")
        standing = supervisor_of(tx, ground, person, about, now)
        if about.ended:
            raise IllegalMove("现在没有要部门办的事，不用催。")
        made = Chase(
            0, about.kind, about.id, about.number, about.department, about.unit, standing.actor, now, said, about.drill
        )  # fmt: skip
        chases.insert(tx, made)
        if about.kind == "order":
            orders.count_chase(tx, about.id)
        order = orders.by_id(tx, about.id) if about.kind == "order" else None
        state = "" if order is None else order.state
        events.append(
            tx,
            events.NewEvent(
                at=now, kind="order.chase" if about.kind == "order" else "chase", subject=about.kind,
                subject_id=about.id, subject_number=about.number, actor=standing.actor, role=standing.role,
                unit=standing.unit, from_state=state, to_state=state, drill=about.drill,
                payload={"to": about.unit, "text": said, "words": ""},
            ),
        )  # fmt: skip
        who = "县监察员" if standing.role is Role.COUNTY_SUPERVISOR else "部门监察员"
        body = f"{who}催办：{about.what.replace('你单位', '')}，请尽快办理。{said}"
        outbox.add(
            tx,
            [
                outbox.NewMessage(
                    now, "chase", "unit", unit, about.kind, about.id, about.number, body, about.drill,
                    channels=CHANNELS,
                )
                for unit in dict.fromkeys((about.unit, about.department))
            ],
        )  # fmt: skip
        if not about.drill:
            counts.add(tx, local_date(now), about.department, ("chases",))
        return made

    return database.write(job)
