"""A decision about many rows of a list, carried out one by one."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest


def decide_each[Row: Model](
    request: HttpRequest,
    rows: Iterable[Row],
    decide: Callable[[Row], Any],
    *,
    refused: type[Exception],
    name_of: Callable[[Row], str],
) -> int:
    """Each in a transaction of its own; returns how many were carried out.

    One that has moved meanwhile raises `refused`: that is told with its name, and does not keep back the others.
    """
    done = 0
    for row in rows:
        try:
            decide(row)
        except refused as refusal:
            messages.warning(request, f"{name_of(row)}: {refusal}")
        else:
            done += 1
    return done
