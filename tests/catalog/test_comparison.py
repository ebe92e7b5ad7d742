from decimal import Decimal

import pytest

from catalog.comparison import FeatureRow, compare, monthly_share, split_features
from catalog.models import Currency, Price, Product
from catalog.queries import StoreProduct


def listed(*prices: tuple[str, str], description: str = "") -> StoreProduct:
    product = Product(name="one", description=description)
    rows = tuple(Price(product=product, currency=Currency("EUR", 2), cycle=c, price=Decimal(p)) for c, p in prices)
    return StoreProduct(product, rows)


class TestRows:
    def test_periods_that_any_product_is_sold_for_stand_once_shortest_first(self) -> None:
        table = compare([listed(("ANNUALLY", "50")), listed(("MONTHLY", "5"), ("ANNUALLY", "40"))])
        assert [row.cycle.value for row in table.cycles] == ["MONTHLY", "ANNUALLY"]
        assert [[price and price.price for price in row.prices] for row in table.cycles] == [[None, 5], [50, 40]]

    def test_features_say_what_each_product_has_of_them(self) -> None:
        table = compare([listed(description="Domains: 10\nBackups"), listed(description="Backups\nDomains: 50")])
        assert table.features == (FeatureRow("Domains", ("10", "50")), FeatureRow("Backups", ("", "")))

    def test_what_a_product_does_not_name_it_does_not_have(self) -> None:
        table = compare([listed(description="Backups"), listed()])
        assert table.features == (FeatureRow("Backups", ("", None)),)


class TestFeatures:
    @pytest.mark.parametrize(
        ("line", "feature"),
        [
            ("Domains: 10", ("Domains", "10")),
            ("- Daily backups", ("Daily backups", "")),
            ("• Panel: ispmanager 6", ("Panel", "ispmanager 6")),
            ("Docs at https://example.com", ("Docs at https://example.com", "")),
            ("Support:", ("Support", "")),
        ],
    )
    def test_a_line_is_a_label_with_a_value_or_without(self, line: str, feature: tuple[str, str]) -> None:
        assert split_features(line) == [feature]

    def test_prose_is_left_out(self) -> None:
        assert split_features("word " * 30 + "\n\nBackups\n") == [("Backups", "")]


class TestMonthlyShare:
    @pytest.mark.parametrize(
        ("cycle", "price", "share"),
        [
            ("ANNUALLY", "50", Decimal("4.17")),
            ("QUARTERLY", "15", Decimal("5.00")),
            ("SEMIANNUALLY", "29.97", Decimal("5.00")),
            ("MONTHLY", "5", None),
            ("ONE_TIME", "5", None),
            ("ANNUALLY", "0", None),
        ],
    )
    def test_is_told_for_longer_periods_only(self, cycle: str, price: str, share: Decimal | None) -> None:
        assert monthly_share(Price(cycle=cycle, price=Decimal(price)), precision=2) == share
