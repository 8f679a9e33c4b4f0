"""Everything that happens to a case: one class, `Casework`, over the store, consulted rules between.

Interface for pages (all times are `datetime`, `now` is given by the caller):

    casework = Casework(database, ground)          # ground: Callable[[], Ground]

Writing. Every method blocks until the write is durable; those marked * have a twin `…_async` for event loops.
Others are called from async endpoints with `await run_in_threadpool(casework.method, …)`.

    file_case*(application, *, key, channel, now, by=None, drill=False) -> Filed
    move*(number, move, by, data, *, key, now) -> Moved        by: ByApplicant | ByStaff | BySystem
    rate*(number, query_code, score, words, *, now, channel="web") -> None      score 1–5 (A.8)
    record_material(number, by, code, *, originals, copies, reused, note, now) -> None
    pay_fee(number, by, position, *, waived, now) -> None
    issue_certificate(number, by, *, now, number_given=None) -> Certificate
    decide_card(card_id, by, *, confirm, reason, now) -> Card              pending → issued or revoked
    revoke_card(card_id, by, reason, *, now) -> Card
    erase(number, by, reason, *, now) -> None                              personal data out, chain intact
    sweep(now) -> Swept ; recompute_clocks(now) -> Recomputed ; synchronise_units(now) -> None
    publish_figures(folder, now) -> Figures

Reading.

    public_view(number, query_code, now) -> CaseView            NotFound for unknown number and wrong code alike
    receipt(number, query_code, now) -> ReceiptView
    staff_view(number, person, now, request_id="") -> StaffCaseView        logs the look; NotFound out of scope
    notice_for_applicant(notice_id, number, query_code) -> Notice
    notice_for_staff(notice_id, person, now, request_id="") -> Notice
    attachment_for_staff(attachment_id, person, now, request_id="") -> (Attachment, Path)
    desk(person, *, tab="to_do", search="", department=None, state=None, page=1, size=20, now) -> DeskPage
    board(person, now) -> Board
    messages(person) -> tuple[Message, ...] ; figures(now) -> Figures

Errors are `rules.errors`: Invalid (422, with fields), Forbidden, NotFound, IllegalMove and Conflict (409), TooMany.
An idempotency `key` is any text up to 100 characters made once per form page: the same key with the same
content gives the same answer (`repeated`), with other content Conflict.

People, sessions and drafts are plain functions of the store:

    store.people     find(database, login), by_id, add(tx, …), set_password, assign, scope(person, roles, tree, day)
    store.sessions   sign_in(database, login, password, now, idle) -> NewSession ; second_factor(database, token, digits, now)
                     resume(database, token, now, idle) -> Session | None ; sign_out(database, token)
                     enrol(database, person, now) -> (secret, otpauth URI) ; confirm_enrolment(…)
    store.drafts     save(database, item, version, data, now, days, code=None) -> code ; load(database, code, now) -> Draft
    store.attachments receive(database, stream, name, limits, …) -> Attachment (async) ; path(database, attachment)
    store.zero_hits  record(database, query, day)
"""
