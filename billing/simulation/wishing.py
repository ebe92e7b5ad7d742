"""What clients and operators do with services: order, end, change the cycle, renew early."""

from datetime import timedelta
from itertools import count
from random import Random

from django.db import transaction

from billing.actions.cancellations import CancellationRefused, request_cancellation, withdraw_cancellation
from billing.actions.checkouts import Checkout, ItemRequest
from billing.actions.commands import CommandInvalid, CommandNotAllowed
from billing.actions.cycles import change_cycle
from billing.actions.lifecycle import activate_by_hand
from billing.actions.ordering import OrderInvalid, place_order
from billing.actions.renewals import RenewalRefused, issue_renewal_now
from billing.models import CancellationRequest, CancellationStatus, CancellationType, Client, Order, Service
from billing.queries.clock import business_date
from billing.queries.cycles import cycle_offers
from billing.simulation.agenda import pick
from billing.simulation.clock import SimulatedClock
from billing.simulation.shop import ACTOR, CYCLE_WEIGHTS, LICENSE_CYCLES, Shop
from billing.simulation.till import Till

GATEWAY = "bank_transfer"


class Wishes:
    """Picks who wants what by chance; what is refused is not done."""

    def __init__(self, *, clock: SimulatedClock, till: Till, shop: Shop, dice: Random) -> None:
        self.clock, self.till, self.shop, self.dice = clock, till, shop, dice
        self.orders = count(1)

    def order(self) -> None:
        """One to three units of one product for some client."""
        number = next(self.orders)
        product = self.dice.choices(self.shop.products, self.shop.weights)[0]
        cycles = LICENSE_CYCLES if product.module else tuple(CYCLE_WEIGHTS)
        cycle = self.dice.choices(cycles, [CYCLE_WEIGHTS[one] for one in cycles])[0]
        code = self.dice.choice(self.shop.codes) if self.dice.random() < 0.2 else ""
        client = Client.objects.get(pk=self.dice.choice(self.shop.clients).pk)
        uses_credit = self.dice.random() < 0.2
        fields = {"ip": f"10.{number // 65536}.{number // 256 % 256}.{number % 256}"} if product.module else {}
        try:
            order = self._place(client, ItemRequest(product, cycle, 1, fields), number, code, uses_credit=uses_credit)
        except OrderInvalid:
            # The code is used up.
            order = self._place(client, ItemRequest(product, cycle, 1, fields), number, "", uses_credit=False)
        self.till.happened["order"] += 1
        for service in Service.objects.filter(order_line__order=order):
            self.till.cycles[service.pk].append((service.registered_on, cycle))

    def _place(self, client: Client, item: ItemRequest, number: int, code: str, *, uses_credit: bool) -> Order:
        return place_order(
            checkout=Checkout(
                client=client,
                items=[item],
                payment_method=GATEWAY,
                key=f"order-{number}",
                promo_code=code,
                uses_credit=uses_credit,
            ),
            actor=ACTOR,
            now=self.clock(),
        )

    def set_up(self) -> None:
        """What has no module is set up by hand once it is paid."""
        paid = Service.objects.filter(status="PENDING", module="", paid_until__isnull=False).order_by("pk")
        for service in paid:
            with transaction.atomic():
                activate_by_hand(service=service, now=self.clock(), actor=ACTOR)

    def cancel(self) -> None:
        """Some client ends a service, at once or with what is paid."""
        service = pick(self.dice, Service.objects.live())
        way = self.dice.choices((CancellationType.END_OF_PERIOD, CancellationType.IMMEDIATE), (3, 1))[0]
        if service is None:
            return
        try:
            request_cancellation(service=service, type=way, reason="", actor=ACTOR, now=self.clock())
        except CancellationRefused:
            return
        self.till.happened[f"cancellation {way.lower()}"] += 1
        if way == CancellationType.IMMEDIATE:
            self.till.stopped[service.pk] = business_date(self.clock())

    def withdraw(self) -> None:
        """Some client wants to keep the service after all."""
        wish = pick(self.dice, CancellationRequest.objects.filter(status=CancellationStatus.OPEN))
        if wish is not None:
            withdraw_cancellation(wish=wish, actor=ACTOR, now=self.clock())
            self.till.happened["cancellation withdrawn"] += 1

    def change_cycle(self) -> None:
        """An operator changes the cycle of some service from its next invoice on."""
        service = pick(self.dice, Service.objects.live())
        offers = cycle_offers(service) if service is not None else []
        if service is None or not offers:
            return
        cycle = self.dice.choice(offers).cycle
        try:
            changed = change_cycle(service=service, cycle=cycle, actor=ACTOR, now=self.clock())
        except (CommandNotAllowed, CommandInvalid):
            return
        self.till.happened["cycle changed"] += 1
        if changed.next_due_date is not None:
            self.till.cycles[service.pk].append((changed.next_due_date, cycle))

    def renew_early(self) -> None:
        """Some service is renewed before its time."""
        today = business_date(self.clock())
        service = pick(self.dice, Service.objects.live().filter(next_due_date__gt=today + timedelta(days=14)))
        if service is None:
            return
        try:
            issue_renewal_now(service=service, actor=ACTOR, now=self.clock(), on=today)
        except RenewalRefused:
            return
        self.till.happened["renewed early"] += 1
