"""Services, their commands and their operations over the API."""

from typing import Any

import pytest

from billing.actions.renewal_runs import issue_renewals
from billing.models import Operation, OperationStatus, Service, ServiceStatus
from noc.models import Server
from noc.sandbox.faults import Fault
from noc.sandbox.server import Sandbox
from tests.billing.api.caller import Api
from tests.billing.api.shop import IP, Shop, buy, make_product, pay, place, work
from tests.builders import make_active_service, open_windows, place_paid_order


@pytest.fixture
def service(admin: Api, shop: Shop) -> int:
    """An active license."""
    pk: int = make_active_service(shop.client, shop.product, ip=IP, licname="web").pk
    return pk


def test_a_service_shows_its_dates_money_and_fields(admin: Api, shop: Shop, service: int) -> None:
    answer = admin.get(f"services/{service}/")
    assert (answer["first_amount"], answer["recurring_amount"], answer["currency"]) == ("17.50", "15.00", "EUR")
    assert answer["next_due_date"] == answer["paid_until"]
    assert answer["registered_on"] < answer["expires_on"]
    assert (answer["client"], answer["product"], answer["server"]) == (
        shop.client.pk,
        shop.product.pk,
        shop.server.pk,
    )
    assert answer["order"] == admin.get("orders/")["results"][0]["id"]
    assert answer["fields"]["licname"] == "web"
    assert answer["fields"]["lickey"]


def test_fields_that_are_empty_are_there(admin: Api, shop: Shop) -> None:
    order = place(admin, shop)
    fields = admin.get(f"services/{order['services'][0]}/")["fields"]
    assert fields == {"licname": "web", "ip": "192.0.2.10", "lickey": "", "order_id": ""}


def test_roles_without_module_commands_see_no_keys(
    admin: Api, support: Api, service: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from billing.permissions import ROLE_PERMISSIONS, Permission

    assert support.get(f"services/{service}/")["fields"]["lickey"] != "•••"
    monkeypatch.setitem(ROLE_PERMISSIONS, "SUPPORT_OPERATOR", frozenset({Permission.VIEW}))
    for row in (support.get(f"services/{service}/"), support.get("services/")["results"][0]):
        assert row["fields"]["lickey"] == "•••"
        assert row["fields"]["ip"] == "192.0.2.10"


@pytest.mark.parametrize("command", ["explode", "CREATE", "change", "", None, 5.5, ["sync"], "x" * 10_000, "a\x00"])
def test_an_unknown_command_is_refused(admin: Api, service: int, command: Any) -> None:
    problem = admin.post(f"services/{service}/commands/", {"command": command}, expect=400)
    assert list(problem["errors"]) == ["command"]


def test_a_command_that_does_not_fit_says_why(admin: Api, shop: Shop, service: int) -> None:
    problem = admin.post(f"services/{service}/commands/", {"command": "create"}, expect=409)
    assert problem["code"] == "command_not_allowed"
    assert "already" in problem["detail"]
    pending = place(admin, shop, ip="192.0.2.20")["services"][0]
    assert "created" in admin.post(f"services/{pending}/commands/", {"command": "renew"}, expect=409)["detail"]


def test_a_command_is_queued_once(admin: Api, service: int) -> None:
    first = admin.post(f"services/{service}/commands/", {"command": "sync"}, expect=202)
    again = admin.post(f"services/{service}/commands/", {"command": "sync"}, expect=202)
    assert first == again
    assert Operation.objects.filter(kind="SYNC", status=OperationStatus.QUEUED).count() == 1


def test_a_service_can_be_created_by_hand(admin: Api, shop: Shop) -> None:
    pending = place(admin, shop)["services"][0]
    assert admin.get(f"services/{pending}/")["commands"] == ["create", "terminate"]
    queued = admin.post(f"services/{pending}/commands/", {"command": "create"}, expect=202)
    work()
    assert admin.get(f"operations/{queued['operation']}/")["status"] == "DONE"
    assert admin.get(f"services/{pending}/")["status"] == "ACTIVE"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"ip": "300.1.1.1"}, "ip"),
        ({"ip": ""}, "ip"),
        ({"ip": "::1"}, "ip"),
        ({"ip": None}, "ip"),
        ({"ip": "192.0.2.1\x00"}, "ip"),
        ({"ip": "1" * 10_000}, "ip"),
        ({"licname": "x" * 256}, "licname"),
        ({"licname": {"a": 1}}, "licname"),
        ({}, ""),
        ({"lickey": "mine"}, ""),
    ],
)
def test_a_wrong_change_is_refused_by_field(admin: Api, service: int, values: dict[str, Any], field: str) -> None:
    problem = admin.post(f"services/{service}/change/", values, expect=400)
    assert list(problem["errors"]) == [field]


