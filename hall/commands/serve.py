"""`hall serve`: portal and handlers in one process, with the sweep and the build beside them."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import socket
import sys
from contextlib import ExitStack, closing, suppress
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click
import uvicorn
from starlette.applications import Starlette

from catalog.root import Root
from hall import log_lines, one_hall
from hall.compiling import Compiler
from hall.http_limits import LimitedProtocol
from hall.notify import notify, watchdog_seconds
from hall.serving import Beside, Repeating, deliverer, sweeper, watcher
from hall.staying import stays
from hall.tidying import DailyTidying
from hall.warming import warm
from handlers.app import JOBS, create_app
from handlers.context import Hall, shanghai_now
from handlers.store.database import Database
from rules.calendar import WorkCalendar
from rules.errors import HallError

if TYPE_CHECKING:
    from handlers.metrics import Metrics

log = logging.getLogger("hall")

SWITCH_SECONDS = 0.0005
# Longer than the 60 seconds for which deploy/nginx.conf and deploy/Caddyfile keep theirs: a connection closed at the
# moment a proxy sends over it is an error that a visitor sees.
PROXY_IDLE_SECONDS = 75
VISITOR_IDLE_SECONDS = 5


@click.command("serve")
@click.option(
    "--root", "where", type=click.Path(path_type=Path, exists=True, file_okay=False), help="县的目录"
)
@click.option("--host", default="127.0.0.1", show_default=True, help="监听地址")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="监听端口")
@click.option(
    "--proxy",
    "proxies",
    multiple=True,
    metavar="IP",
    help="前面的反向代理的地址，可重复；只有它转来的访问者地址和 https 标记才算数",
)
@click.option("--db", type=click.Path(path_type=Path, dir_okay=False), help="数据库文件，默认 .hall/hall.db")
@click.option("--site", type=click.Path(path_type=Path, file_okay=False), help="网站目录，默认 site/")
@click.option(
    "--items",
    "items_dirs",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="另外的事项目录，可重复",
)
@click.option("--only", default="", help=f"只运行这些工作，逗号分隔：{'、'.join(JOBS)}")
@click.option("--demo", "with_demo", is_flag=True, help="空数据库里放进演示账号和演示办件")
@click.option("--no-build", is_flag=True, help="不生成网站（网站由别处生成）")
@click.option(
    "--log",
    "log_style",
    type=click.Choice(log_lines.STYLES),
    default="text",
    show_default=True,
    help="日志的样子：text 给人看，json 一行一个对象，给程序看",
)
@click.option(
    "--metrics",
    "metrics_for",
    type=click.Choice(("off", "local", "token")),
    default="off",
    show_default=True,
    help="谁能读 /metrics:off 没有人；local 本机；token 带口令的（口令放在密钥 METRICS 里）",
)
def command(
    where: Path | None,
    host: str,
    port: int,
    proxies: tuple[str, ...],
    db: Path | None,
    site: Path | None,
    items_dirs: tuple[Path, ...],
    only: str,
    with_demo: bool,
    no_build: bool,
    log_style: log_lines.Style,
    metrics_for: str,
) -> None:
    """在一个进程里运行门户、办理程序、期限巡查；事项一改，网站跟着更新。"""
    log_lines.configure(log_style)
    root = Root.find(where)
    jobs = chosen_jobs(only)
    with ExitStack() as held:
        # Processes that run some jobs only share a data file by design.
        if not only:
            held.enter_context(one_hall.hold(db or root.state / "hall.db", f"http://{host}:{port}"))
        target = site or root.path / "site"
        compiler = None if no_build else Compiler(root, items_dirs, target, log_style)
        if compiler is not None:
            compiler.first()
        database = held.enter_context(closing(Database.open(db or root.state / "hall.db", migrate=True)))
        hall = Hall(root, target, database)
        app = started(hall, jobs, metrics_for)
        accounts = plant_demo(hall) if with_demo else ()
        run(hall, app, host, port, compiler, accounts, proxies)


def started(hall: Hall, jobs: tuple[str, ...], metrics_for: str) -> Starlette:
    """The application over a hall whose units are those of the files."""
    with stays():
        hall.casework.synchronise_units(hall.now())
        return create_app(hall, jobs, metrics_of(hall, metrics_for))


def chosen_jobs(only: str) -> tuple[str, ...]:
    """The jobs named by --only. Raises a usage error for one that does not exist."""
    jobs = tuple(job.strip() for job in only.split(",") if job.strip())
    unknown = [job for job in jobs if job not in JOBS]
    if unknown:
        raise click.UsageError(f"没有叫 {'、'.join(unknown)} 的工作；可以选 {'、'.join(JOBS)}。")
    return jobs


def metrics_of(hall: Hall, readers: str) -> Metrics | None:
    """What counts for Prometheus, or None when nobody may read it. Raises a usage error without a good token."""
    if readers == "off":
        return None
    # Its library takes as long to load as everything else together: only for those who want it.
    from catalog.delivery_reading import load_delivery, secrets_path
    from handlers.delivering.credentials import Credentials
    from handlers.metrics import Metrics, Reader

    try:
        token = None
        if readers == "token":
            kept = Credentials(os.environ, secrets_path(hall.root, load_delivery(hall.root)))
            token = kept.fill("{secret:METRICS}")
        return Metrics(hall, Reader(token))
    except HallError as error:
        raise click.UsageError(f"--metrics token：{error.detail}") from error


def plant_demo(hall: Hall) -> tuple[str, ...]:
    """Demo accounts and cases in an empty database; the lines to print."""
    from functools import partial

    from handlers.casework import demo
    from handlers.scoring import demo as scores_demo

    scores = partial(scores_demo.plan, hall.scores, hall.supervision)
    lines = demo.plant(hall.casework, hall.now(), (scores,)).lines()
    # The demo's days lie behind us: published at once, so that its receipts have their proofs.
    hall.logbook.publish_if_due(hall.now(), catch_up=True)
    # What the demo has published is there before the first visitor: the portal is built again at once.
    publish(hall, hall.now())
    return lines


def publish(hall: Hall, moment: datetime) -> None:
    """Brings `published/` up to date: figures, scores, statistics, the log, letters; the portal is built from it."""
    hall.casework.publish_figures(hall.root.published, moment)
    hall.scores.publish_files(hall.root.published)
    hall.statistics.publish(hall.root.published, moment)
    hall.logbook.publish_if_due(moment)
    hall.correspondence.publish(hall.root.published)


class NewCalendars:
    """Has every open due date computed again once the portal brings another calendar.

    A notice may come by `hall calendar import`, which does it itself, or by a merged pull request, which nobody
    but the running hall sees.
    """

    def __init__(self, hall: Hall) -> None:
        self.hall = hall
        self._seen: WorkCalendar | None = None

    def if_changed(self) -> None:
        """One comparison while nothing changed. A portal older than the root's own calendars changes nothing.

        Until the portal of a new calendar was there, this hall has started clocks by the one before, even where
        the command has computed all others meanwhile.
        """
        present, before = self.hall.calendar, self._seen
        if before is not None and present.years == before.years:
            return
        if self._is_the_roots():
            found = self.hall.casework.take_over_calendar(self.hall.now(), before)
            log.info(
                "calendar taken over: %d clocks looked at, %d cases moved", found.looked_at, len(found.moved)
            )
        else:
            self.hall.casework.leave_calendar()
            log.warning("calendar not taken over: the portal was not built from the calendars of the root")
        # What failed is tried again at the next look.
        self._seen = present

    def _is_the_roots(self) -> bool:
        """Whether the portal has every year the root has, as the root has it: amended years count as well."""
        from catalog.calendars import load_calendar
        from handlers.casework.clock_basis import same_days

        try:
            own = load_calendar(self.hall.root).years
        except HallError as error:
            log.warning("calendars of the root are at fault: %s", error.detail)
            return False
        return all(same_days(each, self.hall.calendar.years.get(year)) for year, each in own.items())


def beside(hall: Hall, compiler: Compiler | None) -> list[Repeating]:
    """The threads that run while the hall serves."""

    recompute, tidying = NewCalendars(hall), DailyTidying(hall.casework.tidy)

    def sweep() -> datetime | None:
        moment = hall.now()
        recompute.if_changed()
        swept = hall.casework.sweep(moment)
        hall.correspondence.close_unstated(moment)
        publish(hall, moment)
        hall.logbook.forget_old_looks(moment)
        tidying.if_due(moment)
        return swept.next_at

    hall.sweeps.begin()
    threads = [
        sweeper(sweep, shanghai_now, hall.sweeps.done),
        # Not made before its thread begins: it takes a tenth of the start to load.
        deliverer(lambda: hall.delivery.send_due(), lambda: hall.delivery.stop()),
    ]
    if compiler is not None:
        threads.append(watcher(compiler.look, compiler.again, compiler.built_from))
    return threads


def first_of_all(hall: Hall, compiler: Compiler | None) -> None:
    """What the first answer does not need and the next ones would wait for."""
    with stays():
        warm(hall)
    if compiler is not None:
        compiler.prepare()


class Server(uvicorn.Server):
    """Lets the open live boards go when it is told to stop: it would wait its whole time-out for them."""

    def __init__(self, config: uvicorn.Config, hall: Hall, beside: Beside) -> None:
        super().__init__(config)
        self.hall = hall
        self.beside = beside

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Tells the service manager once connections are taken, and then again and again that it is alive."""
        await super().startup(sockets)
        if self.started:
            self.beside.begin()
            notify("READY=1")
            if (pause := watchdog_seconds()) is not None:
                self._alive = asyncio.create_task(_say_alive(pause))

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """On SIGINT and SIGTERM."""
        notify("STOPPING=1")
        if self.hall.live is not None:
            self.hall.live.close()
        super().handle_exit(sig, frame)


