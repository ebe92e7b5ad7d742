"""The first page: what needs a person now."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from billing.actions.sso import may_sign_on
from billing.admin.operation_buttons import operation_title
from billing.permissions import Permission
from billing.queries.attention import (
    accounts_unwell,
    cancellations_waiting,
    clients_unreachable,
    findings_waiting,
    invoices_overdue,
    operations_for_a_person,
    operations_waiting,
    orders_waiting,
    undelivered,
)
from billing.queries.audits import latest_audit
from billing.queries.balances import forecasts
from noc.models import Server


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds to the index what the visitor's role may see; staff without a role see nothing."""
    user = request.user
    if not user.has_perm(Permission.VIEW):
        return {**context, "may_view": False}
    operations = operations_waiting()
    failed = undelivered()
    may_see_servers = user.has_perm(Permission.MANAGE_SERVERS)
    return {
        **context,
        "may_view": True,
        "operations": operations,
        "operation_titles": [(operation, operation_title(operation)) for operation in operations.rows],
        "findings": findings_waiting(),
        "audit": latest_audit(),
        "orders": orders_waiting(),
        "cancellations": cancellations_waiting(),
        "invoices": invoices_overdue(now=timezone.now()),
        "may_see_servers": may_see_servers,
        "accounts": accounts_unwell(),
        "account_rows": _account_rows(user.role, with_money=may_see_servers),  # type: ignore[union-attr]
        "letters_failed": failed["letters"],
        "alerts_failed": failed["alerts"],
        "unreachable": clients_unreachable(),
        "links": {
            "operations": reverse("admin:billing_operation_changelist"),
            "findings": reverse("admin:billing_finding_changelist"),
            "orders": reverse("admin:billing_order_changelist") + "?show=pending",
            "cancellations": reverse("admin:billing_cancellationrequest_changelist"),
            "invoices": reverse("admin:billing_invoice_changelist") + "?show=overdue",
            "alerts": reverse("admin:billing_alert_changelist") + "?status__in=FAILED",
            "unreachable": reverse("admin:billing_client_changelist") + "?show=unreachable",
            "letters": reverse("admin:billing_email_changelist") + "?status__in=FAILED&status__in=BOUNCED",
        },
    }


def _account_rows(role: str, *, with_money: bool) -> list[dict[str, Any]]:
    """Partner accounts for those who manage them, with money and forecast; for others those that they may log in to."""
    servers = list(Server.objects.order_by("-is_default", "name"))
    found = forecasts(servers, now=timezone.now()) if with_money else {}
    rows = [
        {"server": server, "forecast": found.get(server.pk), "may_sign_on": may_sign_on(role, server)}
        for server in servers
    ]
    return rows if with_money else [row for row in rows if row["may_sign_on"]]


def operations_badge(request: HttpRequest) -> str:
    """How many operations need a person, beside their link; nothing while there are none."""
    return str(operations_for_a_person().count() or "")
