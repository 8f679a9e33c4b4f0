"""Where a portal may be written: never over what it is made from, and not into a folder that holds anything else."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from catalog.root import Root
from rules.errors import Invalid

# Written last of all by every build; what a build that broke off leaves is known by its journal.
_MARK = "data/catalog.json"
# What a disk, git or a web server keeps in a folder that is to hold a site.
_BESIDE = frozenset({"lost+found"})


def is_beside(name: str) -> bool:
    """Whether something at the top of a site is not the portal's, and stays whatever is built."""
    return name.startswith(".") or name in _BESIDE


def check_target(root: Root, site: Path, sources: Iterable[Path], *, begun: bool) -> None:
    """Raises Invalid when building there would mix the portal with something else, or put it in its place.

    `site` is resolved; `sources` are the folders read besides the root's own; `begun`: a build of ours broke off
    there.
    """
    if root.path.is_relative_to(site):
        raise Invalid(f"{site} 是县厅的目录，或者包含它，不能当作网站目录。请另写一个目录，如 site。")
    own = (root.state, root.items, root.content, root.published, root.path / ".git", *sources)
    for folder in own:
        place = folder.resolve()
        if site.is_relative_to(place) or place.is_relative_to(site):
            raise Invalid(
                f"{site} 和 {root.shown(folder)} 重叠，那里放着生成网站要用的内容或者县厅的数据，"
                "不能当作网站目录。请另写一个目录，如 site。"
            )
    if site.exists() and not site.is_dir():
        raise Invalid(f"{site} 是一个文件，不能当作网站目录。请另写一个目录，如 site。")
    if begun or not site.is_dir() or (site / _MARK).is_file():
        return
    found = sorted(each.name for each in site.iterdir() if not is_beside(each.name))
    # The index is begun before anything is written, and no build takes away what is in its folder.
    if found and not (found == ["data"] and [each.name for each in (site / "data").glob("*")] == ["index"]):
        raise Invalid(
            f"{site} 里有别的内容（如 {_shown(found[0])}），不是县厅生成的网站，没有动它。"
            "请换一个空目录，或者先把里面的内容移走。"
        )


def _shown(name: str) -> str:
    return name.encode("utf-8", "replace").decode()
