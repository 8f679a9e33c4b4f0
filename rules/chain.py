"""The hash chain of events: salted commitments, linked hashes, and the search for tampering."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any, Literal, Protocol, cast

from rules.quick_dataclass import dataclass

GENESIS = ""
_SALT_BYTES = 16


class Hasher(Protocol):
    """What stands for the hash function, so that SM3 can take SHA-256's place."""

    @property
    def name(self) -> str:
        """The name written beside the hashes, `sha256` or `sm3`."""
        ...

    def digest(self, data: bytes) -> bytes:
        """The digest of `data`."""
        ...


@dataclass(frozen=True, slots=True)
class NamedHasher:
    """A hash of the standard library by its name: `sha256`, or `sm3` where OpenSSL has it."""

    name: str = "sha256"

    def digest(self, data: bytes) -> bytes:
        """The digest of `data`; raises ValueError when this Python lacks the hash."""
        # Every event and every sealed row comes through here; looking the name up costs as much as hashing.
        return (
            hashlib.sha256(data).digest() if self.name == "sha256" else hashlib.new(self.name, data).digest()
        )


SHA256 = NamedHasher("sha256")


def canonical(value: object) -> bytes:
    """JSON in one form only: sorted keys, no spaces, UTF-8. Floats are refused, they have no one form.

    Written out here because the library builds an encoder anew for every call, and looking for floats walked
    the value once more: this takes half the time, and every event is written by it twice.
    """
    return _text(value).encode("utf-8")


def _text(value: object) -> str:
    # The usual kinds by their exact type: to ask whether something is a Mapping costs more than to write it.
    kind = type(value)
    if kind is str:
        return encode_basestring(cast(str, value))
    if kind is dict:
        return _members(cast("dict[Any, object]", value))
    if kind is int:
        return int.__repr__(cast(int, value))
    if kind is list:
        return "[" + ",".join([_text(each) for each in cast("list[object]", value)]) + "]"
    if isinstance(value, str):
        return encode_basestring(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, Mapping):
        return _members(value)
    if isinstance(value, list | tuple):
        return "[" + ",".join([_text(each) for each in value]) + "]"
    if isinstance(value, float):
        raise TypeError("floats have no canonical form; write amounts as strings or whole units")
    raise TypeError(f"{type(value).__name__} has no canonical form")


def _members(value: Mapping[Any, object]) -> str:
    """An object's members by key; a key that is no string raises TypeError, here or when keys are sorted."""
    return (
        "{"
        + ",".join(
            [
                name + (encode_basestring(held) if type(held := value[key]) is str else _text(held))
                for key, name in _in_order(*value)
            ]
        )
        + "}"
    )


@lru_cache(maxsize=1024)
def _in_order(*keys: str) -> tuple[tuple[str, str], ...]:
    """Keys in their order, each with its text: most objects are of few kinds, an event's metadata of one."""
    return tuple((key, encode_basestring(key) + ":") for key in sorted(keys))


def commit(payload: bytes, salt: bytes, hasher: Hasher = SHA256) -> str:
    """The salted commitment to a payload (canonical JSON), as hex.

    The salt is at least 16 random bytes: names and phone numbers are guessable, so an unsalted hash would
    tell them. When payload and salt are erased, the commitment stays and the chain still verifies.
    """
    if len(salt) < _SALT_BYTES:
        raise ValueError(f"salt must be at least {_SALT_BYTES} bytes")
    return hasher.digest(b"county-hall payload\0" + framed(salt) + payload).hex()


def event_hash(
    previous: str, metadata: Mapping[str, object], commitment: str, hasher: Hasher = SHA256
) -> str:
    """The hash of an event over its predecessor's hash, its metadata and its commitment, as hex.

    `metadata` must hold the event's `sequence` (1, 2, 3 …); the first event's `previous` is GENESIS.
    """
    if not isinstance(metadata.get("sequence"), int):
        raise ValueError("metadata must hold the sequence number of the event")
    parts = (previous.encode(), canonical(dict(metadata)), commitment.encode())
    return hasher.digest(b"county-hall event\0" + b"".join(framed(part) for part in parts)).hex()


@dataclass(frozen=True, slots=True)
class ChainRow:
    """One event as stored; `payload` and `salt` are None once erased (or when not at hand)."""

    sequence: int
    previous: str
    metadata: Mapping[str, object]
    commitment: str
    hash: str
    payload: bytes | None = None
    salt: bytes | None = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A head of the chain as it was published: how many events, and the hash of the last."""

    sequence: int
    hash: str


FaultKind = Literal["changed", "removed", "inserted", "reordered", "tail_cut"]

FAULT_LABELS: Mapping[FaultKind, str] = {
    "changed": "内容被改动",
    "removed": "记录被删除",
    "inserted": "记录被插入",
    "reordered": "顺序被打乱",
    "tail_cut": "末尾被截断",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One finding: what kind, at which sequence number, and a Chinese sentence."""

    kind: FaultKind
    sequence: int
    detail: str


