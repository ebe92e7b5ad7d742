"""A message to a channel, whatever its kind."""

from datetime import datetime

from billing.alerts.messages import Message
from billing.alerts.telegram import send_to_chat
from billing.alerts.webhook import post_alert
from billing.models import AlertChannel, ChannelKind


def send_message(channel: AlertChannel, message: Message, *, now: datetime) -> None:
    """Raises AlertNotTaken."""
    if channel.kind == ChannelKind.TELEGRAM:
        send_to_chat(token=channel.secret, chat=channel.target, text=message.as_text())
    else:
        post_alert(url=channel.target, secret=channel.secret, payload=message.as_json(), now=now)
