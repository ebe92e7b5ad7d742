"""Statements uploaded and transfers decided in the back office."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser

from billing.models import BankStatement, BankTransfer, Invoice, Operation
from tests.billing.admin.pages import (
    add_page,
    ask,
    buttons_on,
    list_of,
    page_of,
    press,
    rows_of,
    succeeded,
    text_of,
)
from tests.billing.statements.files import camt, entry
from tests.builders import World, bill, make_client, place


def upload(browser: Browser, content: bytes, name: str = "november.xml"):  # type: ignore[no-untyped-def]
    return browser.post(add_page(BankStatement), {"file": SimpleUploadedFile(name, content)})


def test_from_the_order_to_the_service(world: World, boss: Browser) -> None:
    order = place(world.client, world.lite, ip="192.0.2.10")
    content = camt(entry("5.00", f"PRO-{order.invoice.pk}"), entry("8.88", "<![CDATA[<b>?</b>]]>", name="Nobody"))
    response = upload(boss, content)
    statement = BankStatement.objects.get()
    assert response.headers["Location"] == page_of(statement)
    page = text_of(boss.get(page_of(statement)))
    assert "2 new transfers were read." in page
    assert f">PRO-{order.invoice.pk}</a>" in page
    assert "<b>?</b>" not in page
    assert buttons_on(boss, statement) == ["confirm-sure"]
    assert "Confirm 1 sure transfer" in ask(boss, statement, "confirm-sure")
    assert succeeded(press(boss, statement, "confirm-sure"))
    order.invoice.refresh_from_db()
    assert order.invoice.status == "PAID"
    assert Operation.objects.count() == 1
    assert buttons_on(boss, statement) == []
    again = upload(boss, content)
    assert again.headers["Location"] == page_of(statement)
    assert "was read already" in text_of(boss.get(page_of(statement)))


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "empty"), (b"hello", "neither a CAMT file"), (b"<!DOCTYPE a><a/>", "no document type")]
)
def test_a_bad_file_says_why_on_its_field(boss: Browser, content: bytes, words: str) -> None:
    response = upload(boss, content)
    assert list(response.context["form"].errors) == ["file"]
    assert words in text_of(response)
    assert not BankStatement.objects.exists()
    assert list(boss.post(add_page(BankStatement)).context["form"].errors) == ["file"]


def test_many_are_confirmed_after_a_list_of_what_happens(world: World, boss: Browser) -> None:
    first, second = bill(world.client, "10.00"), bill(world.client, "20.00")
    upload(boss, camt(entry("10.00", str(first)), entry("20.00", str(second)), entry("7.77", "?", name="Nobody")))
    found = rows_of(boss.get(list_of(BankTransfer)))
    assert len(found) == 3
    assert len(rows_of(boss.get(list_of(BankTransfer, "?show=sure")))) == 2
    chosen = [row.pk for row in found]
    asked = boss.post(list_of(BankTransfer), {"action": "confirm_selected", "_selected_action": chosen})
    page = text_of(asked)
    assert "Confirm 2 transfers" in page
    assert f"for invoice {first} of" in page
    boss.post(list_of(BankTransfer), {"action": "confirm_selected", "_selected_action": chosen, "confirmed": "yes"})
    assert list(Invoice.objects.values_list("status", flat=True)) == ["PAID", "PAID"]
    assert "choose an invoice" in text_of(boss.get(list_of(BankTransfer)))
    boss.post(list_of(BankTransfer), {"action": "match_selected", "_selected_action": chosen})
    assert BankTransfer.objects.filter(status="CONFIRMED").count() == 2


def test_another_invoice_is_chosen_by_number_or_from_the_list(world: World, boss: Browser) -> None:
    other = bill(make_client(), "7.00")
    upload(boss, camt(entry("7.00", "hello", name="Nobody")))
    transfer = BankTransfer.objects.get()
    assert "Only one open invoice has this amount" in text_of(boss.get(page_of(transfer)))
    mine = bill(world.client, "6.00")
    assert str(other) in ask(boss, transfer, "choose")
    assert not succeeded(press(boss, transfer, "choose", numbers="PRO-999"))
    assert not succeeded(press(boss, transfer, "choose"))
    assert succeeded(press(boss, transfer, "choose", numbers=f"pro-{mine.pk}"))
    assert transfer.shares.get().invoice == mine
    assert succeeded(press(boss, transfer, "choose", invoice=str(other.pk)))
    assert f"for invoice {other}" in ask(boss, transfer, "confirm").replace("&#x27;", "'")
    assert succeeded(press(boss, transfer, "confirm"))
    assert "What it paid" in text_of(boss.get(page_of(transfer)))


def test_credit_ignoring_and_opening_again(world: World, boss: Browser) -> None:
    upload(boss, camt(entry("7.00", "hello", name="Nobody")))
    transfer = BankTransfer.objects.get()
    assert buttons_on(boss, transfer) == ["choose", "credit", "ignore"]
    assert succeeded(press(boss, transfer, "ignore", reason="A loan"))
    assert buttons_on(boss, transfer) == ["reopen"]
    assert succeeded(press(boss, transfer, "reopen"))
    assert not succeeded(press(boss, transfer, "credit", client="nobody@example.com"))
    assert succeeded(press(boss, transfer, "credit", client=world.client.email))
    assert succeeded(press(boss, transfer, "confirm"))
    world.client.refresh_from_db()
    assert world.client.credit_balance == 7


def test_support_looks_on(world: World, boss: Browser, support: Browser) -> None:
    upload(boss, camt(entry("7.00", "hello")))
    transfer = BankTransfer.objects.get()
    assert buttons_on(support, transfer) == []
    assert support.get(add_page(BankStatement)).status_code == 403
    assert press(support, transfer, "ignore", reason="x").status_code == 403
    chosen = {"action": "confirm_selected", "_selected_action": [transfer.pk], "confirmed": "yes"}
    assert support.post(list_of(BankTransfer), chosen).status_code == 403
    assert list_of(BankTransfer) in text_of(support.get("/admin/"))
