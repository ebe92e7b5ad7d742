"""Documents in a real browser: the PDF that a page waits for, and the page to print."""

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from billing.actions.documents import make_document
from billing.models import Invoice, StaffRole, StoredDocument, User
from billing.queries.clock import database_now
from tests.billing.documents.samples import (
    Charge,
    make_credit_note,
    make_german_seller,
    make_invoice,
    make_russian_client,
    make_russian_seller,
    pay_up,
)
from tests.browser.conftest import LogIn, find_barriers, is_wider_than_screen
from tests.builders import World

pytestmark = [pytest.mark.browser, pytest.mark.pdf, pytest.mark.django_db(transaction=True)]
TAX = [("НДС", "22", "220.00")]


def work() -> None:
    """What a worker would do."""
    for document_id in StoredDocument.objects.due(now=database_now()).values_list("pk", flat=True):
        make_document(document_id=document_id, now=database_now())


def test_the_page_waits_for_the_pdf_and_saves_it_by_itself(
    portal: Page, live_server: LiveServer, shop: World, log_in: LogIn, tmp_path: Path
) -> None:
    make_german_seller()
    invoice = make_invoice(shop.client, [Charge("License", "10.00")])
    log_in(shop.client)
    portal.goto(f"{live_server.url}/invoices/{invoice.pk}/")
    portal.get_by_role("link", name="PDF").click()
    expect(portal.get_by_text("The PDF is being made")).to_be_visible()
    assert find_barriers(portal) == []
    with portal.expect_download() as download:
        work()
    assert download.value.suggested_filename == f"proforma-PRO-{invoice.pk}.pdf"
    saved = tmp_path / "invoice.pdf"
    download.value.save_as(saved)
    assert saved.read_bytes().startswith(b"%PDF-")
    expect(portal.get_by_role("link", name="Save the PDF")).to_be_visible()


def test_operators_get_it_the_same_way(portal: Page, live_server: LiveServer, shop: World, tmp_path: Path) -> None:
    invoice = make_invoice(shop.client, [Charge("License", "10.00")])
    User.objects.create_user(
        "boss@example.com", "right-horse-battery", is_staff=True, role=StaffRole.FULL_ADMINISTRATOR
    )
    portal.goto(live_server.url + reverse("admin:billing_invoice_pdf", args=[invoice.pk]))
    portal.get_by_label("E-mail").fill("boss@example.com")
    portal.locator("input[type=password]").fill("right-horse-battery")
    portal.locator("button[type=submit]").click()
    expect(portal.get_by_text("The PDF is being made")).to_be_visible()
    with portal.expect_download() as download:
        work()
    assert download.value.suggested_filename == f"proforma-PRO-{invoice.pk}.pdf"


@pytest.fixture
def bill(shop: World) -> Invoice:
    """A Russian bill with the widest words that there are."""
    make_russian_seller()
    charges = [Charge("ispmanager business, лицензия на 1 месяц", "1000.00", TAX), Charge("x" * 120, "999999.99")]
    return make_invoice(make_russian_client(), charges)


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_the_print_view_fits_every_screen(
    portal: Page, live_server: LiveServer, bill: Invoice, log_in: LogIn, width: int
) -> None:
    log_in(bill.client)
    portal.set_viewport_size({"width": width, "height": 800})
    portal.goto(f"{live_server.url}/invoices/{bill.pk}/print/")
    expect(portal.get_by_role("button", name="Print")).to_be_visible()
    assert not is_wider_than_screen(portal)
    assert find_barriers(portal) == []
    pay_up(bill)
    note = make_credit_note(bill, amount="500.00", taxes=[("НДС", "22", "110.00")])
    for address in (f"/invoices/{bill.pk}/print/", f"/credit-notes/{note.pk}/print/"):
        portal.goto(live_server.url + address)
        assert not is_wider_than_screen(portal)
        assert find_barriers(portal) == []


def test_the_bar_of_the_print_view_stays_off_the_paper(
    portal: Page, live_server: LiveServer, bill: Invoice, log_in: LogIn
) -> None:
    log_in(bill.client)
    portal.goto(f"{live_server.url}/invoices/{bill.pk}/print/")
    portal.emulate_media(media="print")
    expect(portal.get_by_role("button", name="Print")).to_be_hidden()
    expect(portal.get_by_role("heading", level=1)).to_be_visible()
