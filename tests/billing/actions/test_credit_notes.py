from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.actions.chargebacks import reverse_payment
from billing.actions.credit_notes import CreditNoteInvalid, InvoiceNotNumbered, issue_credit_note
from billing.actions.invoicing import DraftLine, create_draft, publish_invoice
from billing.actions.payments import record_payment
from billing.actions.renewals import issue_renewal_now
from billing.models import Client, CreditNote, CreditNoteTo, Email, Invoice, InvoiceLine, TaxRule
from billing.queries.clock import business_date, database_now
from billing.queries.corrections import amount_left, lines_left, spread
from catalog.money import round_money
from tests.billing.actions.books import balances, books_are_right, credit_of, fresh
from tests.builders import World, bill, make_active_service, make_client, pay
from tests.examples import examples
from tests.kept_scenes import kept_scene

D = Decimal


@pytest.fixture
def client(db: None) -> Client:
    TaxRule.objects.create(name="VAT", rate=D(19))
    return make_client()


@pytest.fixture
@kept_scene
def paid(client: Client) -> Invoice:
    """119 and 11.90, tax included."""
    invoice = bill(client, "100", "10")
    pay(invoice)
    return fresh(invoice)


def take_back(invoice: Invoice, *, to: CreditNoteTo = CreditNoteTo.CREDIT, **values: Any) -> CreditNote:
    values = {"reason": "wrong product", "actor": "x", **values}
    return issue_credit_note(invoice=invoice, to=to, now=database_now(), **values)


def lines_of(invoice: Invoice) -> list[int]:
    return list(invoice.lines.order_by("pk").values_list("pk", flat=True))


def test_the_whole_becomes_credit_and_frees_the_lines(client: Client, paid: Invoice) -> None:
    note = take_back(paid)
    assert (note.subtotal, note.tax, note.total, note.to_credit) == (110, D("20.90"), D("130.90"), D("130.90"))
    assert [(line.amount, line.tax) for line in note.lines.all()] == [(100, 19), (10, D("1.90"))]
    assert fresh(paid).status == "REFUNDED"
    assert not InvoiceLine.objects.filter(is_voided=False).exists()
    assert credit_of(client) == D("130.90")
    assert balances() == {"CLEARING": D("130.90"), "CREDIT": D("-130.90")}
    assert books_are_right()
    assert Email.objects.filter(letter="credit_note.issued").count() == 1


def test_a_part_leaves_the_invoice_paid(client: Client, paid: Invoice) -> None:
    note = take_back(paid, amounts={lines_of(paid)[0]: D("59.50")})
    assert (note.subtotal, note.tax) == (50, D("9.50"))
    assert (fresh(paid).status, fresh(paid).amount_refunded) == ("PAID", D("59.50"))
    assert credit_of(client) == D("59.50")
    assert books_are_right()


def test_what_is_to_be_given_back_waits(paid: Invoice) -> None:
    note = take_back(paid, to=CreditNoteTo.REFUND)
    assert (note.to_credit, note.to_refund) == (0, D("130.90"))
    assert balances() == {"CLEARING": D("130.90"), "REFUNDS": D("-130.90")}
    assert books_are_right()


def test_open_balance_is_reduced_first(client: Client, paid: Invoice) -> None:
    """The bank took the payment back; a part was paid again, the rest is a mistake."""
    reverse_payment(payment=paid.payments.get(), reason="bank", actor="x", now=database_now())
    record_payment(invoice=paid, gateway="manual", reference="again", amount=D(100), actor="x", now=database_now())
    note = take_back(paid, amounts={lines_of(paid)[0]: D("50")})
    assert (note.to_balance, note.to_credit) == (D("30.90"), D("19.10"))
    left = fresh(paid)
    assert (left.status, left.balance, left.number) == ("PAID", 0, paid.number)
    assert books_are_right()


def test_no_more_of_a_line_than_it_charged(paid: Invoice) -> None:
    first, second = lines_of(paid)
    take_back(paid, amounts={first: D(100)})
    with pytest.raises(CreditNoteInvalid, match=r"Only €19\.00 is left") as refusal:
        take_back(paid, amounts={first: D("19.01"), second: D(1)})
    assert list(refusal.value.errors) == [f"lines.{first}"]
    assert CreditNote.objects.count() == 1


