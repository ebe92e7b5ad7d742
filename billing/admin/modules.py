"""The directory of provisioning modules and who may open the page of each (S1)."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from billing.actions.modules import set_module_access
from billing.admin.buttons import Button, Outcome, Visit, answer
from billing.admin.forms import BackOfficeForm
from billing.admin.frames import frame
from billing.models import StaffRole
from billing.permissions import Permission
from billing.queries.modules import may_open_module, module_directory, roles_with_access
from catalog.modules import KIND_LABELS, MODULES, ProvisioningModule

GRANTABLE = [(role, label) for role, label in StaffRole.choices if role != StaffRole.FULL_ADMINISTRATOR]


class ConfigureAccess(Button[Any]):
    """Which staff roles may open the page of one module."""

    code = "access"
    label = gettext_lazy("Save access")
    permission = Permission.MANAGE_SERVERS
    is_page = True

    def __init__(self, module: ProvisioningModule) -> None:
        self.module = module

    def title(self, subject: Any) -> str:
        return _("Access to %(module)s") % {"module": self.module.label}

    def explanation(self, subject: Any) -> str:
        return _("Full administrators always may open the page of the module. It shows Product IDs and prices.")

    def make_form(self, subject: Any, data: Any) -> forms.Form:
        roles = forms.MultipleChoiceField(
            label=_("Roles that may open it too"),
            choices=GRANTABLE,
            required=False,
            widget=UnfoldAdminCheckboxSelectMultipleWidget,
        )
        return BackOfficeForm(data, initial={"roles": roles_with_access(self.module.code)}, more={"roles": roles})

    def run(self, subject: Any, values: Mapping[str, Any], visit: Visit) -> Outcome:
        set_module_access(module=self.module.code, roles=values["roles"], actor=visit.actor, now=visit.now)
        return Outcome(_("Access to %(module)s is saved.") % {"module": self.module.label})


def directory_view(request: HttpRequest) -> HttpResponse:
    """All modules, searchable by name, each with its mark, what it sells and what is made with it."""
    if not request.user.has_perm(Permission.MANAGE_SERVERS):
        raise PermissionDenied
    wanted = request.GET.get("q", "").strip()
    modules = [
        {"use": use, "kinds": [KIND_LABELS[kind] for kind in sorted(use.module.sellable_kinds)]}
        for use in module_directory(wanted=wanted)
    ]
    context = {**frame(request, title=_("Modules")), "modules": modules, "wanted": wanted}
    return TemplateResponse(request, "admin/noc/server/modules.html", context)


def access_view(request: HttpRequest, code: str) -> HttpResponse:
    """*Configure access* of one module."""
    module = find_module(code)
    button = ConfigureAccess(module)
    if not request.user.has_perm(button.permission):
        raise PermissionDenied
    home = reverse("admin:noc_server_modules")
    surroundings = frame(request, (home, _("Modules")), title=button.title(None))
    return answer(request, button, None, context=surroundings, home=home)


def find_module(code: str) -> ProvisioningModule:
    """Raises Http404 for a module that the portal does not have."""
    if code not in MODULES:
        raise Http404
    return MODULES[code]


def require_access(request: HttpRequest, code: str) -> ProvisioningModule:
    """The module, for visitors whose role may open its page. Raises Http404, PermissionDenied."""
    module = find_module(code)
    if not may_open_module(request.user.role, code):  # type: ignore[union-attr]
        raise PermissionDenied
    return module
