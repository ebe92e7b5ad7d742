"""What each staff role may do, in one table; the back office and the REST API both read it.

Roles follow WHMCS's defaults: sales runs money and catalog, support runs services, only full administrators touch
partner accounts and staff.
"""

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models import StaffRole, User


class Permission(models.TextChoices):
    """Things that staff may be allowed to do."""

    VIEW = "VIEW", _("See clients, orders, invoices and services")
    MANAGE_SERVERS = "MANAGE_SERVERS", _("Manage partner accounts")
    MANAGE_CATALOG = "MANAGE_CATALOG", _("Manage products and prices")
    MANAGE_CLIENTS = "MANAGE_CLIENTS", _("Manage clients")
    MANAGE_ORDERS = "MANAGE_ORDERS", _("Place, accept and cancel orders")
    MANAGE_INVOICES = "MANAGE_INVOICES", _("Write invoices, record and refund payments")
    MANAGE_AFFILIATES = "MANAGE_AFFILIATES", _("Manage affiliates and pay them out")
    PERFORM_SERVER_OPERATIONS = "PERFORM_SERVER_OPERATIONS", _("Run module commands")
    VIEW_REPORTS = "VIEW_REPORTS", _("See reports of money")
    MANAGE_SETTINGS = "MANAGE_SETTINGS", _("Change billing and automation settings")
    MANAGE_STAFF = "MANAGE_STAFF", _("Manage staff and API keys")


ROLE_PERMISSIONS: dict[str, frozenset[Permission]] = {
    StaffRole.FULL_ADMINISTRATOR: frozenset(Permission),
    StaffRole.SALES_OPERATOR: frozenset(
        {
            Permission.VIEW,
            Permission.MANAGE_CATALOG,
            Permission.MANAGE_CLIENTS,
            Permission.MANAGE_ORDERS,
            Permission.MANAGE_INVOICES,
            Permission.MANAGE_AFFILIATES,
            Permission.PERFORM_SERVER_OPERATIONS,
            Permission.VIEW_REPORTS,
        }
    ),
    StaffRole.SUPPORT_OPERATOR: frozenset({Permission.VIEW, Permission.PERFORM_SERVER_OPERATIONS}),
}

# The back office asks for Django's own permission names: which of ours stands behind writing each model.
_WRITING: dict[str, Permission] = {
    "noc.server": Permission.MANAGE_SERVERS,
    "noc.servergroup": Permission.MANAGE_SERVERS,
    "catalog.currency": Permission.MANAGE_CATALOG,
    "catalog.productgroup": Permission.MANAGE_CATALOG,
    "catalog.product": Permission.MANAGE_CATALOG,
    "catalog.price": Permission.MANAGE_CATALOG,
    "catalog.customfield": Permission.MANAGE_CATALOG,
    "catalog.productoption": Permission.MANAGE_CATALOG,
    "billing.client": Permission.MANAGE_CLIENTS,
    "billing.clientuser": Permission.MANAGE_CLIENTS,
    "billing.order": Permission.MANAGE_ORDERS,
    "billing.promotion": Permission.MANAGE_CATALOG,
    "billing.affiliate": Permission.MANAGE_AFFILIATES,
    "billing.affiliatesettings": Permission.MANAGE_AFFILIATES,
    "billing.storesettings": Permission.MANAGE_CATALOG,
    "billing.billingsettings": Permission.MANAGE_SETTINGS,
    "billing.automationsettings": Permission.MANAGE_SETTINGS,
    "billing.fiscalsettings": Permission.MANAGE_SETTINGS,
    "billing.paymentgateway": Permission.MANAGE_SETTINGS,
    "billing.emailtemplate": Permission.MANAGE_SETTINGS,
    "billing.seller": Permission.MANAGE_SETTINGS,
    "billing.bankaccount": Permission.MANAGE_SETTINGS,
    "billing.taxrule": Permission.MANAGE_CATALOG,
    "billing.user": Permission.MANAGE_STAFF,
    "billing.apikey": Permission.MANAGE_STAFF,
    "billing.alertchannel": Permission.MANAGE_SETTINGS,
}
_SEEING: dict[str, Permission] = {
    "noc.server": Permission.MANAGE_SERVERS,
    "noc.calllog": Permission.PERFORM_SERVER_OPERATIONS,
    "billing.user": Permission.MANAGE_STAFF,
    "billing.apikey": Permission.MANAGE_STAFF,
    # A bot's chat and a webhook's address are nobody else's business.
    "billing.alertchannel": Permission.MANAGE_SETTINGS,
}


def role_allows(role: str, permission: Permission) -> bool:
    """Whether staff of `role` (a StaffRole value, or "" for none) may do `permission`."""
    return permission in ROLE_PERMISSIONS.get(role, frozenset())


class RoleBackend(BaseBackend):
    """Answers Django's permission questions for staff from ROLE_PERMISSIONS; knows no passwords."""

    def has_perm(self, user_obj: Any, perm: str, obj: models.Model | None = None) -> bool:
        """`perm` is Django's "app.action_model", or one of our Permission values."""
        if not isinstance(user_obj, User) or not user_obj.is_active or not user_obj.is_staff:
            return False
        if perm in Permission.values:
            return role_allows(user_obj.role, Permission(perm))
        app, _dot, code = perm.partition(".")
        action, _underscore, model = code.partition("_")
        label = f"{app}.{model}"
        if action == "view":
            return role_allows(user_obj.role, _SEEING.get(label, Permission.VIEW))
        needed = _WRITING.get(label)
        return needed is not None and role_allows(user_obj.role, needed)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Every staff role sees every section; the rows inside ask for themselves."""
        return isinstance(user_obj, User) and user_obj.is_staff and user_obj.role in ROLE_PERMISSIONS
