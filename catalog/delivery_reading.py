"""Reads the delivery settings of a root and says everything that is wrong with them."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from catalog.delivery import DeliverySettings, faults
from catalog.problems import Problem
from catalog.reader import Reading
from catalog.root import COUNTY_FILE, Root
from catalog.yaml_text import FieldPath, parse_yaml
from rules.errors import Invalid

_PLACE = "delivery"


def load_delivery(root: Root) -> DeliverySettings:
    """The `delivery` part of county.yml as it stands now. Raises Invalid when it cannot be read."""
    document = parse_yaml(root.county.read_bytes())
    value = document.value
    if document.faults or not isinstance(value, dict):
        raise Invalid("county.yml 读不出来，请先运行 hall check")
    try:
        return DeliverySettings.model_validate(value.get(_PLACE) or {})
    except ValidationError as error:
        raise Invalid("county.yml 里 delivery 的设置有误，请运行 hall check") from error


def secrets_path(root: Root, settings: DeliverySettings) -> Path | None:
    """Where the secrets lie: an absolute path, or one from the root; None when no file is named."""
    if not settings.secrets_file:
        return None
    return (root.path / Path(settings.secrets_file).expanduser()).resolve()


def check_delivery(reading: Reading) -> list[Problem]:
    """What `hall check` has to say beyond the schema."""
    root, settings = reading.root, reading.county.delivery
    document = parse_yaml(root.county.read_bytes())
    found = list(faults(settings, frozenset(reading.units.units)))
    path = secrets_path(root, settings)
    if path is not None and path.is_relative_to(root.path) and not path.is_relative_to(root.state):
        found.append(("secrets_file", "密钥文件不能放在仓库里，请放到仓库之外，或者放进 .hall/"))
    return [
        Problem(COUNTY_FILE, document.line(_path(field)), f"{_PLACE}.{field}", message, rule="delivery")
        for field, message in found
    ]


def _path(field: str) -> FieldPath:
    parts = field.replace("[", ".").replace("]", "").split(".")
    return (_PLACE, *(int(part) if part.isdigit() else part for part in parts))
