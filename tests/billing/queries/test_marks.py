from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.models import LedgerAudit, Operation
from billing.queries.clock import database_now
from billing.queries.marks import Mark, count_marks
from tests.builders import World, make_active_service


@pytest.fixture
def waiting(world: World) -> None:
    """Two operations for a person, and an audit that found three differences."""
    for last in (1, 2):
        make_active_service(world.client, world.lite, ip=f"192.0.2.{last}")
    Operation.objects.update(status="NEEDS_CHECK")
    found = {"at": database_now(), "duration": timedelta(seconds=1), "entry_count": 1}
    LedgerAudit.objects.create(difference_count=7, **found)
    LedgerAudit.objects.create(difference_count=3, **found)


def test_all_marks_take_one_query(waiting: None) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert count_marks([*Mark]) == {Mark.OPERATIONS: 2, Mark.DIFFERENCES: 3}
    assert len(asked) == 1


def test_what_is_not_asked_for_is_not_counted(waiting: None) -> None:
    assert count_marks([Mark.FINDINGS, Mark.DIFFERENCES]) == {Mark.DIFFERENCES: 3}


def test_no_marks_take_no_query(waiting: None) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert count_marks([]) == {}
    assert len(asked) == 0
