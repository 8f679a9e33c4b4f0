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
_DARK = re.compile("1+")
_DIGITS = bytes.maketrans(b"\x00\x01", b"01")


@lru_cache(maxsize=256)
def qr_svg(text: str, label: str = "二维码") -> Markup:
    """An `<svg>` without styles or ids, with a quiet zone of four modules; class `qr` sets its size."""
    side, modules = qr_modules(text)
    size = side + 2 * _BORDER
    width = side + 1
    dots = f"{modules:0{side * width}b}"
    # One stroke of the pen with relative moves: half the bytes of a rectangle for each run.
    path: list[str] = []
    x = y = 0
    for run in _DARK.finditer(dots):
        start, end = run.span()
        line, column = divmod(start, width)
        path.append(f"m{column - x} {line - y}h{end - start}")
        x, y = column + end - start, line
    drawn = "".join(path).replace(" -", "-")
    return Markup(  # noqa: S704
        f'<svg class="qr" role="img" aria-label="{escape(label)}" viewBox="0 0 {size} {size}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/>'
        f'<path stroke="#000" fill="none" d="M{_BORDER} {_BORDER}.5{drawn}"/></svg>'
    )


def qr_modules(text: str) -> tuple[int, int]:
    """The side of the code and its modules, row by row with a light one between, as the bits of one number.

    With mask and length fixed, a code is linear in the bits of its text, error correction included: flipping a bit
    of the text always flips the same modules. So the addresses of a county, which have few lengths, are put
    together from codes made once; each made by itself takes a fifth of the whole build.
    """
    _asked[len(text)] += 1
    if _asked[len(text)] <= MADE_WHOLE or not _PLAIN.fullmatch(text):
        return _made(text)
    side, modules = _made("a" * len(text))
    for place, character in enumerate(text):
        bits = ord(character) ^ ord("a")
        if bits:
            modules ^= _flipped(len(text), place, bits)
    return side, modules


# The parts of one length take as long as some two hundred codes; an edited item's page needs only its own.
MADE_WHOLE = 50
_asked: Counter[int] = Counter()

# Letters, digits and marks of addresses, at least one of them in lower case: all are then written in one mode.
_PLAIN = re.compile(r"(?=.*[a-z])[!-~]{1,200}")


@lru_cache(maxsize=65_536)
def _flipped(length: int, place: int, bits: int) -> int:
    """The modules that change when these bits of the character at `place` do."""
    lowest = bits & -bits
    if bits != lowest:
        return _flipped(length, place, lowest) ^ _flipped(length, place, bits ^ lowest)
    text = "a" * place + chr(ord("a") ^ bits) + "a" * (length - place - 1)
    return _made("a" * length)[1] ^ _made(text)[1]


@lru_cache(maxsize=4096)
def _made(text: str) -> tuple[int, int]:
    import segno

    code = segno.make(text, error="m", micro=False, mask=_MASK)
    rows = [bytes(row).translate(_DIGITS) + b"0" for row in code.matrix]
    return len(rows), int(b"".join(rows), 2)


@lru_cache(maxsize=256)
def qr_png(text: str, scale: int = 6) -> bytes:
    """The same as PNG, for documents."""
    import segno

    buffer = io.BytesIO()
    segno.make(text, error="m", micro=False).save(buffer, kind="png", scale=scale, border=2)
    return buffer.getvalue()
