"""Where the windows are: the service centre, the towns, the villages, from content/units.yml."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.county import OrgUnit
from site_builder.outputs import Output
from site_builder.portal import Portal


def outputs(portal: Portal) -> Iterator[Output]:
    """`/about/centre/`."""
    units = portal.reading.units
    windows = [unit for unit in units.children(portal.county.centre) if unit.kind == "window"]
    towns: list[tuple[OrgUnit, tuple[OrgUnit, ...]]] = [
        (town, units.children(town.id)) for town in units.of_kind("town")
    ]
    yield portal.page(
        "/about/centre/",
        "centre.html",
        "政务服务中心和乡镇窗口",
        (),
        description="政务服务中心、专业窗口、乡镇便民服务中心和村（社区）便民服务站的地址、时间和电话",
        crumbs=(("关于本厅", "/about/"), ("政务服务中心和乡镇窗口", "")),
        values={"centre": units.get(portal.county.centre), "windows": windows, "towns": towns},
    )
