"""The lists of items: by department, theme, applicant, life event, type, depth and alphabet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any

from markupsafe import Markup, escape

from site_builder.items import DEPTH_WORDS
from site_builder.outputs import Output, fingerprint
from site_builder.portal import Portal
from site_builder.summaries import Shown

# One page holds this many; the filter of the page works without a server, so pages are long.
PER_PAGE = 400


@dataclass(frozen=True)
class Group:
    """One list: its address, its name, and what is in it."""

    kind: str
    kind_name: str
    code: str
    name: str
    items: tuple[Shown, ...]
    note: str = ""
    short: str = ""

    @property
    def address(self) -> str:
        return f"/{self.kind}/{self.code}/"


KINDS = (
    ("departments", "按部门"),
    ("themes", "按主题"),
    ("life", "按人生大事"),
    ("applicants", "按办事的人"),
    ("types", "按事项类型"),
    ("depth", "按上网程度"),
    ("alphabet", "按拼音"),
)
TABS = (("/items/", "全部"), *((f"/{kind}/", name) for kind, name in KINDS))


def groups(portal: Portal) -> dict[str, list[Group]]:
    """All groups of every kind, empty ones left out (departments and life events stay: people look for them)."""
    codes = portal.codes
    inside: dict[tuple[str, str], list[Shown]] = {}
    for shown in portal.visible:
        item = shown.summary
        for kind, keys in (
            ("departments", (item.department,)),
            ("themes", tuple(dict.fromkeys((*item.themes_personal, *item.themes_business)))),
            ("life", item.life_events),
            ("applicants", item.applicants),
            ("types", (item.type,)),
            ("depth", (str(item.depth),)),
            ("alphabet", (item.initial,)),
        ):
            for key in dict.fromkeys(keys):
                inside.setdefault((kind, key), []).append(shown)

    def made(kind: str, code: str, name: str, note: str = "", short: str = "", address: str = "") -> Group:
        items = tuple(inside.get((kind, code), ()))
        return Group(kind, dict(KINDS)[kind], address or code, name, items, note, short or name)

    found = {
        "departments": [
            made("departments", each.id, each.name, short=each.short_name)
            for each in portal.departments.values()
        ],
        "themes": [
            *(made("themes", c, n, "个人") for c, n in codes["theme-personal"].codes.items()),
            *(made("themes", c, n, "企业") for c, n in codes["theme-business"].codes.items()),
        ],
        "life": [made("life", c, n) for c, n in codes["life-event"].codes.items()],
        "applicants": [made("applicants", c, n) for c, n in codes["applicant"].codes.items()],
        "types": [made("types", c, n) for c, n in codes["item-type"].codes.items()],
        "depth": [made("depth", str(n), DEPTH_WORDS[n]) for n in (3, 2, 1, 0)],
        "alphabet": [
            made("alphabet", c, c, address="other" if c == "#" else c.lower())
            for c in (*ascii_uppercase, "#")
        ],
    }
    return {
        kind: list_ if kind in ("departments", "life") else [group for group in list_ if group.items]
        for kind, list_ in found.items()
    }


def entry(shown: Shown) -> Markup:
    """One item in a list; `data-` attributes are what the filter reads."""
    summary = shown.summary
    names = (summary.name, *summary.plain_names, summary.department_name, summary.pinyin, shown.initials)
    limit = "当场办结" if summary.immediate else summary.promised or ""
    facts = [shown.department.short_name, summary.type_name, limit]
    facts.append("不用跑" if summary.visits == 0 else f"跑{summary.visits}次")
    if summary.accepts_online:
        facts.append("可网上办")
    # Plain f-strings: one edit moves an item from page to page, and thousands of entries are made for it.
    spans = "".join([f"<span>{escape(fact)}</span>" for fact in facts if fact])
    purpose = f"<p>{escape(summary.purpose)}</p>" if summary.purpose else ""
    return Markup(  # noqa: S704
        f'<li data-words="{escape(" ".join(names).lower())}" data-department="{escape(summary.department)}"'
        f' data-type="{escape(summary.type)}" data-applicant="{escape(" ".join(summary.applicants))}"'
        f' data-depth="{summary.depth}"><a href="{escape(shown.address)}">{escape(summary.name)}</a>'
        f'{purpose}<p class="meta">{spans}</p></li>'
    )


class Entries:
    """Rendered list entries, each made once a build however many lists it is in."""

    def __init__(self) -> None:
        self._made: dict[str, str] = {}

    def of(self, shown: Sequence[Shown]) -> Markup:
        """The entries of a list, one a line."""
        return Markup("".join([self._one(each) for each in shown]))  # noqa: S704

    def _one(self, shown: Shown) -> str:
        found = self._made.get(shown.summary.code)
        if found is None:
            found = self._made[shown.summary.code] = f"{entry(shown)}\n"
        return found


def outputs(portal: Portal, found: Mapping[str, Sequence[Group]]) -> Iterator[Output]:
    """Every list, the index of every kind, and the page of all ways in."""
    entries = Entries()
    counts = fingerprint(*(f"{g.address}{g.name}{len(g.items)}" for made in found.values() for g in made))
    for kind, name in KINDS:
        yield portal.page(
            f"/{kind}/",
            "list_index.html",
            name,
            (counts,),
            section="do",
            crumbs=(("我要办", "/items/"), (name, "")),
            values={"groups": found[kind], "kind": kind, "name": name, "tabs": TABS},
        )
        for group in found[kind]:
            yield from _list(portal, group, found[kind], entries)
    everything = portal.visible
    whole = everything if len(everything) <= PER_PAGE else ()
    yield portal.page(
        "/items/",
        "items.html",
        "我要办",
        (counts, _keys(whole)),
        description="按部门、主题、人生大事、拼音找到要办的事",
        section="do",
        crumbs=(("我要办", ""),),
        values=lambda: {
            "found": found,
            "tabs": TABS,
            "items": whole,
            "total": len(everything),
            "entries": entries.of(whole),
            **_choices(portal, whole),
        },
    )


def _list(portal: Portal, group: Group, beside: Sequence[Group], entries: Entries) -> Iterator[Output]:
    pages = max(1, -(-len(group.items) // PER_PAGE))
    department = portal.departments.get(group.code) if group.kind == "departments" else None
    title = f"{group.name}开头的事项" if group.kind == "alphabet" else group.name
    near = "\n".join(each.code for each in beside)
    for number in range(1, pages + 1):
        shown = group.items[(number - 1) * PER_PAGE : number * PER_PAGE]

        def values(number: int = number, shown: Sequence[Shown] = shown) -> Mapping[str, Any]:
            return {
                "group": group,
                "title": title,
                "items": shown,
                "beside": beside,
                "number": number,
                "pages": pages,
                "entries": entries.of(shown),
                "department": department,
                "windows": [
                    u
                    for u in portal.reading.units
                    if department and u.department == department.id and u.kind != "department"
                ],
                **_choices(portal, shown),
            }

        yield portal.page(
            group.address if number == 1 else f"{group.address}page/{number}/",
            "list.html",
            title,
            (len(group.items), number, _keys(shown), near),
            description=f"{group.kind_name}：{title}，共 {len(group.items)} 项",
            section="do",
            crumbs=(("我要办", "/items/"), (group.kind_name, f"/{group.kind}/"), (group.name, "")),
            values=values,
        )


def _keys(shown: Sequence[Shown]) -> str:
    """The keys of many items in one text: feeding a hash each alone takes longer than all the rest."""
    return "".join([each.loaded.source_hash for each in shown])


def _choices(portal: Portal, shown: Sequence[Shown]) -> dict[str, list[tuple[str, str]]]:
    """What the filter of a list offers: only what occurs in it."""
    departments = {each.summary.department for each in shown}
    types = {each.summary.type for each in shown}
    kinds = {kind for each in shown for kind in each.summary.applicants}
    return {
        "departments": [(d.id, d.short_name) for d in portal.departments.values() if d.id in departments],
        "types": [(code, name) for code, name in portal.codes["item-type"].codes.items() if code in types],
        "applicants": [
            (code, name) for code, name in portal.codes["applicant"].codes.items() if code in kinds
        ],
    }
