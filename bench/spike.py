"""Spike and valley: 1 to 300 requests a second and back among a million cases, tracking, searching and filing mixed.

    python -m bench.spike [--cases 1000000] [--seconds 90] [--peak 300] [--kept FOLDER] [--json]

Open loop: every request is sent at its moment whether earlier ones are answered or not, and its time counts from that
moment. Of ten requests six track a case, three search the guides and one files a case. Two of three searches ask one
of ten common things, as in a rush; the third asks what nobody has asked before. The file is held in memory.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from bench.filings import body_of, filing
from bench.halls import hall, held_in_memory, sample_root, settle, visitor
from bench.http_load import Due, Load, paced, request, run
from bench.many_cases import Tracked, made
from bench.runs import say
from bench.tracking import track

WORDS = (
    "开饭店",
    "身份证丢了",
    "公租房",
    "退休",
    "孩子上学",
    "户口迁移",
    "开公司",
    "残疾人补贴",
    "驾驶证",
    "社保",
)
PEOPLE = (
    "老人", "孩子", "学生", "军人", "农民", "外地人", "残疾人", "个体户", "公司", "孕妇",
    "租户", "房东", "村民", "居民", "职工",
)  # fmt: skip
WISHES = (
    "要什么材料", "怎么办", "在哪里办", "多少钱", "要几天", "能网上办吗", "能代办吗", "要预约吗",
    "找哪个部门", "有没有补贴", "要本人去吗", "办错了怎么改",
)  # fmt: skip
RARE = tuple(f"{who}{what}{wish}" for what in WORDS for who in PEOPLE for wish in WISHES)


def moments(seconds: float, peak: float) -> list[float]:
    """When requests are due: 1 a second at both ends, `peak` in the middle third, a straight slope between."""
    found, at = list[float](), 0.0
    while at < seconds:
        third = seconds / 3
        share = min(at / third, 1.0, (seconds - at) / third)
        found.append(at)
        at += 1 / (1 + (peak - 1) * share)
    return found


def plan_of(cases: Sequence[Tracked], body: bytes, seconds: float, peak: float) -> list[Due]:
    """The mixture at its moments."""
    plan = []
    for number, at in enumerate(moments(seconds, peak)):
        if number % 10 == 9:
            plan.append(Due(at, "file", filing(body, number)))
        elif number % 10 in (2, 5, 8):
            words = RARE[number // 10 % len(RARE)] if number % 10 == 8 else WORDS[number // 3 % len(WORDS)]
            address = f"/hall/search?q={quote(words)}"
            headers = (("X-Forwarded-For", visitor(number)),)
            plan.append(Due(at, "search", request("GET", address, headers)))
        else:
            plan.append(Due(at, "track", track(cases, number)))
    return plan


def measure(count: int, seconds: float, peak: float, kept: Path | None) -> dict[str, float]:
    """Errors and percentiles over all and by kind."""
    with tempfile.TemporaryDirectory(prefix="hall-bench-") as place:
        folder = Path(place)
        root = sample_root(folder)
        own, body = folder / "ours" / "hall.db", body_of(root / "site")
        cases = made(root, own, count, 5000, kept)
        with hall(root, own) as served:
            settle(served)
            with held_in_memory(own):
                loads = run(paced(served.address, plan_of(cases, body, seconds, peak)))
    every = Load()
    for load in loads.values():
        every.took += load.took
        every.statuses += load.statuses
        every.wrong |= load.wrong
    found: dict[str, float] = {
        "spike_cases": count,
        "spike_requests": len(every.took),
        "spike_peak_per_second": peak,
        "spike_errors": every.errors,
        "spike_worst_ms": round(1000 * max(every.took), 1),
    }
    for name, load in (("", every), *((f"{kind}_", load) for kind, load in sorted(loads.items()))):
        found |= {
            f"spike_{name}p{share}_ms": round(load.percentile(share / 100), 1) for share in (50, 95, 99)
        }
    if every.errors:
        print(every.statuses, every.wrong)
    return found


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=90)
    parser.add_argument("--peak", type=float, default=300)
    parser.add_argument("--kept", type=Path, help="where the cases are kept for the next bench of the run")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measure(options.cases, options.seconds, options.peak, options.kept)
    say(found, as_json=options.json)


if __name__ == "__main__":
    main()
