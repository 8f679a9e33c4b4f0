"""From the plain values of a JSON line or a YAML example to the facts a card rule judges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import cast, get_args

from rules.cards import CardObject, Dropped, Facts
from rules.errors import Invalid
from rules.pause import Pause, Precision
from rules.time import is_date_only, parse_date, parse_stamp

_KEYS = frozenset(
    {"object", "start", "end", "limit", "statutory", "precision", "pauses", "extra_days", "dropped"}
)


def facts_from(plain: Mapping[str, object], now: datetime) -> Facts:
    """Facts from `{"object", "start", "end", "limit", "statutory", "precision", "pauses"}`.

    `end`, `statutory`, `precision` and `pauses` may be missing or null; `limit` too where the rule has a
    default. A pause is `"FROM..TO"`, `[FROM, TO]` or `{"start", "end", "days", "reason"}` (`from`/`to` do as
    well); one with `days` alone lengthens both limits by them. Raises Invalid with a message by field.
    """
    wrong: dict[str, str] = {}
    unknown = [str(key) for key in plain if key not in _KEYS]
    for key in unknown:
        wrong[key] = f"没有“{key}”这个字段"
    kind = _chosen(plain, "object", get_args(CardObject), wrong, required=True)
    precision = _chosen(plain, "precision", get_args(Precision), wrong)
    dropped = _chosen(plain, "dropped", get_args(Dropped), wrong)
    start = _moment(plain, "start", wrong)
    end = _moment(plain, "end", wrong)
    if start is None and "start" not in wrong:
        wrong["start"] = "请写开始时间"
    numbers = {key: _whole(plain, key, wrong) for key in ("limit", "statutory", "extra_days")}
    pauses, loose_days = _pauses(plain.get("pauses"), wrong)
    if start is not None and end is not None and end < start and not wrong:
        wrong["end"] = "结束时间早于开始时间"
    if wrong or start is None:
        raise Invalid("；".join(f"{key}：{text}" for key, text in wrong.items()), wrong)
    return Facts(
        object=cast(CardObject, kind),
        start=start,
        limit=numbers["limit"],
        now=now,
        end=end,
        statutory=numbers["statutory"],
        precision=cast(Precision | None, precision),
        pauses=pauses,
        extra_days=(numbers["extra_days"] or 0) + loose_days,
        dropped=cast(Dropped | None, dropped),
    )


def pause_from(plain: object) -> Pause:
    """A pause with at least a start, in any of the ways people write one. Raises Invalid."""
    pause, _ = _pause(plain)
    if pause is None:
        raise Invalid("暂停要写开始日期，如 2026-03-02..2026-03-05")
    return pause


def _pauses(plain: object, wrong: dict[str, str]) -> tuple[tuple[Pause, ...], int]:
    if plain is None:
        return (), 0
    if isinstance(plain, int) and not isinstance(plain, bool) and plain >= 0:
        return (), plain
    if not isinstance(plain, Sequence) or isinstance(plain, str):
        wrong["pauses"] = "要写成列表，每项如 2026-03-02..2026-03-05"
        return (), 0
    found: list[Pause] = []
    loose = 0
    for at, each in enumerate(plain):
        try:
            pause, days = _pause(each)
        except Invalid as error:
            wrong[f"pauses[{at}]"] = error.detail
            continue
        loose += days
        if pause is not None:
            found.append(pause)
    return tuple(found), loose


def _pause(plain: object) -> tuple[Pause | None, int]:
    """The pause, or None and the bare days it lengthens the limits by."""
    if isinstance(plain, int) and not isinstance(plain, bool):
        return _pause({"days": plain})
    if isinstance(plain, str):
        first, dots, last = plain.partition("..")
        if not dots:
            raise Invalid(f"暂停“{plain}”读不懂，请写成 2026-03-02..2026-03-05")
        return _built(first, last or None, None, ""), 0
    if isinstance(plain, Mapping):
        days = plain.get("days", plain.get("notified"))
        if days is not None and (isinstance(days, bool) or not isinstance(days, int) or days < 0):
            raise Invalid(f"暂停的天数“{days}”应为不小于 0 的整数")
        first, last = plain.get("start", plain.get("from")), plain.get("end", plain.get("to"))
        if first is None and days is not None:
            return None, days
        return _built(first, last, days, str(plain.get("reason") or "")), 0
    if isinstance(plain, Sequence) and len(plain) == 2:
        return _built(plain[0], plain[1], None, ""), 0
    raise Invalid("暂停读不懂，请写成 2026-03-02..2026-03-05")


def _built(first: object, last: object, days: int | None, reason: str) -> Pause:
    if first is None:
        raise Invalid("暂停缺少开始日期")
    begin, end = _text(first), None if last is None else _text(last)
    if end is None and days is None:
        raise Invalid("未结束的暂停要写告知的天数（days）")
    if is_date_only(begin) and (end is None or is_date_only(end)):
        pause = Pause.of_days(parse_date(begin), None if end is None else parse_date(end), days, reason)
    else:
        pause = Pause(parse_stamp(begin), None if end is None else parse_stamp(end), days, reason)
    if pause.end is not None and pause.end < pause.start:
        raise Invalid(f"暂停的结束 {end} 早于开始 {begin}")
    return pause


def _text(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if not isinstance(value, str):
        raise Invalid(f"“{value}”不是日期或时间")
    return value


def _moment(plain: Mapping[str, object], key: str, wrong: dict[str, str]) -> datetime | None:
    value = plain.get(key)
    if value is None:
        return None
    try:
        return parse_stamp(_text(value))
    except Invalid as error:
        wrong[key] = error.detail
        return None


def _whole(plain: Mapping[str, object], key: str, wrong: dict[str, str]) -> int | None:
    value = plain.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        wrong[key] = f"应为不小于 0 的整数（现为 {value!r}）"
        return None
    return value


def _chosen(
    plain: Mapping[str, object],
    key: str,
    allowed: tuple[str, ...],
    wrong: dict[str, str],
    required: bool = False,
) -> str | None:
    value = plain.get(key)
    if value is None and not required:
        return None
    if value not in allowed:
        wrong[key] = f"应为 {'、'.join(allowed)} 之一" + ("" if value is None else f"（现为 {value!r}）")
        return None
    return value