@pytest.mark.parametrize("amount", ["-1", "0.001", "NaN", "1e20"])
def test_an_amount_that_cannot_be_names_its_line(paid: Invoice, amount: str) -> None:
    first = lines_of(paid)[0]
    with pytest.raises(CreditNoteInvalid) as refusal:
        take_back(paid, amounts={first: D(amount)})
    assert list(refusal.value.errors) == [f"lines.{first}"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 256}, "reason"),
        ({"amounts": {}}, "lines"),
        ({"amounts": {0: D(1)}}, "lines.0"),
    ],
)
def test_a_note_that_cannot_be_names_its_field(paid: Invoice, values: dict[str, Any], field: str) -> None:
    with pytest.raises(CreditNoteInvalid) as refusal:
        take_back(paid, **values)
    assert list(refusal.value.errors) == [field]


def test_only_numbered_invoices_have_notes(client: Client) -> None:
    with pytest.raises(InvoiceNotNumbered, match="cancel it"):
        take_back(bill(client, "100"))


def test_nothing_is_taken_back_twice(paid: Invoice) -> None:
    take_back(paid)
    with pytest.raises(CreditNoteInvalid, match="Nothing is left"):
        take_back(paid)


def test_a_discount_is_taken_back_with_what_it_is_for(world: World) -> None:
    client = world.client
    draft = create_draft(client=client, lines=[DraftLine("Work", D(100))], actor="x", now=database_now())
    InvoiceLine.objects.create(invoice=draft, kind="DISCOUNT", description="Code", amount=D(-20))
    invoice = publish_invoice(invoice=draft, actor="x", now=database_now())
    pay(invoice)
    work, discount = lines_of(invoice)
    with pytest.raises(CreditNoteInvalid, match="Take discounts back"):
        take_back(invoice, amounts={work: D(100)})
    with pytest.raises(CreditNoteInvalid, match="more than nothing"):
        take_back(invoice, amounts={discount: D(-20)})
    note = take_back(invoice)
    assert [line.amount for line in note.lines.order_by("pk")] == [100, -20]
    assert note.total == 80
    assert books_are_right()


def test_a_refunded_period_can_be_invoiced_again(world: World) -> None:
    service = make_active_service(world.client, world.lite, ip="192.0.2.1")
    today = business_date(database_now())
    first = issue_renewal_now(service=service, actor="x", now=database_now(), on=today)
    assert first is not None
    period = first.lines.get().period_start
    pay(first)
    take_back(fresh(first))
    type(service).objects.filter(pk=service.pk).update(next_due_date=period)
    again = issue_renewal_now(service=service, actor="x", now=database_now(), on=today)
    assert again is not None
    assert (again.pk != first.pk, again.lines.get().period_start) == (True, period)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    prices=st.lists(st.decimals("0.01", "500", places=2), min_size=1, max_size=4),
    rates=st.lists(st.sampled_from(["5", "7.7", "19", "22"]), max_size=2, unique=True),
    shares=st.lists(st.decimals("0.05", "1", places=2), min_size=1, max_size=5),
)
def test_notes_sum_up_to_the_line_to_the_cent(
    db: None, prices: list[Decimal], rates: list[str], shares: list[Decimal]
) -> None:
    """However a line is taken back, by parts or at once: what is left is never wrong, and in the end it is nothing."""
    TaxRule.objects.all().delete()
    for level, rate in enumerate(rates, start=1):
        TaxRule.objects.create(name=f"T{level}", rate=D(rate), level=level)
    invoice = bill(make_client(), *map(str, prices))
    pay(invoice)
    for share in shares:
        left = amount_left(fresh(invoice))
        amount = min(max(round_money(left * share, precision=2), D("0.01")), left)
        if left > 0:
            take_back(invoice, amounts=spread(amount, lines_left(invoice), precision=2))
    if amount_left(fresh(invoice)):
        take_back(invoice)
    for row in lines_left(invoice):
        notes = row.line.credit_note_lines.all()
        assert row.left == 0
        assert sum(note.amount for note in notes) == row.line.amount
        by_tax = [sum(D(note.taxes[place][2]) for note in notes) for place in range(len(rates))]
        assert by_tax == [D(amount) for _name, _rate, amount in row.line.taxes]
