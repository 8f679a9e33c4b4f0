"""The yearly working calendars: reading and checking them, taking over the State Council's notices."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError, field_validator

from catalog.form_schema import Part, Text
from catalog.problems import Problem, in_order
from catalog.pydantic_chinese import explained
from catalog.root import DEFAULTS, Root
from catalog.yaml_text import Document, FieldPath, field_text, parse_yaml
from rules.calendar import CalendarYear, WorkCalendar
from rules.errors import Invalid
from rules.quick_dataclass import dataclass
from rules.statutory_holidays import statutory_holidays

FOLDER = "calendars"
# Notices reach over New Year: 2018-12-29 is in the notice for 2019.
_NEIGHBOUR_DAYS = 31


class Holiday(Part):
    """One holiday of a notice: its days off and the weekend days worked in exchange."""

    name: Text
    off: tuple[date, ...] = Field((), description="放假的日子")
    work: tuple[date, ...] = Field((), description="调休上班的日子")


class RegionalHoliday(Part):
    """Days a region gives itself, with the local rule behind them."""

    name: Text
    off: Annotated[tuple[date, ...], Field(min_length=1)]
    basis: Text = Field(description="地方规定的名称和文号")


class CalendarFile(Part):
    """`calendars/YEAR.yml`. A root's file that leaves out `holidays` adds to the packaged one."""

    year: int = Field(ge=1990, le=2200)
    sources: tuple[Text, ...] = Field((), description="国务院办公厅通知的网址")
    holidays: tuple[Holiday, ...] = ()
    regional: tuple[RegionalHoliday, ...] = ()

    @field_validator("year", mode="before")
    @classmethod
    def _whole(cls, value: object) -> object:
        if isinstance(value, bool):
            raise ValueError("要写四位年份，如 2026")
        return value


class CalendarData(Part):
    """All years of a root, as `site/data/calendar.json` carries them."""

    years: tuple[CalendarFile, ...]


@dataclass(frozen=True, slots=True)
class CalendarReading:
    """The calendar of the files that are right, and what is wrong with the others."""

    calendar: WorkCalendar
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class ImportedNotice:
    """A notice taken over: the year, the file written, and what a person should look at."""

    year: CalendarYear
    path: Path
    warnings: tuple[str, ...]


def calendar_folders(root: Root | None) -> tuple[Path, ...]:
    """Where calendars lie, the packaged ones first, the root's own after them."""
    own = () if root is None else (root.content / FOLDER,)
    return (DEFAULTS / FOLDER, *own)


def read_calendars(folders: Iterable[Path], root: Root | None = None) -> CalendarReading:
    """Reads every `YEAR.yml`; a later folder replaces a year, or adds its regional days to it."""
    years: dict[int, CalendarFile] = {}
    problems: list[Problem] = []
    for folder in folders:
        for path in sorted(folder.glob("*.yml")) if folder.is_dir() else ():
            shown = path.as_posix() if root is None else root.shown(path)
            found, faults = _read_file(path, shown)
            problems += faults
            if found is None:
                continue
            earlier = years.get(found.year)
            if not found.holidays and earlier is not None:
                found = earlier.model_copy(update={"regional": (*earlier.regional, *found.regional)})
            years[found.year] = found
    published = [_as_year(each) for each in years.values() if each.holidays]
    for each in years.values():
        if not each.holidays:
            message = "这一年还没有全国放假安排，地方假日要等它公布后才生效"
            problems.append(Problem(f"{FOLDER}/{each.year}.yml", 0, "holidays", message, "warning"))
    return CalendarReading(WorkCalendar(published), in_order(problems))


def load_calendar(root: Root | None = None, folders: Sequence[Path] | None = None) -> WorkCalendar:
    """The working calendar of a root (or of the package alone). Raises Invalid with every fault found."""
    reading = read_calendars(calendar_folders(root) if folders is None else folders, root)
    errors = [str(each) for each in reading.problems if each.is_error]
    if errors:
        raise Invalid("工作日历有误：" + "；".join(errors))
    return reading.calendar


def calendar_data(calendar: WorkCalendar) -> CalendarData:
    """The years of a calendar as data for the build's artifact."""
    return CalendarData(years=tuple(_as_file(each) for each in calendar.years.values()))


def calendar_from(data: CalendarData) -> WorkCalendar:
    """The calendar the data was made from."""
    return WorkCalendar(_as_year(each) for each in data.years)


