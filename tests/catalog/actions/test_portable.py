from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.actions.groups import WRITABLE as GROUP_WRITABLE
from catalog.actions.options import WRITABLE as OPTION_WRITABLE
from catalog.actions.portable import import_catalog
from catalog.actions.products import WRITABLE, OptionValues, create_product, update_product
from catalog.models import Currency, CustomField, Cycle, Price, Product, ProductGroup
from catalog.portable.reading import CatalogFileInvalid
from catalog.portable.shape import GROUPS, LIVE, OPTIONS, PRODUCTS
from catalog.portable.writing import stored_catalog, to_yaml
from noc.models import Server, ServerGroup
from tests.catalog.samples import BITNINJA, LITE, make_business, make_plain_product, make_product, price
from tests.examples import examples
from tests.kept_scenes import kept_scene

TERMS: dict[str, Any] = {
    "color": "#0a7d78",
    "welcome_letter": "",
    "is_domain_required": True,
    "quantity_mode": "SCALING",
    "recurring_limit": 3,
    "fixed_term_days": 400,
    "term_letter": "service.term_ended",
    "on_demand": "OWN",
    "on_demand_days": {"MONTHLY": 10, "ANNUALLY": 0},
    "affiliate_pay": "FIXED",
    "affiliate_amount": Decimal("2.5000"),
    "is_affiliate_once": True,
}


def export() -> str:
    return to_yaml(stored_catalog())


@pytest.fixture
@kept_scene
def shop(server: Server, group: ProductGroup) -> Product:
    """A license with options, an addon of it, and a plain product with a field of its own."""
    accounts = ServerGroup.objects.create(name="EU accounts")
    accounts.servers.add(server)
    business = make_business(
        group,
        price("MONTHLY", "3.00"),
        price("MONTHLY", "300", currency="RUB"),
        server_group=accounts,
        description="First\n\n  second: “ещё” #1\n",
    )
    addon = make_product(group, name="BitNinja", tariff_id=BITNINJA, is_addon=True)
    plain = make_plain_product(group, prices=[price("ANNUALLY", "1200.50", setup_fee="10")], **TERMS)
    update_product(product=business, values={}, addons=[addon], cross_sells=[plain])
    CustomField.objects.create(product=plain, key="site", label="Your site", validation=r"\d+: no", is_required=True)
    return business


def empty() -> None:
    """Another portal, which has the same accounts."""
    Product.objects.all().delete()
    ProductGroup.objects.all().delete()


def test_what_is_written_can_be_read_into_another_portal(shop: Product) -> None:
    text = export()
    empty()
    assert len(import_catalog(text=text)) == 4
    assert export() == text
    assert import_catalog(text=text, prune=True) == []
    business = Product.objects.get(tariff_id="55230")
    assert business.server_group is not None
    assert [addon.name for addon in business.addons.all()] == ["BitNinja"]
    assert [product.name for product in business.cross_sells.all()] == ["Consulting"]
    assert Product.objects.filter(name="Consulting").values(*TERMS).get() == TERMS


def test_reading_in_what_is_there_changes_nothing_and_asks_the_same_of_any_size(shop: Product) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert import_catalog(text=export()) == []
        return len(queries)

    few = count()
    for number in range(5):
        make_product(shop.group, name=f"More {number}", prices=[price("MONTHLY", "5"), price("ANNUALLY", "50")])
    assert count() == few


def test_no_credentials_and_no_accounts_are_written(shop: Product) -> None:
    text = export()
    assert "EU accounts" in text
    for secret in ("secret", "reseller", "eu.ispmanager.com"):
        assert secret not in text.replace("is_secret", "")


