import pytest

from tests.noc.sandbox.caller import Partner


def test_balance_is_told_in_several_shapes(partner: Partner) -> None:
    partner.buy()

    assert partner.rows("subaccount")[0]["balance"]["$"] == "9996.00"
    assert partner.rows("subaccount")[0]["currency"]["$"] == "EUR"
    assert partner.rows("dashboard.info", dashboard="info")[0]["balance"]["$"] == "9 996.00 EUR"
    assert partner.doc("usrparam")["balance"]["$"] == "9 996.00 EUR"
    assert partner.doc("notify")["realbalance"]["$"] == "9996.00"


def test_amounts_can_hold_no_break_spaces(partner: Partner) -> None:
    partner.admin("options", money_nbsp=True)

    assert partner.doc("usrparam")["balance"]["$"] == "10\u00a0000.00\u00a0EUR"


@pytest.mark.parametrize("func", ["subaccount", "dashboard.info", "usrparam", "notify", "dashboard.subaccount_credit"])
def test_balance_can_be_out_of_bounds(partner: Partner, func: str) -> None:
    partner.fault("balance_access", func=func)

    assert partner.error(func) == ("access", func)
    assert "user" in partner.doc("whoami")


def test_balance_fault_can_leave_one_function_open(partner: Partner) -> None:
    partner.fault("balance_access", func="subaccount")

    assert partner.error("subaccount") == ("access", "subaccount")
    assert "elem" in partner.doc("dashboard.info")


def test_charges_are_listed_newest_first(partner: Partner) -> None:
    elid = partner.buy()
    partner.ask("service.prolong", elid=elid, period="12", sok="ok")

    rows = partner.rows("expense")

    assert [(row["item"]["$"], row["amount"]["$"]) for row in rows] == [(elid, "44.00 EUR"), (elid, "4.00 EUR")]
    assert rows[0]["locale_name"]["$"] == f"Renewal of service #{elid}"
    partner.login = "reseller-ru:sandbox-password"
    assert partner.rows("expense") == []


def test_credit_lets_the_balance_go_below_zero(partner: Partner) -> None:
    partner.admin("balance", login="reseller", balance="1.00", credit="3.00")

    partner.buy()

    assert partner.balance() == "-3.00"
    assert partner.order(ip="192.0.2.2").json()["doc"]["error"]["$type"] == "money"


def test_no_money_is_an_error_with_amounts(partner: Partner) -> None:
    partner.admin("balance", login="reseller", balance="3.99")

    error = partner.order().json()["doc"]["error"]

    assert (error["$type"], error["$object"]) == ("money", "balance")
    assert "Required amount 4.00 EUR. Your current balance: 3.99 EUR, credit limit 0.00 EUR" in error["msg"]["$"]
    assert partner.rows("soft") == []


def test_no_money_can_leave_the_order_in_the_basket(partner: Partner) -> None:
    partner.admin("options", no_money="basket")
    partner.admin("balance", login="reseller", balance="3.99")

    document = partner.order().json()["doc"]

    assert document["ok"]["$"] == f"func=payment.add&billorder={document['billorder']['$']}"
    assert partner.form("soft.edit", document["id"]["$"])["status"] == "1"
    assert (partner.bought(), partner.balance()) == (0, "3.99")


@pytest.mark.parametrize(("variant", "expected"), [("error", "error"), ("basket", "billorder")])
def test_no_money_can_strike_a_rich_account(partner: Partner, variant: str, expected: str) -> None:
    partner.fault("no_money", variant=variant, count=1)

    assert expected in partner.order().json()["doc"]
    assert partner.bought() == 0
    partner.buy(ip="192.0.2.2")


def basket_ids(partner: Partner) -> list[str]:
    return [row["item.id"]["$"] for row in partner.doc("basket")["list"][0].get("elem", [])]


def test_basket_shows_what_waits(partner: Partner) -> None:
    document = partner.order(skipbasket="off").json()["doc"]

    basket = partner.doc("basket")

    assert (basket["billorder"]["$"], basket["total_sum"]["$"]) == (document["billorder"]["$"], "4.00 EUR")
    line = basket["list"][0]["elem"][0]
    assert (line["item.id"]["$"], line["item.type"]["$"], line["cost"]["$"]) == ("700001", "soft", "4.00 EUR")
    assert partner.doc("order")["list"][0]["elem"][0]["id"]["$"] == document["billorder"]["$"]


@pytest.mark.parametrize("by", ["billorder", "item"])
def test_one_order_leaves_the_basket(partner: Partner, by: str) -> None:
    first = partner.order(skipbasket="off").json()["doc"]
    second = partner.order(skipbasket="off", ip="192.0.2.2").json()["doc"]
    named = first["billorder"]["$"] if by == "billorder" else first["id"]["$"]

    assert "ok" in partner.doc("basket", sok="ok", id=named, clicked_button="delete")

    assert basket_ids(partner) == [second["id"]["$"]]
    assert partner.form("soft.edit", first["id"]["$"])["status"] == "4"


