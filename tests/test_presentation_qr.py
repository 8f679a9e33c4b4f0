"""QR codes put together from parts are the codes that the library makes whole."""

from __future__ import annotations

import random
import re
import string

import pytest
import segno

from presentation.qr import qr_modules, qr_svg

ADDRESS = "https://hall.example/items/11990121MB0000238C4990123001001/"


def whole(text: str) -> list[list[int]]:
    return [list(row) for row in segno.make(text, error="m", micro=False, mask=3).matrix]


def rows(text: str) -> list[list[int]]:
    side, modules = qr_modules(text)
    width = side + 1
    dots = f"{modules:0{side * width}b}"
    return [[int(dot) for dot in dots[line * width : line * width + side]] for line in range(side)]


@pytest.mark.parametrize("length", [1, 2, 3, 14, 27, 43, 63, 85, 107, 123, 153, 181])
def test_a_code_put_together_is_the_code_made_whole_at_every_length(length: int) -> None:
    chance = random.Random(length)
    for _ in range(3):
        letters = [chance.choice(string.ascii_letters + string.digits + "-/:.?=&_~%") for _ in range(length)]
        text = "".join(["z", *letters[1:]])
        assert rows(text) == whole(text)


@pytest.mark.parametrize("text", [ADDRESS, "HTTPS://HALL.EXAMPLE/", "20261121000001", "政务大厅", "Ä", "a b"])
def test_addresses_numbers_capitals_and_chinese_are_all_coded(text: str) -> None:
    assert rows(text) == whole(text)


def test_the_picture_draws_every_dark_module_once() -> None:
    picture = str(qr_svg(ADDRESS))
    drawn: set[tuple[int, int]] = set()
    path = re.search(r'd="M4 4\.5([^"]+)"/></svg>', picture)
    assert path
    x = y = 0
    for right, down, length in re.findall(r"m(-?\d+) ?(-?\d+)h(\d+)", path.group(1)):
        x, y = x + int(right), y + int(down)
        drawn |= {(x + step, y) for step in range(int(length))}
        x += int(length)
    dark = {(x, y) for y, row in enumerate(whole(ADDRESS)) for x, module in enumerate(row) if module}
    assert drawn == dark
