"""Which services are to end with what was paid for them, and when."""

from datetime import date

from django.db.models import Case, DateField, F, QuerySet, When
from django.db.models.functions import Coalesce

from billing.models import CancellationRequest, CancellationStatus, CancellationType, Client


def open_cancellation(service_id: int, *, client: Client) -> CancellationRequest | None:
    """The open wish about a service of this client."""
    wishes = CancellationRequest.objects.filter(service=service_id, service__client=client)
    return wishes.filter(status=CancellationStatus.OPEN).select_related("service").first()


def with_end_of_period(wishes: QuerySet[CancellationRequest]) -> QuerySet[CancellationRequest]:
    """Each with `end_of_period`: the day on which what was paid is over, None where it is to end now."""
    day = Coalesce("service__paid_until", "service__next_due_date")
    is_later = When(type=CancellationType.END_OF_PERIOD, then=day)
    return wishes.annotate(end_of_period=Case(is_later, default=None, output_field=DateField()))


def ends_on(wish: CancellationRequest) -> date | None:
    """The day that the service ends, of a wish `with_end_of_period`; None where it ended at once, or goes on."""
    return wish.end_of_period if wish.status == CancellationStatus.OPEN else None  # type: ignore[attr-defined]


def cancellations_open() -> QuerySet[CancellationRequest]:
    """Wishes that wait, those first that come first."""
    wishes = with_end_of_period(CancellationRequest.objects.filter(status=CancellationStatus.OPEN))
    return wishes.order_by(F("end_of_period").asc(nulls_first=True), "pk")
