"""What a running hall keeps in memory and loads: a handler alone only its own part, the compiler never."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from catalog.root import Root
from hall.compiling import BuildDied, BuildProcess, Compiler
from hall.one_build import Order
from rules.errors import HallError

HERE = Path(__file__).resolve().parents[1]
# Each takes as long to load as a page takes to answer, and none of them is needed to ask for number and code.
NOT_FOR_TRACKING = {
    "site_builder", "mkdocs", "markdown", "docx", "lxml", "whoosh", "rjieba", "pypinyin", "sqlite_utils", "limits",
    "httpx", "openpyxl", "prometheus_client", "filetype", "handlers.desk", "handlers.board", "handlers.api",
    "handlers.casework.sweeping", "handlers.casework.recomputing", "handlers.casework.demo",
    "handlers.correspondence.service", "handlers.supervising.service", "handlers.scoring.service",
    "handlers.statistics.service", "handlers.delivering.service", "handlers.logbook.signing",
}  # fmt: skip
TRACKING = """
import sys
from pathlib import Path
from hall.commands.serve import beside
from catalog.root import Root
from handlers.app import create_app
from handlers.context import Hall
from handlers.store.database import Database
database = Database.open(Path(sys.argv[2]), migrate=False)
hall = Hall(Root(Path(sys.argv[1])), Path(sys.argv[1]) / "site", database)
hall.casework.synchronise_units(hall.now())
create_app(hall, ("track",))
beside(hall, None)
assert hall.county.name
print(*sys.modules)
database.close()
"""


@pytest.fixture
def county(built_county: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "county"
    shutil.copytree(built_county, folder, ignore=shutil.ignore_patterns(".hall"))
    return folder


def loaded_by(code: str, *arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=HERE,
        env={**os.environ, "PYTHONPATH": str(HERE)},
    )
    return set(done.stdout.split())


def test_a_handler_alone_starts_without_the_compiler_and_what_only_others_need(
    county: Path, tmp_path: Path
) -> None:
    from handlers.store.database import Database

    Database.open(tmp_path / "hall.db", migrate=True).close()
    loaded = loaded_by(TRACKING, str(county), str(tmp_path / "hall.db"))
    assert "handlers.track" in loaded
    assert NOT_FOR_TRACKING & loaded == set()


def test_a_build_leaves_nothing_of_the_compiler_in_the_hall(county: Path) -> None:
    code = """
import sys
from pathlib import Path
from catalog.root import Root
from hall.compiling import Compiler
root = Root(Path(sys.argv[1]))
compiler = Compiler(root, (), root.path / "site")
compiler.first()
compiler.close()
print(*sys.modules)
"""
    assert {"site_builder", "mkdocs", "markdown"} & loaded_by(code, str(county)) == set()


def ordered(building: BuildProcess, order: Order) -> None:
    with pytest.raises(BuildDied):
        building.run(order)


def test_the_process_of_a_build_ends_with_the_hall(county: Path) -> None:
    waiting = BuildProcess("text", Root(county))
    waiting.end()
    assert waiting.ended
    building = BuildProcess("text", Root(county))
    running = threading.Thread(
        target=ordered, args=(building, Order(str(county), (), str(county / "site"), None))
    )
    running.start()
    building.end()
    running.join(20)
    assert building.ended


def test_another_takes_the_place_of_a_process_that_was_killed_while_it_waited(
    county: Path, caplog: pytest.LogCaptureFixture
) -> None:
    compiler = Compiler(Root(county), (), county / "site")
    compiler.prepare()
    process = compiler._process
    assert process is not None
    process.end()
    with caplog.at_level(logging.INFO, "hall"):
        compiler.again()
    compiler.close()
    assert "portal rebuilt" in caplog.text


def test_a_county_that_cannot_be_built_is_told_in_the_builds_own_words(county: Path) -> None:
    (county / "county.yml").write_text("name: [\n", encoding="utf-8")
    compiler = Compiler(Root(county), (), county / "site")
    with pytest.raises(HallError, match=r"county\.yml"):
        compiler.build()
    compiler.close()
    assert json.loads((county / "site" / "data" / "catalog.json").read_text(encoding="utf-8"))["items"]
