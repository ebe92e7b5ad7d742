"""Where alerts go: channels made, changed, tried and switched off by operators."""

from collections.abc import Mapping
from datetime import datetime
from secrets import token_urlsafe
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.actions.events import record_event
from billing.actions.notifications import notify_operators
from billing.alerts.failures import AlertNotTaken
from billing.alerts.kinds import GATEWAY_FAILING
from billing.alerts.messages import write_test
from billing.alerts.sending import send_message
from billing.alerts.telegram import TOKEN
from billing.models import AlertChannel, AlertKind, ChannelKind
from billing.outbound import OutboundRefused, read_stranger_url

WRITABLE: Final = ("name", "target", "alert_kinds", "is_active")
_WRONG_URL: Final = gettext_lazy("Enter an https address without a login.")


class AlertChannelInvalid(Exception):
    """The channel cannot be so; `errors` maps fields to messages."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = dict(errors)


class AlertTestFailed(Exception):
    """The test did not arrive; the text says what the other side answered."""


def add_alert_channel(
    *, kind: str, values: Mapping[str, Any], token: str = "", actor: str, now: datetime
) -> tuple[AlertChannel, str]:
    """A channel that is active at once, and the secret of its signatures: shown once, "" for a bot.

    `values` by WRITABLE; `token` is the bot's. Raises AlertChannelInvalid.
    """
    secret = token_urlsafe(32) if kind == ChannelKind.WEBHOOK else token.strip()
    channel = AlertChannel(kind=kind, secret=secret, **{name: values[name] for name in WRITABLE if name in values})
    _judge(channel)
    with transaction.atomic():
        channel.save()
        data = {"channel": channel.pk, "name": channel.name, "kind": kind}
        record_event("alert_channel.added", now=now, actor=actor, data=data)
    return channel, secret if kind == ChannelKind.WEBHOOK else ""


def change_alert_channel(
    *, channel: AlertChannel, values: Mapping[str, Any], token: str = "", actor: str, now: datetime
) -> None:
    """Changes what `values` names (of WRITABLE); a bot's token only where one is given. Raises AlertChannelInvalid."""
    wanted = {name: values[name] for name in WRITABLE if name in values}
    if token and channel.kind == ChannelKind.TELEGRAM:
        wanted["secret"] = token.strip()
    changed = [name for name, value in wanted.items() if getattr(channel, name) != value]
    for name in changed:
        setattr(channel, name, wanted[name])
    _judge(channel)
    if changed:
        with transaction.atomic():
            channel.save(update_fields=changed)
            data = {
                "channel": channel.pk,
                "name": channel.name,
                "fields": [name for name in changed if name != "secret"],
            }
            record_event("alert_channel.changed", now=now, actor=actor, data=data)


def rotate_alert_secret(*, channel: AlertChannel, actor: str, now: datetime) -> str:
    """A new secret of signatures: from now on the old one signs nothing. Raises AlertChannelInvalid for a bot."""
    if channel.kind != ChannelKind.WEBHOOK:
        raise AlertChannelInvalid({"kind": [_("A bot's token is changed at Telegram.")]})
    channel.secret = token_urlsafe(32)
    with transaction.atomic():
        channel.save(update_fields=["secret"])
        data = {"channel": channel.pk, "name": channel.name}
        record_event("alert_channel.secret_changed", now=now, actor=actor, data=data)
    return str(channel.secret)


def remove_alert_channel(*, channel: AlertChannel, actor: str, now: datetime) -> None:
    """The end of the channel and of what waited for it."""
    with transaction.atomic():
        data = {"name": channel.name, "kind": channel.kind}
        channel.delete()
        record_event("alert_channel.removed", now=now, actor=actor, data=data)


def send_test_alert(*, channel: AlertChannel, actor: str, now: datetime) -> None:
    """Sends a test at once, whatever the channel wants, and says how it went. Raises AlertTestFailed."""
    failure = ""
    try:
        send_message(channel, write_test(now=now), now=now)
    except AlertNotTaken as error:
        failure = str(error) or _("No answer.")
    data = {"channel": channel.pk, "name": channel.name, "ok": not failure}
    record_event("alert_channel.tested", now=now, actor=actor, data=data)
    if failure:
        raise AlertTestFailed(failure)


def alert_gateway_failing(*, gateway: str, reason: str, now: datetime) -> None:
    """Operators are told that a way to pay does not work; `reason` in words, without secrets."""
    with transaction.atomic():
        data = {"gateway": gateway, "reason": reason[:500]}
        notify_operators(record_event(GATEWAY_FAILING, now=now, data=data), now=now)


def _judge(channel: AlertChannel) -> None:
    errors: dict[str, list[str]] = {}
    if not channel.name.strip():
        errors["name"] = [_("Enter a name.")]
    if not set(channel.alert_kinds) <= set(AlertKind.values):
        errors["alert_kinds"] = [_("There is no such alert.")]
    if channel.kind == ChannelKind.WEBHOOK:
        try:
            read_stranger_url(channel.target)
        except OutboundRefused:
            errors["target"] = [str(_WRONG_URL)]
    else:
        if not channel.target.strip():
            errors["target"] = [_("Enter the number of the chat.")]
        if not TOKEN.fullmatch(channel.secret):
            errors["token"] = [_("Enter the token that @BotFather gave: 123456:ABC…")]
    if errors:
        raise AlertChannelInvalid(errors)
