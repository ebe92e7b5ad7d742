from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from billing.models import Certificate, Email, Operation, Service
from billing.queries.operations import operation_words
from noc.kinds.certificate_request import belongs_to_request
from noc.sandbox.server import Sandbox
from tests.builders import World, run_due_operations
from tests.certificates import make_certificate_product, order_certificate
from tests.clocks import MovingClock

Items = Callable[[], list[dict[str, Any]]]


def switch(sandbox: Sandbox, **options: object) -> None:
    httpx.post(f"{sandbox.url}/admin/options", json=options).raise_for_status()


class TestBuying:
    def test_a_certificate_is_ordered_with_the_request_that_was_kept(
        self, world: World, clock: MovingClock, live_items: Items
    ) -> None:
        service = order_certificate(world, make_certificate_product(world))
        run_due_operations(clock)
        print(Operation.objects.values_list("kind", "status", "message", "message_values"))
        service.refresh_from_db()
        kept = Certificate.objects.get(service=service)
        (item,) = live_items()
        assert (service.status, service.remote_id) == ("PENDING", str(item["id"]))
        assert kept.state == "AWAITING"
        assert item["fields"]["csr"] == kept.csr.strip()
        assert belongs_to_request(kept.private_key, kept.csr)
