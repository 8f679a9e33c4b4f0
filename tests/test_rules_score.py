"""The score: every deduction at its boundary, floors, caps, ties, least numbers, rounding; a straight recomputation."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction

import pytest

from rules.errors import Invalid
from rules.score import Score, by_item, by_person, grade_of, rounded, score, scores
from rules.score_ledger import LedgerHead, LedgerLine, MonthLine, read, write
from rules.score_periods import Period
from rules.score_ranking import as_csv, as_json, ranking
from tests.score_fixtures import DEPARTMENTS, head, ledger, month, scheme
from tests.score_straight import straight


def of(*lines: tuple[int, dict[str, object]]) -> Score:
    """A department's score: (how many, what each line says)."""
    made: list[LedgerLine] = []
    for times, values in lines:
        for _ in range(times):
            number = len(made) + 1
            plain = {"kind": "closed", "department": "d", "matter": f"m{number}", **values}
            made.append(LedgerLine(number, **plain))  # type: ignore[arg-type]
    return score("d", made, scheme()[0])


def points(found: Score, head_id: str) -> Decimal | None:
    return next(each.points for each in found.heads if each.id == head_id)


def adjusted(found: Score, name: str) -> Decimal:
    return next(each.points for each in found.adjustments if each.id == name)


CLOSED = {"result": "on_time"}
FULL = Decimal("14.00")


@pytest.mark.parametrize(("faulty", "whole", "left"), [
    (0, 10, "10"), (1, 11, "10"), (999, 10000, "10"), (1000, 10000, "9"), (1, 10, "9"), (1999, 10000, "9"),
    (2, 10, "8"), (10, 10, "0"),
])  # fmt: skip
def test_openness_loses_a_point_at_every_full_tenth_of_faulty_items(
    faulty: int, whole: int, left: str
) -> None:
    found = of(
        (faulty, {"kind": "item", "marks": ("incomplete",)}),
        (whole - faulty, {"kind": "item"}),
    )
    assert points(found, "openness") == Decimal(left)


def test_an_item_that_is_both_incomplete_and_overdue_counts_once() -> None:
    found = of((1, {"kind": "item", "marks": ("incomplete", "review_overdue")}), (9, {"kind": "item"}))
    assert points(found, "openness") == 9


