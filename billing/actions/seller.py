"""Who issues the documents, and where clients transfer money: checked as documents and banks need it, then kept.

Invoices that are issued keep what they were issued with.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.events import record_event
from billing.models import BankAccount, Seller
from billing.models.seller import ONLY
from billing.queries.bank_numbers import (
    RUSSIAN_CURRENCY,
    compact,
    is_bik,
    is_company_inn,
    is_iban,
    is_inn,
    is_kpp,
    is_russian_account,
    is_russian_correspondent,
    is_swift,
)
from billing.queries.seller import ACCOUNT_FIELDS, SELLER_FIELDS
from billing.queries.tax_numbers import WRONG_TAX_ID, clean_tax_id
from catalog.models import Currency

RUSSIA: Final = "RU"
# What starts like an IBAN is meant to be one.
_COUNTRY_LETTERS: Final = 2

type Errors = dict[str, list[str]]


class SellerInvalid(Exception):
    """The seller or an account cannot be saved like this; `errors` maps fields to messages."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = dict(errors)


def save_seller(*, values: Mapping[str, Any], actor: str, now: datetime) -> Seller:
    """Keeps who sells; what `values` leave out stays. Raises SellerInvalid with all that is wrong."""
    with transaction.atomic():
        seller, _is_new = Seller.objects.select_for_update().get_or_create(pk=ONLY)
        before = _values_of(seller, (*SELLER_FIELDS, "country"))
        for name in before:
            setattr(seller, name, str(values.get(name, before[name])).strip())
        errors = _find_tax_errors(seller) | _find_field_errors(seller)
        if errors:
            raise SellerInvalid(errors)
        seller.save()
        changed = _changed(before, _values_of(seller, tuple(before)))
        record_event("seller.changed", now=now, actor=actor, data={"fields": changed})
    return seller


def save_bank_account(*, currency: Currency, values: Mapping[str, Any], actor: str, now: datetime) -> BankAccount:
    """Keeps the account for money in `currency`, a new one or instead of the present one.

    Raises SellerInvalid with all that is wrong.
    """
    with transaction.atomic():
        # Two people who add an account for the same currency come here one after the other.
        Currency.objects.select_for_update().get(pk=currency.pk)
        found = BankAccount.objects.filter(currency=currency).first()
        account = found or BankAccount(currency=currency)
        before = _values_of(account, ACCOUNT_FIELDS)
        for name in before:
            text = str(values.get(name, before[name])).strip()
            setattr(account, name, compact(text) if name in ("number", "bic", "correspondent") else text)
        errors = _find_account_errors(account) | _find_field_errors(account)
        if errors:
            raise SellerInvalid(errors)
        account.save()
        data = {
            "currency": currency.code,
            "fields": _changed(before, _values_of(account, ACCOUNT_FIELDS)),
            "from": before["number"],
            "to": account.number,
        }
        record_event("bank_account.changed" if found else "bank_account.added", now=now, actor=actor, data=data)
    return account


def remove_bank_account(*, account: BankAccount, actor: str, now: datetime) -> None:
    """New invoices in its currency name no account; those that are issued keep it. Safe to press twice."""
    with transaction.atomic():
        removed, _by_model = BankAccount.objects.filter(pk=account.pk).delete()
        if removed:
            data = {"currency": account.currency_id, "number": account.number}
            record_event("bank_account.removed", now=now, actor=actor, data=data)


def _find_tax_errors(seller: Seller) -> Errors:
    """Puts the tax number into the form in which it is kept; tells what is wrong with it and with the КПП."""
    errors: Errors = {}
    country = str(seller.country.code or "")
    if seller.tax_id and country == RUSSIA:
        seller.tax_id = compact(seller.tax_id)
        if not is_inn(seller.tax_id):
            errors["tax_id"] = [_("This is no ИНН: ten digits of a company or twelve of a person, check them.")]
    elif seller.tax_id:
        cleaned = clean_tax_id(seller.tax_id, country=country)
        if cleaned is None:
            errors["tax_id"] = [str(WRONG_TAX_ID)]
        seller.tax_id = cleaned or seller.tax_id
    seller.kpp = compact(seller.kpp)
    if seller.kpp and country != RUSSIA:
        errors["kpp"] = [_("Only Russian companies have a КПП.")]
    elif seller.kpp and not is_kpp(seller.kpp):
        errors["kpp"] = [_("This is no КПП: nine digits, check them.")]
    elif seller.kpp and "tax_id" not in errors and not is_company_inn(seller.tax_id):
        errors["kpp"] = [_("Only companies have a КПП, and their ИНН has ten digits.")]
    return errors


def _find_account_errors(account: BankAccount) -> Errors:
    if account.currency_id == RUSSIAN_CURRENCY and (is_bik(account.bic) or account.number.isdigit()):
        return _find_russian_errors(account)
    errors: Errors = {}
    if account.number[:_COUNTRY_LETTERS].isalpha() and not is_iban(account.number):
        errors["number"] = [_("This is no IBAN: check its letters and digits.")]
    if account.bic and not is_swift(account.bic):
        errors["bic"] = [_("This is no BIC: 8 or 11 letters and digits.")]
    if account.correspondent:
        errors["correspondent"] = [_("Only accounts in rubles at Russian banks have one.")]
    return errors


def _find_russian_errors(account: BankAccount) -> Errors:
    """What would keep a payment order from arriving."""
    if not is_bik(account.bic):
        return {"bic": [_("This is no БИК: nine digits that begin with 04.")]}
    errors: Errors = {}
    if not is_russian_account(account.number, bik=account.bic):
        errors["number"] = [_("This account does not fit the БИК: 20 digits, check them all.")]
    if not is_russian_correspondent(account.correspondent, bik=account.bic):
        errors["correspondent"] = [
            _("This correspondent account does not fit the БИК: 20 digits that begin with 301, check them all.")
        ]
    if not account.bank:
        errors["bank"] = [_("Payment orders name the bank: enter it.")]
    return errors


def _find_field_errors(row: Seller | BankAccount) -> Errors:
    """What the columns do not take: lengths, an e-mail that is none, a country that is none."""
    try:
        row.clean_fields()
    except ValidationError as error:
        return error.message_dict
    return {}


def _values_of(row: Seller | BankAccount, names: tuple[str, ...]) -> dict[str, str]:
    return {name: str(getattr(row, name) or "") for name in names}


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return sorted(name for name, value in after.items() if before[name] != value)
