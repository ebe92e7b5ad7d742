"""Letters composed a second, in this process: what a worker does for each before it talks to the mail server."""

import time
from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.letters.catalogue import LETTERS
from billing.letters.composing import compose, compose_values, names_in
from billing.letters.samples import sample_values
from billing.letters.source import default_source
from billing.models import Email

NAMES = ("invoice.issued", "invoice.paid", "service.activated")


def time_letters(*, count: int) -> Iterable[dict[str, Any]]:
    """A measurement for each of three letters; `filling_ms` is its share without the database."""
    for name in NAMES:
        email = Email.objects.filter(letter=name, language="en").latest("id")
        with CaptureQueriesContext(connection) as queries:
            compose(email)
        begun = time.perf_counter()
        for _number in range(count):
            compose(email)
        took = time.perf_counter() - begun
        source = default_source(name, "en")
        values = sample_values(LETTERS[name], names_in(source), language="en")
        begun = time.perf_counter()
        for _number in range(count):
            compose_values(source, values, language="en")
        filling = time.perf_counter() - begun
        yield {
            "letter": name,
            "letters": count,
            "queries_each": len(queries),
            "per_second": round(count / took, 1),
            "filling_ms": round(filling / count * 1000, 2),
        }
