"""What documents say, word for word."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.documents.content import read_paper
from billing.documents.paper import Fact, Movement, PaperKind, PaperLine, Party, Sum, Weight
from billing.models import BankAccount, Client, Invoice, InvoiceStatus, Seller
from tests.billing.documents.samples import (
    PAID_AT,
    Charge,
    make_credit_note,
    make_french_client,
    make_german_seller,
    make_invoice,
    make_russian_client,
    make_russian_seller,
    pay_up,
    refund,
)
from tests.builders import make_client

pytestmark = pytest.mark.django_db

LICENSE = Charge("ispmanager host, лицензия на 1 месяц", "1000.00", [("НДС", "22", "220.00")])
SETUP = Charge("Установка", "200.00", [("НДС", "22", "44.00")], end=None)
DISCOUNT = Charge("Промокод SPRING", "-100.00", [("НДС", "22", "-22.00")])
NBSP = "\N{NO-BREAK SPACE}"


def spaced(text: str) -> str:
    """Plain spaces instead of no-break ones, so that expectations can be read."""
    return text.replace(NBSP, " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def sums_of(invoice: Any) -> list[tuple[str, str]]:
    return [(spaced(row.label), spaced(row.amount)) for row in read_paper(invoice).sums]


@pytest.fixture
def vektor() -> Client:
    """A company that a Russian seller bills."""
    make_russian_seller()
    return make_russian_client()


@pytest.fixture
def dupont() -> Client:
    """A company that a German seller bills."""
    make_german_seller()
    return make_french_client()


class TestRussian:
    def test_a_bill_says_what_a_bookkeeper_looks_for(self, vektor: Client) -> None:
        invoice = make_invoice(vektor, [LICENSE, SETUP, DISCOUNT])
        paper = read_paper(invoice)
        assert (paper.kind, paper.language) == (PaperKind.PROFORMA, "ru")
        assert spaced(paper.heading) == f"Счёт на оплату № PRO-{invoice.pk} от 1 марта 2026 г."
        assert (paper.status, paper.tone) == ("Не оплачен", "amber")
        assert paper.seller == Party(
            "ООО «Ромашка Хостинг»",
            (
                "119019, г. Москва, ул. Новый Арбат, д. 1, офис 5",
                "Россия",
                "ИНН 7707083893, КПП 770701001",
                "ОГРН 1027700132195",
                "Тел. +7 495 000-00-00",
                "buh@romashka.example",
            ),
        )
        assert paper.buyer == Party(
            "АО «Вектор»",
            (
                "Анна Смирнова",
                "пр-т Ленина, д. 10",
                "620014 Екатеринбург",
                "Россия",
                "ИНН 7736050003",
                "buh@vektor.example",
            ),
        )
        assert paper.facts == (Fact("Оплатить до", "15.03.2026"),)
        assert paper.tax_label == "НДС"
        period = "01.03.2026 – 31.03.2026"
        assert [
            (line.position, line.description, line.period, spaced(line.tax), spaced(line.amount))
            for line in paper.lines
        ] == [
            (1, "ispmanager host, лицензия на 1 месяц", period, "22 %", "1 220,00 ₽"),
            (2, "Установка", "", "22 %", "244,00 ₽"),
            (3, "Промокод SPRING", period, "22 %", "−122,00 ₽"),
        ]
        assert sums_of(invoice) == [
            ("Итого", "1 342,00 ₽"),
            ("В том числе НДС 22 %", "242,00 ₽"),
            ("Всего к оплате", "1 342,00 ₽"),
        ]
        assert spaced(paper.summary) == "Всего наименований 3, на сумму 1 342,00 ₽"
        assert paper.amount_in_words == "Одна тысяча триста сорок два рубля 00 копеек"
        assert (paper.remarks, paper.payments, paper.refunds) == ((), (), ())
        assert paper.footer == "Счёт действителен в течение 10 дней."

    def test_a_bill_tells_the_account_and_the_purpose(self, vektor: Client) -> None:
        invoice = make_invoice(vektor, [LICENSE])
        transfer = read_paper(invoice).transfer
        assert transfer is not None
        assert transfer.facts == (
            Fact("Получатель", "ООО «Ромашка Хостинг»"),
            Fact("ИНН", "7707083893"),
            Fact("КПП", "770701001"),
            Fact("Счёт №", "40702810938000012345"),
            Fact("Банк получателя", "ПАО Сбербанк, г. Москва"),
            Fact("БИК", "044525225"),
            Fact("Корр. счёт", "30101810400000000225"),
        )
        purpose = f"Оплата по счёту № PRO-{invoice.pk} от 01.03.2026, в том числе НДС 22 % 220,00 руб."
        assert spaced(transfer.purpose) == purpose
        assert transfer.is_form
        assert transfer.code == (
            "ST00012|Name=ООО «Ромашка Хостинг»|PersonalAcc=40702810938000012345|BankName=ПАО Сбербанк, г. Москва"
            "|BIC=044525225|CorrespAcc=30101810400000000225|PayeeINN=7707083893|KPP=770701001|Sum=122000"
            f"|Purpose={purpose}"
        )

    def test_without_tax_it_says_so(self, vektor: Client) -> None:
        invoice = make_invoice(vektor, [Charge("Лицензия", "1500.00", ground="EXEMPT_PRODUCT")])
        paper = read_paper(invoice)
        assert paper.tax_label == ""
        assert sums_of(invoice) == [
            ("Итого", "1 500,00 ₽"),
            ("Без налога (НДС)", "—"),
            ("Всего к оплате", "1 500,00 ₽"),
        ]
        assert paper.transfer is not None
        assert paper.transfer.purpose.endswith("от 01.03.2026, без НДС")

    def test_lines_of_two_rates_and_without_tax_are_marked(self, vektor: Client) -> None:
        invoice = make_invoice(
            vektor,
            [
                LICENSE,
                Charge("Старый тариф", "100.00", [("НДС", "20", "20.00")]),
                Charge("По реестру", "50.00", ground="EXEMPT_PRODUCT"),
                Charge("Экспорт", "10.00", ground="ZERO_RATE"),
            ],
        )
        assert [spaced(line.tax) for line in read_paper(invoice).lines] == ["22 %", "20 %", "без НДС", "0 %"]
        assert sums_of(invoice) == [
            ("Итого", "1 400,00 ₽"),
            ("В том числе НДС 22 %", "220,00 ₽"),
            ("В том числе НДС 20 %", "20,00 ₽"),
            ("В том числе НДС 0 %", "0,00 ₽"),
            ("Всего к оплате", "1 400,00 ₽"),
        ]

    def test_paid_it_has_its_number_and_the_payment(self, vektor: Client) -> None:
        invoice = make_invoice(vektor, [LICENSE])
        pay_up(invoice, number="СЧ-2026-15")
        paper = read_paper(invoice)
        assert paper.kind == PaperKind.INVOICE
        assert spaced(paper.heading) == "Счёт № СЧ-2026-15 от 1 марта 2026 г."
        assert (paper.status, paper.tone) == ("Оплачен", "green")
        assert paper.facts == (Fact("Оплачен", "10.03.2026"),)
        assert paper.payments == (Movement("10.03.2026", "Банковский перевод", "12345", f"1{NBSP}220,00{NBSP}₽"),)
        assert paper.transfer is None
        assert sums_of(invoice)[-3:] == [
            ("Всего", "1 220,00 ₽"),
            ("Оплачено", "−1 220,00 ₽"),
            ("Осталось оплатить", "0,00 ₽"),
        ]

    def test_a_credit_note_names_its_invoice_and_the_tax_taken_back(self, vektor: Client) -> None:
        invoice = make_invoice(vektor, [LICENSE])
        pay_up(invoice, number="СЧ-2026-15")
        note = make_credit_note(
            invoice, amount="500.00", taxes=[("НДС", "22", "110.00")], number="КН-1", reason="Заказано по ошибке"
        )
        paper = read_paper(note)
        assert spaced(paper.heading) == "Кредит-нота № КН-1 от 20 марта 2026 г."
        assert paper.facts == (Fact("К счёту", "СЧ-2026-15, 01.03.2026"), Fact("Основание", "Заказано по ошибке"))
        assert sums_of(note) == [
            ("Итого", "610,00 ₽"),
            ("В том числе НДС 22 %", "110,00 ₽"),
            ("Всего к зачёту или возврату", "610,00 ₽"),
            ("Зачислено на баланс", "610,00 ₽"),
        ]
        assert paper.lines[0].period == "01.03.2026 – 31.03.2026"
        assert (paper.status, paper.transfer) == ("", None)


class TestEnglish:
    def test_a_proforma_within_the_eu_reverses_the_charge(self, dupont: Client) -> None:
        invoice = make_invoice(
            dupont,
            [
                Charge("ispmanager business", "150.00", ground="REVERSE_CHARGE"),
                Charge("Setup", "25.00", ground="REVERSE_CHARGE", end=None),
            ],
        )
        paper = read_paper(invoice)
        assert paper.heading == f"Proforma invoice PRO-{invoice.pk}"
        assert (paper.status, paper.tone) == ("Unpaid", "amber")
        assert paper.seller.lines == (
            "Hauptstraße 1",
            "10115 Berlin",
            "Germany",
            "VAT number DE136695976",
            "Registration number HRB 12345 B",
            "billing@hosting.example",
        )
        assert paper.buyer == Party(
            "Dupont & Fils SARL",
            (
                "Jeanne Dupont",
                "12 rue de la Paix",
                "75002 Paris",
                "France",
                "VAT number FR40303265045",
                "compta@dupont.example",
            ),
        )
        assert paper.facts == (Fact("Issued", "Mar 1, 2026"), Fact("Due", "Mar 15, 2026"))
        assert paper.lines[0] == PaperLine(
            1, "ispmanager business", "Mar 1, 2026 – Mar 31, 2026", f"0{NBSP}%", "€150.00"
        )
        assert sums_of(invoice) == [("Subtotal", "€175.00"), ("VAT 0 %", "€0.00"), ("Total due", "€175.00")]
        assert len(paper.remarks) == 1
        assert paper.remarks[0].startswith("Reverse charge: VAT is to be accounted for by the recipient")
        assert (paper.summary, paper.amount_in_words) == ("", "")

    def test_a_proforma_tells_iban_and_reference(self, dupont: Client) -> None:
        invoice = make_invoice(dupont, [Charge("License", "12.30")])
        transfer = read_paper(invoice).transfer
        assert transfer is not None
        assert transfer.facts == (
            Fact("Account holder", "Example Hosting GmbH"),
            Fact("IBAN", "DE89 3704 0044 0532 0130 00"),
            Fact("Bank", "Commerzbank"),
            Fact("BIC", "COBADEFFXXX"),
        )
        assert transfer.purpose == f"PRO-{invoice.pk}"
        assert not transfer.is_form
        assert transfer.code == (
            "BCD\n002\n1\nSCT\nCOBADEFFXXX\nExample Hosting GmbH\nDE89370400440532013000\nEUR12.30\n\n\n"
            f"PRO-{invoice.pk}"
        )

    def test_taxes_come_on_top_by_name_and_rate(self, dupont: Client) -> None:
        invoice = make_invoice(
            dupont,
            [
                Charge("License", "100.00", [("GST", "5", "5.00"), ("PST", "7.5", "7.50")]),
                Charge("Other", "10.00", [("GST", "5", "0.50")]),
            ],
        )
        paper = read_paper(invoice)
        assert paper.tax_label == "Tax"
        assert [spaced(line.tax) for line in paper.lines] == ["5 % + 7.5 %", "5 %"]
        assert [line.amount for line in paper.lines] == ["€100.00", "€10.00"]
        assert sums_of(invoice) == [
            ("Subtotal", "€110.00"),
            ("GST 5 %", "€5.50"),
            ("PST 7.5 %", "€7.50"),
            ("Total due", "€123.00"),
        ]

    def test_an_operators_russian_name_of_the_tax_is_vat_here(self, dupont: Client) -> None:
        invoice = make_invoice(dupont, [Charge("License", "10.00", [("НДС", "19", "1.90")])])
        assert sums_of(invoice)[1] == ("VAT 19 %", "€1.90")

    def test_without_any_tax_there_is_only_the_total(self, dupont: Client) -> None:
        invoice = make_invoice(dupont, [Charge("License", "10.00")])
        assert sums_of(invoice) == [("Total due", "€10.00")]
        assert read_paper(invoice).tax_label == ""

    def test_part_payments_credit_and_credit_notes_lead_to_the_balance(self, dupont: Client) -> None:
        invoice = make_invoice(dupont, [Charge("License", "100.00")])
        for gateway, amount in (("credit", "30.00"), ("manual", "20.00")):
            invoice.payments.create(
                client=dupont,
                currency=invoice.currency,
                gateway=gateway,
                reference=f"{gateway}-1",
                amount=Decimal(amount),
                applied_amount=Decimal(amount),
                received_at=PAID_AT,
            )
        invoice.amount_paid, invoice.amount_credited = Decimal(50), Decimal(10)
        invoice.save()
        assert sums_of(invoice) == [
            ("Total due", "€100.00"),
            ("Credit notes", "−€10.00"),
            ("Credit applied", "−€30.00"),
            ("Paid", "−€20.00"),
            ("Balance due", "€40.00"),
        ]
        paper = read_paper(invoice)
        assert paper.sums[-1].weight == Weight.DUE
        assert [(row.way, row.reference) for row in paper.payments] == [
            ("Client credit", ""),
            ("Recorded by hand", "manual-1"),
        ]
        assert paper.transfer is not None
        assert "\nEUR40.00\n" in paper.transfer.code

    def test_what_was_written_off_leads_to_nothing(self, dupont: Client) -> None:
        invoice = make_invoice(dupont, [Charge("License", "100.00")])
        invoice.amount_credited, invoice.amount_written_off = Decimal(30), Decimal(70)
        invoice.status = InvoiceStatus.CANCELLED
        invoice.save()
        assert sums_of(invoice) == [
            ("Total", "€100.00"),
            ("Credit notes", "−€30.00"),
            ("Written off", "−€70.00"),
            ("Balance due", "€0.00"),
        ]
        assert read_paper(invoice).transfer is None

    def test_only_money_that_has_left_is_a_refund(self, dupont: Client) -> None:
        invoice = make_invoice(dupont, [Charge("License", "100.00")])
        payment = pay_up(invoice)
        refund(payment, "30.00", reference="re_1", way="GATEWAY")
        refund(payment, "20.00", status="PENDING", done_at=None, request_key="pending")
        refund(payment, "10.00", status="FAILED", done_at=None, request_key="failed")
        invoice.amount_refunded = Decimal(30)
        invoice.save()
        paper = read_paper(invoice)
        assert paper.refunds == (Movement("Mar 10, 2026", "Back the way it was paid", "re_1", "€30.00"),)
        assert paper.sums[-1] == Sum("Refunded", "€30.00")

    def test_a_payment_that_the_bank_took_back_says_so(self, dupont: Client) -> None:
        invoice = make_invoice(dupont, [Charge("License", "100.00")])
        payment = pay_up(invoice, gateway="some_gateway")
        payment.reversed_at = PAID_AT
        payment.save()
        assert read_paper(invoice).payments[0].way == "Some gateway (taken back on Mar 10, 2026)"

    def test_a_credit_note_says_where_the_money_went(self, dupont: Client) -> None:
        invoice = make_invoice(dupont, [Charge("License", "100.00", [("VAT", "19", "19.00")])])
        payment = pay_up(invoice, number="INV-1")
        note = make_credit_note(
            invoice,
            amount="50.00",
            taxes=[("VAT", "19", "9.50")],
            number="CN-1",
            to_credit=Decimal("20.00"),
            to_refund=Decimal("39.50"),
        )
        refund(payment, "39.50", credit_note=note, reference="re_2")
        paper = read_paper(note)
        assert paper.heading == "Credit note CN-1"
        assert paper.facts == (
            Fact("Issued", "Mar 20, 2026"),
            Fact("For invoice", "INV-1, Mar 1, 2026"),
            Fact("Reason", "Ordered by mistake"),
        )
        assert sums_of(note) == [
            ("Subtotal", "€50.00"),
            ("VAT 19 %", "€9.50"),
            ("Total credited", "€59.50"),
            ("Added to your credit", "€20.00"),
            ("To be refunded", "€39.50"),
        ]
        assert [row.amount for row in paper.refunds] == ["€39.50"]


class TestParties:
    def test_a_document_keeps_the_parties_of_its_issue(self, dupont: Client) -> None:
        invoice = make_invoice(dupont, [Charge("License", "10.00")])
        Seller.objects.update(name="Renamed AG")
        Client.objects.update(company="Renamed SARL", language="ru")
        BankAccount.objects.update(number="NL91ABNA0417164300")
        paper = read_paper(invoice)
        assert (paper.seller.name, paper.buyer.name, paper.language) == (
            "Example Hosting GmbH",
            "Dupont & Fils SARL",
            "en",
        )
        assert paper.transfer is not None
        assert paper.transfer.facts[1].value == "DE89 3704 0044 0532 0130 00"

    def test_an_older_row_without_snapshots_takes_the_present(self, dupont: Client) -> None:
        invoice = make_invoice(dupont, [Charge("License", "10.00")], is_snapshot=False)
        paper = read_paper(invoice)
        assert (paper.seller.name, paper.buyer.name) == ("Example Hosting GmbH", "Dupont & Fils SARL")
        assert paper.transfer is not None
        assert paper.transfer.code.startswith("BCD")
        invoice.refresh_from_db()
        assert invoice.seller == {}  # nothing is written by looking

    def test_nobody_has_said_who_sells(self, settings: Any) -> None:
        settings.PORTAL_NAME, settings.BANK_DETAILS = "Our portal", "IBAN DE00\\nBank"
        paper = read_paper(make_invoice(make_client(first_name="Anna", last_name="Berg"), [Charge("License", "10")]))
        assert paper.seller == Party("Our portal")
        assert paper.buyer.name == "Anna Berg"
        assert paper.transfer is not None
        assert (paper.transfer.text, paper.transfer.code) == ("IBAN DE00\nBank", "")

    def test_nobody_has_said_where_to_pay(self, settings: Any) -> None:
        settings.BANK_DETAILS = ""
        assert read_paper(make_invoice(make_client(), [Charge("License", "10")])).transfer is None

    def test_an_account_of_another_currency_is_none(self, vektor: Client, settings: Any) -> None:
        settings.BANK_DETAILS = ""
        assert read_paper(make_invoice(make_client(currency="EUR"), [Charge("License", "10")])).transfer is None

    def test_an_english_bill_in_rubles_fills_in_a_russian_transfer(self, vektor: Client) -> None:
        client = make_client(currency="RUB", language="en", first_name="John", last_name="Smith")
        transfer = read_paper(make_invoice(client, [LICENSE])).transfer
        assert transfer is not None
        assert not transfer.is_form
        assert transfer.facts[-2] == Fact("BIC (БИК)", "044525225")
        assert transfer.purpose.startswith("Оплата по счёту")
        assert transfer.code.startswith("ST00012|")


@pytest.mark.parametrize(
    "status", [status for status in InvoiceStatus if status not in ("UNPAID", "PAYMENT_PENDING", "COLLECTIONS")]
)
def test_nothing_is_to_be_transferred_for_what_awaits_no_money(dupont: Client, status: str) -> None:
    invoice = make_invoice(dupont, [Charge("License", "10.00")], status=status, number="INV-9")
    assert read_paper(invoice).transfer is None


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("status", InvoiceStatus)
def test_every_status_is_a_word(dupont: Client, status: str, language: str) -> None:
    invoice = make_invoice(dupont, [Charge("License", "10.00")], status=status, number="INV-9")
    Invoice.objects.update(language=language)
    assert read_paper(invoice).status


def test_more_lines_take_no_more_queries(dupont: Client) -> None:
    def count(invoice: Invoice) -> int:
        with CaptureQueriesContext(connection) as captured:
            read_paper(invoice)
        return len(captured)

    few = make_invoice(dupont, [Charge("License", "10.00")])
    many = make_invoice(dupont, [Charge(f"License {number}", "10.00", start=date(2026, 1, 1)) for number in range(50)])
    for invoice in (few, many):
        pay_up(invoice, reference=f"transfer-{invoice.pk}")
    assert count(few) == count(many) <= 4
