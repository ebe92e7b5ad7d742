from django.db import models
from django.utils.translation import gettext_lazy as _


class ModuleAccess(models.Model):
    """A staff role that may open a module's own page (S1). Full administrators always may."""

    module = models.CharField(_("module"), max_length=50)
    role = models.CharField(_("role"), max_length=30)

    class Meta:
        verbose_name = _("access to a module")
        verbose_name_plural = _("access to modules")
        constraints = [models.UniqueConstraint(fields=["module", "role"], name="one_row_per_module_and_role")]

    def __str__(self) -> str:
        return f"{self.module}: {self.role}"
