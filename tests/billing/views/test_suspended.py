from datetime import timedelta

from billing.actions.renewal_runs import issue_renewals
from billing.actions.suspending import Overdue, suspend_overdue, suspend_service
from billing.models import Client, Invoice, Service
from billing.queries.clock import database_now
from billing.templatetags import portal
from tests.billing.views.pages import log_in, read
from tests.builders import World, make_client, make_hosting, place_paid_order, run_due_operations


def test_the_page_says_why_and_what_to_pay(world: World) -> None:
    anna = make_client(email="anna.owes@example.com", password="a-long-password-1")
    service = make_hosted(anna, world)
    assert issue_renewals(on=service.next_due_date, now=database_now()) == 1
    invoice = Invoice.objects.get(lines__service=service, status="UNPAID")
    overdue = Overdue(Service.objects.select_related("client").get(pk=service.pk), invoice.pk, None)
    suspend_overdue([overdue], actor="automation", now=database_now())
    page = read(log_in(anna), f"/services/{service.pk}/")
    assert "It is suspended." in page
    assert page.count(f"/invoices/{invoice.pk}/") == 1
    ends_on = invoice.due_date + timedelta(days=30)
    assert f"Unpaid, it ends on {portal.day(ends_on)}" in page
    chips = log_in(anna).get("/services/?status=suspended")
    assert [row.service for row in chips.context["rows"]] == [service]


def test_the_page_gives_staffs_reason(world: World) -> None:
    anna = make_client(email="anna.spams@example.com", password="a-long-password-1")
    service = make_hosted(anna, world)
    suspend_service(service=service, reason="Sends <b>spam</b>", actor="boss", now=database_now())
    page = read(log_in(anna), f"/services/{service.pk}/")
    assert "Our staff suspended it." in page
    assert "Sends &lt;b&gt;spam&lt;/b&gt;" in page


def make_hosted(client: Client, world: World) -> Service:
    service = place_paid_order(client, make_hosting(world.group))
    run_due_operations()
    service.refresh_from_db()
    return service
