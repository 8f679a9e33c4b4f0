"""Statistics' definitions as data: what each measure is called, how it is counted, and which target it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from catalog.problems import Problem, in_order
from catalog.pydantic_chinese import explained
from catalog.root import DEFAULTS, Root
from catalog.yaml_text import parse_yaml

Kind = Literal["count", "sum", "share", "percentile", "value_share", "item", "now"]
Better = Literal["up", "down", "none"]
_Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
FOLDER = "statistics"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Measure(_Part):
    """One measure. `of` and `over` name what the store counts; `scale` divides a sum (cents to yuan)."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
    section: _Text
    label: _Text
    unit: _Text
    kind: Kind
    of: tuple[str, ...] = Field(min_length=1)
    over: tuple[str, ...] = ()
    percent: int | None = Field(None, ge=1, le=99)
    values: tuple[int, ...] = ()
    scale: int = Field(1, ge=1)
    better: Better
    how: _Text
    source: _Text

    @model_validator(mode="after")
    def _complete(self) -> Measure:
        if (self.kind == "share") != bool(self.over):
            raise ValueError("占比要写 over，别的不写")
        if (self.kind == "percentile") != (self.percent is not None):
            raise ValueError("百分位要写 percent，别的不写")
        if self.kind == "value_share" and not self.values:
            raise ValueError("value_share 要写 values")
        return self

    @property
    def is_share(self) -> bool:
        """Whether the figure is per cent, so that a change is in percentage points."""
        return self.unit == "%"

    @property
    def digits(self) -> int:
        """Decimals that people read."""
        return 2 if self.scale > 1 else 1 if self.is_share else 0


class Target(_Part):
    """What somebody asks of a measure."""

    measure: str
    at_least: float | None = None
    at_most: float | None = None
    source: _Text

    @model_validator(mode="after")
    def _one(self) -> Target:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("at_least 和 at_most 写一个")
        return self

    @property
    def value(self) -> float:
        """The figure asked for."""
        return self.at_least if self.at_least is not None else self.at_most or 0.0

    def met(self, figure: float) -> bool:
        """Whether a figure reaches it."""
        return figure >= self.value if self.at_least is not None else figure <= self.value


class _MeasureFile(_Part):
    measures: tuple[Measure, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_once(self) -> _MeasureFile:
        names = [each.id for each in self.measures]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"指标编号重复：{'、'.join(twice)}")
        return self


class _TargetFile(_Part):
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True)
class Definitions:
    """All measures in order, and their targets."""

    measures: Mapping[str, Measure]
    targets: Mapping[str, Target]

    @property
    def sections(self) -> dict[str, tuple[Measure, ...]]:
        """The measures by section, in file order."""
        found: dict[str, list[Measure]] = {}
        for each in self.measures.values():
            found.setdefault(each.section, []).append(each)
        return {name: tuple(several) for name, several in found.items()}


def read_definitions(root: Root | None = None) -> tuple[Definitions, list[Problem]]:
    """The definitions in force and every fault of the root's own files; a faulty file gives way to the default."""
    problems: list[Problem] = []
    measures = _read(root, "measures.yml", _MeasureFile, problems).measures
    targets = _read(root, "targets.yml", _TargetFile, problems).targets
    known = {each.id: each for each in measures}
    for target in targets:
        if target.measure not in known:
            shown = f"content/{FOLDER}/targets.yml"
            problems.append(Problem(shown, 0, "measure", f"没有叫 {target.measure} 的指标"))
    return Definitions(known, {each.measure: each for each in targets if each.measure in known}), problems


def check_statistics(root: Root) -> tuple[Problem, ...]:
    """What is wrong with the root's own definitions."""
    return in_order(read_definitions(root)[1])


def load_definitions(root: Root | None = None) -> Definitions:
    """The definitions in force, read again when the root's files change."""
    files = [] if root is None else [root.content / FOLDER / name for name in ("measures.yml", "targets.yml")]
    stamps = tuple(each.stat().st_mtime for each in files if each.is_file())
    return _cached(None if root is None else root.path, stamps)


@lru_cache(maxsize=8)
def _cached(path: Path | None, stamps: tuple[float, ...]) -> Definitions:
    return read_definitions(None if path is None else Root(path))[0]


_Model = TypeVar("_Model", bound=_Part)


def _read(root: Root | None, name: str, model: type[_Model], problems: list[Problem]) -> _Model:
    own = None if root is None else root.content / FOLDER / name
    if own is not None and own.is_file():
        shown = f"content/{FOLDER}/{name}"
        document = parse_yaml(own.read_bytes())
        problems += [Problem(shown, fault.line, fault.field, fault.message) for fault in document.faults]
        try:
            if not document.faults:
                return model.model_validate(document.value)
        except ValidationError as error:
            problems += explained(error, model, document, shown)
    return model.model_validate(parse_yaml((DEFAULTS / FOLDER / name).read_bytes()).value)
