"""Reports in JSON: rows by the codes of their columns, amounts as plain decimals in text."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.queries.reports import Asks, Report, Row, Section, Sort
from billing.queries.reports.files import written


class ColumnSerializer(serializers.Serializer[Any]):
    """`code` names the member of each row, `label` is in the language of the caller."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    sort = serializers.ChoiceField(choices=[sort.value for sort in Sort])


class ReportSerializer(serializers.Serializer[Any]):
    """A report; `asks` says which days it wants: `steps` and `days` want `from` and `until`, `day` `until`."""

    name = serializers.CharField(source="code")
    title = serializers.CharField()
    description = serializers.CharField(source="words")
    asks = serializers.ChoiceField(choices=[asks.value for asks in Asks])
    columns = ColumnSerializer(many=True)


class SectionSerializer(serializers.Serializer[Section]):
    """The rows of one currency. `left`: how many are not shown; the totals count them too."""

    currency = serializers.CharField()
    rows = serializers.SerializerMethodField()
    totals = serializers.SerializerMethodField()
    left = serializers.IntegerField()
    notes = serializers.ListField(child=serializers.CharField())

    @extend_schema_field(serializers.ListField(child=serializers.DictField(child=serializers.CharField())))
    def get_rows(self, section: Section) -> list[dict[str, Any]]:
        return [self._members(row) for row in section.rows]

    @extend_schema_field(serializers.DictField(child=serializers.CharField()))
    def get_totals(self, section: Section) -> dict[str, Any]:
        columns = self.context["report"].columns
        members = self._members((None, *section.totals[1:]))
        return {column.code: members[column.code] for column in columns[1:] if members[column.code] is not None}

    def _members(self, row: Row) -> dict[str, Any]:
        """None for what is not known, whole numbers as such, everything else as text."""
        report: Report = self.context["report"]
        return {
            column.code: cell if cell is None or isinstance(cell, int | str) else written(cell, column.sort)
            for column, cell in zip(report.columns, row, strict=True)
        }


class ReportRowsSerializer(serializers.Serializer[Any]):
    """A report with a section for each currency that has figures."""

    report = ReportSerializer()
    first_day = serializers.DateField(allow_null=True)
    last_day = serializers.DateField(allow_null=True)
    sections = SectionSerializer(many=True)
