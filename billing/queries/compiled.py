"""Queries of one shape, compiled once: Django takes longer to write such a statement than PostgreSQL to answer it.

For the few that every payment sends. They are written with the ORM as ever; what is kept is what Django makes of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection, models
from django.db.models.query import get_related_populators
from django.db.transaction import TransactionManagementError

# Stand for the values while the statement is made: numbers that no query of ours has in it.
_FIRST_STAND_IN: Final = 2_000_000_011


@dataclass(frozen=True, slots=True)
class _Compiled:
    """What Django made of a query: its text and values, and how rows become objects."""

    model: type[models.Model]
    text: str
    # (True, which of the numbers that a call gives) or (False, a value of the query's own).
    values: Sequence[tuple[bool, Any]]
    fields: Sequence[str]
    first_field: int
    annotations: Sequence[tuple[str, int]]
    # (position, converters, expression), as `SQLCompiler.get_converters` has them.
    converters: Sequence[tuple[int, Sequence[Any], Any]]
    populators: Sequence[Any]
    is_locking: bool


class CompiledQuery[Row: models.Model]:
    """A query for objects that differs from call to call in whole numbers only, such as ids.

    `build` gets as many numbers as the calls, and has to put each into the query as it is. `select_related`, `only`,
    annotations and `select_for_update` work as ever; `prefetch_related` does not.
    """

    def __init__(self, build: Callable[..., models.QuerySet[Row]]) -> None:
        self._build = build
        # By vendor: the same process may meet more than one in tests.
        self._compiled: dict[str, _Compiled] = {}

    def __call__(self, *numbers: int) -> list[Row]:
        """Sends it. Raises TransactionManagementError for a lock outside of a transaction."""
        compiled = self._compiled.get(connection.vendor) or self._compile(len(numbers))
        if compiled.is_locking and not connection.in_atomic_block:
            raise TransactionManagementError("A row cannot be locked outside of a transaction.")
        values = [numbers[value] if is_given else value for is_given, value in compiled.values]
        with connection.cursor() as cursor:
            cursor.execute(compiled.text, values)
            rows = cursor.fetchall()
        return [self._read(compiled, row) for row in rows]

    def get(self, *numbers: int) -> Row:
        """The only object. Raises DoesNotExist of its model, ValueError if there are several."""
        found = self(*numbers)
        if not found:
            raise self._compiled[connection.vendor].model.DoesNotExist  # type: ignore[attr-defined]
        (only,) = found
        return only

    def _compile(self, count: int) -> _Compiled:
        stand_ins = {_FIRST_STAND_IN + number: number for number in range(count)}
        query = self._build(*stand_ins).query
        compiler = query.get_compiler(connection=connection)
        text, found = compiler.as_sql()
        values = [(isinstance(value, int) and value in stand_ins, value) for value in found]
        if {value for is_given, value in values if is_given} != stand_ins.keys():
            raise TypeError("A compiled query has to put every number that it is given into the statement.")
        select, klass_info = compiler.select, compiler.klass_info
        converters = compiler.get_converters([column for column, _sql, _alias in select])
        compiled = self._compiled[connection.vendor] = _Compiled(
            model=klass_info["model"],
            text=text,
            values=[(is_given, stand_ins[value] if is_given else value) for is_given, value in values],
            fields=[select[position][0].target.attname for position in klass_info["select_fields"]],
            first_field=klass_info["select_fields"][0],
            annotations=list((compiler.annotation_col_map or {}).items()),
            converters=[(position, convert, column) for position, (convert, column) in converters.items()],
            populators=get_related_populators(klass_info, select, connection.alias),  # type: ignore[call-arg]
            is_locking=bool(query.select_for_update),
        )
        return compiled

    @staticmethod
    def _read(compiled: _Compiled, row: Sequence[Any]) -> Any:
        if compiled.converters:
            row = list(row)
            for position, converters, column in compiled.converters:
                for convert in converters:
                    row[position] = convert(row[position], column, connection)
        start = compiled.first_field
        found = compiled.model.from_db(connection.alias, compiled.fields, row[start : start + len(compiled.fields)])
        for populator in compiled.populators:
            populator.populate(row, found)
        for name, position in compiled.annotations:
            setattr(found, name, row[position])
        return found
