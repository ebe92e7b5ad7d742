"""Where gateways send their notifications: judged, kept, answered; a worker does the rest."""

import logging

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from billing.actions.gateways.calling import GatewayNotSetUp
from billing.actions.gateways.notices import receive_notice
from billing.gateways.base import GatewayMisconfigured, NoticeForged, NoticeMalformed

logger = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def gateway(request: HttpRequest, code: str, token: str) -> HttpResponse:
    """200 once it is kept, also when it was kept before; 400 for what is forged, which the gateway would send again."""
    try:
        receive_notice(gateway=code, token=token, body=request.body, headers=request.headers, now=timezone.now())
    except GatewayNotSetUp:
        return HttpResponse(status=404)
    except NoticeForged:
        logger.warning("A notification for %s had a wrong signature", code)
        return HttpResponse("Wrong signature.", status=400, content_type="text/plain")
    except NoticeMalformed:
        return HttpResponse("Not a notification.", status=400, content_type="text/plain")
    except GatewayMisconfigured:
        logger.error("A notification for %s cannot be judged: its keys are missing", code)
        return HttpResponse(status=503)
    return HttpResponse("OK", content_type="text/plain")
