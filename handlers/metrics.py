"""What Prometheus may read: requests as they were answered, and the state of the hall, counted at most now and then."""

from __future__ import annotations

import hmac
import ipaddress
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from starlette.requests import Request

from handlers.context import Hall
from handlers.store import last_done, operating
from handlers.store.writer import GROUP_SIZES
from rules.errors import HallError, Invalid
from rules.time import local_date

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 10.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip", "via", "x-forwarded-proto", "x-forwarded-host")
_LIGHTS = ("normal", "warning", "yellow", "red")
LEAST_TOKEN = 16
# What is counted in the records is kept this long, and at least a hundred times as long as counting it took: on a
# million open cases a scrape every few seconds costs one per cent of one core.
KEPT_SECONDS = 15.0
_KEPT_TIMES = 100.0


@dataclass(frozen=True, slots=True, repr=False)
class Reader:
    """Who may read: whoever has the token; without one only the machine itself. Nobody through a proxy."""

    token: str | None = None

    def __post_init__(self) -> None:
        if self.token is not None and len(self.token) < LEAST_TOKEN:
            raise Invalid(f"读取指标的口令太短，至少 {LEAST_TOKEN} 个字符。")

    def near(self, request: Request) -> bool:
        """Not forwarded by a proxy, and without a token from this machine."""
        if any(name in request.headers for name in _FORWARDED):
            return False
        if self.token is not None:
            return True
        try:
            return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
        except ValueError:
            return False

    def admits(self, request: Request) -> bool:
        """The right token, compared in equal time."""
        if self.token is None:
            return True
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), self.token.encode())


class Metrics:
    """A registry of this hall's own: nothing is shared with another hall in the same process."""

    media_type = CONTENT_TYPE_LATEST

    def __init__(self, hall: Hall, reader: Reader) -> None:
        self.reader = reader
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "hall_requests", "Requests answered", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "hall_request_seconds",
            "Seconds until a request was answered; streams are left out",
            ("route",),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.registry.register(_State(hall))
        ProcessCollector(registry=self.registry)

    def answered(self, method: str, route: str, status: int, seconds: float | None) -> None:
        """Counts a request; `seconds` is None for a stream, which lasts as long as somebody looks."""
        self._requests.labels(method if method in _METHODS else "other", route, str(status)).inc()
        if seconds is not None:
            self._seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """Everything in Prometheus' format."""
        return generate_latest(self.registry)


@dataclass(frozen=True, slots=True)
class _Counted:
    """What was read from the records in one go."""

    lights: tuple[int, int, int, int]
    due: int
    outbox: operating.Outbox
    filed: int


class _State(Collector):
    """Asked at every scrape; what the records must be read for is kept for a while."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._first_day = local_date(hall.now())
        self._lock = threading.Lock()
        self._counted: _Counted | None = None
        self._until = 0.0

    def describe(self) -> list[Metric]:
        """Nothing: names are known only once asked, and asking reads the records."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The gauges; what cannot be read now is left out, and `hall_records_readable` says so."""
        try:
            counted = self._count()
        except HallError:
            counted = None
        yield _gauge("hall_records_readable", "1 while the records can be read", counted is not None)
        if counted is not None:
            yield from _of_records(counted)
        yield from self._of_writer()
        yield from self._of_machine()

    def _count(self) -> _Counted:
        with self._lock:
            if self._counted is None or time.monotonic() >= self._until:
                begun = time.monotonic()
                database = self._hall.database
                with database.snapshot():
                    self._counted = _Counted(
                        operating.open_by_light(database),
                        operating.clocks_due(database, self._hall.now()),
                        operating.outbox(database),
                        operating.filed_since(database, self._first_day),
                    )
                now = time.monotonic()
                self._until = now + max(KEPT_SECONDS, _KEPT_TIMES * (now - begun))
            return self._counted

    def _of_writer(self) -> Iterator[Metric]:
        writer = self._hall.database.writer
        tally = writer.tally
        yield _gauge("hall_writer_queue", "Jobs that wait for the writer", writer.waiting)
        yield _counter("hall_writer_failures", "Transactions that were not kept", tally.failures)
        sizes = HistogramMetricFamily("hall_writer_group", "Jobs in one durable transaction")
        buckets, running = [], 0
        for most, count in zip(GROUP_SIZES, tally.by_size, strict=True):
            running += count
            buckets.append((str(float(most)), float(running)))
        buckets.append(("+Inf", float(running)))
        sizes.add_metric((), buckets, sum_value=tally.jobs)
        yield sizes

    def _of_machine(self) -> Iterator[Metric]:
        hall, path = self._hall, self._hall.database.path
        try:
            yield _gauge("hall_database_bytes", "Database and its log on disk", operating.size(path))
            yield _gauge(
                "hall_disk_free_bytes", "Free where the database lies", shutil.disk_usage(path.parent).free
            )
        except OSError:
            pass
        age = hall.sweeps.age(time.monotonic())
        if age is not None:
            yield _gauge("hall_sweep_age_seconds", "Since the last sweep went through", age)
        for what in ("backup", "audit"):
            done = last_done.last(path, what)
            if done is not None:
                seconds = (hall.now() - done.at).total_seconds()
                yield _gauge(f"hall_{what}_age_seconds", f"Since the last {what}", seconds)
                yield _gauge(f"hall_{what}_sound", f"1 when the last {what} found nothing wrong", done.sound)
        info = GaugeMetricFamily("hall_info", "The version that runs", labels=("version",))
        info.add_metric((_version(),), 1)
        yield info


def _of_records(counted: _Counted) -> Iterator[Metric]:
    lights = GaugeMetricFamily("hall_open_cases", "Open cases by supervision light", labels=("light",))
    for light, number in zip(_LIGHTS, counted.lights, strict=True):
        lights.add_metric((light,), number)
    yield lights
    yield _gauge("hall_clocks_due", "Clocks that are due and not swept yet", counted.due)
    yield _gauge("hall_outbox_undivided", "Messages not yet divided among channels", counted.outbox.to_split)
    yield _gauge("hall_outbox_waiting", "Deliveries that wait", counted.outbox.waiting)
    yield _gauge("hall_outbox_failed", "Deliveries that failed for good", counted.outbox.failed)
    yield _counter("hall_filings", "Cases filed since the day this process was started", counted.filed)


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=float(value))


def _counter(name: str, words: str, value: float) -> Metric:
    return CounterMetricFamily(name, words, value=float(value))


def _version() -> str:
    try:
        return version("county-hall")
    except PackageNotFoundError:
        return "0"
