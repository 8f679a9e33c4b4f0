"""The same items as a Hugo site: the item's own YAML as front matter, names and lists that Hugo cannot work out."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from catalog.codes import load_codes
from catalog.pinyin import initial_of, initials, spelled
from catalog.reader import Loaded, Reading, read
from catalog.root import Root
from presentation.qr import qr_svg

LAYOUT = Path(__file__).resolve().parent / "peers" / "hugo"


def write_site(root: Path, folder: Path) -> int:
    """Writes `folder` from the items of `root` and answers how many there are.

    Hugo is spared what its templates cannot do: pinyin and initials stand in the front matter, and every page
    carries one and the same QR code, so that its pages are as large as ours.
    """
    shutil.copytree(LAYOUT, folder)
    reading = read(Root(root), cache=False)
    pages = folder / "content" / "items"
    pages.mkdir(parents=True)
    for loaded in reading.items:
        (pages / f"{loaded.code}.md").write_text(_page(loaded, reading), encoding="utf-8")
    _data(root, reading, folder / "data")
    _terms(reading, folder / "content")
    code = str(qr_svg("http://127.0.0.1:8000/items/11440000006939908P9012117029000/", "本页的二维码"))
    (folder / "layouts" / "partials" / "qr.html").write_text(code, encoding="utf-8")
    return len(reading.items)


def _page(loaded: Loaded, reading: Reading) -> str:
    item = loaded.item
    department = reading.departments[item.department]
    words = (item.name, *item.plain_names, department.name, spelled(item.name), initials(item.name))
    front: dict[str, object] = {
        "title": item.name,
        "url": f"/items/{item.code}/",
        "short": department.short_name,
        "full": department.name,
        "pinyin": spelled(item.name),
        "words": " ".join(words).lower(),
        "departments": [item.department],
        "themes": list(dict.fromkeys((*item.themes_personal, *item.themes_business))),
        "life": list(item.life_events),
        "applicants": list(item.applicants),
        "types": [item.type],
        "depth": [str(item.depth)],
        "alphabet": [initial_of(item.name).replace("#", "other").lower()],
    }
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in front.items()]
    own = re.sub(r"^#.*\n", "", loaded.path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    body = "\n".join(f"  {line}" if line else "" for line in own.splitlines())
    return "---\n" + "\n".join(lines) + "\nitem:\n" + body + "\n---\n"


def _data(root: Path, reading: Reading, folder: Path) -> None:
    folder.mkdir()
    codes = load_codes(Root(root))
    tables = {name: dict(codes[name].codes) for name in codes}
    centre = reading.units.get(reading.county.centre or "")
    _write(folder / "codes.json", tables)
    _write(folder / "county.json", reading.county.model_dump(mode="json"))
    _write(folder / "centre.json", centre.model_dump(mode="json", exclude_none=True) if centre else {})


def _terms(reading: Reading, folder: Path) -> None:
    """The names of the lists of departments."""
    for code, department in reading.departments.items():
        page = folder / "departments" / code / "_index.md"
        page.parent.mkdir(parents=True)
        page.write_text(f"---\ntitle: {json.dumps(department.name, ensure_ascii=False)}\n---\n", "utf-8")


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
