"""Audits the dependencies offline, by the lock: pinned, hashed, wanted, as installed, under licences we may pass on.

Known vulnerabilities are not looked up: the one list on the package index (safety-db) ended in 2021, and an old list
would only calm. Where a network is: `pip install pip-audit && pip-audit --require-hashes -r requirements.lock`.
"""

from __future__ import annotations

import importlib.metadata
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
# SPDX identifiers and the names that older packages use for them.
ALLOWED = {
    "MIT", "MIT License", "MIT-0", "MIT-CMU", "BSD-2-Clause", "BSD-3-Clause", "BSD License", "Apache-2.0",
    "Apache Software License", "Apache License, Version 2.0", "ISC", "PSF-2.0", "Python Software Foundation License",
    "The Unlicense (Unlicense)", "Unlicense", "Public Domain", "0BSD", "Zlib", "CC0-1.0",
}  # fmt: skip
# Looked at one by one: used as they are, unchanged, as libraries of their own.
LOOKED_AT = {
    "certifi": "MPL-2.0: a list of certificates, unchanged",
    "pathspec": "MPL-2.0: a library, unchanged",
    "python-stdnum": "LGPL-2.1+: a library, unchanged, replaceable by whoever installs",
    "hypothesis": "MPL-2.0: tests only",
    "axe-playwright-python": "MIT by its LICENSE file; tests only",
    "docutils": "public domain, BSD and others, by file; tests only",
}


def entries(text: str) -> dict[str, tuple[str, int]]:
    """Each package of the lock that this machine takes: version and number of hashes; lines that cannot be read."""
    found: dict[str, tuple[str, int]] = {}
    for entry in re.split(r"\n(?=[A-Za-z0-9])", text.strip()):
        match = re.match(r"([A-Za-z0-9._-]+)==([^\s;\\]+)(?:\s*;\s*([^\\\n]+))?", entry)
        if match is None:
            found[entry.split("\n", 1)[0]] = ("", 0)
        elif match[3] is None or Marker(match[3].strip()).evaluate():
            found[canonicalize_name(match[1])] = (
                match[2],
                len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry)),
            )
    return found


def faults(lock_text: str, project: dict[str, object]) -> Iterator[str]:
    """Everything that is wrong, in words."""
    lock = entries(lock_text)
    if re.search(r"https?://|--(extra-)?index-url|--find-links|git\+|file:", lock_text):
        yield "锁文件里有下载地址；只能有版本和哈希。"
    for name, (version, hashes) in lock.items():
        if not version or not hashes:
            yield f"{name}：没有锁定版本，或者没有 sha256。"
    yield from _unsatisfied(lock, project)
    yield from _installed(lock)


def _unsatisfied(lock: dict[str, tuple[str, int]], project: dict[str, object]) -> Iterator[str]:
    extras: dict[str, list[str]] = project.get("optional-dependencies", {})  # type: ignore[assignment]
    direct: list[str] = project["dependencies"]  # type: ignore[assignment]
    for text in (*direct, *(each for group in extras.values() for each in group)):
        wanted = Requirement(text)
        version = lock.get(canonicalize_name(wanted.name), ("", 0))[0]
        if not version:
            yield f"{wanted.name}：pyproject.toml 要它，锁文件里没有。请运行 make lock。"
        elif not wanted.specifier.contains(version, prereleases=True):
            yield f"{wanted.name}：pyproject.toml 要 {wanted.specifier}，锁的是 {version}。请运行 make lock。"


def _installed(lock: dict[str, tuple[str, int]]) -> Iterator[str]:
    """What is installed of the lock: the locked version, its own needs in the lock too, a licence we may pass on."""
    for name, (version, _) in lock.items():
        try:
            found = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # for another system
        if found.version != version:
            yield f"{name}：锁的是 {version}，装的是 {found.version}。请重新 make setup。"
        for text in found.requires or []:
            wanted = Requirement(text)
            if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
                continue
            held = lock.get(canonicalize_name(wanted.name), ("", 0))[0]
            if not held:
                yield f"{name} 要 {wanted.name}，锁文件里没有。请运行 make lock。"
            elif not wanted.specifier.contains(held, prereleases=True):
                yield f"{name} 要 {wanted}，锁的是 {held}。请运行 make lock。"
        licences = licences_of(found)
        if name not in LOOKED_AT and not (licences and licences <= ALLOWED):
            yield f"{name}：许可证 {'、'.join(sorted(licences)) or '没有写'} 不在允许的范围里，请先看过。"


def licences_of(found: importlib.metadata.Distribution) -> set[str]:
    """The names of a package's licences; alternatives and parts alike, each must be allowed."""
    data = found.metadata
    expression = data.get("License-Expression") or ""
    if expression:
        return {part.strip("() ") for part in re.split(r"\s+(?:AND|OR|WITH)\s+", expression)}
    names = [
        each.split(" :: ")[-1] for each in data.get_all("Classifier") or [] if each.startswith("License ::")
    ]
    found_names = {each for each in names if each != "OSI Approved"}
    return found_names or ({data["License"].strip()} if data.get("License") else set())


def main() -> int:
    """Exit code 1 when something is wrong."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    text = (ROOT / "requirements.lock").read_text("utf-8")
    found = list(faults(text, project))
    for each in found:
        sys.stderr.write(each + "\n")
    sys.stdout.write(
        f"锁定 {len(entries(text))} 个包，问题 {len(found)} 个；没有查已知漏洞（要联网，见本文件开头）。\n"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
