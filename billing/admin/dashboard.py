"""The first page: what needs a person now."""

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from billing.actions.sso import may_sign_on
from billing.admin.automation import duty_label
from billing.admin.operation_buttons import operation_title
from billing.permissions import Permission
from billing.queries.attention import (
    accounts_unwell,
    cancellations_waiting,
    clients_unreachable,
    duties_waiting,
    findings_waiting,
    invoices_overdue,
    operations_waiting,
    orders_waiting,
)
from billing.queries.audits import latest_audit
from billing.queries.balances import forecasts
from billing.queries.marks import Mark, count_marks
from noc.models import Server

MONEY: Final[Mapping[Mark, tuple[Any, str]]] = {
    Mark.PAYMENTS: (
        gettext_lazy("Payments that contradict what was asked for"),
        "admin:billing_paymentattempt_changelist",
    ),
    Mark.TRANSFERS: (gettext_lazy("Bank transfers to confirm"), "admin:billing_banktransfer_changelist"),
    Mark.WITHDRAWALS: (gettext_lazy("Withdrawals to decide"), "admin:billing_withdrawal_changelist"),
}


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds to the index what the visitor's role may see; staff without a role see nothing."""
    user = request.user
    if not user.has_perm(Permission.VIEW):
        return {**context, "may_view": False}
    operations = operations_waiting()
    waiting = count_marks([*MONEY, Mark.DUTIES, Mark.LETTERS, Mark.ALERTS])
    may_see_servers = user.has_perm(Permission.MANAGE_SERVERS)
    return {
        **context,
        "may_view": True,
        "operations": operations,
        "operation_titles": [(operation, operation_title(operation)) for operation in operations.rows],
        "findings": findings_waiting(),
        "audit": latest_audit(),
        "duties": _duty_rows(waiting.get(Mark.DUTIES, 0)),
        "money_rows": _money_rows(waiting),
        "orders": orders_waiting(),
        "cancellations": cancellations_waiting(),
        "invoices": invoices_overdue(now=timezone.now()),
        "may_see_servers": may_see_servers,
        "accounts": accounts_unwell(),
        "account_rows": _account_rows(user.role, with_money=may_see_servers),  # type: ignore[union-attr]
        "letters_failed": waiting.get(Mark.LETTERS, 0),
        "alerts_failed": waiting.get(Mark.ALERTS, 0),
        "unreachable": clients_unreachable(),
        "links": {
            "operations": reverse("admin:billing_operation_changelist"),
            "findings": reverse("admin:billing_finding_changelist"),
            "duties": reverse("admin:billing_automationrun_changelist"),
            "orders": reverse("admin:billing_order_changelist") + "?show=pending",
            "cancellations": reverse("admin:billing_cancellationrequest_changelist"),
            "invoices": reverse("admin:billing_invoice_changelist") + "?show=overdue",
            "alerts": reverse("admin:billing_alert_changelist") + "?status__in=FAILED",
            "unreachable": reverse("admin:billing_client_changelist") + "?show=unreachable",
            "letters": reverse("admin:billing_email_changelist") + "?status__in=FAILED&status__in=BOUNCED",
        },
    }


def _duty_rows(count: int) -> dict[str, Any]:
    """On most days there are none to ask for."""
    waiting = duties_waiting() if count else []
    return {"rows": [(duty_run, duty_label(duty_run)) for duty_run in waiting], "count": count}


def _money_rows(counts: Mapping[Mark, int]) -> list[tuple[Any, int, str]]:
    """What of clients' money waits for a look: the words, how much, where."""
    return [(words, counts[mark], reverse(address)) for mark, (words, address) in MONEY.items() if counts.get(mark)]


def _account_rows(role: str, *, with_money: bool) -> list[dict[str, Any]]:
    """Partner accounts for those who manage them, with money and forecast; for others those that they may log in to."""
    servers = list(Server.objects.order_by("-is_default", "name"))
    found = forecasts(servers, now=timezone.now()) if with_money else {}
    rows = [
        {"server": server, "forecast": found.get(server.pk), "may_sign_on": may_sign_on(role, server)}
        for server in servers
    ]
    return rows if with_money else [row for row in rows if row["may_sign_on"]]
