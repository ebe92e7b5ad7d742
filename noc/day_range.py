"""A filter of the back office's lists: moments by the days on which they fell."""

from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.utils import parse_date_str


class DayRangeFilter(RangeDateFilter):  # type: ignore[misc]
    """Both days belong to the range; days are those of the business time zone."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first, last = self._start_of("from"), self._start_of("to")
        if first is not None:
            queryset = queryset.filter(**{f"{self.parameter_name}__gte": first})
        if last is not None:
            queryset = queryset.filter(**{f"{self.parameter_name}__lt": last + timedelta(days=1)})
        return queryset

    def _start_of(self, side: str) -> datetime | None:
        """Midnight of the typed day; None where nothing readable was typed."""
        text = self.used_parameters.get(f"{self.parameter_name}_{side}") or ""
        day = parse_date_str(text)
        return timezone.make_aware(datetime.combine(day, time.min)) if day else None
