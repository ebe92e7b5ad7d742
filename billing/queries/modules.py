"""Provisioning modules as the back office sees them: what is behind each, and who may open its page (S1)."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from billing.models import ModuleAccess, Service, StaffRole
from catalog.models import Product
from catalog.modules import MODULES, ProvisioningModule
from noc.models import Server


@dataclass(frozen=True, slots=True)
class ModuleUse:
    """A module with the number of accounts, products that can be ordered, and services that have not ended."""

    module: ProvisioningModule
    servers: int
    products: int
    services: int
    roles: tuple[str, ...]

    @property
    def is_active(self) -> bool:
        """Modules come with the portal and work at once: each one that is listed is active."""
        return self.module.code in MODULES

    @property
    def role_labels(self) -> list[str]:
        """The roles that may open its page, in words."""
        return [str(label) for role, label in StaffRole.choices if role in self.roles]


def module_directory(*, wanted: str = "") -> list[ModuleUse]:
    """All modules whose name holds `wanted`, whatever its case. As many queries for one as for many."""
    servers = _counted(Server.objects.all())
    products = _counted(Product.objects.filter(is_retired=False))
    services = _counted(Service.objects.not_ended())
    granted = list(ModuleAccess.objects.values_list("module", "role"))
    return [
        ModuleUse(
            module,
            servers.get(code, 0),
            products.get(code, 0),
            services.get(code, 0),
            (StaffRole.FULL_ADMINISTRATOR, *(role for owner, role in granted if owner == code)),
        )
        for code, module in MODULES.items()
        if wanted.strip().casefold() in str(module.label).casefold()
    ]


def _counted(rows: QuerySet[Any]) -> dict[str, int]:
    """How many rows each module has."""
    return dict(rows.order_by().values_list("module").annotate(Count("pk")))


def roles_with_access(module: str) -> frozenset[str]:
    """Codes of the staff roles that may open the module's page; full administrators always may."""
    granted = ModuleAccess.objects.filter(module=module).values_list("role", flat=True)
    return frozenset({str(StaffRole.FULL_ADMINISTRATOR), *granted})


def modules_open_to(role: str) -> list[str]:
    """Codes of the modules whose page staff of `role` may open, in the directory's order."""
    if role == StaffRole.FULL_ADMINISTRATOR:
        return list(MODULES)
    granted = set(ModuleAccess.objects.filter(role=role).values_list("module", flat=True)) if role else set()
    return [code for code in MODULES if code in granted]


def may_open_module(role: str, module: str) -> bool:
    """Whether staff of `role` ("" for none) may open the page of `module`."""
    return module in modules_open_to(role)
