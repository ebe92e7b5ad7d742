import pytest

from billing.actions.reconciliation import reconcile
from billing.models import Finding
from billing.queries.clock import database_now
from noc.sandbox.server import Sandbox
from tests.accounts import items_at, misbehave, seed
from tests.billing.api.caller import Api
from tests.builders import World, make_client, place_paid_order
from tests.kept_scenes import kept_scene


@pytest.fixture
@kept_scene
def orphan(world: World, sandbox: Sandbox) -> Finding:
    seed(sandbox, licname="whose", ip="192.0.2.99")
    reconcile(server_id=world.server.pk, clock=database_now)
    return Finding.objects.get()


def test_a_finding_tells_both_sides_and_its_remedies(orphan: Finding, support: Api) -> None:
    (row,) = support.get("findings/", status="OPEN", sort="ORPHAN")["results"]
    assert (row["id"], row["remote_id"], row["details"]["name"]) == (orphan.pk, orphan.remote_id, "whose")
    assert [remedy["code"] for remedy in row["remedies"]] == ["adopt", "terminate_there", "ignore"]
    assert row["remedies"][1]["is_destructive"] is True
    assert support.get("findings/", status="IGNORED")["results"] == []
    assert support.get(f"findings/{orphan.pk}/")["status"] == "OPEN"


def test_it_is_ended_at_the_partner(orphan: Finding, support: Api, sandbox: Sandbox) -> None:
    assert support.post(f"findings/{orphan.pk}/remedies/terminate_there/")["status"] == "SOLVED"
    assert items_at(sandbox)[orphan.remote_id]["status"] == 4
    again = support.post(f"findings/{orphan.pk}/remedies/terminate_there/", expect=409)
    assert again["code"] == "remedy_not_fitting"


def test_what_the_partner_refuses_is_a_conflict(orphan: Finding, support: Api, sandbox: Sandbox) -> None:
    misbehave(sandbox, "delete_refused")
    assert support.post(f"findings/{orphan.pk}/remedies/terminate_there/", expect=409)["code"] == "partner_refused"


def test_it_is_adopted_by_a_service(world: World, orphan: Finding, support: Api) -> None:
    service = place_paid_order(world.client, world.lite, ip="192.0.2.99", licname="mine")
    wrong = support.post(f"findings/{orphan.pk}/remedies/adopt/", {}, expect=400)
    assert set(wrong["errors"]) == {"service"}
    assert support.post(f"findings/{orphan.pk}/remedies/adopt/", {"service": service.pk})["status"] == "SOLVED"
    service.refresh_from_db()
    assert service.remote_id == orphan.remote_id


def test_it_is_ignored_with_a_reason(orphan: Finding, support: Api) -> None:
    assert set(support.post(f"findings/{orphan.pk}/remedies/ignore/", {}, expect=400)["errors"]) == {"reason"}
    row = support.post(f"findings/{orphan.pk}/remedies/ignore/", {"reason": "A gift"})
    assert (row["status"], row["reason"]) == ("IGNORED", "A gift")


def test_an_unknown_remedy_does_not_fit(orphan: Finding, support: Api) -> None:
    support.post(f"findings/{orphan.pk}/remedies/explode/", expect=409)


def test_clients_see_none_of_it(orphan: Finding) -> None:
    client = Api.of_client(make_client(email="boris@example.com"))
    client.get("findings/", expect=403)
    client.post(f"findings/{orphan.pk}/remedies/ignore/", {"reason": "mine"}, expect=403)
