"""What the law says of a case, written down a second time and as plainly as can be: no code of the hall is used."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

PROMISED, STATUTORY, NOTICE_DAYS, HEARING_DAYS = 7, 20, 5, 5
STEPS = ("section", "reviewer", "decider")
OPEN = frozenset({"received", "pre_reviewed", "supplementing", "in_review", "special_procedure"})
# Who may make a move (None: whoever has the step in hand), from where, and where it leads.
TABLE: dict[str, tuple[str | None, frozenset[str], str]] = {
    "pre_review": ("window", frozenset({"received"}), "pre_reviewed"),
    "supplement_notice": ("window", frozenset({"received", "pre_reviewed"}), "supplementing"),
    "supplement": ("applicant", frozenset({"supplementing"}), "received"),
    "accept": ("window", frozenset({"received", "pre_reviewed"}), "in_review"),
    "refuse": ("coordinator", frozenset({"received", "pre_reviewed"}), "refused"),
    "complete_step": (None, frozenset({"in_review"}), "in_review"),
    "send_back": (None, frozenset({"in_review"}), "in_review"),
    "start_special": (None, frozenset({"in_review"}), "special_procedure"),
    "end_special": (None, frozenset({"special_procedure"}), "in_review"),
    "extend": ("decider", frozenset({"in_review"}), "in_review"),
    "tell_hearing": (None, frozenset({"in_review", "special_procedure"}), ""),
    "request_hearing": ("applicant", frozenset({"in_review", "special_procedure"}), ""),
    "hold_hearing": (None, frozenset({"in_review", "special_procedure"}), ""),
    "grant": ("decider", frozenset({"in_review"}), "granted"),
    "deny": ("decider", frozenset({"in_review"}), "denied"),
    "deliver": ("window", frozenset({"granted", "denied"}), "delivered"),
    "withdraw": ("applicant", OPEN, "withdrawn"),
    "void": ("decider", OPEN, "voided"),
}


@dataclass
class Days:
    """A wall calendar: every day looked up one by one."""

    off: set[date]
    work: set[date]

    def working(self, day: date) -> bool:
        return day not in self.off and (day in self.work or day.weekday() < 5)

    def after(self, day: date, count: int) -> date:
        """The `count`-th working day after a day."""
        while count:
            day += timedelta(days=1)
            count -= self.working(day)
        return day


@dataclass
class Halt:
    """A special procedure: told to take so many working days."""

    began: date
    told: int
    ended: date | None = None


@dataclass
class Case:
    """One case as a clerk with pencil and wall calendar would keep it."""

    received: date
    pre_review_needed: bool
    state: str = "received"
    accepted: date | None = None
    step: int = 0
    supplemented: bool = False
    extension: int | None = None
    kept_promise: bool = True
    halts: list[Halt] = field(default_factory=list)
    hearing: str = ""
    told: date | None = None
    cards: set[int] = field(default_factory=set)

    def may(self, move: str, today: date, days: Days) -> bool:
        """Whether the move is legal now for the one whose it is."""
        if self.state not in TABLE[move][1]:
            return False
        last = self.step == len(STEPS) - 1
        window_open = self.told is not None and today <= days.after(self.told, HEARING_DAYS)
        if move == "accept" and self.state == "received":
            return not self.pre_review_needed
        if move == "extend":
            return self.extension is None and today <= self.statute(days)
        return {
            "supplement_notice": not self.supplemented and not self.overdue(today, days),
            "refuse": not self.overdue(today, days),
            "complete_step": not last,
            "send_back": self.step > 0,
            "tell_hearing": self.hearing == "",
            "request_hearing": self.hearing == "told" and window_open,
            "hold_hearing": self.hearing == "asked",
            "grant": last,
            "deny": last and self.hearing != "asked" and not (self.hearing == "told" and window_open),
        }.get(move, True)

    def who(self, move: str) -> str:
        return TABLE[move][0] or STEPS[self.step]

    def make(self, move: str, today: date, days: Days, number: int) -> None:
        """The move's effect; `number` is the days it names."""
        if move in ("start_special", "extend", "grant", "deny", "withdraw", "void"):
            self.look(today, days)  # what was earned before the clock changes stays earned
        target = TABLE[move][2]
        match move:
            case "supplement_notice":
                self.supplemented = True
            case "supplement":
                self.received = today
            case "accept":
                self.accepted = self.received if self.overdue(today, days) else today
            case "complete_step":
                self.step += 1
            case "send_back":
                self.step -= 1
            case "start_special":
                self.halts.append(Halt(today, number))
            case "end_special":
                self.halts[-1].ended = today
            case "extend":
                self.kept_promise = today <= self.due(days)
                self.extension = number
            case "tell_hearing":
                self.hearing, self.told = "told", today
            case "request_hearing":
                self.hearing = "asked"
            case "hold_hearing":
                self.hearing = "held"
        self.state = target or self.state

    def sweep(self, today: date, days: Days) -> None:
        """Five working days from receipt without a word: accepted from the day of receipt. Then the cards."""
        if self.state in ("received", "pre_reviewed") and self.overdue(today, days):
            self.state, self.accepted = "in_review", self.received
        self.look(today, days)

    def overdue(self, today: date, days: Days) -> bool:
        """Whether the five days to say something are over."""
        return today > days.after(self.received, NOTICE_DAYS)

    def running(self) -> bool:
        return self.state in ("in_review", "special_procedure")

    def used(self, today: date, days: Days) -> int:
        """Working days since the day of acceptance, without those of special procedures as told."""
        assert self.accepted is not None
        count, day = 0, self.accepted
        while day < today:
            day += timedelta(days=1)
            count += days.working(day) and not any(_stands_still(halt, day, days) for halt in self.halts)
        return count

    def limit(self) -> int:
        """The promise: once it has passed, an extension lengthens the law's limit alone."""
        return PROMISED + (self.extension or 0) * self.kept_promise

    def due(self, days: Days) -> date:
        """The first day on which the whole promise is used."""
        return self._last_of(self.limit(), days)

    def statute(self, days: Days) -> date:
        """The first day on which the law's whole limit is used."""
        return self._last_of(STATUTORY + (self.extension or 0), days)

    def _last_of(self, limit: int, days: Days) -> date:
        assert self.accepted is not None
        day = self.accepted
        while self.used(day, days) < limit:
            day += timedelta(days=1)
        return day

    def look(self, today: date, days: Days) -> None:
        """The cards of the case's own clock: each level once, never taken back."""
        if not self.running():
            return
        used, limit = self.used(today, days), self.limit()
        if used > 0 and limit - used <= 2 and used >= limit / 2:
            self.cards.add(1)
        if used > limit:
            self.cards.add(2)
        if used > STATUTORY + (self.extension or 0):
            self.cards.add(3)


def _stands_still(halt: Halt, day: date, days: Days) -> bool:
    until = days.after(halt.began, halt.told)
    return halt.began < day <= (until if halt.ended is None else min(until, halt.ended))