@pytest.mark.parametrize(
    ("func", "params"), [("basket", {"sok": "ok", "clicked_button": "clearbasket"}), ("cart.empty", {})]
)
def test_whole_basket_is_cleared(partner: Partner, func: str, params: dict[str, str]) -> None:
    partner.order(skipbasket="off")
    partner.order(skipbasket="off", ip="192.0.2.2")

    partner.ask(func, **params)

    assert basket_ids(partner) == []
    assert {row["item_status"]["$orig"] for row in partner.rows("soft")} == {"4"}


def test_clearing_a_waiting_renewal_leaves_the_service(partner: Partner) -> None:
    elid = partner.buy()
    partner.ask("service.prolong", elid=elid, period="1", sok="ok", clicked_button="basket")

    partner.ask("cart.empty")

    assert partner.form("soft.edit", elid)["status"] == "2"


def test_basket_of_another_account_is_not_touched(partner: Partner) -> None:
    document = partner.order(skipbasket="off").json()["doc"]
    partner.login = "reseller-ru:sandbox-password"

    error = partner.error("basket", sok="ok", id=document["billorder"]["$"], clicked_button="delete")

    assert error == ("missed", "billorder")
    assert basket_ids(partner) == []


def test_free_order_is_completed_out_of_the_basket(partner: Partner) -> None:
    elid = partner.order(pricelist="55239", period="-100", skipbasket="off").json()["doc"]["id"]["$"]

    partner.ask("basket", sok="ok", clicked_button="free")

    assert partner.form("soft.edit", elid)["status"] == "2"
    assert partner.error("basket", sok="ok", clicked_button="free") == ("value", "total_sum")


def test_price_list_holds_what_the_account_can_buy(partner: Partner) -> None:
    tariffs = {one["id"]["$"]: one for one in partner.doc("pricelist.export", itemtype="addition")["pricelist"]}

    assert {"55371", "55361", "23221", "990011"} <= set(tariffs)
    assert "55390" not in tariffs
    guard = tariffs["23221"]
    assert (guard["additionintname"]["$"], guard["price"]["$currency"]) == ("DDoSGUARD", "EUR")
    assert guard["price"]["period"][0] == {"$cost": "20.0000", "$type": "month", "$length": "1", "$": "Month"}


@pytest.mark.parametrize("itemtype", ["soft", "softexternal", "addition", "certificate"])
def test_price_list_knows_every_item_type(partner: Partner, itemtype: str) -> None:
    tariffs = partner.doc("pricelist.export", itemtype=itemtype)["pricelist"]

    assert {one["itemtype"]["$"] for one in tariffs} == {itemtype}
    assert len(partner.doc("pricelist.export")["pricelist"]) > len(tariffs)


def test_price_list_of_a_ruble_account_is_its_own(partner: Partner) -> None:
    partner.login = "reseller-ru:sandbox-password"

    tariffs = {one["id"]["$"]: one for one in partner.doc("pricelist.export", itemtype="addition")["pricelist"]}

    assert "55390" in tariffs
    assert "55371" not in tariffs
    assert tariffs["55390"]["price"]["period"][0]["$cost"] == "900.0000"


def test_price_list_can_leave_out_what_is_no_longer_sold(partner: Partner) -> None:
    def ids(**params: str) -> set[str]:
        return {one["id"]["$"] for one in partner.doc("pricelist.export", itemtype="soft", **params)["pricelist"]}

    assert ids() - ids(onlyavailable="on") == {"3541", "4601"}


def test_price_list_can_be_out_of_bounds(partner: Partner) -> None:
    partner.fault("pricelist_access")

    assert partner.error("pricelist.export", itemtype="soft") == ("access", "pricelist.export")


def test_unknown_item_type_is_refused(partner: Partner) -> None:
    assert partner.error("pricelist.export", itemtype="cheese") == ("value", "itemtype")


@pytest.mark.parametrize("func", ["subaccount", "dashboard.info", "usrparam"])
def test_each_balance_function_can_be_missing_alone(partner: Partner, func: str) -> None:
    partner.fault("balance_access", func=func, variant="missed")

    assert partner.error(func) == ("missed", "func")
    others = {"subaccount", "dashboard.info", "usrparam"} - {func}
    assert all("error" not in partner.doc(other) for other in others)


@pytest.mark.parametrize(
    ("style", "text"),
    [
        ("plain", "10000.00"),
        ("currency", "10 000.00 EUR"),
        ("nbsp", "10\u00a0000.00\u00a0EUR"),
        ("comma", "10 000,00 EUR"),
        ("nbsp_comma", "10\u00a0000,00\u00a0EUR"),
    ],
)
def test_each_balance_function_has_a_style_of_its_own(partner: Partner, style: str, text: str) -> None:
    def shown() -> dict[str, str]:
        return {
            "subaccount": partner.balance(),
            "dashboard": partner.rows("dashboard.info")[0]["balance"]["$"],
            "usrparam": partner.doc("usrparam")["balance"]["$"],
        }

    usual = shown()
    for name in usual:
        partner.admin("reset")
        partner.admin("options", **{f"{name}_text": style})

        assert shown() == usual | {name: text}
