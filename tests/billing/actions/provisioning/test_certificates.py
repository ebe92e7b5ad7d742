from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import LazySettings
from django.db import connection

from billing.actions.commands import run_command
from billing.actions.order_decisions import cancel_order
from billing.actions.provisioning import certifying, creating, free_expired_leases, run_operation
from billing.actions.queueing import queue_operation
from billing.models import Certificate, Email, Operation, OperationKind, Service
from billing.queries.commands import why_not
from billing.queries.operations import operation_words
from billing.queries.pages_progress import order_progress
from noc.kinds import certificate
from noc.kinds.certificate_request import belongs_to_request
from noc.models import CallLog
from noc.sandbox.server import Sandbox
from tests.builders import World, run_due_operations
from tests.certificates import MULTI_DOMAIN, ec_key, make_certificate_product, make_csr, order_certificate
from tests.clocks import MovingClock
from tests.kept_scenes import kept_scene

Items = Callable[[], list[dict[str, Any]]]
Misbehave = Callable[..., None]
ORDER, REQUEST = "certificate.order.param", "certificate.order.csr"


@pytest.fixture(autouse=True)
def _patient_partner(sandbox: Sandbox) -> None:
    """Keys are made quickly, and only the test issues certificates."""
    switch(sandbox, certificate_key_type="ec", certificate_auto_issue_reads=0, certificate_renewal_reissues=False)


def switch(sandbox: Sandbox, **options: object) -> None:
    httpx.post(f"{sandbox.url}/admin/options", json=options).raise_for_status()


def decide(sandbox: Sandbox, service: Service, act: str) -> None:
    answer = httpx.post(f"{sandbox.url}/admin/certificates", json={"id": int(service.remote_id), "act": act})
    answer.raise_for_status()


def sent(sandbox: Sandbox, func: str) -> int:
    entries = httpx.get(f"{sandbox.url}/admin/log?limit=500").json()["entries"]
    return sum(entry["func"] == func and entry["params"].get("sok") == "ok" for entry in entries)


@kept_scene
def order(world: World, clock: MovingClock, **fields: str) -> Service:
    """Ordered, paid, bought, not issued."""
    service = order_certificate(world, make_certificate_product(world), **fields)
    run_due_operations(clock)
    service.refresh_from_db()
    return service


def look(service: Service, clock: MovingClock, **skipped: float) -> Service:
    """Time passes, and what has fallen due is done."""
    clock.skip(**(skipped or {"hours": 13}))
    run_due_operations(clock)
    service.refresh_from_db()
    return service


def issued(world: World, sandbox: Sandbox, clock: MovingClock, **fields: str) -> Service:
    service = order(world, clock, **fields)
    decide(sandbox, service, "issue")
    return look(service, clock)


def told(service: Service) -> list[str]:
    return [event.data["message"] for event in service.events.filter(name="certificate.needs_person").order_by("id")]