def test_a_change_is_told_and_made(shop: Product) -> None:
    Product.objects.filter(tariff_id=BITNINJA).update(tagline="old")
    text = export().replace("tagline: old", "tagline: new").replace("price: '3.00'", "price: 3.50")
    changes = [str(change) for change in import_catalog(text=text)]
    assert changes == [
        "~ products licenses/bitninja tagline: “old” → “new”",
        "~ products licenses/ispmanager-business options nodes prices EUR/MONTHLY price: 3.00 → 3.50",
    ] or set(changes) == {
        "~ products licenses/bitninja tagline: “old” → “new”",
        "~ products licenses/ispmanager-business options nodes prices EUR/MONTHLY price: 3.00 → 3.50",
    }
    assert import_catalog(text=text) == []
    assert Product.objects.get(tariff_id=BITNINJA).tagline == "new"


def test_a_dry_run_tells_the_same_and_changes_nothing(shop: Product) -> None:
    before = export()
    text = before.replace("name: Consulting", "name: Advice")
    assert [str(change) for change in import_catalog(text=text, dry_run=True)] == [
        "~ products licenses/consulting name: “Consulting” → “Advice”"
    ]
    assert export() == before


MINIMAL = "format: nocdesk-catalog\nversion: 1\n"


class TestLeftOut:
    def test_stays_as_it_is(self, shop: Product) -> None:
        before = export()
        assert import_catalog(text=MINIMAL) == []
        text = (
            f"{MINIMAL}products:\n- {{group: licenses, slug: ispmanager-business, prices: [], options: [], addons: [],"
            " cross_sells: []}"
        )
        assert import_catalog(text=text) == []
        assert export() == before

    def test_is_taken_off_sale_with_prune_but_never_deleted(self, shop: Product) -> None:
        text = (
            f"{MINIMAL}groups:\n- {{slug: licenses}}\nproducts:\n"
            "- group: licenses\n  slug: ispmanager-business\n  options: []\n  addons: []\n  cross_sells: []\n"
            "  prices:\n  - {currency: EUR, cycle: ANNUALLY, price: 50}\n"
        )
        changes = [str(change) for change in import_catalog(text=text, prune=True)]
        assert "- products licenses/bitninja: retired" in changes
        assert "- products licenses/ispmanager-business options nodes: hidden" in changes
        assert "- products licenses/ispmanager-business prices EUR/MONTHLY: no longer offered" in changes
        assert Product.objects.filter(is_retired=True).count() == 2
        shop.refresh_from_db()
        assert list(shop.prices.values_list("cycle", flat=True)) == ["ANNUALLY"]
        assert shop.options.get().is_hidden
        assert not shop.addons.exists()
        assert not shop.cross_sells.exists()
        assert shop.custom_fields.exists()
        assert import_catalog(text=text, prune=True) == []

    def test_of_a_new_product_comes_from_what_it_is(self, shop: Product) -> None:
        text = (
            f"{MINIMAL}products:\n- group: licenses\n  slug: lite\n  name: Lite\n  module: ispmanager_noc\n"
            f"  tariff_id: {LITE}\n  prices:\n  - {{currency: EUR, cycle: MONTHLY, price: 5}}\n"
        )
        assert len(import_catalog(text=text)) == 1
        product = Product.objects.get(slug="lite")
        assert (product.kind, product.custom_fields.filter(key="ip").exists()) == ("license", True)
        assert import_catalog(text=text) == []


