"""What an order asks for, checked against the catalog and against what the client has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from billing.models import LIVE_STATUSES, Client, Service
from billing.queries.addons import AddonParent, addon_price, asks_domain, supplied_values
from billing.queries.gateways import PAYMENT_METHODS
from billing.queries.order_items import CheckedItem, Faults, ItemFaults, RequestedItem
from billing.queries.order_parents import find_addon_parent
from billing.queries.order_units import find_collisions, find_quantity_fault, find_sharing_fault
from catalog.domains import DomainInvalid, clean_domain
from catalog.fields import FieldsInvalid, clean_field_values
from catalog.models import Price
from catalog.options import ChosenOption, OptionsInvalid, choose_options
from catalog.queries import get_price


def check_items(*, client: Client, items: Sequence[RequestedItem], payment_method: str) -> list[CheckedItem]:
    """Every line checked; raises ItemFaults with all that is wrong at once."""
    errors: Faults = {}
    if payment_method not in PAYMENT_METHODS:
        errors["payment_method"] = [_("Choose one of: %(methods)s.") % {"methods": ", ".join(PAYMENT_METHODS)}]
    if not items:
        errors["items"] = [_("Choose something to order.")]
    checked: list[CheckedItem | None] = []
    for index, item in enumerate(items):
        faults: Faults = {}
        addon_parent = find_addon_parent(client, item, items[:index], checked, faults)
        checked.append(_ItemCheck(client, item, addon_parent, faults).check())
        errors.update({f"items.{index}.{key}": messages for key, messages in faults.items()})
    errors.update(find_collisions(checked))
    if errors:
        raise ItemFaults(errors)
    return [line for line in checked if line is not None]


@dataclass(frozen=True, slots=True)
class _ItemCheck:
    """A line that is being checked: what is wrong with it is written into `faults`.

    `addon_parent` is what an addon is added to; without one an addon has faults already.
    """

    client: Client
    item: RequestedItem
    addon_parent: AddonParent | None
    faults: Faults

    def check(self) -> CheckedItem | None:
        """The line, or None with faults."""
        if self.item.product.is_addon and self.addon_parent is None:
            return None
        self._check_product()
        price = self._find_price()
        values, parent = self._read_fields()
        options = self._choose_options(price)
        domain = self._clean_domain()
        if not self.faults and (fault := find_sharing_fault(self.item.product, self.item.quantity, values)):
            self.faults["quantity"] = [fault]
        if self.faults or price is None:
            return None
        return CheckedItem(
            product=self.item.product,
            cycle=price.cycle,
            quantity=self.item.quantity,
            fields=values,
            options=options,
            unit_price=price.price,
            setup_fee=price.setup_fee,
            precision=self.client.currency.precision,
            parent=parent,
            parent_item=self.item.parent_item,
            parent_product=self.addon_parent.product if self.addon_parent else None,
            domain=domain,
        )

    def _check_product(self) -> None:
        if self.item.product.is_retired:
            self.faults["product"] = [_("This product is no longer sold.")]
        parents = self.addon_parent.quantity if self.addon_parent else None
        if fault := find_quantity_fault(self.item.product, self.item.quantity, parents=parents):
            self.faults["quantity"] = [fault]

    def _find_price(self) -> Price | None:
        """The price of the cycle asked for; an addon without one takes its parent's, else its own shortest."""
        product, currency = self.item.product, self.client.currency
        if self.addon_parent is not None and not self.item.cycle:
            price = addon_price(product, cycle=self.addon_parent.cycle, currency=currency)
        else:
            price = get_price(product, self.item.cycle, currency)
        if price is None:
            words = _("%(product)s is not offered for this period in %(currency)s.")
            self.faults.setdefault("cycle", [words % {"product": product.words.name, "currency": currency.pk}])
        return price

    def _read_fields(self) -> tuple[dict[str, str], Service | None]:
        """The values of the fields, and the service that the line belongs to."""
        product, parent = self.item.product, self.addon_parent
        values: dict[str, str] = {}
        service = parent.service if parent else None
        try:
            supplied = supplied_values(product, parent) if parent else {}
            values = clean_field_values(product, self.item.fields, supplied=supplied)
            if not product.is_addon:
                service = self._find_license(values)
        except FieldsInvalid as invalid:
            self.faults.update({f"fields.{key}": messages for key, messages in invalid.errors.items()})
        return values, service

    def _find_license(self, values: Mapping[str, str]) -> Service | None:
        """A module belongs to a live license of the same client, or to one that an operator vouches for (L1).

        Raises FieldsInvalid on `item`.
        """
        number = values.get("item", "")
        if self.item.product.kind != "addition" or not number:
            return None
        licenses = Service.objects.filter(client=self.client, kind="license", status__in=LIVE_STATUSES)
        parent = licenses.filter(remote_id=number).first()
        if parent is None and not self.item.is_item_unchecked:
            message = _("This client has no live ispmanager license with the number %(number)s.") % {"number": number}
            raise FieldsInvalid({"item": [message]})
        return parent

    def _choose_options(self, price: Price | None) -> tuple[ChosenOption, ...]:
        if price is None:
            # Which options there are depends on the period: the wrong period is told first.
            return ()
        try:
            return choose_options(
                self.item.product, self.item.options, cycle=price.cycle, currency=self.client.currency
            )
        except OptionsInvalid as invalid:
            self.faults.update({f"options.{key}": messages for key, messages in invalid.errors.items()})
            return ()

    def _clean_domain(self) -> str:
        """The domain that the service is for: typed, or that of what an addon is added to."""
        typed = self.item.domain.strip()
        if not self.item.product.is_domain_required:
            if typed:
                self.faults["domain"] = [_("This product is for no domain: leave it out.")]
            return ""
        if not typed:
            if asks_domain(self.item.product, self.addon_parent):
                self.faults["domain"] = [_("Enter the domain name that it is for.")]
            return (self.addon_parent.domain if self.addon_parent else "") or ""
        try:
            return clean_domain(typed)
        except DomainInvalid as invalid:
            self.faults["domain"] = [str(invalid)]
            return ""
