import pytest
from django.db import OperationalError, connection
from django.test import Client
from kombu.exceptions import OperationalError as BrokerError

from billing.queries.health import find_outages
from config.celery import app


def test_a_living_process_says_so_without_asking_the_database(client: Client) -> None:
    answer = client.get("/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_ready_means_database_and_broker_answer(client: Client) -> None:
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "outages": {}})
    assert answer.headers["Cache-Control"].startswith("max-age=0")


@pytest.mark.django_db
def test_a_dead_broker_is_named_without_its_address(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.conf, "broker_url", "redis://127.0.0.1:1/0")
    monkeypatch.setitem(app.conf, "broker_write_url", "redis://127.0.0.1:1/0")
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "outages": {"broker": BrokerError.__name__}}


@pytest.mark.django_db
def test_a_database_that_refuses_is_named() -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise OperationalError("password authentication failed for nocdesk@db.internal")

    with connection.execute_wrapper(refuse):
        assert find_outages() == {"database": "OperationalError"}


def test_nobody_changes_anything_there(client: Client) -> None:
    assert client.post("/health/live").status_code == 405