GOOD = "- group: licenses\n  slug: one\n  name: One\n"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "format: "),
        ("format: nocdesk-catalog\nversion: 2\n", "version: "),
        ("a: [", "This is not a YAML file"),
        (f"{MINIMAL}groups: []\ngroups: []\n", "groups is there twice"),
        (f"{MINIMAL}extras: []\n", "extras: There is no such entry."),
        (f"{MINIMAL}groups: 5\n", "groups: This has to be a list."),
        (f"{MINIMAL}groups:\n- licenses\n", "groups[0]: This has to be an entry"),
        (f"{MINIMAL}groups:\n- {{slug: x, nam: X}}\n", "groups[0].nam: There is no such entry."),
        (f"{MINIMAL}groups:\n- {{slug: x}}\n", "groups[0].name: This is missing."),
        (f"{MINIMAL}groups:\n- {{slug: x y, name: X}}\n", "groups[0].slug: "),
        (f"{MINIMAL}groups:\n- {{slug: x, name: X, is_hidden: yes}}\n", "groups[0].is_hidden: Write true or false."),
        (f"{MINIMAL}products:\n{GOOD}{GOOD}", "products[1]: licenses/one is there twice."),
        (f"{MINIMAL}products:\n- {{group: licenses, slug: one}}\n", "products[0].name: This is missing."),
        (f"{MINIMAL}products:\n- {{group: nowhere, slug: one, name: One}}\n", "products[0].group: There is no group"),
        (f"{MINIMAL}products:\n{GOOD}  payment_type: GIFT\n", "products[0].payment_type: "),
        (f"{MINIMAL}products:\n{GOOD}  position: -1\n", "products[0].position: "),
        (f"{MINIMAL}products:\n{GOOD}  position: 1e3\n", "products[0].position: Write a plain number"),
        (f"{MINIMAL}products:\n{GOOD}  server_group: Mars\n", "products[0].server_group: There is no server group"),
        (f"{MINIMAL}products:\n{GOOD}  addons: [a/b/c]\n", "products[0].addons[0]: Write group/product"),
        (f"{MINIMAL}products:\n{GOOD}  addons: [licenses/two]\n", "products[0].addons: There is no product"),
        (f"{MINIMAL}products:\n{GOOD}  cross_sells: [two]\n", "products[0].cross_sells[0]: Write group/product"),
        (f"{MINIMAL}products:\n{GOOD}  cross_sells: [licenses/two]\n", "products[0].cross_sells: There is no product"),
        (f"{MINIMAL}products:\n{GOOD}  on_demand_days: {{MONTHLY: ten}}\n", "products[0].on_demand_days: Monthly: "),
        (f"{MINIMAL}products:\n{GOOD}  on_demand_days: {{WEEKLY: 1}}\n", "products[0].on_demand_days: "),
        (f"{MINIMAL}products:\n{GOOD}  recurring_limit: -1\n", "products[0].recurring_limit: "),
        (
            f"{MINIMAL}products:\n{GOOD}  payment_type: FREE\n  recurring_limit: 2\n",
            "products[0].recurring_limit: Only a recurring product",
        ),
        (f"{MINIMAL}products:\n{GOOD}  password: x\n", "products[0].password: There is no such entry."),
        (
            f"{MINIMAL}products:\n{GOOD}  prices:\n  - {{currency: USD, cycle: MONTHLY, price: 5}}\n",
            "products[0].prices[0].currency: There is no currency",
        ),
        (
            f"{MINIMAL}products:\n{GOOD}  prices:\n  - {{currency: EUR, cycle: WEEKLY, price: 5}}\n",
            "products[0].prices[0].cycle: ",
        ),
        (
            f"{MINIMAL}products:\n{GOOD}  prices:\n  - {{currency: EUR, cycle: MONTHLY, price: NaN}}\n",
            "products[0].prices[0].price: Write a plain number",
        ),
        (
            f"{MINIMAL}products:\n{GOOD}  prices:\n  - {{currency: EUR, cycle: MONTHLY}}\n",
            "products[0].prices[0].price: This is missing.",
        ),
        (
            f"{MINIMAL}products:\n{GOOD}  prices:\n  - {{currency: EUR, cycle: MONTHLY, price: 5.001}}\n",
            "products[0].prices: Monthly, EUR: at most 2 decimals.",
        ),
        (
            f"{MINIMAL}products:\n{GOOD}  options:\n  - {{key: disks, label: Disks, minimum: 5, maximum: 1}}\n",
            "products[0].options[0].maximum: The most is below the least.",
        ),
        (
            f"{MINIMAL}products:\n{GOOD}  payment_type: FREE\n  fields:\n  - {{key: site}}\n",
            "products[0].fields[0].label: This is missing.",
        ),
        (
            f"{MINIMAL}products:\n{GOOD}  fields:\n  - {{key: site, label: S, validation: '['}}\n",
            "products[0].fields[0].validation: This is not a regular expression",
        ),
    ],
)
def test_faults_are_told_with_their_path_and_nothing_is_written(group: ProductGroup, text: str, fault: str) -> None:
    with pytest.raises(CatalogFileInvalid) as refused:
        import_catalog(text=text)
    assert fault in str(refused.value)
    assert (Product.objects.count(), ProductGroup.objects.count()) == (0, 1)


