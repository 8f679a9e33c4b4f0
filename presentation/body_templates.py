"""The Jinja environment that pages' bodies are made in: filters, pictures, compiled templates kept on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup

from catalog.codes import Codes
from presentation import dates, masking, pieces, qr, view
from presentation.page import icon

TEMPLATES = Path(__file__).parent / "templates"


def templates(
    folders: Path | Iterable[Path] = (), codes: Codes | None = None, lights: view.Lights | None = None
) -> Environment:
    """The Jinja environment: a room's own folders first, then presentation/templates; autoescape always on.

    `codes` gives the filter `code_name` its tables: `{{ item.type | code_name("item-type") }}`.
    `lights` are those of the county's rule set.
    """
    own = [folders] if isinstance(folders, Path) else list(folders)
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(path) for path in (*own, TEMPLATES)]),
        bytecode_cache=_CompiledTemplates.where_possible(),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        date_cn=dates.date_cn,
        datetime_cn=dates.datetime_cn,
        short_date=dates.short_date,
        duration=dates.duration,
        limit_text=dates.limit_text,
        seconds_cn=dates.seconds_cn,
        money=dates.money,
        size_cn=dates.size_cn,
        masked_name=masking.masked_name,
        masked_id=masking.masked_id,
        masked_phone=masking.masked_phone,
        masked_address=masking.masked_address,
        initials=_initials,
        code_name=lambda code, table: codes.label(table, code) if codes else code,
        paragraphs=paragraphs,
    )
    environment.globals.update(icon=icon, qr=qr.qr_svg, LIGHTS=lights or view.Lights(), PIECES=pieces)
    return environment


class _CompiledTemplates(FileSystemBytecodeCache):
    """Compiled templates by their content, kept from one process to the next: compiling takes longer than a page.

    Not in the root's own cache: what runs as code must not come with a county's files. Jinja keeps it in a
    folder of this user that nobody else may write to.
    """

    @classmethod
    def where_possible(cls) -> _CompiledTemplates | None:
        try:
            return cls()
        except (OSError, RuntimeError):
            return None

    def get_source_checksum(self, source: str) -> str:
        # Jinja works out filters of constants while it compiles, so a filter's code counts as well.
        return hashlib.sha256(_filters_stamp() + source.encode()).hexdigest()

    def dump_bytecode(self, bucket: Bucket) -> None:
        # On a full disk the page is made all the same.
        with suppress(OSError):
            super().dump_bytecode(bucket)


@lru_cache(maxsize=1)
def _filters_stamp() -> bytes:
    code = [Path(module.__file__ or "").read_bytes() for module in (dates, masking)]
    return b"\0".join([version("jinja2").encode(), Path(__file__).read_bytes(), *code])


def _initials(text: str) -> str:
    # The pinyin tables take a quarter of a second to load, and most builds need none of them.
    from catalog.pinyin import initials

    return initials(text)


def paragraphs(text: str | None) -> Markup:
    """Plain text of a department or a person as `<p>` per line; nothing in it is read as HTML."""
    lines = [line.strip() for line in (text or "").splitlines()]
    return Markup("").join(Markup("<p>{}</p>").format(line) for line in lines if line)
