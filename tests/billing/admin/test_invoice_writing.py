"""Drafts and corrections in the back office."""

from decimal import Decimal

import pytest
from django.test import Client as Browser

from billing.actions.credit_notes import issue_credit_note
from billing.actions.refunds import refund_payment
from billing.models import Client, CreditNote, CreditNoteTo, Email, Event, Invoice, Refund, RefundWay
from billing.queries.clock import database_now
from tests.billing.actions.books import books_are_right, credit_of, fresh, give_credit
from tests.billing.admin.pages import ask, buttons_on, days_away, dialog_of, page_of, press, succeeded, text_of
from tests.builders import bill, draft, make_client, pay

NEW = {"description": "Setup by hand", "amount": "100", "tax_treatment": "STANDARD", "payment_method": "bank_transfer"}


@pytest.fixture
def client(db: None) -> Client:
    return make_client()


class TestDrafts:
    def test_are_written_from_the_client_and_published(self, client: Client, sales: Browser) -> None:
        response = press(sales, client, "invoice", **NEW)
        invoice = Invoice.objects.get()
        assert response.headers["HX-Redirect"] == page_of(invoice)
        assert buttons_on(sales, invoice) == ["publish", "line", "terms", "cancel"]
        assert "owes €100.00" in ask(sales, invoice, "publish")
        assert succeeded(press(sales, invoice, "publish", is_client_told="on"))
        assert (fresh(invoice).status, Email.objects.count()) == ("UNPAID", 1)
        assert buttons_on(sales, invoice) == ["payment", "pending", "collections", "reissue", "write-off", "cancel"]

    def test_can_be_published_without_a_letter(self, client: Client, sales: Browser) -> None:
        press(sales, draft(client, "5"), "publish")
        assert not Email.objects.exists()

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("description", ""),
            ("amount", "-1"),
            ("amount", "0"),
            ("amount", "1.005"),
            ("tax_treatment", "NONE"),
            ("due_date", "2020-01-01"),
            ("payment_method", "gold"),
        ],
    )
    def test_a_wrong_value_comes_back_beside_its_field(
        self, client: Client, sales: Browser, field: str, value: str
    ) -> None:
        response = press(sales, client, "invoice", **{**NEW, field: value})
        assert field in response.context["form"].errors
        assert not Invoice.objects.exists()

    def test_lines_and_terms_change(self, client: Client, sales: Browser) -> None:
        invoice = draft(client, "100")
        (line,) = invoice.lines.all()
        assert "Change" in text_of(sales.get(page_of(invoice)))
        assert 'value="100"' in ask(sales, invoice, f"line-{line.pk}-change")
        values = {"description": "Less", "amount": "50", "tax_treatment": "STANDARD"}
        assert succeeded(press(sales, invoice, f"line-{line.pk}-change", **values))
        assert succeeded(press(sales, invoice, "line", **{**values, "amount": "7"}))
        assert fresh(invoice).total == 57
        assert "€50.00 less" in ask(sales, invoice, f"line-{line.pk}-remove")
        assert succeeded(press(sales, invoice, f"line-{line.pk}-remove"))
        assert fresh(invoice).total == 7
        later = days_away(30).isoformat()
        assert succeeded(press(sales, invoice, "terms", due_date=later, payment_method="bank_transfer", notes="PO 7"))
        assert fresh(invoice).due_date.isoformat() == later

    def test_lines_of_an_issued_invoice_have_no_buttons_and_refuse(self, client: Client, sales: Browser) -> None:
        invoice = bill(client, "100")
        (line,) = invoice.lines.all()
        assert f"line-{line.pk}" not in text_of(sales.get(page_of(invoice)))
        values = {"description": "Less", "amount": "50", "tax_treatment": "STANDARD"}
        assert "never changes" in text_of(press(sales, invoice, f"line-{line.pk}-change", **values))

    def test_rows_of_other_invoices_are_not_found(self, client: Client, sales: Browser) -> None:
        mine, other = draft(client, "5"), draft(client, "6")
        for code in (f"line-{other.lines.get().pk}-change", "line-1-done", "refund-1-done", "line-0-remove"):
            assert sales.get(dialog_of(mine, code)).status_code == 404

    def test_support_writes_none(self, client: Client, support: Browser) -> None:
        assert support.post(dialog_of(client, "invoice"), NEW).status_code == 403
        invoice = draft(client, "5")
        assert buttons_on(support, invoice) == []
        assert support.post(dialog_of(invoice, "publish")).status_code == 403
        assert support.post(dialog_of(invoice, f"line-{invoice.lines.get().pk}-remove")).status_code == 403


