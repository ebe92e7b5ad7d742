from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import override_settings

from billing.actions.invoicing import (
    DraftInvalid,
    DraftLine,
    InvoiceNotDraft,
    add_draft_line,
    change_draft,
    change_draft_line,
    create_draft,
    publish_invoice,
    remove_draft_line,
)
from billing.actions.payments import InvoiceNotPayable
from billing.models import BankAccount, Client, Email, Event, Invoice, InvoiceLine, Posting, Seller, TaxRule
from billing.queries.clock import business_date, database_now
from catalog.models import Currency
from tests.billing.actions.books import balances, books_are_right, fresh
from tests.builders import World, bill, draft, make_client, pay, place


@pytest.fixture
def client(db: None) -> Client:
    return make_client(address1="Ring 1", city="Bonn")


@pytest.fixture
def vat(db: None) -> TaxRule:
    return TaxRule.objects.create(name="VAT", rate=Decimal(19))


def write(client: Client, *lines: DraftLine, **terms: Any) -> Invoice:
    return create_draft(client=client, lines=lines, actor="anna", now=database_now(), **terms)


def publish(invoice: Invoice, **values: Any) -> Invoice:
    return publish_invoice(invoice=invoice, actor="anna", now=database_now(), **values)


@pytest.mark.usefixtures("vat")
class TestWriting:
    def test_sums_follow_from_the_lines(self, client: Client) -> None:
        lines = [DraftLine("Setup", Decimal(100)), DraftLine("Abroad", Decimal(50), "EXEMPT")]
        invoice = write(client, *lines)
        assert (invoice.status, invoice.subtotal, invoice.tax, invoice.total) == ("DRAFT", 150, 19, 169)
        assert [line.tax_ground for line in invoice.lines.order_by("pk")] == ["RULES", "EXEMPT_PRODUCT"]

    def test_is_in_no_books_and_in_no_letter(self, client: Client) -> None:
        write(client, DraftLine("Setup", Decimal(100)))
        assert not Posting.objects.exists()
        assert not Email.objects.exists()
        assert books_are_right()

    def test_prices_with_tax_stay_what_was_typed(self, client: Client) -> None:
        with override_settings(PRICES_INCLUDE_TAX=True):
            invoice = write(client, DraftLine("Setup", Decimal(119)))
        assert (invoice.subtotal, invoice.tax, invoice.total) == (100, 19, 119)

    def test_is_due_as_renewals_are(self, client: Client) -> None:
        today = business_date(database_now())
        assert write(client).due_date == today + timedelta(days=14)
        assert write(client, due_date=today).due_date == today

    def test_nobody_pays_a_draft(self, client: Client) -> None:
        with pytest.raises(InvoiceNotPayable):
            pay(write(client, DraftLine("Setup", Decimal(100))))

    @pytest.mark.parametrize(
        ("line", "field"),
        [
            (DraftLine("", Decimal(1)), "description"),
            (DraftLine("x" * 256, Decimal(1)), "description"),
            (DraftLine("Work", Decimal(0)), "amount"),
            (DraftLine("Work", Decimal(-5)), "amount"),
            (DraftLine("Work", Decimal("1.005")), "amount"),
            (DraftLine("Work", Decimal("NaN")), "amount"),
            (DraftLine("Work", Decimal("1e15")), "amount"),
            (DraftLine("Work", Decimal(1), "NONE"), "tax_treatment"),
        ],
    )
    def test_a_wrong_line_names_its_field(self, client: Client, line: DraftLine, field: str) -> None:
        with pytest.raises(DraftInvalid) as refusal:
            write(client, DraftLine("Right", Decimal(1)), line)
        assert list(refusal.value.errors) == [f"lines.1.{field}"]
        assert not Invoice.objects.exists()

    def test_wrong_terms_name_their_fields(self, client: Client) -> None:
        with pytest.raises(DraftInvalid) as refusal:
            write(client, due_date=date(2020, 1, 1), payment_method="gold")
        assert sorted(refusal.value.errors) == ["due_date", "payment_method"]


