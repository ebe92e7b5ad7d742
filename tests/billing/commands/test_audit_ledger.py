import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from billing.models import Client, LedgerAudit
from tests.builders import World
from tests.ledger import Books, keep_books, unguarded


@pytest.fixture
def books(world: World) -> Books:
    return keep_books(world)


def run(*arguments: str) -> tuple[int, str]:
    """Exit code and output."""
    output = StringIO()
    try:
        call_command("audit_ledger", *arguments, stdout=output)
    except SystemExit as end:
        return int(end.code or 0), output.getvalue()
    return 0, output.getvalue()


@pytest.mark.usefixtures("books")
def test_a_clean_ledger_ends_with_0_and_its_totals() -> None:
    code, text = run()
    assert code == 0
    assert "ledger EUR: receivable 8.70, revenue -30.00, credit -42.10, clearing 63.40" in text
    assert "entries: clean" in text
    assert LedgerAudit.objects.get().actor == "audit_ledger"


@pytest.mark.usefixtures("books")
def test_differences_end_with_1_and_are_told_in_words() -> None:
    Client.objects.update(credit_balance=7)
    code, text = run()
    assert code == 1
    assert "Client credit should be -€7.00, the entries come to -€42.10." in text
    assert "1 differences" in text


def test_json_for_programs(books: Books) -> None:
    assert json.loads(run("--json")[1])["clean"] is True
    Client.objects.update(credit_balance=7)
    code, text = run("--json")
    told = json.loads(text)
    (difference,) = told["differences"]
    assert (code, told["clean"], told["difference_count"]) == (1, False, 1)
    assert (difference["document"], difference["number"]) == ("client", books.client.pk)
    assert (difference["expected"], difference["found"]) == ("-7.0000", "-42.1000")
    assert difference["words"].startswith("Client Anna Berg")


def test_what_is_not_kept_is_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billing.actions.auditing.KEPT", 0)
    Client.objects.update(credit_balance=7)
    assert "… and 1 more." in run()[1]


def test_check_health_alarms_when_the_ledger_can_be_changed(db: None) -> None:
    call_command("check_health", stdout=StringIO())
    with unguarded(), pytest.raises(CommandError, match="ledger: unprotected"):
        call_command("check_health", stdout=StringIO())
