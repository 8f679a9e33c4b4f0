"""The hash chain of events: salted commitments, linked hashes, and the search for tampering."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

GENESIS = ""


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
        return hashlib.new(self.name, data).digest()


SHA256 = NamedHasher("sha256")


def canonical(value: object) -> bytes:
    """JSON in one form only: sorted keys, no spaces, UTF-8. Floats are refused, they have no one form."""
    _refuse_floats(value)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8")


def commit(payload: bytes, salt: bytes, hasher: Hasher = SHA256) -> str:
    """The salted commitment to a payload (canonical JSON), as hex.

    The salt is at least 16 random bytes: names and phone numbers are guessable, so an unsalted hash would
    tell them. When payload and salt are erased, the commitment stays and the chain still verifies.
    """
    if len(salt) < 16:
        raise ValueError("salt must be at least 16 bytes")
    return hasher.digest(b"county-hall payload\0" + _framed(salt) + payload).hex()


def event_hash(
    previous: str, metadata: Mapping[str, object], commitment: str, hasher: Hasher = SHA256
) -> str:
    """The hash of an event over its predecessor's hash, its metadata and its commitment, as hex.

    `metadata` must hold the event's `sequence` (1, 2, 3 …); the first event's `previous` is GENESIS.
    """
    if not isinstance(metadata.get("sequence"), int):
        raise ValueError("metadata must hold the sequence number of the event")
    parts = (previous.encode(), canonical(dict(metadata)), commitment.encode())
    return hasher.digest(b"county-hall event\0" + b"".join(_framed(part) for part in parts)).hex()


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
    """Reads the chain once, in stored order, and yields every fault found; nothing when it is whole."""
    raise NotImplementedError


def _framed(part: bytes) -> bytes:
    """Length before content, so that no two lists of parts read the same."""
    return len(part).to_bytes(8, "big") + part


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise TypeError("floats have no canonical form; write amounts as strings or whole units")
    if isinstance(value, Mapping):
        for key, each in value.items():
            if not isinstance(key, str):
                raise TypeError("keys must be strings")
            _refuse_floats(each)
    elif isinstance(value, list | tuple):
        for each in value:
            _refuse_floats(each)
