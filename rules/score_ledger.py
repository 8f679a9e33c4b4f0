"""The ledger of a score: one anonymous line per fact that counts, as text that reads and writes byte for byte."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from operator import attrgetter
from types import MappingProxyType

from rules.errors import Invalid
from rules.quick_dataclass import dataclass

FORMAT = "county-hall-score-ledger/1"
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "closed": "办结的办件",
        "card": "监察牌",
        "rating": "群众评价",
        "reply": "来信答复",
        "conduct": "态度作风投诉",
        "order": "督办通知书",
        "item": "事项",
        "entry": "监察登记",
        "register": "登记已核齐",
    }
)
# What stands in the ledger and is seen there, but counts for nothing.
NOT_COUNTED: Mapping[str, str] = MappingProxyType({"revoked": "已撤销", "withdrawn": "已撤回"})
FEWEST_RATINGS = 10
"""k: of a department with fewer ratings in the month none is in the ledger; no item with fewer is named on one.

The scheme's own least for measuring satisfaction, so that what is measured is what can be shown.
"""


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One fact. No names, no case numbers, no words that a person wrote.

    `n` counts from 1 in the order things happened; complaints about conduct and ratings come last and have no
    `day`, because it may tell whose they are. For that reason a complaint has no `item`, a rating no `person`, and
    an `item` only where at least FEWEST_RATINGS of the department's are of it and none or as many of the others; a
    department with fewer has no rating here at all. `token` stands for a case, letter or order (one number has one
    token within a period), `matter` for the clock or event behind a card, `person` for a member of staff
    within the period. `result`: closed → early, on_time, late or ended (no limit ran); reply → on_time, late;
    order → answered, late, unanswered; rating → 1 to 5; entry → its kind. `level` is a card's. `marks` say what
    is true of an item (incomplete, review_overdue, charges, no_fee_basis) or of a closed case (carded).
    `promised` and `statutory` are an item's limits in one unit. `state` is empty for what counts.
    """

    n: int
    kind: str
    department: str
    day: str = ""
    item: str = ""
    person: str = ""
    token: str = ""
    matter: str = ""
    result: str = ""
    object: str = ""
    trigger: str = ""
    level: int = 0
    quantity: int = 1
    marks: tuple[str, ...] = ()
    promised: int = 0
    statutory: int = 0
    head: str = ""
    state: str = ""

    @property
    def counts(self) -> bool:
        """Whether the fact enters the score; a revoked card or withdrawn entry is only listed."""
        return not self.state


@dataclass(frozen=True, slots=True)
class MonthLine:
    """One department's published month, as a quarter or year is made of: texts exactly as published.

    `heads` maps a head's id to its points, None where it was not measured. `ledger` is the month's own ledger hash.
    """

    n: int
    department: str
    month: str
    edition: int
    total: str | None
    closed: int
    heads: Mapping[str, str | None]
    ledger: str


@dataclass(frozen=True, slots=True)
class LedgerHead:
    """The first line: what the ledger is of. `departments` are (id, name) in the county's order; `as_of` a day."""

    county: str
    period: str
    edition: int
    scheme: str
    as_of: str
    departments: tuple[tuple[str, str], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Ledger:
    """A ledger as read: facts for a month, published months for a longer period. `hash` is of the whole text."""

    head: LedgerHead
    lines: tuple[LedgerLine, ...]
    months: tuple[MonthLine, ...]
    hash: str


_FIELDS = tuple((each.name, each.default) for each in fields(LedgerLine))
_MONTH_FIELDS = ("n", "department", "month", "edition", "total", "closed", "heads", "ledger")
_HEAD_FIELDS = (
    "format",
    "county",
    "period",
    "edition",
    "scheme",
    "as_of",
    "note",
    "departments",
    "lines",
    "body",
)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_quoted = json.encoder.encode_basestring
_values_of = attrgetter(*(name for name, _ in _FIELDS))
MOST_LINES = 5_000_000
_POINTS = re.compile(r"[0-9]{1,6}\.[0-9]{2}", re.ASCII)


def write(head: LedgerHead, lines: Iterable[LedgerLine] = (), months: Iterable[MonthLine] = ()) -> bytes:
    """The ledger as JSON Lines in UTF-8: the head with the hash of everything below it, then a line a fact."""
    texts = [_line_text(each) for each in lines] + [_month_text(each) for each in months]
    body = "".join(text + "\n" for text in texts).encode()
    first = {
        "format": FORMAT,
        "county": head.county,
        "period": head.period,
        "edition": head.edition,
        "scheme": head.scheme,
        "as_of": head.as_of,
        "note": head.note,
        "departments": [list(each) for each in head.departments],
        "lines": len(texts),
        "body": hashlib.sha256(body).hexdigest(),
    }
    return _encode(first).encode() + b"\n" + body


def digest(data: bytes) -> str:
    """SHA-256 as hexadecimal text: how ledgers and schemes are named in rankings and in the log."""
    return hashlib.sha256(data).hexdigest()


def read(data: bytes) -> Ledger:
    """The ledger of a text. Raises Invalid for anything that `write` did not write exactly so."""
    first, _, body = data.partition(b"\n")
    head, count, stated = _head(first)
    if digest(body) != stated:
        raise Invalid(
            "账本被改动过：正文和第一行写明的校验值对不上。请从县里公布的页面重新下载；一个字节的改动也会这样。"
        )
    try:
        rows = body.decode("utf-8").split("\n")[:-1]
    except UnicodeDecodeError as error:
        raise Invalid("账本不是 UTF-8 文本。") from error
    if len(rows) != count:
        raise Invalid(f"账本应有 {count} 行，实有 {len(rows)} 行。")
    lines: list[LedgerLine] = []
    months: list[MonthLine] = []
    for at, text in enumerate(rows, start=1):
        plain = _object(text.encode(), at + 1)
        if plain.get("n") != at:
            raise Invalid(f"账本第 {at + 1} 行的序号不是 {at}。")
        if plain.get("kind") == "month":
            months.append(_month(plain, at))
        else:
            lines.append(_line(plain, at))
    found = Ledger(head, tuple(lines), tuple(months), digest(data))
    if write(head, found.lines, found.months) != data:
        raise Invalid("账本的写法和规定的不同（多了空格、换了次序或写了多余的内容）。")
    return found


def lines_with(data: bytes, *needles: str) -> tuple[LedgerLine, ...]:
    """The facts whose text holds one of some values as JSON (a department, a pseudonym), without reading the others."""
    wanted = [_encode(each).encode() for each in needles]
    return tuple(
        _line(plain, at)
        for at, text in enumerate(data.split(b"\n")[1:-1], start=1)
        if any(each in text for each in wanted) and (plain := _object(text, at + 1)).get("kind") != "month"
    )


def lines_numbered(data: bytes, wanted: frozenset[int]) -> Iterator[LedgerLine]:
    """Only the lines with these numbers, without reading the others: for pages that show a few."""
    if not wanted:
        return
    last = max(wanted)
    for at, text in enumerate(data.split(b"\n")[1 : last + 1], start=1):
        if at in wanted:
            yield _line(_object(text, at + 1), at)


def _line_text(line: LedgerLine) -> str:
    """As the library's encoder would write it, in less time: a month has a hundred thousand lines."""
    return (
        "{"
        + ",".join(
            f'"{name}":{_value_text(value)}'
            for (name, default), value in zip(_FIELDS, _values_of(line), strict=True)
            if value != default
        )
        + "}"
    )


def _value_text(value: object) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, tuple):
        return f"[{','.join(map(_quoted, value))}]"
    return str(value) if type(value) is int else _encode(value)


