"""How staff sign in: the `sign_in` part of county.yml, and reading it from a root."""

from __future__ import annotations

from pydantic import Field, ValidationError, field_validator

from catalog.form_schema import Part
from catalog.root import Root
from catalog.yaml_text import parse_yaml
from rules.access import STAFF_ROLES, Role
from rules.errors import Invalid


class SignInSettings(Part):
    """What is asked of staff beyond the password."""

    second_factor: tuple[str, ...] = Field((), description="哪些岗位登录必须用动态码，写岗位的英文代码")

    @field_validator("second_factor")
    @classmethod
    def _posts_of_staff(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [each for each in given if each not in STAFF_ROLES]
        if unknown:
            raise ValueError(f"没有岗位 {'、'.join(unknown)}，可以写 {'、'.join(sorted(STAFF_ROLES))}")
        return given

    @property
    def second_factor_roles(self) -> frozenset[Role]:
        """The roles that sign in with the second factor or not at all."""
        return frozenset(Role(each) for each in self.second_factor)


def load_sign_in(root: Root) -> SignInSettings:
    """The `sign_in` part of county.yml as it stands now. Raises Invalid when it cannot be read."""
    if not root.county.is_file():
        return SignInSettings()
    document = parse_yaml(root.county.read_bytes())
    if document.faults or not isinstance(document.value, dict):
        raise Invalid("county.yml 读不出来，请先运行 hall check")
    try:
        return SignInSettings.model_validate(document.value.get("sign_in") or {})
    except ValidationError as error:
        raise Invalid("county.yml 里 sign_in 的设置有误，请运行 hall check") from error
