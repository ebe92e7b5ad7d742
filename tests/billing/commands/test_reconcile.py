import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from billing.actions.syncing import lease_account
from billing.models import Service
from billing.queries.clock import database_now
from noc.models import Server
from noc.sandbox.server import Sandbox
from tests.accounts import change_item, make_services, seed
from tests.builders import World


def run(*arguments: str) -> tuple[int, str]:
    """Exit code and output."""
    output = StringIO()
    try:
        call_command(*arguments, stdout=output)
    except SystemExit as end:
        return int(end.code or 0), output.getvalue()
    return 0, output.getvalue()


def test_an_account_that_agrees_ends_with_0(world: World, sandbox: Sandbox) -> None:
    make_services(world, sandbox, 3)
    assert run("reconcile") == (0, "EU account: 0 findings\n")


def test_findings_end_with_1_and_are_listed(world: World, sandbox: Sandbox) -> None:
    (number,) = seed(sandbox, licname="whose")
    code, text = run("reconcile", "--server", "EU account")
    assert code == 1
    assert f"  ORPHAN license {number} " in text
    assert " name=whose " in text


def test_json_for_programs(world: World, sandbox: Sandbox) -> None:
    (number,) = seed(sandbox, licname="whose")
    code, text = run("reconcile", "--server", str(world.server.pk), "--json")
    told = json.loads(text)
    assert (code, told["found"], told["findings"][0]["remote_id"]) == (1, {"ORPHAN": 1}, number)


def test_an_account_that_cannot_be_read_is_no_success(world: World) -> None:
    with lease_account(server_id=world.server.pk, clock=database_now), pytest.raises(CommandError) as failure:
        call_command("reconcile")
    assert failure.value.returncode == 2
    with pytest.raises(CommandError, match="no server"):
        call_command("reconcile", "--server", "nowhere")


def test_sync_account_brings_ours_in_line(world: World, sandbox: Sandbox) -> None:
    service = make_services(world, sandbox, 1)[0]
    change_item(sandbox, service.remote_id, status=3)
    _code, text = run("sync_account", "EU account", "--json")
    told = json.loads(text)
    assert (told["changed"], told["found"]) == (1, {"STATUS_DRIFT": 1})
    assert Service.objects.get().status == "SUSPENDED"
    assert "findings: 0" in run("sync_account", "EU account")[1]


def test_sync_account_says_why_it_cannot(world: World) -> None:
    Server.objects.update(username="nobody")
    with pytest.raises(CommandError, match="could not be read whole"):
        call_command("sync_account", "EU account")
    with pytest.raises(CommandError, match="no server"):
        call_command("sync_account", "nowhere")