def test_a_change_keeps_what_is_not_named(admin: Api, service: int) -> None:
    admin.post(f"services/{service}/change/", {"licname": "renamed"}, expect=202)
    work()
    fields = admin.get(f"services/{service}/")["fields"]
    assert (fields["licname"], fields["ip"]) == ("renamed", "192.0.2.10")


def test_what_has_not_been_created_cannot_be_changed(admin: Api, shop: Shop) -> None:
    pending = place(admin, shop)["services"][0]
    admin.post(f"services/{pending}/change/", {"ip": "192.0.2.1"}, expect=409)


def test_a_module_cannot_be_changed(admin: Api, shop: Shop, service: int) -> None:
    module = make_product(shop.group, name="BitNinja", tariff_id="55371")
    number = admin.get(f"services/{service}/")["remote_id"]
    items = [{"product": module.pk, "cycle": "MONTHLY", "fields": {"item": number, "bitninja_email": "a@example.com"}}]
    order = admin.post("orders/", shop.order_body(items=items), expect=201)
    pay(admin, order)
    work()
    path = f"services/{order['services'][0]}/"
    assert admin.get(path)["status"] == "ACTIVE"
    assert "change" not in admin.get(path)["commands"]
    admin.post(f"{path}change/", {"ip": "192.0.2.1"}, expect=409)


def test_a_service_without_a_module_is_run_by_hand(admin: Api, shop: Shop) -> None:
    product = make_product(shop.group, module="", tariff_id="", name="Consulting")
    items = [{"product": product.pk, "cycle": "MONTHLY"}]
    number = admin.post("orders/", shop.order_body(items=items), expect=201)["services"][0]
    answer = admin.get(f"services/{number}/")
    assert (answer["server"], answer["fields"]) == (None, {})
    admin.post(f"services/{number}/commands/", {"command": "sync"}, expect=409)


def test_services_are_found_by_what_they_are(admin: Api, shop: Shop, service: int) -> None:
    row = admin.get(f"services/{service}/")
    for name in ("client", "order", "product", "server", "status", "remote_id"):
        assert [one["id"] for one in admin.get("services/", **{name: row[name]})["results"]] == [service], name
    assert admin.get("services/", expires_before=row["expires_on"])["count"] == 0
    assert admin.get("services/", status="PENDING")["count"] == 0


def test_a_failed_operation_is_explained_and_queued_afresh(admin: Api, shop: Shop, sandbox: Sandbox) -> None:
    order = place(admin, shop)
    service = Service.objects.get(pk=order["services"][0])
    failed = Operation.objects.create(
        service=service,
        server=shop.server,
        kind="CREATE",
        status=OperationStatus.FAILED,
        message="The partner refused the change: %(detail)s",
        message_values={"detail": "no such tariff"},
        run_after=order["placed_at"],
        created_at=order["placed_at"],
    )
    assert "no such tariff" in admin.get(f"operations/{failed.pk}/")["message"]
    again = admin.post(f"operations/{failed.pk}/retry/")
    assert again["id"] != failed.pk
    assert again["status"] == "QUEUED"


