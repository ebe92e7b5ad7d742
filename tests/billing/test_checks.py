"""What `manage.py check --database default` says of the database beside its ledger."""

import pytest
from django.db import connection

from billing.checks import check_autovacuum

pytestmark = pytest.mark.django_db


def ids() -> list[str | None]:
    return [message.id for message in check_autovacuum(databases=["default"])]


@pytest.mark.postgres
def test_a_database_that_keeps_no_statistics_is_warned_of() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW autovacuum")
        is_on = cursor.fetchone() == ("on",)
    assert ids() == ([] if is_on else ["billing.W002"])


def test_no_database_is_asked_unless_it_is_named() -> None:
    assert check_autovacuum(databases=None) == []


@pytest.mark.skipif(connection.vendor == "postgresql", reason="about databases that need no such thing")
def test_others_keep_them_by_hand() -> None:
    assert ids() == []
