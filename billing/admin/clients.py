"""Clients: who they are, what they have, what they owe and what they have paid in advance."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.forms.models import fields_for_model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RelatedCheckboxFilter

from billing.actions.clients import PROFILE_FIELDS, register_client, set_tax_exemption, update_client
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.client_credit import AddCredit, TakeCredit
from billing.admin.client_letters import (
    LETTERS_SHOWN,
    AskToConfirm,
    ChangeEmail,
    ClientChips,
    LetterWishes,
    news_page,
)
from billing.admin.client_payments import ResumeAutomaticPayment, StopAutomaticPayment
from billing.admin.emails import letter_words
from billing.admin.forms import BackOfficeForm
from billing.admin.invoice_drafts import CreateDraft
from billing.admin.objects import ObjectAdmin, history
from billing.forms.countries import country_choices
from billing.models import LIVE_STATUSES, Client, InvoiceStatus
from billing.permissions import Permission
from billing.queries.credit_statement import credit_page
from billing.templatetags.back_office import brief
from billing.templatetags.portal import money
from catalog.models import Currency
from noc.day_range import DayRangeFilter


class ProfileForm(BackOfficeForm):
    """Name, address, phone and language of a client; the action judges them."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        fields = fields_for_model(Client, fields=PROFILE_FIELDS)
        fields["country"].choices = country_choices
        super().__init__(*arguments, more=fields, **options)


class RegistrationForm(ProfileForm):
    """A new client: besides the profile what can never be changed, and how they log in."""

    field_order = ("email", "password", *PROFILE_FIELDS[:-1], "currency", "language")

    email = forms.EmailField(label=gettext_lazy("E-mail"))
    currency = forms.ModelChoiceField(
        label=gettext_lazy("Currency"),
        queryset=Currency.objects.order_by("code"),
        help_text=gettext_lazy("Stays: orders, invoices and credit are kept in it."),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("Empty: the client sets one through “Forgotten password”."),
    )