class TestBuying:
    def test_the_number_is_kept_at_once_and_the_service_waits_for_its_authority(
        self, world: World, clock: MovingClock, live_items: Items
    ) -> None:
        service = order(world, clock)
        (item,) = live_items()
        assert (service.status, service.remote_id) == ("PENDING", str(item["id"]))
        assert service.operations.get(kind="CREATE").status == "DONE"
        assert Certificate.objects.get(service=service).state == "AWAITING"
        assert item["remoteid"] == str(service.pk)
        assert item["autoprolong"] is None
        assert not Email.objects.filter(letter="service.activated").exists()

    def test_the_client_reads_whose_letter_to_confirm(self, world: World, clock: MovingClock) -> None:
        service = order(world, clock)
        progress = order_progress(service.order_line.order, None)
        assert progress.services[0].state == "waiting"
        assert "admin@example.com" in progress.services[0].words

    def test_once_issued_it_is_active_and_its_key_fits(
        self, world: World, sandbox: Sandbox, clock: MovingClock
    ) -> None:
        service = issued(world, sandbox, clock)
        kept = Certificate.objects.get(service=service)
        leaf = x509.load_pem_x509_certificate(kept.certificate.encode())
        key = load_pem_private_key(kept.private_key.encode(), password=None)
        assert (service.status, kept.state) == ("ACTIVE", "ISSUED")
        assert leaf.public_key() == key.public_key()
        assert "BEGIN CERTIFICATE" in kept.chain
        assert Email.objects.filter(letter="service.activated", event__service=service).count() == 1

    def test_the_key_is_encrypted_and_in_no_record_of_calls(
        self, world: World, sandbox: Sandbox, clock: MovingClock
    ) -> None:
        switch(sandbox, certificate_key_in_form=True)
        service = issued(world, sandbox, clock)
        key = Certificate.objects.get(service=service).private_key
        with connection.cursor() as cursor:
            cursor.execute("SELECT private_key FROM billing_certificate")
            assert "PRIVATE KEY" not in cursor.fetchone()[0]
        secret_line = key.splitlines()[1]
        for call in CallLog.objects.all():
            assert secret_line not in f"{call.params} {call.response}"
            assert "PRIVATE KEY" not in f"{call.params} {call.response}"

    def test_looks_grow_rare_and_never_ask_a_person_too_early(
        self, world: World, sandbox: Sandbox, clock: MovingClock
    ) -> None:
        service = order(world, clock)
        for _day in range(29):
            look(service, clock, days=1)
        assert (service.status, told(service)) == ("PENDING", [])
        assert not Operation.objects.filter(status="NEEDS_CHECK").exists()
        assert service.operations.filter(kind="SYNC").count() < 60

    def test_patience_ends_with_one_word_to_the_operators_and_a_sync_still_finds_it(
        self, world: World, sandbox: Sandbox, clock: MovingClock
    ) -> None:
        service = order(world, clock)
        look(service, clock, days=31)
        look(service, clock, days=1)
        assert len(told(service)) == 1
        assert not service.operations.unsettled().exists()
        decide(sandbox, service, "issue")
        run_command(service=service, command="sync", actor="test", now=clock())
        assert look(service, clock, seconds=1).status == "ACTIVE"

    def test_a_sync_by_hand_does_not_wait_for_the_next_look(
        self, world: World, sandbox: Sandbox, clock: MovingClock
    ) -> None:
        service = order(world, clock)
        look(service, clock, days=2)
        decide(sandbox, service, "issue")
        run_command(service=service, command="sync", actor="test", now=clock())
        assert look(service, clock, seconds=1).status == "ACTIVE"

    def test_a_refusal_is_told_once_and_a_later_issue_is_still_taken(
        self, world: World, sandbox: Sandbox, clock: MovingClock
    ) -> None:
        service = order(world, clock)
        decide(sandbox, service, "refuse")
        look(service, clock)
        assert (service.status, service.certificate.state) == ("PENDING", "FAILED")
        assert len(told(service)) == 1
        run_command(service=service, command="sync", actor="test", now=clock())
        look(service, clock)
        assert len(told(service)) == 1
        decide(sandbox, service, "issue")
        run_command(service=service, command="sync", actor="test", now=clock())
        assert look(service, clock).status == "ACTIVE"

    @pytest.mark.parametrize("form", ["pem", "zip"])
    @pytest.mark.parametrize("chain", ["joined", "apart"])
    def test_the_material_is_read_in_each_shape(
        self, world: World, sandbox: Sandbox, clock: MovingClock, form: str, chain: str
    ) -> None:
        switch(sandbox, certificate_form=form, certificate_chain=chain, certificate_status="processing")
        service = issued(world, sandbox, clock)
        kept = Certificate.objects.get(service=service)
        assert service.status == "ACTIVE"
        assert "BEGIN CERTIFICATE" in kept.certificate
        assert "BEGIN CERTIFICATE" in kept.chain

    @pytest.mark.parametrize("file", ["pem", "zip", "raw_zip"])
    def test_the_named_function_gives_it_where_the_form_does_not(
        self, world: World, sandbox: Sandbox, clock: MovingClock, settings: LazySettings, file: str
    ) -> None:
        settings.NOC_CERTIFICATE_FUNCTIONS = {"file": "certificate.file"}
        switch(sandbox, certificate_form="none", certificate_file=file, certificate_file_function="certificate.file")
        service = issued(world, sandbox, clock)
        assert "BEGIN CERTIFICATE" in Certificate.objects.get(service=service).certificate

    def test_issued_and_unreadable_is_active_and_told(self, world: World, sandbox: Sandbox, clock: MovingClock) -> None:
        switch(sandbox, certificate_form="none")
        service = issued(world, sandbox, clock)
        assert (service.status, len(told(service))) == ("ACTIVE", 1)

    def test_several_names_go_twice(self, world: World, clock: MovingClock, live_items: Items) -> None:
        product = make_certificate_product(world, MULTI_DOMAIN)
        order_certificate(world, product, altname="example.org shop.example.com")
        run_due_operations(clock)
        assert live_items()[0]["altname"] == "example.org shop.example.com"

    def test_a_country_that_the_partner_does_not_list_is_refused_in_words_before_anything_is_bought(
        self, world: World, clock: MovingClock, live_items: Items, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(certificate, "number_of_country", lambda code, entries: "")
        operation = order(world, clock, field_country="AQ").operations.get()
        assert operation.status == "FAILED"
        assert "AQ" in operation_words(operation)
        assert live_items() == []


class TestOwnRequests:
    def test_the_clients_request_is_ordered_without_a_key(
        self, world: World, sandbox: Sandbox, clock: MovingClock, settings: LazySettings
    ) -> None:
        settings.NOC_CERTIFICATE_FUNCTIONS = {"own_request": "exist"}
        key = ec_key()
        service = issued(world, sandbox, clock, csr=make_csr("example.com", key))
        kept = Certificate.objects.get(service=service)
        leaf = x509.load_pem_x509_certificate(kept.certificate.encode())
        assert leaf.public_key() == key.public_key()
        assert kept.private_key == ""
        assert sent(sandbox, REQUEST) == 0


class Died(BaseException):
    """The process ended here."""


class TestCrashes:
    """After a crash the request that was kept is ordered: its key must not be lost."""

    @pytest.fixture
    def operation(self, world: World) -> Operation:
        return order_certificate(world, make_certificate_product(world)).operations.get()

    def run_again(self, operation: Operation, clock: MovingClock) -> None:
        clock.skip(seconds=3600)
        free_expired_leases(now=clock())
        run_due_operations(clock)

    @pytest.mark.parametrize(
        ("owner", "step"), [(creating, "pay_once"), (creating, "change_claimed"), (creating, "_activate")]
    )
    def test_the_same_request_is_ordered_once(
        self,
        operation: Operation,
        sandbox: Sandbox,
        clock: MovingClock,
        live_items: Items,
        monkeypatch: pytest.MonkeyPatch,
        owner: Any,
        step: str,
    ) -> None:
        def die(*_: object, **__: object) -> None:
            raise Died

        with monkeypatch.context() as patch:
            patch.setattr(owner, step, die)
            with pytest.raises(Died):
                run_operation(operation_id=operation.pk, clock=clock)
        kept = Certificate.objects.get()
        self.run_again(operation, clock)
        (item,) = live_items()
        service = Service.objects.get()
        assert Certificate.objects.get().csr == kept.csr
        assert service.remote_id == str(item["id"])
        assert sent(sandbox, REQUEST) == 1
        decide(sandbox, service, "issue")
        look(service, clock)
        leaf = x509.load_pem_x509_certificate(Certificate.objects.get().certificate.encode())
        assert leaf.public_key() == load_pem_private_key(kept.private_key.encode(), None).public_key()

    def test_a_lost_answer_to_the_request_is_asked_again(
        self, operation: Operation, sandbox: Sandbox, clock: MovingClock, misbehave: Misbehave, live_items: Items
    ) -> None:
        misbehave("lost_after_act", func=REQUEST, count=2)
        run_due_operations(clock, ahead=timedelta(minutes=20))
        (item,) = live_items()
        kept = Certificate.objects.get()
        assert belongs_to_request(kept.private_key, kept.csr)
        assert Service.objects.get().remote_id == str(item["id"])

    def test_a_lost_answer_to_the_order_is_looked_for_and_not_sent_again(
        self, operation: Operation, sandbox: Sandbox, clock: MovingClock, misbehave: Misbehave, live_items: Items
    ) -> None:
        misbehave("lost_after_act", func=ORDER, count=1)
        run_due_operations(clock)
        (item,) = live_items()
        assert sent(sandbox, ORDER) == 1
        assert Service.objects.get().remote_id == str(item["id"])

    def test_a_worker_that_comes_back_late_replaces_nothing(
        self, operation: Operation, clock: MovingClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        original = certifying.keep_request
        calls: list[int] = []

        def keep_late(**arguments: Any) -> None:
            calls.append(1)
            original(**arguments)

        monkeypatch.setattr(certifying, "keep_request", keep_late)
        make_request = certifying.CertificateKind.make_request

        def slowly(*arguments: Any, **options: Any) -> Any:
            made = make_request(*arguments, **options)
            if not calls:
                monkeypatch.setattr(certifying.CertificateKind, "make_request", make_request)
                clock.skip(seconds=3600)
                self.run_again(operation, clock)
            return made

        monkeypatch.setattr(certifying.CertificateKind, "make_request", slowly)
        run_operation(operation_id=operation.pk, clock=clock)
        assert calls == [1]
        assert Service.objects.get().remote_id


class TestEnding:
    def test_terminate_works_while_the_authority_is_awaited(
        self, world: World, clock: MovingClock, live_items: Items
    ) -> None:
        service = order(world, clock)
        run_command(service=service, command="terminate", actor="test", now=clock())
        look(service, clock)
        assert (service.status, live_items()) == ("TERMINATED", [])
        look(service, clock)
        assert not service.operations.unsettled().exists()

    def test_a_cancelled_order_ends_it_at_the_partner(
        self, world: World, clock: MovingClock, live_items: Items
    ) -> None:
        service = order(world, clock)
        cancel_order(order=service.order_line.order, actor="test", now=clock())
        look(service, clock)
        assert (service.status, live_items()) == ("CANCELLED", [])


class TestRenewing:
    def renew(self, service: Service, clock: MovingClock) -> None:
        run_command(service=service, command="renew", actor="test", now=clock())
        look(service, clock, seconds=30)

    def test_an_awaited_certificate_is_not_renewed(self, world: World, clock: MovingClock) -> None:
        assert why_not(order(world, clock), "renew")

    def test_it_is_prolonged_then_issued_anew_and_read_back(
        self, world: World, sandbox: Sandbox, clock: MovingClock, settings: LazySettings
    ) -> None:
        settings.NOC_CERTIFICATE_FUNCTIONS = {"reissue": "certificate.reissue"}
        service = issued(world, sandbox, clock)
        before = Certificate.objects.get(service=service).certificate
        end = service.expires_on
        self.renew(service, clock)
        assert [o.status for o in service.operations.filter(kind__in=["RENEW", "REISSUE"])] == ["DONE", "DONE"]
        assert service.status == "ACTIVE"
        assert (Certificate.objects.get(service=service).state, told(service)) == ("AWAITING", [])
        decide(sandbox, service, "issue")
        look(service, clock)
        kept = Certificate.objects.get(service=service)
        assert kept.state == "ISSUED"
        assert kept.certificate != before
        assert service.expires_on > end
        assert Email.objects.filter(letter="certificate.reissued").count() == 1

    def test_without_the_function_operators_are_told_and_the_new_one_is_still_read(
        self, world: World, sandbox: Sandbox, clock: MovingClock
    ) -> None:
        service = issued(world, sandbox, clock)
        before = Certificate.objects.get(service=service).certificate
        self.renew(service, clock)
        assert len(told(service)) == 1
        assert not service.operations.filter(kind="REISSUE").exists()
        decide(sandbox, service, "issue")
        look(service, clock)
        assert Certificate.objects.get(service=service).certificate != before

    def test_where_the_partner_issues_anew_by_itself_nobody_is_bothered(
        self, world: World, sandbox: Sandbox, clock: MovingClock
    ) -> None:
        switch(sandbox, certificate_renewal_reissues=True)
        service = issued(world, sandbox, clock)
        before = Certificate.objects.get(service=service).certificate
        self.renew(service, clock)
        assert (service.status, told(service)) == ("ACTIVE", [])
        decide(sandbox, service, "issue")
        look(service, clock)
        assert Certificate.objects.get(service=service).certificate != before

    def test_a_lost_answer_to_the_reissue_is_harmless(
        self, world: World, sandbox: Sandbox, clock: MovingClock, settings: LazySettings, misbehave: Misbehave
    ) -> None:
        settings.NOC_CERTIFICATE_FUNCTIONS = {"reissue": "certificate.reissue"}
        service = issued(world, sandbox, clock)
        misbehave("lost_after_act", func="certificate.reissue", count=1)
        queue_operation(service=service, kind=OperationKind.REISSUE, now=clock())
        look(service, clock, seconds=30)
        assert service.operations.get(kind="REISSUE").status == "DONE"
        assert sent(sandbox, "certificate.reissue") == 1

    def test_a_refusal_changes_nothing_and_is_told_in_words(
        self, world: World, sandbox: Sandbox, clock: MovingClock, settings: LazySettings
    ) -> None:
        settings.NOC_CERTIFICATE_FUNCTIONS = {"reissue": "certificate.nonsense"}
        service = issued(world, sandbox, clock)
        queue_operation(service=service, kind=OperationKind.REISSUE, now=clock())
        look(service, clock, seconds=30)
        operation = service.operations.get(kind="REISSUE")
        assert operation.status == "FAILED"
        assert operation_words(operation)
        assert Certificate.objects.get(service=service).state == "ISSUED"
