"""Reports: their list, a page of each with filters, its rows as a CSV file."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from billing.admin.bar_chart import draw_bars
from billing.admin.frames import frame
from billing.admin.report_cells import show_row
from billing.permissions import Permission
from billing.queries.clock import database_now
from billing.queries.reports import (
    REPORTS,
    Asks,
    Report,
    Section,
    Wishes,
    WishesInvalid,
    find_report,
    read_wishes,
)
from billing.queries.reports.files import csv_lines
from billing.queries.reports.spans import STEPS
from catalog.models import Currency
from catalog.periods import add_months

LIMIT: Final = 100
_FILTERS: Final = ("from", "until", "by", "currency")


def list_view(request: HttpRequest) -> HttpResponse:
    """All reports, each with what it tells."""
    _require(request)
    context = {**frame(request, title=_("Reports")), "reports": REPORTS}
    return TemplateResponse(request, "admin/reports/list.html", context)


def report_view(request: HttpRequest, code: str) -> HttpResponse:
    """One report for the days and the currency in the address."""
    _require(request)
    report, now = _found(code), database_now()
    usual = read_wishes({}, asks=report.asks, now=now)
    wishes, errors = usual, dict[str, list[str]]()
    try:
        wishes = read_wishes(request.GET.dict(), asks=report.asks, now=now)
        sections = report.sections(wishes, limit=LIMIT)
    except WishesInvalid as invalid:
        sections, errors = [], invalid.errors
    context = {
        **frame(request, (reverse("reports:list"), _("Reports")), title=str(report.title)),
        "report": report,
        "asks_from": report.asks in (Asks.DAYS, Asks.STEPS),
        "asks_until": report.asks is not Asks.NOTHING,
        "asked": _asked(request, wishes),
        "errors": errors,
        "steps": STEPS.items() if report.asks is Asks.STEPS else (),
        "currencies": Currency.objects.order_by("-is_default", "code"),
        "presets": list(_presets(report, usual.today, wishes, is_shown=not errors)),
        "sections": [_shown(section, report) for section in sections],
        "csv_url": _csv_url(request, report),
    }
    return TemplateResponse(request, "admin/reports/report.html", context)


def csv_view(request: HttpRequest, code: str) -> HttpResponse | StreamingHttpResponse:
    """All rows as a file, sent while they are read."""
    _require(request)
    report = _found(code)
    try:
        wishes = read_wishes(request.GET.dict(), asks=report.asks, now=database_now())
    except WishesInvalid as invalid:
        return HttpResponse(str(invalid), status=400, content_type="text/plain; charset=utf-8")
    lines = csv_lines(report, wishes, language=get_language() or "en")
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{_file_name(report, wishes)}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def _require(request: HttpRequest) -> None:
    if not request.user.has_perm(Permission.VIEW_REPORTS):
        raise PermissionDenied


def _found(code: str) -> Report:
    report = find_report(code)
    if report is None:
        raise Http404
    return report


def _file_name(report: Report, wishes: Wishes) -> str:
    first = f"{wishes.span.first}_" if report.asks in (Asks.DAYS, Asks.STEPS) else ""
    last = wishes.today if report.asks is Asks.NOTHING else wishes.span.last
    return f"{report.code}_{first}{last}.csv"


def _asked(request: HttpRequest, wishes: Wishes) -> dict[str, str]:
    """What the filters show: what was typed, else what is usual."""
    shown = {"from": str(wishes.span.first), "until": str(wishes.span.last), "by": wishes.span.by, "currency": ""}
    return shown | {name: request.GET[name] for name in _FILTERS if request.GET.get(name)}


def _csv_url(request: HttpRequest, report: Report) -> str:
    asked = {name: request.GET[name] for name in _FILTERS if request.GET.get(name)}
    address = reverse("reports:csv", args=[report.code])
    return f"{address}?{urlencode(asked)}" if asked else address


def _presets(report: Report, today: date, wishes: Wishes, *, is_shown: bool) -> Iterator[dict[str, Any]]:
    """Spans that are asked for again and again, in the shape of chips."""
    if report.asks not in (Asks.DAYS, Asks.STEPS):
        return
    this_month, this_year = today.replace(day=1), today.replace(month=1, day=1)
    spans = (
        (_("This month"), this_month, today),
        (_("Last month"), add_months(this_month, -1, anchor_day=1), this_month - timedelta(days=1)),
        (_("This year"), this_year, today),
        (_("Last year"), this_year.replace(year=today.year - 1), this_year - timedelta(days=1)),
        (_("Twelve months"), add_months(this_month, -11, anchor_day=1), today),
    )
    kept = {"by": wishes.span.by} if report.asks is Asks.STEPS else {}
    if wishes.currency:
        kept["currency"] = wishes.currency
    for words, first, last in spans:
        query = urlencode({"from": str(first), "until": str(last), **kept})
        is_chosen = is_shown and (first, last) == (wishes.span.first, wishes.span.last)
        yield {"display": words, "query_string": f"?{query}", "selected": is_chosen}


def _shown(section: Section, report: Report) -> Mapping[str, Any]:
    return {
        "currency": section.currency,
        "columns": [(str(column.label), column.sort.is_figure) for column in report.columns],
        "rows": [show_row(row, report.columns, currency=section.currency) for row in section.rows],
        "totals": _total_cells(section, report),
        "chart": draw_bars(section.bars, section.currency),
        "left": section.left,
        "notes": section.notes,
    }


def _total_cells(section: Section, report: Report) -> list[Any]:
    """The label, then the sums; nothing where a sum says nothing."""
    label, *figures = section.totals
    cells = show_row((None, *figures), report.columns, currency=section.currency)
    return [
        (cell.label, label if place == 0 else cell.content if section.totals[place] is not None else "", cell.is_figure)
        for place, cell in enumerate(cells)
    ]
