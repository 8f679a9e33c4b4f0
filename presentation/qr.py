"""QR codes as inline SVG, drawn in the text's colour on white so that they scan on screen and paper."""

from __future__ import annotations

import io
import re
from collections import Counter
from functools import lru_cache

from markupsafe import Markup, escape

# The best of eight masks costs five times as much to find and is no easier to read.
_MASK = 3
_BORDER = 4
_STROKE = re.compile("[0|]*1+")
_DIGITS = bytes.maketrans(b"\x00\x01", b"01")


@lru_cache(maxsize=256)
def qr_svg(text: str, label: str = "二维码") -> Markup:
    """An `<svg>` without styles or ids, with a quiet zone of four modules; class `qr` sets its size."""
    side, modules = qr_modules(text)
    size = side + 2 * _BORDER
    width = side + 1
    dots = f"{modules:0{side * width}b}"
    rows = "|".join([dots[start : start + side] for start in range(0, side * width, width)])
    # One stroke of the pen with relative moves: half the bytes of a rectangle for each run.
    drawn = "".join(map(_strokes(side).__getitem__, _STROKE.findall(rows)))
    return Markup(  # noqa: S704
        f'<svg class="qr" role="img" aria-label="{escape(label)}" viewBox="0 0 {size} {size}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/>'
        f'<path stroke="#000" fill="none" d="M{_BORDER} {_BORDER}.5{drawn}"/></svg>'
    )


class _Strokes(dict[str, str]):
    """Light modules and the dark ones after them, `|` between rows -> the pen's move and stroke."""

    def __init__(self, side: int) -> None:
        self._side = side

    def __missing__(self, dots: str) -> str:
        light, lines = dots.count("0"), dots.count("|")
        move = f"m{light - lines * self._side} {lines}h{dots.count('1')}".replace(" -", "-")
        return self.setdefault(dots, move)


@lru_cache(maxsize=40)
def _strokes(side: int) -> _Strokes:
    return _Strokes(side)


def qr_modules(text: str) -> tuple[int, int]:
    """The side of the code and its modules, row by row with a light one between, as the bits of one number.

    With mask and length fixed, a code is linear in the bits of its text, error correction included: flipping a bit
    of the text always flips the same modules. So the addresses of a county, which have few lengths, are put
    together from codes made once; each made by itself takes a fifth of the whole build.
    """
    _asked[len(text)] += 1
    if _asked[len(text)] <= MADE_WHOLE or not _PLAIN.fullmatch(text):
        return _made(text)[:2]
    side, modules, level = _made("a" * len(text))
    parts = _parts(side, level)
    for place, character in enumerate(text):
        part = parts.get((place, character))
        if part is None:
            part = parts[place, character] = _flipped(len(text), place, ord(character) ^ ord("a"))
        modules ^= part
    return side, modules


# The parts of one size take as long as some two hundred codes; an edited item's page needs only its own.
MADE_WHOLE = 50
_asked: Counter[int] = Counter()

# Letters, digits and marks of addresses, at least one of them in lower case: all are then written in one mode.
_PLAIN = re.compile(r"(?=.*[a-z])[!-~]{1,200}")


@lru_cache(maxsize=40)
def _parts(side: int, level: str) -> dict[tuple[int, str], int]:
    """What a character at a place changes against an `a`: the same in all codes of one size and level."""
    return {}


@lru_cache(maxsize=40)
def _bits(side: int, level: str) -> dict[tuple[int, int], int]:
    return {}


def _flipped(length: int, place: int, bits: int) -> int:
    """The modules that change when these bits of the character at `place` do."""
    if not bits:
        return 0
    side, base, level = _made("a" * length)
    known = _bits(side, level)
    found = known.get((place, bits))
    if found is None:
        lowest = bits & -bits
        if bits != lowest:
            found = _flipped(length, place, lowest) ^ _flipped(length, place, bits ^ lowest)
        else:
            text = "a" * place + chr(ord("a") ^ bits) + "a" * (length - place - 1)
            found = base ^ _made(text)[1]
        known[place, bits] = found
    return found


@lru_cache(maxsize=4096)
def _made(text: str) -> tuple[int, int, str]:
    """The side, the modules and the level of error correction, which is raised where there is room for it."""
    import segno

    code = segno.make(text, error="m", micro=False, mask=_MASK)
    rows = [bytes(row).translate(_DIGITS) + b"0" for row in code.matrix]
    return len(rows), int(b"".join(rows), 2), str(code.error)


@lru_cache(maxsize=256)
def qr_png(text: str, scale: int = 6) -> bytes:
    """The same as PNG, for documents."""
    import segno

    buffer = io.BytesIO()
    segno.make(text, error="m", micro=False).save(buffer, kind="png", scale=scale, border=2)
    return buffer.getvalue()
