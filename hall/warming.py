"""What is loaded right after the start, so that neither the first answer nor any later one waits for it."""

from __future__ import annotations

import importlib

from handlers.context import Hall

# What requests load when they first come: it would hold up everybody for a tenth of a second. Left out is what many
# a process never needs and what takes much memory: python-docx, the search index, the libraries of gateways.
_ASKED_FOR = (
    "handlers.casework.viewing",
    "handlers.casework.papers",
    "handlers.casework.upkeep",
    "handlers.casework.filing",
    "handlers.casework.moving",
    "handlers.casework.desk",
    "handlers.casework.card_decisions",
    "handlers.casework.hand_findings",
    "handlers.staff_resume",
    "filetype",
)


def warm(hall: Hall) -> None:
    """Loads it. Blocks for as long as a start takes."""
    for module in _ASKED_FOR:
        importlib.import_module(module)
    hall.limiter.prepare()
    _ = hall.correspondence, hall.logbook
