"""The Merkle tree over a day's events (as in RFC 9162): root, inclusion proof, and its check."""

from __future__ import annotations

from collections.abc import Sequence

from rules.chain import SHA256, Hasher
from rules.quick_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """That leaf `index` (from 0) of `size` is under a root: the sibling hashes, lowest first, as hex."""

    index: int
    size: int
    path: tuple[str, ...]


def merkle_root(leaves: Sequence[str], hasher: Hasher = SHA256) -> str:
    """The root over event hashes (hex), as hex; the hash of nothing for no leaves."""
    if not leaves:
        return hasher.digest(b"").hex()
    return _levels(leaves, hasher)[-1][0].hex()


def inclusion_proof(leaves: Sequence[str], index: int, hasher: Hasher = SHA256) -> InclusionProof:
    """The proof for one leaf. Raises IndexError when there is no such leaf."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"no leaf {index} among {len(leaves)}")
    path: list[str] = []
    place = index
    for level in _levels(leaves, hasher)[:-1]:
        sibling = place ^ 1
        if sibling < len(level):
            path.append(level[sibling].hex())
        place //= 2
    return InclusionProof(index, len(leaves), tuple(path))


def verify_proof(leaf: str, proof: InclusionProof, root: str, hasher: Hasher = SHA256) -> bool:
    """Whether the proof leads from the leaf (an event hash, hex) to the root."""
    if not 0 <= proof.index < proof.size:
        return False
    try:
        current = _leaf(leaf, hasher)
        siblings = [bytes.fromhex(each) for each in proof.path]
    except ValueError:
        return False
    place, width = proof.index, proof.size
    while width > 1:
        if place ^ 1 < width:
            if not siblings:
                return False
            sibling = siblings.pop(0)
            pair = (sibling, current) if place & 1 else (current, sibling)
            current = _node(*pair, hasher)
        # A last node without sibling is lifted unchanged.
        place, width = place // 2, (width + 1) // 2
    return not siblings and current.hex() == root


def _levels(leaves: Sequence[str], hasher: Hasher) -> list[list[bytes]]:
    level = [_leaf(each, hasher) for each in leaves]
    levels = [level]
    while len(level) > 1:
        paired = [_node(level[at], level[at + 1], hasher) for at in range(0, len(level) - 1, 2)]
        level = paired + ([level[-1]] if len(level) % 2 else [])
        levels.append(level)
    return levels


def _leaf(text: str, hasher: Hasher) -> bytes:
    return hasher.digest(b"\0" + bytes.fromhex(text))


def _node(left: bytes, right: bytes, hasher: Hasher) -> bytes:
    return hasher.digest(b"\1" + left + right)
