"""What `hall serve` and the commands beside it do over time: deemed acceptance, a new calendar, chosen jobs only."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from conftest import serving

from catalog.root import Root
from hall.cli import group
from hall.commands.serve import NewCalendars
from hall.compiling import Compiler
from hall.serving import git_heads, signature, watcher
from handlers.casework.requests import Application, ByStaff, Filed, MoveData
from handlers.casework.views import CaseView, DueView
from handlers.context import Hall, shanghai_now
from handlers.store import clocks, outbox, people
from handlers.store.database import Database
from handlers.store.records import Party
from handlers.store.writer import Transaction
from rules.access import Role
from rules.errors import Unavailable
from rules.time import SHANGHAI
from site_builder.compile import build
from tests.handlers_fixtures import FOOD
from tests.site_builder_fixtures import git

YEAR_END = datetime(2026, 12, 28, 9, 0, tzinfo=SHANGHAI)
# Made up: the real notice of 2027 is not known here. Monday and Tuesday after New Year are off too.
NOTICE = {
    "year": 2027,
    "papers": ["https://example.invalid/notice"],
    "days": [{"name": "元旦", "date": f"2027-01-0{day}", "isOffDay": True} for day in (1, 2, 3, 4, 5)],
}


@pytest.fixture
def county(built_county: Path, tmp_path: Path) -> Path:
    """The little county, writable."""
    folder = tmp_path / "county"
    shutil.copytree(built_county, folder)
    return folder


@pytest.fixture
def hall(county: Path) -> Iterator[Hall]:
    """A hall of that county with an empty database."""
    database = Database.open(county / ".hall" / "hall.db", migrate=True)
    made = Hall(Root(county), county / "site", database)
    made.casework.synchronise_units(YEAR_END)
    yield made
    database.close()


def filed(hall: Hall, when: datetime) -> Filed:
    person = Party(
        kind="1", name="张示例", id_type="111", id_number="990121199003070010", phone="0000-5550999"
    )
    application = Application(item_code=FOOD, applicant=person, answers={})
    return hall.casework.file_case(application, key=f"file {when}", channel="web", now=when)


def accepted(hall: Hall, when: datetime) -> Filed:
    """Filed and accepted on the spot by a window clerk."""

    def add(tx: Transaction) -> str:
        clerk = people.add(tx, f"clerk-{when:%H}", "窗口示例", "-", when)
        people.assign(tx, clerk, Role.WINDOW_CLERK, "market", date(2025, 1, 1))
        return clerk

    clerk = ByStaff(hall.database.write(add))
    case = filed(hall, when)
    for move in ("pre_review", "accept"):
        hall.casework.move(case.number, move, clerk, MoveData(values={}), key=move, now=when)
    return case


def seen(hall: Hall, case: Filed) -> CaseView:
    return hall.casework.public_view(case.number, case.query_code, YEAR_END)


def promise(hall: Hall, case: Filed) -> DueView:
    return next(each for each in seen(hall, case).clocks if each.kind == "promise")


def imported(county: Path, tmp_path: Path) -> dict[str, object]:
    notice = tmp_path / "2027.json"
    notice.write_text(json.dumps(NOTICE), encoding="utf-8")
    done = CliRunner().invoke(group, ["calendar", "import", str(notice), "--root", str(county), "--json"])
    assert done.exit_code == 0, done.output
    told: dict[str, object] = json.loads(done.output)
    return told


def test_importing_the_notice_moves_a_provisional_due_day_logs_it_and_tells_the_applicant(
    county: Path, hall: Hall, tmp_path: Path
) -> None:
    case = accepted(hall, YEAR_END)
    before = promise(hall, case)
    assert (before.due, before.provisional) == (date(2027, 1, 5), True)

    told = imported(county, tmp_path)
    assert told["clocks"]["moved"] == [case.number]  # type: ignore[index]

    assert build(Root(county), site=county / "site").errors == ()
    fresh = Hall(Root(county), county / "site", hall.database)
    after = promise(fresh, case)
    assert (after.due, after.provisional) == (date(2027, 1, 7), False)
    assert any(
        each.date == date(2027, 1, 5) and not each.counted and "元旦" in each.reason for each in after.trace
    )
    assert "因放假安排公布" in seen(fresh, case).timeline[-1].words
    messages = [
        each for each in outbox.of_subject(hall.database, "case", 1) if each.template == "clock.recomputed"
    ]
    assert case.number in {each.recipient for each in messages}
    assert CliRunner().invoke(group, ["audit", "verify", "--root", str(county)]).exit_code == 0


def test_a_notice_merged_by_pull_request_is_taken_over_by_the_running_hall(
    county: Path, hall: Hall, tmp_path: Path
) -> None:
    case = accepted(hall, YEAR_END)
    watching = NewCalendars(hall)
    watching.if_changed()
    assert promise(hall, case).provisional
    # The file comes by git, from somebody who imported it elsewhere; then the portal is built.
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(county, elsewhere, ignore=shutil.ignore_patterns(".hall", "site"))
    imported(elsewhere, tmp_path)
    shutil.copytree(elsewhere / "content" / "calendars", county / "content" / "calendars")
    watching.if_changed()
    assert promise(hall, case).provisional, "the portal is still the old one"
    assert build(Root(county), site=county / "site").errors == ()
    hall.site_data._looked = 0.0  # it looks once a second; the test does not wait
    watching.if_changed()
    assert (promise(hall, case).due, promise(hall, case).provisional) == (date(2027, 1, 7), False)


def test_a_portal_older_than_the_imported_notice_does_not_move_the_day_back(
    county: Path, hall: Hall, tmp_path: Path
) -> None:
    accepted(hall, YEAR_END)
    imported(county, tmp_path)
    NewCalendars(hall).if_changed()
    stored = [each for each in clocks.running(hall.database, 0, 50) if each.kind == "promise"]
    assert [(each.due.date(), each.provisional) for each in stored] == [(date(2027, 1, 7), False)]


@pytest.mark.parametrize("restarted", [False, True])
def test_a_clock_started_between_the_command_and_the_new_portal_is_computed_anew(
    county: Path, hall: Hall, tmp_path: Path, restarted: bool
) -> None:
    watching = NewCalendars(hall)
    watching.if_changed()
    imported(county, tmp_path)
    case = accepted(hall, YEAR_END)
    assert promise(hall, case).provisional, "the hall still files by the old portal"
    assert build(Root(county), site=county / "site").errors == ()
    hall.site_data._looked = 0.0  # it looks once a second; the test does not wait
    (NewCalendars(hall) if restarted else watching).if_changed()
    stored = [each for each in clocks.running(hall.database, 0, 50) if each.kind == "promise"]
    assert [(each.due.date(), each.provisional) for each in stored] == [(date(2027, 1, 7), False)]
    told = outbox.of_subject(hall.database, "case", 1)
    assert case.number in {each.recipient for each in told if each.template == "clock.recomputed"}


def test_taking_a_calendar_over_is_tried_again_when_it_failed(
    county: Path, hall: Hall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted(hall, YEAR_END)
    watching = NewCalendars(hall)
    watching.if_changed()
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(county, elsewhere, ignore=shutil.ignore_patterns(".hall", "site"))
    imported(elsewhere, tmp_path)
    shutil.copytree(elsewhere / "content" / "calendars", county / "content" / "calendars")
    assert build(Root(county), site=county / "site").errors == ()
    hall.site_data._looked = 0.0  # it looks once a second; the test does not wait

    def stored() -> list[bool]:
        return [each.provisional for each in clocks.running(hall.database, 0, 50) if each.kind == "promise"]

    def locked(*_: object) -> None:
        raise Unavailable("数据库正被占用")

    with monkeypatch.context() as patched:
        patched.setattr(hall.casework, "take_over_calendar", locked)
        with pytest.raises(Unavailable):
            watching.if_changed()
    assert stored() == [True]
    watching.if_changed()
    assert stored() == [False]


def test_a_portal_older_than_an_amended_notice_moves_no_day_and_is_made_good_by_the_next(
    county: Path, hall: Hall, tmp_path: Path
) -> None:
    accepted(hall, YEAR_END)
    imported(county, tmp_path)
    assert build(Root(county), site=county / "site").errors == ()
    hall.site_data._looked = 0.0
    NewCalendars(hall).if_changed()
    notice = tmp_path / "amended.json"
    days = [each for each in NOTICE["days"] if each["date"] != "2027-01-05"]  # type: ignore[index,attr-defined]
    notice.write_text(json.dumps(NOTICE | {"days": days}), encoding="utf-8")
    command = ["calendar", "import", str(notice), "--root", str(county), "--json"]
    assert CliRunner().invoke(group, command).exit_code == 0

    def due() -> list[date]:
        return [each.due.date() for each in clocks.running(hall.database, 0, 50) if each.kind == "promise"]

    assert due() == [date(2027, 1, 6)]
    restarted = NewCalendars(hall)
    restarted.if_changed()
    assert due() == [date(2027, 1, 6)], "the portal has the year, but not as it was amended"
    late = accepted(hall, YEAR_END + timedelta(hours=1))
    assert due() == [date(2027, 1, 6), date(2027, 1, 7)]
    assert build(Root(county), site=county / "site").errors == ()
    hall.site_data._looked = 0.0
    NewCalendars(hall).if_changed()
    assert due() == [date(2027, 1, 6), date(2027, 1, 6)]
    assert promise(hall, late).due == date(2027, 1, 6)


def test_a_case_nobody_looked_at_is_accepted_by_the_running_hall_itself(county: Path, hall: Hall) -> None:
    received = shanghai_now() - timedelta(days=40)
    case = filed(hall, received)
    assert seen(hall, case).state == "received"
    database = county / ".hall" / "hall.db"
    with serving(county / "site", database, "--only", "track", root=county) as running:
        until = time.monotonic() + 30
        while seen(hall, case).state == "received" and time.monotonic() < until:
            time.sleep(0.05)
        page = httpx.get(f"{running.url}/hall/track", timeout=10)
    assert page.status_code == 200
    view = seen(hall, case)
    assert view.state == "in_review"
    assert [each.started.date() for each in view.clocks if each.kind == "promise"] == [received.date()]
    assert view.deemed


def test_only_the_chosen_jobs_run_and_the_portal_stays(county: Path, hall: Hall) -> None:
    with serving(
        county / "site", county / ".hall" / "hall.db", "--only", "apply,track", root=county
    ) as running:
        client = httpx.Client(base_url=running.url, timeout=20)
        there = ("/", f"/items/{FOOD}/", f"/hall/apply/{FOOD}", "/hall/drafts", "/hall/track", "/healthz")
        gone = (
            "/hall/search?q=x",
            "/hall/staff/sign-in",
            "/hall/board",
            "/hall/letters/new",
            "/api/v1/openapi.json",
        )
        assert {path: client.get(path).status_code for path in there} == dict.fromkeys(there, 200)
        assert {path: client.get(path).status_code for path in gone} == dict.fromkeys(gone, 404)
        client.close()


def test_what_changed_between_the_build_and_the_start_is_built_at_once(tmp_path: Path) -> None:
    built: list[str] = []
    seen = signature((tmp_path,))
    (tmp_path / "ranking.json").write_text("{}", encoding="utf-8")
    looking = watcher(lambda: signature((tmp_path,)), lambda: built.append("again"), seen)
    looking._work()
    looking._work()
    assert built == ["again"]
    watcher(lambda: signature((tmp_path,)), lambda: built.append("never"), signature((tmp_path,)))._work()
    assert built == ["again"]


def test_a_commit_after_the_edit_is_seen_wherever_git_keeps_its_head(tmp_path: Path) -> None:
    root = tmp_path / "county"
    items = root / "items" / "market"
    items.mkdir(parents=True)
    (items / "food.yml").write_text("name: 甲\n", "utf-8")
    (root / "county.yml").write_text("name: 县\n", "utf-8")
    look = Compiler(Root(root), (), root / "site").look
    seen = [look()]

    def commit(where: Path, *before: str) -> int:
        if before:
            git(where, *before)
        git(where, "commit", "-q", "--allow-empty", "-m", "改")
        return look()

    git(root, "init", "-q", "-b", "main")
    git(root, "add", "items", "county.yml")
    for before in ((), (), ("pack-refs", "--all"), ("checkout", "-q", "--detach"), ()):
        seen.append(commit(root, *before))
    git(root, "checkout", "-q", "main")
    git(root, "pack-refs", "--all")
    seen.append(look())
    assert look() == seen[-1]
    tree = tmp_path / "tree"
    git(root, "worktree", "add", "-q", "-b", "other", str(tree))
    look = Compiler(Root(tree), (), tree / "site").look
    seen += [look(), commit(tree), commit(tree), commit(tree, "checkout", "-q", "--detach")]
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("text", ["", "gitdir: /no/such", "gitdir: \0", "\udcff"])
def test_what_is_no_repository_is_watched_by_its_files_alone(tmp_path: Path, text: str) -> None:
    (tmp_path / ".git").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert git_heads([tmp_path]) == ("",)
    assert git_heads([tmp_path / "missing"]) == ("",)
