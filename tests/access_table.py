"""Who may call what: every route with the answer each account must get, written from the rules and not from the code.

The rules: permissions.yml (which post may do what, how far it reaches), DOMAIN §4 (separation of duties), and the
pages' own contracts (a case, draft, letter, receipt or notice opens to who proved its code and asks all others for
it; staff get 404 for what lies outside their reach, so that it cannot be told from what does not exist).

The things asked for are department A's: a case a village of town X took in, its card, order, appeal, files, notice,
score; a letter of A's; applicant A filed the case, wrote the letters, and has a draft.
"""

from __future__ import annotations

from tests.access_fixtures import STAFF
from tests.access_rows import (
    A_ANSWERS,
    A_BOARD,
    A_SCORE,
    ANSWERERS,
    B_ANSWERS,
    BOARDS,
    CARD_WHY,
    CARDS,
    CASE_WHY,
    CONDUCT_WHY,
    COUNTY,
    EDITS,
    FRONT,
    LETTER_WHY,
    NO_CARD,
    NO_CASE,
    NO_LETTER,
    NO_ORDER,
    NOBODY,
    ORDER_WHY,
    ORDERS,
    OWN_WHY,
    PROVED_WHY,
    RECORDS,
    RECORDS_HERE,
    SCORE_WHY,
    SCORERS,
    SEERS,
    SEES_CARD,
    SEES_CASE,
    SEES_LETTER,
    WORKERS,
    Row,
    any_post,
    anyone,
    of,
    staff,
)
from tests.access_table_api import API

