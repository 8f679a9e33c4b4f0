"""PocketBase: one collection made by its own migration, anyone may create and view; one row for each request.

It validates the fields' types, writes one row and answers with it. It leaves out everything else a filing is: form,
steps, materials, clocks, event, chain, notice, messages. Its writes are as durable as it makes them (WAL with
synchronous=NORMAL: weaker than ours).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.halls import PEERS, Served, free_port, process

_MIGRATION = """migrate((app) => {
  app.save(new Collection({
    type: "base", name: "filings", createRule: "", viewRule: "",
    fields: [
      {name: "item", type: "text", required: true},
      {name: "applicant", type: "text", required: true},
      {name: "phone", type: "text"},
      {name: "answers", type: "json", required: true},
    ],
  }))
})
"""
PATH = "/api/collections/filings/records"


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """`pocketbase serve` with its own defaults."""
    migrations, port = folder / "pb_migrations", free_port()
    migrations.mkdir(parents=True, exist_ok=True)
    (migrations / "1700000000_filings.js").write_text(_MIGRATION, "utf-8")
    command = [
        str(PEERS / "pocketbase"), "serve", f"--http=127.0.0.1:{port}", f"--dir={folder / 'pb_data'}",
        f"--migrationsDir={migrations}", "--automigrate=false", f"--publicDir={folder / 'public'}",
        f"--hooksDir={folder / 'hooks'}",
    ]  # fmt: skip
    with process(command, folder, port, "/api/health") as found:
        yield found


def body_of(filing: bytes) -> bytes:
    """The hall's application as one row of the collection."""
    asked = json.loads(filing)
    answers = asked["answers"]
    row = {
        "item": asked["item"], "applicant": answers["applicant_name"], "phone": answers["contact_phone"],
        "answers": answers,
    }  # fmt: skip
    return json.dumps(row, ensure_ascii=False).encode()
