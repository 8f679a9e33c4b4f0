"""What every test may use: the sample county's root, a fresh copy of it, the shared data when present."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def sample_root() -> Path:
    """The repository itself: 青禾县. Read only."""
    return ROOT


@pytest.fixture
def shared_data() -> Path:
    """`../shared/data`; the test skips where it is absent."""
    data = SHARED / "data"
    if not data.is_dir():
        pytest.skip("../shared/data is not here")
    return data


@pytest.fixture
def small_root(tmp_path: Path) -> Path:
    """A writable county: the sample county's settings, units and two departments."""
    target = tmp_path / "county"
    (target / "items").mkdir(parents=True)
    for name in ("county.yml", "mkdocs.yml"):
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, target / name)
    shutil.copytree(ROOT / "content", target / "content")
    for department in ("market", "police"):
        shutil.copytree(ROOT / "items" / department, target / "items" / department)
    return target
