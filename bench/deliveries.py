"""10,000 SMS from the outbox to a local gateway: divided, claimed, sent, settled, each durably noted.

python bench/deliveries.py [messages] [workers] [milliseconds a message takes at the gateway]
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import multiprocessing
import sys
import tempfile
import time
from datetime import datetime
from multiprocessing.synchronize import Event
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).parents[1]))

from catalog.root import Root
from handlers.delivering.service import Delivering
from handlers.store import outbox, people
from handlers.store.database import Database
from handlers.store.writer import Transaction
from rules.access import Role
from rules.time import SHANGHAI
from tests.casework_fixtures import ground
from tests.conftest import free_port

NOON = datetime(2026, 3, 2, 12, tzinfo=SHANGHAI)
PEOPLE = 100


def gateway(port: int, pause: float, ready: Event) -> None:
    """Answers every POST with a number of its own, and counts keys it has seen."""
    seen: set[bytes] = set()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
                body = await reader.readexactly(length)
                twice = body in seen
                seen.add(body)
                await asyncio.sleep(pause)
                answer = b'{"code":%d,"id":"%d"}' % (2 if twice else 0, len(seen))
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(answer), answer))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def serve() -> None:
        server = await asyncio.start_server(one, "127.0.0.1", port)
        ready.set()
        async with server:
            await server.serve_forever()

    asyncio.run(serve())


def main(count: int, workers: int, milliseconds: float) -> None:
    logging.disable(logging.INFO)
    port, ready = free_port(), multiprocessing.Event()
    process = multiprocessing.Process(target=gateway, args=(port, milliseconds / 1000, ready), daemon=True)
    process.start()
    ready.wait(30)
    with tempfile.TemporaryDirectory() as folder:
        run(Path(folder), port, count, workers)
    process.terminate()


def run(folder: Path, port: int, count: int, workers: int) -> None:
    gateway_settings = {
        "url": f"http://127.0.0.1:{port}/", "body": {"to": "{phone}", "text": "{text}", "key": "{key}"},
        "success": {"path": "code"}, "message_id": "id", "daily_cap": 1000,
    }  # fmt: skip
    settings = {"mode": "live", "workers": workers, "sms": gateway_settings}
    (folder / "county.yml").write_text(yaml.safe_dump({"delivery": settings}), encoding="utf-8")
    database = Database.open(folder / ".hall" / "hall.db", migrate=True)

    def add(tx: Transaction) -> list[str]:
        found = []
        for number in range(PEOPLE):
            found.append(people.add(tx, f"p{number}", "示例", "x", NOON, phone=f"1000000{number:04}"))
            people.assign(tx, found[-1], Role.DECIDER, "market")
        return found

    staff = database.write(add)
    messages = [
        outbox.NewMessage(
            NOON, "card.2", "person", staff[number % PEOPLE], "case", 0, "QH202603020001",
            f"食品经营许可（{number}）已超过承诺时限1个工作日。", channels=("in_app", "sms"), fact=f"card:{number}",
        )
        for number in range(count)
    ]  # fmt: skip
    database.write(lambda tx: outbox.add(tx, messages))
    delivery = Delivering(database, ground, Root(folder), lambda: NOON, {})
    begun = time.perf_counter()
    done = delivery.send_due()
    seconds = time.perf_counter() - begun
    delivery.close()
    database.close()
    print(
        f"{done.sent:,} of {count:,} sent by {workers} threads in {seconds:.1f} s: {done.sent / seconds:,.0f} a second"
    )
    if done.sent != count:
        sys.exit(f"not everything arrived once: {done}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--pause", type=float, default=0)
    given = parser.parse_args()
    main(given.messages, given.workers, given.pause)
