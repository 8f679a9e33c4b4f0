"""Whom a message goes to, and where each of them is reached at the moment of sending."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from catalog.delivery import CHANNEL_LABELS, ROBOTS, DeliverySettings, RobotSettings
from handlers.casework.ground import Ground
from handlers.delivering.channels import email_of, phone_of
from handlers.delivering.wording import told_to_applicants
from handlers.store import cases, letters, posts
from handlers.store.delivery_records import DeliveryState, NewDelivery, QueuedMessage
from handlers.store.moments import Reads
from rules.access import Role, in_scope
from rules.quick_dataclass import dataclass

APPLICANT, ROBOT = "applicant:", "robot:"
NOT_SET_UP = "县里没有开通{channel}"
_FRONT = (Role.COORDINATOR, Role.DECIDER, Role.DEPARTMENT_SUPERVISOR)
_WORKERS = (Role.WINDOW_CLERK, Role.COORDINATOR, Role.REVIEWER, Role.DECIDER)
_SUPERVISORS = (Role.COUNTY_SUPERVISOR, Role.DEPARTMENT_SUPERVISOR)


@dataclass(frozen=True, slots=True)
class Address:
    """Where to send; `fault` says why there is nowhere."""

    to: str = ""
    fault: str = ""


def deliveries_of(
    reads: Reads, ground: Ground, settings: DeliverySettings, message: QueuedMessage, day: date
) -> tuple[NewDelivery, ...]:
    """One delivery per recipient and channel. The desk itself needs none: what is in the outbox is read there."""
    if settings.mode == "off":
        return ()
    if message.recipient_kind == APPLICANT.rstrip(":"):
        wanted = settings.applicants if told_to_applicants(message.template) else ()
        found: list[tuple[str, str]] = [(channel, f"{APPLICANT}{message.recipient}") for channel in wanted]
    else:
        people, units = _people(reads, ground, message, day)
        own = [each for each in message.channels if each in ("sms", "email")]
        found = [(channel, person) for channel in own for person in people]
        found += [
            (robot.kind, f"{ROBOT}{robot.id}") for robot in _robots(ground, settings, message.channels, units)
        ]
    return tuple(_new(settings, message, channel, to) for channel, to in found)


def _new(settings: DeliverySettings, message: QueuedMessage, channel: str, to: str) -> NewDelivery:
    reason = ""
    if message.drill and not settings.drills:
        reason = "演练的消息只在站内看"
    elif not settings.configured(channel) and settings.mode == "live":
        reason = NOT_SET_UP.format(channel=CHANNEL_LABELS.get(channel, channel))
    return NewDelivery(
        message_id=message.id,
        fact=message.fact or f"message:{message.id}",
        channel=channel,
        recipient=to,
        state=DeliveryState.SUPPRESSED if reason else DeliveryState.WAITING,
        reason=reason,
        urgent=message.urgent,
    )


def _people(
    reads: Reads, ground: Ground, message: QueuedMessage, day: date
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The people a staff message is for, and the units it concerns."""
    if message.recipient_kind == "person":
        return (message.recipient,), posts.units_of(reads, message.recipient, day)
    return responsible(reads, ground, message.recipient, message.roles, day), (message.recipient,)


def responsible(reads: Reads, ground: Ground, unit: str, roles: Sequence[str], day: date) -> tuple[str, ...]:
    """Who answers for a unit today: for each role those who hold it there, or at the nearest unit above.

    Without roles those who lead it (coordinator, decider, supervisor), where there are none all who work there.
    """
    if roles:
        found: dict[str, None] = {}
        for role in roles:
            found |= dict.fromkeys(_nearest(reads, ground, unit, [(role,)], day))
        return tuple(found)
    lead = _SUPERVISORS if unit == ground.units.top else _FRONT
    return _nearest(reads, ground, unit, [lead, _WORKERS], day)


def _nearest(
    reads: Reads, ground: Ground, unit: str, groups: Sequence[Sequence[str]], day: date
) -> tuple[str, ...]:
    """Who holds a post of the first group that anybody holds, at the unit or the nearest one above."""
    for each in ground.units.tree.upwards(unit):
        for group in groups:
            found = posts.holders(reads, each, group, day)
            if found:
                return found
    return ()


def _robots(
    ground: Ground, settings: DeliverySettings, channels: Sequence[str], units: Sequence[str]
) -> Iterator[RobotSettings]:
    tree = ground.units.tree
    for robot in settings.robots:
        told = not robot.units or any(in_scope(own, tree, unit) for own in robot.units for unit in units)
        if robot.kind in channels and told:
            yield robot


def address(reads: Reads, message: QueuedMessage, channel: str, recipient: str) -> Address:
    """Phone or e-mail as the records hold it now: read for this sending, kept nowhere else."""
    if channel in ROBOTS:
        return Address()
    if recipient.startswith(APPLICANT):
        phone, mail = _of_applicant(reads, message)
    else:
        person = posts.reachable(reads, recipient)
        if person is None or not person.active:
            return Address(fault="账号已停用")
        phone, mail = person.phone, person.email
    if channel == "sms":
        to, label = phone_of(phone), "手机号"
        given = phone
    else:
        to, label = email_of(mail), "邮箱"
        given = mail
    if not given.strip():
        return Address(fault=f"没有登记{label}")
    return Address(to) if to else Address(fault=f"登记的{label}不能用")


def _of_applicant(reads: Reads, message: QueuedMessage) -> tuple[str, str]:
    """The applicant's own phone and e-mail, in their place the agent's; or those of the letter's writer."""
    if message.subject == "letter":
        letter = letters.by_id(reads, message.subject_id)
        writer = None if letter is None else letter.writer
        return ("", "") if writer is None else (writer.phone, writer.email)
    payload = cases.payload(reads, message.subject_id)
    parties = [each for each in (payload.applicant, payload.agent) if each is not None]
    phone = next((each.phone for each in parties if phone_of(each.phone)), "")
    mail = next((each.email for each in parties if email_of(each.email)), "")
    first = parties[0] if parties else None
    return phone or (first.phone if first else ""), mail or (first.email if first else "")
