"""`make bench`: every measurement in its own process, what it found kept in figures.json and told in RESULTS.md.

    python -m bench [NAME…]        all measurements, or only those named
    python -m bench --tell         writes RESULTS.md anew from figures.json

A measurement prints flat JSON ({"figure": number}); peers are measured inside it, in turns with ours.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.results import FIGURES, Measured, commit, kept, tell
from rules.time import SHANGHAI

# Module and arguments: what each measures stands in its first sentence.
MEASUREMENTS = {
    "search_quality": (),
    "letters_quality": ("--json",),
    "search_speed": ("--json",),
    "build": ("--growth", "25000", "--json"),
    "starting": ("--json",),
    "filing": ("--json",),
    "tracking": ("--json",),
    "spike": ("--json",),
    "case_statistics": ("--cases", "1000000", "--json"),
    "open_cases": ("--json",),
    "scores": (),
    "deliveries": (),
    "streams": (),
}
# These work on the same million cases: made by the first, a copy for each.
ON_KEPT_CASES = frozenset({"tracking", "spike"})


def main() -> int:
    """Runs what is named, or all. Returns 1 when a measurement ended badly; what was found before it stays."""
    named = [each for each in sys.argv[1:] if each != "--tell"]
    if unknown := sorted(set(named) - set(MEASUREMENTS)):
        print(f"unknown: {', '.join(unknown)}; known: {', '.join(MEASUREMENTS)}")
        return 2
    chosen = () if "--tell" in sys.argv else named or MEASUREMENTS
    with TemporaryDirectory(prefix="hall-bench-cases-") as kept:
        failed = [name for name in chosen if not _run(name, MEASUREMENTS[name], Path(kept))]
    tell()
    if failed:
        print(f"\nnot measured: {', '.join(failed)}")
    return 1 if failed else 0


def _run(name: str, arguments: tuple[str, ...], cases: Path) -> bool:
    command = f"python -m bench.{name} {' '.join(arguments)}".strip()
    print(f"\n== {command}", flush=True)
    shared = ("--kept", str(cases)) if name in ON_KEPT_CASES else ()
    done = subprocess.run(
        [sys.executable, "-m", f"bench.{name}", *arguments, *shared],
        check=False,
        stdout=subprocess.PIPE,
        text=True,
    )
    print(done.stdout, flush=True)
    if done.returncode:
        return False
    figures: dict[str, float] = {}
    words: list[str] = []
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            figures |= {key: value for key, value in json.loads(line).items() if not isinstance(value, dict)}
        else:
            words.append(line)
    now = datetime.now(SHANGHAI).isoformat(timespec="minutes")
    found = kept() | {name: Measured(command, now, commit(), figures, "\n".join(words).strip())}
    FIGURES.write_text(
        json.dumps({key: vars(each) for key, each in found.items()}, ensure_ascii=False, indent=1) + "\n",
        encoding="utf-8",
    )
    return True


if __name__ == "__main__":
    sys.exit(main())
