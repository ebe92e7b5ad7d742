"""Sums of money that are exact on every database."""

from decimal import Decimal
from typing import Any, Final

from django.db.models import BigIntegerField, F, Func, Q, Sum
from django.db.models.functions import Coalesce

# Amounts are added and compared in whole ten-thousandths, the last decimal that is kept.
SCALE: Final = 10_000


class Units(Func):
    """An amount in ten-thousandths. SQLite keeps and adds decimals as floats: there it becomes an integer first."""

    template = f"(%(expressions)s) * {SCALE}"
    arity = 1
    output_field = BigIntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = f"CAST(ROUND((%(expressions)s) * {SCALE}) AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, **context)


def units_of(amount: str, *, only: Q | None = None) -> Coalesce:
    """The sum of a column in ten-thousandths; 0 where there is nothing. `only`: of these rows."""
    return Coalesce(Sum(Units(F(amount)), filter=only), 0, output_field=BigIntegerField())


def to_amount(units: int | Decimal) -> Decimal:
    """Ten-thousandths as an amount with four decimals."""
    return (Decimal(units) / SCALE).quantize(Decimal("0.0001"))
