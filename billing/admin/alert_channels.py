"""Where alerts go, and the alerts themselves."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RelatedCheckboxFilter
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from billing.actions.alert_channels import (
    add_alert_channel,
    change_alert_channel,
    remove_alert_channel,
    rotate_alert_secret,
    send_test_alert,
)
from billing.actions.alert_deliveries import send_alert_again
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.forms import BackOfficeForm
from billing.admin.objects import ObjectAdmin
from billing.models import Alert, AlertChannel, AlertKind, AlertStatus, ChannelKind, Event
from billing.permissions import Permission
from billing.templatetags.back_office import brief, state

_KEPT_TOKEN = gettext_lazy("Empty: stays as it is.")


class ChannelForm(BackOfficeForm):
    """Name, address, and which alerts are wanted."""

    field_order = ("kind", "name", "target", "token", "alert_kinds", "is_active")

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    target = forms.CharField(
        label=gettext_lazy("Chat or address"),
        max_length=500,
        help_text=gettext_lazy("The number of a Telegram chat, or the https address of a webhook."),
    )
    token = forms.CharField(
        label=gettext_lazy("Token of the bot"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    alert_kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Alerts"),
        required=False,
        choices=AlertKind.choices,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy("None ticked: all of them."),
    )


class AddChannel(Button[AlertChannel]):
    """A new channel."""

    code = "add"
    label = gettext_lazy("Add alert channel")
    permission = Permission.MANAGE_SETTINGS
    is_page = True
    look = "primary"

    def title(self, subject: AlertChannel | None) -> str:
        return _("Add alert channel")

    def explanation(self, subject: AlertChannel | None) -> str:
        return _(
            "A bot writes to a chat that it was invited to; its token comes from @BotFather. A webhook is signed with "
            "a secret that is shown once, on the next page."
        )

    def make_form(self, subject: AlertChannel | None, data: Any) -> forms.Form:
        kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=ChannelKind.choices)
        return ChannelForm(data, more={"kind": kind})

    def run(self, subject: AlertChannel | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        channel, secret = add_alert_channel(
            kind=values["kind"], values=values, token=values["token"], actor=visit.actor, now=visit.now
        )
        address = reverse("admin:billing_alertchannel_change", args=[channel.pk])
        words = _("Alerts go to “%(channel)s” from now on.") % {"channel": channel}
        return Outcome(words, go_to=address, secret=secret)


class ChangeChannel(Button[AlertChannel]):
    """Name, address, alerts, on or off."""

    code = "change"
    label = gettext_lazy("Change")
    permission = Permission.MANAGE_SETTINGS
    is_page = True

    def title(self, subject: AlertChannel | None) -> str:
        return _("Change “%(channel)s”") % {"channel": subject}

    def make_form(self, subject: AlertChannel | None, data: Any) -> forms.Form:
        assert subject is not None
        active = forms.BooleanField(label=gettext_lazy("Active"), required=False)
        initial = {name: getattr(subject, name) for name in ("name", "target", "alert_kinds", "is_active")}
        form = ChannelForm(data, more={"is_active": active}, initial=initial)
        form.fields["token"].help_text = _KEPT_TOKEN
        if subject.kind == ChannelKind.WEBHOOK:
            del form.fields["token"]
        return form

    def run(self, subject: AlertChannel | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        token = values.get("token", "")
        change_alert_channel(channel=subject, values=values, token=token, actor=visit.actor, now=visit.now)
        return Outcome(_("“%(channel)s” is changed.") % {"channel": subject})


class TryChannel(Button[AlertChannel]):
    """A test, and what the other side says to it."""

    code = "test"
    label = gettext_lazy("Send a test")
    permission = Permission.MANAGE_SETTINGS
    look = "primary"

    def title(self, subject: AlertChannel | None) -> str:
        return _("Send a test to “%(channel)s”") % {"channel": subject}

    def run(self, subject: AlertChannel | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        send_test_alert(channel=subject, actor=visit.actor, now=visit.now)
        return Outcome(_("“%(channel)s” took the test.") % {"channel": subject})


class RotateSecret(Button[AlertChannel]):
    """A new secret of signatures."""

    code = "secret"
    label = gettext_lazy("New secret")
    permission = Permission.MANAGE_SETTINGS

    def is_shown(self, subject: AlertChannel) -> bool:
        return subject.kind == ChannelKind.WEBHOOK

    def title(self, subject: AlertChannel | None) -> str:
        return _("New secret for “%(channel)s”") % {"channel": subject}

    def explanation(self, subject: AlertChannel | None) -> str:
        return _("From now on the old secret signs nothing. The new one is shown once.")

    def run(self, subject: AlertChannel | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        secret = rotate_alert_secret(channel=subject, actor=visit.actor, now=visit.now)
        return Outcome(_("Give the receiver this secret now: it is never shown again."), secret=secret)


class RemoveChannel(Button[AlertChannel]):
    """The end of a channel."""

    code = "remove"
    label = gettext_lazy("Remove")
    permission = Permission.MANAGE_SETTINGS
    look = "danger"

    def title(self, subject: AlertChannel | None) -> str:
        return _("Remove “%(channel)s”") % {"channel": subject}

    def explanation(self, subject: AlertChannel | None) -> str:
        return _("Alerts that still wait for it are dropped.")

    def run(self, subject: AlertChannel | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        name = str(subject)
        remove_alert_channel(channel=subject, actor=visit.actor, now=visit.now)
        words = _("“%(channel)s” is removed.") % {"channel": name}
        return Outcome(words, go_to=reverse("admin:billing_alertchannel_changelist"))


@admin.register(AlertChannel)
class AlertChannelAdmin(ObjectAdmin):
    """Where alerts go besides the mail of OPERATOR_EMAILS."""

    page_template = "admin/billing/alertchannel/page.html"
    add_button = AddChannel()
    buttons = (TryChannel(), ChangeChannel(), RotateSecret(), RemoveChannel())
    list_display = ("state", "name", "kind", "target")
    list_display_links = ("name",)
    list_filter = (("kind", ChoicesCheckboxFilter),)

    def get_facts(self, request: HttpRequest, subject: AlertChannel) -> dict[str, Any]:
        labels = dict(AlertKind.choices)
        events = Event.objects.filter(name__startswith="alert_channel.", data__channel=subject.pk)
        return {
            "kinds": [labels[kind] for kind in subject.alert_kinds if kind in labels],
            "alerts": list(subject.alerts.select_related("event")[:20]),
            "events": list(events.order_by("-id")[:30]),
        }

    @admin.display(description=gettext_lazy("status"), ordering="is_active")
    def state(self, channel: AlertChannel) -> SafeString:
        return state("ACTIVE", _("Active")) if channel.is_active else state("CANCELLED", _("Switched off"))


class SendAlertAgain(Button[Alert]):
    """One more round for an alert that was given up."""

    code = "again"
    label = gettext_lazy("Send again")
    permission = Permission.MANAGE_SETTINGS
    look = "primary"

    def is_shown(self, subject: Alert) -> bool:
        return subject.status == AlertStatus.FAILED

    def title(self, subject: Alert | None) -> str:
        assert subject is not None
        return _("Send the alert to “%(channel)s” again") % {"channel": subject.channel}

    def run(self, subject: Alert | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        send_alert_again(alert=subject, actor=visit.actor, now=visit.now)
        return Outcome(_("The alert is on its way."))


@admin.register(Alert)
class AlertAdmin(ObjectAdmin):
    """Alerts, sent and waiting."""

    page_template = "admin/billing/alert/page.html"
    buttons = (SendAlertAgain(),)
    page_related = ("channel", "event")
    list_display = ("status_words", "kind", "subject", "channel", "count", "attempt", "sent")
    list_display_links = ("kind",)
    list_filter = (
        ("status", ChoicesCheckboxFilter),
        ("kind", ChoicesCheckboxFilter),
        ("channel", RelatedCheckboxFilter),
    )
    list_select_related = ("channel",)
    search_fields = ("subject",)

    def page_title(self, subject: Alert) -> str:
        return str(subject.get_kind_display())

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def status_words(self, alert: Alert) -> SafeString:
        return state(alert.status, alert.get_status_display())

    @admin.display(description=gettext_lazy("sent at"), ordering="sent_at")
    def sent(self, alert: Alert) -> SafeString | str:
        return brief(alert.sent_at)