def test_a_finished_operation_is_neither_retried_nor_cancelled_nor_resolved(admin: Api, service: int) -> None:
    done = Operation.objects.get(kind="CREATE")
    for deed, body in (("retry", None), ("cancel", None), ("resolve", {"decision": "adopt", "remote_id": "1"})):
        problem = admin.post(f"operations/{done.pk}/{deed}/", body, expect=409)
        assert problem["code"] == "operation_not_open"


def test_what_was_never_sent_can_be_cancelled(admin: Api, shop: Shop) -> None:
    pay(admin, place(admin, shop))
    waiting = Operation.objects.get()
    answer = admin.post(f"operations/{waiting.pk}/cancel/")
    assert answer["status"] == "CANCELLED"
    assert answer["finished_at"]


def test_a_held_operation_goes_on_when_told_to(admin: Api, shop: Shop) -> None:
    Server.objects.update(is_enabled=False)
    pay(admin, place(admin, shop))
    work()
    held = admin.get("operations/", status="HELD")["results"][0]
    assert held["hold_reason"] == "SERVER_DISABLED"
    assert admin.post(f"operations/{held['id']}/retry/")["status"] == "QUEUED"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "decision"),
        ({"decision": "perhaps"}, "decision"),
        ({"decision": ["adopt"]}, "decision"),
        ({"decision": "bought", "remote_id": "1"}, "decision"),
        ({"decision": "adopt"}, "remote_id"),
        ({"decision": "adopt", "remote_id": "abc"}, "remote_id"),
        ({"decision": "adopt", "remote_id": "1" * 51}, "remote_id"),
        ({"decision": "adopt", "remote_id": "799999", "insist": True}, "remote_id"),
        ({"decision": "adopt", "insist": "perhaps"}, "insist"),
        ({"decision": "give_up"}, "reason"),
        ({"decision": "give_up", "reason": "x" * 256}, "reason"),
    ],
)
def test_a_decision_that_lacks_something_is_refused(admin: Api, shop: Shop, body: dict[str, Any], field: str) -> None:
    open_one = _uncertain(shop)
    assert list(admin.post(f"operations/{open_one.pk}/resolve/", body, expect=400)["errors"]) == [field]


def test_a_person_adopts_what_was_bought(admin: Api, shop: Shop, sandbox: Sandbox) -> None:
    sandbox.state.faults.faults.append(Fault(1, "lost_after_act", count=1))
    open_one = _uncertain(shop)
    Operation.objects.filter(pk=open_one.pk).update(status=OperationStatus.NEEDS_CHECK)
    bought = next(iter(sandbox.state.items.values()))
    answer = admin.post(f"operations/{open_one.pk}/resolve/", {"decision": "adopt", "remote_id": str(bought.id)})
    assert answer["status"] == "CHECKING"


def test_a_person_gives_up(admin: Api, shop: Shop) -> None:
    open_one = _uncertain(shop)
    answer = admin.post(f"operations/{open_one.pk}/resolve/", {"decision": "give_up", "reason": "nobody knows"})
    assert (answer["status"], answer["message"]) == ("FAILED", "Given up by a person: nobody knows")


def test_messages_follow_the_language_of_the_caller(admin: Api, shop: Shop) -> None:
    Server.objects.update(is_enabled=False)
    pay(admin, place(admin, shop))
    work()
    held = admin.get("operations/")["results"][0]
    assert held["message"]
    admin.headers["Accept-Language"] = "ru"
    assert admin.get(f"operations/{held['id']}/")["message"]


def test_operations_are_found_by_status_kind_service_and_order(admin: Api, service: int) -> None:
    order = Service.objects.get(pk=service).order_line.order_id
    assert admin.get("operations/", service=service, kind="CREATE")["count"] == 1
    assert admin.get("operations/", order=order)["count"] == admin.get("operations/")["count"]
    assert admin.get("operations/", status="FAILED")["count"] == 0
    assert Service.objects.get(pk=service).status == ServiceStatus.ACTIVE


def _uncertain(shop: Shop) -> Operation:
    place_paid_order(shop.client, shop.product, ip=IP, licname="web")
    work()
    Operation.objects.filter(kind="CREATE").update(status=OperationStatus.NEEDS_CHECK, finished_at=None)
    return Operation.objects.get(kind="CREATE")


