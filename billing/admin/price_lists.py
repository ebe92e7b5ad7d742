"""A module's own page: the Product IDs that an account sells (P1)."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from billing.actions.price_lists import request_price_list
from billing.actions.sso import may_sign_on
from billing.admin.frames import frame
from billing.admin.modules import require_access
from billing.permissions import Permission
from billing.queries.clock import database_now
from billing.queries.price_lists import SECTIONS, price_list, section_label
from catalog.modules import MODULES
from noc.models import Server

PAGE: Final = "admin/noc/server/product_ids.html"
# A worker that has not read the list by then is not there; waiting on would be a spinner without an end.
PATIENCE: Final = timedelta(seconds=60)


def module_view(request: HttpRequest, code: str) -> HttpResponse:
    """Product IDs by section, for one account. htmx gets the list alone, to be swapped in place."""
    module = require_access(request, code)
    servers = list(Server.objects.filter(module=code).order_by("-is_default", "name"))
    server = _chosen(servers, request.GET.get("server", ""))
    search, section = request.GET.get("q", "").strip(), request.GET.get("section", "")
    section = section if section in SECTIONS else ""
    context = {
        **frame(request, *_trail(request), title=_("Product IDs: %(module)s") % {"module": module.label}),
        "module": module,
        "servers": servers,
        "server": server,
        "search": search,
        "section": section,
        "chips": _chips(server, search, section),
        "found": price_list(server, search=search, section=section) if server else None,
        "may_make_products": request.user.has_perm(Permission.MANAGE_CATALOG),
        "may_manage_servers": request.user.has_perm(Permission.MANAGE_SERVERS),
        "may_sign_on": server is not None and may_sign_on(request.user.role, server),  # type: ignore[union-attr]
        **_reading(request, server),
    }
    return TemplateResponse(request, f"{PAGE}#list" if "HX-Request" in request.headers else PAGE, context)


@require_POST
def read_view(request: HttpRequest, code: str) -> HttpResponse:
    """*Read again now*: asks a worker, and comes back to the page, which shows when it is done."""
    require_access(request, code)
    server = _chosen(list(Server.objects.filter(module=code)), request.POST.get("server", ""))
    if server is None:
        raise Http404
    now = database_now()
    request_price_list(server=server, actor=str(request.user), now=now)
    query = urlencode({"server": str(server.pk), "since": now.isoformat()})
    return redirect(f"{reverse('admin:noc_server_module', args=[code])}?{query}")


def _trail(request: HttpRequest) -> list[tuple[str, Any]]:
    may_see_directory = request.user.has_perm(Permission.MANAGE_SERVERS)
    return [(reverse("admin:noc_server_modules"), _("Modules"))] if may_see_directory else []


def _chosen(servers: list[Server], wanted: str) -> Server | None:
    """The account named in the address, else the first. Raises Http404 for one that the module does not have."""
    if not wanted:
        return servers[0] if servers else None
    for server in servers:
        if str(server.pk) == wanted:
            return server
    raise Http404


def _chips(server: Server | None, search: str, section: str) -> list[dict[str, Any]]:
    kept = {"server": str(server.pk) if server else "", "q": search}
    chips: list[tuple[str, Any]] = [("", _("All")), *((kind, section_label(kind)) for kind in SECTIONS)]
    return [
        {"display": label, "query_string": "?" + urlencode({**kept, "section": kind}), "selected": kind == section}
        for kind, label in chips
    ]


def _reading(request: HttpRequest, server: Server | None) -> dict[str, Any]:
    """Whether the list is being read since the moment in the address, or was not read in time."""
    since = _moment(request.GET.get("since", ""))
    if server is None or since is None:
        return {"is_reading": False, "is_late": False, "since": ""}
    is_done = server.price_list_tried_at is not None and server.price_list_tried_at >= since
    is_late = database_now() - since > PATIENCE
    return {"is_reading": not is_done and not is_late, "is_late": not is_done and is_late, "since": since.isoformat()}


def _moment(text: str) -> datetime | None:
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def product_ids_address(server: Server) -> str:
    """The page with this account chosen; "" for a module that is no longer there."""
    if server.module not in MODULES:
        return ""
    return reverse("admin:noc_server_module", args=[server.module]) + f"?server={server.pk}"
