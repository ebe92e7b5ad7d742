"""The account itself: who we are there, its money, its charges and its basket (partner-api.md §6.11)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from noc.client import PartnerClient
from noc.errors import AuthFailed, NotFound, PartnerError, ProtocolError, Rejected, Unavailable
from noc.listing import read_rows
from noc.schemas import Balance, Charge, Money, parse_int, parse_money, read_date
from noc.wire import Node

BALANCE_CALLS: Final[tuple[tuple[str, dict[str, str]], ...]] = (
    ("subaccount", {}),
    ("dashboard.info", {"dashboard": "info"}),
    ("usrparam", {}),
)


@dataclass(frozen=True, slots=True)
class AccountInfo:
    """A login that works; the balance is None where the account may not read it."""

    login: str
    balance: Balance | None


@dataclass(frozen=True, slots=True)
class BasketItem:
    """Something ordered and not paid."""

    id: str
    billorder: str
    type: str
    period: int | None
    cost: Money | None


def read_balance(client: PartnerClient) -> Balance:
    """The balance by the first function that this account may read and that shows one.

    Raises AuthFailed where the login fails, Unavailable without an answer, ProtocolError where none shows a balance.
    """
    refusal: PartnerError = ProtocolError("The partner shows no balance.")
    for func, params in BALANCE_CALLS:
        try:
            reply = client.read(func, **params)
        except AuthFailed as error:
            if error.type != "access":
                raise
            refusal = error
        except (ProtocolError, Rejected) as error:
            refusal = error
        else:
            for node in (*reply.rows(), reply):
                if balance := parse_balance(node):
                    return balance
    raise refusal


def parse_balance(node: Node) -> Balance | None:
    """Balance, currency and credit limit of a row or a form, None if it shows no balance."""
    shown = next(filter(None, (parse_money(node.text(name)) for name in ("balance", "realbalance"))), None)
    if shown is None:
        return None
    return Balance(shown.amount, shown.currency or read_currency(node), parse_credit(node, shown.amount))


def parse_credit(node: Node, balance: Decimal) -> Decimal:
    """How far below zero the account may go: named, or what is available beyond the balance. 0 if neither is shown."""
    named = next(filter(None, (parse_money(node.text(name)) for name in ("credit", "available_credit"))), None)
    available = parse_money(node.text("available"))
    if named is not None:
        return max(named.amount, Decimal(0))
    return max(available.amount - balance, Decimal(0)) if available else Decimal(0)


def read_currency(node: Node) -> str:
    """An ISO code beside an amount; ids of currencies are passed over."""
    names = ("currency_iso", "currency_str", "currency", "currency_code")
    texts = (text for name in names for text in (node.text(name), node.code(name)))
    return next((text.upper() for text in texts if len(text) == 3 and text.isalpha()), "")


def list_charges(client: PartnerClient) -> list[Charge]:
    """All expenses of the account, by id; rows without a readable amount are left out."""
    charges = (parse_charge(row) for row in read_rows(client, "expense"))
    return [charge for charge in charges if charge is not None]


def parse_charge(row: Node) -> Charge | None:
    amount = parse_money(row.text("amount"))
    if amount is None:
        return None
    return Charge(
        id=row.text("id"),
        name=row.text("locale_name") or row.text("name"),
        item=row.code("item") or row.text("item_id") or row.text("item"),
        amount=Money(amount.amount, amount.currency or read_currency(row)),
        charged_on=read_date(row, "realdate", "date", "cdate"),
    )


def basket_items(client: PartnerClient) -> list[BasketItem]:
    """What lies in the basket, unpaid."""
    reply = client.read("basket")
    rows = reply.named_list("itemlist") or reply.rows()
    return [
        BasketItem(
            id=row.text("item.id") or row.text("id"),
            billorder=row.text("billorder") or reply.text("billorder"),
            type=row.text("item.type") or row.text("type"),
            period=parse_int(row.code("item.period") or row.text("item.period") or row.text("period")),
            cost=parse_money(row.text("cost")),
        )
        for row in rows
    ]


def remove_from_basket(client: PartnerClient, *, billorder: str = "", item_id: str = "") -> None:
    """Takes our unpaid order out and leaves what others put there. Gone already is success.

    The item is named where it is known, else each item of the order, else the order. Raises ValueError without any.
    """
    if not (billorder or item_id):
        raise ValueError("Name the order or the item to remove.")
    targets = [item_id] if item_id else [item.id for item in basket_items(client) if item.billorder == billorder]
    for target in targets or [billorder]:
        try:
            client.write("basket", id=target, clicked_button="delete")
        except NotFound:
            continue
        except Rejected as error:
            if error.type != "missed" or error.object in ("func", "basket"):  # the function is missing, not the item
                raise


def test_connection(client: PartnerClient) -> AccountInfo:
    """One look at who we are, for the button *Test connection*. Raises the tree of `noc.errors`.

    A login that may read nothing at all is refused; one that may not read its balance is fine.
    """
    login, closed = client.credentials.username, False
    try:
        user = client.read("whoami").child("user")
        login = user.text("name") or user.text("email") or login if user else login
    except AuthFailed as error:
        if error.type != "access":
            raise
        closed = True
    except ProtocolError:  # the login works, only the function is missing
        pass
    try:
        return AccountInfo(login, read_balance(client))
    except (ProtocolError, Rejected, Unavailable):
        return AccountInfo(login, None)
    except AuthFailed as error:
        if error.type != "access" or closed:
            raise
        return AccountInfo(login, None)
