"""Brings the one script of others that the pages use, Apache ECharts, into presentation/assets/vendor/.

Run by hand when a version changes: `.venv/bin/python scripts/vendor.py`. `npm pack` fetches the named versions from
whatever registry this machine is configured for; npm checks what it fetched against the registry's own digest. What
is kept is the publisher's file unchanged, the licences beside it, and vendor.json with the sha256 of each, which a
test compares.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "presentation" / "assets" / "vendor"


@dataclass(frozen=True)
class Package:
    """One package: which of its files are kept, under which names."""

    name: str
    version: str
    licence: str
    why: str
    files: dict[str, str]


PACKAGES = (
    Package(
        "echarts",
        "6.1.0",
        "Apache-2.0",
        "图表。common 是带坐标、提示、图例的最小一份现成文件（simple 没有提示和图例）",
        {
            "package/dist/echarts.common.min.js": "echarts.common.min.js",
            "package/LICENSE": "echarts.LICENSE.txt",
            "package/NOTICE": "echarts.NOTICE.txt",
        },
    ),
    Package(
        "zrender",
        "6.1.0",
        "BSD-3-Clause",
        "包在 echarts.common.min.js 里的画布库，只留许可证",
        {"package/LICENSE": "zrender.LICENSE.txt"},
    ),
)


def fetched(package: Package, folder: Path) -> dict[str, bytes]:
    """The kept files by their new names."""
    answer = subprocess.run(
        ["npm", "pack", "--silent", f"{package.name}@{package.version}"],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    archive = folder / answer.stdout.strip().splitlines()[-1]
    kept = {}
    with tarfile.open(archive) as source:
        for name, new in package.files.items():
            member = source.extractfile(name)
            if member is None:
                raise SystemExit(f"{package.name}@{package.version} 里没有 {name}")
            kept[new] = member.read()
    return kept


def main() -> None:
    """Writes the files and vendor.json."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    listed = []
    with tempfile.TemporaryDirectory() as temporary:
        for package in PACKAGES:
            kept = fetched(package, Path(temporary))
            for name, data in kept.items():
                (FOLDER / name).write_bytes(data)
            listed.append(
                {
                    "name": package.name,
                    "version": package.version,
                    "licence": package.licence,
                    "why": package.why,
                    "files": {name: hashlib.sha256(data).hexdigest() for name, data in kept.items()},
                }
            )
    text = json.dumps(listed, ensure_ascii=False, indent=2) + "\n"
    (FOLDER / "vendor.json").write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
