"""Payment gateways: keys, currencies, limits and fees, where notifications go, whether they answer."""

from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.actions.gateways.calling import GatewayNotSetUp, call_gateway
from billing.actions.gateways.setup import ensure_gateways, hook_address, renew_hook_token, save_gateway
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.forms import BackOfficeForm
from billing.admin.objects import ObjectAdmin
from billing.gateways import ONLINE
from billing.gateways.base import GatewayMisconfigured, GatewayRejected, GatewayUnavailable
from billing.models import Event, GatewayCall, PaymentGateway
from billing.models.gateway import LONGEST_LABEL
from billing.permissions import Permission
from billing.queries.gateways import GatewayTerms, gateway_label, read_keys
from billing.templatetags.back_office import brief, state
from catalog.models import Currency

LAST_CALLS: Final = 20
_AMOUNT: Final = partial(forms.DecimalField, max_digits=15, decimal_places=4, min_value=0, required=False)
_SECRET: Final = partial(forms.PasswordInput, attrs={"autocomplete": "new-password"})


class GatewayForm(BackOfficeForm):
    """Everything about a gateway; `currencies` are all that the portal has."""

    is_active = forms.BooleanField(label=gettext_lazy("Offered to clients"), required=False)
    position = forms.IntegerField(label=gettext_lazy("Order among the ways to pay"), min_value=0, max_value=999)

    def __init__(self, gateway: PaymentGateway, currencies: list[Currency], data: Any) -> None:
        self.gateway, self.currencies = gateway, currencies
        initial, more = self._general()
        for currency in currencies:
            found, fields = self._currency(currency)
            initial |= found
            more |= fields
        super().__init__(data, initial=initial, more=more)

    def _general(self) -> tuple[dict[str, Any], dict[str, forms.Field]]:
        gateway, online = self.gateway, ONLINE.get(self.gateway.code)
        initial: dict[str, Any] = {name: getattr(gateway, name) for name in ("is_active", "position", "stores_methods")}
        more: dict[str, forms.Field] = {}
        kept = read_keys(gateway)
        for key in online.key_fields if online else ():
            words = str(key.help_text)
            if key.is_secret and kept.get(key.name):
                words = _("It is kept. Leave it empty to keep it so.")
            more[f"key_{key.name}"] = forms.CharField(
                label=str(key.label),
                help_text=words,
                required=False,
                max_length=500,
                widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
                if key.is_secret
                else forms.TextInput(),
            )
            initial[f"key_{key.name}"] = "" if key.is_secret else kept.get(key.name, "")
        if online:
            words = _("Clients may save a card and pay renewals with it")
            more["stores_methods"] = forms.BooleanField(label=words, required=False)
        for code, language in settings.LANGUAGES:
            label = _("Name for clients, %(language)s") % {"language": language}
            help_text = str(gateway_label(gateway.code)) if code == "en" else ""
            more[f"label_{code}"] = forms.CharField(
                label=label, max_length=LONGEST_LABEL, required=False, help_text=help_text
            )
            initial[f"label_{code}"] = gateway.labels.get(code, "")
        return initial, more

    def _currency(self, currency: Currency) -> tuple[dict[str, Any], dict[str, forms.Field]]:
        kept = {row.currency_id: row for row in self.gateway.currencies.all()}
        row, code = kept.get(currency.pk), currency.pk
        fields: dict[str, forms.Field] = {
            f"terms_{code}": forms.BooleanField(label=_("Takes %(currency)s") % {"currency": code}, required=False),
            f"minimum_{code}": _AMOUNT(label=_("Least payment, %(c)s") % {"c": code}),
            f"maximum_{code}": _AMOUNT(label=_("Largest payment, %(c)s") % {"c": code}),
            f"fee_percent_{code}": forms.DecimalField(
                label=_("Fee for the client, %% of payments in %(c)s") % {"c": code},
                max_digits=5,
                decimal_places=2,
                min_value=0,
                max_value=50,
                required=False,
            ),
            f"fee_fixed_{code}": _AMOUNT(label=_("and an amount, %(c)s") % {"c": code}),
        }
        initial: dict[str, Any] = {f"terms_{code}": row is not None}
        for name in ("minimum", "maximum", "fee_percent", "fee_fixed"):
            value = getattr(row, name) if row is not None else None
            initial[f"{name}_{code}"] = f"{value.normalize():f}" if value else None
        return initial, fields

    @property
    def terms(self) -> dict[str, GatewayTerms]:
        """By currency, of those that are ticked."""
        values = self.cleaned_data
        return {
            one.pk: GatewayTerms(
                values[f"minimum_{one.pk}"],
                values[f"maximum_{one.pk}"],
                values[f"fee_percent_{one.pk}"] or Decimal(0),
                values[f"fee_fixed_{one.pk}"] or Decimal(0),
            )
            for one in self.currencies
            if values[f"terms_{one.pk}"]
        }

    def clean(self) -> dict[str, Any]:
        """Puts what belongs together under `terms`, `keys` and `labels`."""
        values = super().clean() or {}
        if not self.errors:
            values["terms"] = self.terms
            values["keys"] = {name[4:]: text for name, text in values.items() if name.startswith("key_")}
            values["labels"] = {name[6:]: text for name, text in values.items() if name.startswith("label_") and text}
        return values


