"""The hall is killed with SIGKILL while clients file and move cases with attachments: nothing acknowledged is lost, nothing is half."""

from __future__ import annotations

import os
import random
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from handlers.store.database import Database
from tests.trust_fixtures import (
    Serving,
    answer_of,
    assert_tidying_leaves_rows_and_files_equal,
    assert_whole,
    client_of,
    copied,
    plant_staff,
    send_filing,
    send_move,
    send_supplement,
)

WORKERS = 6
# What happens to a filed case, in order; who does it and with what.
WAY: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("pre_review", "window", {}),
    ("supplement_notice", "window", {"reason": "平面图看不清，请重画"}),
    ("supplement", "applicant", {}),
    ("pre_review", "window", {}),
    ("accept", "window", {}),
    ("complete_step", "reviewer", {"opinion": "属实"}),
    ("grant", "decider", {"opinion": "同意"}),
    ("deliver", "window", {"method": "窗口领取"}),
)
STATE_AFTER = (
    "received", "pre_reviewed", "supplementing", "received", "pre_reviewed", "in_review", "in_review", "granted",
    "delivered",
)  # fmt: skip
_SUPPLEMENT = "2-supplement"
_MOVES = {"file", *(name for name, _, _ in WAY)}


@dataclass
class Known:
    """What one worker was told about one case."""

    key: str
    number: str = ""
    code: str = ""
    event: int = 0
    done: int = 0
    answers: dict[str, dict[str, object]] = field(default_factory=dict)


class Load:
    """Clients that never give up: what got no answer is sent again under the same key once the hall is back."""

    def __init__(self, serving: Serving, tokens: dict[str, str], operations: int, seed: int) -> None:
        self.serving, self.tokens, self.operations = serving, tokens, operations
        self.random = random.Random(seed)
        self.cases: list[Known] = []
        self.clients: list[httpx.Client] = []
        self.acknowledged = self.in_doubt = 0
        self.up, self.failed = threading.Event(), threading.Event()
        self.first: BaseException | None = None
        self._lock, self._own = threading.Lock(), threading.local()

    def left(self) -> bool:
        with self._lock:
            return self.acknowledged < self.operations and not self.failed.is_set()

    def work(self, worker: int) -> None:
        """One client until enough is acknowledged; its failure ends the others too."""
        try:
            self._work(worker)
        except BaseException as error:
            with self._lock:
                self.first = self.first or error
            self.failed.set()
            raise

    def _work(self, worker: int) -> None:
        draw = random.Random(f"{worker}{self.random.random()}")
        made = 0
        while self.left():
            case = Known(f"w{worker}-{made}")
            made += 1
            with self._lock:
                self.cases.append(case)
            self._file(case)
            steps = draw.choice((0, 1, 1, 3, len(WAY)))
            for at in range(steps):
                if not self.left():
                    return
                self._move(case, at)

    def _client(self) -> httpx.Client:
        """This thread's connection; a broken one is opened anew by itself."""
        if not hasattr(self._own, "client"):
            self._own.client = client_of(self.serving)
            self.clients.append(self._own.client)
        return self._own.client  # type: ignore[no-any-return]

    def _address(self, case: Known) -> str:
        at = sum(case.key.encode()) * 7 + int(case.key.rpartition("-")[2])
        return f"198.51.{100 + at // 250 % 8}.{at % 250 + 1}"

    def _file(self, case: Known) -> None:
        found = self._sure(lambda client: send_filing(client, case.key, self._address(case)), (200, 201))
        case.answers["file"] = found
        case.number, case.code = str(found["number"]), str(found["query_code"])

    def _move(self, case: Known, at: int) -> None:
        name, who, values = WAY[at]
        key = f"{case.key}-{at}-{name}"
        if who == "applicant":
            found = self._sure(
                lambda client: send_supplement(client, case.number, case.code, key, self._address(case)),
                (200,),
            )
        else:
            found = self._sure(
                lambda client: send_move(client, case.number, name, self.tokens[who], key, **values), (200,)
            )
        case.answers[f"{at}-{name}"] = found
        case.done = at + 1

    def _sure(self, send: object, good: tuple[int, ...]) -> dict[str, object]:
        """Sends until it is answered; a retry must find what the first try did, or do it once."""
        while not self.failed.is_set():
            self.up.wait(60)
            try:
                answer = send(self._client())  # type: ignore[operator]
            except httpx.TransportError:
                with self._lock:
                    self.in_doubt += 1
                time.sleep(0.02)
                continue
            assert answer.status_code in good, (answer.status_code, answer.text, answer.request.url)
            with self._lock:
                self.acknowledged += 1
            return answer_of(answer)
        raise AssertionError("another client failed")


