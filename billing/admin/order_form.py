"""An order in the making on one page: its lines, the prices granted for them, and how it is placed. Nothing is kept."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import cached_property

from billing.actions.checkouts import ItemRequest
from billing.actions.price_overrides import PriceOverride
from billing.admin.forms import dress
from billing.admin.order_inputs import LineTerms, PlacingForm, dress_all
from billing.forms.order_item import OrderItemForm
from billing.forms.product_inputs import FIELD_PREFIX, OPTION_PREFIX, ProductInputs
from billing.models import Client
from billing.queries.order_choices import ChoiceCode, ChosenProduct, load_choices, order_choices
from billing.queries.pages_store import LaterPayment, later_payments
from billing.queries.promotions import PromotionRefused, PromotionTerms, find_promotion
from billing.queries.terms import PricingTerms
from catalog.pricing import PricedItem, Quote, quote

MOST_LINES: Final = 20
_MARK: Final = re.compile(r"(\d{1,3}):(.+)")


@dataclass(frozen=True, slots=True)
class DraftItem:
    """One thing to order: its inputs and what is granted for it; `addon_of` is the place of the line it goes with."""

    inputs: ProductInputs
    terms: LineTerms
    addon_of: int | None = None


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A chosen product with the addons offered with it; `key` tells lines of one product apart."""

    key: str
    chosen: ChosenProduct
    form: OrderItemForm
    terms: LineTerms
    addons: tuple[tuple[Any, LineTerms], ...]

    @property
    def mark(self) -> str:
        """What the page sends back to keep the line."""
        return f"{self.key}:{self.chosen.code}"