async def _say_alive(pause: float) -> None:
    """From the event loop itself: one that is stuck says nothing, and is started anew."""
    while True:
        notify("WATCHDOG=1")
        await asyncio.sleep(pause)


def allow_many_connections() -> None:
    """As many open files as the system lets this process have: a live board is an open connection."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def answer_promptly() -> None:
    """A thread that computes gives the interpreter back after half a millisecond instead of five: an answer hands it
    over at each of its reads, and would wait so long each time while the writer works.
    """
    sys.setswitchinterval(SWITCH_SECONDS)


def run(
    hall: Hall,
    app: Starlette,
    host: str,
    port: int,
    compiler: Compiler | None,
    accounts: tuple[str, ...],
    proxies: tuple[str, ...] = (),
) -> None:
    """Serves until interrupted; what is being written is finished first."""
    allow_many_connections()
    answer_promptly()
    threads = Beside(lambda: first_of_all(hall, compiler), beside(hall, compiler))
    try:
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            http=LimitedProtocol,
            # Limits count per visitor: behind a proxy that is not named here, all visitors would be one.
            proxy_headers=bool(proxies),
            forwarded_allow_ips=list(proxies),
            timeout_keep_alive=PROXY_IDLE_SECONDS if proxies else VISITOR_IDLE_SECONDS,
            timeout_graceful_shutdown=10,
        )
        click.echo(f"{hall.county.hall_name} 已运行：http://{host}:{port}")
        for line in accounts:
            click.echo(line)
        Server(config, hall, threads).run()
    finally:
        threads.stop()
        if compiler is not None:
            compiler.close()
