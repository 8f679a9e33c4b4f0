"""How a county sends messages: the `delivery` part of county.yml, with no secret in it, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import time
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, JsonValue, StringConstraints, model_validator

from catalog.form_schema import Part, Text
from catalog.schema import Slug

Channel = Literal["in_app", "sms", "email", "wecom", "dingtalk", "feishu"]
RobotKind = Literal["wecom", "dingtalk", "feishu"]
ROBOTS: tuple[RobotKind, ...] = ("wecom", "dingtalk", "feishu")
CHANNEL_LABELS: Mapping[str, str] = {
    "in_app": "站内消息",
    "sms": "短信",
    "email": "邮件",
    "wecom": "企业微信群",
    "dingtalk": "钉钉群",
    "feishu": "飞书群",
}

# What the texts of a gateway's request may name; `{secret:NAME}` beside them.
PLACEHOLDERS = frozenset(
    {"phone", "text", "signature", "template_id", "key", "number", "code", "item", "due", "link", "timestamp"}
)
PLACEHOLDER = re.compile(r"\{(secret:)?([A-Za-z][A-Za-z0-9_]*)\}")
_SECRET_IN_ADDRESS = re.compile(r"[?&](key|access_token|token|secret|sign|password)=(?!\{secret:)", re.I)
_HOOK = re.compile(r"/hook/(?!\{secret:)[^/]")
_LOCAL = frozenset({"127.0.0.1", "::1", "localhost"})

ClockTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
SecretReference = Annotated[str, StringConstraints(pattern=r"^$|^\{secret:[A-Za-z][A-Za-z0-9_]*\}$")]
Seconds = Annotated[float, Field(ge=1, le=60)]


class QuietHours(Part):
    """When nobody is to be disturbed; `begin` after `end` means over midnight, both alike means never."""

    begin: ClockTime = "21:00"
    end: ClockTime = "08:00"
    channels: tuple[Channel, ...] = ("sms", "wecom", "dingtalk", "feishu")
    urgent_passes: bool = Field(False, description="红牌等紧急消息可以在免打扰时间发")

    @property
    def first(self) -> time:
        return time.fromisoformat(self.begin)

    @property
    def last(self) -> time:
        return time.fromisoformat(self.end)


class Retrying(Part):
    """How long one keeps trying. Seconds and hours of the clock, not working time."""

    attempts: int = Field(10, ge=1, le=50, description="最多试几次")
    first_seconds: int = Field(60, ge=1, le=3600, description="第一次失败后等几秒，以后每次加倍")
    longest_seconds: int = Field(7200, ge=1, le=86400)
    expire_hours: int = Field(48, ge=1, le=720, description="超过几小时没送出就不再送")


class EmailSettings(Part):
    """An SMTP server; `starttls` and `tls` never fall back to plain text."""

    host: Text
    port: int = Field(587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: SecretReference = Field("", description="只写 {secret:名称}")
    sender: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+$")]
    sender_name: str = ""
    per_minute: int = Field(0, ge=0, description="每分钟最多几封，0 为不限")
    timeout_seconds: Seconds = 15


class Success(Part):
    """How an answer says that it went well: the value at `path` is one of `values`; without a path any 2xx is."""

    path: str = ""
    values: tuple[str, ...] = ("0",)
    again: tuple[str, ...] = Field((), description="这些代码表示稍后再试，如超出流量")


class ReceiptSettings(Part):
    """The gateway's report about what became of a message, posted to /hall/delivery/receipts."""

    secret: SecretReference = Field(description="网关回调时带来的口令，{secret:名称}")
    header: str = Field("X-Receipt-Secret", description="口令在哪个请求头里")
    parameter: str = Field("", description="网关不能加请求头时，口令在哪个网址参数里")
    reports: str = Field("", description="一次报多条时，列表在哪里")
    message_id: Text = "id"
    status: Text = "status"
    delivered: tuple[str, ...] = ("DELIVRD",)
    answer: str = Field("ok", description="回给网关的正文")


class SmsSettings(Part):
    """Any SMS gateway that takes one HTTP request a message."""

    url: Text
    method: Literal["POST", "GET"] = "POST"
    encoding: Literal["json", "form", "query"] = "json"
    headers: dict[str, str] = Field(default_factory=dict)
    body: dict[str, JsonValue]
    json_text: tuple[str, ...] = Field((), description="正文里这些键的值以 JSON 文本发送")
    success: Success = Success()
    message_id: str = Field("", description="回答里流水号的位置，如 data.0.id")
    signature: str = ""
    template_ids: dict[str, str] = Field(
        default_factory=dict, description="消息种类 → 网关的模板号；default 为其余"
    )
    most_segments: int = Field(3, ge=1, le=8, description="一条最多几段（70字一段，长短信67字一段）")
    daily_cap: int = Field(10, ge=1, le=1000, description="一个号码一天最多几条")
    per_minute: int = Field(0, ge=0)
    timeout_seconds: Seconds = 10
    receipts: ReceiptSettings | None = None


class RobotSettings(Part):
    """A group's robot. It is told what concerns its units (all, when none is named)."""

    id: Slug
    kind: RobotKind
    name: Text
    url: Text
    sign: SecretReference = Field("", description="钉钉、飞书的加签密钥，{secret:名称}")
    units: tuple[Slug, ...] = ()
    per_minute: int = Field(18, ge=1, le=600)
    timeout_seconds: Seconds = 10


