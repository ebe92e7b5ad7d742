"""What a letter is about: its event with everything that belongs to it, its reader and its language."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from billing.letters.values import Amount, Moment, day, money
from billing.models import Client, Event, Invoice, Order, Service


@dataclass(frozen=True, slots=True)
class Scene:
    """The facts of one letter. `shows_secrets`: its reader may see keys and passwords of the service."""

    event: Event
    language: str
    is_for_client: bool
    shows_secrets: bool = False
    has_attachment: bool = False
    # To whom it really goes. Without a recipient it is only looked at: then no link in it acts for anybody.
    recipient: str = ""
    reader: Client | None = None

    @property
    def data(self) -> dict[str, Any]:
        """What the event keeps beside its subjects."""
        data: dict[str, Any] = self.event.data
        return data

    @property
    def client(self) -> Client | None:
        """The client who reads it, else whom the event is about."""
        return self.reader or self.event.client

    @property
    def order(self) -> Order | None:
        """The order that the event is about, else that of its service or invoice."""
        event = self.event
        if event.order is not None:
            return event.order
        if event.service is not None:
            return event.service.order_line.order
        return event.invoice.order if event.invoice is not None else None

    @property
    def invoice(self) -> Invoice | None:
        """The invoice that the event is about."""
        return self.event.invoice

    @property
    def service(self) -> Service | None:
        """The service that the event is about."""
        return self.event.service

    @property
    def currency(self) -> str:
        """The currency of the event's own amounts."""
        if "currency" in self.data:
            return str(self.data["currency"])
        return self.invoice.currency_id if self.invoice is not None else ""

    def amount(self, name: str) -> Amount | str:
        """An amount that the event keeps; "" where it keeps none. Without a currency it is the bare number."""
        found = self.data.get(name)
        if not found:
            return ""
        return money(found, self.currency, language=self.language) if self.currency else str(found)

    def money(self, number: Decimal, currency: str) -> Amount:
        """An amount in the letter's language."""
        return money(number, currency, language=self.language)

    def day(self, name: str) -> Moment:
        """A day that the event keeps."""
        return day(self.data.get(name) or None, language=self.language)