class TestCorrections:
    def test_a_credit_note_over_all_that_is_left(self, client: Client, sales: Browser) -> None:
        invoice = bill(client, "100")
        pay(invoice)
        assert "€100.00 that is left" in ask(sales, invoice, "credit-note")
        assert succeeded(press(sales, invoice, "credit-note", scope="whole", to="CREDIT", reason="wrong"))
        assert (fresh(invoice).status, credit_of(client)) == ("REFUNDED", 100)
        page = text_of(sales.get(page_of(invoice)))
        assert CreditNote.objects.get().number in page
        assert buttons_on(sales, invoice) == ["refund", "stray-payment", "chargeback"]

    def test_a_credit_note_over_parts_of_lines(self, client: Client, sales: Browser) -> None:
        invoice = bill(client, "100", "50")
        pay(invoice)
        first, second = invoice.lines.order_by("pk")
        values = {"scope": "lines", "to": "REFUND", "reason": "wrong", f"lines.{first.pk}": "101"}
        response = press(sales, invoice, "credit-note", **values)
        assert list(response.context["form"].errors) == [f"lines.{first.pk}"]
        assert succeeded(press(sales, invoice, "credit-note", **{**values, f"lines.{first.pk}": "40"}))
        assert CreditNote.objects.get().to_refund == 40
        assert second.credit_note_lines.count() == 0
        assert "€40.00</span> of credit note" in text_of(sales.get(page_of(invoice)))
        promised = {"credit_note": CreditNote.objects.get().pk, "amount": "40", "way": "RECORDED"}
        refund = {"payment": invoice.payments.get().pk, "reason": "x", "request_key": "k", **promised}
        assert succeeded(press(sales, invoice, "refund", **refund))
        assert "of credit note" not in text_of(sales.get(page_of(invoice)))
        assert books_are_right()

    def test_a_refund_twice_by_a_double_click_is_one(self, client: Client, sales: Browser) -> None:
        invoice = bill(client, "100")
        payment = pay(invoice)
        words = ask(sales, invoice, "refund")
        assert "at most €100.00 back" in words
        values = {"payment": payment.pk, "amount": "30", "way": "RECORDED", "reason": "x", "request_key": "form 1"}
        for _click in range(2):
            assert succeeded(press(sales, invoice, "refund", **values))
        assert Refund.objects.count() == 1

    @pytest.mark.parametrize(
        ("field", "value"), [("amount", "100.01"), ("amount", "-1"), ("way", "GATEWAY"), ("payment", "0")]
    )
    def test_a_wrong_refund_comes_back_beside_its_field(
        self, client: Client, sales: Browser, field: str, value: str
    ) -> None:
        invoice = bill(client, "100")
        values = {
            "payment": pay(invoice).pk,
            "amount": "30",
            "way": "RECORDED",
            "reason": "x",
            "request_key": "k",
            field: value,
        }
        response = press(sales, invoice, "refund", **values)
        assert field in response.context["form"].errors
        assert not Refund.objects.exists()

    def test_what_a_gateway_never_answered_is_settled_by_hand(
        self, client: Client, sales: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("billing.gateways.REFUNDING", frozenset({"bank_transfer"}))
        invoice = bill(client, "100")
        payment = pay(invoice)
        first, second = (
            refund_payment(
                payment=payment,
                amount=Decimal(10),
                way=RefundWay.GATEWAY,
                reason="x",
                request_key=key,
                actor="x",
                now=database_now(),
            )
            for key in ("a", "b")
        )
        page = text_of(sales.get(page_of(invoice)))
        assert f"refund-{first.pk}-done" in page
        assert succeeded(press(sales, invoice, f"refund-{first.pk}-done", reference="re_1"))
        assert succeeded(press(sales, invoice, f"refund-{second.pk}-failed", error="card closed"))
        assert list(Refund.objects.order_by("pk").values_list("status", flat=True)) == ["DONE", "FAILED"]
        assert "card closed" in text_of(sales.get(page_of(invoice)))

    def test_a_chargeback(self, client: Client, sales: Browser) -> None:
        invoice = bill(client, "100")
        values = {"payment": pay(invoice).pk, "fee": "15", "reason": "disputed"}
        assert "collections" in ask(sales, invoice, "chargeback")
        assert succeeded(press(sales, invoice, "chargeback", **values))
        assert fresh(invoice).status == "COLLECTIONS"
        assert "chargeback" not in buttons_on(sales, invoice)
        assert "taken back by the bank" in text_of(sales.get(page_of(invoice)))

    def test_cancelling_says_what_becomes_of_the_money(self, client: Client, sales: Browser) -> None:
        invoice = bill(client, "100")
        press(sales, invoice, "payment", gateway="manual", amount="40", reference="r")
        words = ask(sales, invoice, "cancel")
        assert "€60.00 is no longer asked" in words
        assert "€40.00 that was paid" in words
        assert succeeded(press(sales, invoice, "cancel"))
        assert (fresh(invoice).status, credit_of(client)) == ("CANCELLED", 40)

    def test_written_anew_it_leads_to_the_draft(self, client: Client, sales: Browser) -> None:
        invoice = bill(client, "100")
        response = press(sales, invoice, "reissue", reason="wrong address")
        copy = Invoice.objects.latest("pk")
        assert response.headers["HX-Redirect"] == page_of(copy)
        assert (fresh(invoice).status, copy.status) == ("CANCELLED", "DRAFT")

    @pytest.mark.parametrize(
        ("codes", "status"),
        [
            (["pending"], "PAYMENT_PENDING"),
            (["pending", "failed"], "UNPAID"),
            (["collections"], "COLLECTIONS"),
            (["write-off"], "CANCELLED"),
        ],
    )
    def test_states(self, client: Client, sales: Browser, codes: list[str], status: str) -> None:
        invoice = bill(client, "100")
        for code in codes:
            assert ask(sales, invoice, code)
            assert succeeded(press(sales, invoice, code))
        assert fresh(invoice).status == status

    def test_the_books_on_the_page_have_words_for_everything(self, client: Client, sales: Browser) -> None:
        invoice = bill(client, "100")
        press(sales, invoice, "payment", gateway="manual", amount="100", fee="2", reference="r")
        issue_credit_note(invoice=fresh(invoice), to=CreditNoteTo.REFUND, reason="x", actor="x", now=database_now())
        page = text_of(sales.get(page_of(invoice)))
        for words in ("Gateway fees", "Refunds to pay", "Credit note issued"):
            assert words in page
        for name in ("credit_note.issued", "invoice.refunded"):
            assert name not in page

    def test_the_page_takes_no_more_queries_for_more_rows(
        self, client: Client, sales: Browser, django_assert_max_num_queries: object
    ) -> None:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        counts = []
        for size in (1, 4):
            invoice = bill(client, *["10"] * size)
            for number in range(size):
                press(sales, invoice, "payment", gateway="manual", amount="10", reference=f"{size}-{number}")
            with CaptureQueriesContext(connection) as captured:
                sales.get(page_of(invoice))
            counts.append(len(captured))
        assert counts[0] == counts[1]


class TestCredit:
    def test_is_corrected_with_a_reason(self, client: Client, sales: Browser) -> None:
        assert "take-credit" not in buttons_on(sales, client)
        give_credit(client, "50")
        response = press(sales, client, "take-credit", amount="50.01", reason="paid out")
        assert "€50.00 of credit" in text_of(response)
        assert succeeded(press(sales, client, "take-credit", amount="20", reason="paid out"))
        assert credit_of(client) == 30
        assert Event.objects.filter(name="credit.taken").count() == 1

    def test_has_a_statement(self, client: Client, sales: Browser, support: Browser) -> None:
        give_credit(client, "50")
        address = f"{page_of(client).removesuffix('change/')}credit/"
        page = text_of(sales.get(address))
        assert "in advance" in page
        assert address in text_of(sales.get(page_of(client)))
        assert support.get(address).status_code == 200
        assert sales.get(address.replace(str(client.pk), "999999")).status_code == 404
