"""The seller and its bank accounts in the back office."""

from collections.abc import Callable

import pytest
from django.test import Client as Browser

from billing.models import BankAccount, Seller
from billing.queries.seller import Snapshots
from tests.billing.admin.pages import add_page, ask, dialog_of, list_of, page_of, press, succeeded, text_of
from tests.billing.documents.samples import (
    BIK,
    CORRESPONDENT,
    IBAN,
    RUSSIAN_ACCOUNT,
    SWIFT,
    make_german_seller,
    make_russian_seller,
)

pytestmark = pytest.mark.django_db

SELLER = {
    "name": "Example Hosting GmbH",
    "country": "DE",
    "address": "Hauptstraße 1\n10115 Berlin",
    "tax_id": "136695976",
    "email": "billing@hosting.example",
}
EUROS = {"currency": "EUR", "holder": "Example GmbH", "number": IBAN, "bank": "Commerzbank", "bic": SWIFT}
RUBLES = {
    "currency": "RUB",
    "holder": "ООО «Ромашка»",
    "number": RUSSIAN_ACCOUNT,
    "bank": "ПАО Сбербанк",
    "bic": BIK,
    "correspondent": CORRESPONDENT,
}


def test_the_list_of_one_leads_to_its_page(boss: Browser) -> None:
    page = text_of(boss.get(list_of(Seller), follow=True))
    assert "Nobody has entered a legal name yet" in page


def test_what_is_saved_stands_on_documents_from_now_on(boss: Browser) -> None:
    assert succeeded(press(boss, Seller(pk=1), "change", **SELLER))
    assert "Example Hosting GmbH" in text_of(boss.get(page_of(Seller(pk=1))))
    kept = Snapshots().seller("EUR")
    assert (kept["name"], kept["tax_id"], kept["country"]) == ("Example Hosting GmbH", "DE136695976", "DE")


def test_a_wrong_number_comes_back_on_its_field_with_what_was_typed(boss: Browser) -> None:
    response = press(boss, Seller(pk=1), "change", **{**SELLER, "tax_id": "DE1"})
    assert list(response.context["form"].errors) == ["tax_id"]
    assert 'value="DE1"' in text_of(response)
    assert not Seller.objects.exists()


def test_accounts_are_added_changed_and_removed(boss: Browser) -> None:
    assert boss.post(add_page(BankAccount), EUROS).status_code == 302
    account = BankAccount.objects.get()
    assert "DE89 3704 0044 0532 0130 00" in text_of(boss.get(page_of(account)))
    assert succeeded(press(boss, account, "change", holder="Example AG", number=IBAN, bank="", bic=""))
    account.refresh_from_db()
    assert (account.holder, account.currency_id) == ("Example AG", "EUR")
    assert "EUR" in ask(boss, account, "remove")
    assert succeeded(press(boss, account, "remove"))
    assert not BankAccount.objects.exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({**EUROS, "number": "DE00"}, "number"),
        ({**RUBLES, "bic": "1"}, "bic"),
        ({**RUBLES, "correspondent": "1"}, "correspondent"),
        ({**EUROS, "currency": "XXX"}, "currency"),
        ({**EUROS, "holder": ""}, "holder"),
    ],
)
def test_a_wrong_account_comes_back_on_its_field(boss: Browser, values: dict[str, str], field: str) -> None:
    assert field in boss.post(add_page(BankAccount), values).context["form"].errors
    assert not BankAccount.objects.exists()


def test_a_currency_that_has_an_account_is_not_offered_again(boss: Browser) -> None:
    boss.post(add_page(BankAccount), RUBLES)
    form = boss.get(add_page(BankAccount)).context["form"]
    assert "RUB" not in [currency.pk for currency in form.fields["currency"].queryset]


def test_lists_and_pages_say_whether_there_is_a_code(boss: Browser) -> None:
    make_russian_seller()
    BankAccount.objects.create(currency_id="EUR", holder="Example Inc.", number="000123456")
    page = text_of(boss.get(list_of(BankAccount)))
    assert "On documents" in page
    assert "None for this account" in page
    assert "On documents" in text_of(boss.get(page_of(Seller(pk=1))))


@pytest.mark.parametrize("role", ["SALES_OPERATOR", "SUPPORT_OPERATOR"])
def test_operators_look_and_change_nothing(role: str, staff_as: Callable[[str], Browser]) -> None:
    make_german_seller()
    browser, seller, account = staff_as(role), Seller.objects.get(), BankAccount.objects.get()
    assert browser.get(page_of(seller)).context["buttons"] == []
    assert browser.get(page_of(account)).context["buttons"] == []
    for subject, code in ((seller, "change"), (account, "change"), (account, "remove")):
        assert browser.post(dialog_of(subject, code), SELLER).status_code == 403
    assert browser.post(add_page(BankAccount), RUBLES).status_code == 403
    assert BankAccount.objects.count() == 1


def test_the_menu_leads_there(boss: Browser) -> None:
    menu = boss.get("/admin/").context["sidebar_navigation"]
    links = [item["link"] for group in menu for item in group["items"]]
    assert list_of(Seller) in links
    assert list_of(BankAccount) in links
