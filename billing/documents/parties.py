"""Seller and buyer: as they were when the invoice was issued; for older rows, as they are now."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.conf import settings

from billing.documents.paper import Party
from billing.documents.style import Style
from billing.models import Invoice
from billing.queries.seller import Snapshots
from billing.queries.tax_numbers import EU_COUNTRIES

RUSSIA: Final = "RU"


def with_parties(invoice: Invoice) -> Invoice:
    """The same invoice, its snapshots filled in where it has none; nothing is saved. Two queries at most."""
    if not invoice.seller or not invoice.buyer:
        present = Snapshots()
        invoice.seller = invoice.seller or present.seller(invoice.currency_id)
        invoice.buyer = invoice.buyer or present.buyer(invoice.client)
    return invoice


def seller_party(seller: Mapping[str, Any], style: Style) -> Party:
    """Who issues, by the legal name; the portal's where nobody has entered one."""
    address = [*str(seller.get("address", "")).splitlines(), _country(seller, style)]
    contacts = [_labeled(style.words.phone, seller.get("phone", "")), seller.get("email", "")]
    lines = [*address, *_numbers(seller, style), *contacts]
    return Party(str(seller.get("name") or settings.PORTAL_NAME), _filled(lines))


def buyer_party(buyer: Mapping[str, Any], style: Style) -> Party:
    """Who is billed: the company, or the person."""
    person = f"{buyer.get('first_name', '')} {buyer.get('last_name', '')}".strip()
    company = str(buyer.get("company", ""))
    town = f"{buyer.get('postcode', '')} {buyer.get('city', '')}".strip()
    lines = [
        person if company else "",
        buyer.get("address1", ""),
        buyer.get("address2", ""),
        town,
        buyer.get("state", ""),
        _country(buyer, style),
        *_numbers(buyer, style),
        buyer.get("email", ""),
    ]
    return Party(company or person, _filled(lines))


def _country(party: Mapping[str, Any], style: Style) -> str:
    code = party.get("country", "")
    return style.country(code) if code else ""


def _numbers(party: Mapping[str, Any], style: Style) -> list[str]:
    words, country, tax_id = style.words, party.get("country", ""), party.get("tax_id", "")
    registration = words.russian_registration if country == RUSSIA else words.registration
    if country == RUSSIA:
        tax = ", ".join(filter(None, [_labeled(words.inn, tax_id), _labeled(words.kpp, party.get("kpp", ""))]))
    else:
        tax = _labeled(words.vat_number if country in EU_COUNTRIES else words.tax_number, tax_id)
    return [tax, _labeled(registration, party.get("registration_number", ""))]


def _labeled(label: str, number: str) -> str:
    return label.format(number=number) if number else ""


def _filled(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(line for line in (str(line).strip() for line in lines) if line)