TABLE: dict[str, Row] = {
    # --- the public side ---
    "GET /hall/search": anyone("the catalog is public"),
    "GET /hall/forms/{code}/blank.docx": anyone("forms hold nothing of anybody"),
    "GET /hall/forms/{code}/sample.docx": anyone("forms hold nothing of anybody"),
    "GET /hall/apply/{code}": anyone("anyone may apply"),
    "POST /hall/apply/{code}/window": staff("cases.intake, at one's own unit: town X's here", of("x-clerk"), status=303),
    "GET /hall/apply/{code}/{handle}/saved": anyone("another's draft is gone", 410, applicant_a=200),
    "GET /hall/apply/{code}/{handle}/check": anyone("another's draft is gone", 410, applicant_a=200),
    "POST /hall/apply/{code}/{handle}/check": anyone("another's draft is gone", 410, applicant_a=422),
    "GET /hall/apply/{code}/{handle}/{section}": anyone("another's draft is gone", 410, applicant_a=200),
    "POST /hall/apply/{code}/{handle}/{section}": anyone("what is typed begins a draft of one's own", (303, 422)),
    "GET /hall/drafts": anyone("the browser's own drafts"),
    "POST /hall/drafts": anyone("a draft's code is asked for", 422),
    "GET /hall/apply/{code}/{handle}/files/{file}": anyone("another's draft is gone", (404, 410), applicant_a=200),
    "GET /hall/receipt/{number}.docx": anyone(PROVED_WHY),
    "GET /hall/receipt/{number}.json": anyone("a receipt's proof is its applicant's", 404, applicant_a=200),
    "GET /hall/receipt/{number}": anyone(PROVED_WHY),
    "POST /hall/receipt/{number}": anyone("number and code are missing", 422),
    "GET /hall/track": anyone("asks for number and code"),
    "POST /hall/track": anyone("number and code are missing", 422),
    "POST /hall/track/leave": anyone("clears the browser's own cookies", 303),
    "GET /hall/track/{number}/files/{file}": anyone(PROVED_WHY),
    "GET /hall/track/{number}": anyone(PROVED_WHY),
    "GET /hall/track/{number}/supplement": anyone(PROVED_WHY, applicant_a=(200, 303, 409)),
    "POST /hall/track/{number}/supplement": anyone(PROVED_WHY, (200, 303), applicant_a=(303, 409, 422)),
    "GET /hall/track/{number}/withdraw": anyone(PROVED_WHY),
    "POST /hall/track/{number}/withdraw": anyone(PROVED_WHY, (200, 303), applicant_a=(409, 422)),
    "GET /hall/track/{number}/hearing": anyone(PROVED_WHY, applicant_a=(200, 303, 409)),
    "POST /hall/track/{number}/hearing": anyone(PROVED_WHY, (200, 303), applicant_a=(303, 409, 422)),
    "GET /hall/rate": anyone("asks for number and code"),
    "POST /hall/rate": anyone("number and code are missing", 422),
    "GET /hall/rate/{number}": anyone(PROVED_WHY),
    "POST /hall/rate/{number}": anyone(PROVED_WHY, (200, 303), applicant_a=(303, 409, 422)),
    "GET /hall/track/{number}/proof.json": anyone("the proof is its applicant's", 404, applicant_a=200),
    "GET /hall/track/{number}/record": anyone(PROVED_WHY),
    "POST /hall/track/{number}/record": anyone("number and code are missing", 422),
    "GET /hall/letters/new": anyone("anyone may write"),
    "POST /hall/letters/new": anyone("anyone may write; this one is empty", 422),
    "GET /hall/letters": anyone("published answers"),
    "GET /hall/letters/similar": anyone("published answers"),
    "GET /hall/letters/public/{number}": anyone("not published: it does not exist, not for staff either", 404),
    "GET /hall/letters/track": anyone("asks for number and code"),
    "POST /hall/letters/track": anyone("number and code are missing", 422),
    "GET /hall/letters/{number}/files/{file}": anyone("a letter's file is its writer's", 404, applicant_a=200),
    "GET /hall/letters/{number}": anyone(PROVED_WHY),
    "POST /hall/letters/{number}": anyone(PROVED_WHY, applicant_a=422),
    "GET /hall/feedback": anyone("anyone may point out a mistake"),
    "POST /hall/feedback": anyone("anyone may point out a mistake; this one is empty", 422),
    "GET /hall/check/order": anyone("asks for the paper's code"),
    "POST /hall/check/order": anyone("the paper's code is missing", (200, 422)),
    "POST /hall/delivery/receipts": anyone("the gateway's secret is missing", (403, 404)),
    "GET /hall/notices/{notice}.docx": anyone(
        "the applicant's, and staff's who may see the case", applicant_a=200,
        **{name.replace("-", "_"): 404 for name in STAFF - SEES_CASE},
    ),
    "GET /hall/notices/{notice}": anyone(
        "the applicant's, and staff's who may see the case", applicant_a=200,
        **{name.replace("-", "_"): 404 for name in STAFF - SEES_CASE},
    ),
    "POST /hall/notices/{notice}": anyone("number and code are missing", 422),
    "GET /healthz": anyone("says nothing but that the process runs"),
    "GET /readyz": anyone("says nothing but whether parts can be read"),
    "GET /metrics": anyone("the machines' own figures: by token only", (401, 403, 404)),
    # --- one's own account ---
    "GET /hall/staff/sign-in": anyone("here staff say who they are", (200, 303)),
    "POST /hall/staff/sign-in": anyone("login and password are missing", (303, 401, 422)),
    "GET /hall/staff/second-factor": anyone("only a sign-in that has begun", 303, owes_digits=200),
    "POST /hall/staff/second-factor": anyone("only a sign-in that has begun", (303, 401), owes_digits=401),
    "GET /hall/staff/new-password": anyone("only a sign-in that has begun", 303, owes_password=200),
    "POST /hall/staff/new-password": anyone("only a sign-in that has begun", 303, owes_password=(403, 422)),
    "GET /hall/staff/enrolment": anyone("only a sign-in that owes its enrolment", 303),
    "POST /hall/staff/enrolment": anyone("only a sign-in that owes its enrolment", 303),
    "POST /hall/staff/enrolment/confirm": anyone("only a sign-in that owes its enrolment", 303),
    "POST /hall/staff/enrolment/sign-out": anyone("only a sign-in that owes its enrolment", 303),
    "POST /hall/staff/sign-out": any_post(OWN_WHY, 303),
    "GET /hall/staff/account": any_post(OWN_WHY),
    "POST /hall/staff/account/password": any_post(OWN_WHY, 422),
    "POST /hall/staff/account/second-factor": any_post(OWN_WHY, (200, 303)),
    "POST /hall/staff/account/second-factor/confirm": any_post(OWN_WHY, 422),
    "POST /hall/staff/account/second-factor/disable": any_post(OWN_WHY, (303, 409, 422)),
    "POST /hall/staff/account/sessions": any_post(OWN_WHY, 303),
    "GET /hall/staff/messages": any_post(OWN_WHY),
    "POST /hall/staff/messages/read": any_post(OWN_WHY + "; none is named", 422),
    # --- cases ---
    "GET /hall/staff/": staff("cases.see", SEERS),
    "GET /hall/staff/window": staff("cases.intake", FRONT),
    "GET /hall/staff/cases/{number}": staff(CASE_WHY, SEES_CASE, NO_CASE),
    "GET /hall/staff/attachments/{attachment}": staff(CASE_WHY, SEES_CASE, NO_CASE),
    "POST /hall/staff/cases/{number}/moves/{move}": staff(
        "cases.work; supervisors only watch", SEES_CASE & WORKERS, NO_CASE & WORKERS, (403, 409, 422)
    ),
    "POST /hall/staff/cases/{number}/materials/{code}": staff(
        "cases.intake within reach", SEES_CASE & FRONT, NO_CASE & FRONT, (303, 422)
    ),
    "POST /hall/staff/cases/{number}/fees/{position}": staff(
        "cases.intake within reach; this item has no fee", SEES_CASE & FRONT, NO_CASE & FRONT, (404, 422)
    ),
    "POST /hall/staff/cases/{number}/certificate": staff(
        "certificates.issue within reach; nothing is granted yet", (SEES_CASE & FRONT) | of("a-decider"),
        (NO_CASE & FRONT) | of("b-decider"), (404, 409, 422),
    ),
    "POST /hall/staff/cases/{number}/told-outside": staff(
        "cases.record: windows and supervisors, within reach", RECORDS_HERE, RECORDS - RECORDS_HERE, (409, 422)
    ),
    "POST /hall/staff/cases/{number}/charges": staff(
        "cases.record: windows and supervisors, within reach", RECORDS_HERE, RECORDS - RECORDS_HERE, (409, 422)
    ),
    # --- letters ---
    "GET /hall/staff/letters": staff("letters.see", SEERS),
    "GET /hall/staff/conduct": staff(CONDUCT_WHY, COUNTY),
    "GET /hall/staff/letters/{number}": staff(LETTER_WHY, SEES_LETTER, NO_LETTER),
    "GET /hall/staff/letters/{number}/files/{file}": staff(LETTER_WHY, SEES_LETTER, NO_LETTER),
    "POST /hall/staff/letters/{number}/moves/{move}": staff(
        LETTER_WHY + "; who may read and not move is told so", SEES_LETTER, NO_LETTER, (403, 409, 422)
    ),
    # --- what follows a bad rating ---
    "GET /hall/staff/ratings": staff("orders.see, for who has a department", ORDERS),
    "GET /hall/staff/ratings/{rated}": staff(ORDER_WHY, A_ANSWERS | COUNTY, NO_ORDER),
    "POST /hall/staff/ratings/{rated}/moves/{move}": staff(
        ORDER_WHY + "; there is no objection to judge", A_ANSWERS | COUNTY, NO_ORDER, 409
    ),
    # --- the machines ---
    "GET /hall/access-log": staff("access_log.see: who looks at cases does not keep it", of("administrator")),
    "GET /hall/access-log.csv": staff("access_log.see", of("administrator")),
    "GET /hall/staff/deliveries": staff("deliveries.see", of("administrator")),
    "POST /hall/staff/deliveries/{delivery}/again": staff(
        "deliveries.see; there is no such delivery", NOBODY, of("administrator")
    ),
    "GET /hall/staff/erase": staff("data.erase", of("administrator")),
    "POST /hall/staff/erase": staff("data.erase; nothing is named", of("administrator"), status=422),
    # --- supervision ---
    "GET /hall/board": staff("board.see, for who has a department", BOARDS),
    "GET /hall/board/stream": staff("board.see, for who has a department", BOARDS),
    "GET /hall/board/watch": staff("board.see, for who has a department", BOARDS),
    "GET /hall/board/{department}": staff("A's board", A_BOARD, BOARDS - A_BOARD, others=(of("centre"), 403)),
    "GET /hall/board/{department}/{item}": staff(
        "A's board", A_BOARD, BOARDS - A_BOARD, others=(of("centre"), 403)
    ),
    "GET /hall/cards/by-hand": staff("cards.decide", COUNTY),
    "POST /hall/cards/by-hand": staff("cards.decide; nothing is named", COUNTY, status=422),
    "GET /hall/cards": staff("cards.see", CARDS),
    "GET /hall/cards/pending": staff("cards.see", CARDS),
    "GET /hall/cards/{card}": staff(CARD_WHY, SEES_CARD, NO_CARD),
    "POST /hall/cards/{card}/decide": staff("cards.decide: a department never its own", COUNTY, status=422),
    "POST /hall/cards/{card}/revoke": staff("cards.decide: a department never its own", COUNTY, status=422),
    "GET /hall/orders": staff("orders.see, for who has a department", ORDERS),
    "GET /hall/orders/new": staff("orders.issue", COUNTY | of("a-supervisor", "b-supervisor")),
    "POST /hall/orders/new": staff(
        "orders.issue; nothing is named", COUNTY | of("a-supervisor", "b-supervisor"), status=422
    ),
    "GET /hall/orders/{order}": staff(ORDER_WHY, A_ANSWERS | COUNTY, NO_ORDER),
    "GET /hall/orders/{order}/document": staff(ORDER_WHY, A_ANSWERS | COUNTY, NO_ORDER),
    "GET /hall/orders/{order}/document.docx": staff(ORDER_WHY, A_ANSWERS | COUNTY, NO_ORDER),
    "POST /hall/orders/{order}/moves/{move}": staff(
        "orders.issue within reach; a department does not accept its own", COUNTY, of("b-supervisor"), (303, 409),
        own=(of("a-supervisor"), 403),
    ),
    "POST /hall/orders/{order}/reply": staff(
        "who answers for A; the county reads", A_ANSWERS | COUNTY, NO_ORDER, (303, 403, 409, 422)
    ),
    "POST /hall/orders/{order}/chase": staff(
        "orders.issue within reach", COUNTY | of("a-supervisor"), of("b-supervisor"), (403, 409, 422)
    ),
    "GET /hall/supervision-files/{file}": staff(ORDER_WHY, A_ANSWERS | COUNTY, NO_ORDER),
    "POST /hall/orders/{order}/accountability": staff("appeals.decide", COUNTY, status=422),
    "POST /hall/orders/{order}/accountability/{entry}/withdraw": staff("appeals.decide", COUNTY, status=422),
    "GET /hall/cards/{card}/appeal": staff(ORDER_WHY, A_ANSWERS | COUNTY, B_ANSWERS),
    "POST /hall/cards/{card}/appeal": staff(
        "who answers for A; it is under appeal already", A_ANSWERS | COUNTY, B_ANSWERS, (303, 403, 409, 422)
    ),
    "GET /hall/appeals/{appeal}": staff(ORDER_WHY, A_ANSWERS | COUNTY, NO_ORDER),
    "POST /hall/appeals/{appeal}/refile": staff(
        "who answers for A", A_ANSWERS | COUNTY, NO_ORDER, (303, 403, 409, 422)
    ),
    "POST /hall/appeals/{appeal}/moves/{move}": staff("appeals.decide", COUNTY, status=(403, 409, 422)),
    "GET /hall/staff/chase/{number}": staff(
        "orders.issue within reach", COUNTY | of("a-supervisor"), of("b-supervisor")
    ),
    "POST /hall/staff/chase/{number}": staff(
        "orders.issue within reach, once a day", COUNTY | of("a-supervisor"), of("b-supervisor"), (303, 409)
    ),
    # --- figures ---
    "GET /hall/statistics": staff("statistics.see", ANSWERERS | COUNTY | of("centre")),
    "GET /hall/statistics/table.{kind}": staff("statistics.see", ANSWERERS | COUNTY | of("centre")),
    "GET /hall/statistics/cases": staff("statistics.see", ANSWERERS | COUNTY | of("centre")),
    "GET /hall/statistics/definitions": staff("statistics.see", ANSWERERS | COUNTY | of("centre")),
    "POST /hall/statistics/saved": staff(
        "statistics.see; it has no name", ANSWERERS | COUNTY | of("centre"), status=422
    ),
    "POST /hall/statistics/saved/{report}/forget": staff(
        "a saved report is its owner's; this one is not there", NOBODY, ANSWERERS | COUNTY | of("centre")
    ),
    "GET /hall/statistics/quarterly": staff("reports.write", COUNTY),
    "GET /hall/statistics/quarterly/report.docx": staff("reports.write", COUNTY),
    "POST /hall/statistics/quarterly/text": staff("reports.write", COUNTY, status=(303, 409, 422)),
    "GET /hall/scores": staff("scores.see", SCORERS),
    "GET /hall/scores/mine": staff("scores.see", SCORERS),
    "POST /hall/scores/compute": staff("who proposes", EDITS, status=422),
    "GET /hall/scores/editions/{edition}": staff("who proposes and publishes", EDITS),
    "POST /hall/scores/editions/{edition}/propose": staff("who proposes; it is proposed", EDITS, status=409),
    "POST /hall/scores/editions/{edition}/publish": staff(
        "appeals are open yet; who proposed never publishes", EDITS, status=(403, 409)
    ),
    "GET /hall/scores/{period}/{department}/persons": staff(
        "who supervises A's persons", COUNTY | of("a-supervisor"), SCORERS - COUNTY - of("a-supervisor")
    ),
    "GET /hall/scores/{period}/{department}": staff(SCORE_WHY, A_SCORE, SCORERS - A_SCORE),
    "GET /hall/scores/entries": staff("who enters", COUNTY),
    "POST /hall/scores/entries": staff("who enters; nothing is named", COUNTY, status=422),
    "POST /hall/scores/entries/{entry}/withdraw": staff("who enters; no reason", COUNTY, status=422),
    "GET /hall/scores/{period}/{department}/appeal": staff(
        SCORE_WHY + "; who proposes does not appeal", A_ANSWERS, SCORERS - A_SCORE, proposers=(EDITS, 409)
    ),
    "POST /hall/scores/{period}/{department}/appeal": staff(
        SCORE_WHY + "; who proposed does not appeal", A_SCORE, SCORERS - A_SCORE, (303, 403, 409, 422)
    ),
    **API,
}  # fmt: skip
