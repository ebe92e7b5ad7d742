"""Reads a list of the partner whole (design.md §2, rule 6; partner-api.md §6.12)."""

from collections import Counter
from collections.abc import Callable
from typing import Final, overload

from django.utils.translation import gettext_lazy as _

from noc.client import PartnerClient
from noc.errors import Unavailable
from noc.schemas import parse_int
from noc.wire import Node

PAGE_SIZE: Final = 1000
MAX_PAGES: Final = 500
TRIES: Final = 4


@overload
def read_rows(client: PartnerClient, func: str) -> list[Node]: ...


@overload
def read_rows[Row](client: PartnerClient, func: str, *, parse: Callable[[Node], Row]) -> list[Row]: ...


def read_rows(client: PartnerClient, func: str, *, parse: Callable[[Node], object] = lambda row: row) -> list[object]:  # type: ignore[misc]
    """All rows, sorted by id, without doubles. Read again while the list moves; Unavailable if it never rests.

    Each page is parsed as it comes, so that of a long list only what `parse` returns is kept.
    """
    for _attempt in range(TRIES):
        rows = read_pass(client, func, parse)
        if rows is not None:
            return [rows[key] for key in sorted(rows, key=sort_key)]
    raise Unavailable(_("The list %(func)s could not be read whole.") % {"func": func})


def read_pass[Row](client: PartnerClient, func: str, parse: Callable[[Node], Row]) -> dict[str, Row] | None:
    """One way through the pages; None if the list moved meanwhile or was not given whole."""
    rows: dict[str, Row] = {}
    repeated = 0  # rows without an id, or twice in one page: counted by the partner, of no use to us
    expected: int | None = None
    for page_number in range(1, MAX_PAGES + 1):
        page = client.read(func, p_num=str(page_number), p_cnt=str(PAGE_SIZE), p_col="+id")
        total = parse_int(page.text("p_elems"))
        if page_number > 1 and total != expected:
            return None
        expected = total
        shown = Counter(row.text("id") for row in page.rows())
        fresh = {row_id: parse(row) for row in page.rows() if (row_id := row.text("id")) and row_id not in rows}
        repeated += shown[""] + sum(shown[row_id] - 1 for row_id in fresh)
        rows |= fresh
        if not fresh or (expected is not None and len(rows) + repeated >= expected):
            break
    else:
        return None
    return rows if expected is None or len(rows) + repeated == expected else None


def sort_key(row_id: str) -> tuple[int, str]:
    return (int(row_id), row_id) if row_id.isdecimal() else (0, row_id)
