"""Reports over REST: for staff whose role may see money."""

from collections.abc import Callable

import pytest

from billing.queries.reports import REPORTS
from noc.sandbox.server import Sandbox
from tests.billing.api.caller import Api
from tests.billing.queries.reports.mixed_books import DAYS, ledger, mixed_world
from tests.builders import World


@pytest.fixture
def books(db: None, sandbox: Sandbox) -> World:
    return mixed_world(sandbox)


@pytest.fixture
def program(books: World) -> Callable[[str], Api]:
    return Api.of_role


def test_all_reports_answer_by_the_codes_of_their_columns(program: Callable[[str], Api]) -> None:
    boss = program("FULL_ADMINISTRATOR")
    listed = boss.get("reports/")
    assert [row["name"] for row in listed] == [report.code for report in REPORTS]
    for row in listed:
        answer = boss.get(f"reports/{row['name']}/", **(DAYS if row["asks"] != "nothing" else {}))
        codes = [column["code"] for column in row["columns"]]
        assert [section["currency"] for section in answer["sections"]] == ["EUR", "RUB"]
        assert all(list(cells) == codes for section in answer["sections"] for cells in section["rows"])
        assert all(set(section["totals"]) <= set(codes) for section in answer["sections"])


def test_amounts_are_plain_and_periods_iso(program: Callable[[str], Api]) -> None:
    answer = program("SALES_OPERATOR").get("reports/revenue/", **DAYS, by="quarter", currency="RUB")
    (section,) = answer["sections"]
    (row,) = section["rows"]
    assert (answer["first_day"], answer["last_day"]) == ("2026-01-01", "2026-03-31")
    assert row["period"] == "2026-Q1"
    assert row["revenue"] == section["totals"]["revenue"] == f"{ledger('REVENUE', currency='RUB', sign=-1):.2f}"


def test_what_cannot_be_asked_is_told_by_field(program: Callable[[str], Api]) -> None:
    boss = program("FULL_ADMINISTRATOR")
    wrong = boss.get("reports/revenue/", expect=400, **{"from": "2026-02-30", "by": "week", "currency": "XXX"})
    assert set(wrong["errors"]) == {"from", "by", "currency"}
    boss.get("reports/nonsense/", expect=404)


def test_support_and_clients_see_none_of_it(books: World, program: Callable[[str], Api]) -> None:
    program("SUPPORT_OPERATOR").get("reports/", expect=403)
    program("SUPPORT_OPERATOR").get("reports/credits/", expect=403)
    Api.of_client(books.client).get("reports/", expect=403)
