"""What a transfer may pay, from what its payer wrote."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from billing.models import Confidence, MatchReason
from billing.statements.matching import OpenInvoice, Payer, Proposal, Scene, propose

LIKELY, SURE, UNSURE = Confidence.LIKELY, Confidence.SURE, Confidence.UNSURE


def invoice(pk: int, balance: str = "100.00", *, client: int = 1, **changes: Any) -> OpenInvoice:
    values = {
        "pk": pk,
        "client_id": client,
        "currency": "RUB",
        "balance": Decimal(balance),
        "due_date": date(2026, 11, 1 + pk % 28),
        "numbers": (f"PRO-{pk}", f"12345678{pk:02}"),
        **changes,
    }
    return OpenInvoice(**values)


def scene(**more: Any) -> Scene:
    return Scene([invoice(12), invoice(13, "50.00"), invoice(14, "70.00", client=2)], **more)


def match(purpose: str, amount: str = "100.00", where: Scene | None = None, **payer: Any) -> Proposal:
    values = {"amount": Decimal(amount), "currency": "RUB", "purpose": purpose, **payer}
    return propose(Payer(**values), where or scene())


def shares(found: Proposal) -> dict[int, str]:
    return {pk: str(amount) for pk, amount in found.shares}


@pytest.mark.parametrize(
    "purpose",
    [
        "PRO-12",
        "Оплата по счёту № PRO-12 от 05.11.2026, в том числе НДС 22 % 18,03 руб.",
        "pro 12",
        "РRО-12",  # Р and О of the Cyrillic alphabet
        "ПРО-012",
        "PRO12",
        "заказ 1234567812",
        "RF · PRO-12",
    ],
)
def test_a_number_however_it_is_written(purpose: str) -> None:
    where = Scene([invoice(12, numbers=("PRO-12", "ПРО-12", "1234567812")), invoice(1)])
    found = match(purpose, where=where)
    assert (found.reason, found.confidence, shares(found)) == (MatchReason.NUMBER_AND_AMOUNT, SURE, {12: "100.00"})


@pytest.mark.parametrize("purpose", ["INV-2026-00012", "inv 2026 12", "ИНВ/2026/12", "INV202600012"])
def test_a_number_with_a_year(purpose: str) -> None:
    where = Scene([invoice(5, numbers=("INV-2026-00012", "ИНВ-2026-12"))])
    found = match(purpose, where=where)
    assert (found.confidence, shares(found)) == (SURE, {5: "100.00"})


@pytest.mark.parametrize("purpose", ["счет 12 от 01.11.2026", "Invoice #12", "№12", "сч. № 12"])
def test_a_bare_number_is_likely_with_its_amount_only(purpose: str) -> None:
    found = match(purpose)
    assert (found.reason, found.confidence, shares(found)) == (MatchReason.BARE_NUMBER, LIKELY, {12: "100.00"})
    assert match(purpose, "99.00").reason == MatchReason.NOTHING


def test_a_longer_number_is_not_its_beginning() -> None:
    assert match("PRO-123").reason == MatchReason.AMOUNT_ALONE
    assert match("12 штук по 1,00").reason == MatchReason.AMOUNT_ALONE


def test_several_invoices_with_their_sum() -> None:
    found = match("PRO-12, PRO-13", "150.00")
    assert (found.reason, found.confidence) == (MatchReason.SEVERAL_NUMBERS, SURE)
    assert shares(found) == {12: "100.00", 13: "50.00"}


@pytest.mark.parametrize(
    ("amount", "expected"),
    [("40.00", {12: "40.00"}), ("120.00", {12: "100.00", 13: "20.00"}), ("160.00", {13: "60.00"})],
)
def test_another_amount_fills_what_is_named_in_order(amount: str, expected: dict[int, str]) -> None:
    found = match("PRO-12 PRO-13", amount)
    assert (found.reason, found.confidence) == (MatchReason.OTHER_AMOUNT, LIKELY)
    assert expected.items() <= shares(found).items()
    assert sum(share for _pk, share in found.shares) == Decimal(amount)


def test_a_number_of_another_client_is_not_sure() -> None:
    found = match("PRO-12", tax_id="77", where=scene(clients_by_tax_id={"77": 2}))
    assert (found.reason, found.confidence, found.client_id) == (MatchReason.OTHER_PAYER, LIKELY, 1)


def test_another_currency_is_never_proposed() -> None:
    assert match("PRO-12", currency="EUR").shares == ()


@pytest.mark.parametrize(
    ("amount", "reason", "confidence", "expected"),
    [
        ("50.00", MatchReason.CLIENT_AND_AMOUNT, LIKELY, {13: "50.00"}),
        ("150.00", MatchReason.CLIENT_AND_SUM, LIKELY, {12: "100.00", 13: "50.00"}),
        ("33.00", MatchReason.OLDEST_OF_CLIENT, UNSURE, {12: "33.00"}),
    ],
)
def test_a_known_payer_without_a_number(
    amount: str, reason: MatchReason, confidence: Confidence, expected: dict[int, str]
) -> None:
    for known in ({"clients_by_tax_id": {"77": 1}}, {"clients_by_account": {"ACC": 1}}):
        found = match("за услуги", amount, scene(**known), tax_id="77", account="ACC")
        assert (found.reason, found.confidence, shares(found)) == (reason, confidence, expected)


def test_a_known_payer_who_owes_nothing_gets_credit() -> None:
    found = match("", where=scene(clients_by_tax_id={"77": 3}), tax_id="77")
    assert found == Proposal(MatchReason.CREDIT_OF_CLIENT, UNSURE, 3)


def test_what_is_paid_already_is_told() -> None:
    found = match("PRO-9", "7.00", scene(closed={"PRO-9": 2}))
    assert found == Proposal(MatchReason.PAID_ALREADY, UNSURE, 2)


def test_two_transfers_never_count_on_the_same_balance() -> None:
    where = scene()
    assert match("PRO-12", where=where).confidence == SURE
    assert match("PRO-12", where=where).reason == MatchReason.PAID_ALREADY
    assert match("PRO-12", where=scene(taken={12: Decimal(60)})).reason == MatchReason.OTHER_AMOUNT


def test_the_name_and_the_amount() -> None:
    where = Scene([invoice(1, client_names=("ООО «Ромашка»",)), invoice(2, client=2)])
    found = match("услуги", where=where, name='"Ромашка" ООО')
    assert (found.reason, found.client_id) == (MatchReason.NAME_AND_AMOUNT, 1)
    assert match("услуги", where=Scene(where.invoices)).reason == MatchReason.NOTHING
