"""What the page of a product sends."""

from typing import Any

from django.http import HttpResponse

from catalog.models import Product, ProductGroup

LIST = "/admin/catalog/product/"
ADD = f"{LIST}add/"


def page_of(product: Product) -> str:
    return f"{LIST}{product.pk}/change/"


def price_inputs(*rows: tuple[str, str], currency: str = "EUR") -> dict[str, str]:
    """Switched-on lines of the price table: (cycle, price)."""
    sent = {}
    for cycle, amount in rows:
        sent[f"prices-{currency}-{cycle}-offered"] = "on"
        sent[f"prices-{currency}-{cycle}-price"] = amount
        sent[f"prices-{currency}-{cycle}-setup_fee"] = "0"
    return sent


def form(group: ProductGroup, *rows: tuple[str, str], **changes: Any) -> dict[str, Any]:
    """The page of a new product; `rows` are (cycle, price) in euros."""
    return {
        "group": str(group.pk),
        "name": "ispmanager lite",
        "slug": "",
        "color": "",
        "welcome_letter": "service.activated",
        "term_letter": "",
        "payment_type": "RECURRING",
        "quantity_mode": "MULTIPLE",
        "tax_treatment": "STANDARD",
        "stock_quantity": "0",
        "recurring_limit": "0",
        "fixed_term_days": "0",
        "on_demand": "DEFAULT",
        "affiliate_pay": "DEFAULT",
        "affiliate_amount": "0",
        "prorata_day": "1",
        "prorata_next_after": "32",
        "at_end": "DELETE",
        "node_base": "0",
        "module": "ispmanager_noc",
        "tariff_id": "55227",
        "auto_setup": "PAYMENT",
        "position": "0",
        **price_inputs(*rows),
        **changes,
    }


def fields_form(product: Product, **changes: str) -> dict[str, str]:
    """The part of the page that holds the custom fields, as they are, and the options."""
    sent = {}
    fields = list(product.custom_fields.all())
    for index, field in enumerate(fields):
        values = {
            "id": field.pk,
            "key": field.key,
            "label": field.label,
            "type": field.type,
            "position": field.position,
        }
        sent |= {f"custom_fields-{index}-{name}": str(value) for name, value in values.items()}
        switches = {"is_required", "is_on_order_form", "is_secret"}
        sent |= {f"custom_fields-{index}-{name}": "on" for name in switches if getattr(field, name)}
    total = {"custom_fields-TOTAL_FORMS": str(len(fields)), "custom_fields-INITIAL_FORMS": str(len(fields))}
    return sent | total | options_form(product) | changes


def options_form(product: Product, **changes: str) -> dict[str, str]:
    """The part of the page that holds the options, as they are, without prices."""
    options = list(product.options.all())
    sent = {"options-TOTAL_FORMS": str(len(options)), "options-INITIAL_FORMS": str(len(options))}
    for index, option in enumerate(options):
        for name in ("id", "key", "label", "addon_id", "minimum", "maximum", "position"):
            sent[f"options-{index}-{name}"] = str(getattr(option, name))
    return sent | changes


def whole_page(product: Product, *rows: tuple[str, str], **changes: Any) -> dict[str, Any]:
    """The page of a product that is there; without `rows` its prices in euros as they are."""
    stored = [(row.cycle, f"{row.price:.2f}") for row in product.prices.filter(currency="EUR")]
    known = {"slug": product.slug, "name": product.name, "tariff_id": product.tariff_id, "module": product.module}
    return form(product.group, *(rows or stored), **known) | fields_form(product) | changes


def errors_of(response: HttpResponse) -> dict[str, Any]:
    """Field → messages; formset prefix → messages of the whole of it."""
    context: Any = response.context  # type: ignore[attr-defined]
    errors = dict(context["adminform"].form.errors)
    for inline in context["inline_admin_formsets"]:
        if inline.formset.non_form_errors():
            errors[inline.formset.prefix] = list(inline.formset.non_form_errors())
    return errors
