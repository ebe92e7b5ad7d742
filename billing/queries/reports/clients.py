"""Reports with a row a client: the largest on the page, all of them one by one in a file."""

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _

from billing.models import Client
from billing.queries.exact_sums import to_amount
from billing.queries.reports.shapes import Bar, Report, Row, Section
from billing.queries.reports.wishes import Wishes

CHUNK = 2_000
_NAMES = ("first_name", "last_name", "company")


class ClientReport(Report):
    """Sums of ledger entries by client. `sums` of a subclass are the columns behind the client's name, in order."""

    largest: ClassVar[str]

    @abstractmethod
    def entries(self, wishes: Wishes) -> QuerySet[Any]:
        """The entries that count."""

    @abstractmethod
    def sums(self, wishes: Wishes) -> Mapping[str, Any]:
        """Column → its sum in ten-thousandths."""

    def bars(self, totals: Row) -> list[Bar]:
        """The chart, from the sums of all clients."""
        return []

    def sections(self, wishes: Wishes, *, limit: int) -> list[Section]:
        """Two queries: the sums of all clients, and the largest rows."""
        rows: defaultdict[str, list[Row]] = defaultdict(list)
        counts: dict[str, int] = {}
        place = Window(RowNumber(), partition_by="currency_id", order_by=[F(self.largest).desc(), F("client_id").asc()])
        found = self._by_client(wishes).annotate(place=place, count=Window(Count("*"), partition_by="currency_id"))
        for row in found.filter(place__lte=limit).order_by("currency_id", "place"):
            rows[row["currency_id"]].append(self._row(row))
            counts[row["currency_id"]] = row["count"]
        return [
            Section(currency, rows[currency], totals, self.bars(totals), counts[currency] - len(rows[currency]))
            for currency, totals in self._totals(wishes).items()
            if rows[currency]
        ]

    def all_rows(self, wishes: Wishes) -> Iterator[tuple[str, Row]]:
        """Read in chunks: there may be as many as clients."""
        for row in self._by_client(wishes).order_by("currency_id", "client_id").iterator(CHUNK):
            yield row["currency_id"], self._row(row)

    def _by_client(self, wishes: Wishes) -> QuerySet[Any]:
        """Clients of whom anything is not zero."""
        sums = self.sums(wishes)
        names = {name: F(f"client__{name}") for name in _NAMES}
        rows = self._chosen(wishes).order_by().values("currency_id", "client_id", **names).annotate(**sums)
        is_something = Q()
        for name in sums:
            is_something |= ~Q(**{name: 0})
        found: QuerySet[Any] = rows.filter(is_something)
        return found

    def _totals(self, wishes: Wishes) -> dict[str, Row]:
        sums = self.sums(wishes)
        rows = self._chosen(wishes).order_by("currency_id").values("currency_id").annotate(**sums)
        return {row["currency_id"]: (_("Total"), None, *(to_amount(row[name]) for name in sums)) for row in rows}

    def _chosen(self, wishes: Wishes) -> QuerySet[Any]:
        entries = self.entries(wishes)
        return entries.filter(currency=wishes.currency) if wishes.currency else entries

    def _row(self, row: Mapping[str, Any]) -> Row:
        client = Client(pk=row["client_id"], **{name: row[name] for name in _NAMES})
        figures = (to_amount(row[column.code]) for column in self.columns[2:])
        return (client.pk, str(client), *figures)
