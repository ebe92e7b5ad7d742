"""The client whom a letter is about."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db.models import F, Sum
from django.utils.translation import gettext_lazy as _

from billing.letters.links import address, link
from billing.letters.scene import Scene
from billing.letters.values import Value, moment
from billing.letters.variables import Entry, Group
from billing.models import Invoice
from billing.models.invoice import PAYABLE_STATUSES


def _read(scene: Scene) -> Mapping[str, Value]:
    client = scene.client
    if client is None:
        return {entry.name: "" for entry in CLIENT.entries}
    url = address("admin:billing_client_change", client.pk)
    return {
        "client_id": client.pk,
        "client_name": client.full_name,
        "client_first_name": client.first_name,
        "client_last_name": client.last_name,
        "client_company_name": client.company,
        "client_email": client.email,
        "client_address1": client.address1,
        "client_address2": client.address2,
        "client_city": client.city,
        "client_state": client.state,
        "client_postcode": client.postcode,
        "client_country": str(client.country.name) if client.country else "",
        "client_phonenumber": client.phone,
        "client_tax_id": client.tax_id,
        "client_language": str(dict(settings.LANGUAGES).get(client.language, client.language)),
        "client_signup_date": moment(client.created_at, language=scene.language),
        "client_credit": scene.money(client.credit_balance, client.currency_id),
        "client_admin_link": "" if scene.is_for_client else link(url),
    }


def _read_balance(scene: Scene) -> Mapping[str, Value]:
    client = scene.client
    if client is None:
        return {"client_due_invoices_balance": ""}
    owed = Invoice.objects.filter(client=client, status__in=PAYABLE_STATUSES).aggregate(
        sum=Sum(F("total") - F("amount_credited") - F("amount_written_off") - F("amount_paid"))
    )["sum"]
    return {"client_due_invoices_balance": scene.money(owed or Decimal(0), client.currency_id)}


CLIENT = Group(
    "client",
    _("Client"),
    (
        Entry("client_id", _("Number"), 1),
        Entry("client_name", _("First and last name, else the company"), "Anna Berg"),
        Entry("client_first_name", _("First name"), "Anna"),
        Entry("client_last_name", _("Last name"), "Berg"),
        Entry("client_company_name", _("Company"), "Berg Hosting"),
        Entry("client_email", _("E-mail"), "anna@example.com"),
        Entry("client_address1", _("Address"), "Hauptstraße 1"),
        Entry("client_address2", _("Address, second line")),
        Entry("client_city", _("City"), "Berlin"),
        Entry("client_state", _("State or region")),
        Entry("client_postcode", _("Postcode"), "10115"),
        Entry("client_country", _("Country"), "Germany"),
        Entry("client_phonenumber", _("Phone"), "+49 30 123456"),
        Entry("client_tax_id", _("Tax number"), "DE123456789"),
        Entry("client_language", _("Language"), "English"),
        Entry("client_signup_date", _("Day of registration"), date(2026, 1, 15)),
        Entry("client_credit", _("Credit balance"), Decimal("25.00")),
        Entry("client_admin_link", _("Page in the back office; empty in letters to clients")),
    ),
    _read,
    ("client",),
)
CLIENT_BALANCE = Group(
    "client_balance",
    _("Client"),
    (Entry("client_due_invoices_balance", _("What is to be paid on all open invoices"), Decimal("15.00")),),
    _read_balance,
    ("client",),
)
