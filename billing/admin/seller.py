"""Who issues the documents, and the bank accounts that they name."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.forms.models import fields_for_model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.actions.seller import remove_bank_account, save_bank_account, save_seller
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.forms import BackOfficeForm
from billing.admin.objects import ObjectAdmin
from billing.documents.codes import payment_code
from billing.forms.countries import country_choices
from billing.models import BankAccount, Event, Seller
from billing.models.seller import ONLY
from billing.permissions import Permission
from billing.queries.seller import ACCOUNT_FIELDS, read_seller, read_seller_country
from billing.queries.transfers import TransferAccount
from billing.templatetags.back_office import state
from catalog.models import Currency

FORM_FIELDS = ("name", "country", "address", "tax_id", "kpp", "registration_number", "email", "phone", "footer")


class SellerForm(BackOfficeForm):
    """What stands on documents of the seller."""

    def __init__(self, seller: Seller, data: Any) -> None:
        fields = fields_for_model(Seller, fields=FORM_FIELDS)
        for name in ("address", "footer"):
            fields[name].widget.attrs["rows"] = 3
        fields["country"].choices = country_choices
        initial = {name: getattr(seller, name) for name in FORM_FIELDS}
        super().__init__(data, initial=initial, more={name: fields[name] for name in FORM_FIELDS})


class AccountForm(BackOfficeForm):
    """An account; its currency is chosen once."""

    def __init__(self, account: BankAccount | None, data: Any) -> None:
        fields = fields_for_model(BankAccount, fields=ACCOUNT_FIELDS)
        more = {name: fields[name] for name in ACCOUNT_FIELDS}
        if account is None:
            free = Currency.objects.exclude(pk__in=BankAccount.objects.values("currency"))
            choice = forms.ModelChoiceField(
                label=gettext_lazy("Currency"),
                queryset=free.order_by("code"),
                help_text=gettext_lazy("One account for each currency that has none yet."),
            )
            more = {"currency": choice, **more}
        initial = {name: getattr(account, name) for name in ACCOUNT_FIELDS} if account else {}
        super().__init__(data, initial=initial, more=more)


class ChangeSeller(Button[Seller]):
    """Everything about the seller."""

    code = "change"
    label = gettext_lazy("Change")
    permission = Permission.MANAGE_SETTINGS
    look = "primary"
    is_page = True

    def title(self, subject: Seller | None) -> str:
        return _("Change the seller")

    def explanation(self, subject: Seller | None) -> str:
        return _(
            "Stands on documents that are issued from now on; those that are issued stay as they are. "
            "The country also decides about reverse charge within the EU."
        )

    def make_form(self, subject: Seller | None, data: Any) -> forms.Form:
        assert subject is not None
        return SellerForm(subject, data)

    def run(self, subject: Seller | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        save_seller(values=values, actor=visit.actor, now=visit.now)
        return Outcome(_("The seller is saved."))


class AddAccount(Button[BankAccount]):
    """An account for one more currency."""

    code = "add"
    label = gettext_lazy("Add bank account")
    permission = Permission.MANAGE_SETTINGS
    look = "primary"
    is_page = True

    def title(self, subject: BankAccount | None) -> str:
        return _("Add bank account")

    def explanation(self, subject: BankAccount | None) -> str:
        return _(
            "Unpaid invoices in its currency tell it to clients, with a QR code for euros (IBAN) and for rubles "
            "(БИК and correspondent account)."
        )

    def make_form(self, subject: BankAccount | None, data: Any) -> forms.Form:
        return AccountForm(None, data)

    def run(self, subject: BankAccount | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        account = save_bank_account(currency=values["currency"], values=values, actor=visit.actor, now=visit.now)
        words = _("Account %(account)s is added.") % {"account": account}
        return Outcome(words, go_to=reverse("admin:billing_bankaccount_change", args=[account.pk]))


class ChangeAccount(Button[BankAccount]):
    """Another account for the same currency."""

    code = "change"
    label = gettext_lazy("Change")
    permission = Permission.MANAGE_SETTINGS
    is_page = True

    def title(self, subject: BankAccount | None) -> str:
        return _("Change account %(account)s") % {"account": subject}

    def explanation(self, subject: BankAccount | None) -> str:
        return _("Invoices that are issued keep the account that they were issued with.")

    def make_form(self, subject: BankAccount | None, data: Any) -> forms.Form:
        return AccountForm(subject, data)

    def run(self, subject: BankAccount | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        account = save_bank_account(currency=subject.currency, values=values, actor=visit.actor, now=visit.now)
        return Outcome(_("Account %(account)s is changed.") % {"account": account})


class RemoveAccount(Button[BankAccount]):
    """No account in this currency any more."""

    code = "remove"
    label = gettext_lazy("Remove")
    permission = Permission.MANAGE_SETTINGS
    look = "danger"

    def title(self, subject: BankAccount | None) -> str:
        return _("Remove account %(account)s") % {"account": subject}

    def explanation(self, subject: BankAccount | None) -> str:
        assert subject is not None
        words = _(
            "New invoices in %(currency)s name no account: clients read the text of BANK_DETAILS, or are asked to "
            "write to you. Invoices that are issued keep the account."
        )
        return words % {"currency": subject.currency_id}

    def run(self, subject: BankAccount | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        words = _("Account %(account)s is removed.") % {"account": subject}
        remove_bank_account(account=subject, actor=visit.actor, now=visit.now)
        return Outcome(words, go_to=reverse("admin:billing_bankaccount_changelist"))


@admin.register(Seller)
class SellerAdmin(ObjectAdmin):
    """One row, so no list of them."""

    page_template = "admin/billing/seller/page.html"
    buttons = (ChangeSeller(),)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The page of the only one."""
        return redirect("admin:billing_seller_change", ONLY)

    def get_page_object(self, request: HttpRequest, object_id: Any) -> Any:
        """The seller, also before anybody has entered one. Raises Http404, PermissionDenied."""
        if str(object_id) == str(ONLY) and self.has_view_permission(request):
            return read_seller()
        return super().get_page_object(request, object_id)

    def page_title(self, subject: Seller) -> str:
        return _("Seller")

    def frame(self, request: HttpRequest, *trail: tuple[str, Any]) -> dict[str, Any]:
        """The trail begins with the page itself: there is no list."""
        return super().frame(request, *trail[1:])

    def get_facts(self, request: HttpRequest, subject: Seller) -> dict[str, Any]:
        return {
            "country": read_seller_country(),
            "accounts": [(account, code_state(account)) for account in BankAccount.objects.order_by("currency")],
            "events": _events("seller.changed"),
        }


