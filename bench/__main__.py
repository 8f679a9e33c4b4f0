"""`make bench`: every measurement in turn, each in its own process, so that none warms or burdens the next."""

from __future__ import annotations

import subprocess
import sys

# Module, arguments: what each measures stands in its first sentence.
MEASUREMENTS = (
    ("bench.search_quality", ()),
    ("bench.letters_quality", ()),
    ("bench.search_speed", ("1513", "2500")),
    ("bench.build", ()),
    ("bench.filing", ()),
    ("bench.case_statistics", ()),
    ("bench.open_cases", ()),
    ("bench.scores", ()),
    ("bench.deliveries", ()),
    ("bench.streams", ()),
)


def main() -> int:
    chosen = set(sys.argv[1:])
    failed = []
    for module, arguments in MEASUREMENTS:
        if chosen and module.removeprefix("bench.") not in chosen:
            continue
        print(f"\n== {module} {' '.join(arguments)}", flush=True)
        if subprocess.run([sys.executable, "-m", module, *arguments], check=False).returncode:
            failed.append(module)
    if failed:
        print(f"\nnot measured: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
