"""Which services are to end with what was paid for them."""

from billing.models import CancellationRequest, CancellationStatus, Client


def open_cancellation(service_id: int, *, client: Client) -> CancellationRequest | None:
    """The open wish about a service of this client."""
    wishes = CancellationRequest.objects.filter(service=service_id, service__client=client)
    return wishes.filter(status=CancellationStatus.OPEN).select_related("service").first()
