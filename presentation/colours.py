"""The county's colour: contrast by WCAG, and the few shades derived from the one colour in county.yml."""

from __future__ import annotations

from rules.errors import Invalid
from rules.quick_dataclass import dataclass

LIGHT_PAPER = "#ffffff"
DARK_PAPER = "#14191d"
LEAST_CONTRAST = 7.0

Channels = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Shades:
    """What hall.css takes from the county's colour, in light and in dark."""

    colour: str
    wash: str
    line: str
    dark_colour: str
    dark_wash: str
    dark_line: str


def _channels(colour: str) -> Channels:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _hex(channels: Channels) -> str:
    return "#{:02x}{:02x}{:02x}".format(*channels)


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`, 0 to 1 (WCAG 2.1)."""

    def linear(value: int) -> float:
        share = value / 255
        return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(value) for value in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two `#rrggbb` colours, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mix(one: str, other: str, share: float) -> str:
    """`share` of the first colour in the second."""
    first, second = _channels(one), _channels(other)
    red, green, blue = (round(a * share + b * (1 - share)) for a, b in zip(first, second, strict=True))
    return _hex((red, green, blue))


def shades(colour: str) -> Shades:
    """The shades of a county's colour. Raises Invalid when it is too light to read on white (below 7:1)."""
    colour = colour.lower()
    ratio = contrast(colour, LIGHT_PAPER)
    if ratio < LEAST_CONTRAST:
        raise Invalid(
            f"county.yml 的 colour {colour} 在白底上的对比度只有 {ratio:.1f}:1，低于 7:1，"
            "老年人和弱视的人看不清。请换深一些的颜色，如 #0b5563。"
        )
    share = 1.0
    bright = colour
    while contrast(bright, DARK_PAPER) < LEAST_CONTRAST:
        share -= 0.02
        bright = mix(colour, "#ffffff", share)
    return Shades(
        colour=colour,
        wash=mix(colour, LIGHT_PAPER, 0.06),
        line=mix(colour, LIGHT_PAPER, 0.28),
        dark_colour=bright,
        dark_wash=mix(bright, DARK_PAPER, 0.10),
        dark_line=mix(bright, DARK_PAPER, 0.35),
    )


def county_css(colour: str) -> str:
    """The stylesheet `county.css`: only custom properties; a county changes one line of county.yml."""
    made = shades(colour)
    return (
        f":root{{--county:{made.colour};--county-wash:{made.wash};--county-line:{made.line};--county-solid:{made.colour}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{--county:{made.dark_colour};"
        f"--county-wash:{made.dark_wash};--county-line:{made.dark_line}}}}}\n"
    )
