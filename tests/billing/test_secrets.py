"""No secret leaves by CallLog, logs, error pages or the API: looked for everywhere after a whole life of a service."""

import json
import logging

import httpx
import pytest
from django.test import Client as Browser

from billing.actions.accounts import test_account as check_account
from billing.actions.api_keys import issue_api_key
from billing.actions.commands import change_service, run_command
from billing.models import Event, Operation, OperationAttempt
from billing.queries.clock import database_now
from billing.queries.services import field_values
from noc.models import CallLog, Server
from noc.sandbox.server import Sandbox
from tests.builders import World, make_active_service, run_due_operations

PASSWORD = "sandbox-password"


def everything_stored() -> str:
    rows = [*CallLog.objects.values(), *Event.objects.values(), *Operation.objects.values()]
    return json.dumps([*rows, *OperationAttempt.objects.values()], default=str)


def test_nothing_stored_or_logged_holds_a_secret(
    world: World, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    faults = ({"name": "http_500", "func": "soft", "count": 1}, {"name": "lost_after_act", "count": 1})
    for fault in faults:
        httpx.post(f"{sandbox.url}/admin/faults", json=fault).raise_for_status()
    service = make_active_service(world.client, world.lite, ip="192.0.2.1")
    module = make_active_service(world.client, world.bitninja, item=service.remote_id)
    now = database_now()
    change_service(service=service, fields={"ip": "192.0.2.2"}, actor="x", now=now)
    run_command(service=module, command="sync", actor="x", now=now)
    run_due_operations()
    check_account(server=world.server, actor="x", now=now)
    Server.objects.filter(pk=world.server.pk).update(username="nobody")
    check_account(server=Server.objects.get(), actor="x", now=now)
    assert CallLog.objects.count() > 10
    secrets = [PASSWORD, field_values(service)["lickey"], field_values(module)["bitninja_password"]]
    stored = everything_stored()
    for secret in secrets:
        assert secret not in stored
        assert secret not in caplog.text


def test_the_api_never_shows_the_partners_password(world: World) -> None:
    key = issue_api_key(name="t", now=database_now(), actor="x", role="FULL_ADMINISTRATOR")
    browser = Browser(headers={"authorization": f"Bearer {key}"})
    for address in ("/api/v1/servers/", f"/api/v1/servers/{world.server.pk}/", "/api/schema/"):
        answer = browser.get(address)
        assert answer.status_code == 200
        assert PASSWORD not in answer.content.decode()


def test_the_database_holds_the_password_encrypted(world: World) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT password FROM noc_server")
        assert PASSWORD not in cursor.fetchone()[0]
    assert Server.objects.get().password == PASSWORD
