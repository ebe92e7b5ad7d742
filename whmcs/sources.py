"""Files that people bring: one SQL dump, or CSV files of single tables."""

import csv
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from django.utils.translation import gettext as _

from whmcs.dumps import DumpInvalid, read_dump
from whmcs.tables import Table, Tables

NULLS: Final = frozenset({"NULL", "\\N"})
MAX_CELL: Final = 1024 * 1024


class SourceInvalid(Exception):
    """A file cannot be read; the text says which and why."""


def read_files(paths: Collection[Path], *, wanted: Collection[str], main: str, encoding: str) -> Tables:
    """The `wanted` tables of all files. A CSV file is named after its table; any other name means the table `main`.

    Raises SourceInvalid.
    """
    tables: Tables = {}
    for path in paths:
        text = read_text(path, encoding)
        try:
            found = read_csv(text, path, wanted, main) if is_csv(path) else read_dump(text, wanted)
        except DumpInvalid as error:
            raise SourceInvalid(_("%(file)s: %(why)s") % {"file": path.name, "why": error}) from error
        for name, table in found.items():
            merged = tables.setdefault(name, Table(name))
            merged.columns += [column for column in table.columns if column not in merged.columns]
            merged.rows += table.rows
    return tables


def is_csv(path: Path) -> bool:
    return path.suffix.casefold() in (".csv", ".tsv", ".txt")


def read_text(path: Path, encoding: str) -> str:
    """The whole file. Old installations keep other encodings: then it is to be named."""
    try:
        return path.read_bytes().decode("utf-8-sig" if encoding.casefold() in ("utf-8", "utf8") else encoding)
    except OSError as error:
        raise SourceInvalid(_("%(file)s cannot be read: %(why)s") % {"file": path, "why": error.strerror}) from error
    except LookupError as error:
        raise SourceInvalid(_("There is no encoding “%(encoding)s”.") % {"encoding": encoding}) from error
    except UnicodeDecodeError as error:
        words = _("%(file)s is not in %(encoding)s: name its encoding, for example --encoding cp1251.")
        raise SourceInvalid(words % {"file": path.name, "encoding": encoding}) from error


def read_csv(text: str, path: Path, wanted: Collection[str], main: str) -> Tables:
    """One table with a header line. Separator: whichever of `,` `;` tab the header has most of."""
    csv.field_size_limit(MAX_CELL)
    header = text.partition("\n")[0]
    reader = csv.reader(text.splitlines(keepends=True), delimiter=max(",;\t", key=header.count), strict=True)
    name = path.stem.casefold() if path.stem.casefold() in wanted else main
    table = Table(name)
    try:
        columns = [column.strip() for column in next(reader, [])]
        table.columns = list(columns)
        for row in reader:
            if any(row):
                table.add(columns, [None if value in NULLS else value for value in row])
    except (csv.Error, ValueError) as error:
        words = _("%(file)s, line %(line)s: %(why)s")
        raise SourceInvalid(words % {"file": path.name, "line": reader.line_num, "why": error}) from error
    return {name: table}


def read_service_map(path: Path, *, encoding: str) -> Mapping[str, str]:
    """A CSV file of two columns with a header: the old service id and ours."""
    (table,) = read_csv(read_text(path, encoding), path, (), "map").values()
    if len(table.columns) != 2:
        words = _("%(file)s must have two columns: the old service ID and ours.")
        raise SourceInvalid(words % {"file": path.name})
    old, ours = table.columns
    return {row[old].strip(): row[ours].strip() for row in table.rows}
