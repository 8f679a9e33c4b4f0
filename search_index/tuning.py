"""Weights and question phrases: data in defaults/, read once, replaceable by a county's own files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

DEFAULTS = Path(__file__).parent / "defaults"
TEXT_FIELDS = ("title", "plain", "keywords", "department", "body")


@dataclass(frozen=True, slots=True)
class Ranking:
    """The numbers of defaults/ranking.yml; what each means is written there."""

    fields: Mapping[str, float]
    length: Mapping[str, float]
    saturation: float
    kinds: Mapping[str, float]
    candidates: int
    names: Mapping[str, float]
    match_share: float
    match_floor: float
    synonym: float
    synonym_step: float
    later_stages: tuple[str, ...]
    later_stage: float


@dataclass(frozen=True, slots=True)
class Tuning:
    """How this index is asked: weights and the phrases that are set aside."""

    ranking: Ranking
    questions: tuple[str, ...]
    fillers: tuple[str, ...]


def _read(name: str, override: Path | None) -> dict[str, Any]:
    chosen = override / name if override is not None and (override / name).is_file() else DEFAULTS / name
    loaded: dict[str, Any] = yaml.safe_load(chosen.read_text(encoding="utf-8"))
    return loaded


@cache
def read_tuning(override: Path | None = None) -> Tuning:
    """The shipped data, or the files of the same names in the folder `override`."""
    ranking = _read("ranking.yml", override)
    questions = _read("questions.yml", override)
    return Tuning(
        ranking=Ranking(**{**ranking, "later_stages": tuple(ranking["later_stages"])}),
        questions=tuple(questions["phrases"]),
        fillers=tuple(questions["fillers"]),
    )
