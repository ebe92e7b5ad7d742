"""For load balancers and containers: is the process alive, can it serve."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from billing.queries.health import find_outages


@require_safe
@never_cache
def live(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    outages = find_outages()
    body = {"status": "unavailable" if outages else "ok", "outages": outages}
    return JsonResponse(body, status=503 if outages else 200)
