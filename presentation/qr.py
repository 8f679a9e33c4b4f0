"""QR codes as inline SVG, drawn in the text's colour on white so that they scan on screen and paper."""

from __future__ import annotations

import io
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from segno import QRCode

    from presentation.qr_parts import Parts

# The best of eight masks costs five times as much to find and is no easier to read.
_MASK = 3
_BORDER = 4
_DIGITS = bytes.maketrans(b"\x00\x01", b"01")


@lru_cache(maxsize=256)
def qr_svg(text: str, label: str = "二维码") -> Markup:
    """An `<svg>` without styles or ids, with a quiet zone of four modules; class `qr` sets its size."""
    side, modules = qr_modules(text)
    size = side + 2 * _BORDER
    width = side + 1
    dots = f"{modules:0{side * width}b}"
    rows = "|".join([dots[start : start + side] for start in range(0, side * width, width)])
    # One stroke of the pen with relative moves: half the bytes of a rectangle for each run. Cut after each dark run.
    strokes = rows.rstrip("0|").replace("10", "1 0").replace("1|", "1 |").split(" ")
    drawn = "".join(map(_strokes(side).__getitem__, strokes))
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

    The addresses of a county, which have few lengths, are put together from one code of their length and what
    each character changes in it; made by themselves they take a fifth of the whole build.
    """
    if not _PLAIN.fullmatch(text):
        return _made(text)
    side, modules = _made("a" * len(text))
    for start in range(0, len(text), _AT_ONCE):
        modules ^= _flipped(len(text), start, text[start : start + _AT_ONCE])
    return side, modules


# Letters, digits and marks of addresses, at least one of them in lower case: all are then written in one mode.
_PLAIN = re.compile(r"(?=.*[a-z])[!-~]{1,200}")
# Addresses share their beginnings, and codes most of their digits.
_AT_ONCE = 4


@lru_cache(maxsize=4096)
def _flipped(length: int, start: int, characters: str) -> int:
    """The modules that change when these characters stand where an `a` stood."""
    parts = _parts(length)
    found = 0
    for place, character in enumerate(characters, start):
        found ^= parts.flipped(place, ord(character) ^ ord("a"))
    return found


@lru_cache(maxsize=64)
def _made(text: str) -> tuple[int, int]:
    rows = [bytes(row).translate(_DIGITS) + b"0" for row in _code(text).matrix]
    return len(rows), int(b"".join(rows), 2)


@lru_cache(maxsize=40)
def _parts(length: int) -> Parts:
    from presentation.qr_parts import Parts

    code = _code("a" * length)
    return Parts(int(code.version), str(code.error))


def _code(text: str) -> QRCode:
    """The level of error correction is raised where there is room for it."""
    import segno

    return segno.make(text, error="m", micro=False, mask=_MASK)


@lru_cache(maxsize=256)
def qr_png(text: str, scale: int = 6) -> bytes:
    """The same as PNG, for documents."""
    import segno

    buffer = io.BytesIO()
    segno.make(text, error="m", micro=False).save(buffer, kind="png", scale=scale, border=2)
    return buffer.getvalue()
