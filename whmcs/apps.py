from django.apps import AppConfig


class WhmcsConfig(AppConfig):
    name = "whmcs"
    verbose_name = "WHMCS"