class TestRenewalsAndCycles:
    def test_the_renewal_form_is_read_from_the_partner(self, admin: Api, service: int) -> None:
        form = admin.get(f"services/{service}/renewal-form/")
        assert [one["period"] for one in form["periods"]] == [1, 12]
        assert form["expires_on"] == admin.get(f"services/{service}/")["expires_on"] < form["new_expires_on"]
        assert not Operation.objects.filter(kind="RENEW").exists()

    def test_a_silent_partner_is_a_problem_in_words(self, admin: Api, service: int) -> None:
        Server.objects.update(hostname="http://127.0.0.1:9")
        problem = admin.get(f"services/{service}/renewal-form/", expect=503)
        assert problem["code"] == "partner_unavailable"

    def test_a_renewal_takes_a_period(self, admin: Api, service: int) -> None:
        body = {"command": "renew", "period": 12}
        queued = admin.post(f"services/{service}/commands/", body, expect=202)
        work()
        assert admin.get(f"operations/{queued['operation']}/")["status"] == "DONE"

    @pytest.mark.parametrize("body", [{"command": "renew", "period": 5}, {"command": "sync", "period": 1}])
    def test_a_wrong_period_is_refused_on_its_field(self, admin: Api, service: int, body: dict[str, Any]) -> None:
        assert list(admin.post(f"services/{service}/commands/", body, expect=400)["errors"]) == ["period"]

    def test_a_trial_is_not_renewed_and_says_why(self, admin: Api, service: int) -> None:
        Service.objects.update(tariff_id="55239")
        problem = admin.post(f"services/{service}/commands/", {"command": "renew"}, expect=409)
        assert "a trial ends on its last day" in problem["detail"]

    def test_the_cycle_changes_with_the_next_invoice(self, admin: Api, service: int) -> None:
        body = {"cycle": "ANNUALLY", "amount": "99.90"}
        answer = admin.post(f"services/{service}/cycle/", body)
        assert (answer["cycle"], answer["recurring_amount"]) == ("ANNUALLY", "99.90")

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "cycle"),
            ({"cycle": "QUARTERLY", "amount": "1"}, "cycle"),
            ({"cycle": "ONE_TIME", "amount": "1"}, "cycle"),
            ({"cycle": "MONTHLY", "amount": "1"}, "cycle"),
            ({"cycle": "ANNUALLY"}, "amount"),
            ({"cycle": "ANNUALLY", "amount": "-1"}, "amount"),
            ({"cycle": "ANNUALLY", "amount": "1.001"}, "amount"),
            ({"cycle": "ANNUALLY", "amount": "much"}, "amount"),
        ],
    )
    def test_a_wrong_cycle_is_refused_on_its_field(
        self, admin: Api, service: int, body: dict[str, Any], field: str
    ) -> None:
        assert list(admin.post(f"services/{service}/cycle/", body, expect=400)["errors"]) == [field]

    def test_clients_change_no_cycle(self, anna: Api, service: int) -> None:
        anna.post(f"services/{service}/cycle/", {"cycle": "ANNUALLY", "amount": "1"}, expect=403)
        anna.get(f"services/{service}/renewal-form/", expect=403)

    def test_what_is_billed_keeps_its_cycle(self, admin: Api, service: int) -> None:
        found = Service.objects.get(pk=service)
        issue_renewals(on=found.next_due_date, now=found.created_at)
        body = {"cycle": "ANNUALLY", "amount": "99.90"}
        assert "is issued for the next period" in admin.post(f"services/{service}/cycle/", body, expect=409)["detail"]


