"""Ledgers for tests of scores: a month of a few hundred facts drawn from a seed, and single lines."""

from __future__ import annotations

import random
from functools import lru_cache

from catalog.scoring import load_scheme, scoring_folders
from rules.score_ledger import LedgerHead, LedgerLine, write
from rules.score_scheme import Scheme

DEPARTMENTS = (
    ("market", "市监局"),
    ("police", "公安局"),
    ("health", "卫健局"),
    ("water", "水利局"),
    ("quiet", "档案局"),
)
TRIGGERS = (
    "second_supplement", "no_reasons", "missing_notice", "outside_system", "refused_though_met", "hearing_not_held",
    "late_first_review", "fee_over_standard", "disputed_closure",
)  # fmt: skip


@lru_cache(maxsize=1)
def scheme() -> tuple[Scheme, bytes]:
    """The packaged scheme and its bytes."""
    return load_scheme(scoring_folders(None), "nine-heads")


def head(period: str = "2026-10", edition: int = 1) -> LedgerHead:
    return LedgerHead("青禾县", period, edition, scheme()[0].version, "2026-11-02", DEPARTMENTS)


def month(seed: int, facts: int = 400) -> tuple[LedgerLine, ...]:
    """A month in which everything happens to everybody, more or less often by seed."""
    dice = random.Random(seed)
    lines: list[LedgerLine] = []
    bad = dice.choice((0.02, 0.1, 0.3))

    def add(kind: str, department: str, **more: object) -> None:
        lines.append(LedgerLine(len(lines) + 1, kind, department, **more))  # type: ignore[arg-type]

    busy = [each for each, _ in DEPARTMENTS[:-1]]
    for each in busy:
        for at in range(dice.randint(0, 14)):
            marks = tuple(
                mark
                for mark in ("incomplete", "review_overdue", "charges", "no_fee_basis")
                if dice.random() < bad
            )
            statutory = dice.choice((0, 10, 20, 45))
            promised = dice.randint(0, statutory) if statutory else 0
            add("item", each, item=f"{each}-{at}", marks=marks, promised=promised, statutory=statutory)
    for number in range(facts):
        each = dice.choice(busy)
        day, token = f"2026-10-{1 + 30 * number // facts:02d}", f"{number:016x}"
        state = "revoked" if dice.random() < 0.2 else ""
        draw = dice.random()
        if draw < 0.55:
            result = dice.choices(("early", "on_time", "late", "ended"), (3, 6, 2 * bad * 10, 1))[0]
            marks = ("carded",) if dice.random() < bad else ()
            add("closed", each, day=day, token=token, item=f"{each}-0", result=result, marks=marks)
        elif draw < 0.65:
            add(
                "rating",
                each,
                day=day,
                token=token,
                result=str(dice.choices((1, 2, 3, 4, 5), (6, 3, 2, 1, 1))[0]),
            )
        elif draw < 0.72:
            add("reply", each, day=day, token=token, result="late" if dice.random() < bad else "on_time")
        elif draw < 0.72 + bad / 2:
            matter = f"{dice.randint(0, 40):08x}"
            subject = dice.choice(
                ("case", "case", "stage", "certificate", "consultation", "order", "pre_acceptance")
            )
            add(
                "card", each, day=day, token=token, matter=f"{subject[:2]}{matter}", object=subject,
                level=dice.choices((1, 2, 3), (6, 2, 1))[0], state=state,
            )  # fmt: skip
        elif draw < 0.72 + bad:
            what = dice.choice(("order", "conduct", "entry", "fired"))
            if what == "order":
                add(
                    "order",
                    each,
                    day=day,
                    token=token,
                    result=dice.choice(("answered", "late", "unanswered")),
                )
            elif what == "conduct":
                add("conduct", each, day=day, token=token)
            elif what == "entry":
                kind = dice.choice(
                    (
                        "decision_overturned",
                        "case_lost",
                        "discipline",
                        "data_error",
                        "disclosure_late",
                        "other",
                    )
                )
                withdrawn = "withdrawn" if state else ""
                add(
                    "entry",
                    each,
                    day=day,
                    token=token,
                    result=kind,
                    quantity=dice.randint(1, 3),
                    state=withdrawn,
                )
            else:
                add(
                    "card", each, day=day, token=token, matter=token[:8], object="case", level=2, state=state,
                    trigger=dice.choice(TRIGGERS),
                )  # fmt: skip
    for each in ("liability", "integrity"):
        if dice.random() < 0.5:
            add("register", "", day="2026-10-31", head=each)
    return tuple(lines)


def ledger(seed: int, facts: int = 400, period: str = "2026-10", edition: int = 1) -> bytes:
    return write(head(period, edition), month(seed, facts))
