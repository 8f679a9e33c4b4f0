"""Makes the offline bundle: every locked wheel, ours, deploy/, an install script and checksums, in one archive.

Run by `make bundle` on a machine that reaches a registry and is of the same kind as the one to install on: the
wheels fit one system, processor and Python; PLATFORM says which, and install.sh refuses any other.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.markers import Marker, default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
Pinned = dict[str, str]


def locked(text: str) -> Pinned:
    """Each package of the lock that this machine takes, by name: its lines with version and hashes.

    The lock serves every system and Python: a package may stand there twice, with a marker each.
    """
    found: Pinned = {}
    for entry in re.split(r"\n(?=[A-Za-z0-9])", text.strip()):
        match = re.match(r"([A-Za-z0-9._-]+)==[^\s;\\]+(?:\s*;\s*([^\\\n]+))?", entry)
        if match and (match[2] is None or Marker(match[2].strip()).evaluate()):
            found[canonicalize_name(match[1])] = entry
    return found


def needed(direct: list[str]) -> set[str]:
    """What these requirements need here, all the way down, by what is installed."""
    environment = {**default_environment(), "extra": ""}
    found: set[str] = set()
    waiting = [(Requirement(text), "") for text in direct]
    while waiting:
        requirement, _ = waiting.pop()
        if requirement.marker is not None and not requirement.marker.evaluate(environment):
            continue
        name = canonicalize_name(requirement.name)
        for text in importlib.metadata.requires(name) or []:
            inner = Requirement(text)
            asked = [{**environment, "extra": extra} for extra in (*requirement.extras, "")]
            if inner.marker is None or any(inner.marker.evaluate(each) for each in asked):
                inner.marker = None
                if canonicalize_name(inner.name) not in found:
                    waiting.append((inner, name))
        found.add(name)
    return found


def bundle(out: Path) -> Path:
    """Writes the archive into `out` and returns it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lock = locked((ROOT / "requirements.lock").read_text("utf-8"))
    names = sorted(needed(project["dependencies"]))
    absent = [name for name in names if name not in lock]
    if absent:
        raise SystemExit(f"锁文件里没有 {'、'.join(absent)}，先运行 make lock。")
    kind = f"{platform.system().lower()}-{platform.machine()}-cp{sys.version_info[0]}{sys.version_info[1]}"
    title = f"county-hall-{project['version']}-{kind}"
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".bundle-") as temporary:
        folder = Path(temporary) / title
        wheels = folder / "wheels"
        wheels.mkdir(parents=True)
        wanted = Path(temporary) / "runtime.lock"
        wanted.write_text("\n".join(lock[name] for name in names) + "\n", "utf-8")
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-qqq"]
        subprocess.run(
            [*pip, "wheel", "--require-hashes", "--no-deps", "-r", str(wanted), "-w", str(wheels)], check=True
        )
        subprocess.run(
            [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(wheels), str(ROOT)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        if not list(wheels.glob("pip-*.whl")):
            shutil.copy(own_pip(), wheels)
        _describe(folder, wheels, project["version"], kind)
        target = out / f"{title}.tar.gz"
        unfinished = target.with_suffix(".part")
        with tarfile.open(unfinished, "w:gz", compresslevel=6) as archive:
            archive.add(folder, title, filter=_nobodys)
        unfinished.replace(target)
    return target


def own_pip() -> Path:
    """The pip wheel that comes with Python: the other machine may have a Python without one."""
    places = [
        Path(sysconfig.get_paths()["stdlib"]) / "ensurepip" / "_bundled",
        Path("/usr/share/python-wheels"),
    ]
    found = [wheel for place in places for wheel in sorted(place.glob("pip-*.whl"))]
    if not found:
        raise SystemExit("找不到 Python 自带的 pip（Debian 装 python3-venv）。")
    return found[0]


def _describe(folder: Path, wheels: Path, version: str, kind: str) -> None:
    shutil.copytree(ROOT / "deploy", folder / "deploy")
    shutil.copy(ROOT / "deploy" / "install.sh", folder / "install.sh")
    for name in ("LICENSE", "CHANGELOG.md"):
        shutil.copy(ROOT / name, folder / name)
    pinned = []
    for wheel in sorted(wheels.glob("*.whl")):
        name, number = wheel.name.split("-")[:2]
        pinned.append(f"{name.replace('_', '-')}=={number} --hash=sha256:{_sha256(wheel)}")
    (folder / "requirements.txt").write_text("\n".join(pinned) + "\n", "utf-8")
    libc = " ".join(platform.libc_ver()).strip()
    (folder / "PLATFORM").write_text(
        f"version={version}\nplatform={kind}\nsystem={platform.system()}\nmachine={platform.machine()}\n"
        f"python={sys.version_info[0]}.{sys.version_info[1]}\nlibc={libc}\n",
        "utf-8",
    )
    sums = [f"{_sha256(path)}  {path.relative_to(folder).as_posix()}" for path in _files(folder)]
    (folder / "SHA256SUMS").write_text("\n".join(sums) + "\n", "utf-8")


def _files(folder: Path) -> Iterator[Path]:
    yield from sorted(path for path in folder.rglob("*") if path.is_file())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _nobodys(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    return entry


if __name__ == "__main__":
    made = bundle(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist")
    sys.stdout.write(f"{made}\n{_sha256(made)}  {made.stat().st_size / 1e6:.1f} MB\n")
