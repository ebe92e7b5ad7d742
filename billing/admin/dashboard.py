"""The first page: what needs a person now."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from billing.admin.operation_buttons import operation_title
from billing.permissions import Permission
from billing.queries.attention import (
    accounts_unwell,
    invoices_overdue,
    letters_failed,
    operations_for_a_person,
    operations_waiting,
    orders_waiting,
)


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds to the index what the visitor's role may see; staff without a role see nothing."""
    user = request.user
    if not user.has_perm(Permission.VIEW):
        return {**context, "may_view": False}
    operations = operations_waiting()
    return {
        **context,
        "may_view": True,
        "operations": operations,
        "operation_titles": [(operation, operation_title(operation)) for operation in operations.rows],
        "orders": orders_waiting(),
        "invoices": invoices_overdue(now=timezone.now()),
        "may_see_servers": user.has_perm(Permission.MANAGE_SERVERS),
        "accounts": accounts_unwell(),
        "letters_failed": letters_failed(),
        "links": {
            "operations": reverse("admin:billing_operation_changelist"),
            "orders": reverse("admin:billing_order_changelist") + "?show=pending",
            "invoices": reverse("admin:billing_invoice_changelist") + "?show=overdue",
            "letters": reverse("admin:billing_email_changelist") + "?status__in=FAILED",
        },
    }


def operations_badge(request: HttpRequest) -> str:
    """How many operations need a person, beside their link; nothing while there are none."""
    return str(operations_for_a_person().count() or "")
