"""What operators do with an affiliate: terms, closing, paying out; with a referral: moving it."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Model
from django.forms.models import fields_for_model
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.actions.affiliates import CHANGEABLE, change_affiliate, close_affiliate, join_program, reopen_affiliate
from billing.actions.referrals import move_referral
from billing.actions.withdrawals import pay_out_to_credit, record_payout
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.forms import BackOfficeForm
from billing.models import Affiliate, Client, Referral
from billing.permissions import Permission
from billing.templatetags.back_office import amount_text
from catalog.money import round_money


class TypedChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A row by the name that is typed, of which there are too many for a list."""

    widget = forms.TextInput(attrs={"autocomplete": "off"})

    def to_python(self, value: Any) -> Model | None:
        """The row whose `to_field_name` is what was typed, in small letters."""
        found: Model | None = super().to_python(value.strip().lower() if isinstance(value, str) else value)
        return found


class AddAffiliateForm(BackOfficeForm):
    """Which client."""

    client = TypedChoice(
        label=gettext_lazy("E-mail of the client"),
        queryset=Client.objects.all(),
        to_field_name="email",
        error_messages={"invalid_choice": gettext_lazy("No client has this e-mail.")},
    )


class PayoutForm(BackOfficeForm):
    """Money that was sent."""

    amount = forms.DecimalField(label=gettext_lazy("Amount"), max_digits=15, decimal_places=4)
    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        max_length=200,
        help_text=gettext_lazy("Of the bank. The same reference again records nothing twice."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class MoveForm(BackOfficeForm):
    """To whom."""

    affiliate = TypedChoice(
        label=gettext_lazy("Code of the other affiliate"),
        queryset=Affiliate.objects.select_related("client"),
        to_field_name="code",
        error_messages={"invalid_choice": gettext_lazy("No affiliate has this code.")},
    )


class AddAffiliate(Button[Affiliate]):
    """A client taken into the program by staff."""

    code = "add"
    label = gettext_lazy("Add affiliate")
    permission = Permission.MANAGE_AFFILIATES
    is_page = True
    look = "primary"

    def title(self, subject: Affiliate | None) -> str:
        return _("Add affiliate")

    def explanation(self, subject: Affiliate | None) -> str:
        return _("The client gets a letter with the link, and the joining bonus if there is one.")

    def make_form(self, subject: Affiliate | None, data: Any) -> forms.Form:
        return AddAffiliateForm(data)

    def run(self, subject: Affiliate | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        affiliate = join_program(client=values["client"], actor=visit.actor, now=visit.now)
        words = _("%(client)s is an affiliate.") % {"client": affiliate.client}
        return Outcome(words, go_to=reverse("admin:billing_affiliate_change", args=[affiliate.pk]))


class ChangeAffiliate(Button[Affiliate]):
    """Code and own commission."""

    code = "change"
    label = gettext_lazy("Change")
    permission = Permission.MANAGE_AFFILIATES
    is_page = True

    def title(self, subject: Affiliate | None) -> str:
        return _("Change affiliate %(code)s") % {"code": subject}

    def explanation(self, subject: Affiliate | None) -> str:
        return _("It counts for payments from now on. A product's own rule goes before the affiliate's.")

    def make_form(self, subject: Affiliate | None, data: Any) -> forms.Form:
        assert subject is not None
        initial = {name: getattr(subject, name) for name in CHANGEABLE}
        initial["pay_amount"] = f"{subject.pay_amount.normalize():f}"
        return BackOfficeForm(data, more=fields_for_model(Affiliate, fields=CHANGEABLE), initial=initial)

    def run(self, subject: Affiliate | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        affiliate = change_affiliate(affiliate=subject, values=values, actor=visit.actor, now=visit.now)
        return Outcome(_("Affiliate %(code)s is changed.") % {"code": affiliate})


class CloseAffiliate(Button[Affiliate]):
    """The end of a link."""

    code = "close"
    label = gettext_lazy("Close")
    permission = Permission.MANAGE_AFFILIATES
    look = "danger"

    def is_shown(self, subject: Affiliate) -> bool:
        return subject.is_active

    def title(self, subject: Affiliate | None) -> str:
        return _("Close affiliate %(code)s") % {"code": subject}

    def explanation(self, subject: Affiliate | None) -> str:
        return _("The link does nothing and no payment earns anything any more. What was earned can still be paid out.")

    def run(self, subject: Affiliate | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        close_affiliate(affiliate=subject, actor=visit.actor, now=visit.now)
        return Outcome(_("Affiliate %(code)s is closed.") % {"code": subject})


class ReopenAffiliate(Button[Affiliate]):
    """Undoes the closing."""

    code = "reopen"
    label = gettext_lazy("Reopen")
    permission = Permission.MANAGE_AFFILIATES

    def is_shown(self, subject: Affiliate) -> bool:
        return not subject.is_active

    def title(self, subject: Affiliate | None) -> str:
        return _("Reopen affiliate %(code)s") % {"code": subject}

    def explanation(self, subject: Affiliate | None) -> str:
        return _("Payments from now on earn again; those meanwhile stay without a commission.")

    def run(self, subject: Affiliate | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        reopen_affiliate(affiliate=subject, actor=visit.actor, now=visit.now)
        return Outcome(_("Affiliate %(code)s is active again.") % {"code": subject})


class PayOutToCredit(Button[Affiliate]):
    """The balance as credit."""

    code = "credit"
    label = gettext_lazy("Pay out to credit")
    permission = Permission.MANAGE_AFFILIATES

    def is_shown(self, subject: Affiliate) -> bool:
        return subject.balance > 0

    def title(self, subject: Affiliate | None) -> str:
        return _("Pay affiliate %(code)s out to credit") % {"code": subject}

    def explanation(self, subject: Affiliate | None) -> str:
        assert subject is not None
        words = _("%(amount)s becomes credit of %(client)s, who can pay invoices with it.")
        amount = amount_text(subject.balance, subject.client.currency_id)
        return words % {"amount": amount, "client": subject.client}

    def run(self, subject: Affiliate | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        paid = pay_out_to_credit(affiliate=subject, actor=visit.actor, now=visit.now)
        words = _("%(amount)s is credit of %(client)s now.")
        return Outcome(words % {"amount": amount_text(paid.amount, paid.currency_id), "client": subject.client})


class RecordPayout(Button[Affiliate]):
    """Money that was sent outside."""

    code = "payout"
    label = gettext_lazy("Record payout")
    permission = Permission.MANAGE_AFFILIATES

    def is_shown(self, subject: Affiliate) -> bool:
        return subject.balance > 0

    def title(self, subject: Affiliate | None) -> str:
        return _("Record a payout to affiliate %(code)s") % {"code": subject}

    def explanation(self, subject: Affiliate | None) -> str:
        assert subject is not None
        words = _("Of money that you have sent already. %(balance)s is available; the client gets a letter.")
        return words % {"balance": amount_text(subject.balance, subject.client.currency_id)}

    def make_form(self, subject: Affiliate | None, data: Any) -> forms.Form:
        assert subject is not None
        amount = round_money(subject.balance, precision=subject.client.currency.precision)
        return PayoutForm(data, initial={"amount": amount})

    def run(self, subject: Affiliate | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        paid = record_payout(
            affiliate=subject,
            amount=values["amount"],
            reference=values["reference"],
            actor=visit.actor,
            now=visit.now,
        )
        words = _("A payout of %(amount)s is recorded.")
        return Outcome(words % {"amount": amount_text(paid.amount, paid.currency_id)})


class MoveReferral(Button[Referral]):
    """To another affiliate."""

    code = "move"
    label = gettext_lazy("Move to another affiliate")
    permission = Permission.MANAGE_AFFILIATES

    def title(self, subject: Referral | None) -> str:
        assert subject is not None
        return _("Move the referral of %(client)s") % {"client": subject.client}

    def explanation(self, subject: Referral | None) -> str:
        assert subject is not None
        words = _("Payments from now on earn for the other one. What was earned stays with %(code)s.")
        return words % {"code": subject.affiliate}

    def make_form(self, subject: Referral | None, data: Any) -> forms.Form:
        return MoveForm(data)

    def run(self, subject: Referral | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        affiliate: Affiliate = values["affiliate"]
        move_referral(referral=subject, affiliate=affiliate, actor=visit.actor, now=visit.now)
        words = _("%(client)s is a referral of %(code)s now.")
        return Outcome(words % {"client": subject.client, "code": affiliate})
