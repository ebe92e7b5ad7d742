"""Who may open the page of a provisioning module (S1)."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.events import record_event
from billing.models import ModuleAccess, StaffRole
from catalog.modules import MODULES


class ModuleAccessInvalid(Exception):
    """Access cannot be set so; `errors` maps fields to messages."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = errors


def set_module_access(*, module: str, roles: Collection[str], actor: str, now: datetime) -> None:
    """Exactly `roles` may open the module's page from now on, besides full administrators.

    Two at once leave the rows of one or of both behind, never twice the same. Raises ModuleAccessInvalid.
    """
    if module not in MODULES:
        raise ModuleAccessInvalid({"module": [_("There is no such module.")]})
    if set(roles) - set(StaffRole.values):
        raise ModuleAccessInvalid({"roles": [_("There is no such staff role.")]})
    wanted = {str(role) for role in roles} - {StaffRole.FULL_ADMINISTRATOR.value}
    with transaction.atomic():
        granted = set(ModuleAccess.objects.select_for_update().filter(module=module).values_list("role", flat=True))
        if granted == wanted:
            return
        ModuleAccess.objects.filter(module=module).exclude(role__in=wanted).delete()
        new = [ModuleAccess(module=module, role=role) for role in sorted(wanted - granted)]
        ModuleAccess.objects.bulk_create(new, ignore_conflicts=True)
        data = {"module": module, "roles": sorted(wanted)}
        record_event("module.access_changed", now=now, actor=actor, data=data)
