"""The API's part of the table of access: the same rights as the pages have (tests/access_table.py)."""

from __future__ import annotations

from tests.access_rows import (
    A_ANSWERS,
    ANSWERERS,
    B_ANSWERS,
    BOARDS,
    CASE_WHY,
    CODE_WHY,
    CONDUCT_WHY,
    COUNTY,
    FRONT,
    LETTER_WHY,
    NO_CASE,
    NO_LETTER,
    NO_ORDER,
    ORDER_WHY,
    ORDERS,
    OWN_WHY,
    RECORDS,
    RECORDS_HERE,
    SEERS,
    SEES_CASE,
    SEES_LETTER,
    WORKERS,
    Row,
    any_post,
    anyone,
    of,
    staff,
)

API: dict[str, Row] = {
    "GET /api/v1/openapi.json": anyone("describes what is public anyway"),
    "GET /api/v1/items": anyone("the catalog is public"),
    "GET /api/v1/items/{code}": anyone("the catalog is public"),
    "GET /api/v1/items/{code}/form": anyone("the catalog is public"),
    "GET /api/v1/search": anyone("the catalog is public"),
    "POST /api/v1/cases": anyone("anyone may apply; this has no key", 400),
    "GET /api/v1/cases/{number}": anyone(CODE_WHY, 400),
    "GET /api/v1/cases/{number}/notices/{notice}": anyone(CODE_WHY, 400),
    "POST /api/v1/cases/{number}/supplement": anyone(CODE_WHY, 400),
    "POST /api/v1/cases/{number}/withdraw": anyone(CODE_WHY, 400),
    "POST /api/v1/cases/{number}/rating": anyone(CODE_WHY, 400),
    "GET /api/v1/cases/{number}/proof": anyone(CODE_WHY, 400),
    "GET /api/v1/cases/{number}/looks": anyone(CODE_WHY, 400),
    "POST /api/v1/letters": anyone("anyone may write; this has no key", 400),
    "GET /api/v1/letters": anyone("published answers"),
    "GET /api/v1/letters/similar": anyone("published answers", (200, 422)),
    "POST /api/v1/letters/files/{files}": anyone("anyone may write; there is no file", (400, 422)),
    "GET /api/v1/letters/{number}/files/{file}": anyone(CODE_WHY, 400),
    "GET /api/v1/letters/{number}": anyone(CODE_WHY, 400),
    "POST /api/v1/letters/{number}/chase": anyone(CODE_WHY, 400),
    "POST /api/v1/letters/{number}/rating": anyone(CODE_WHY, 400),
    "POST /api/v1/letters/{number}/settle": anyone(CODE_WHY, 400),
    "POST /api/v1/letters/{number}/dispute": anyone(CODE_WHY, 400),
    "POST /api/v1/letters/{number}/object": anyone(CODE_WHY, 400),
    "POST /api/v1/letters/{number}/withdraw": anyone(CODE_WHY, 400),
    "GET /api/v1/scores": anyone("published scores"),
    "GET /api/v1/scores/{period}": anyone("not published yet: it does not exist, not for staff either", 404),
    "GET /api/v1/scores/{period}/{part}": anyone("not published yet", 404),
    "POST /api/v1/session": anyone("login and password are missing", (401, 422)),
    # --- the API, staff: the same rights as the pages ---
    "DELETE /api/v1/session": any_post(OWN_WHY, 204),
    "GET /api/v1/messages": any_post(OWN_WHY),
    "GET /api/v1/desk": staff("cases.see", SEERS),
    "GET /api/v1/desk/cases/{number}": staff(CASE_WHY, SEES_CASE, NO_CASE),
    "GET /api/v1/desk/notices/{notice}": staff(CASE_WHY, SEES_CASE, NO_CASE),
    "POST /api/v1/desk/cases/{number}/moves": staff(
        "cases.work; it has no key", SEES_CASE & WORKERS, NO_CASE & WORKERS, 400
    ),
    "POST /api/v1/desk/cases/{number}/materials": staff(
        "cases.intake within reach", SEES_CASE & FRONT, NO_CASE & FRONT, 422
    ),
    "POST /api/v1/desk/cases/{number}/fees": staff(
        "cases.intake within reach", SEES_CASE & FRONT, NO_CASE & FRONT, 422
    ),
    "POST /api/v1/desk/cases/{number}/certificate": staff(
        "certificates.issue within reach; nothing is granted yet", (SEES_CASE & FRONT) | of("a-decider"),
        (NO_CASE & FRONT) | of("b-decider"), (404, 409, 422),
    ),
    "POST /api/v1/desk/cases/{number}/told-outside": staff(
        "cases.record: windows and supervisors, within reach", RECORDS_HERE, RECORDS - RECORDS_HERE, (400, 409, 422)
    ),
    "POST /api/v1/desk/cases/{number}/charges": staff(
        "cases.record: windows and supervisors, within reach", RECORDS_HERE, RECORDS - RECORDS_HERE, (400, 409, 422)
    ),
    "GET /api/v1/desk/letters": staff("letters.see", SEERS),
    "GET /api/v1/desk/conduct": staff(CONDUCT_WHY, COUNTY),
    "GET /api/v1/desk/letters/{number}": staff(LETTER_WHY, SEES_LETTER, NO_LETTER),
    "GET /api/v1/desk/letters/{number}/files/{file}": staff(LETTER_WHY, SEES_LETTER, NO_LETTER),
    "GET /api/v1/desk/letters/{number}/suggestions": staff(LETTER_WHY, SEES_LETTER, NO_LETTER),
    "POST /api/v1/desk/letters/{number}/moves/{move}": staff(LETTER_WHY, SEES_LETTER, NO_LETTER, (403, 409, 422)),
    "GET /api/v1/board": staff("board.see, for who has a department", BOARDS),
    "POST /api/v1/cards/{card}/decision": staff("cards.decide: a department never its own", COUNTY, status=(409, 422)),
    "POST /api/v1/cards/{card}/revocation": staff("cards.decide: a department never its own", COUNTY, status=422),
    "POST /api/v1/sweep": staff("sweep.run", COUNTY | of("administrator")),
    "GET /api/v1/orders": staff("orders.see, for who has a department", ORDERS),
    "POST /api/v1/orders": staff(
        "orders.issue; it has no key", COUNTY | of("a-supervisor", "b-supervisor"), status=400
    ),
    "GET /api/v1/orders/{order}": staff(ORDER_WHY, A_ANSWERS | COUNTY, NO_ORDER),
    "POST /api/v1/orders/{order}/moves": staff(
        ORDER_WHY + "; the county accepts, a department never its own", COUNTY, NO_ORDER, (200, 409), own=(A_ANSWERS, 403)
    ),
    "POST /api/v1/orders/{order}/files": staff(ORDER_WHY, A_ANSWERS | COUNTY, NO_ORDER, (400, 403, 409, 422)),
    "POST /api/v1/orders/{order}/accountability": staff("appeals.decide", COUNTY, status=422),
    "POST /api/v1/chases": staff("orders.issue", COUNTY | of("a-supervisor", "b-supervisor"), status=422),
    "GET /api/v1/cards/{card}": staff(ORDER_WHY, A_ANSWERS | COUNTY, B_ANSWERS),
    "POST /api/v1/cards/{card}/appeals": staff(
        "who answers for A, once; the county does not appeal", A_ANSWERS | COUNTY, NO_ORDER, (403, 409)
    ),
    "POST /api/v1/cards/{card}/files": staff(ORDER_WHY, A_ANSWERS | COUNTY, B_ANSWERS, (400, 403, 409, 422)),
    "GET /api/v1/appeals/{appeal}": staff(ORDER_WHY, A_ANSWERS | COUNTY, NO_ORDER),
    "POST /api/v1/appeals/{appeal}/moves": staff(
        ORDER_WHY + "; a department never decides its own", COUNTY, NO_ORDER, (200, 403, 409), own=(A_ANSWERS, 403)
    ),
    "GET /api/v1/statistics": staff("statistics.see", ANSWERERS | COUNTY | of("centre")),
}  # fmt: skip
for _method in ("DELETE", "GET", "PATCH", "POST", "PUT"):
    API[f"{_method} /api/v1/{{rest:path}}"] = anyone("there is nothing else", 404)
