"""Whether a service has another period to be invoiced: its recurring limit (P6) and its fixed term (P7)."""

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from billing.models import InvoiceLine, LineKind, Service
from billing.queries.operations import words
from catalog.lifetime import left_words
from catalog.models import Cycle
from catalog.periods import CYCLE_MONTHS


def renewals_issued() -> Coalesce:
    """Of a service in a query: how many periods after the first one were invoiced, cancelled invoices apart."""
    lines = InvoiceLine.objects.filter(
        service=OuterRef("pk"),
        kind=LineKind.SERVICE,
        is_voided=False,
        period_start__gt=OuterRef("registered_on"),
    )
    counted = lines.order_by().values("service").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted), 0)


def with_next_period(services: QuerySet[Service]) -> QuerySet[Service]:
    """Those whose next period their limit and their fixed term leave room for; in the same query."""
    is_within_limit = Q(recurring_limit=0) | Q(recurring_limit__gt=renewals_issued())
    is_within_term = Q(term_ends_on=None) | Q(term_ends_on__gt=F("next_due_date"))
    return services.filter(is_within_limit, is_within_term)


def count_renewals_left(service: Service) -> int | None:
    """How many periods may still be invoiced; None where there is no limit."""
    if not service.recurring_limit:
        return None
    issued: int = Service.objects.filter(pk=service.pk).values_list(renewals_issued(), flat=True).get()
    return max(service.recurring_limit - issued, 0)


def renewals_left_words(service: Service) -> str:
    """`2 of 3 renewals left`; "" where there is no limit."""
    left = count_renewals_left(service)
    return "" if left is None else left_words(service.recurring_limit, left)


def why_no_next_period(service: Service) -> str:
    """Why there is no period after the one that is invoiced, in words for everybody; "" if there is one."""
    if service.is_ended:
        return _("The service has ended.")
    if Cycle(service.cycle) not in CYCLE_MONTHS:
        return _("It was paid once and has no next period.")
    if service.next_due_date is None or service.recurring_amount == 0:
        return _("It costs nothing and is not renewed by paying.")
    if service.term_ends_on is not None and service.next_due_date >= service.term_ends_on:
        return words(gettext_noop("It ends on %(date)s and is not renewed."), {"date": str(service.term_ends_on)})
    if count_renewals_left(service) == 0:
        return _("It was renewed as often as it was sold for.")
    return ""
