"""SQL dumps as mysqldump and phpMyAdmin write them → the tables that are asked for. Nothing is executed."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from whmcs.tables import Table, Tables

TEXT: Final = r"'(?:[^'\\]|\\.|'')*+'|\"(?:[^\"\\]|\\.|\"\")*+\""
QUOTED_NAME: Final = r"`(?:[^`]|``)*+`"
COMMENT: Final = r"--(?=\s|$)[^\n]*+|\#[^\n]*+|/\*.*?\*/"
TOKEN: Final = re.compile(
    rf"""(?:\s++|{COMMENT})*+
    (?: (?P<text>{TEXT}) | (?P<quoted>{QUOTED_NAME})
      | (?P<number>[-+]?(?:0x[0-9A-Fa-f]++|(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][-+]?\d++)?)(?![\w]))
      | (?P<word>[^\W\d][\w$]*+) | (?P<sign>.) | (?P<end>\Z) )""",
    re.VERBOSE | re.DOTALL,
)
REST_OF_STATEMENT: Final = re.compile(
    rf"(?:[^;'\"`\#/-]++|{TEXT}|{QUOTED_NAME}|{COMMENT}|[\#/-])*+(?:;|\Z)", re.VERBOSE | re.DOTALL
)
ESCAPE: Final = re.compile(r"\\(.)|''|\"\"", re.DOTALL)
ESCAPED: Final = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "%": "\\%", "_": "\\_"}
NOT_COLUMNS: Final = frozenset(
    {"KEY", "PRIMARY", "UNIQUE", "INDEX", "CONSTRAINT", "FULLTEXT", "SPATIAL", "FOREIGN", "CHECK"}
)


class DumpInvalid(ValueError):
    """The dump breaks off or is not one; the text names the line."""


class Token(NamedTuple):
    """`sort` is text, quoted, number, word, sign or end."""

    sort: str
    value: str

    @property
    def keyword(self) -> str:
        """The word in capitals, "" for anything else."""
        return self.value.upper() if self.sort == "word" else ""

    def is_sign(self, sign: str) -> bool:
        return self.sort == "sign" and self.value == sign


def read_dump(sql: str, wanted: Collection[str]) -> Tables:
    """The rows of `wanted` tables. Raises DumpInvalid."""
    return Dump(sql, frozenset(wanted)).read()


@dataclass(slots=True)
class Dump:
    """A place in the text of a dump, and what was read until there."""

    sql: str
    wanted: frozenset[str]
    position: int = 0
    columns: dict[str, list[str]] = field(default_factory=dict)
    tables: Tables = field(default_factory=dict)

    def read(self) -> Tables:
        """All statements to the end."""
        statements: dict[str, Callable[[], None]] = {
            "INSERT": self._insert,
            "REPLACE": self._insert,
            "CREATE": self._create,
        }
        while (token := self._next()).sort != "end":
            if token.is_sign(";"):
                continue
            if statement := statements.get(token.keyword):
                statement()
            else:
                self._skip()
        return self.tables

    def _insert(self) -> None:
        if not self._find_keyword("INTO"):
            return
        name = self._table_name()
        if name not in self.wanted:
            self._skip()
            return
        token = self._next()
        columns = self.columns.get(name, [])
        if token.is_sign("("):
            columns = self._names()
            token = self._next()
        if token.keyword not in ("VALUES", "VALUE"):
            raise self._fault(f"INSERT INTO {name} without VALUES")
        if not columns:
            raise self._fault(f"INSERT INTO {name} names no columns and there is no CREATE TABLE before it")
        self._rows(self.tables.setdefault(name, Table(name)), columns)

    def _rows(self, table: Table, columns: list[str]) -> None:
        while (token := self._next()).is_sign("("):
            values = self._values()
            try:
                table.add(columns, values)
            except ValueError:
                raise self._fault(f"{table.name}: {len(values)} values for {len(columns)} columns") from None
            token = self._next()
            if not token.is_sign(","):
                break
        if token.sort != "end" and not token.is_sign(";"):
            self._skip()  # ON DUPLICATE KEY UPDATE …

    def _values(self) -> list[str | None]:
        """The literals up to the closing bracket; anything else is kept as it is written."""
        values: list[str | None] = []
        written: list[Token] = []
        depth = 0
        while True:
            token = self._next()
            if token.sort == "end":
                raise self._fault("it breaks off inside a row")
            if depth == 0 and (token.is_sign(",") or token.is_sign(")")):
                values.append(value_of(written))
                written = []
                if token.value == ")":
                    return values
                continue
            depth += token.is_sign("(") - token.is_sign(")")
            written.append(token)

    def _create(self) -> None:
        """CREATE TABLE tells the columns of an INSERT that does not."""
        if not self._find_keyword("TABLE"):
            return
        name = self._table_name()
        if name not in self.wanted or not self._next().is_sign("("):
            self._skip()
            return
        found: list[str] = []
        depth, is_first = 1, True
        while depth and (token := self._next()).sort != "end":
            if is_first and token.sort in ("quoted", "word") and token.keyword not in NOT_COLUMNS:
                found.append(token.value)
            depth += token.is_sign("(") - token.is_sign(")")
            is_first = depth == 1 and token.is_sign(",")
        self.columns[name] = found
        self._skip()

    def _find_keyword(self, wanted: str) -> bool:
        """Past the modifiers to this keyword; False, and the statement is over, where it has none."""
        while (token := self._next()).sort == "word":
            if token.keyword == wanted:
                return True
        if not token.is_sign(";"):
            self._skip()
        return False

    def _table_name(self) -> str:
        """The name without its database."""
        token = self._next()
        if token.keyword == "IF":  # NOT EXISTS
            self._next(), self._next()
            token = self._next()
        name = token.value
        while TOKEN.match(self.sql, self.position)["sign"] == ".":  # type: ignore[index]  # it matches everywhere
            self._next()
            name = self._next().value
        return name

    def _names(self) -> list[str]:
        names: list[str] = []
        while not (token := self._next()).is_sign(")"):
            if token.sort == "end":
                raise self._fault("it breaks off inside a list of columns")
            if not token.is_sign(","):
                names.append(token.value)
        return names

    def _next(self) -> Token:
        match = TOKEN.match(self.sql, self.position)
        if match is None or match.lastgroup is None:
            raise self._fault("a text that does not end")
        self.position = match.end()
        token = Token(match.lastgroup, match[match.lastgroup])
        if token.sort == "sign" and token.value in "'\"`":
            raise self._fault("a text that does not end")
        return Token("quoted", token.value[1:-1].replace("``", "`")) if token.sort == "quoted" else token

    def _skip(self) -> None:
        match = REST_OF_STATEMENT.match(self.sql, self.position)
        if match is None:
            raise self._fault("a text that does not end")
        self.position = match.end()

    def _fault(self, words: str) -> DumpInvalid:
        line = self.sql.count("\n", 0, self.position) + 1
        return DumpInvalid(f"Line {line}: {words}")


def value_of(written: list[Token]) -> str | None:
    """One literal: text, number, NULL, `_utf8mb4 'text'`, `0x414243` or `x'414243'`; else the words themselves."""
    *introducers, last = written or [Token("word", "NULL")]
    prefix = introducers[0].value.casefold() if len(introducers) == 1 else ""
    if last.sort == "text" and (not introducers or prefix.startswith("_") or prefix in ("n", "x")):
        text = unescape(last.value)
        return bytes.fromhex(text).decode("utf-8", "replace") if prefix == "x" else text
    if introducers:
        return " ".join(token.value for token in written)
    if last.sort == "number" and last.value.casefold().startswith("0x"):
        digits = last.value[2:]
        return bytes.fromhex("0" * (len(digits) % 2) + digits).decode("utf-8", "replace")
    return {"NULL": None, "TRUE": "1", "FALSE": "0"}.get(last.keyword, last.value)


def unescape(literal: str) -> str:
    """The text inside a quoted literal."""
    quote = literal[0]

    def plain(match: re.Match[str]) -> str:
        if match[1] is not None:
            return ESCAPED.get(match[1], match[1])
        return quote if match[0] == quote * 2 else match[0]

    return ESCAPE.sub(plain, literal[1:-1])
