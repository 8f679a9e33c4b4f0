"""Who is who in the table of access, and how a row of it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.access_fixtures import ACCOUNTS, HALFWAY, PUBLIC, STAFF

Names = frozenset[str]


def of(*names: str) -> Names:
    assert set(names) <= set(ACCOUNTS), names
    return frozenset(names)


NOBODY: Names = frozenset()
COUNTY = of("county", "county-2")
A_WORKS = of("a-window", "a-coordinator", "a-reviewer", "a-decider")
A_ANSWERS = of("a-coordinator", "a-decider", "a-supervisor")
A = A_WORKS | of("a-supervisor")
B_ANSWERS = of("b-coordinator", "b-decider", "b-supervisor")
B = of("b-window", "b-reviewer") | B_ANSWERS
CLERKS = of("a-window", "a-counter", "b-window", "x-clerk", "y-clerk")
COORDINATORS = of("a-coordinator", "b-coordinator", "centre")
TOWNS = of("x-supervisor", "y-supervisor")
WORKERS = CLERKS | COORDINATORS | of("a-reviewer", "b-reviewer", "a-decider", "b-decider")
SEERS = WORKERS | COUNTY | TOWNS | of("a-supervisor", "b-supervisor")
# Reads orders, appeals, figures for a department. The centre's coordinator answers for no department of the fixture.
ANSWERERS = A_ANSWERS | B_ANSWERS
FRONT = CLERKS | COORDINATORS

# The case was taken in by a village of town X: A has it, X took it in, the county watches.
SEES_CASE = A | COUNTY | of("x-clerk", "x-supervisor")
NO_CASE = SEERS - SEES_CASE
# A letter of A's has nothing to do with the towns, nor with a counter that is not above the department.
SEES_LETTER = A | COUNTY
NO_LETTER = SEERS - SEES_LETTER


@dataclass(frozen=True)
class Row:
    """One route and method. `answers`: by account the statuses that are right; accounts not named get `rest`.

    `html`: where nobody is signed in a GET is sent to the sign-in page and a POST is refused with 401.
    """

    why: str
    answers: Mapping[str, frozenset[int]] = field(default_factory=dict)
    rest: frozenset[int] = frozenset({403})
    public: bool = False

    def right(self, account: str, method: str, html: bool) -> frozenset[int]:
        """The statuses that are right for an account."""
        if account in self.answers:
            return self.answers[account]
        if not self.public and account in PUBLIC | HALFWAY:
            return frozenset({303 if html and method == "GET" else 401})
        return self.rest


def _s(status: int | tuple[int, ...]) -> frozenset[int]:
    return frozenset({status} if isinstance(status, int) else status)


def staff(
    why: str,
    ok: Names,
    missing: Names = NOBODY,
    status: int | tuple[int, ...] = 200,
    **more: tuple[Names, int],
) -> Row:
    """Those in `ok` get `status`, for those in `missing` it does not exist, all other staff are refused."""
    answers = {name: _s(status) for name in ok} | {name: _s(404) for name in missing}
    for names, other in more.values():
        answers |= {name: _s(other) for name in names}
    assert not ok & missing, ok & missing
    return Row(why, answers)


def anyone(why: str, status: int | tuple[int, ...] = 200, **by: int | tuple[int, ...]) -> Row:
    """Everybody gets `status`; `applicant_a=…` names another answer for one account."""
    answers = {name.replace("_", "-"): _s(each) for name, each in by.items()}
    return Row(why, answers, rest=_s(status), public=True)


def any_post(why: str, status: int | tuple[int, ...] = 200) -> Row:
    return staff(why, STAFF, status=status)


PROVED_WHY = "opens to who proved number and code; asks all others for them"
CODE_WHY = "the query code goes with every call; without it the call is incomplete"
OWN_WHY = "one's own account"
CASE_WHY = "cases.see: A's posts, who took it in, and the county"
LETTER_WHY = "letters.see: the department that has it, and the county"
CARD_WHY = "cards.see: who answers for A, the town that took the case in, the county"
ORDER_WHY = "orders.see: who answers for A, and the county"
CONDUCT_WHY = "letters.conduct: the county supervisor and nobody else"
SCORE_WHY = "scores.see: A's own, and who proposes and publishes"
CARDS = ANSWERERS | TOWNS | COUNTY
SEES_CARD = A_ANSWERS | COUNTY | of("x-supervisor")
NO_CARD = CARDS - SEES_CARD
ORDERS = ANSWERERS | COUNTY
NO_ORDER = B_ANSWERS | of("centre")
BOARDS = COUNTY | of("a-supervisor", "b-supervisor", "a-coordinator", "b-coordinator")
A_BOARD = COUNTY | of("a-supervisor", "a-coordinator")
SCORERS = WORKERS | COUNTY | of("a-supervisor", "b-supervisor", "publisher")
A_SCORE = A_ANSWERS | COUNTY | of("publisher")
RECORDS = FRONT | COUNTY | of("a-supervisor", "b-supervisor")
RECORDS_HERE = RECORDS & SEES_CASE
EDITS = COUNTY | of("publisher")
