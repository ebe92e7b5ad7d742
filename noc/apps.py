from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NocConfig(AppConfig):
    name = "noc"
    verbose_name = _("Partner accounts")
