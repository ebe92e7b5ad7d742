"""The words of events about letters, addresses and alerts."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.models import ChannelKind

MAIL_EVENTS: Final[dict[str, str | Promise]] = {
    "alert.sent_again": _("Alert sent again"),
    "alert_channel.added": _("Alert channel added"),
    "alert_channel.changed": _("Alert channel changed"),
    "alert_channel.removed": _("Alert channel removed"),
    "alert_channel.secret_changed": _("Secret of an alert channel changed"),
    "alert_channel.tested": _("Alert channel tested"),
    "automation.missed": _("Nightly run not done in time"),
    "client.email_bounced": _("Letters to the client come back"),
    "client.email_changed": _("E-mail changed"),
    "client.email_confirmed": _("E-mail confirmed"),
    "client.email_unconfirmed": _("Confirmation of the e-mail asked for"),
    "client.letters_changed": _("Wishes about letters changed"),
    "client.news": _("News sent"),
    "client.unsubscribed": _("News and offers declined"),
    "email.sent_again": _("Letter sent again"),
    "gateway.failing": _("A way to pay does not work"),
    "invoices.issued": _("Several invoices issued"),
    "invoices.overdue_first": _("First notice about several invoices"),
    "invoices.overdue_second": _("Second notice about several invoices"),
    "invoices.overdue_third": _("Third notice about several invoices"),
    "invoices.reminder": _("Reminder of several invoices"),
    "user.password_changed": _("Password changed"),
    "user.password_forgotten": _("New password asked for"),
}
# What such events tell besides their names.
MAIL_NAMES: Final[dict[str, str | Promise]] = {
    "alert_kinds": _("alerts"),
    "channel": _("alert channel"),
    "count": _("how many"),
    "duties": _("duties"),
    "email": _("e-mail"),
    "invoices": _("invoices"),
    "is_active": _("active"),
    "started": _("begun"),
    "subject": _("subject"),
    "target": _("chat or address"),
    "text": _("text"),
}
MAIL_VALUES: Final[dict[str, str | Promise]] = {kind.value: kind.label for kind in ChannelKind}
