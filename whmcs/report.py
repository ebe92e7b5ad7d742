"""What the importer says: before anything is written how it reads the files, then what becomes of each service."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from whmcs.columns import sample
from whmcs.importing import Line, Outcome, Plan
from whmcs.old_fields import OldField
from whmcs.old_services import MAIN_TABLE
from whmcs.tables import Table, Tables


@dataclass(frozen=True, slots=True)
class Reading:
    """How the files were understood."""

    tables: Tables
    columns: Mapping[str, str]
    fields: Sequence[OldField]

    @property
    def main(self) -> Table:
        return self.tables.get(MAIN_TABLE) or Table(MAIN_TABLE)


def as_data(reading: Reading, plan: Plan) -> dict[str, Any]:
    """The report for programs. Values of secret fields are not in it."""
    return {
        "applied": plan.is_applied,
        "tables": {name: len(table.rows) for name, table in sorted(reading.tables.items())},
        "columns": dict(reading.columns),
        "sample": list(sample(reading.main)),
        "old_fields": [
            {"name": one.name, "becomes": one.new_name, "known": bool(one.key), "encrypted": one.is_encrypted}
            for one in reading.fields
        ],
        "our_fields": [
            {
                "product": one.product,
                "from": one.old_key,
                "to": one.key,
                "merged": one.is_merged,
                "conflicts": list(one.conflicts),
            }
            for one in plan.fields
        ],
        "counts": {outcome.value: count for outcome, count in count_outcomes(plan).items()},
        "services": [line_data(line) for line in plan.lines],
    }


def line_data(line: Line) -> dict[str, Any]:
    return {
        "old": line.old.key,
        "service": line.service.pk if line.service else None,
        "remote_id": line.remote_id,
        "outcome": line.outcome.value,
        "why": line.words,
        "filled": list(line.filled),
        "two_values": list(line.old.conflicts),
    }


def count_outcomes(plan: Plan) -> dict[Outcome, int]:
    """In the order in which they are declared, those that occur."""
    counts = Counter(line.outcome for line in plan.lines)
    return {outcome: counts[outcome] for outcome in Outcome if counts[outcome]}


def as_lines(reading: Reading, plan: Plan) -> Iterator[str]:
    """The report for people."""
    yield from reading_lines(reading)
    for one in plan.fields:
        how = _("merged into") if one.is_merged else _("becomes")
        rest = f" ({_('two values')}: {', '.join(f'#{number}' for number in one.conflicts)})" if one.conflicts else ""
        yield f"  {one.product}: {one.old_key} {how} {one.key}{rest}"
    yield _("Services:")
    for line in plan.lines:
        yield f"  {' '.join(words_of(line))}"
    yield ", ".join(f"{outcome.value}: {count}" for outcome, count in count_outcomes(plan).items()) or _(
        "Nothing found."
    )
    if not plan.is_applied:
        yield _("Nothing was written. Run it again with --apply to do this.")


def reading_lines(reading: Reading) -> Iterator[str]:
    counts = ", ".join(f"{name} {len(table.rows)}" for name, table in sorted(reading.tables.items()))
    yield _("Rows read: %(counts)s") % {"counts": counts or "-"}
    for role, column in reading.columns.items():
        yield f"  {role} = {column}"
    for row in sample(reading.main):
        yield "  " + " | ".join(f"{column}={value}" for column, value in row.items())
    if reading.fields:
        yield _("Fields:")
    for one in reading.fields:
        note = "" if one.key else f" ({_('unknown, left out')})"
        note = f" ({_('encrypted by WHMCS, left out')})" if one.is_encrypted else note
        yield f"  {one.name} → {one.new_name}{note}"


def words_of(line: Line) -> Iterator[str]:
    """One service in a line: old number, ours, the partner's, what becomes of it."""
    yield line.old.key
    yield f"→ #{line.service.pk}" if line.service else "→ -"
    yield f"= {line.remote_id or '-'}:"
    yield line.outcome.value
    if line.words:
        yield f"({line.words})"
    if line.filled:
        yield f"[+ {', '.join(line.filled)}]"
    if line.old.conflicts:
        yield f"[{_('two values')}: {', '.join(line.old.conflicts)}]"
