"""An operator orders for a client."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from billing.models import Email, Event, Order, Promotion, Service
from catalog.actions.products import OptionValues, update_product
from catalog.models import Product
from tests.billing.actions.test_ordering_addons import make_addon, price_of
from tests.billing.admin.pages import add_page, page_of, text_of
from tests.billing.views.pages import count_queries
from tests.builders import World, make_active_service, make_client, make_hosting, make_product


def page_for(world: World) -> str:
    return f"{add_page(Order)}?client={world.client.pk}"


def send(browser: Browser, world: World, action: str = "place", lines: tuple[str, ...] = (), **values: Any) -> Any:
    """The form with these lines (`1:12`); names of inputs with `__` for the dash."""
    typed = {name.replace("__", "-"): value for name, value in values.items()}
    settings = {
        "payment_method": "bank_transfer",
        "checkout_key": "key-of-the-page",
        "is_client_told": "on",
        "notes": "",
    }
    return browser.post(page_for(world), {"action": action, "line": list(lines), **settings, **typed})


def lite(world: World, **values: Any) -> dict[str, Any]:
    """One line of ispmanager lite as the form sends it."""
    line = {"line1__cycle": "MONTHLY", "line1__field_ip": "192.0.2.10"}
    return {"lines": (f"1:{world.lite.pk}",), **line, **values}


def errors_of(response: Any) -> dict[str, Any]:
    """Input → messages, of all forms of the page; those of no input under ""."""
    assert response.status_code == 422
    draft = response.context["draft"]
    forms = [draft.placing, *(form for item in draft.items for form in (item.inputs, item.terms))]
    return {form.add_prefix(name): list(words) for form in forms for name, words in form.errors.items()}


def test_the_client_is_found_by_name_or_email(world: World, sales: Browser) -> None:
    make_client(email="boris@example.com", first_name="Boris", last_name="Vian")
    words = text_of(sales.get(add_page(Order) + "?q=boris+vian"))
    assert "boris@example.com" in words
    assert world.client.email not in words
    assert "No client like this" in text_of(sales.get(add_page(Order) + "?q=nobody"))


def test_looking_for_a_client_takes_the_same_queries_however_many_there_are(world: World, sales: Browser) -> None:
    before = count_queries(sales, add_page(Order))
    for _number in range(5):
        make_client()
    assert count_queries(sales, add_page(Order)) == before


@pytest.mark.parametrize("client", ["0", "x", "999999"])
def test_an_unknown_client_is_not_found(world: World, sales: Browser, client: str) -> None:
    assert sales.get(f"{add_page(Order)}?client={client}").status_code == 404


def test_support_may_not_order(world: World, support: Browser) -> None:
    assert support.get(page_for(world)).status_code == 403
    assert send(support, world, **lite(world)).status_code == 403
    assert not Order.objects.exists()


def test_hidden_products_can_be_chosen_retired_ones_not(world: World, sales: Browser) -> None:
    Product.objects.filter(pk=world.lite.pk).update(is_hidden=True)
    Product.objects.filter(pk=world.business.pk).update(is_retired=True)
    (choices,) = [entries for _heading, entries in sales.get(page_for(world)).context["draft"].choices]
    assert [words for _code, words in choices] == ["BitNinja", "ispmanager lite"]


def test_putting_in_keeps_what_was_typed_and_complains_of_nothing(world: World, sales: Browser) -> None:
    typed = lite(world, line1__field_ip="192.0.2.77", line1__terms__reason="friend")
    response = send(sales, world, "add", add=str(world.bitninja.pk), **typed, notes="by phone")
    words = text_of(response)
    assert 'value="192.0.2.77"' in words
    assert 'value="friend"' in words
    assert "by phone" in words
    assert "errorlist" not in words
    assert [line.mark for line in response.context["draft"].lines] == [f"1:{world.lite.pk}", f"2:{world.bitninja.pk}"]


def test_taking_out_leaves_the_others(world: World, sales: Browser) -> None:
    lines = (f"1:{world.lite.pk}", f"2:{world.lite.pk}")
    response = send(sales, world, "remove|1", lines=lines, line2__field_ip="192.0.2.2")
    assert [line.key for line in response.context["draft"].lines] == ["2"]
    assert 'value="192.0.2.2"' in text_of(response)


def test_placing_makes_the_order_and_says_who_placed_it(world: World, sales: Browser) -> None:
    response = send(sales, world, **lite(world, notes="by phone"))
    order = Order.objects.get()
    assert response.headers["Location"] == page_of(order)
    assert (order.client, order.total, order.notes) == (world.client, 5, "by phone")
    assert order.events.get(name="order.placed").actor == "sales_operator@example.com"
    assert Email.objects.filter(client=world.client, letter="order.placed").exists()


def test_the_same_page_sent_twice_makes_one_order(world: World, sales: Browser) -> None:
    send(sales, world, **lite(world))
    send(sales, world, **lite(world))
    assert Order.objects.count() == 1
    other = send(sales, world, **lite(world, line1__field_ip="192.0.2.11"))
    assert "placed another order already" in errors_of(other)["__all__"][0]


def test_without_the_tick_the_client_gets_no_letters(world: World, sales: Browser) -> None:
    values = {**lite(world), "is_client_told": ""}
    del values["is_client_told"]
    line = {name.replace("__", "-"): value for name, value in values.items() if name != "lines"}
    form = {"action": "place", "line": values["lines"], "payment_method": "manual", "checkout_key": "k", **line}
    sales.post(page_for(world), form)
    assert Order.objects.get().payment_method == "manual"
    assert not Email.objects.filter(client=world.client).exclude(letter__startswith="client.").exists()


def test_a_granted_price_is_charged_and_recorded(world: World, sales: Browser) -> None:
    send(sales, world, **lite(world, line1__terms__unit_price="3.50", line1__terms__reason="Old friend"))
    assert Order.objects.get().total == Service.objects.get().recurring_amount
    assert str(Order.objects.get().total) == "3.5000"
    assert Event.objects.get(name="order.price_overridden").data["reason"] == "Old friend"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"line1__field_ip": "999.1.1.1"}, "line1-field_ip"),
        ({"line1__cycle": "ANNUALLY"}, "line1-cycle"),
        ({"line1__terms__unit_price": "2"}, "line1-terms-reason"),
        ({"line1__terms__reason": "why"}, "line1-terms-unit_price"),
        ({"line1__terms__unit_price": "1.005", "line1__terms__reason": "why"}, "line1-terms-unit_price"),
        ({"line1__terms__setup_fee": "-1", "line1__terms__reason": "why"}, "line1-terms-setup_fee"),
        ({"payment_method": "bitcoin"}, "payment_method"),
        ({"payment_method": "credit"}, "payment_method"),
    ],
)
def test_what_is_wrong_is_told_on_its_input_and_nothing_is_ordered(
    world: World, sales: Browser, typed: dict[str, str], field: str
) -> None:
    response = send(sales, world, **lite(world, **typed))
    assert list(errors_of(response)) == [field]
    assert not Order.objects.exists()


def test_an_order_of_nothing_is_not_placed(world: World, sales: Browser) -> None:
    assert send(sales, world).status_code == 422
    assert not Order.objects.exists()


def test_addons_go_with_their_product(world: World, sales: Browser) -> None:
    addon = make_addon(world.lite)
    prefix = f"line1__addon_{addon.pk}"
    wanted = {f"{prefix}__chosen": "on", f"{prefix}__terms__unit_price": "1", f"{prefix}__terms__reason": "bundle"}
    mail = {f"{prefix}__field_bitninja_email": "a@example.com"}
    assert send(sales, world, **lite(world, **wanted, **mail)).status_code == 302
    parent, child = Service.objects.order_by("id")
    assert (child.product, child.parent, child.recurring_amount) == (addon, parent, 1)


def test_an_addon_can_be_ordered_for_a_service(world: World, sales: Browser) -> None:
    addon = make_addon(world.lite)
    service = make_active_service(world.client, world.lite, ip="192.0.2.10")
    code = f"{addon.pk}@{service.pk}"
    assert code in text_of(sales.get(page_for(world)))
    typed = {"line1__cycle": "MONTHLY", "line1__field_bitninja_email": "a@example.com"}
    assert send(sales, world, lines=(f"1:{code}",), **typed).status_code == 302
    assert Service.objects.latest("id").parent == service


def test_a_license_that_is_not_here_can_be_vouched_for(world: World, sales: Browser) -> None:
    line = {"line1__cycle": "MONTHLY", "line1__quantity": "1", "line1__field_item": "700123"}
    line["line1__field_bitninja_email"] = "a@example.com"
    lines = (f"1:{world.bitninja.pk}",)
    assert list(errors_of(send(sales, world, lines=lines, **line))) == ["line1-field_item"]
    assert send(sales, world, lines=lines, **line, line1__terms__is_item_unchecked="on").status_code == 302


def test_another_clients_service_is_no_parent(world: World, sales: Browser) -> None:
    addon = make_addon(world.lite)
    service = make_active_service(make_client(), world.lite, ip="192.0.2.10")
    response = send(sales, world, "sums", lines=(f"1:{addon.pk}@{service.pk}",))
    assert response.context["draft"].lines == []


def test_sums_follow_options_and_granted_prices(world: World, sales: Browser) -> None:
    nodes = OptionValues("nodes", {"maximum": 10}, [price_of("MONTHLY", "5", "1")])
    update_product(product=world.business, values={}, options=[nodes])
    values = {
        "line1-cycle": "MONTHLY",
        "line1-option_nodes": "3",
        "line1-terms-unit_price": "10",
    }
    form = {"line": f"1:{world.business.pk}", "checkout_key": "k", **values}
    response = sales.post(f"{add_page(Order)}sums/?client={world.client.pk}", form)
    words = text_of(response)
    assert "€28.00" in words  # 10 + 3 × 5 + 3 × 1
    assert "€25.00" in words
    assert "<html" not in words
    assert sales.get(f"{add_page(Order)}sums/?client={world.client.pk}").status_code == 404


def test_more_lines_and_products_take_no_more_queries(
    world: World, sales: Browser, django_assert_num_queries: Any
) -> None:
    make_addon(world.lite)
    with CaptureQueriesContext(connection) as few:
        send(sales, world, "sums", **lite(world))
    for number in range(4):
        make_product(world.group, tariff_id="55228", name=f"pro {number}", price="9")
    lines = tuple(f"{number}:{world.lite.pk}" for number in range(1, 6))
    with django_assert_num_queries(len(few)):
        send(sales, world, "sums", **{**lite(world), "lines": lines})


def test_letters_are_ticked_when_the_first_product_is_put_in(world: World, sales: Browser) -> None:
    form = {"action": "add", "add": str(world.lite.pk), "checkout_key": "key-of-the-page"}
    placing = sales.post(page_for(world), form).context["draft"].placing
    assert placing["is_client_told"].value() is True
    assert placing["checkout_key"].value() == "key-of-the-page"
    assert send(sales, world, "sums", **lite(world)).context["draft"].placing["is_client_told"].value() is True


class TestPromoCode:
    @pytest.fixture(autouse=True)
    def _half_off(self, world: World) -> None:
        Promotion.objects.create(code="SPRING", type="PERCENT", value=50, is_once_per_client=True)

    def test_is_worked_out_on_the_granted_price_in_preview_and_order(self, world: World, sales: Browser) -> None:
        terms = {"line1__terms__unit_price": "4", "line1__terms__reason": "friend"}
        typed = {**lite(world), **terms, "promo_code": "spring"}
        preview = send(sales, world, "sums", **typed)
        assert preview.context["quote"].total == 2
        assert "promo code SPRING" in text_of(preview)
        assert send(sales, world, **typed).status_code == 302
        order = Order.objects.get()
        assert (order.total, order.promo_code) == (2, "SPRING")
        assert order.invoice.total == 2

    @pytest.mark.parametrize(("code", "words"), [("NONE", "no promo code"), ("OTHER", "not for what you order")])
    def test_one_that_cannot_be_used_is_told_on_its_field_and_nothing_is_ordered(
        self, world: World, sales: Browser, code: str, words: str
    ) -> None:
        Promotion.objects.create(code="OTHER", value=5).applies_to.set([world.business])
        preview = send(sales, world, "sums", **lite(world), promo_code=code)
        assert words in preview.context["draft"].promo_error
        assert words in text_of(preview)
        assert preview.context["quote"].total == 5
        response = send(sales, world, **lite(world), promo_code=code)
        assert words in errors_of(response)["promo_code"][0]
        assert not Order.objects.exists()

    def test_the_same_page_sent_twice_still_makes_one_order(self, world: World, sales: Browser) -> None:
        for _press in range(2):
            assert send(sales, world, **lite(world), promo_code="SPRING").status_code == 302
        assert Order.objects.count() == 1


def test_scaling_units_and_a_domain_are_asked_priced_and_ordered(world: World, sales: Browser) -> None:
    hosting = make_hosting(world.group, quantity_mode="SCALING", setup_fee="3", is_domain_required=True)
    backups = make_addon(hosting, tariff_id="", module="", name="Backups", price="1")
    typed = {
        "lines": (f"1:{hosting.pk}",),
        "line1__cycle": "MONTHLY",
        "line1__quantity": "4",
        f"line1__addon_{backups.pk}__chosen": "on",
    }
    assert send(sales, world, "sums", **typed).context["quote"].total == 4 * 5 + 3 + 1
    assert list(errors_of(send(sales, world, **typed))) == ["line1-domain"]
    assert list(errors_of(send(sales, world, **typed, line1__domain="localhost"))) == ["line1-domain"]
    assert list(errors_of(send(sales, world, **{**typed, "line1__quantity": "0"}, line1__domain="a.com"))) == [
        "line1-quantity"
    ]
    assert send(sales, world, **typed, line1__domain="Example.com").status_code == 302
    service, addon = Service.objects.order_by("id")
    assert (service.quantity, service.domain, addon.parent) == (4, "example.com", service)
    assert Order.objects.get().total == 24


def test_two_lines_for_one_address_are_told_on_the_second(world: World, sales: Browser) -> None:
    twice = lite(world, line2__cycle="MONTHLY", line2__field_ip="192.0.2.10")
    twice["lines"] = (f"1:{world.lite.pk}", f"2:{world.lite.pk}")
    assert list(errors_of(send(sales, world, **twice))) == ["line2-field_ip"]
