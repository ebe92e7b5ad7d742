from datetime import date
from decimal import Decimal

import httpx
import pytest

from noc import account
from noc.errors import AuthFailed, ProtocolError, Rejected, Unavailable
from noc.schemas import Balance, Money
from tests.noc.partner import Partner

DENIED = b'{"error":{"type":"access","object":"dashboard.subaccount_credit","msg":"Insufficient privileges"}}'
NO_FUNCTION = b'{"error":{"type":"missed","object":"func","msg":"Could not find function"}}'
MISSED = b'{"error":{"type":"missed","object":"item","msg":"The item does not exist"}}'
DONE = b'{"doc":{"ok":{}}}'


def test_the_balance_is_read_from_the_subaccount() -> None:
    partner = Partner("subaccount.json")
    assert account.read_balance(partner.client) == Balance(Decimal("1234.50"), "RUB", Decimal("100.00"))


def test_the_next_function_is_asked_where_one_is_closed() -> None:
    partner = Partner(DENIED, "dashboard.bjson")
    assert account.read_balance(partner.client) == Balance(Decimal("12.50"), "EUR")
    partner = Partner(NO_FUNCTION, b'{"doc":{"elem":{}}}', "usrparam.xml")
    assert account.read_balance(partner.client) == Balance(Decimal("-5.25"), "EUR")
    assert partner.functions == ["subaccount", "dashboard.info", "usrparam"]


def test_what_is_available_beyond_the_balance_is_credit() -> None:
    shown = b'{"doc":{"elem":{"balance":{"$":"2.50 EUR"},"available":{"$":"1 002.50 EUR"}}}}'
    partner = Partner(DENIED, shown.replace(b"1 002", "1\u00a0002".encode()))
    assert account.read_balance(partner.client) == Balance(Decimal("2.50"), "EUR", Decimal("1000.00"))
    less = b'{"doc":{"elem":{"balance":{"$":"2.50 EUR"},"available":{"$":"1.00 EUR"}}}}'
    assert account.read_balance(Partner(DENIED, less).client).credit == 0


def test_no_balance_anywhere_is_told() -> None:
    with pytest.raises(AuthFailed):
        account.read_balance(Partner(DENIED, DENIED, DENIED).client)
    with pytest.raises(ProtocolError):
        account.read_balance(Partner(*[b'{"doc":{"elem":{}}}'] * 3).client)


def test_a_refused_login_is_not_tried_on_other_functions() -> None:
    partner = Partner("error_auth.json")
    with pytest.raises(AuthFailed):
        account.read_balance(partner.client)
    assert len(partner.requests) == 1


def test_charges_are_read_with_item_amount_and_day() -> None:
    old, new = account.list_charges(Partner("expense.json").client)
    assert (new.id, new.item, new.amount) == ("10", "1234567", Money(Decimal("4.00"), "EUR"))
    assert (new.charged_on, new.name) == (date(2026, 4, 21), "ispmanager 6 lite #1234567")
    assert old.amount == Money(Decimal("12.00"), "EUR")


def test_the_basket_is_read() -> None:
    ours, other = account.basket_items(Partner("basket.json").client)
    assert (ours.id, ours.billorder, ours.type, ours.period) == ("1234567", "812", "soft", 1)
    assert ours.cost == Money(Decimal("4.00"), "EUR")
    assert other.billorder == "900"
    assert account.basket_items(Partner(b'{"doc":{}}').client) == []


def test_our_item_is_removed_and_the_rest_of_the_basket_stays() -> None:
    partner = Partner(DONE)
    account.remove_from_basket(partner.client, item_id="1234567")
    form = partner.forms[0]
    assert (form["func"], form["id"], form["clicked_button"], form["sok"]) == ("basket", "1234567", "delete", "ok")
    by_order = Partner("basket.json", DONE)
    account.remove_from_basket(by_order.client, billorder="812")
    assert [form.get("id") for form in by_order.forms] == [None, "1234567"]
    unseen = Partner(b'{"doc":{}}', MISSED)
    account.remove_from_basket(unseen.client, billorder="812")
    assert unseen.forms[1]["id"] == "812"


def test_a_basket_that_cannot_be_reached_is_told() -> None:
    with pytest.raises(Rejected):
        account.remove_from_basket(Partner(NO_FUNCTION).client, item_id="1234567")


def test_removing_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError):
        account.remove_from_basket(Partner().client)


def test_the_connection_test_tells_login_and_balance() -> None:
    info = account.test_connection(Partner("whoami.json", "subaccount.json").client)
    assert (info.login, info.balance) == ("reseller", Balance(Decimal("1234.50"), "RUB", Decimal("100.00")))


def test_the_connection_test_passes_without_a_readable_balance() -> None:
    assert account.test_connection(Partner("whoami.json", DENIED, DENIED, DENIED).client).balance is None
    info = account.test_connection(Partner(NO_FUNCTION, "subaccount.json").client)
    assert info.login == "reseller@example.com"


def test_the_connection_test_asks_on_where_one_function_is_closed() -> None:
    assert account.test_connection(Partner(DENIED, "subaccount.json").client).balance is not None
    with pytest.raises(AuthFailed):
        account.test_connection(Partner(DENIED, DENIED, DENIED, DENIED).client)


def test_the_connection_test_tells_what_is_wrong() -> None:
    with pytest.raises(AuthFailed, match="username or password"):
        account.test_connection(Partner("error_auth.json").client)
    with pytest.raises(AuthFailed, match="second factor"):
        account.test_connection(Partner(b'{"doc":{"ok":{"$":"func=totp.confirm"}}}').client)
    refused = httpx.ConnectError("refused")
    with pytest.raises(Unavailable, match=r"partner\.example"):
        account.test_connection(Partner(refused, refused, refused).client)