@pytest.mark.parametrize(("trigger", "head_id", "full", "each"), [
    ("second_supplement", "procedure", 14, 2), ("no_reasons", "procedure", 14, 2), ("missing_notice", "procedure", 14, 1),
    ("outside_system", "procedure", 14, 3), ("refused_though_met", "procedure", 14, 2),
    ("hearing_not_held", "procedure", 14, 2),
    ("fee_over_standard", "fees", 8, 4), ("disputed_closure", "attitude", 10, 1),
])  # fmt: skip
def test_each_trigger_takes_its_points_down_to_nothing_and_never_below(
    trigger: str, head_id: str, full: int, each: int
) -> None:
    fact = {"kind": "card", "trigger": trigger, "object": "case", "level": 2}
    for times in (1, 2, full // each, full // each + 1, 40):
        found = of((1, CLOSED), (times, fact))
        assert points(found, head_id) == max(full - each * times, 0), times
    assert points(of((1, CLOSED), (3, {**fact, "state": "revoked"})), head_id) in (full, None)


@pytest.mark.parametrize("counted", ["case", "special_procedure", "pre_acceptance", "certificate"])
def test_yellow_takes_five_red_ten_and_a_warning_alone_nothing(counted: str) -> None:
    for level, left in ((1, 14), (2, 9), (3, 4)):
        found = of((1, CLOSED), (1, {"kind": "card", "object": counted, "level": level}))
        assert points(found, "limits") == left


def test_letters_and_orders_have_cards_that_limits_do_not_count_twice() -> None:
    for other in ("consultation", "complaint", "order", "conduct"):
        found = of((1, CLOSED), (2, {"kind": "card", "object": other, "level": 3}))
        assert points(found, "limits") == FULL


def test_one_matter_counts_at_its_highest_card_and_falls_back_when_that_is_revoked() -> None:
    steps = [(1, {"kind": "card", "object": "case", "level": level, "matter": "x"}) for level in (1, 2, 3)]
    assert points(of((1, CLOSED), *steps), "limits") == 4
    steps[2][1]["state"] = "revoked"
    assert points(of((1, CLOSED), *steps), "limits") == 9


def test_a_carded_fact_is_scored_as_that_fact_and_not_by_the_colour_of_its_card() -> None:
    found = of(
        (1, CLOSED), (1, {"kind": "card", "object": "case", "level": 3, "trigger": "second_supplement"})
    )
    assert (points(found, "procedure"), points(found, "limits")) == (Decimal(12), FULL)


def test_two_stages_of_one_case_are_two_overruns_and_a_warned_stage_is_none() -> None:
    stage = {"kind": "card", "object": "stage", "token": "same"}
    assert points(of((1, CLOSED), (2, {**stage, "level": 2}), (3, {**stage, "level": 1})), "limits") == 12


@pytest.mark.parametrize(("warnings", "left"), [(2, 14), (3, 11), (5, 11), (6, 8), (15, 0)])
def test_every_three_warnings_in_a_row_take_three(warnings: int, left: int) -> None:
    found = of((1, CLOSED), (warnings, {"kind": "card", "object": "case", "level": 1}))
    assert points(found, "limits") == left


def test_only_a_closing_that_never_lit_up_breaks_a_row_of_warnings() -> None:
    warned = {"kind": "card", "object": "case", "level": 1}
    for between, left in (
        (CLOSED, 14), ({"result": "early"}, 14), ({"result": "late"}, 11), ({"result": "ended"}, 11),
        ({"result": "on_time", "marks": ("carded",)}, 11),
    ):  # fmt: skip
        assert points(of((2, warned), (1, between), (1, warned)), "limits") == left, between


@pytest.mark.parametrize(("ratings", "good", "reached"), [
    (9, 9, None), (10, 10, "10"), (10, 9, "9"), (10, 0, "0"), (12, 11, "9.17"), (3000, 2999, "10.00"), (800, 799, "9.99"),
])  # fmt: skip
def test_satisfaction_is_a_share_of_ten_from_ten_ratings(
    ratings: int, good: int, reached: str | None
) -> None:
    found = of((good, {"kind": "rating", "result": "3"}), (ratings - good, {"kind": "rating", "result": "4"}))
    assert points(found, "satisfaction") == (None if reached is None else Decimal(reached))


@pytest.mark.parametrize(("result", "each", "full", "head_id", "kind"), [
    ("unanswered", 5, 14, "supervision", "order"), ("late", 2, 14, "supervision", "order"),
    ("answered", 0, 14, "supervision", "order"), ("late", 1, 10, "attitude", "reply"),
    ("on_time", 0, 10, "attitude", "reply"), ("", 2, 10, "attitude", "conduct"),
    ("decision_overturned", 5, 10, "liability", "entry"), ("case_lost", 5, 10, "liability", "entry"),
    ("discipline", 10, 10, "integrity", "entry"), ("disclosure_late", 1, 10, "openness", "entry"),
])  # fmt: skip
def test_each_order_reply_complaint_and_entry_takes_its_points(
    result: str, each: int, full: int, head_id: str, kind: str
) -> None:
    for times in (1, 2, 30):
        found = of((times, {"kind": kind, "result": result}))
        assert points(found, head_id) == max(full - each * times, 0)


def test_liability_and_integrity_are_measured_only_once_the_register_is_checked() -> None:
    nothing = of((30, CLOSED))
    assert points(nothing, "liability") is None
    assert points(nothing, "integrity") is None
    checked = of((30, CLOSED), (1, {"kind": "register", "department": "", "head": "liability"}))
    assert points(checked, "liability") == 10
    assert points(checked, "integrity") is None


def test_a_department_without_charges_is_not_measured_on_fees() -> None:
    assert points(of((1, {"kind": "item"})), "fees") is None
    assert points(of((1, {"kind": "item", "marks": ("charges",)})), "fees") == 8
    assert points(of((9, {"kind": "item", "marks": ("charges", "no_fee_basis")})), "fees") == 0


@pytest.mark.parametrize(("early", "closed", "added"), [
    (0, 30, 0), (9, 100, 0), (999, 10000, 0), (1, 10, 1), (10, 100, 1), (19, 100, 1), (20, 100, 2), (30, 30, 10),
])  # fmt: skip
def test_early_closures_add_a_point_for_every_full_tenth(early: int, closed: int, added: int) -> None:
    found = of((early, {"result": "early"}), (closed - early, CLOSED))
    assert adjusted(found, "early") == added


@pytest.mark.parametrize(("promised", "statutory", "added"), [
    (7001, 10000, 0), (70, 100, 3), (6001, 10000, 3), (60, 100, 4), (50, 100, 5), (0, 20, 10), (20, 20, 0), (0, 0, 0),
])  # fmt: skip
def test_limits_cut_by_thirty_percent_add_three_and_one_for_every_further_tenth(
    promised: int, statutory: int, added: int
) -> None:
    found = of((1, {"kind": "item", "promised": promised, "statutory": statutory}))
    assert adjusted(found, "limits_cut") == added


@pytest.mark.parametrize(("errors", "closed", "taken"), [
    (0, 100, 0), (99, 10000, 0), (1, 101, 0), (1, 100, 1), (2, 101, 1), (4, 100, 4), (5, 100, 5), (60, 100, 5), (3, 0, 0),
])  # fmt: skip
def test_wrong_data_take_a_point_for_every_full_percent_and_at_most_five(
    errors: int, closed: int, taken: int
) -> None:
    found = of((closed, CLOSED), (errors, {"kind": "entry", "result": "data_error"}))
    assert adjusted(found, "wrong_data") == -taken


def test_the_total_is_scaled_over_what_was_measured_and_never_falls_below_nothing() -> None:
    found = of((30, CLOSED), (1, {"kind": "card", "object": "case", "level": 2}))
    assert (found.heads_sum, found.heads_base, found.scaled) == (
        Decimal("47.00"),
        Decimal(52),
        Decimal("90.38"),
    )
    assert found.total == Decimal("90.38")
    worst = of(
        (1, {"kind": "entry", "result": "discipline"}),
        (1, {"kind": "entry", "result": "case_lost", "quantity": 2}),
        (30, {"result": "late"}),
        (30, {"kind": "card", "object": "case", "level": 3}),
        (30, {"kind": "card", "trigger": "outside_system", "level": 3}),
        (30, {"kind": "order", "result": "unanswered"}),
        (30, {"kind": "conduct"}),
        (9, {"kind": "entry", "result": "data_error"}),
    )
    assert (worst.scaled, worst.total, worst.grade) == (Decimal("0.00"), Decimal("0.00"), "failed")


def test_a_department_nothing_measured_has_no_total_and_no_rank() -> None:
    found = scores((), scheme()[0], known=("quiet",))[0]
    assert (found.total, found.scaled, found.ranked, found.grade) == (None, None, False, "")


@pytest.mark.parametrize(("closed", "ranked"), [(29, False), (30, True), (31, True)])
def test_thirty_closed_cases_are_needed_to_be_ranked_and_graded(closed: int, ranked: bool) -> None:
    found = of((closed, CLOSED), (5, {"result": "ended"}))
    assert (found.ranked, found.closed, bool(found.grade)) == (ranked, closed, ranked)


@pytest.mark.parametrize(("total", "grade"), [
    ("100", "excellent"), ("90", "excellent"), ("89.99", "good"), ("80", "good"), ("79.99", "passed"), ("60", "passed"),
    ("59.99", "failed"), ("0", "failed"), ("112.5", "excellent"),
])  # fmt: skip
def test_grades_begin_at_their_bounds(total: str, grade: str) -> None:
    assert grade_of(Decimal(total), scheme()[0].grades) == grade


@pytest.mark.parametrize(("exact", "shown"), [
    (Fraction(1, 200), "0.01"), (Fraction(499, 100000), "0.00"), (Fraction(-1, 200), "-0.01"), (Fraction(125, 1000), "0.13"),
    (Fraction(2, 3), "0.67"), (Fraction(10), "10.00"),
])  # fmt: skip
def test_points_are_rounded_to_hundredths_a_half_away_from_nothing(exact: Fraction, shown: str) -> None:
    assert f"{rounded(exact):.2f}" == shown


def test_equal_totals_share_a_rank_and_the_next_one_is_left_out() -> None:
    lines: list[LedgerLine] = []
    for who, yellow in (("market", 1), ("police", 0), ("health", 1), ("water", 2)):
        for _ in range(30):
            lines.append(LedgerLine(len(lines) + 1, "closed", who, result="on_time"))
        for _ in range(yellow):
            number = len(lines) + 1
            lines.append(LedgerLine(number, "card", who, object="case", level=2, matter=str(number)))
    found = ranking(read(write(head(), lines)), scheme()[0])
    assert [(each.id, each.rank) for each in found.places] == [
        ("police", 1), ("market", 2), ("health", 2), ("water", 4), ("quiet", None),
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_a_generated_month_gives_what_a_straight_recomputation_gives(seed: int) -> None:
    data = ledger(seed, 500)
    found = ranking(read(data), scheme()[0])
    wanted = straight(data)
    assert {each.id for each in found.places} == set(wanted)
    for place in found.places:
        own = wanted[place.id]
        heads = {
            each.id: None if each.points is None else round(float(each.points) * 100) for each in place.heads
        }
        assert heads == own["heads"], (seed, place.id)
        total = None if place.total is None else round(float(place.total) * 100)
        assert (total, place.closed, place.grade) == (own["total"], own["closed"], own["grade"]), (
            seed,
            place.id,
        )
        assert (place.rank is not None) == own["ranked"]
    totals = {who: own["total"] for who, own in wanted.items() if own["ranked"]}
    for place in found.ranked:
        assert place.rank == 1 + sum(total > totals[place.id] for total in totals.values())


def test_the_same_lines_in_parts_of_a_department_are_scored_by_item_and_person() -> None:
    lines = [
        LedgerLine(n, "closed", "d", item="a" if n < 3 else "b", person="p1", result="on_time")
        for n in range(1, 5)
    ]
    lines.append(LedgerLine(5, "card", "d", item="a", person="p1", object="case", level=3, matter="x"))
    lines.append(LedgerLine(6, "register", "", head="integrity"))
    items = {each.who: each for each in scores(lines, scheme()[0], by_item)}
    assert points(items["a"], "limits") == 4
    assert points(items["b"], "limits") == 14
    assert points(items["a"], "integrity") is None
    person = scores(lines, scheme()[0], by_person)[0]
    assert (person.who, points(person, "limits"), points(person, "integrity")) == (
        "p1",
        Decimal(4),
        Decimal(10),
    )


def test_a_quarter_is_the_mean_of_the_months_that_have_a_total() -> None:
    def line(n: int, month_: str, total: str | None, closed: int, limits: str | None) -> MonthLine:
        return MonthLine(n, "market", month_, 1, total, closed, {"limits": limits}, "0" * 64)

    months = (
        line(1, "2026-07", "90.00", 10, "14.00"), line(2, "2026-08", "80.01", 10, None), line(3, "2026-09", "80.00", 10, "9.00"),
        MonthLine(4, "police", "2026-08", 2, None, 29, {"limits": None}, "1" * 64),
    )  # fmt: skip
    found = ranking(read(write(head("2026Q3"), months=months)), scheme()[0])
    market = next(each for each in found.places if each.id == "market")
    assert (market.total, market.rank, market.grade, market.closed) == ("83.34", 1, "good", 30)
    assert next(each.points for each in market.heads if each.id == "limits") == "11.50"
    police = next(each for each in found.places if each.id == "police")
    assert (police.total, police.rank) == (None, None)
    assert as_json(found) == as_json(ranking(read(write(head("2026Q3"), months=months)), scheme()[0]))


def test_ranking_and_csv_say_what_was_not_measured_and_who_is_not_ranked() -> None:
    found = ranking(read(ledger(3)), scheme()[0])
    sheet = as_csv(found).decode("utf-8-sig").split("\r\n")
    assert sheet[0].startswith("名次,部门编号,部门,总分,等次,办结数,政务公开（10.00）")
    quiet = next(row for row in sheet if ",quiet," in row)
    assert quiet.startswith("不排名,quiet,档案局,未测评,,0,未测评")
    assert '"points": null' in as_json(found).decode()


@pytest.mark.parametrize("place", [0, 7, 200, 5000, -2])
def test_one_changed_byte_of_a_ledger_is_noticed(place: int) -> None:
    data = bytearray(ledger(1))
    data[place] ^= 1
    try:
        changed = read(bytes(data))
    except Invalid:
        return
    # Where the head's own words are changed, the ledger still reads, but it is not the one the ranking names.
    assert changed.hash != read(ledger(1)).hash


@pytest.mark.parametrize("broken", [
    b"", b"{}\n", b"[]\n", b"\xff\xfe", b'{"format":"county-hall-score-ledger/1"}\n', b"[" * 100_000,
])  # fmt: skip
def test_what_is_no_ledger_is_refused_in_words(broken: bytes) -> None:
    with pytest.raises(Invalid):
        read(broken)


def test_a_line_for_a_department_that_the_head_does_not_name_is_refused() -> None:
    with pytest.raises(Invalid, match="没有写的部门"):
        ranking(read(write(head(), [LedgerLine(1, "closed", "ghost", result="late")])), scheme()[0])


def test_a_ledger_reads_as_it_was_written() -> None:
    lines = month(5)
    found = read(write(head(), lines))
    assert found.lines == lines
    assert found.head.departments == DEPARTMENTS


@pytest.mark.parametrize(("text", "label", "first", "last", "before"), [
    ("2026-02", "2026年2月", "2026-02-01", "2026-02-28", "2026-01"),
    ("2028-02", "2028年2月", "2028-02-01", "2028-02-29", "2028-01"),
    ("2026-12", "2026年12月", "2026-12-01", "2026-12-31", "2026-11"),
    ("2026-01", "2026年1月", "2026-01-01", "2026-01-31", "2025-12"),
    ("2026Q1", "2026年第一季度", "2026-01-01", "2026-03-31", "2025Q4"),
    ("2026Q4", "2026年第四季度", "2026-10-01", "2026-12-31", "2026Q3"),
    ("2026", "2026年度", "2026-01-01", "2026-12-31", "2025"),
])  # fmt: skip
def test_periods_know_their_days_and_what_came_before(
    text: str, label: str, first: str, last: str, before: str
) -> None:
    found = Period.parse(text)
    assert (found.label, found.first.isoformat(), found.last.isoformat()) == (label, first, last)
    assert found.before.text == before


@pytest.mark.parametrize(
    "text", ["", "2026-13", "2026-00", "2026Q5", "26-01", "2026-1", "2026-01-01", "１２３４", "../x"]
)
def test_nonsense_is_no_period(text: str) -> None:
    with pytest.raises(Invalid):
        Period.parse(text)


def test_a_ledger_line_is_written_as_the_library_would_write_it() -> None:
    text = '“引"号”\\\n\t\x01\u2028𠮷'
    line = LedgerLine(n=3, kind="card", department=text, item=text, marks=(text, "b"), level=2, quantity=0)
    written = write(LedgerHead("x", "2026-10", 1, "s", "2026-11-02", ((text, text),)), [line]).split(b"\n")[1]
    plain = json.loads(written)
    assert plain["department"] == text
    assert written.decode() == json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    assert plain == {
        "n": 3, "kind": "card", "department": text, "item": text, "level": 2, "quantity": 0, "marks": [text, "b"],
    }  # fmt: skip
