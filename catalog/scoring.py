"""Scoring schemes as data: reading and checking `scoring/<id>.yml`, and running the examples they carry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from pydantic import ValidationError

from catalog.problems import Problem, in_order
from catalog.pydantic_chinese import explained
from catalog.root import DEFAULTS, Root
from catalog.scoring_schema import ExampleFile, MeasureFile, SchemeFile
from catalog.yaml_text import FieldPath, field_text, parse_yaml
from rules.errors import Invalid, NotFound
from rules.quick_dataclass import dataclass
from rules.score import score
from rules.score_ledger import FEWEST_RATINGS, LedgerLine, digest
from rules.score_scheme import Scheme, ScoreExample

FOLDER = "scoring"


@dataclass(frozen=True, slots=True)
class SchemesReading:
    """The schemes that are right, by id, with their files' bytes, and what is wrong with the others."""

    schemes: Mapping[str, Scheme]
    texts: Mapping[str, bytes]
    problems: tuple[Problem, ...]


def scoring_folders(root: Root | None) -> tuple[Path, ...]:
    """Where schemes lie, the packaged ones first, the root's own after them."""
    own = () if root is None else (root.content / FOLDER,)
    return (DEFAULTS / FOLDER, *own)


def read_schemes(folders: Iterable[Path], root: Root | None = None) -> SchemesReading:
    """Reads every scheme; a file of the same name in a later folder takes the earlier one's place."""
    paths: dict[str, Path] = {}
    for folder in folders:
        if folder.is_dir():
            paths |= {path.name: path for path in sorted(folder.glob("*.yml"))}
    schemes: dict[str, Scheme] = {}
    texts: dict[str, bytes] = {}
    problems: list[Problem] = []
    for path in paths.values():
        data = path.read_bytes()
        found, faults = _read(data, path.as_posix() if root is None else root.shown(path), path.stem)
        problems += faults
        if found is not None:
            schemes[found.id], texts[found.id] = found, data
    return SchemesReading(schemes, texts, in_order(problems))


def load_scheme(folders: Sequence[Path], name: str) -> tuple[Scheme, bytes]:
    """The scheme `name` and the bytes of its file.

    Raises Invalid with every fault of its file, NotFound when there is none.
    """
    reading = read_schemes(folders)
    if name in reading.schemes:
        return reading.schemes[name], reading.texts[name]
    faults = [str(each) for each in reading.problems if Path(each.path).stem == name]
    if faults:
        raise Invalid("评分办法有误：" + "；".join(faults))
    known = "、".join(sorted(reading.schemes)) or "（没有）"
    raise NotFound(f"没有评分办法“{name}”，现有：{known}")


def scheme_of(data: bytes, shown: str = "评分办法") -> Scheme:
    """The scheme in the bytes of a file, as a published copy is read. Raises Invalid with all its faults."""
    found, faults = _read(data, shown, None)
    if found is None:
        raise Invalid("；".join(str(each) for each in faults))
    return found


def check_scoring(root: Root | None) -> tuple[Problem, ...]:
    """Everything `hall check` has to say about the schemes of a root, their examples included."""
    return read_schemes(scoring_folders(root), root).problems


def example_faults(scheme: Scheme, example: ScoreExample) -> Iterator[tuple[str, str]]:
    """What comes out of an example otherwise than it says: (which part, the sentence)."""
    found = score("example", example.lines, scheme)
    heads = {each.id: each.points for each in found.heads}
    for name, wanted in example.heads.items():
        if heads[name] != wanted:
            yield f"heads.{name}", f"应为{_points(wanted)}，按办法算出{_points(heads[name])}"
    adjustments = {each.id: each.points for each in found.adjustments}
    for name, points in example.adjustments.items():
        if adjustments[name] != points:
            yield f"adjustments.{name}", f"应为{_points(points)}，按办法算出{_points(adjustments[name])}"
    if example.total is not None and found.total != example.total:
        yield "total", f"总分应为{_points(example.total)}，按办法算出{_points(found.total)}"
    if example.ranked is not None and found.ranked != example.ranked:
        yield "ranked", "按办法算出" + ("参加排名" if found.ranked else "不排名")
    if example.grade is not None and found.grade != example.grade:
        yield "grade", f"等次应为 {example.grade}，按办法算出 {found.grade or '不定等次'}"


def _points(points: Decimal | None) -> str:
    return "未测评" if points is None else f" {points:f} 分"