def test_all_faults_are_told_at_once_and_good_entries_wait(group: ProductGroup) -> None:
    bad = "- {group: licenses, slug: %s, name: Bad, module: ispmanager_noc}\n"
    text = f"{MINIMAL}products:\n{GOOD}  payment_type: FREE\n{bad % 'two'}{bad % 'three'}"
    with pytest.raises(CatalogFileInvalid) as refused:
        import_catalog(text=text)
    assert {error.split(":")[0] for error in refused.value.errors} >= {"products[1].tariff_id", "products[2].tariff_id"}
    assert not Product.objects.exists()


def test_what_the_portal_decides_otherwise_is_a_fault(shop: Product) -> None:
    with pytest.raises(CatalogFileInvalid, match=r"products\[\d\].kind: The portal decides otherwise"):
        import_catalog(text=export().replace("kind: license", "kind: software"))


def test_every_field_that_can_be_written_is_in_the_file() -> None:
    assert set(PRODUCTS.allowed) == (WRITABLE - LIVE) | {"addons", "cross_sells", "prices", "fields", "options"}
    assert set(GROUPS.allowed) == GROUP_WRITABLE
    assert set(OPTIONS.allowed) >= OPTION_WRITABLE


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
FILLED = WORDS.filter(str.strip)
AMOUNT = st.decimals(min_value=0, max_value=10**9, places=2)
SLUGS = st.lists(st.from_regex(r"[a-z0-9_-]{1,8}", fullmatch=True), min_size=1, max_size=3, unique=True)


@st.composite
def products(draw: Any, slug: str) -> dict[str, Any]:
    cycles = st.sampled_from([cycle for cycle in Cycle.values if cycle != "ONE_TIME"])
    return {
        "values": {"name": draw(FILLED), "slug": slug, "tagline": draw(WORDS), "description": draw(WORDS)},
        "prices": draw(st.dictionaries(st.tuples(st.sampled_from(["EUR", "RUB"]), cycles), AMOUNT, min_size=1)),
        "fields": draw(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), FILLED, max_size=2)),
        "options": draw(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), FILLED, max_size=2)),
    }


@given(data=st.data())
@settings(max_examples=examples(6), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_catalog_survives_the_way_through_a_file(db: None, data: st.DataObject) -> None:
    currencies = Currency.objects.in_bulk()
    with transaction.atomic():
        group = ProductGroup.objects.create(name="G", slug="g", tagline=data.draw(WORDS))
        for slug in data.draw(SLUGS):
            drawn = data.draw(products(slug))
            product = create_product(
                values={"group": group, **drawn["values"]},
                prices=[price(cycle, str(amount), currency=code) for (code, cycle), amount in drawn["prices"].items()],
                options=[OptionValues(key, {"label": label}) for key, label in drawn["options"].items()],
            )
            for key, label in drawn["fields"].items():
                CustomField.objects.create(product=product, key=key, label=label)
        text = export()
        assert import_catalog(text=text) == []
        empty()
        import_catalog(text=text)
        assert export() == text
        assert import_catalog(text=text, prune=True) == []
        transaction.set_rollback(True)
    assert currencies


def test_amounts_are_exact(group: ProductGroup) -> None:
    text = f"{MINIMAL}products:\n{GOOD}  prices:\n  - {{currency: EUR, cycle: MONTHLY, price: 12345678901.67}}\n"
    import_catalog(text=text)
    assert Price.objects.get().price == Decimal("12345678901.67")
