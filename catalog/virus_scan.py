"""Where the county's virus scanner listens: the `virus_scan` part of county.yml, and reading it from a root."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationError

from catalog.form_schema import Part
from catalog.root import Root
from catalog.yaml_text import parse_yaml
from rules.errors import Invalid


class VirusScan(Part):
    """clamd's address and what to do while it does not answer."""

    address: Annotated[str, StringConstraints(pattern=r"^(unix:/.+|tcp:[A-Za-z0-9.\-]+:[0-9]{1,5})$")] = (
        Field(description="clamd 的地址：unix:/run/clamav/clamd.ctl 或 tcp:127.0.0.1:3310")
    )
    when_down: Literal["refuse", "accept"] = Field(
        "refuse", description="查毒服务不应答时：refuse 不收附件，accept 先收下、标“未查毒”，每天整理时补查"
    )
    timeout_seconds: float = Field(30, ge=1, le=300)


def load_virus_scan(root: Root) -> VirusScan | None:
    """The `virus_scan` part of county.yml; None without one. Raises Invalid when it cannot be read."""
    if not root.county.is_file():
        return None
    document = parse_yaml(root.county.read_bytes())
    if document.faults or not isinstance(document.value, dict):
        raise Invalid("county.yml 读不出来，请先运行 hall check")
    given = document.value.get("virus_scan")
    if given is None:
        return None
    try:
        return VirusScan.model_validate(given)
    except ValidationError as error:
        raise Invalid("county.yml 里 virus_scan 的设置有误，请运行 hall check") from error
