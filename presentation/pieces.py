"""Pieces of pages that thousands of pages have several of: made here instead of by a template, in a tenth of the time."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

from presentation.view import Fact, FlowStep


def rows(entries: Iterable[tuple[str, object]]) -> Markup:
    """Names and what they stand for, one below the other; those without a value are left out."""
    made = [
        f"<div><dt>{escape(label)}</dt><dd>{escape(value)}</dd></div>\n"
        for label, value in entries
        if value is not None and value != ""
    ]
    return Markup(f'<dl class="rows">\n{"".join(made)}</dl>')  # noqa: S704


def facts(entries: Iterable[Fact]) -> Markup:
    """The facts bar."""
    made = [
        f"<div><dt>{escape(fact.label)}</dt><dd><b>{escape(fact.value)}</b>"
        f"{f'<small>{escape(fact.note)}</small>' if fact.note else ''}</dd></div>\n"
        for fact in entries
    ]
    return Markup(f'<dl class="facts">\n{"".join(made)}</dl>')  # noqa: S704


def flow(steps: Iterable[FlowStep]) -> Markup:
    """The steps of a procedure in a line."""
    made = [
        f'<li class="is-{escape(step.stage)}"{" aria-current=" + _STEP if step.stage == "now" else ""}>'
        f"<b>{escape(step.name)}</b>"
        f"{f'<span class={_DAYS}>{escape(step.days)}</span>' if step.days else ''}"
        f"{f'<span>{escape(step.who)}</span>' if step.who else ''}"
        f"{f'<small>{escape(step.note)}</small>' if step.note else ''}</li>\n"
        for step in steps
    ]
    return Markup(f'<ol class="flow">\n{"".join(made)}</ol>')  # noqa: S704


_STEP, _DAYS = '"step"', '"flow-days"'
