"""Partner accounts, their groups, their price lists, and the record of every call made to them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from vault.fields import EncryptedTextField


class FillType(models.TextChoices):
    """How a group spreads new services over its servers (guide B, WHMCS server groups)."""

    LEAST_FULL = "LEAST_FULL", _("Add to the least full server")
    FILL_ACTIVE = "FILL_ACTIVE", _("Fill the active server until full, then switch to the next least used")


class AccountHealth(models.TextChoices):
    """What the partner last said of the account; anything but OK holds paying operations."""

    OK = "OK", pgettext_lazy("partner account", "Ready")
    REFUSED = "REFUSED", _("Login refused")
    NO_MONEY = "NO_MONEY", _("Out of money")


class SsoAccess(models.TextChoices):
    """Who may log in to the partner account with one click (S6)."""

    UNRESTRICTED = "UNRESTRICTED", _("Unrestricted")
    RESTRICTED = "RESTRICTED", _("Restricted to chosen roles")


class PriceListTrouble(models.TextChoices):
    """Why the latest attempt to read an account's price list brought nothing."""

    CLOSED = "CLOSED", _("The account may not read its price list.")
    REFUSED = "REFUSED", _("The partner refuses the login of this account.")
    SILENT = "SILENT", _("The partner did not answer, or not with a price list.")


class ServerGroup(models.Model):
    """Several partner accounts that a product may be bought from."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    fill_type = models.CharField(_("fill type"), max_length=20, choices=FillType, default=FillType.LEAST_FULL)
    prefers_balance = models.BooleanField(
        _("prefer accounts with money"),
        default=False,
        help_text=_("Accounts known to be out of money are chosen only when all are."),
    )
    servers: "models.ManyToManyField[Server, Server]" = models.ManyToManyField(
        "Server", verbose_name=_("servers"), related_name="groups", blank=True
    )

    class Meta:
        verbose_name = _("server group")
        verbose_name_plural = _("server groups")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Server(models.Model):
    """One account at the partner: where it is, how to log in, and what is known of its state."""

    module = models.CharField(_("module"), max_length=50, default="ispmanager_noc")
    name = models.CharField(_("name"), max_length=100, unique=True)
    hostname = models.CharField(
        _("hostname"),
        max_length=255,
        help_text=_("my.ispmanager.ru or eu.ispmanager.com; a pasted address is brought to shape."),
    )
    username = models.CharField(_("username"), max_length=255)
    password = EncryptedTextField(_("password"))
    access_hash = EncryptedTextField(_("access hash"), blank=True, default="")
    assigned_ips = models.TextField(_("assigned IP addresses"), blank=True, default="")
    monthly_cost = models.DecimalField(_("monthly cost"), max_digits=19, decimal_places=4, null=True, blank=True)
    datacenter = models.CharField(_("datacenter"), max_length=100, blank=True, default="")
    max_accounts = models.PositiveIntegerField(
        _("maximum accounts"),
        default=0,
        help_text=_("Only steers the choice within a group; 0 means no figure."),
    )
    status_url = models.URLField(_("status address"), blank=True, default="")
    nameservers = models.TextField(_("nameservers"), blank=True, default="")
    is_enabled = models.BooleanField(_("enabled"), default=True)
    is_default = models.BooleanField(_("default server"), default=False)
    may_send_again = models.BooleanField(
        _("may order again by itself"),
        default=True,
        help_text=_("A purchase proven not to have arrived is sent again; off: a person decides."),
    )
    health = models.CharField(_("state"), max_length=20, choices=AccountHealth, default=AccountHealth.OK)
    health_message = models.TextField(_("state in words"), blank=True, default="")
    balance = models.DecimalField(_("balance"), max_digits=19, decimal_places=4, null=True, blank=True)
    balance_currency = models.CharField(_("balance currency"), max_length=3, blank=True, default="")
    balance_credit = models.DecimalField(_("credit limit"), max_digits=19, decimal_places=4, default=0)
    balance_read_at = models.DateTimeField(_("balance read at"), null=True, blank=True)
    balance_alert_below = models.DecimalField(
        _("alert below"),
        max_digits=19,
        decimal_places=4,
        null=True,
        blank=True,
        help_text=_("Operators get a letter when the balance falls below this amount. Empty: no letter."),
    )
    balance_alerted_at = models.DateTimeField(_("alert sent at"), null=True, blank=True)
    sso_access = models.CharField(_("single sign-on"), max_length=20, choices=SsoAccess, default=SsoAccess.UNRESTRICTED)
    # Codes of staff roles; counts only while access is restricted.
    sso_roles = models.JSONField(_("roles that may sign on"), default=list, blank=True)
    # The latest attempt; the entries themselves say when they were read.
    price_list_tried_at = models.DateTimeField(_("price list asked for at"), null=True, blank=True)
    price_list_trouble = models.CharField(
        _("trouble with the price list"), max_length=10, choices=PriceListTrouble, blank=True, default=""
    )
    synced_at = models.DateTimeField(_("synced at"), null=True, blank=True)
    # Until when one run reads the whole account; two at once would undo each other's work.
    sync_lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    checked_at = models.DateTimeField(_("checked at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("server")
        verbose_name_plural = _("servers")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["module"], condition=Q(is_default=True), name="one_default_server_per_module"
            ),
            models.UniqueConstraint(fields=["hostname", "username"], name="one_server_per_partner_account"),
        ]

    def __str__(self) -> str:
        return self.name


class PriceListEntry(models.Model):
    """One tariff of an account's live price list, as last read (`pricelist.export`)."""

    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="price_list", verbose_name=_("server"))
    kind = models.CharField(_("kind"), max_length=20)
    tariff_id = models.CharField(_("Product ID"), max_length=20)
    name = models.CharField(_("name"), max_length=255)
    currency = models.CharField(_("currency"), max_length=3, blank=True, default="")
    # {"1": "4.00", "12": "40.00"}: months (or -100, 0) to cost in the account's currency
    prices = models.JSONField(_("prices per period"), default=dict)
    # Ids of countable addons, sent as `addon_<id>`.
    addons = models.JSONField(_("addons"), default=list, blank=True)
    read_at = models.DateTimeField(_("read at"))

    class Meta:
        verbose_name = _("price list entry")
        verbose_name_plural = _("price list entries")
        ordering = ["kind", "name", "id"]
        constraints = [models.UniqueConstraint(fields=["server", "tariff_id"], name="one_price_list_entry_per_tariff")]

    def __str__(self) -> str:
        return f"{self.tariff_id} {self.name}"


class CallLog(models.Model):
    """One HTTP call to a partner, secrets removed. `reference` is the caller's own mark, e.g. "operation:12/1"."""

    server = models.ForeignKey(
        Server, on_delete=models.SET_NULL, null=True, related_name="calls", verbose_name=_("server")
    )
    reference = models.CharField(
        pgettext_lazy("partner call", "reference"), max_length=100, blank=True, default="", db_index=True
    )
    func = models.CharField(_("function"), max_length=100)
    params = models.JSONField(_("parameters"), default=dict)
    status_code = models.PositiveIntegerField(_("HTTP status"), null=True)
    duration_ms = models.PositiveIntegerField(_("milliseconds"))
    outcome = models.CharField(_("outcome"), max_length=50)
    response = models.TextField(_("answer"), blank=True, default="")
    created_at = models.DateTimeField(_("at"), auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("partner call")
        verbose_name_plural = _("partner calls")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.func} #{self.pk}"
