"""What can be done with a product besides filling in its page: once more, off the shelf, back again."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.actions.catalog import bring_back, duplicate, hide, put_on_list, retire
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.forms import BackOfficeForm
from billing.admin.product_words import hiding_words, listing_words, retiring_words
from billing.permissions import Permission
from billing.queries.products import effects_of_shelves
from catalog.models import Product, ProductGroup


class DuplicateForm(BackOfficeForm):
    """How the copy is called and where it stands."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=150)
    slug = forms.SlugField(
        label=gettext_lazy("URL"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Left empty, it follows from the name."),
    )
    group = forms.ModelChoiceField(label=gettext_lazy("Product group"), queryset=ProductGroup.objects.all())


class DuplicateProduct(Button[Product]):
    """A similar product."""

    code = "duplicate"
    label = gettext_lazy("Duplicate")
    permission = Permission.MANAGE_CATALOG

    def title(self, subject: Product | None) -> str:
        return _("Duplicate %(product)s") % {"product": subject}

    def explanation(self, subject: Product | None) -> str:
        return _(
            "Makes a hidden product with the same settings, prices, options, fields, addons and cross-sells. "
            "Services and old links stay with this one."
        )

    def make_form(self, subject: Product | None, data: Any) -> forms.Form:
        assert subject is not None
        copied = _("%(product)s (copy)") % {"product": subject.name}
        # The page below the dialog has inputs of the same names.
        return DuplicateForm(data, initial={"name": copied[:150], "group": subject.group_id}, auto_id="copy_%s")

    def run(self, subject: Product | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        copied = duplicate(product=subject, actor=visit.actor, now=visit.now, **values)
        words = _("%(product)s is made, hidden for now. Change it and list it.") % {"product": copied}
        return Outcome(words, go_to=reverse("admin:catalog_product_change", args=[copied.pk]))


class HideProduct(Button[Product]):
    """Off the list."""

    code = "hide"
    label = gettext_lazy("Hide")
    permission = Permission.MANAGE_CATALOG

    def is_shown(self, subject: Product) -> bool:
        return not subject.is_hidden and not subject.is_retired and not subject.is_addon

    def title(self, subject: Product | None) -> str:
        return _("Hide %(product)s") % {"product": subject}

    def explanation(self, subject: Product | None) -> str:
        return hiding_words(_effects(subject))

    def run(self, subject: Product | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        hide(product_ids=[subject.pk], actor=visit.actor, now=visit.now)
        return Outcome(_("%(product)s is hidden.") % {"product": subject})


class ListProduct(Button[Product]):
    """On the list again."""

    code = "list"
    label = gettext_lazy("List in the store")
    permission = Permission.MANAGE_CATALOG

    def is_shown(self, subject: Product) -> bool:
        return subject.is_hidden and not subject.is_retired and not subject.is_addon

    def title(self, subject: Product | None) -> str:
        return _("List %(product)s in the store") % {"product": subject}

    def explanation(self, subject: Product | None) -> str:
        return listing_words(_effects(subject))

    def run(self, subject: Product | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        put_on_list(product_ids=[subject.pk], actor=visit.actor, now=visit.now)
        return Outcome(_("%(product)s is listed in the store.") % {"product": subject})


class RetireProduct(Button[Product]):
    """Never ordered again."""

    code = "retire"
    label = gettext_lazy("Retire")
    permission = Permission.MANAGE_CATALOG
    look = "danger"

    def is_shown(self, subject: Product) -> bool:
        return not subject.is_retired

    def title(self, subject: Product | None) -> str:
        return _("Retire %(product)s") % {"product": subject}

    def explanation(self, subject: Product | None) -> str:
        return retiring_words(_effects(subject))

    def run(self, subject: Product | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        retire(product_ids=[subject.pk], actor=visit.actor, now=visit.now)
        return Outcome(_("%(product)s is retired.") % {"product": subject})


class BringBackProduct(Button[Product]):
    """Sold again."""

    code = "bring-back"
    label = gettext_lazy("Sell again")
    permission = Permission.MANAGE_CATALOG

    def is_shown(self, subject: Product) -> bool:
        return subject.is_retired

    def title(self, subject: Product | None) -> str:
        return _("Sell %(product)s again") % {"product": subject}

    def explanation(self, subject: Product | None) -> str:
        return _("Clients can order it again, if the partner still sells it as it is set up.")

    def run(self, subject: Product | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        bring_back(product_id=subject.pk, actor=visit.actor, now=visit.now)
        return Outcome(_("%(product)s is sold again.") % {"product": subject})


def _effects(product: Product | None) -> Any:
    assert product is not None
    (effects,) = effects_of_shelves([product.pk])
    return effects
