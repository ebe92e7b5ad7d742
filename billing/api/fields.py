"""Fields and habits that the serializers share."""

from decimal import Decimal
from functools import reduce
from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.api.authentication import ApiCaller
from catalog.money import round_money

# Twelve digits before the point: sums of many such amounts still fit their columns.
AMOUNT_DIGITS: Final = 16


@extend_schema_field({"type": "string", "format": "decimal", "example": "15.00"})
class MoneyField(serializers.Field[Decimal, Any, str, Any]):
    """An amount as a string with the decimals of its currency, which stands at the path `currency` of the row.

    An empty path means two decimals: the partner's accounts are in currencies that need not be ours.
    """

    def __init__(self, *, currency: str = "currency", **options: Any) -> None:
        self.currency = currency
        super().__init__(read_only=True, **options)

    def get_attribute(self, instance: Any) -> Decimal | None:
        amount = super().get_attribute(instance)
        return None if amount is None else round_money(amount, precision=self._precision(instance))

    def _precision(self, instance: Any) -> int:
        if not self.currency:
            return 2
        precision: int = reduce(getattr, self.currency.split("."), instance).precision
        return precision

    def to_representation(self, value: Decimal) -> str:
        return f"{value:f}"


class AmountField(serializers.DecimalField):
    """Money that comes in, as a string or a number; the action judges the currency's decimals."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=AMOUNT_DIGITS, decimal_places=4, **options)


class Reference(serializers.PrimaryKeyRelatedField[Any]):
    """The id of another thing: a whole number, nothing that merely rounds to one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(pk_field=serializers.IntegerField(), **options)


class OwnReference(Reference):
    """The id of a row with a `client`. A client's own key learns nothing of others', not even that they are there."""

    def get_queryset(self) -> Any:
        rows, caller = super().get_queryset(), caller_of(self)
        return rows if rows is None or caller is None or caller.is_operator else rows.filter(client=caller.client_id)


def caller_of(serializer: serializers.BaseSerializer[Any] | serializers.Field[Any, Any, Any, Any]) -> ApiCaller | None:
    """Who calls; None while the schema is drawn up."""
    request = serializer.context.get("request")
    user = getattr(request, "user", None)
    return user if isinstance(user, ApiCaller) else None


class OperatorFieldsMixin:
    """`Meta.operator_fields` are left out for a client's own key."""

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()  # type: ignore[misc]
        caller = caller_of(self)  # type: ignore[arg-type]
        if caller is not None and not caller.is_operator:
            for name in self.Meta.operator_fields:  # type: ignore[attr-defined]
                fields.pop(name, None)
        return fields
