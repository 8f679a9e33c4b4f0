"""Synonyms for search: everyday phrases and the official words they stand for, the root's first."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from catalog.form_schema import Part, Text
from catalog.problems import Problem
from catalog.reader import read_model
from catalog.root import DEFAULTS, Root

SYNONYMS_FILE = "synonyms.yml"


class SynonymEntry(Part):
    """People say one of `say`; items are called by `find`, the most likely first."""

    say: tuple[Text, ...] = Field(min_length=1, description="群众的说法")
    find: tuple[Text, ...] = Field(min_length=1, description="事项用语，最可能的排在前面")


class SynonymFile(Part):
    """`synonyms.yml`."""

    entries: tuple[SynonymEntry, ...] = ()


def load_synonyms(
    root: Root | None = None, problems: list[Problem] | None = None
) -> tuple[SynonymEntry, ...]:
    """The packaged entries and those of the root's content/synonyms.yml.

    A phrase that the county explains itself is taken out of the packaged entries. A faulty county file is
    reported to `problems` and left out.
    """
    found: list[Problem] = [] if problems is None else problems
    packaged = read_model(DEFAULTS / SYNONYMS_FILE, f"defaults/{SYNONYMS_FILE}", SynonymFile, found)
    default = packaged.entries if packaged else ()
    if root is None or not (root.content / SYNONYMS_FILE).is_file():
        return default
    path = root.content / SYNONYMS_FILE
    own = read_model(path, root.shown(path), SynonymFile, found)
    if own is None:
        return default
    found.extend(_doubled(own, root.shown(path)))
    return (*own.entries, *_without(default, own))


def _without(default: tuple[SynonymEntry, ...], own: SynonymFile) -> Iterator[SynonymEntry]:
    explained = {phrase for entry in own.entries for phrase in entry.say}
    for entry in default:
        left = tuple(phrase for phrase in entry.say if phrase not in explained)
        if left:
            yield entry if left == entry.say else entry.model_copy(update={"say": left})


def _doubled(file: SynonymFile, shown: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, entry in enumerate(file.entries):
        for phrase in entry.say:
            if phrase in seen:
                message = f"“{phrase}”写了两次，两处的 find 会合在一起；请并成一条"
                yield Problem(shown, 0, f"entries[{index}].say", message, "warning", "synonyms")
            seen.add(phrase)