class AddClient(Button[Client]):
    """A client registered by staff."""

    code = "add"
    label = gettext_lazy("Add client")
    permission = Permission.MANAGE_CLIENTS
    is_page = True
    look = "primary"

    def title(self, subject: Client | None) -> str:
        return _("Add client")

    def make_form(self, subject: Client | None, data: Any) -> forms.Form:
        default = Currency.objects.filter(is_default=True).first()
        return RegistrationForm(data, initial={"currency": default, "language": settings.LANGUAGE_CODE})

    def run(self, subject: Client | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        profile: dict[str, Any] = {name: str(values.get(name) or "") for name in PROFILE_FIELDS}
        client = register_client(
            email=values["email"],
            currency=values["currency"],
            password=values["password"] or None,
            now=visit.now,
            actor=visit.actor,
            **profile,
        )
        words = _("%(client)s is registered; the login is %(email)s.")
        return Outcome(
            words % {"client": client, "email": client.email},
            go_to=reverse("admin:billing_client_change", args=[client.pk]),
        )


class ChangeClient(Button[Client]):
    """Name, address, phone, language."""

    code = "change"
    label = gettext_lazy("Change")
    permission = Permission.MANAGE_CLIENTS
    is_page = True

    def title(self, subject: Client | None) -> str:
        return _("Change %(client)s") % {"client": subject}

    def explanation(self, subject: Client | None) -> str:
        return _("Invoices that were issued stay as they are.")

    def make_form(self, subject: Client | None, data: Any) -> forms.Form:
        assert subject is not None
        return ProfileForm(data, initial={name: getattr(subject, name) for name in PROFILE_FIELDS})

    def run(self, subject: Client | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        profile = {name: str(values.get(name) or "") for name in PROFILE_FIELDS}
        update_client(client=subject, values=profile, now=visit.now, actor=visit.actor)
        return Outcome(_("%(client)s is changed.") % {"client": subject})


class ExemptFromTax(Button[Client]):
    """Whether the client's invoices charge tax from now on."""

    code = "tax-exemption"
    label = gettext_lazy("Tax exemption")
    permission = Permission.MANAGE_CLIENTS

    def title(self, subject: Client | None) -> str:
        assert subject is not None
        words = _("Charge %(client)s tax again") if subject.is_tax_exempt else _("Exempt %(client)s from tax")
        return words % {"client": subject}

    def explanation(self, subject: Client | None) -> str:
        return _("It counts for orders and renewals from now on. Invoices that were issued stay as they are.")

    def run(self, subject: Client | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        is_exempt = not subject.is_tax_exempt
        set_tax_exemption(client=subject, is_exempt=is_exempt, now=visit.now, actor=visit.actor)
        words = _("%(client)s is exempt from tax.") if is_exempt else _("%(client)s is charged tax again.")
        return Outcome(words % {"client": subject})


@admin.register(Client)
class ClientAdmin(ObjectAdmin):
    """Customer accounts."""

    page_template = "admin/billing/client/page.html"
    add_button = AddClient()
    list_before_template = "admin/chips.html"
    buttons = (
        ChangeClient(),
        ChangeEmail(),
        AskToConfirm(),
        LetterWishes(),
        CreateDraft(),
        ExemptFromTax(),
        AddCredit(),
        TakeCredit(),
        StopAutomaticPayment(),
        ResumeAutomaticPayment(),
    )
    actions = ("write_news",)
    page_related = ("currency",)
    list_display = ("name", "email", "company", "live_services", "unpaid_invoices", "credit", "country", "since")
    list_display_links = ("name",)
    list_filter = (
        ClientChips,
        ("currency", RelatedCheckboxFilter),
        ("language", ChoicesCheckboxFilter),
        ("created_at", DayRangeFilter),
    )
    search_fields = ("=id", "email", "first_name", "last_name", "company", "phone")
    search_help_text = gettext_lazy("Name, e-mail, company, phone or number")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Client]:
        found: QuerySet[Client] = super().get_queryset(request)
        return found.annotate(
            live_count=Count("services", filter=Q(services__status__in=LIVE_STATUSES), distinct=True),
            unpaid_count=Count("invoices", filter=Q(invoices__status=InvoiceStatus.UNPAID), distinct=True),
        )

    def get_urls(self) -> list[URLPattern]:
        inside = self.admin_site.admin_view
        own = [path("<int:object_id>/credit/", inside(self.credit_view), name="billing_client_credit")]
        return own + super().get_urls()

    def credit_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Every movement of a client's credit."""
        subject = self.get_page_object(request, object_id)
        home = reverse("admin:billing_client_change", args=[object_id])
        page, movements = credit_page(subject, number=request.GET.get("page", "1"))
        context = {
            **self.frame(request, self._list_crumb, (home, subject)),
            "title": _("Credit of %(client)s") % {"client": subject},
            "subject": subject,
            "page": page,
            "movements": movements,
        }
        return TemplateResponse(request, "admin/billing/client/credit.html", context)

    def page_title(self, subject: Client) -> str:
        return subject.full_name

    def get_facts(self, request: HttpRequest, subject: Client) -> dict[str, Any]:
        return {
            "services": list(subject.services.select_related("product", "server").order_by("-id")[:50]),
            "invoices": list(subject.invoices.select_related("currency").order_by("-id")[:20]),
            "orders": list(subject.orders.select_related("invoice").order_by("-id")[:20]),
            "cards": list(subject.stored_methods.filter(removed_at=None)),
            "members": list(subject.memberships.select_related("user").order_by("-is_owner", "id")),
            "letters": [(one, letter_words(one.letter)) for one in subject.emails.order_by("-id")[:LETTERS_SHOWN]],
            "events": history(client=subject),
        }

    @admin.action(description=gettext_lazy("Write news…"), permissions=["write_news"])
    def write_news(self, request: HttpRequest, queryset: QuerySet[Client]) -> HttpResponse | None:
        """A page for subject and text, then a letter to each who wants news."""
        return news_page(request, queryset, self.frame(request, self._list_crumb))

    def has_write_news_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(Permission.MANAGE_CLIENTS)

    @admin.display(description=gettext_lazy("client"), ordering="last_name")
    def name(self, client: Client) -> str:
        return str(client)

    @admin.display(description=gettext_lazy("live services"), ordering="live_count")
    def live_services(self, client: Client) -> int:
        return int(client.live_count)  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("unpaid"), ordering="unpaid_count")
    def unpaid_invoices(self, client: Client) -> int:
        return int(client.unpaid_count)  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("credit"), ordering="credit_balance")
    def credit(self, client: Client) -> SafeString:
        return money(client.credit_balance, client.currency_id)

    @admin.display(description=gettext_lazy("since"), ordering="created_at")
    def since(self, client: Client) -> SafeString | str:
        return brief(client.created_at)
