"""Paths that are not what a command needs: told in one line, never by a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from hall import cli
from tests.catalog_fixtures import make_root


def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str | Path) -> str:
    monkeypatch.setattr("sys.argv", ["hall", *(str(each) for each in words)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code in (1, 2)
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("place", "said"),
    [("missing/x.csv", "没有这个文件或目录"), ("README.md/x.csv", "不是目录")],
)
def test_a_file_that_cannot_be_written_there_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    place: str,
    said: str,
) -> None:
    root = make_root(tmp_path / "county")
    (tmp_path / "README.md").write_text("text", "utf-8")
    assert said in told(monkeypatch, capsys, "export", "--root", root.path, "-o", tmp_path / place)


def test_a_new_county_is_not_laid_out_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "README.md"
    path.write_text("text", "utf-8")
    assert "是一个文件" in told(monkeypatch, capsys, "new", path, "--yes")
    assert "不是目录" in told(monkeypatch, capsys, "new", path / "county", "--yes")
    assert path.read_text("utf-8") == "text"