@admin.register(BankAccount)
class BankAccountAdmin(ObjectAdmin):
    """Where clients transfer money, an account for each currency."""

    page_template = "admin/billing/bankaccount/page.html"
    add_button = AddAccount()
    buttons = (ChangeAccount(), RemoveAccount())
    page_related = ("currency",)
    list_display = ("code_of_currency", "number", "holder", "bank", "code")
    list_display_links = ("number",)

    def get_facts(self, request: HttpRequest, subject: BankAccount) -> dict[str, Any]:
        events = [event for event in _events("bank_account.") if event.data.get("currency") == subject.currency_id]
        return {"code": code_state(subject), "account": transfer_account_of(subject), "events": events}

    @admin.display(description=gettext_lazy("currency"), ordering="currency")
    def code_of_currency(self, account: BankAccount) -> str:
        return account.currency_id

    @admin.display(description=gettext_lazy("QR code"))
    def code(self, account: BankAccount) -> SafeString:
        return code_state(account)


def transfer_account_of(account: BankAccount) -> TransferAccount:
    """The account as documents read it."""
    return TransferAccount(account.currency_id, **{name: getattr(account, name) for name in ACCOUNT_FIELDS})


def code_state(account: BankAccount) -> SafeString:
    """Whether documents carry a QR code for this account."""
    code = payment_code(transfer_account_of(account), amount=Decimal(1), reference="PRO-1", purpose="PRO-1")
    return state("ACTIVE", _("On documents")) if code else state("NONE", _("None for this account"))


def _events(prefix: str) -> list[Event]:
    return list(Event.objects.filter(name__startswith=prefix).order_by("-id")[:15])