class TestChanging:
    def test_lines_come_change_and_go(self, client: Client, vat: TaxRule) -> None:
        invoice = draft(client, "100")
        added = add_draft_line(invoice=invoice, line=DraftLine("More", Decimal(10)), actor="x", now=database_now())
        assert fresh(invoice).total == Decimal("130.90")
        change_draft_line(
            line=added, description="Less", amount=Decimal(1), tax_treatment="ZERO", actor="x", now=database_now()
        )
        assert fresh(invoice).total == Decimal(120)
        remove_draft_line(line=added, actor="x", now=database_now())
        assert fresh(invoice).total == Decimal(119)
        names = ["invoice.line_added", "invoice.line_changed", "invoice.line_removed"]
        assert list(Event.objects.filter(name__in=names).order_by("pk").values_list("name", flat=True)) == names

    def test_terms_change(self, client: Client) -> None:
        invoice = draft(client, "100")
        later = business_date(database_now()) + timedelta(days=60)
        change_draft(invoice=invoice, values={"due_date": later, "notes": "PO 7"}, actor="x", now=database_now())
        assert (fresh(invoice).due_date, fresh(invoice).notes) == (later, "PO 7")

    def test_nothing_of_an_issued_invoice_changes(self, client: Client) -> None:
        invoice = bill(client, "100")
        line = InvoiceLine.objects.get()
        deeds: list[Any] = [
            lambda: add_draft_line(invoice=invoice, line=DraftLine("More", Decimal(1)), actor="x", now=database_now()),
            lambda: change_draft_line(
                line=line, description="x", amount=Decimal(1), tax_treatment="ZERO", actor="x", now=database_now()
            ),
            lambda: remove_draft_line(line=line, actor="x", now=database_now()),
            lambda: change_draft(invoice=invoice, values={"notes": "x"}, actor="x", now=database_now()),
            lambda: publish(invoice),
        ]
        for deed in deeds:
            with pytest.raises(InvoiceNotDraft, match="issued"):
                deed()
        assert fresh(invoice).total == 100


class TestPublishing:
    def test_books_it_and_sends_the_letter(self, client: Client) -> None:
        invoice = publish(draft(client, "100"))
        assert invoice.status == "UNPAID"
        assert balances() == {"RECEIVABLE": Decimal(100), "REVENUE": Decimal(-100)}
        assert Email.objects.get().letter == "invoice.issued"

    def test_without_the_letter(self, client: Client) -> None:
        publish(draft(client, "100"), is_client_told=False)
        assert not Email.objects.exists()

    def test_is_issued_today_with_the_tax_of_today(self, client: Client) -> None:
        long_ago = database_now() - timedelta(days=90)
        TaxRule.objects.create(name="VAT", rate=Decimal(20), valid_until=long_ago.date())
        TaxRule.objects.create(name="VAT", rate=Decimal(22), valid_from=long_ago.date() + timedelta(days=1))
        written = draft(client, "100", now=long_ago)
        assert written.total == 120
        invoice = publish(written)
        today = business_date(database_now())
        assert (invoice.total, invoice.issue_date, invoice.due_date) == (122, today, today)

    def test_keeps_both_parties_as_they_were(self, client: Client) -> None:
        Seller.objects.create(id=1, name="Reseller GmbH", tax_id="DE1")
        euro = Currency.objects.get(code="EUR")
        BankAccount.objects.create(currency=euro, holder="Reseller GmbH", number="DE02120300000000202051")
        invoice = publish(draft(client, "100"))
        Client.objects.update(city="Köln", language="ru")
        Seller.objects.update(name="Another")
        kept = fresh(invoice)
        assert (kept.buyer["city"], kept.language) == ("Bonn", "en")
        assert kept.seller["name"] == "Reseller GmbH"
        assert kept.seller["account"]["number"] == "DE02120300000000202051"

    def test_keeps_the_exchange_rate(self, db: None) -> None:
        Currency.objects.filter(code="RUB").update(rate=Decimal("92.5"))
        assert publish(draft(make_client(currency="RUB"), "100")).exchange_rate == Decimal("92.5")

    def test_needs_a_line(self, client: Client) -> None:
        with pytest.raises(DraftInvalid, match="add a line"):
            publish(draft(client))

    def test_an_order_invoice_keeps_them_too(self, world: World) -> None:
        Seller.objects.create(id=1, name="Reseller GmbH")
        invoice = place(world.client, world.lite, ip="192.0.2.1").invoice
        assert invoice.seller["name"] == "Reseller GmbH"
        assert invoice.buyer["id"] == world.client.pk
