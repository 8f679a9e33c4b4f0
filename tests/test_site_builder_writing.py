"""What a build remembers of what it wrote: twins are one file where that is safe, and a build that died is made good."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from site_builder.outputs import Output
from site_builder.writing import Writer


def pair(text: str) -> list[Output]:
    return [
        Output("data/items/a.json", text, lambda: text),
        Output(f"data/versions/{text}.json", text, lambda: text, twin="data/items/a.json"),
    ]


def written(tmp_path: Path, outputs: list[Output]) -> Writer:
    with Writer(tmp_path / "memory", tmp_path / "site") as writer:
        writer.write(outputs)
        writer.finish()
    return writer


def test_twins_of_a_new_site_are_one_file_and_remembered_as_two(tmp_path: Path) -> None:
    first = written(tmp_path, pair("one"))
    site = tmp_path / "site" / "data"
    assert os.path.samefile(site / "items" / "a.json", site / "versions" / "one.json")
    assert first.written == 2
    assert written(tmp_path, pair("one")).written == 0


def test_an_edit_leaves_the_earlier_version_as_it_was(tmp_path: Path) -> None:
    written(tmp_path, pair("one"))
    written(tmp_path, pair("two"))
    site = tmp_path / "site" / "data"
    assert (site / "items" / "a.json").read_text() == "two"
    assert (site / "versions" / "one.json").read_text() == "one"
    assert (site / "versions" / "two.json").read_text() == "two"


def test_where_files_cannot_have_two_names_there_are_two_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refused)
    written(tmp_path, pair("one"))
    site = tmp_path / "site" / "data"
    assert (site / "versions" / "one.json").read_text() == "one"
    assert not os.path.samefile(site / "items" / "a.json", site / "versions" / "one.json")


def test_a_twin_that_was_written_by_another_process_is_written_here(tmp_path: Path) -> None:
    written(tmp_path, pair("one")[1:])
    assert (tmp_path / "site" / "data" / "versions" / "one.json").read_text() == "one"


def county(**texts: str) -> list[Output]:
    return [
        Output(f"{name}/index.html", text, lambda text=text: text)  # type: ignore[misc]
        for name, text in texts.items()
    ]


def broken_off(tmp_path: Path, *calls: list[Output]) -> None:
    """A build that dies before it remembers anything."""
    with Writer(tmp_path / "memory", tmp_path / "site") as writer:
        for outputs in calls:
            writer.write(outputs)


def on_disk(tmp_path: Path) -> dict[str, str]:
    site = tmp_path / "site"
    return {path.parent.relative_to(site).as_posix(): path.read_text() for path in site.rglob("index.html")}


def test_after_a_build_that_broke_off_and_a_revert_the_site_is_what_the_sources_say(tmp_path: Path) -> None:
    written(tmp_path, county(a="A", c="C"))
    broken_off(tmp_path, county(a="B", c="C"), county(new="N"))
    broken_off(tmp_path, county(a="A", c="C", other="O"))
    assert on_disk(tmp_path) == {"a": "A", "c": "C", "new": "N", "other": "O"}
    writer = written(tmp_path, county(a="A", c="C"))
    assert on_disk(tmp_path) == {"a": "A", "c": "C"}
    assert writer.removed == 2
    assert written(tmp_path, county(a="A", c="C")).written == 0
    assert len(list((tmp_path / "memory").iterdir())) == 1


def test_a_first_build_that_broke_off_leaves_nothing_for_ever(tmp_path: Path) -> None:
    broken_off(tmp_path, county(a="A", new="N"))
    written(tmp_path, county(a="A"))
    assert on_disk(tmp_path) == {"a": "A"}


def test_a_build_killed_while_it_announced_hides_nothing_of_the_next(tmp_path: Path) -> None:
    written(tmp_path, county(a="A"))
    broken_off(tmp_path, county(a="B"))
    journal = next((tmp_path / "memory").glob("*.writing"))
    journal.write_bytes(journal.read_bytes() + b'\n["to')
    broken_off(tmp_path, county(a="A", new="N"))
    written(tmp_path, county(a="A"))
    assert on_disk(tmp_path) == {"a": "A"}


def test_what_cannot_be_made_leaves_what_was_made_before_it_to_the_next_build(tmp_path: Path) -> None:
    def fails() -> str:
        raise OSError(28, "No space left on device")

    written(tmp_path, county(a="A"))
    with pytest.raises(OSError, match="No space"):
        written(tmp_path, [*county(a="B"), Output("z/index.html", "Z", fails)])
    written(tmp_path, county(a="A"))
    assert on_disk(tmp_path) == {"a": "A"}


def test_a_build_that_writes_nothing_leaves_the_memory_alone(tmp_path: Path) -> None:
    written(tmp_path, county(a="A"))
    memory = next((tmp_path / "memory").iterdir())
    before = memory.stat()
    written(tmp_path, county(a="A"))
    assert memory.stat().st_mtime_ns == before.st_mtime_ns
    assert memory.stat().st_ino == before.st_ino
