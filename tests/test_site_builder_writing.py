"""Files with the same bytes under two names: one file where that is safe, and never one that changes with the other."""

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