def verify(
    rows: Iterable[ChainRow],
    checkpoints: Iterable[Checkpoint] = (),
    hasher: Hasher = SHA256,
) -> Iterator[Fault]:
    """Reads the chain once, in stored order, and yields every fault found; nothing when it is whole.

    Rows that were renumbered to hide a removal or an insertion are recognised by the number their hash was
    made with. Without checkpoints a cut tail, or a chain rewritten from some point on, cannot be seen.
    """
    reader = _Reader(hasher, {each.sequence: each.hash for each in checkpoints})
    for row in rows:
        yield from reader.read(row)
    yield from reader.finish()


class _Reader:
    """Walks the chain with a memory of what is missing only, so that ten million events need no more."""

    def __init__(self, hasher: Hasher, checkpoints: Mapping[int, str]) -> None:
        self._hasher = hasher
        self._checkpoints = checkpoints
        self._next = 1
        self._heads = {GENESIS}  # the hashes the next row may follow; several where a row is doubled
        self._head_is_sound = True
        self._shift = 0
        self._missing: list[range] = []

    def read(self, row: ChainRow) -> Iterator[Fault]:
        """The faults that one more row shows."""
        shift = self._shift
        made_with = self._made_with(row)
        sound = made_with is not None
        number = row.sequence - self._shift if made_with is None else made_with
        if not sound:
            yield Fault("changed", row.sequence, f"第{row.sequence}条的内容与它的哈希不符")
        elif not self._payload_fits(row):
            yield Fault("changed", row.sequence, f"第{row.sequence}条的附带内容与它的承诺值不符")
        published = self._checkpoints.get(number)
        if sound and published is not None and published != row.hash:
            yield Fault("changed", row.sequence, f"第{row.sequence}条与已公布的校验点不符，记录被改写过")
        if number < self._next:
            yield self._late(row, number)
            return
        if number > self._next:
            self._missing.append(range(self._next, number))
        elif sound and self._head_is_sound and row.previous not in self._heads:
            before = max(row.sequence - 1, 1)
            yield Fault("changed", before, f"第{row.sequence}条接不上前一条：第{before}条被改写过")
        elif self._shift != shift and number != row.sequence:
            yield Fault("changed", row.sequence, f"第{number}条的序号被改成了{row.sequence}")
        self._next, self._heads, self._head_is_sound = number + 1, {row.hash}, sound

    def finish(self) -> Iterator[Fault]:
        """What only the end of the chain can show."""
        for gap in self._missing:
            count = "" if len(gap) == 1 else f"至第{gap[-1]}条，共{len(gap)}条"
            yield Fault("removed", gap[0], f"第{gap[0]}条{count}被删除")
        last = max(self._checkpoints, default=0)
        if last >= self._next:
            detail = f"已公布的校验点是第{last}条，现在只到第{self._next - 1}条"
            yield Fault("tail_cut", self._next, detail)

    def _late(self, row: ChainRow, number: int) -> Fault:
        """A number that has passed already: out of order when it was missed, else one too many."""
        for at, gap in enumerate(self._missing):
            if number in gap:
                parts = (range(gap.start, number), range(number + 1, gap.stop))
                self._missing[at : at + 1] = [part for part in parts if part]
                return Fault("reordered", row.sequence, f"第{number}条不在它的位置上")
        if number == self._next - 1:
            self._heads.add(row.hash)
        return Fault("inserted", row.sequence, f"第{number}条处多出一条记录")

    def _made_with(self, row: ChainRow) -> int | None:
        """The sequence number the row's hash was made with, near the one it bears now; None: none fits."""
        expected = row.sequence - self._shift
        written: object = row.metadata.get("sequence")
        nearby = (expected, row.sequence, *(row.sequence + each for each in (-1, 1, -2, 2, -3, 3)))
        own: tuple[int, ...] = (written,) if isinstance(written, int) else ()
        for number in dict.fromkeys((*own, *nearby)):
            metadata = {**row.metadata, "sequence": number}
            if event_hash(row.previous, metadata, row.commitment, self._hasher) == row.hash:
                self._shift = row.sequence - number
                return number
        return None

    def _payload_fits(self, row: ChainRow) -> bool:
        if row.payload is None:
            return True
        if row.salt is None or len(row.salt) < _SALT_BYTES:
            return False
        return commit(row.payload, row.salt, self._hasher) == row.commitment


def framed(part: bytes) -> bytes:
    """Length before content, so that no two lists of parts read the same."""
    return len(part).to_bytes(8, "big") + part