def run(county: Path, folder: Path, operations: int, kills: int, seed: int, look_every: int = 1) -> None:
    """Kills at random moments spread over the work, looking at the files between the kills."""
    database = folder / "hall.db"
    tokens = plant_staff(database)
    serving = Serving(county, database)
    load = Load(serving, tokens, operations, seed)
    draw = random.Random(seed)
    marks = sorted(draw.randint(1, operations - 1) for _ in range(kills))
    serving.start()
    load.up.set()
    try:
        with ThreadPoolExecutor(WORKERS) as pool:
            for worker in range(WORKERS):
                pool.submit(load.work, worker)
            for number, mark in enumerate(marks):
                if load.failed.is_set():
                    break
                while load.acknowledged < mark and not load.failed.is_set():
                    time.sleep(0.01)
                time.sleep(draw.random() * 0.01)
                load.up.clear()
                serving.kill()
                if number % look_every == 0:
                    look = folder / f"look-{number}"
                    assert_whole(copied(database, look), folder / "files")
                    shutil.rmtree(look)
                serving.start()
                load.up.set()
        if load.first is not None:
            raise load.first
        _same_receipts(load, draw)
    finally:
        load.up.set()
        for client in load.clients:
            client.close()
        serving.kill()
    counts = assert_whole(database, folder / "files")
    _acknowledged_is_there(database, load)
    assert counts["cases"] == len(load.cases)
    assert_tidying_leaves_rows_and_files_equal(database)
    assert "Traceback" not in serving.told()
    print(f"{load.acknowledged} acknowledged, {load.in_doubt} in doubt, {kills} kills, {dict(counts)}")


def _same_receipts(load: Load, draw: random.Random) -> None:
    """The same key asked again after all restarts gives the same receipt."""
    with client_of(load.serving) as client:
        for case in draw.sample(load.cases, min(20, len(load.cases))):
            again = send_filing(client, case.key, load._address(case))
            assert again.status_code == 200, again.text
            told = {name: value for name, value in answer_of(again).items() if name != "repeated"}
            assert told == {name: value for name, value in case.answers["file"].items() if name != "repeated"}
            if _SUPPLEMENT in case.answers:
                again = send_supplement(
                    client, case.number, case.code, f"{case.key}-{_SUPPLEMENT}", load._address(case)
                )
                assert again.status_code == 200, again.text
                for name, value in case.answers[_SUPPLEMENT].items():
                    assert name == "repeated" or answer_of(again)[name] == value


def _acknowledged_is_there(path: Path, load: Load) -> None:
    database = Database.open(path)
    try:
        rows = {row["number"]: row for row in database.rows("SELECT * FROM cases")}
        for case in load.cases:
            assert rows[case.number]["state"] == STATE_AFTER[case.done], case
            case_id = rows[case.number]["id"]
            files = [f"{case.key}.pdf"] + [f"{case.key}-{_SUPPLEMENT}.pdf"] * (_SUPPLEMENT in case.answers)
            named = database.rows("SELECT name FROM attachment WHERE case_id = ? ORDER BY name", (case_id,))
            assert sorted(row["name"] for row in named) == sorted(files)
            moves = database.rows(
                "SELECT kind FROM event WHERE subject = 'case' AND subject_id = ? ORDER BY seq", (case_id,)
            )
            made = [each.rpartition("-")[2] for each in case.answers]
            assert [row["kind"] for row in moves if row["kind"] in _MOVES] == made, case
            assert database.value("SELECT hash FROM event WHERE seq = ?", (case.answers["file"]["event_sequence"],)) == (
                case.answers["file"]["leaf"]
            )  # fmt: skip
    finally:
        database.close()


def test_nothing_acknowledged_is_lost_and_nothing_is_half_after_three_kills(
    built_county: Path, tmp_path: Path
) -> None:
    run(built_county, tmp_path, operations=200, kills=3, seed=random.SystemRandom().randrange(1 << 30))


@pytest.mark.soak(minutes=4)
def test_ten_thousand_filings_and_moves_survive_sixty_kills(built_county: Path, tmp_path: Path) -> None:
    seed = int(os.environ.get("TRUST_SEED", random.SystemRandom().randrange(1 << 30)))
    print(f"TRUST_SEED={seed}")
    run(built_county, tmp_path, operations=10_000, kills=60, seed=seed, look_every=10)