class TestRenewalInvoice:
    @pytest.fixture
    def limited(self, admin: Api, shop: Shop) -> int:
        product = make_product(
            shop.group, module="", tariff_id="", name="Hosting", recurring_limit=2, fixed_term_days=400
        )
        item = {"product": product.pk, "cycle": "MONTHLY"}
        order = admin.post("orders/", {"client": shop.client.pk, "items": [item]}, expect=201)
        pay(admin, order)
        Service.objects.filter(pk=order["services"][0]).update(status="ACTIVE")
        return int(order["services"][0])

    def test_a_service_shows_its_limit_and_its_term(self, admin: Api, anna: Api, limited: int, service: int) -> None:
        for api in (admin, anna):
            row = api.get(f"services/{limited}/")
            assert (row["recurring_limit"], row["renewals_left"]) == (2, 2)
            assert row["term_ends_on"] > row["registered_on"]
            free = api.get(f"services/{service}/")
            assert (free["recurring_limit"], free["renewals_left"], free["term_ends_on"]) == (0, None, None)
        admin.post(f"services/{limited}/renewal-invoice/")
        assert {row["renewals_left"] for row in admin.get("services/")["results"]} == {1, None}

    def test_operators_ask_any_time_clients_inside_their_window(
        self, admin: Api, anna: Api, support: Api, limited: int
    ) -> None:
        address = f"services/{limited}/renewal-invoice/"
        problem = anna.post(address, expect=409)
        assert problem["code"] == "renewal_refused"
        assert "comes by itself" in problem["detail"]
        support.post(address, expect=403)
        open_windows()
        invoice = anna.post(address)
        assert (invoice["total"], invoice["lines"][0]["service"]) == ("15.00", limited)
        assert admin.post(address) == invoice

    def test_nothing_is_invoiced_beyond_the_limit(self, admin: Api, limited: int) -> None:
        address = f"services/{limited}/renewal-invoice/"
        for _renewal in range(2):
            pay(admin, {"invoice": admin.post(address)["id"]})
        assert "as often" in admin.post(address, expect=409)["detail"]

    def test_another_clients_service_is_not_found(self, stranger: Api, limited: int) -> None:
        stranger.post(f"services/{limited}/renewal-invoice/", expect=404)


class TestSuspension:
    @pytest.fixture
    def hosting(self, admin: Api, shop: Shop) -> int:
        """Active, with no module behind it."""
        product = make_product(shop.group, name="Hosting", module="", tariff_id="")
        return buy(admin, shop, items=[{"product": product.pk, "cycle": "MONTHLY"}])

    def test_suspends_with_a_reason_and_lets_go_on(self, admin: Api, anna: Api, support: Api, hosting: int) -> None:
        work()
        admin.post(f"services/{hosting}/suspend/", {}, expect=400)
        answer = support.post(f"services/{hosting}/suspend/", {"reason": "Sends spam"})
        assert (answer["status"], answer["suspension_cause"]) == ("SUSPENDED", "BY_HAND")
        assert [row["id"] for row in admin.get("services/?suspension_cause=BY_HAND")["results"]] == [hosting]
        shown = anna.get(f"services/{hosting}/")
        assert (shown["suspension_reason"], "keep_until" in shown) == ("Sends spam", False)
        anna.post(f"services/{hosting}/unsuspend/", {}, expect=403)
        problem = admin.post(f"services/{hosting}/suspend/", {"reason": "Again"}, expect=409)
        assert problem["code"] == "suspension_refused"
        assert admin.post(f"services/{hosting}/unsuspend/", {})["status"] == "ACTIVE"

    def test_leaves_alone_until_a_day(self, admin: Api, support: Api, hosting: int) -> None:
        support.post(f"services/{hosting}/keep/", {"keep_until": "2099-01-01"}, expect=403)
        admin.post(f"services/{hosting}/keep/", {"keep_until": "2020-01-01"}, expect=400)
        assert admin.post(f"services/{hosting}/keep/", {"keep_until": "2099-01-01"})["keep_until"] == "2099-01-01"
        assert admin.post(f"services/{hosting}/keep/", {})["keep_until"] is None

    def test_a_license_has_none(self, admin: Api, service: int) -> None:
        problem = admin.post(f"services/{service}/suspend/", {"reason": "Unpaid"}, expect=409)
        assert "no suspension" in problem["detail"]
