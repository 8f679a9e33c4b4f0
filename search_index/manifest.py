"""The index's one small file that readers follow: which files are in force, and the synonyms. Needs no Whoosh."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from search_index.records import IndexMissing, Synonym

MANIFEST = "index.json"
# Raise it when the fields of the schema change: an index of another version is built anew.
SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the folder holds now: readers follow `name`; every write gives a new `generation`."""

    name: str
    generation: int
    synonyms: tuple[Synonym, ...]


def read_manifest(index_dir: Path) -> Manifest:
    """Raises IndexMissing when there is none, or one of another schema version."""
    manifest = manifest_or_none(index_dir)
    if manifest is None:
        raise IndexMissing(index_dir)
    return manifest


def manifest_or_none(index_dir: Path) -> Manifest | None:
    """The same; None where `read_manifest` raises."""
    try:
        raw = json.loads((index_dir / MANIFEST).read_text(encoding="utf-8"))
        if raw["schema_version"] != SCHEMA_VERSION:
            return None
        synonyms = tuple(Synonym(tuple(phrases), tuple(terms)) for phrases, terms in raw["synonyms"])
        return Manifest(raw["name"], raw["generation"], synonyms)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_manifest(index_dir: Path, manifest: Manifest) -> None:
    """Puts it in place in one step: from then on readers follow it."""
    text = json.dumps(
        {
            "schema_version": SCHEMA_VERSION,
            "name": manifest.name,
            "generation": manifest.generation,
            "synonyms": [[synonym.phrases, synonym.terms] for synonym in manifest.synonyms],
        },
        ensure_ascii=False,
    )
    draft = index_dir / f".{MANIFEST}.{os.getpid()}"
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, index_dir / MANIFEST)