def _read(data: bytes, shown: str, stem: str | None) -> tuple[Scheme | None, list[Problem]]:
    document = parse_yaml(data)
    if document.faults:
        return None, [Problem(shown, each.line, each.field, each.message) for each in document.faults]
    try:
        file = SchemeFile.model_validate(document.value)
    except ValidationError as error:
        return None, explained(error, SchemeFile, document, shown)

    def problems(faults: Iterable[tuple[FieldPath, str]], rule: str) -> list[Problem]:
        return [
            Problem(shown, document.line(place), field_text(place), message, rule=rule)
            for place, message in faults
        ]

    faults = problems(_faults(file, stem), "scoring")
    if faults:
        return None, faults
    scheme = _scheme(file, data)
    wrong = problems(
        (
            (("examples", at, *part.split(".")), f"“{example.name}”：{message}")
            for at, example in enumerate(scheme.examples)
            for part, message in example_faults(scheme, example)
        ),
        "scoring-example",
    )
    if wrong:
        return None, wrong
    return scheme, [replace(each, severity="warning") for each in problems(_never_met(file), "scoring")]


def _faults(file: SchemeFile, stem: str | None) -> Iterator[tuple[FieldPath, str]]:
    if stem is not None and file.id != stem:
        yield ("id",), f"文件名应为 {file.id}.yml"
    seen: set[str] = set()
    for at, head in enumerate(file.heads):
        if head.id in seen:
            yield ("heads", at, "id"), f"编号 {head.id} 重复"
        seen.add(head.id)
        for place, measure in enumerate(head.measures):
            yield from _measure_faults(measure, ("heads", at, "measures", place), seen)
            if measure.way != "proportion" and (measure.points or 0) > 0:
                yield ("heads", at, "measures", place, "points"), "分项里只扣分，加分请写在 adjustments"
        if sum(each.way == "proportion" for each in head.measures) > 1:
            yield ("heads", at, "measures"), "一个分项最多有一条按比例得分"
    for at, measure in enumerate(file.adjustments):
        yield from _measure_faults(measure, ("adjustments", at), seen)
        if measure.way == "proportion":
            yield ("adjustments", at, "way"), "按比例得分只用在分项里"
    starts = [each.start for each in file.grades]
    for place, (higher, lower) in enumerate(pairwise(starts), start=1):
        if lower >= higher:
            yield ("grades", place, "from"), "等次要由高到低写"
    if starts and starts[-1] != 0:
        yield ("grades", len(starts) - 1, "from"), "最低一等要从 0 分起，不然有的总分没有等次"
    yield from _example_name_faults(file)


def _never_met(file: SchemeFile) -> Iterator[tuple[FieldPath, str]]:
    """Least numbers of ratings that the ledger never holds."""
    for at, head in enumerate(file.heads):
        for place, enough in enumerate(head.measured_when):
            if enough.kind == "rating" and enough.least < FEWEST_RATINGS:
                yield (
                    ("heads", at, "measured_when", place),
                    f"评价不到{FEWEST_RATINGS}个的部门，评价不进账本（免得让人猜出是谁评的），"
                    f"所以这一项也要{FEWEST_RATINGS}个才测评；请写 least: {FEWEST_RATINGS} 或更多",
                )


def _measure_faults(
    measure: MeasureFile, place: FieldPath, seen: set[str]
) -> Iterator[tuple[FieldPath, str]]:
    if measure.id in seen:
        yield (*place, "id"), f"编号 {measure.id} 重复"
    seen.add(measure.id)
    if measure.of is not None and measure.of.kind != measure.facts.kind and measure.way == "proportion":
        yield (*place, "of", "kind"), "分子和分母要是同一种"


def _example_name_faults(file: SchemeFile) -> Iterator[tuple[FieldPath, str]]:
    heads = {each.id for each in file.heads}
    adjustments = {each.id for each in file.adjustments}
    grades = {each.id for each in file.grades}
    for at, example in enumerate(file.examples):
        for name in example.heads:
            if name not in heads:
                yield ("examples", at, "heads", name), f"没有分项 {name}"
        for name in example.adjustments:
            if name not in adjustments:
                yield ("examples", at, "adjustments", name), f"没有加扣分项 {name}"
        if example.grade is not None and example.grade not in grades:
            yield ("examples", at, "grade"), f"没有等次 {example.grade}"


def _scheme(file: SchemeFile, data: bytes) -> Scheme:
    hashed = digest(data)
    return Scheme(
        id=file.id,
        title=file.title,
        version=f"{file.id}@{file.version}#{hashed[:8]}",
        hash=hashed,
        source=file.source,
        highest_only=file.highest_only,
        entries_alone=file.entries_alone,
        ranked_by=file.ranked.pick(),
        ranked_from=file.ranked.least,
        heads=tuple(each.head() for each in file.heads),
        adjustments=tuple(each.measure() for each in file.adjustments),
        grades=tuple(each.grade() for each in file.grades),
        examples=tuple(_example(each) for each in file.examples),
    )


def _example(example: ExampleFile) -> ScoreExample:
    lines: list[LedgerLine] = []
    for each in example.lines:
        lines += each.lines(len(lines) + 1)
    return ScoreExample(
        example.name,
        tuple(lines),
        example.heads,
        example.adjustments,
        example.total,
        example.grade,
        example.ranked,
    )
