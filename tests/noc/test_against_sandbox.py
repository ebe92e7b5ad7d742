"""Our client against a partner that was written from the same description by another hand."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import httpx
import pytest

from noc import account
from noc.call_records import CallRecord
from noc.client import Credentials, Deadlines, PartnerClient, shared_ssl_context
from noc.errors import (
    AuthFailed,
    InsufficientFunds,
    NotBought,
    NotFound,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from noc.kinds import OrderReply, OrderRequest, get_kind
from noc.sandbox.server import Sandbox, start_sandbox
from noc.schemas import ItemStatus, RemoteService
from noc.tariffs import fetch_tariffs
from noc.transport import DeadlineTransport
from tests.noc.sandbox.caller import Partner

LICENSE, ADDITION = get_kind("license"), get_kind("addition")
FIELDS = {"licname": "shop.example", "ip": "192.0.2.10"}
LITE = OrderRequest("55227", 1, "s77", FIELDS)


class OtherFormat(httpx.BaseTransport):
    """A partner that answers in its own format, whatever it is asked for."""

    def __init__(self, out: str) -> None:
        self.out = out
        self.inner = DeadlineTransport(shared_ssl_context(), keeps_connection=True)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        content = request.content.replace(b"out=json", f"out={self.out}".encode())
        headers = {name: value for name, value in request.headers.items() if name != "content-length"}
        changed = httpx.Request(
            request.method, request.url, headers=headers, content=content, extensions=request.extensions
        )
        return self.inner.handle_request(changed)

    def close(self) -> None:
        self.inner.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with start_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def partner(server: Sandbox) -> Iterator[Partner]:
    server.state.reset()
    partner = Partner(server.url)
    yield partner
    partner.http.close()


@pytest.fixture
def records() -> list[CallRecord]:
    return []


@pytest.fixture
def client(server: Sandbox, partner: Partner, records: list[CallRecord]) -> Iterator[PartnerClient]:
    with PartnerClient(
        Credentials(server.url, "reseller", "sandbox-password"),
        deadlines=Deadlines(connect=2, read=5, paying=5),
        record=records.append,
        sleep=lambda _: None,
    ) as client:
        yield client


def buy(client: PartnerClient, request: OrderRequest = LITE) -> str:
    remote_id = LICENSE.order(client, request).remote_id
    assert remote_id is not None
    return remote_id


def test_a_license_lives_from_order_to_end(client: PartnerClient, records: list[CallRecord]) -> None:
    remote_id = buy(client)
    bought = LICENSE.read(client, remote_id)
    assert (bought.name, bought.ip, bought.tariff_id) == ("shop.example", "192.0.2.10", "55227")
    assert (bought.status, bought.auto_renewal, bought.period) == (ItemStatus.ACTIVE, False, 1)
    assert (bought.remote_reference, bool(bought.key)) == ("s77", True)
    assert bought.created_on is not None
    assert bought.expires_on is not None
    (row,) = LICENSE.list_all(client)
    assert LICENSE.matches(row, "55227", FIELDS)
    assert not LICENSE.matches(row, "55227", {**FIELDS, "licname": "other"})
    LICENSE.change(client, remote_id, {"licname": "renamed"}, "s77")
    changed = LICENSE.read(client, remote_id)
    assert (changed.name, changed.ip) == ("renamed", "192.0.2.10")
    assert {1, 12} <= LICENSE.renewal_form(client, remote_id).periods
    new_end = LICENSE.renew(client, remote_id, 1)
    assert new_end == LICENSE.read(client, remote_id).expires_on
    assert new_end is not None
    assert (new_end - bought.expires_on).days >= 28
    LICENSE.delete(client, remote_id)
    LICENSE.delete(client, remote_id)
    assert LICENSE.read(client, remote_id).status is ItemStatus.DELETED
    assert bought.key not in repr(records)
    assert "sandbox-password" not in repr(records)


@pytest.mark.parametrize("out", ["xml", "bjson"])
@pytest.mark.parametrize("name", ["type", "$type", "$t"])
def test_answers_in_another_format_are_understood(server: Sandbox, partner: Partner, out: str, name: str) -> None:
    partner.admin("options", bjson_error=name, createdate_twice=True)
    transport = OtherFormat(out)
    with (
        transport,
        PartnerClient(Credentials(server.url, "reseller", "sandbox-password"), transport=transport) as client,
    ):
        remote_id = buy(client)
        bought = LICENSE.read(client, remote_id)
        assert (bought.tariff_id, bought.status, bought.ip) == ("55227", ItemStatus.ACTIVE, "192.0.2.10")
        assert (bought.auto_renewal, bought.expires_on is not None) == (False, True)
        (row,) = LICENSE.list_all(client)
        assert LICENSE.matches(row, "55227", FIELDS)
        assert (row.status, row.tariff_id, row.created_on) == (bought.status, "55227", bought.created_on)
        assert {1, 12} <= LICENSE.renewal_form(client, remote_id).periods
        assert LICENSE.renew(client, remote_id, 1) == LICENSE.read(client, remote_id).expires_on
        with pytest.raises(Rejected) as caught:
            LICENSE.order(client, LITE)
        assert caught.value.field == "ip"
        assert account.test_connection(client).balance is not None
        assert len(account.list_charges(client)) == 2
        assert {tariff.id: tariff for tariff in fetch_tariffs(client)}["55227"].periods == {1, 12}
        partner.admin("options", no_money="basket")
        partner.admin("balance", login="reseller", balance="0", credit="0")
        with pytest.raises(NotBought) as unpaid:
            LICENSE.order(client, OrderRequest("55228", 1, "s", {"licname": "b", "ip": "192.0.2.40"}))
        account.remove_from_basket(client, billorder=unpaid.value.billorder)
        assert account.basket_items(client) == []
        LICENSE.delete(client, remote_id)
        with pytest.raises(NotFound):
            LICENSE.read(client, "999999")


def test_a_module_lives_on_its_license(client: PartnerClient) -> None:
    parent = buy(client)
    fields = {"item": parent, "bitninja_email": "a@example.com"}
    remote_id = ADDITION.order(client, OrderRequest("55371", 1, "s78", fields)).remote_id
    assert remote_id is not None
    module = ADDITION.read(client, remote_id)
    assert (module.item, module.status, module.auto_renewal) == (parent, ItemStatus.ACTIVE, False)
    assert module.extra.keys() >= {"bitninja_email", "bitninjakey", "bitninja_password"}
    assert [row.id for row in ADDITION.list_all(client) if ADDITION.matches(row, "55371", fields)] == [remote_id]
    assert isinstance(ADDITION.renew(client, remote_id, 1), date)
    ADDITION.delete(client, remote_id)


def test_a_guarded_site_is_ordered_with_its_domain(client: PartnerClient) -> None:
    fields = {"item": buy(client), "domain": "shop.example", "target_ip": "192.0.2.20"}
    remote_id = ADDITION.order(client, OrderRequest("23221", 1, "s79", fields)).remote_id
    assert remote_id is not None
    assert ADDITION.read(client, remote_id).extra == {"domain": "shop.example", "target_ip": "192.0.2.20"}


def test_more_servers_are_ordered_as_an_addon(client: PartnerClient) -> None:
    remote_id = buy(client, OrderRequest("55230", 1, "s80", FIELDS, {"55236": 3}))
    assert LICENSE.read(client, remote_id).addons == {"55236": 3}


@pytest.mark.parametrize(("tariff_id", "period", "field"), [("55227", 3, "period"), ("999999", 1, "pricelist")])
@pytest.mark.parametrize("is_plugin", [False, True])
def test_what_is_not_sold_is_rejected_by_field(
    client: PartnerClient, partner: Partner, tariff_id: str, period: int, field: str, is_plugin: bool
) -> None:
    if is_plugin:
        partner.fault("plugin_error")
    with pytest.raises(Rejected) as caught:
        LICENSE.order(client, OrderRequest(tariff_id, period, "s", FIELDS))
    assert caught.value.field == field
    assert not caught.value.message.startswith("{")


def test_the_same_license_on_the_same_address_is_rejected(client: PartnerClient) -> None:
    buy(client)
    with pytest.raises(Rejected) as caught:
        LICENSE.order(client, LITE)
    assert caught.value.field == "ip"


def test_what_is_not_there_is_not_found(client: PartnerClient) -> None:
    for call in (LICENSE.read, LICENSE.renewal_form):
        with pytest.raises(NotFound):
            call(client, "999999")
    with pytest.raises(NotFound):
        LICENSE.renew(client, "999999", 1)
    LICENSE.delete(client, "999999")


def test_no_money_is_told_or_left_in_the_basket(client: PartnerClient, partner: Partner) -> None:
    partner.admin("balance", login="reseller", balance="0", credit="0")
    with pytest.raises(InsufficientFunds):
        LICENSE.order(client, LITE)
    partner.admin("options", no_money="basket")
    with pytest.raises(NotBought) as caught:
        LICENSE.order(client, LITE)
    assert caught.value.billorder
    assert account.basket_items(client)
    account.remove_from_basket(client, billorder=caught.value.billorder, item_id=caught.value.item_id)
    assert account.basket_items(client) == []


def test_a_renewal_without_money_is_told_or_left_in_the_basket(client: PartnerClient, partner: Partner) -> None:
    remote_id = buy(client)
    end = LICENSE.read(client, remote_id).expires_on
    partner.admin("balance", login="reseller", balance="0", credit="0")
    with pytest.raises(InsufficientFunds):
        LICENSE.renew(client, remote_id, 1)
    partner.admin("options", no_money="basket")
    with pytest.raises(NotBought) as caught:
        LICENSE.renew(client, remote_id, 1)
    account.remove_from_basket(client, billorder=caught.value.billorder)
    assert account.basket_items(client) == []
    assert LICENSE.read(client, remote_id).expires_on == end


@pytest.mark.parametrize(
    "fault",
    [
        {"name": "lost_after_act"},
        {"name": "cut_before_act"},
        {"name": "http_302"},
        {"name": "http_403"},
        {"name": "http_460"},
        {"name": "http_500"},
        {"name": "captcha"},
        {"name": "long_request"},
        {"name": "in_process"},
        {"name": "truncated_body"},
        {"name": "truncated_body", "variant": "connection"},
        {"name": "empty_body"},
        {"name": "error", "type": "sql", "object": "item", "msg": "?"},
        {"name": "error", "type": "value", "object": "runningoperation", "msg": "?"},
    ],
    ids=str,
)
def test_an_unclear_answer_to_an_order_is_unknown_and_never_sent_again(
    client: PartnerClient, partner: Partner, fault: dict[str, object]
) -> None:
    partner.fault(**fault, func="soft.order.param")
    with pytest.raises(OutcomeUnknown):
        LICENSE.order(client, LITE)
    assert len(LICENSE.list_all(client)) <= 1
    assert len(partner.log(func="soft.order.param")) <= 1


@pytest.mark.parametrize("phase", ["before", "after"])
def test_an_order_answered_too_late_is_unknown(phase: str) -> None:
    with start_sandbox() as slow:  # its own: the late order must not reach the next test
        partner = Partner(slow.url)
        partner.fault("delay", delay_ms=400, phase=phase, func="soft.order.param")
        partner.http.close()
        credentials = Credentials(slow.url, "reseller", "sandbox-password")
        with PartnerClient(credentials, deadlines=Deadlines(paying=0.2)) as client, pytest.raises(OutcomeUnknown):
            LICENSE.order(client, LITE)


@pytest.mark.parametrize("name", ["http_403", "http_500", "captcha", "truncated_body", "empty_body", "in_process"])
def test_a_list_survives_two_bad_answers(client: PartnerClient, partner: Partner, name: str) -> None:
    remote_id = buy(client)
    partner.fault(name, func="soft", count=2)
    assert [row.id for row in LICENSE.list_all(client)] == [remote_id]
    partner.fault(name, func="soft", count=3)
    with pytest.raises(Unavailable):
        LICENSE.list_all(client)


def test_an_answer_without_an_id_is_an_order_to_look_for(client: PartnerClient, partner: Partner) -> None:
    partner.fault("missing_id")
    assert LICENSE.order(client, LITE) == OrderReply(None)
    (row,) = LICENSE.list_all(client)
    assert LICENSE.matches(row, "55227", FIELDS)


def test_a_row_alone_is_a_list_of_one(client: PartnerClient, partner: Partner) -> None:
    partner.fault("single_row_as_object")
    remote_id = buy(client)
    assert [row.id for row in LICENSE.list_all(client)] == [remote_id]


def test_many_licenses_are_read_page_by_page(client: PartnerClient, partner: Partner) -> None:
    partner.admin("options", page_limit=50)
    partner.admin("items", count=130)
    ids = [row.id for row in LICENSE.list_all(client)]
    assert len(set(ids)) == len(ids) == 130
    assert ids == sorted(ids, key=int)


def test_a_list_that_moves_is_read_again(client: PartnerClient, partner: Partner) -> None:
    partner.admin("options", page_limit=50)
    partner.admin("items", count=130)
    partner.fault("moving_total", count=1)
    assert len(LICENSE.list_all(client)) >= 130
    partner.fault("moving_total")
    with pytest.raises(Unavailable):
        LICENSE.list_all(client)


@pytest.mark.parametrize("nesting", ["nested", "flat", "both"])
def test_the_new_end_is_found_at_every_level(client: PartnerClient, partner: Partner, nesting: str) -> None:
    partner.admin("options", prolong_nesting=nesting)
    remote_id = buy(client)
    assert LICENSE.renew(client, remote_id, 12) == LICENSE.read(client, remote_id).expires_on


@pytest.mark.parametrize("variant", ["too_early", "not_processed"])
def test_a_refused_renewal_is_a_rejection(client: PartnerClient, partner: Partner, variant: str) -> None:
    remote_id = buy(client)
    partner.fault("prolong_refused", variant=variant)
    with pytest.raises(Rejected):
        LICENSE.renew(client, remote_id, 1)


def test_a_second_address_change_and_an_early_deletion_are_rejections(client: PartnerClient, partner: Partner) -> None:
    remote_id = buy(client)
    partner.fault("ip_change_refused")
    partner.fault("delete_refused")
    LICENSE.change(client, remote_id, {"ip": "192.0.2.21"}, "s77")
    with pytest.raises(Rejected) as caught:
        LICENSE.change(client, remote_id, {"ip": "192.0.2.22"}, "s77")
    assert caught.value.field == "ip"
    with pytest.raises(Rejected) as caught:
        LICENSE.delete(client, remote_id)
    assert caught.value.type == "pricelist_min_order"


@pytest.mark.parametrize("keeps", [True, False])
def test_auto_renewal_is_turned_off_without_losing_the_rest(
    client: PartnerClient, partner: Partner, keeps: bool
) -> None:
    partner.admin("options", edit_keeps_omitted=keeps)
    (seeded,) = partner.admin("items", licname="a.example", ip="192.0.2.30", remoteid="s5", autoprolong=1)["ids"]
    current = LICENSE.read(client, str(seeded))
    assert current.auto_renewal is True
    LICENSE.turn_off_auto_renewal(client, current.id, current)
    after = LICENSE.read(client, current.id)
    assert (after.auto_renewal, after.name, after.ip) == (False, "a.example", "192.0.2.30")
    assert after.remote_reference == "s5"


@pytest.mark.parametrize(
    "options",
    [
        {"createdate_twice": True},
        {"sub_statuses": True},
        {"keep_deleted_rows": False},
        {"remoteid_in_forms": False, "remoteid_in_lists": True},
        {"content_type": "text/plain"},
        {"money_nbsp": True},
        {"duplicate_type": "exist"},
        {"bitninja_key_name": "key", "bitninja_password_name": "password"},
    ],
    ids=str,
)
def test_every_reading_of_the_protocol_is_coped_with(
    client: PartnerClient, partner: Partner, options: dict[str, object]
) -> None:
    partner.admin("options", **options)
    parent = buy(client)
    fields = {"item": parent, "bitninja_email": "a@example.com"}
    module_id = ADDITION.order(client, OrderRequest("55371", 1, "s78", fields)).remote_id
    assert module_id is not None
    module = ADDITION.read(client, module_id)
    assert module.extra["bitninjakey"]
    assert module.extra["bitninja_password"]
    row = next(row for row in LICENSE.list_all(client) if row.id == parent)
    assert (row.status, row.created_on is not None, row.expires_on is not None) == (ItemStatus.ACTIVE, True, True)
    assert account.read_balance(client).currency == "EUR"
    with pytest.raises(Rejected):
        LICENSE.order(client, LITE)
    ADDITION.delete(client, module_id)
    LICENSE.delete(client, parent)
    LICENSE.delete(client, parent)


def test_what_is_still_being_processed_shows_it(client: PartnerClient, partner: Partner) -> None:
    partner.admin("options", processing_reads=2, lickey_empty_reads=2)
    remote_id = buy(client)
    states: list[RemoteService] = [LICENSE.read(client, remote_id) for _ in range(4)]
    assert states[0].status is ItemStatus.PROCESSING
    assert states[0].key == ""
    assert states[-1].status is ItemStatus.ACTIVE
    assert states[-1].key


def test_the_account_is_read(client: PartnerClient, partner: Partner) -> None:
    partner.admin("balance", login="reseller", balance="1234.50")
    info = account.test_connection(client)
    assert info.login == "reseller"
    assert info.balance is not None
    assert (info.balance.amount, info.balance.currency) == (Decimal("1234.50"), "EUR")
    remote_id = buy(client)
    (charge,) = account.list_charges(client)
    assert charge.amount.amount > 0
    assert charge.charged_on is not None
    assert remote_id in (charge.item, *charge.name.replace("#", " ").split())
    assert account.read_balance(client).amount == Decimal("1234.50") - charge.amount.amount


def test_a_closed_balance_is_no_failure_of_the_connection(client: PartnerClient, partner: Partner) -> None:
    partner.fault("balance_access")
    assert account.test_connection(client).balance is None


def test_a_wrong_password_is_told_at_once(server: Sandbox, partner: Partner) -> None:
    with PartnerClient(Credentials(server.url, "reseller", "wrong"), sleep=lambda _: None) as client:
        with pytest.raises(AuthFailed):
            account.test_connection(client)
        with pytest.raises(AuthFailed):
            LICENSE.order(client, LITE)
    assert len(partner.log()) == 2


def test_a_second_factor_is_told(client: PartnerClient, partner: Partner) -> None:
    partner.admin("accounts", login="reseller", two_factor=True)
    with pytest.raises(AuthFailed):
        account.test_connection(client)


def test_the_price_list_is_read_and_optional(client: PartnerClient, partner: Partner) -> None:
    tariffs = {tariff.id: tariff for tariff in fetch_tariffs(client)}
    lite = tariffs["55227"]
    assert (lite.kind, lite.currency, lite.source) == ("license", "EUR", "live")
    assert lite.periods == {1, 12}
    assert lite.prices[1] > 0
    assert tariffs["55239"].periods == {-100}
    assert tariffs["55230"].addons == ("55236",)
    assert {tariff.kind for tariff in tariffs.values()} >= {"license", "addition"}
    partner.fault("pricelist_access")
    assert fetch_tariffs(client) == []
