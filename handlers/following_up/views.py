"""Follow-ups of bad ratings as pages see them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from handlers.casework.views import DueView
from handlers.store.followups import FollowStep, Followup
from handlers.store.records import Rating
from rules.quick_dataclass import dataclass
from rules.rating_table import FollowRow


@dataclass(frozen=True, slots=True)
class FollowLine:
    """One entry of the list: nothing that anybody wrote. `left` working days to `due`; None when nothing runs.

    `waited`: the working days it has waited for review or revisit, which have no day of their own.
    """

    followup: Followup
    department_name: str
    state_label: str
    due: datetime | None
    left: int | None
    late: bool
    waited: int | None


@dataclass(frozen=True, slots=True)
class FollowPage:
    """A page of the list. `counts` by tab."""

    lines: tuple[FollowLine, ...]
    tab: str
    counts: Mapping[str, int]
    page: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class StepView:
    """A step in words: who recorded it when, what was chosen (way, finding, accepted), what was written."""

    step: FollowStep
    said: str
    who: str
    chosen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FollowView:
    """A whole follow-up. `words_hidden`: the reader worked on the case and reads nothing of what was written.

    `contact`, `fix`: the two clocks, day by day; `why_not`: why the reader has nothing to do, where it is theirs.
    """

    followup: Followup
    rating: Rating
    state_label: str
    department_name: str
    applicant_masked: str
    words_hidden: bool
    contact: DueView | None
    fix: DueView | None
    running: DueView | None
    overdue: bool
    waited: int | None
    steps: tuple[StepView, ...]
    offers: tuple[FollowRow, ...]
    why_not: str
    attempts_left: int
