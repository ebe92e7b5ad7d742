import pytest
from django.test import Client as Browser
from django.urls import reverse

from billing.models import Certificate, Event, Service
from noc.kinds.certificate_request import belongs_to_request
from noc.sandbox.server import Sandbox
from tests.billing.views.pages import log_in, read
from tests.builders import World, make_active_service, make_client, run_due_operations
from tests.certificates import FIELDS, WILDCARD, make_certificate_product, make_issued_certificate, order_certificate

PARTS = ("certificate", "csr", "key")


def address(service: Service, part: str) -> str:
    return reverse("client:certificate_download", args=[service.pk, part])


@pytest.fixture
def service(world: World, sandbox: Sandbox) -> Service:
    return make_issued_certificate(world, sandbox)


@pytest.fixture
def owner(world: World) -> Browser:
    return log_in(world.client)


class TestDownloading:
    def test_the_owner_gets_certificate_request_and_key_that_belong_together(
        self, service: Service, owner: Browser
    ) -> None:
        files = {part: owner.get(address(service, part)) for part in PARTS}
        texts = {part: answer.content.decode() for part, answer in files.items()}
        assert texts["certificate"].count("BEGIN CERTIFICATE-") >= 2
        assert belongs_to_request(texts["key"], texts["csr"])
        assert [answer["Content-Disposition"] for answer in files.values()] == [
            'attachment; filename="example.com.crt"',
            'attachment; filename="example.com.csr"',
            'attachment; filename="example.com.key"',
        ]
        assert all("no-store" in answer["Cache-Control"] for answer in files.values())

    def test_each_download_is_on_record_without_what_was_in_it(self, service: Service, owner: Browser) -> None:
        for part in PARTS:
            owner.get(address(service, part))
        events = Event.objects.filter(name="certificate.downloaded", service=service).order_by("id")
        assert [event.data for event in events] == [{"part": part} for part in PARTS]
        assert {event.actor for event in events} == {service.client.email}

    @pytest.mark.parametrize("part", PARTS)
    def test_other_clients_find_nothing(self, service: Service, part: str) -> None:
        stranger = log_in(make_client(password="violet-harbour-42"))
        assert stranger.get(address(service, part)).status_code == 404
        assert not Event.objects.filter(name="certificate.downloaded").exists()

    def test_visitors_log_in_first(self, service: Service) -> None:
        answer = Browser().get(address(service, "key"))
        assert answer.status_code == 302
        assert "/login/" in answer["Location"]

    @pytest.mark.parametrize("part", ["private_key", "chain", "crt"])
    def test_there_are_no_other_parts(self, service: Service, owner: Browser, part: str) -> None:
        assert owner.get(address(service, part)).status_code == 404

    def test_it_is_not_given_for_a_form_that_was_sent(self, service: Service, owner: Browser) -> None:
        assert owner.post(address(service, "key")).status_code == 405

    def test_a_star_does_not_get_into_the_name_of_the_file(
        self, world: World, sandbox: Sandbox, owner: Browser
    ) -> None:
        service = order_certificate(world, make_certificate_product(world, WILDCARD), CN="*.example.com")
        run_due_operations()
        assert 'filename="_.example.com.csr"' in owner.get(address(service, "csr"))["Content-Disposition"]


class TestPage:
    def test_an_awaited_certificate_offers_what_is_there_and_says_what_to_do(
        self, world: World, owner: Browser
    ) -> None:
        service = order_certificate(world, make_certificate_product(world))
        run_due_operations()
        page = read(owner, reverse("client:service", args=[service.pk]))
        assert "admin@example.com" in page
        assert address(service, "csr") in page
        assert address(service, "certificate") not in page

    def test_an_issued_one_offers_everything_and_shows_no_key(self, service: Service, owner: Browser) -> None:
        page = read(owner, reverse("client:service", args=[service.pk]))
        assert all(address(service, part) in page for part in PARTS)
        assert "PRIVATE KEY" not in page

    def test_nothing_is_offered_before_anything_is_made(self, world: World, owner: Browser) -> None:
        service = order_certificate(world, make_certificate_product(world))
        assert "/certificate/" not in read(owner, reverse("client:service", args=[service.pk]))
        assert owner.get(address(service, "csr")).status_code == 404

    def test_a_key_that_the_client_kept_is_not_offered(self, service: Service, owner: Browser) -> None:
        Certificate.objects.filter(service=service).update(private_key="")
        assert address(service, "key") not in read(owner, reverse("client:service", args=[service.pk]))
        assert owner.get(address(service, "key")).status_code == 404

    def test_a_license_has_no_such_card(self, world: World, owner: Browser) -> None:
        service = make_active_service(world.client, world.lite, ip="192.0.2.10")
        assert 'id="certificate"' not in read(owner, reverse("client:service", args=[service.pk]))
        assert owner.get(address(service, "key")).status_code == 404


class TestOrdering:
    def test_the_form_names_countries_and_puts_errors_beside_their_fields(self, world: World, owner: Browser) -> None:
        product = make_certificate_product(world)
        path = reverse("store:product", args=[world.group.slug, product.slug])
        assert ">Germany</option>" in read(owner, path)
        values = {f"field_{key}": value for key, value in {**FIELDS, "approver_email_1": "me@example.com"}.items()}
        answer = owner.post(path, {"cycle": "ANNUALLY", "quantity": 1, **values})
        assert answer.status_code == 422
        assert "postmaster@example.com" in answer.content.decode()


def test_the_page_leaves_out_what_nobody_filled_in(owner: Browser, service: Service) -> None:
    words = read(owner, f"/services/{service.pk}/")
    assert "City (L)" in words
    assert "Technical contact" not in words


class TestTheOrderForm:
    @pytest.fixture
    def address(self, world: World) -> str:
        product = make_certificate_product(world)
        return reverse("store:product", args=[product.group.slug, product.slug])

    def test_contacts_are_sections_and_the_optional_one_is_folded(self, client: Browser, address: str) -> None:
        page = client.get(address).content.decode()
        assert "<legend>Administrative contact</legend>" in page
        folded = page.split('<details class="field section">')[1].split("</details>")[0]
        assert "<summary>Technical contact</summary>" in folded
        assert "field_tech_phone" in folded

    def test_a_folded_section_opens_where_something_is_wrong(self, client: Browser, address: str) -> None:
        page = client.post(address, {"cycle": "ANNUALLY", "quantity": 1, "field_tech_email": "nobody"})
        assert "<legend>Technical contact</legend>" in page.content.decode()
        assert "<details" not in page.content.decode().split("order-form")[1]
