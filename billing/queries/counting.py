"""Rows of several tables counted in one query."""

from collections.abc import Sequence
from typing import Any, Final

from django.db.models import Aggregate, CharField, Count, QuerySet, Value

ROWS: Final = Count("pk")


def counted(rows: QuerySet[Any], name: str, number: Aggregate = ROWS) -> QuerySet[Any, Any]:
    """One row: `name` and how many."""
    named = rows.order_by().annotate(counted_as=Value(name, output_field=CharField())).values("counted_as")
    result: QuerySet[Any, Any] = named.annotate(number=number).values_list("counted_as", "number")
    return result


def count_together(counts: Sequence[QuerySet[Any, Any]]) -> dict[str, int]:
    """Name → how many, of everything that there is some of; one query for all that is `counted`."""
    rows = counts[0].union(*counts[1:], all=True) if counts else []
    return {name: number for name, number in rows if number}
