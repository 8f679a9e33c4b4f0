"""Letters (来信): written, assigned, answered, reviewed, settled or disputed; one class, `Correspondence`.

    correspondence = Correspondence(database, ground)        # hall.correspondence

    ask(request, *, key, now, drill=False) -> LetterFiled                   durable when it returns
    by_writer(number, query_code, move, LetterData(values), *, now)         chase, settle, dispute, rate, object, withdraw
    by_staff(number, ByStaff(person), move, LetterData(values, …), *, now)  every other move of rules/letter_table.py
    close_unstated(now)                                                     the writer's days are over: 未表态
    publish(folder)                                                         published/letters.json, masked
    for_writer, for_staff, desk, conduct, of_case, published, public_letter, similar, suggest, preview

Who may: `reach.py`. A complaint about conduct (topic `conduct`) exists for the county supervisors only, and not for
one it is about: it has no card, no unit's message, no department's count, a number series of its own, and is in no
list, search or publication.
"""
