"""How clients pay: in time, late, in parts, too much, twice, never; what the bank and operators give back."""

from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import count
from random import Random

from billing.actions.chargebacks import PaymentNotReversible, reverse_payment
from billing.actions.invoicing import (
    AddFundsInvalid,
    MassPaymentInvalid,
    add_funds,
    cancel_invoice,
    move_to_collections,
    start_mass_payment,
    write_off_invoice,
)
from billing.actions.payments import add_credit, record_payment
from billing.actions.refunds import RefundInvalid, refund_payment
from billing.models import Invoice, InvoiceKind, InvoiceStatus, Payment, RefundWay
from billing.queries.clock import business_date
from billing.queries.refunds import refundable
from billing.simulation.agenda import Agenda, pick
from billing.simulation.clock import SimulatedClock, moment_of
from billing.simulation.shop import ACTOR
from billing.simulation.till import Till

HABITS = {"full": 60, "late": 12, "parts": 7, "over": 4, "twice": 3, "again": 3, "never": 7, "advance": 4}
CENT = Decimal("0.01")
GATEWAY = "bank_transfer"


class Payers:
    """Decides for each new invoice how it will be paid, and pays."""

    def __init__(self, *, clock: SimulatedClock, agenda: Agenda, till: Till, dice: Random) -> None:
        self.clock, self.agenda, self.till, self.dice = clock, agenda, till, dice
        self.seen, self.references = 0, count(1)

    def look_at_new_invoices(self) -> None:
        """Writes the payments of invoices that came since the last look into the agenda."""
        for invoice in Invoice.objects.filter(pk__gt=self.seen).order_by("pk"):
            self.seen = invoice.pk
            if invoice.status == InvoiceStatus.UNPAID and invoice.kind == InvoiceKind.SALE:
                self._decide(invoice)

    def _decide(self, invoice: Invoice) -> None:
        habit = self.dice.choices(tuple(HABITS), tuple(HABITS.values()))[0]
        self.till.happened[f"habit {habit}"] += 1
        days = self.dice.randint(-10, 0) if habit != "late" else self.dice.randint(1, 25)
        moment = self._moment(invoice, days)
        if habit == "parts":
            half = (invoice.balance / 2).quantize(CENT)
            self.agenda.add(moment, partial(self._pay, invoice, half))
            self.agenda.add(moment + timedelta(days=self.dice.randint(1, 20)), partial(self._pay, invoice))
        elif habit == "over":
            more = invoice.balance + Decimal(self.dice.randint(1, 500)) * CENT
            self.agenda.add(moment, partial(self._pay, invoice, more))
        elif habit == "twice":
            self.agenda.add(moment, partial(self._pay, invoice))
            self.agenda.add(moment + timedelta(days=2), partial(self._pay, invoice, invoice.balance))
        elif habit == "again":
            self.agenda.add(moment, partial(self._pay, invoice, None, True))
        elif habit == "advance":
            self.agenda.add(moment, partial(self._pay_in_advance, invoice))
        elif habit != "never":
            self.agenda.add(moment, partial(self._pay, invoice))

    def _moment(self, invoice: Invoice, days: int) -> datetime:
        moment = moment_of(invoice.due_date + timedelta(days=days), hours=self.dice.uniform(8, 20))
        return max(moment, self.clock() + timedelta(minutes=self.dice.randint(1, 600)))

    def _pay(self, invoice: Invoice, amount: Decimal | None = None, is_told_twice: bool = False) -> None:
        """The balance, or `amount` whatever has become of the invoice; some pay one that was cancelled."""
        invoice.refresh_from_db()
        if amount is None:
            amount = invoice.balance if invoice.is_payable else invoice.total
            if not invoice.is_payable and self.dice.random() < 0.6:
                return
        if amount <= 0:
            return
        fee = CENT * 10 if amount > 1 and self.dice.random() < 0.2 else Decimal(0)
        self.till.happened["payment" if invoice.is_payable else "payment nobody awaits"] += 1
        reference = f"transfer-{next(self.references)}"
        for _news in range(1 + is_told_twice):
            record_payment(
                invoice=invoice,
                gateway=GATEWAY,
                reference=reference,
                amount=amount,
                fee=fee,
                actor=ACTOR,
                now=self.clock(),
            )
        self.till.money += amount - fee

    def _pay_in_advance(self, invoice: Invoice) -> None:
        """Money for the client's account; the night uses it."""
        amount = invoice.total + self.dice.randint(0, 5)
        if amount > 0:
            add_credit(client=invoice.client, amount=amount, reason="in advance", actor=ACTOR, now=self.clock())
            self.till.money += amount
            self.till.happened["credit"] += 1

    def prepay(self) -> None:
        """Some client adds funds."""
        invoice = pick(self.dice, Invoice.objects.filter(status=InvoiceStatus.PAID))
        if invoice is None:
            return
        amount = Decimal(self.dice.randint(5, 60))
        try:
            asked = add_funds(
                client=invoice.client, amount=amount, payment_method=GATEWAY, actor=ACTOR, now=self.clock()
            )
        except AddFundsInvalid:
            return
        self.till.happened["funds added"] += 1
        self._pay(asked)

    def pay_together(self) -> None:
        """Some client pays all that is open at once."""
        invoice = pick(self.dice, Invoice.objects.filter(status=InvoiceStatus.UNPAID, kind=InvoiceKind.SALE))
        if invoice is None:
            return
        open_ones = Invoice.objects.filter(client=invoice.client, status=InvoiceStatus.UNPAID, kind=InvoiceKind.SALE)
        try:
            asked = start_mass_payment(
                client=invoice.client, invoices=list(open_ones), payment_method=GATEWAY, actor=ACTOR, now=self.clock()
            )
        except MassPaymentInvalid:
            return
        self.till.happened["paid together"] += 1
        self._pay(asked)

    def refund(self) -> None:
        """An operator gives a part or all of some payment back."""
        payment = pick(self.dice, Payment.objects.filter(reversed_at=None).select_related("invoice__client"))
        if payment is None:
            return
        way = self.dice.choice((RefundWay.RECORDED, RefundWay.CREDIT))
        most = refundable(payment, way=way).most
        amount = most if self.dice.random() < 0.5 else (most / 2).quantize(CENT)
        key = f"refund-{next(self.references)}"
        try:
            refund_payment(
                payment=payment,
                amount=amount,
                way=way,
                reason="asked for",
                request_key=key,
                actor=ACTOR,
                now=self.clock(),
            )
        except RefundInvalid:
            return
        self.till.happened[f"refund {way.lower()}"] += 1
        if way == RefundWay.RECORDED:
            self.till.money -= amount
            self.till.given_back[payment.pk] += amount

    def charge_back(self) -> None:
        """The bank takes some payment back, with a fee."""
        payment = pick(self.dice, Payment.objects.exclude(gateway="credit"))
        if payment is None:
            return
        try:
            reverse_payment(payment=payment, fee=Decimal(15), reason="bank", actor=ACTOR, now=self.clock())
        except PaymentNotReversible:
            return
        self.till.happened["chargeback"] += 1
        self.till.money -= payment.amount - self.till.given_back[payment.pk] + 15

    def give_up(self) -> None:
        """An operator leaves some overdue invoice to a collector, or writes it off."""
        overdue = Invoice.objects.filter(status=InvoiceStatus.UNPAID, due_date__lt=business_date(self.clock()))
        invoice = pick(self.dice, overdue.filter(kind=InvoiceKind.SALE))
        if invoice is not None and invoice.balance > 0:
            give_up = self.dice.choice((move_to_collections, write_off_invoice))
            give_up(invoice=invoice, actor=ACTOR, now=self.clock())
            self.till.happened["given up"] += 1

    def cancel_invoice(self) -> None:
        """An operator takes an unpaid renewal invoice back before it is due: the next night issues it anew."""
        today = business_date(self.clock())
        early = Invoice.objects.filter(status=InvoiceStatus.UNPAID, amount_paid=0, order=None, due_date__gt=today)
        invoice = pick(self.dice, early.filter(kind=InvoiceKind.SALE))
        if invoice is not None:
            cancel_invoice(invoice=invoice, actor=ACTOR, now=self.clock())
            self.till.happened["invoice cancelled"] += 1
