"""What stands on invoices for a service: the product as it was ordered, the domain that it is for, how many units."""

from typing import Final

from billing.models import Service
from catalog.domains import domain_words

LENGTH: Final = 255


def charged_words(service: Service) -> str:
    """`Hosting (extra space: 3) – example.com × 5`: what a period and a discount are charged for."""
    return units_words(service, ordered=service.order_line.description)


def units_words(service: Service, *, ordered: str) -> str:
    """The same where the words of the order are at hand."""
    return _join(service, ordered, f" × {service.quantity}" if service.quantity > 1 else "")


def once_words(service: Service) -> str:
    """The same without the number of units: what is charged once for a service, however many it has."""
    return _join(service, service.order_line.description, "")


def _join(service: Service, ordered: str, units: str) -> str:
    """A description that is too long gives way: what tells services apart stands at the end."""
    domain = f" – {domain_words(service.domain)}" if service.domain else ""
    tail = domain[: LENGTH - len(units)] + units
    return ordered[: LENGTH - len(tail)] + tail
