"""Who issues the documents, and where clients pay."""

from typing import Any

import pytest

from billing.actions.seller import SellerInvalid, remove_bank_account, save_bank_account, save_seller
from billing.models import BankAccount, Event, Seller
from billing.queries.clock import database_now
from catalog.models import Currency
from tests.billing.documents.samples import BIK, CORRESPONDENT, IBAN, RUSSIAN_ACCOUNT, SWIFT

pytestmark = pytest.mark.django_db

RUSSIAN = {"name": "ООО «Ромашка»", "country": "RU", "tax_id": "7707083893", "kpp": "770701001"}
RUBLES = {
    "holder": "ООО «Ромашка»",
    "number": RUSSIAN_ACCOUNT,
    "bank": "ПАО Сбербанк",
    "bic": BIK,
    "correspondent": CORRESPONDENT,
}
EUROS = {"holder": "Example GmbH", "number": IBAN, "bank": "Commerzbank", "bic": SWIFT}


def save(**values: Any) -> Seller:
    return save_seller(values=values, actor="boss", now=database_now())


def save_account(currency: str, values: dict[str, str], **changes: str) -> BankAccount:
    return save_bank_account(
        currency=Currency.objects.get(code=currency), values={**values, **changes}, actor="boss", now=database_now()
    )


class TestSeller:
    def test_there_is_one_and_each_change_is_written_down(self) -> None:
        save(**RUSSIAN)
        seller = save(phone="+7 495 000-00-00")
        assert Seller.objects.get() == seller
        assert (seller.name, seller.phone) == ("ООО «Ромашка»", "+7 495 000-00-00")
        newest, oldest = Event.objects.filter(name="seller.changed")
        assert (newest.actor, newest.data) == ("boss", {"fields": ["phone"]})
        assert oldest.data == {"fields": ["country", "kpp", "name", "tax_id"]}

    @pytest.mark.parametrize(
        ("changes", "kept"),
        [
            ({"country": "DE", "tax_id": "136 695 976", "kpp": ""}, "DE136695976"),
            ({"country": "RU", "tax_id": " 7707 083893 "}, "7707083893"),
            ({"country": "RU", "tax_id": "500100732259", "kpp": ""}, "500100732259"),
            ({"country": "", "tax_id": "anything 1", "kpp": ""}, "ANYTHING1"),
            ({"country": "DE", "tax_id": "", "kpp": ""}, ""),
        ],
    )
    def test_the_tax_number_is_kept_in_its_form(self, changes: dict[str, str], kept: str) -> None:
        assert save(**{**RUSSIAN, **changes}).tax_id == kept

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"tax_id": "7707083894"}, "tax_id"),
            ({"tax_id": "12345"}, "tax_id"),
            ({"country": "DE", "tax_id": "DE136695977", "kpp": ""}, "tax_id"),
            ({"country": "DE", "tax_id": "", "kpp": "770701001"}, "kpp"),
            ({"kpp": "1"}, "kpp"),
            ({"tax_id": "500100732259"}, "kpp"),  # a person has none
            ({"tax_id": ""}, "kpp"),
            ({"email": "nonsense"}, "email"),
            ({"country": "XX", "kpp": ""}, "country"),
            ({"name": "x" * 201}, "name"),
        ],
    )
    def test_nonsense_is_told_on_its_field(self, changes: dict[str, str], field: str) -> None:
        with pytest.raises(SellerInvalid) as refused:
            save(**{**RUSSIAN, **changes})
        assert field in refused.value.errors
        assert not Seller.objects.exists()
        assert not Event.objects.filter(name="seller.changed").exists()


class TestAccounts:
    def test_each_currency_has_one(self) -> None:
        first = save_account("EUR", EUROS, number="de89 3704 0044 0532 0130 00")
        assert first.number == IBAN
        again = save_account("EUR", {"number": "NL91ABNA0417164300", "bic": ""})
        assert again.pk == first.pk
        assert (again.number, again.holder, again.bic) == ("NL91ABNA0417164300", "Example GmbH", "")
        save_account("RUB", RUBLES)
        assert BankAccount.objects.count() == 2
        changed = Event.objects.get(name="bank_account.changed")
        assert changed.data == {
            "currency": "EUR",
            "fields": ["bic", "number"],
            "from": IBAN,
            "to": "NL91ABNA0417164300",
        }

    def test_rubles_at_a_foreign_bank_have_an_iban(self) -> None:
        assert save_account("RUB", EUROS).number == IBAN

    def test_a_number_that_looks_like_no_iban_is_kept(self) -> None:
        """Banks outside of IBAN's countries have numbers of their own."""
        assert save_account("EUR", {"holder": "Example Inc.", "number": "000123456789"}).number == "000123456789"

    @pytest.mark.parametrize(
        ("currency", "values", "field"),
        [
            ("EUR", {**EUROS, "number": "DE89370400440532013001"}, "number"),
            ("EUR", {**EUROS, "bic": "COBA"}, "bic"),
            ("EUR", {**EUROS, "holder": ""}, "holder"),
            ("EUR", {**EUROS, "number": ""}, "number"),
            ("EUR", {**EUROS, "correspondent": CORRESPONDENT}, "correspondent"),
            ("RUB", {**RUBLES, "number": "40702810838000012345"}, "number"),
            ("RUB", {**RUBLES, "number": "4070281093800001"}, "number"),
            ("RUB", {**RUBLES, "bic": "123456789"}, "bic"),
            ("RUB", {**RUBLES, "bic": ""}, "bic"),
            ("RUB", {**RUBLES, "correspondent": ""}, "correspondent"),
            ("RUB", {**RUBLES, "correspondent": "30101810400000000226"}, "correspondent"),
            ("RUB", {**RUBLES, "bank": ""}, "bank"),
            ("RUB", {**RUBLES, "holder": "x" * 161}, "holder"),
        ],
    )
    def test_nonsense_is_told_on_its_field(self, currency: str, values: dict[str, str], field: str) -> None:
        with pytest.raises(SellerInvalid) as refused:
            save_account(currency, values)
        assert field in refused.value.errors
        assert not BankAccount.objects.exists()

    def test_removing_twice_removes_once(self) -> None:
        account = save_account("EUR", EUROS)
        for _press in range(2):
            remove_bank_account(
                account=BankAccount(pk=account.pk, currency=account.currency), actor="boss", now=database_now()
            )
        assert not BankAccount.objects.exists()
        assert Event.objects.filter(name="bank_account.removed").count() == 1