class DeliverySettings(Part):
    """`county.yml: delivery`. `off` sends nothing, `trial` writes what would be sent into a folder, `live` sends."""

    mode: Literal["off", "trial", "live"] = "off"
    applicants: tuple[Literal["sms", "email"], ...] = Field(
        (), description="用什么通知申请人和写信人；空为不通知"
    )
    drills: bool = Field(False, description="演练的消息也真的发")
    quiet: QuietHours = QuietHours()
    retry: Retrying = Retrying()
    secrets_file: str = Field("", description="密钥文件，放在仓库之外；环境变量 HALL_SECRET_名称 优先")
    ca_file: str = Field("", description="自建证书机构的根证书")
    proxy: str = ""
    workers: int = Field(4, ge=1, le=32)
    email: EmailSettings | None = None
    sms: SmsSettings | None = None
    robots: tuple[RobotSettings, ...] = ()

    @model_validator(mode="after")
    def _robots_differ(self) -> Self:
        ids = [each.id for each in self.robots]
        if len(ids) != len(set(ids)):
            raise ValueError("robots 里的 id 重复")
        return self

    def configured(self, channel: str) -> bool:
        """Whether the county has this channel at all."""
        if channel == "sms":
            return self.sms is not None
        if channel == "email":
            return self.email is not None
        return any(each.kind == channel for each in self.robots)

    def secrets(self) -> tuple[str, ...]:
        """The names of all secrets that the settings need, each once."""
        found: dict[str, None] = {}
        for _, text in _texts(self):
            found |= dict.fromkeys(name for secret, name in PLACEHOLDER.findall(text) if secret)
        return tuple(found)


def faults(settings: DeliverySettings, units: frozenset[str] | None = None) -> Iterator[tuple[str, str]]:
    """(field, message) for everything the schema alone cannot see; `units` are the county's codes."""
    for channel in settings.applicants if settings.mode == "live" else ():
        if not settings.configured(channel):
            yield (
                "applicants",
                f"写了用{CHANNEL_LABELS[channel]}通知申请人，却没有配置{CHANNEL_LABELS[channel]}",
            )
    if settings.email is not None:
        yield from _email_faults(settings.email)
    if settings.sms is not None:
        yield from _sms_faults(settings.sms)
    for at, robot in enumerate(settings.robots):
        yield from _address_faults(f"robots[{at}].url", robot.url)
        if robot.sign and robot.kind == "wecom":
            yield f"robots[{at}].sign", "企业微信机器人不用加签，请去掉 sign"
        for unit in robot.units if units is not None else ():
            if unit not in (units or ()):
                yield f"robots[{at}].units", f"没有叫 {unit} 的单位"


def _email_faults(email: EmailSettings) -> Iterator[tuple[str, str]]:
    if email.user and not email.password:
        yield "email.password", '写了用户名，还要写 password: "{secret:名称}"'
    if email.security == "none" and email.password and email.host not in _LOCAL:
        yield "email.security", "密码不能不加密地发出去，请用 starttls 或 tls"


def _sms_faults(sms: SmsSettings) -> Iterator[tuple[str, str]]:
    yield from _address_faults("sms.url", sms.url)
    named: set[str] = set()
    for field, text in _texts(sms):
        for secret, name in PLACEHOLDER.findall(text):
            if not secret and name not in PLACEHOLDERS:
                yield f"sms.{field}", f"不认识 {{{name}}}；可以写 " + "、".join(sorted(PLACEHOLDERS))
            named.add(name)
    if "phone" not in named:
        yield "sms.body", "请求里没有 {phone}，网关不知道发给谁"
    if not named & {"text", "template_id"}:
        yield "sms.body", "请求里没有 {text} 也没有 {template_id}，网关不知道发什么"
    for name, value in sms.headers.items():
        if re.search(r"authorization|token|secret|key", name, re.I) and "{secret:" not in value:
            yield f"sms.headers.{name}", "密钥不能写在 county.yml 里，请写 {secret:名称}"
    if sms.receipts is not None and not sms.message_id:
        yield "sms.message_id", "要收回执，先写明回答里流水号的位置"


def _address_faults(field: str, url: str) -> Iterator[tuple[str, str]]:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        yield field, "网址不对"
        return
    if parts.scheme not in ("http", "https") or not host:
        yield field, "网址要以 https:// 开头"
    elif parts.scheme == "http" and host not in _LOCAL and not _private(host):
        yield field, "不加密的 http 只能用于本机和内网的网关，请用 https"
    if parts.username or parts.password or _SECRET_IN_ADDRESS.search(url) or _HOOK.search(url):
        yield field, "网址里的密钥不能写在 county.yml 里，请写 {secret:名称}"


def _private(host: str) -> bool:
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".internal", ".local", ".lan"))


def _texts(part: Part) -> Iterator[tuple[str, str]]:
    """Every text below a part with its field path."""

    def walk(field: str, value: object) -> Iterator[tuple[str, str]]:
        if isinstance(value, str):
            yield field, value
        elif isinstance(value, Mapping):
            for name, each in value.items():
                yield from walk(f"{field}.{name}" if field else str(name), each)
        elif isinstance(value, list | tuple):
            for at, each in enumerate(value):
                yield from walk(f"{field}[{at}]", each)

    yield from walk("", part.model_dump())
