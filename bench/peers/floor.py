"""The floor: a bare Starlette app whose one handler puts one INSERT into the hall's own group-commit writer.

    python -m bench.peers.floor PORT DATABASE

Served like the hall: uvicorn with httptools and uvloop, one process, WAL and synchronous=FULL. The body is read as
JSON; nothing is checked, there is no event, notice or seal.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from handlers.store.database import connect
from handlers.store.writer import Transaction, Writer


def app(path: Path) -> Starlette:
    """`POST /filings` writes one row and answers when it is durable."""
    connection = connect(path)
    connection.execute("CREATE TABLE IF NOT EXISTS filing (id INTEGER PRIMARY KEY, item TEXT, answers TEXT)")
    connection.close()
    writer = Writer(lambda: connect(path))

    async def file(request: Request) -> Response:
        asked = json.loads(await request.body())
        row = (asked["item"], json.dumps(asked["answers"], ensure_ascii=False))

        def job(tx: Transaction) -> int:
            return tx.execute("INSERT INTO filing (item, answers) VALUES (?, ?)", row).lastrowid or 0

        return JSONResponse({"id": await writer.run_async(job)}, 201)

    async def ready(request: Request) -> Response:
        return Response(status_code=204)

    return Starlette(routes=[Route("/filings", file, methods=["POST"]), Route("/readyz", ready)])


if __name__ == "__main__":
    uvicorn.run(app(Path(sys.argv[2])), port=int(sys.argv[1]), log_level="warning", access_log=False)
