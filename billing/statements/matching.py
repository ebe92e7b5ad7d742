"""What a transfer may pay: proposals for a person to confirm. It reads no database and no clock."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from billing.models import Confidence, MatchReason
from billing.queries.bank_numbers import compact
from billing.statements.numbers import Tokens, find_bare, find_named, is_telling, tokens_of, without_separators

ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Payer:
    """Who sent money and what they wrote."""

    amount: Decimal
    currency: str
    purpose: str
    name: str = ""
    account: str = ""
    tax_id: str = ""


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An invoice that awaits money; `numbers` are all that it goes by: proforma, number, number of the order."""

    pk: int
    client_id: int
    currency: str
    balance: Decimal
    due_date: date
    numbers: tuple[str, ...]
    client_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """Shares by invoice id; without shares all is the client's credit, without a client nothing is proposed."""

    reason: MatchReason
    confidence: Confidence | None = None
    client_id: int | None = None
    shares: tuple[tuple[int, Decimal], ...] = ()


@dataclass
class Scene:
    """What is known when transfers are matched. Each proposal takes its share off what the next ones see.

    `closed`: number → client of invoices that await nothing any more; clients by tax number and by the account that
    they paid from before.
    """

    invoices: Sequence[OpenInvoice]
    closed: Mapping[str, int] = field(default_factory=dict)
    clients_by_tax_id: Mapping[str, int] = field(default_factory=dict)
    clients_by_account: Mapping[str, int] = field(default_factory=dict)
    taken: dict[int, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_id = {invoice.pk: invoice for invoice in self.invoices}
        self._telling: dict[Tokens, int] = {}
        self._bare: defaultdict[str, list[int]] = defaultdict(list)
        self._by_client: defaultdict[int, list[OpenInvoice]] = defaultdict(list)
        self._by_name: defaultdict[tuple[str, ...], set[int]] = defaultdict(set)
        self._by_amount: defaultdict[tuple[Decimal, str], list[int]] = defaultdict(list)
        for invoice in sorted(self.invoices, key=lambda one: (one.due_date, one.pk)):
            self._index(invoice)
        # Whose a number is, whether its invoice still awaits money or not.
        self._owners = {tokens_of(number): client for number, client in self.closed.items()}
        self._owners |= {tokens: self._by_id[pk].client_id for tokens, pk in self._telling.items()}
        self._longest = max(map(len, self._owners), default=0)

    def _index(self, invoice: OpenInvoice) -> None:
        for number in invoice.numbers:
            tokens = tokens_of(number)
            for written in (tokens, tokens_of(without_separators(number))):
                if is_telling(written):
                    self._telling[written] = invoice.pk
            if tokens and tokens[-1].isdigit() and invoice.pk not in self._bare[tokens[-1]]:
                self._bare[tokens[-1]].append(invoice.pk)
        self._by_client[invoice.client_id].append(invoice)
        for name in invoice.client_names:
            self._by_name[name_key(name)].add(invoice.client_id)
        self._by_amount[invoice.balance, invoice.currency].append(invoice.pk)

    def left(self, invoice: OpenInvoice) -> Decimal:
        """What no other proposal has taken yet."""
        return invoice.balance - self.taken.get(invoice.pk, ZERO)

    def named(self, text: Tokens, currency: str) -> list[OpenInvoice]:
        """The open invoices that a text names for certain."""
        found = [self._by_id[one] for one in find_named(text, self._telling, longest=self._longest)]
        return [one for one in found if one.currency == currency and self.left(one) > 0]

    def named_perhaps(self, text: Tokens, payer: Payer) -> list[OpenInvoice]:
        """Those of this amount whose bare number is in the text."""
        found = [self._by_id[pk] for number in find_bare(text) for pk in self._bare.get(number, ())]
        return [one for one in found if self._fits(one, payer)]

    def named_closed(self, text: Tokens) -> int | None:
        """The client of an invoice that is named and awaits nothing."""
        return next(iter(find_named(text, self._owners, longest=self._longest)), None)

    def open_of(self, client_id: int, currency: str) -> list[OpenInvoice]:
        """The oldest first."""
        return [one for one in self._by_client[client_id] if one.currency == currency and self.left(one) > 0]

    def client_of(self, payer: Payer) -> int | None:
        """By tax number, else by an account that was paid from before."""
        by_tax_id = self.clients_by_tax_id.get(compact(payer.tax_id)) if payer.tax_id else None
        return by_tax_id or (self.clients_by_account.get(payer.account) if payer.account else None)

    def clients_named(self, name: str) -> set[int]:
        """Clients with open invoices and this name."""
        key = name_key(name)
        return self._by_name.get(key, set()) if key else set()

    def of_amount(self, payer: Payer) -> list[OpenInvoice]:
        """Open invoices over exactly this amount."""
        found = [self._by_id[pk] for pk in self._by_amount.get((payer.amount, payer.currency), ())]
        return [one for one in found if self._fits(one, payer)]

    def _fits(self, invoice: OpenInvoice, payer: Payer) -> bool:
        return invoice.currency == payer.currency and self.left(invoice) == payer.amount


_LEGAL_FORMS: Final = frozenset(
    ("OOO", "AO", "ПAO", "ЗAO", "ИП", "GMBH", "UG", "AG", "KG", "LTD", "LLC", "INC", "SARL", "BV", "SRL", "SP", "ZOO")
)


def name_key(name: str) -> tuple[str, ...]:
    """A name without its legal form, quotes and order of words."""
    return tuple(sorted(word for word in tokens_of(name) if word not in _LEGAL_FORMS))


def propose(payer: Payer, scene: Scene) -> Proposal:
    """The likeliest use of a transfer, which is taken off the scene: two transfers never count on the same balance."""
    text = tokens_of(payer.purpose)
    client_id = scene.client_of(payer)
    found = (
        _by_number(payer, scene, text, client_id)
        or _by_client(payer, scene, text, client_id)
        or _by_likeness(payer, scene)
    )
    for invoice_id, amount in found.shares:
        scene.taken[invoice_id] = scene.taken.get(invoice_id, ZERO) + amount
    return found


def _by_number(payer: Payer, scene: Scene, text: Tokens, client_id: int | None) -> Proposal | None:
    named = scene.named(text, payer.currency)
    if not named:
        return None
    first = named[0]
    same_client = [one for one in named if one.client_id == first.client_id]
    whole = sum((scene.left(one) for one in same_client), ZERO)
    if whole == payer.amount:
        shares = [(one.pk, scene.left(one)) for one in same_client]
        if client_id is not None and client_id != first.client_id:
            return _proposal(MatchReason.OTHER_PAYER, Confidence.LIKELY, first.client_id, shares)
        reason = MatchReason.NUMBER_AND_AMOUNT if len(shares) == 1 else MatchReason.SEVERAL_NUMBERS
        return _proposal(reason, Confidence.SURE, first.client_id, shares)
    shares = _fill(payer.amount, same_client, scene)
    return _proposal(MatchReason.OTHER_AMOUNT, Confidence.LIKELY, first.client_id, shares)


def _by_client(payer: Payer, scene: Scene, text: Tokens, client_id: int | None) -> Proposal | None:
    perhaps = scene.named_perhaps(text, payer)
    own = [one for one in perhaps if client_id in (None, one.client_id)]
    if len(own) == 1:
        return _proposal(MatchReason.BARE_NUMBER, Confidence.LIKELY, own[0].client_id, [(own[0].pk, payer.amount)])
    closed = scene.named_closed(text)
    if closed is not None:
        return _proposal(MatchReason.PAID_ALREADY, Confidence.UNSURE, closed, [])
    if client_id is None:
        return None
    invoices = scene.open_of(client_id, payer.currency)
    equal = [one for one in invoices if scene.left(one) == payer.amount]
    if equal:
        sure = Confidence.LIKELY if len(equal) == 1 else Confidence.UNSURE
        return _proposal(MatchReason.CLIENT_AND_AMOUNT, sure, client_id, [(equal[0].pk, payer.amount)])
    if len(invoices) > 1 and sum((scene.left(one) for one in invoices), ZERO) == payer.amount:
        shares = [(one.pk, scene.left(one)) for one in invoices]
        return _proposal(MatchReason.CLIENT_AND_SUM, Confidence.LIKELY, client_id, shares)
    if invoices:
        shares = _fill(payer.amount, invoices[:1], scene)
        return _proposal(MatchReason.OLDEST_OF_CLIENT, Confidence.UNSURE, client_id, shares)
    return _proposal(MatchReason.CREDIT_OF_CLIENT, Confidence.UNSURE, client_id, [])


def _by_likeness(payer: Payer, scene: Scene) -> Proposal:
    equal = scene.of_amount(payer)
    named = scene.clients_named(payer.name)
    of_name = [one for one in equal if one.client_id in named]
    if len(of_name) == 1:
        one = of_name[0]
        return _proposal(MatchReason.NAME_AND_AMOUNT, Confidence.LIKELY, one.client_id, [(one.pk, payer.amount)])
    if len(equal) == 1:
        one = equal[0]
        return _proposal(MatchReason.AMOUNT_ALONE, Confidence.UNSURE, one.client_id, [(one.pk, payer.amount)])
    return Proposal(MatchReason.NOTHING)


def _fill(amount: Decimal, invoices: Sequence[OpenInvoice], scene: Scene) -> list[tuple[int, Decimal]]:
    """Each what it needs while there is any; the last one gets what is too much, which becomes credit."""
    shares: list[tuple[int, Decimal]] = []
    for invoice in invoices:
        share = min(amount, scene.left(invoice))
        if share > 0:
            shares.append((invoice.pk, share))
            amount -= share
    if amount > 0:
        pk, share = shares[-1]
        shares[-1] = pk, share + amount
    return shares


def _proposal(
    reason: MatchReason, confidence: Confidence, client_id: int, shares: Iterable[tuple[int, Decimal]]
) -> Proposal:
    return Proposal(reason, confidence, client_id, tuple(shares))
