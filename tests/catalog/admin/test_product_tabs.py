"""The tabs of a product: each field is kept, each fault stands on its tab, nothing that was typed is lost."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from catalog.actions.products import WRITABLE, ProductInvalid, save_product
from catalog.admin.product_tabs import TABS
from catalog.models import Product, ProductGroup
from tests.catalog.admin.forms import ADD, LIST, errors_of, fields_form, form, page_of, price_inputs, whole_page
from tests.catalog.samples import DRWEB, make_business, make_plain_product, make_product, price

pytestmark = pytest.mark.django_db

FULL = {
    "tagline": "For one site",
    "short_description": "A panel",
    "description": "A panel for one site",
    "translations_name_ru": "Консультация",
    "translations_description_ru": "Панель\r\nдля одного сайта",
    "color": "#0a7d78",
    "welcome_letter": "",
    "is_domain_required": "on",
    "has_stock_control": "on",
    "stock_quantity": "7",
    "tax_treatment": "EXEMPT",
    "is_featured": "on",
    "is_hidden": "on",
    "quantity_mode": "SCALING",
    "recurring_limit": "12",
    "fixed_term_days": "30",
    "term_letter": "service.term_ended",
    "is_prorata": "on",
    "prorata_day": "5",
    "prorata_next_after": "20",
    "on_demand": "OWN",
    "on_demand_days_MONTHLY": "10",
    "on_demand_days_ANNUALLY": "30",
    "admin_phone": "+49301234",
    "auto_setup": "ACCEPT",
    "at_end": "POOL",
    "node_base": "2",
    "affiliate_pay": "PERCENT",
    "affiliate_amount": "12.5",
    "is_affiliate_once": "on",
    "position": "4",
}


def tabs_with_errors(response: Any) -> dict[str, list[str]]:
    """Tab → what its errors are about, as the page marks them."""
    return {
        shown.tab.code: [error.label for error in shown.errors] for shown in response.context["tabs"] if shown.errors
    }


class TestEveryField:
    def test_is_on_a_tab(self) -> None:
        lines = [line for tab in TABS for _title, options in tab.fieldsets for line in options["fields"]]
        shown = [name for line in lines for name in ([line] if isinstance(line, str) else line)]
        assert len(shown) == len(set(shown))
        assert WRITABLE - set(shown) == set()
        assert set(shown) - WRITABLE == {"prices", "addons", "cross_sells"}

    @pytest.mark.parametrize("is_new", [True, False])
    def test_is_kept(self, sales: Client, group: ProductGroup, is_new: bool) -> None:
        if is_new:
            response = sales.post(ADD, form(group, ("MONTHLY", "5"), **FULL))
        else:
            product = make_product(group)
            response = sales.post(page_of(product), whole_page(product, **FULL))
        assert response.status_code == 302, errors_of(response)
        product = Product.objects.get()
        for name, sent in FULL.items():
            if not name.startswith(("on_demand_days", "translations")):
                kept = getattr(product, name)
                assert str(kept) == sent or (kept is True and sent == "on") or kept == Decimal(sent), name
        assert product.on_demand_days == {"MONTHLY": 10, "ANNUALLY": 30}
        assert product.translations == {"name_ru": "Консультация", "description_ru": "Панель\nдля одного сайта"}

    def test_comes_back_on_the_page(self, sales: Client, group: ProductGroup) -> None:
        sales.post(ADD, form(group, ("MONTHLY", "5"), **FULL))
        page = sales.get(page_of(Product.objects.get()))
        initial = page.context["adminform"].form.initial
        assert (initial["color"], initial["affiliate_pay"], initial["on_demand"]) == ("#0a7d78", "PERCENT", "OWN")
        words = page.content.decode()
        assert 'name="on_demand_days_MONTHLY" value="10"' in words
        assert 'name="on_demand_days_QUARTERLY" value="0"' in words

    def test_saving_the_page_as_it_is_changes_nothing(self, sales: Client, group: ProductGroup) -> None:
        sales.post(ADD, form(group, ("MONTHLY", "5"), **FULL))
        product = Product.objects.get()
        before = Product.objects.values().get(), [*product.prices.values()], [*product.custom_fields.values()]
        sent = whole_page(product, **FULL)
        response = sales.post(page_of(product), sent)
        assert response.status_code == 302, errors_of(response)
        assert (Product.objects.values().get(), [*product.prices.values()], [*product.custom_fields.values()]) == before


class TestStock:
    def test_what_was_sold_while_the_page_was_open_stays_sold(self, sales: Client, group: ProductGroup) -> None:
        product = make_product(group, has_stock_control=True, stock_quantity=7)
        assert 'name="initial-stock_quantity" value="7"' in sales.get(page_of(product)).content.decode()
        Product.objects.update(stock_quantity=6)
        changes = {"has_stock_control": "on", "stock_quantity": "7", "initial-stock_quantity": "7", "tagline": "new"}
        response = sales.post(page_of(product), whole_page(product, **changes))
        assert response.status_code == 302, errors_of(response)
        product.refresh_from_db()
        assert (product.stock_quantity, product.tagline) == (6, "new")

    def test_a_new_number_is_written(self, sales: Client, group: ProductGroup) -> None:
        product = make_product(group, has_stock_control=True, stock_quantity=7)
        changes = {"has_stock_control": "on", "stock_quantity": "9", "initial-stock_quantity": "7"}
        sales.post(page_of(product), whole_page(product, **changes))
        product.refresh_from_db()
        assert product.stock_quantity == 9


class TestBadInput:
    DAYS = "enter whole days from 0 to 366."

    # Each round is one page with a fault on each of several fields, which do not hide one another.
    ROUNDS = (
        [
            ("details", {"name": ""}, "Name", "This field is required."),
            ("details", {"slug": "a b"}, "URL", "valid"),
            ("details", {"color": "red"}, "Color", "Enter a color such as #0a7d78."),
            ("details", {"stock_quantity": "-1"}, "In stock", "greater than or equal to 0"),
            ("details", {"welcome_letter": "service.unknown"}, "Welcome e-mail", "valid choice"),
            ("details", {"translations_tagline_ru": "я" * 256}, "In other languages", "Russian: tagline: at most 255"),
            ("pricing", price_inputs(("MONTHLY", "x")), "Prices", "Monthly, EUR: Enter a number."),
            ("pricing", {"recurring_limit": "x"}, "Recurring cycles limit", "whole number"),
            ("pricing", {"fixed_term_days": "-1"}, "Auto terminate after days", "greater than or equal to 0"),
            ("pricing", {"prorata_day": "32"}, "Prorata date", "less than or equal to 31"),
            ("pricing", {"on_demand_days_MONTHLY": "-1"}, "Days before due", f"Monthly: {DAYS}"),
            ("module", {"node_base": "-1"}, "Servers counted in the license", "greater than or equal to 0"),
            ("fields", {"custom_fields-0-validation": "("}, "licname|License name: Validation", "regular expression"),
            ("options", {"options-0-maximum": "-1"}, "Additional servers: Most", "greater than or equal to 0"),
            ("cross-sells", {"cross_sells": "999999"}, "Cross-sells", "999999 is not one of the available choices"),
            ("other", {"affiliate_amount": "-1"}, "Payout amount", "Enter 0 or more."),
            ("other", {"position": "-1"}, "Display order", "greater than or equal to 0"),
        ],
        [
            ("pricing", price_inputs(("MONTHLY", "")), "Prices", "Monthly, EUR: Enter the price too, 0 for none."),
            ("pricing", {"on_demand_days_ANNUALLY": "400"}, "Days before due", f"Annually: {DAYS}"),
            ("fields", {"custom_fields-0-key": "a b"}, "a b|License name: Key", "valid"),
            ("cross-sells", {"cross_sells": "x"}, "Cross-sells", "“x” is not a valid value"),
        ],
        [
            ("pricing", price_inputs(("MONTHLY", "-5")), "Prices", "Monthly, EUR"),
            ("fields", {"custom_fields-0-type": "DROPDOWN"}, "licname|License name: Options", "separated by commas"),
        ],
        [("pricing", price_inputs(("MONTHLY", "5.005")), "Prices", "Monthly, EUR: at most 2 decimals.")],
        [("module", {"tariff_id": "424242"}, "Product ID", "No price list shows the Product ID 424242.")],
        [("cross-sells", {"addons": "SELF"}, "Addons", "A product is no addon of itself.")],
        [("cross-sells", {"cross_sells": "SELF"}, "Cross-sells", "A product does not recommend itself.")],
        [("other", {"affiliate_pay": "PERCENT", "affiliate_amount": "101"}, "Payout amount", "is at most 100.")],
    )

    @pytest.mark.parametrize("faults", ROUNDS)
    def test_is_marked_on_its_tab_with_a_link_to_the_field(
        self, sales: Client, group: ProductGroup, faults: list[tuple[str, dict[str, str], str, str]]
    ) -> None:
        product = make_business(group, prices=[price("MONTHLY", "15")])
        changes = {name: value for _tab, sent, _label, _words in faults for name, value in sent.items()}
        changes = {name: str(product.pk) if value == "SELF" else value for name, value in changes.items()}
        before = Product.objects.values().get(), [*product.prices.values()], [*product.options.values()]
        response = sales.post(page_of(product), whole_page(product, **changes))
        assert response.status_code == 200
        marked = [(tab, label) for tab, labels in tabs_with_errors(response).items() for label in labels]
        assert sorted(marked) == sorted((tab, label) for tab, _sent, label, _words in faults)
        page = response.content.decode()
        for error in (error for shown in response.context["tabs"] for error in shown.errors):
            assert f'href="#{error.target}"' in page
            assert f'id="{error.target}"' in page
        told = {error.label: error for shown in response.context["tabs"] for error in shown.errors}
        for _tab, _sent, label, words in faults:
            assert escape(words) in page, told[label]
        assert (Product.objects.values().get(), [*product.prices.values()], [*product.options.values()]) == before

    def test_on_several_tabs_is_told_at_once_and_nothing_typed_is_lost(
        self, sales: Client, group: ProductGroup
    ) -> None:
        product = make_product(group)
        changes = {
            "name": "",
            "tagline": "typed tagline",
            "affiliate_amount": "-3",
            "on_demand_days_MONTHLY": "999",
            "custom_fields-1-validation": "[0-9",
            "custom_fields-1-label": "Typed label",
            **price_inputs(("ANNUALLY", "typed price")),
        }
        response = sales.post(page_of(product), whole_page(product, **changes))
        assert tabs_with_errors(response) == {
            "details": ["Name"],
            "pricing": ["Prices", "Days before due"],
            "fields": ["ip|Typed label: Validation"],
            "other": ["Payout amount"],
        }
        page = response.content.decode()
        for typed in ("typed tagline", "-3", "999", "[0-9", "Typed label", "typed price"):
            assert f'value="{escape(typed)}"' in page, typed
        assert "Nothing is saved yet, and nothing that you typed is lost." in page

    def test_of_a_new_field_is_on_the_tab_of_fields(self, sales: Client, group: ProductGroup) -> None:
        product = make_plain_product(group)
        sent = {"custom_fields-TOTAL_FORMS": "1", "custom_fields-0-type": "TEXT", "custom_fields-0-position": "1"}
        sent["custom_fields-0-description"] = "Without a name"
        response = sales.post(page_of(product), whole_page(product, **sent))
        assert tabs_with_errors(response) == {"fields": ["New line: Label"]}


class TestCustomFields:
    def add(self, sales: Client, product: Product, **values: str) -> Any:
        index = product.custom_fields.count()
        sent = {f"custom_fields-{index}-{name}": value for name, value in values.items()}
        return sales.post(
            page_of(product),
            whole_page(product, **{"custom_fields-TOTAL_FORMS": str(index + 1), **sent}),
        )

    @pytest.mark.parametrize("typed", [{"key": "contract|Contract number"}, {"label": "contract|Contract number"}])
    def test_a_pasted_name_is_taken_apart(self, sales: Client, group: ProductGroup, typed: dict[str, str]) -> None:
        product = make_plain_product(group)
        response = self.add(sales, product, type="TEXT", position="1", **typed)
        assert response.status_code == 302, errors_of(response)
        field = product.custom_fields.get()
        assert (field.key, field.label) == ("contract", "Contract number")

    def test_a_label_alone_is_enough(self, sales: Client, group: ProductGroup) -> None:
        product = make_plain_product(group)
        self.add(sales, product, type="TEXT", position="1", label="Номер договора")
        assert product.custom_fields.get().key == "nomer_dogovora"

    def test_a_key_that_is_there_already_is_refused(self, sales: Client, group: ProductGroup) -> None:
        product = make_product(group)
        response = self.add(sales, product, type="TEXT", position="1", key="ip", label="Second")
        assert response.status_code == 200
        assert list(tabs_with_errors(response)) == ["fields"]
        assert product.custom_fields.filter(key="ip").count() == 1

    def test_the_order_is_kept(self, sales: Client, group: ProductGroup) -> None:
        product = make_product(group)
        sales.post(page_of(product), whole_page(product, **{"custom_fields-0-position": "9"}))
        assert [field.key for field in product.custom_fields.order_by("position")][-1] == "licname"

    def test_a_value_tried_is_not_kept(self, sales: Client, group: ProductGroup) -> None:
        product = make_product(group)
        response = sales.post(page_of(product), whole_page(product, **{"custom_fields-0-sample": "secret trial"}))
        assert response.status_code == 302
        assert "secret trial" not in sales.get(page_of(product)).content.decode()


class TestTryingAPattern:
    ADDRESS = f"{LIST}sample/"

    @pytest.mark.parametrize(
        ("pattern", "sample", "words"),
        [
            ("[a-z]+", "abc", "This value is accepted."),
            ("[a-z]+", " abc ", "This value is accepted."),
            ("[a-z]+", "abc1", "does not have the form"),
            ("(", "abc", "This is not a regular expression"),
            ("a" * 1001, "a", "at most 1000"),
        ],
    )
    def test_says_what_an_order_would_be_told(self, sales: Client, pattern: str, sample: str, words: str) -> None:
        answer = sales.get(self.ADDRESS, {"pattern": pattern, "sample": sample})
        assert (answer.status_code, words in answer.content.decode()) == (200, True)
        assert answer["Content-Type"] == "text/plain"

    def test_is_for_those_who_may_write(self, staff_as: Callable[[str], Client]) -> None:
        assert staff_as("SUPPORT_OPERATOR").get(self.ADDRESS, {"pattern": "a", "sample": "a"}).status_code == 403


class TestPicking:
    ADDRESS = "/admin/autocomplete/"

    def find(self, sales: Client, field: str, text: str = "") -> list[str]:
        asked = {"app_label": "catalog", "model_name": "product", "field_name": field, "term": text}
        return [each["text"] for each in sales.get(self.ADDRESS, asked).json()["results"]]

    def test_addons_are_found_where_addons_are_chosen(self, sales: Client, group: ProductGroup) -> None:
        make_product(group, name="Dr.Web", tariff_id=DRWEB, is_addon=True)
        make_plain_product(group)
        make_plain_product(group, name="Retired", is_retired=True)
        assert self.find(sales, "addons") == ["Dr.Web"]
        assert self.find(sales, "cross_sells") == ["Consulting"]
        assert self.find(sales, "cross_sells", "web") == []

    def test_what_is_recommended_is_kept_and_comes_back(self, sales: Client, group: ProductGroup) -> None:
        product, other = make_product(group), make_plain_product(group)
        response = sales.post(page_of(product), whole_page(product, cross_sells=[str(other.pk)]))
        assert response.status_code == 302, errors_of(response)
        assert product.cross_sells.get() == other
        assert f'<option value="{other.pk}" selected' in sales.get(page_of(product)).content.decode()


class TestTheNewProduct:
    def test_has_no_tabs_for_what_is_not_there_yet(self, sales: Client, group: ProductGroup) -> None:
        codes = [shown.tab.code for shown in sales.get(ADD).context["tabs"]]
        assert codes == ["details", "pricing", "module", "cross-sells", "other"]


class TestLookingOnly:
    def test_support_sees_words_in_place_of_inputs(
        self, staff_as: Callable[[str], Client], group: ProductGroup
    ) -> None:
        product = make_product(group, on_demand="OWN", on_demand_days={"MONTHLY": 10})
        page = staff_as("SUPPORT_OPERATOR").get(page_of(product)).content.decode()
        assert "Monthly, EUR: 5.00, setup fee 0.00" in page
        assert "Monthly: 10" in page
        assert "ispmanager 6 lite · built-in table · Monthly, Annually" in page
        assert 'name="prices-' not in page
        assert escape("Clients can buy it and get it.") not in page  # no account is connected


def test_what_is_refused_only_while_writing_is_judged_once_more(
    sales: Client, group: ProductGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two who save at once: the second finds the fault in what the first has written meanwhile."""
    product, calls = make_product(group), []

    def refuse_once(**values: Any) -> Product:
        calls.append(values)
        if len(calls) == 1:
            raise ProductInvalid({"slug": ["Another product of this group has this URL."]})
        return save_product(**values)

    monkeypatch.setattr("catalog.admin.products.save_product", refuse_once)
    assert sales.post(page_of(product), whole_page(product, slug="other")).status_code == 302
    product.refresh_from_db()
    assert (len(calls), product.slug) == (2, "other")


def test_a_field_of_the_page_without_its_rows_is_no_crash(sales: Client, group: ProductGroup) -> None:
    product = make_product(group)
    sent = whole_page(product)
    for name in fields_form(product):
        sent.pop(name)
    assert sales.post(page_of(product), sent).status_code == 200
