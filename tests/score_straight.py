"""The score once more, straight down the page, from the text of a ledger: shares no code with rules/score.py.

Written from DOMAIN “Performance score” and the sentences of nine-heads.yml, in whole hundredths of a point, with
none of the scheme's data, so that a slip in either shows.
"""

from __future__ import annotations

import json
from typing import Any

TIMED = ("case", "special_procedure", "pre_acceptance", "certificate")
PROCEDURE = {
    "second_supplement": 200, "no_reasons": 200, "missing_notice": 100, "outside_system": 300,
    "refused_though_met": 200, "hearing_not_held": 200,
}  # fmt: skip


def half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def straight(ledger: bytes) -> dict[str, dict[str, Any]]:
    """Per department: points of each head in hundredths (None: not measured), total, closed, ranked, grade."""
    rows = [json.loads(text) for text in ledger.decode().split("\n") if text]
    return {each: one(each, rows[1:]) for each, _ in rows[0]["departments"]}


def one(department: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    own = [row for row in rows if row["department"] in (department, "") and not row.get("state")]
    items = [row for row in own if row["kind"] == "item"]
    closed = [row for row in own if row["kind"] == "closed"]
    decided = [row for row in closed if row["result"] != "ended"]
    entries = [row for row in own if row["kind"] == "entry"]
    registers = {row["head"] for row in own if row["kind"] == "register"}
    if all(row["kind"] == "register" for row in own):
        registers = set()
    fired = [row for row in own if row["kind"] == "card" and row.get("trigger")]
    top: dict[tuple[str, str], dict[str, Any]] = {}
    for row in own:
        if row["kind"] == "card" and not row.get("trigger"):
            key = (row["object"], row["matter"])
            if key not in top or row["level"] > top[key]["level"]:
                top[key] = row
    cards = list(top.values())

    def entered(*kinds: str) -> int:
        return sum(row.get("quantity", 1) for row in entries if row["result"] in kinds)

    heads: dict[str, int | None] = {}
    faulty = sum(1 for row in items if {"incomplete", "review_overdue"} & set(row.get("marks", [])))
    late_disclosure = entered("disclosure_late")
    openness = 1000 - 100 * (faulty * 100 // len(items) // 10 if items else 0) - 100 * late_disclosure
    heads["openness"] = max(openness, 0) if items or late_disclosure else None

    wrong = [row for row in fired if row["trigger"] in PROCEDURE]
    procedure = 1400 - sum(PROCEDURE[row["trigger"]] for row in wrong)
    heads["procedure"] = max(procedure, 0) if closed or wrong else None

    limits, row_of_warnings = 1400, 0
    timed = [row for row in cards if row["object"] in TIMED]
    for row in timed:
        limits -= {1: 0, 2: 500, 3: 1000}[row["level"]]
    limits -= 100 * sum(1 for row in cards if row["object"] == "stage" and row["level"] >= 2)
    warnings = {row["n"] for row in timed if row["level"] == 1}
    clean = {
        row["n"]
        for row in closed
        if row["result"] in ("early", "on_time") and "carded" not in row.get("marks", [])
    }
    for number in sorted(warnings | clean):
        row_of_warnings = row_of_warnings + 1 if number in warnings else 0
        if row_of_warnings == 3:
            limits, row_of_warnings = limits - 300, 0
    seen = timed or [row for row in cards if row["object"] == "stage"]
    heads["limits"] = max(limits, 0) if closed or seen else None

    over = [row for row in fired if row["trigger"] == "fee_over_standard"]
    baseless = sum(1 for row in items if "no_fee_basis" in row.get("marks", []))
    charges = any("charges" in row.get("marks", []) for row in items)
    heads["fees"] = max(800 - 400 * len(over) - 100 * baseless, 0) if charges or over else None

    ratings = [row["result"] for row in own if row["kind"] == "rating"]
    good = sum(1 for each in ratings if each in ("1", "2", "3"))
    heads["satisfaction"] = half_up(1000 * good, len(ratings)) if len(ratings) >= 10 else None

    replies = [row for row in own if row["kind"] == "reply"]
    conduct = [row for row in own if row["kind"] == "conduct"]
    attitude = 1000 - 200 * len(conduct) - 100 * sum(1 for row in replies if row["result"] == "late")
    attitude -= 100 * sum(1 for row in fired if row["trigger"] == "disputed_closure")
    heads["attitude"] = max(attitude, 0) if closed or replies or conduct else None

    orders = [row["result"] for row in own if row["kind"] == "order"]
    supervision = 1400 - 500 * orders.count("unanswered") - 200 * orders.count("late")
    heads["supervision"] = max(supervision, 0) if closed or orders else None

    overturned = entered("decision_overturned", "case_lost")
    heads["liability"] = max(1000 - 500 * overturned, 0) if "liability" in registers or overturned else None
    punished = entered("discipline")
    heads["integrity"] = max(1000 - 1000 * punished, 0) if "integrity" in registers or punished else None

    early = sum(1 for row in decided if row["result"] == "early")
    extra = 100 * (early * 100 // len(decided) // 10) if decided else 0
    promised = sum(row.get("promised", 0) for row in items if row.get("statutory", 0) > 0)
    statutory = sum(row.get("statutory", 0) for row in items)
    if statutory:
        cut_tenths = (statutory - promised) * 10 // statutory
        extra += 300 + 100 * (cut_tenths - 3) if (statutory - promised) * 10 >= 3 * statutory else 0
    errors = min(entered("data_error"), len(decided))
    extra -= min(500, 100 * (errors * 100 // len(decided))) if decided else 0

    bases = dict(zip(heads, (10, 14, 14, 8, 10, 10, 14, 10, 10), strict=True))
    # What only an entry made measurable is not scaled; its loss comes straight off the total.
    only_entered = set()
    if not items and late_disclosure:
        only_entered.add("openness")
    only_entered |= {
        name for name in ("liability", "integrity") if heads[name] is not None and name not in registers
    }
    measured = [name for name, points in heads.items() if points is not None and name not in only_entered]
    if measured:
        extra -= sum(1000 - (heads[name] or 0) for name in only_entered)
    else:
        measured = sorted(only_entered)
    total = None
    if measured:
        reached = sum(heads[name] or 0 for name in measured)
        total = max(half_up(reached * 100, sum(bases[name] for name in measured)) + extra, 0)
    ranked = total is not None and len(decided) >= 30
    grade = ""
    if ranked and total is not None:
        grade = (
            "excellent"
            if total >= 9000
            else "good"
            if total >= 8000
            else "passed"
            if total >= 6000
            else "failed"
        )
    return {"heads": heads, "total": total, "closed": len(decided), "ranked": ranked, "grade": grade}
