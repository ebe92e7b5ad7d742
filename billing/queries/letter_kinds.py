"""Which kind each letter is of: what clients may switch off, what is an offer, what goes to the accountant too."""

from collections.abc import Sequence
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from billing.models import Client


class LetterKind(models.TextChoices):
    """Kinds of letters to clients. Whoever buys from us gets those that are not in OPTIONAL."""

    ACCOUNT = "ACCOUNT", _("The account: confirmation, password")
    BILLING = "BILLING", _("Invoices, payments, reminders")
    SERVICE = "SERVICE", _("Services: keys, suspension, the end")
    RENEWALS = "RENEWALS", _("Renewals that were carried out")
    ORDERS = "ORDERS", _("Orders and cancellations")
    AFFILIATE = "AFFILIATE", _("Affiliate program")
    NEWS = "NEWS", _("News and offers")


# A client switches these off one by one; NEWS have a wish of their own (`Client.is_subscribed`).
OPTIONAL: Final = (LetterKind.RENEWALS, LetterKind.ORDERS, LetterKind.AFFILIATE)
NOT_WANTED: Final = gettext_noop("The client does not want letters of this kind.")
NEWS: Final = "client.news"
_BY_NAME: Final = {
    NEWS: LetterKind.NEWS,
    "service.renewed": LetterKind.RENEWALS,
    "service.unsuspended": LetterKind.RENEWALS,
}
_BY_FIRST_WORD: Final = {
    "affiliate": LetterKind.AFFILIATE,
    "cancellation": LetterKind.ORDERS,
    "client": LetterKind.ACCOUNT,
    "credit_note": LetterKind.BILLING,
    "invoice": LetterKind.BILLING,
    "invoices": LetterKind.BILLING,
    "order": LetterKind.ORDERS,
    "refund": LetterKind.BILLING,
    "user": LetterKind.ACCOUNT,
    "withdrawal": LetterKind.AFFILIATE,
}


def kind_of(letter: str) -> LetterKind:
    """The kind of a letter by its name; what is not known is about services, which nobody can switch off."""
    return _BY_NAME.get(letter) or _BY_FIRST_WORD.get(letter.partition(".")[0], LetterKind.SERVICE)


def is_wanted(client: Client, letter: str) -> bool:
    """Whether the client wants letters of its kind."""
    kind = kind_of(letter)
    if kind == LetterKind.NEWS:
        return client.is_subscribed
    return kind not in OPTIONAL or kind.value not in client.declined_letters


def recipients_of(client: Client, letter: str) -> Sequence[str]:
    """The client's own address, and those that get copies of letters about invoices."""
    copies = client.copy_emails if kind_of(letter) == LetterKind.BILLING else []
    return list(dict.fromkeys([client.email, *copies]))