class OrderDraft:
    """What was typed so far for `client`, ordered on `on`.

    `is_judged`: the order is to be placed, so all that is wrong is told. `adding` is the code of a product
    to put in, `removing` the key of a line to take out.
    """

    def __init__(
        self,
        client: Client,
        data: QueryDict,
        *,
        on: date,
        is_judged: bool = False,
        adding: str = "",
        removing: str = "",
    ) -> None:
        self.client, self.data, self.on, self.is_judged = client, data, on, is_judged
        self.address = f"{reverse('admin:billing_order_sums')}?client={client.pk}"
        found_marks = filter(None, map(_MARK.fullmatch, data.getlist("line")))
        marks: dict[str, str] = {match[1]: match[2] for match in found_marks}
        marks.pop(removing, None)
        if adding and len(marks) < MOST_LINES:
            marks[str(max(map(int, marks), default=0) + 1)] = adding
        codes = {key: code for key, text in marks.items() if (code := ChoiceCode.read(text))}
        found = load_choices(client, list(codes.values()))
        self.lines = [self._line(key, found[code]) for key, code in codes.items() if code in found]
        self.placing = self._placing()

    def _line(self, key: str, chosen: ChosenProduct) -> DraftLine:
        prefix = f"line{key}"
        form = OrderItemForm(
            self.data if self.is_judged else None,
            prefix=prefix,
            initial=None if self.is_judged else _typed(self.data, prefix),
            product=chosen.product,
            prices=chosen.prices,
            currency=self.client.currency,
            parent=chosen.parent,
            addons=chosen.addons,
            check_address=self.address,
        )
        for inputs in (form, *form.addon_forms):
            dress_all(inputs, self.address)
        addons = tuple((addon, self._terms(addon)) for addon in form.addon_forms)
        return DraftLine(key, chosen, form, self._terms(form), addons)

    def _terms(self, inputs: ProductInputs) -> LineTerms:
        prefix = f"{inputs.prefix}-terms"
        return LineTerms(
            self.data if self.is_judged else None,
            prefix=prefix,
            initial=None if self.is_judged else _typed(self.data, prefix),
            kind=inputs.product.kind if inputs.product.is_addon is False else "",
            address=self.address,
        )

    def _placing(self) -> PlacingForm:
        if self.is_judged:
            form = PlacingForm(self.data)
        elif "payment_method" in self.data:
            typed = {name: self.data.get(name, "") for name in PlacingForm.base_fields}
            form = PlacingForm(initial={**typed, "is_client_told": "is_client_told" in self.data})
        else:
            # A page without lines shows nothing of this form but its key.
            form = PlacingForm(initial={"checkout_key": self.data.get("checkout_key") or secrets.token_urlsafe(24)})
        for field in form.fields.values():
            dress(field)
        form.fields["promo_code"].widget.attrs["hx-post"] = self.address
        return form

    @property
    def choices(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """What can be put in."""
        return order_choices(self.client)

    @cached_property
    def items(self) -> list[DraftItem]:
        """The lines with the addons wanted, in the order in which they are ordered."""
        items: list[DraftItem] = []
        for line in self.lines:
            place = len(items)
            items.append(DraftItem(line.form, line.terms))
            items += [DraftItem(addon, terms, place) for addon, terms in line.addons if addon.is_chosen]
        return items

    def is_valid(self) -> bool:
        """Judges everything, so that all errors show at once."""
        forms_in_question: list[forms.BaseForm] = [self.placing, *(item.terms for item in self.items)]
        forms_in_question += [line.form for line in self.lines]
        return bool(self.lines) and all(form.is_valid() for form in forms_in_question)

    @property
    def requests(self) -> list[ItemRequest]:
        """What is asked for; the draft must be valid."""
        return [request for line in self.lines for request in self._requests_of(line)]

    def _requests_of(self, line: DraftLine) -> list[ItemRequest]:
        place = next(index for index, item in enumerate(self.items) if item.inputs is line.form)
        chosen = line.form.cleaned_data
        quantity = chosen.get("quantity", 1)
        main = ItemRequest(
            line.chosen.product,
            chosen["cycle"],
            quantity,
            chosen["fields"],
            chosen["options"],
            chosen["domain"],
            parent=line.chosen.parent.service if line.chosen.parent else None,
            is_item_unchecked=line.terms.cleaned_data.get("is_item_unchecked", False),
        )
        return [
            main,
            *(
                ItemRequest(
                    addon.product,
                    addon.chosen_price.cycle,
                    line.chosen.product.count_services(quantity),
                    addon.cleaned_data["fields"],
                    addon.cleaned_data["options"],
                    addon.cleaned_data["domain"],
                    parent_item=place,
                )
                for addon in line.form.chosen_addons
            ),
        ]

    @property
    def overrides(self) -> dict[int, PriceOverride]:
        """Place of an item → the price granted for it; the draft must be valid."""
        found = ((index, item.terms.override()) for index, item in enumerate(self.items))
        return {index: override for index, override in found if override is not None}

    def add_errors(self, errors: Mapping[str, list[str]]) -> None:
        """Puts what the action refuses (`items.0.fields.ip` → messages) beside the inputs that it is about."""
        for path, messages in errors.items():
            parts = path.split(".")
            form: forms.BaseForm = self.placing
            name = path
            if parts[0] == "items" and len(parts) > 2 and parts[1].isdecimal():
                item = self.items[int(parts[1])]
                form, name = _place_of(item, parts[2:])
            for message in messages:
                form.add_error(name if name in form.fields else None, message)

    @cached_property
    def _promotion(self) -> tuple[PromotionTerms | None, str]:
        """The promo code typed so far for what is chosen so far, and why it cannot be used."""
        code = str(self.placing["promo_code"].value() or "").strip()
        if not code or not self.items:
            return None, ""
        wanted = [(item.inputs.product, item.inputs.chosen_price.cycle) for item in self.items]
        currency_id = self.client.currency_id
        try:
            return find_promotion(code, client=self.client, currency_id=currency_id, wanted=wanted, on=self.on), ""
        except PromotionRefused as refusal:
            return None, str(refusal)

    @property
    def promo_error(self) -> str:
        """Why the promo code cannot be used, where that does not stand beside it yet."""
        return "" if "promo_code" in self.placing.errors else self._promotion[1]

    def quote(self) -> tuple[Quote, list[LaterPayment]] | None:
        """What all this costs now, and what comes again by cycle; None while a number makes no sense.

        A promo code is worked out on the granted prices, as the order will be.
        """
        items: list[PricedItem] = []
        terms = PricingTerms(client=self.client, on=self.on, promotion=self._promotion[0])
        for line in self.lines:
            priced = line.form.priced_items(terms)
            if priced is None:
                return None
            items += priced
        granted = [_granted(item, draft.terms) for item, draft in zip(items, self.items, strict=True)]
        quoted = quote(granted)
        return quoted, later_payments(granted, quoted)


def _granted(item: PricedItem, terms: LineTerms) -> PricedItem:
    return replace(
        item,
        unit_price=terms.granted("unit_price", item.unit_price),
        setup_fee=terms.granted("setup_fee", item.setup_fee),
    )


def _place_of(item: DraftItem, path: list[str]) -> tuple[forms.BaseForm, str]:
    if path[0] == "fields":
        return item.inputs, FIELD_PREFIX + path[-1]
    if path[0] == "options":
        return item.inputs, OPTION_PREFIX + path[-1]
    return (item.terms if path[0] in item.terms.fields else item.inputs), path[0]


def _typed(data: QueryDict, prefix: str) -> dict[str, Any]:
    """What was typed into inputs of `prefix`, those of addons in a map of their own."""
    typed: dict[str, Any] = {}
    for name, value in data.items():
        own, _dash, rest = name.removeprefix(f"{prefix}-").partition("-")
        if not name.startswith(f"{prefix}-"):
            continue
        if not rest:
            typed[own] = value
        elif own.startswith("addon_") and "-" not in rest:
            typed.setdefault(own, {})[rest] = value
    return typed
