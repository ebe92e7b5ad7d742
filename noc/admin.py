"""What of the partner needs no billing: groups of accounts, the record of calls."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AllValuesCheckboxFilter, RelatedCheckboxFilter

from noc.day_range import DayRangeFilter
from noc.models import CallLog, ServerGroup


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]
    """Rows that are only looked at."""

    list_filter_submit = True
    list_fullwidth = True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ServerGroup)
class ServerGroupAdmin(ModelAdmin):  # type: ignore[misc]
    """Several accounts that a product may be bought from (S3)."""

    list_display = ["name", "fill_type", "prefers_balance", "members"]
    search_fields = ["name"]
    filter_horizontal = ["servers"]
    fields = ["name", "fill_type", "prefers_balance", "servers"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ServerGroup]:
        groups: QuerySet[ServerGroup] = super().get_queryset(request)
        return groups.annotate(server_count=Count("servers"))

    @admin.display(description=_("servers"), ordering="server_count")
    def members(self, group: ServerGroup) -> int:
        return int(group.server_count)  # type: ignore[attr-defined]


@admin.register(CallLog)
class CallLogAdmin(ReadOnlyAdmin):
    """Every HTTP call to a partner, secrets removed."""

    list_display = ["created_at", "func", "server", "outcome", "status_code", "duration_ms", "reference"]
    list_display_links = ["func"]
    list_filter = [
        ("server", RelatedCheckboxFilter),
        ("outcome", AllValuesCheckboxFilter),
        ("created_at", DayRangeFilter),
    ]
    list_select_related = ["server"]
    search_fields = ["func", "reference", "outcome"]
    show_full_result_count = False
    fields = [
        "created_at",
        "server",
        "reference",
        "func",
        "params",
        "outcome",
        "status_code",
        "duration_ms",
        "answer",
    ]
    readonly_fields = ["answer"]

    @admin.display(description=_("answer"))
    def answer(self, call: CallLog) -> SafeString:
        return format_html('<pre class="bo-pre">{}</pre>', call.response)