def _month_text(line: MonthLine) -> str:
    return _encode(
        {
            "n": line.n,
            "kind": "month",
            "department": line.department,
            "month": line.month,
            "edition": line.edition,
            "total": line.total,
            "closed": line.closed,
            "heads": dict(line.heads),
            "ledger": line.ledger,
        }
    )


def _object(text: bytes, number: int) -> dict[str, object]:
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"账本第 {number} 行不是 JSON。") from error
    if not isinstance(plain, dict):
        raise Invalid(f"账本第 {number} 行应为一个对象。")
    return plain


def _head(text: bytes) -> tuple[LedgerHead, int, str]:
    plain = _object(text, 1)
    if plain.get("format") != FORMAT:
        raise Invalid(f"这不是绩效账本（第一行应写明格式 {FORMAT}）。")
    if tuple(plain) != _HEAD_FIELDS:
        raise Invalid("账本第一行的内容不全或次序不对。")
    words = [plain[name] for name in ("county", "period", "scheme", "as_of", "note", "body")]
    edition, count, departments = plain["edition"], plain["lines"], plain["departments"]
    whole = isinstance(edition, int) and isinstance(count, int) and 0 <= count <= MOST_LINES
    pairs = isinstance(departments, list) and all(
        isinstance(each, list) and len(each) == 2 and all(isinstance(word, str) for word in each)
        for each in departments
    )
    if not (whole and pairs and all(isinstance(each, str) for each in words)):
        raise Invalid("账本第一行有写错的内容。")
    assert isinstance(edition, int)
    assert isinstance(count, int)
    assert isinstance(departments, list)
    county, period, scheme, as_of, note, body = (str(each) for each in words)
    named = tuple((str(each[0]), str(each[1])) for each in departments)
    return LedgerHead(county, period, edition, scheme, as_of, named, note), count, body


_TYPES: Mapping[str, type] = {
    name: type(default) for name, default in _FIELDS if name not in ("n", "kind", "department")
}


def _line(plain: Mapping[str, object], at: int) -> LedgerLine:
    if plain.get("kind") not in KINDS or not isinstance(plain.get("department"), str):
        raise Invalid(f"账本第 {at + 1} 行没有写明种类或部门。")
    values: dict[str, object] = {}
    for name, value in plain.items():
        if name == "marks":
            if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
                raise Invalid(f"账本第 {at + 1} 行的 marks 应为一列文字。")
            values[name] = tuple(value)
        elif name in ("n", "kind", "department"):
            values[name] = value
        elif name not in _TYPES or type(value) is not _TYPES[name]:
            raise Invalid(f"账本第 {at + 1} 行的 {name[:30]} 写错了。")
        else:
            values[name] = value
    return LedgerLine(**values)  # type: ignore[arg-type]


def _month(plain: Mapping[str, object], at: int) -> MonthLine:
    wrong = Invalid(f"账本第 {at + 1} 行不是一个月的成绩。")
    heads, total = plain.get("heads"), plain.get("total")
    if set(plain) != {*_MONTH_FIELDS, "kind"} or not isinstance(heads, dict):
        raise wrong
    words = (plain["department"], plain["month"], plain["ledger"])
    numbers = (plain["edition"], plain["closed"])
    fine = all(isinstance(each, str) for each in words) and all(type(each) is int for each in numbers)
    points = (total, *heads.values())
    if not fine or not all(
        each is None or (isinstance(each, str) and _POINTS.fullmatch(each)) for each in points
    ):
        raise wrong
    return MonthLine(
        n=at,
        department=str(words[0]),
        month=str(words[1]),
        edition=int(str(numbers[0])),
        total=None if total is None else str(total),
        closed=int(str(numbers[1])),
        heads=heads,
        ledger=str(words[2]),
    )
