"""The client downloads the certificate, its request and its private key (feature O7)."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from billing.actions.certificates import PartMissing, download_certificate
from billing.files import file_response
from billing.models import Client, Service
from billing.queries.pages_client import get_service
from billing.views.current import actor_of, client_required


@require_GET
@client_required
def download(request: HttpRequest, client: Client, service_id: int, part: str) -> HttpResponse:
    """One part of a certificate as a file: certificate, csr or key. Other clients' services are not there (404)."""
    try:
        service = get_service(client, service_id)
        file = download_certificate(
            service=service, part=part, actor=actor_of(request), now=timezone.now(), audience="client"
        )
    except (Service.DoesNotExist, PartMissing) as error:
        raise Http404 from error
    return file_response(file)