class ChangeGateway(Button[PaymentGateway]):
    """Keys, currencies, limits and fees."""

    code = "change"
    label = gettext_lazy("Change")
    permission = Permission.MANAGE_SETTINGS
    look = "primary"
    is_page = True

    def title(self, subject: PaymentGateway | None) -> str:
        assert subject is not None
        return _("Set up %(gateway)s") % {"gateway": gateway_label(subject.code)}

    def explanation(self, subject: PaymentGateway | None) -> str:
        return _(
            "Without a ticked currency all of them are taken. A fee is added to what the client pays and stands on an "
            "invoice of its own; the law of some countries forbids it for cards. Product groups may close a way to pay."
        )

    def make_form(self, subject: PaymentGateway | None, data: Any) -> forms.Form:
        assert subject is not None
        return GatewayForm(subject, list(Currency.objects.order_by("-is_default", "code")), data)

    def run(self, subject: PaymentGateway | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        save_gateway(
            gateway=subject,
            values={
                "is_active": values["is_active"],
                "position": values["position"],
                "labels": values["labels"],
                "stores_methods": values.get("stores_methods", False),
            },
            terms=values["terms"],
            keys=values["keys"],
            actor=visit.actor,
            now=visit.now,
        )
        return Outcome(_("The gateway is set up."))


class TestGateway(Button[PaymentGateway]):
    """Asks the gateway whether it takes the keys."""

    code = "test"
    label = gettext_lazy("Test the keys")
    permission = Permission.MANAGE_SETTINGS

    def is_shown(self, subject: PaymentGateway) -> bool:
        return subject.code in ONLINE

    def title(self, subject: PaymentGateway | None) -> str:
        assert subject is not None
        return _("Test the keys of %(gateway)s") % {"gateway": gateway_label(subject.code)}

    def explanation(self, subject: PaymentGateway | None) -> str:
        return _("Asks about the account. No money moves.")

    def run(self, subject: PaymentGateway | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        try:
            words = call_gateway(subject.code, "check_keys", lambda asked, keys: asked.check_keys(keys), now=visit.now)
        except GatewayMisconfigured as error:
            return Outcome(_("The gateway does not take the keys: %(reason)s") % {"reason": error}, is_good=False)
        except (GatewayUnavailable, GatewayRejected, GatewayNotSetUp) as error:
            return Outcome(_("The gateway does not answer: %(reason)s") % {"reason": error}, is_good=False)
        return Outcome(words)


class RenewAddress(Button[PaymentGateway]):
    """Another address for notifications."""

    code = "renew_address"
    label = gettext_lazy("New address for notifications")
    permission = Permission.MANAGE_SETTINGS
    look = "danger"

    def is_shown(self, subject: PaymentGateway) -> bool:
        return subject.code in ONLINE

    def title(self, subject: PaymentGateway | None) -> str:
        return _("Make a new address for notifications")

    def explanation(self, subject: PaymentGateway | None) -> str:
        return _(
            "The old one answers no more at once: enter the new one at the gateway. Meanwhile payments are found by "
            "asking, minutes later."
        )

    def run(self, subject: PaymentGateway | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        renew_hook_token(gateway=subject, actor=visit.actor, now=visit.now)
        return Outcome(_("The address is new: enter it at the gateway."))


@admin.register(PaymentGateway)
class PaymentGatewayAdmin(ObjectAdmin):
    """The ways to take money."""

    page_template = "admin/billing/paymentgateway/page.html"
    buttons = (ChangeGateway(), TestGateway(), RenewAddress())
    list_display = ("name", "offered", "takes", "answers")
    list_display_links = ("name",)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """A gateway that came with a new version is listed too."""
        ensure_gateways()
        return super().changelist_view(request, extra_context)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("currencies")

    def page_title(self, subject: PaymentGateway) -> str:
        return str(gateway_label(subject.code))

    def get_facts(self, request: HttpRequest, subject: PaymentGateway) -> dict[str, Any]:
        online, kept = ONLINE.get(subject.code), read_keys(subject)
        can_see = request.user.has_perm(Permission.MANAGE_SETTINGS)
        return {
            "offered": self.offered(subject),
            "answers": self.answers(subject),
            "keys": [
                (key.label, _shown_key(kept.get(key.name, ""), is_secret=key.is_secret))
                for key in (online.key_fields if online else ())
            ],
            "terms": subject.currencies.all(),
            "hook_address": hook_address(subject) if online and can_see else "",
            "calls": GatewayCall.objects.filter(gateway=subject.code)[:LAST_CALLS] if online else [],
            "events": [
                event
                for event in Event.objects.filter(name__startswith="gateway.").order_by("-id")[:60]
                if event.data.get("gateway") == subject.code
            ][:15],
        }

    @admin.display(description=gettext_lazy("gateway"), ordering="position")
    def name(self, gateway: PaymentGateway) -> str:
        return str(gateway_label(gateway.code))

    @admin.display(description=gettext_lazy("offered"), ordering="is_active")
    def offered(self, gateway: PaymentGateway) -> SafeString:
        return state("ACTIVE", _("Offered")) if gateway.is_active else state("NONE", _("Not offered"))

    @admin.display(description=gettext_lazy("currencies"))
    def takes(self, gateway: PaymentGateway) -> str:
        return ", ".join(row.currency_id for row in gateway.currencies.all()) or _("All")

    @admin.display(description=gettext_lazy("answers"))
    def answers(self, gateway: PaymentGateway) -> SafeString | str:
        if gateway.code not in ONLINE:
            return "—"
        if not gateway.failures:
            return state("OK", _("Yes"))
        words = _("%(count)s failures since") % {"count": gateway.failures}
        return state("REFUSED", f"{words} {brief(gateway.failing_since)}" if gateway.failing_since else words)


def _shown_key(text: str, *, is_secret: bool) -> str:
    if not text:
        return _("Missing")
    return _("Kept") if is_secret else text
