"""What a codeword changes in a QR code: its own modules and those of its error correction.

Mask, length and level fixed, a code is linear in the bits of its text: flipping a bit always flips the same modules.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from segno import consts

# Up to this version the length of a text is one byte, beyond it two.
_SHORT_LENGTH = 9
# Without types of its own.
_TABLES: Any = consts
# From this version on a code tells which it is.
_WITH_VERSION = 7


class Parts:
    """The flips of all codes of one size and level, worked out when first asked for."""

    def __init__(self, version: int, level: str) -> None:
        self._shifts = _shifts(version)
        # (data, error correction) codewords of each block, in their order.
        self._blocks: list[tuple[int, int]] = [
            (each.num_data, each.num_total - each.num_data)
            for each in _TABLES.ECC[version][_TABLES.ERROR_MAPPING[level]]
            for _ in range(each.num_blocks)
        ]
        # Mode and length come before the text: one and a half codewords, or two and a half.
        self._first = 1 if version <= _SHORT_LENGTH else 2
        self._known: dict[tuple[int, int], int] = {}

    def flipped(self, place: int, bits: int) -> int:
        """The modules that change when these bits of the character at `place` do: it lies in two codewords."""
        codeword = place + self._first
        return self._word(codeword, bits >> 4) ^ self._word(codeword + 1, (bits & 15) << 4)

    def _word(self, codeword: int, bits: int) -> int:
        if not bits:
            return 0
        known = self._known.get((codeword, bits))
        if known is None:
            known = self._known[codeword, bits] = self._made(codeword, bits)
        return known

    def _made(self, codeword: int, bits: int) -> int:
        block, start = 0, 0
        while codeword >= start + self._blocks[block][0]:
            start += self._blocks[block][0]
            block += 1
        data, correction = self._blocks[block]
        found = self._modules(self._place(block, codeword - start), bits)
        for number, each in enumerate(_remainder(bits, data - (codeword - start), correction)):
            found ^= self._modules(self._place_of_correction(block, number), each)
        return found

    def _modules(self, place: int, bits: int) -> int:
        shifts = self._shifts[place * 8 : place * 8 + 8]
        return sum(1 << shift for bit, shift in enumerate(shifts) if bits & 128 >> bit)

    def _place(self, block: int, index: int) -> int:
        """Blocks are interleaved: first all their first codewords, then all their second ones, and so on."""
        before = sum(min(data, index) for data, _ in self._blocks)
        return before + sum(1 for data, _ in self._blocks[:block] if data > index)

    def _place_of_correction(self, block: int, index: int) -> int:
        return sum(data for data, _ in self._blocks) + index * len(self._blocks) + block


def _shifts(version: int) -> list[int]:
    """Where the bits of the codewords stand, as places in the number that all modules are: in columns of two,
    from the right, alternately upwards and downwards.
    """
    side = 17 + 4 * version
    last = side * (side + 1) - 1
    taken = _patterns(version, side)
    found: list[int] = []
    upwards = True
    # The column of the timing pattern is left out.
    for right in (*range(side - 1, 6, -2), *range(5, 0, -2)):
        for row in range(side - 1, -1, -1) if upwards else range(side):
            found += [
                last - row * (side + 1) - column
                for column in (right, right - 1)
                if (row, column) not in taken
            ]
        upwards = not upwards
    return found


def _patterns(version: int, side: int) -> frozenset[tuple[int, int]]:
    """The modules that are the same in every code of a size, and those that tell its format and version."""
    areas = [(0, 0, 9, 9), (0, side - 8, 9, 8), (side - 8, 0, 8, 9), (6, 0, 1, side), (0, 6, side, 1)]
    centres = _TABLES.ALIGNMENT_POS[version - 2] if version > 1 else ()
    for row in centres:
        for column in centres:
            # None where a finder pattern stands.
            if (row < 9 and column < 9) or (row < 9 and column > side - 9) or (row > side - 9 and column < 9):
                continue
            areas.append((row - 2, column - 2, 5, 5))
    if version >= _WITH_VERSION:
        areas += [(0, side - 11, 6, 3), (side - 11, 0, 3, 6)]
    return frozenset(
        (row + down, column + right)
        for row, column, height, width in areas
        for down in range(height)
        for right in range(width)
    )


@cache
def _remainder(bits: int, distance: int, length: int) -> bytes:
    """The error correction of a block whose only codeword other than 0 is `bits`, `distance` before its end."""
    if distance > 1:
        first, *rest = _remainder(bits, distance - 1, length)
        kept = bytes([*rest, 0])
    else:
        first, kept = bits, bytes(length)
    if not first:
        return kept
    power = _TABLES.GALIOS_LOG[first]
    return bytes(
        each ^ _TABLES.GALIOS_EXP[power + factor]
        for each, factor in zip(kept, _TABLES.GEN_POLY[length], strict=True)
    )
