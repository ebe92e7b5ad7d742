from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from billing.actions.affiliates import (
    AffiliateInvalid,
    ProgramClosed,
    change_affiliate,
    close_affiliate,
    count_visit,
    join_program,
    reopen_affiliate,
)
from billing.actions.notifications import send_email
from billing.models import Affiliate, AffiliateEntry, AffiliateSettings, Email, Event
from billing.queries.affiliates import find_affiliate
from billing.queries.books import find_differences
from catalog.models import Currency
from tests.affiliates import at, make_affiliate, switch_on
from tests.builders import make_client

TODAY = at(date(2027, 3, 1))


@pytest.fixture
def program(db: None) -> AffiliateSettings:
    return switch_on()


class TestJoining:
    def test_makes_a_client_an_affiliate_once(self, program: AffiliateSettings, mailoutbox: list[Any]) -> None:
        client = make_client()
        affiliate = join_program(client=client, actor="anna", now=TODAY)
        assert join_program(client=client, actor="anna", now=TODAY) == affiliate
        assert Event.objects.get(name="affiliate.joined").client == client
        send_email(email_id=Email.objects.get(letter="affiliate.joined").pk, now=TODAY)
        assert f"/?aff={affiliate.code}" in mailoutbox[0].body

    def test_codes_are_no_numbers_and_are_found_whatever_their_case(self, program: AffiliateSettings) -> None:
        affiliate = make_affiliate()
        assert affiliate.code[0].isalpha()
        assert len(affiliate.code) == 9
        assert find_affiliate(affiliate.code.upper()) == affiliate

    def test_needs_the_program_to_be_on(self, db: None) -> None:
        with pytest.raises(ProgramClosed):
            join_program(client=make_client(), actor="x", now=TODAY)
        assert not Affiliate.objects.exists()

    def test_gives_the_bonus_in_the_clients_currency_once(self, db: None) -> None:
        switch_on(joining_bonus=Decimal(5))
        Currency.objects.filter(pk="RUB").update(rate=Decimal("90.123"))
        client = make_client(currency="RUB")
        for _press in range(2):
            affiliate = join_program(client=client, actor="x", now=TODAY)
        affiliate.refresh_from_db()
        assert affiliate.balance == Decimal("450.62")
        assert AffiliateEntry.objects.get().kind == "JOINING_BONUS"
        assert [str(one) for one in find_differences()] == []

    def test_a_bonus_that_has_no_rate_is_not_lost(self, db: None) -> None:
        switch_on(joining_bonus=Decimal(5))
        with pytest.raises(ProgramClosed, match="RUB"):
            join_program(client=make_client(currency="RUB"), actor="x", now=TODAY)
        assert join_program(client=make_client(), actor="x", now=TODAY).balance == 5


class TestTerms:
    def change(self, affiliate: Affiliate, **values: Any) -> Affiliate:
        return change_affiliate(affiliate=affiliate, values=values, actor="vera", now=TODAY)

    def test_are_changed_with_an_event(self, program: AffiliateSettings) -> None:
        affiliate = self.change(
            make_affiliate(), code=" Anna-Shop ", pay="PERCENT", pay_amount=Decimal(15), is_once=True, whmcs_id=7
        )
        affiliate.refresh_from_db()
        assert (affiliate.code, affiliate.pay_amount, affiliate.is_once) == ("anna-shop", 15, True)
        event = Event.objects.get(name="affiliate.changed")
        assert event.data["fields"] == ["code", "is_once", "pay", "pay_amount", "whmcs_id"]

    def test_what_stays_the_same_is_no_change(self, program: AffiliateSettings) -> None:
        affiliate = make_affiliate()
        self.change(affiliate, code=affiliate.code, pay="DEFAULT")
        assert not Event.objects.filter(name="affiliate.changed").exists()

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"code": "a"}, "code"),
            ({"code": "7up"}, "code"),
            ({"code": "with space"}, "code"),
            ({"pay": "PERCENT", "pay_amount": Decimal(101)}, "pay_amount"),
            ({"pay": "FIXED", "pay_amount": Decimal(-1)}, "pay_amount"),
            ({"pay": "NONE"}, "pay"),
            ({"whmcs_id": -1}, "whmcs_id"),
        ],
    )
    def test_that_cannot_be_are_refused_on_their_field(
        self, program: AffiliateSettings, values: dict[str, Any], field: str
    ) -> None:
        affiliate = make_affiliate()
        with pytest.raises(AffiliateInvalid) as refusal:
            self.change(affiliate, **values)
        assert list(refusal.value.errors) == [field]

    def test_two_affiliates_have_two_codes(self, program: AffiliateSettings) -> None:
        taken = make_affiliate(code="anna")
        with pytest.raises(AffiliateInvalid) as refusal:
            self.change(make_affiliate(), code="ANNA")
        assert list(refusal.value.errors) == ["code"]
        assert Affiliate.objects.get(code="anna") == taken

    def test_the_database_wants_the_same(self, program: AffiliateSettings) -> None:
        affiliate = make_affiliate()
        for wrong in (
            {"balance": -1},
            {"debt": 1, "balance": 1},
            {"pay": "NONE"},
            {"pay": "PERCENT", "pay_amount": 101},
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                Affiliate.objects.filter(pk=affiliate.pk).update(**wrong)


def test_closing_and_opening_again_each_leave_one_event(program: AffiliateSettings) -> None:
    affiliate = make_affiliate()
    for _press in range(2):
        close_affiliate(affiliate=affiliate, actor="vera", now=TODAY)
    assert find_affiliate(affiliate.code) is None
    for _press in range(2):
        reopen_affiliate(affiliate=affiliate, actor="vera", now=TODAY)
    assert find_affiliate(affiliate.code) == affiliate
    names = Event.objects.filter(name__in=["affiliate.closed", "affiliate.reopened"]).values_list("name", flat=True)
    assert sorted(names) == ["affiliate.closed", "affiliate.reopened"]


def test_visits_are_counted(program: AffiliateSettings) -> None:
    affiliate = make_affiliate()
    for _visit in range(2):
        count_visit(affiliate=affiliate)
    affiliate.refresh_from_db()
    assert affiliate.visits == 2
