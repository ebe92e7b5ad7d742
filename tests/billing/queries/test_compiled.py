from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Exists, F, Model, OuterRef, QuerySet
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from billing.models import BillingSettings, Client, Invoice, InvoiceLine, Operation, ReferredService, Service
from billing.queries.compiled import CompiledQuery
from tests.builders import World, make_active_service, make_client, place

pytestmark = pytest.mark.django_db


def paid_services(invoice_id: int) -> QuerySet[Service]:
    services = Service.objects.filter(invoice_lines__invoice=invoice_id, invoice_lines__kind="SERVICE")
    return services.annotate(
        paid_period_end=F("invoice_lines__period_end"),
        is_referred=Exists(ReferredService.objects.filter(service=OuterRef("pk"))),
    ).order_by("pk")


def values_of(found: Model) -> dict[str, Any]:
    """Everything that was read, with its type: what the ORM converts has to be converted here too."""
    names = [name for name in vars(found) if not name.startswith("_")]
    return {name: (type(getattr(found, name)), getattr(found, name)) for name in names}


class TestSameAsTheORM:
    def test_with_dates_money_and_documents(self, world: World) -> None:
        service = make_active_service(world.client, world.lite, ip="192.0.2.1")
        read = CompiledQuery(lambda service_id: Operation.objects.filter(service=service_id).order_by("pk"))
        expected = list(Operation.objects.filter(service=service).order_by("pk"))
        assert [values_of(one) for one in read(service.pk)] == [values_of(one) for one in expected]
        assert isinstance(expected[0].params, dict)
        lines = CompiledQuery(lambda service_id: InvoiceLine.objects.filter(service=service_id))
        (line,) = InvoiceLine.objects.filter(service=service)
        assert values_of(lines.get(service.pk)) == values_of(line)

    def test_with_annotations(self, world: World) -> None:
        invoice = place(world.client, world.lite, ip="192.0.2.1").invoice
        (found,) = CompiledQuery(paid_services)(invoice.pk)
        assert values_of(found) == values_of(paid_services(invoice.pk).get())
        assert found.is_referred is False

    def test_with_what_is_read_along(self, world: World) -> None:
        invoice = place(world.client, world.lite, ip="192.0.2.1").invoice
        read = CompiledQuery(lambda pk: Invoice.objects.select_related("currency").filter(pk=pk))
        read.get(invoice.pk)
        with CaptureQueriesContext(connection) as asked:
            found = read.get(invoice.pk)
            assert (found, found.currency.precision) == (invoice, 2)
        assert len(asked) == 1
        assert values_of(found.currency) == values_of(invoice.currency)

    def test_with_a_part_of_the_columns(self) -> None:
        BillingSettings.objects.create(pk=1, number_digits=7)
        read = CompiledQuery(lambda pk: BillingSettings.objects.only("number_digits").filter(pk=pk))
        found = read.get(1)
        assert found.get_deferred_fields() == BillingSettings.objects.only("number_digits").get().get_deferred_fields()
        assert (found.number_digits, found.number_reset) == (7, BillingSettings.objects.get().number_reset)

    def test_what_was_read_can_be_saved(self, world: World) -> None:
        found = CompiledQuery(lambda pk: Client.objects.filter(pk=pk)).get(world.client.pk)
        found.company = "New"
        with CaptureQueriesContext(connection) as sent:
            found.save(update_fields=["company"])
        assert [query["sql"].split()[0] for query in sent] == ["UPDATE"]
        world.client.refresh_from_db()
        assert world.client.company == "New"


class TestCalls:
    def test_each_has_its_own_numbers_in_their_places(self, world: World) -> None:
        other = make_client(email="other@example.com")
        service = make_active_service(world.client, world.lite, ip="192.0.2.1")
        read = CompiledQuery(lambda client, pk: Service.objects.filter(pk=pk, client=client))
        assert read(world.client.pk, service.pk) == [service]
        assert read(other.pk, service.pk) == []
        assert read(world.client.pk, service.pk) == [service]

    def test_nothing_there(self, world: World) -> None:
        read = CompiledQuery(lambda pk: Client.objects.filter(pk=pk))
        with pytest.raises(Client.DoesNotExist):
            read.get(world.client.pk + 1)

    def test_a_number_that_does_not_come_into_the_query_is_a_defect(self) -> None:
        with pytest.raises(TypeError):
            CompiledQuery(lambda _pk: Client.objects.all())(1)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_no_lock_is_taken_outside_of_a_transaction() -> None:
    read = CompiledQuery(lambda pk: Client.objects.select_for_update(no_key=True).filter(pk=pk))
    with transaction.atomic(), CaptureQueriesContext(connection) as sent:
        assert read(1) == []
    assert "FOR NO KEY UPDATE" in sent[0]["sql"]
    with pytest.raises(TransactionManagementError):
        read(1)
