"""Properties in two lengths: a short one, the same at every run, and a long one under `soak`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy


def lengths(short: int, long: int) -> pytest.MarkDecorator:
    """Parametrises a test with the number of examples."""
    return pytest.mark.parametrize("examples", [short, pytest.param(long, marks=pytest.mark.soak(minutes=5))])


def holds_for(examples: int, holds: Callable[..., None], *values: SearchStrategy[Any]) -> None:
    """Runs a property over so many examples; short runs are the same every time."""
    chosen = settings(
        max_examples=examples, derandomize=examples < 500, database=None, deadline=None, print_blob=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    chosen(given(*values)(holds))()