def import_notice(path: Path, into: Path) -> ImportedNotice:
    """Writes a yearly notice (holiday-cn JSON or our YAML) as `into/YEAR.yml`.

    Raises Invalid for a notice that is empty, names a day twice or as both off and worked, has days outside
    its year, or lets a statutory holiday be worked; nothing is written then.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Invalid(f"读不到文件 {path.name}：{error.strerror}") from error
    if path.suffix.lower() == ".json":
        found = _from_json(content, path.name)
        faults = [each.message for each in _faults_of(found, None, path.name)]
    else:
        document_file, problems = _read_bytes(content, path.name)
        faults = [str(each) for each in problems]
        if document_file is None:
            raise Invalid(f"{path.name} 不能导入：" + "；".join(faults))
        found = document_file
    if not any(each.off for each in found.holidays):
        raise Invalid(f"{path.name}：{found.year}年的放假安排还没有公布（没有任何放假日），不能导入")
    if faults:
        raise Invalid(f"{path.name} 不能导入：" + "；".join(faults))
    target = into / f"{found.year}.yml"
    found, taken_out = _keep_regional(found, target)
    into.mkdir(parents=True, exist_ok=True)
    temporary = target.with_suffix(".yml.new")
    temporary.write_text(as_yaml(found), encoding="utf-8")
    temporary.replace(target)
    return ImportedNotice(_as_year(found), target, (*_warnings(found), *taken_out))


def as_yaml(found: CalendarFile) -> str:
    """The file as people review it: fixed key order, one holiday a block, one source a line."""
    lines = [f"# {found.year}年工作日历：放假和调休以国务院办公厅通知为准", f"year: {found.year}"]
    if found.sources:
        lines += ["sources:", *(f"  - {_quoted(each)}" for each in found.sources)]
    lines.append("holidays:")
    for holiday in found.holidays:
        lines.append(f"  - name: {_quoted(holiday.name)}")
        lines.append(f"    off: [{', '.join(each.isoformat() for each in holiday.off)}]")
        if holiday.work:
            lines.append(f"    work: [{', '.join(each.isoformat() for each in holiday.work)}]")
    if found.regional:
        lines.append("regional:")
        for regional in found.regional:
            lines.append(f"  - name: {_quoted(regional.name)}")
            lines.append(f"    off: [{', '.join(each.isoformat() for each in regional.off)}]")
            lines.append(f"    basis: {_quoted(regional.basis)}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _read_file(path: Path, shown: str) -> tuple[CalendarFile | None, list[Problem]]:
    found, problems = _read_bytes(path.read_bytes(), shown)
    if found is not None and path.stem != str(found.year):
        problems.append(Problem(shown, 1, "year", f"文件名应为 {found.year}.yml"))
    return found, problems


def _read_bytes(content: bytes, shown: str) -> tuple[CalendarFile | None, list[Problem]]:
    """The file when it can be read at all; one with errors is not returned."""
    document = parse_yaml(content)
    if document.faults:
        return None, [Problem(shown, each.line, each.field, each.message) for each in document.faults]
    try:
        found = CalendarFile.model_validate(document.value)
    except ValidationError as error:
        return None, explained(error, CalendarFile, document, shown)
    faults = _faults_of(found, document, shown)
    return (None, faults) if faults else (found, [])


def _from_json(content: bytes, shown: str) -> CalendarFile:
    """A holiday-cn file: `{"year", "papers", "days": [{"name", "date", "isOffDay"}]}`."""
    try:
        data = json.loads(content)
        year, papers, days = data["year"], data.get("papers", []), data["days"]
        grouped: dict[str, tuple[list[date], list[date]]] = {}
        for row in days:
            if not isinstance(row["isOffDay"], bool):
                raise ValueError(f"{row['date']} 的 isOffDay 只能是 true 或 false")
            off, work = grouped.setdefault(str(row["name"]), ([], []))
            (off if row["isOffDay"] else work).append(date.fromisoformat(row["date"]))
        return CalendarFile.model_validate(
            {
                "year": year,
                "sources": tuple(papers),
                "holidays": tuple(
                    {"name": name, "off": tuple(off), "work": tuple(work)}
                    for name, (off, work) in grouped.items()
                ),
            }
        )
    except ValidationError as error:
        problems = explained(error, CalendarFile, Document(data), shown)
        raise Invalid(f"{shown} 不能导入：" + "；".join(str(each) for each in problems)) from error
    except (KeyError, TypeError, AttributeError) as error:
        raise Invalid(
            f"{shown} 不是放假安排：应有 year、papers 和 days,days 的每一行应有 name、date、isOffDay"
        ) from error
    except ValueError as error:
        raise Invalid(f"{shown} 读不懂：{error}") from error


def _faults_of(found: CalendarFile, document: Document | None, shown: str) -> list[Problem]:
    """What contradicts itself within one file."""
    problems: list[Problem] = []
    first = date(found.year, 1, 1) - timedelta(days=_NEIGHBOUR_DAYS)
    last = date(found.year, 12, 31) + timedelta(days=_NEIGHBOUR_DAYS)
    statutory = statutory_holidays(found.year)
    seen: dict[date, str] = {}
    for path, kind, day in _named_days(found):
        earlier = seen.get(day)
        seen.setdefault(day, kind)
        if not first <= day <= last:
            message = f"{day} 不在{found.year}年前后，请核对年份"
        elif earlier:
            message = f"{day} 写了两次" if earlier == kind else f"{day} 既写了放假又写了上班"
        elif kind == "work" and day in statutory:
            message = f"{day} 是{statutory[day]}法定节日，不能是上班日"
        else:
            continue
        line = 0 if document is None else document.line(path)
        problems.append(Problem(shown, line, field_text(path), message))
    return problems


def _named_days(found: CalendarFile) -> Iterator[tuple[FieldPath, str, date]]:
    for at, holiday in enumerate(found.holidays):
        for place, day in enumerate(holiday.off):
            yield ("holidays", at, "off", place), "off", day
        for place, day in enumerate(holiday.work):
            yield ("holidays", at, "work", place), "work", day
    for at, regional in enumerate(found.regional):
        for place, day in enumerate(regional.off):
            yield ("regional", at, "off", place), "off", day


def _warnings(found: CalendarFile) -> tuple[str, ...]:
    """What is not wrong in itself but unusual for a notice."""
    warnings: list[str] = []
    off = {day for holiday in found.holidays for day in holiday.off}
    for day, name in sorted(statutory_holidays(found.year).items()):
        if day not in off:
            warnings.append(f"{day} 是{name}法定节日，通知里没有放假")
    for holiday in found.holidays:
        warnings += [
            f"{day} 本来就是工作日，通知又列为{holiday.name}上班日"
            for day in holiday.work
            if day.weekday() < 5
        ]
    if not found.sources:
        warnings.append("没有写通知的来源网址，请补上 sources")
    return tuple(warnings)


def _keep_regional(found: CalendarFile, target: Path) -> tuple[CalendarFile, tuple[str, ...]]:
    """A national notice says nothing of regional days; those written down before stay.

    Save the days the notice names itself: each taken out is told.
    """
    if found.regional or not target.is_file():
        return found, ()
    earlier, _ = _read_bytes(target.read_bytes(), target.name)
    if earlier is None or not earlier.regional:
        return found, ()
    named = {
        day: f"{each.name}{kind}日"
        for each in found.holidays
        for kind, days in (("放假", each.off), ("上班", each.work))
        for day in days
    }
    kept: list[RegionalHoliday] = []
    warnings: list[str] = []
    for regional in earlier.regional:
        left = tuple(day for day in regional.off if day not in named)
        if left:
            kept.append(regional.model_copy(update={"off": left}))
        warnings += [
            f"{day} 在通知里是{named[day]}，从地方假日“{regional.name}”里去掉了"
            + ("" if left else f"，“{regional.name}”已没有别的日子")
            for day in regional.off
            if day in named
        ]
    return found.model_copy(update={"regional": tuple(kept)}), tuple(warnings)


def _as_year(found: CalendarFile) -> CalendarYear:
    off: Mapping[date, str] = {day: each.name for each in found.holidays for day in each.off}
    work = {day: each.name for each in found.holidays for day in each.work}
    regional = {day: each.name for each in found.regional for day in each.off}
    basis = {each.name: each.basis for each in found.regional}
    return CalendarYear(found.year, off, work, regional, found.sources, basis)


def _as_file(year: CalendarYear) -> CalendarFile:
    names = list(dict.fromkeys([*year.off.values(), *year.work.values()]))
    return CalendarFile(
        year=year.year,
        sources=year.sources,
        holidays=tuple(
            Holiday(name=name, off=_days(year.off, name), work=_days(year.work, name)) for name in names
        ),
        regional=tuple(
            RegionalHoliday(
                name=name, off=_days(year.regional, name), basis=year.regional_basis.get(name, name)
            )
            for name in dict.fromkeys(year.regional.values())
        ),
    )


def _days(named: Mapping[date, str], name: str) -> tuple[date, ...]:
    return tuple(sorted(day for day, each in named.items() if each == name))
