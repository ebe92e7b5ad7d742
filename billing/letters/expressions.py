"""Reads what stands inside a tag: variables, literals, modifiers, comparisons. Errors are in words, for operators."""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _

from billing.letters.modifiers import MODIFIERS
from billing.letters.nodes import Compared, Expression, Literal, Modified, Test, Variable

# An expression is read and worked out by recursion: its length bounds the depth.
MOST_TOKENS: Final = 120
DEEPEST: Final = 10
OPERATORS: Final = {
    "==": "==",
    "===": "==",
    "eq": "==",
    "!=": "!=",
    "!==": "!=",
    "<>": "!=",
    "ne": "!=",
    "neq": "!=",
    "<": "<",
    "lt": "<",
    ">": ">",
    "gt": ">",
    "<=": "<=",
    "lte": "<=",
    "le": "<=",
    ">=": ">=",
    "gte": ">=",
    "ge": ">=",
}
_AND: Final = ("and", "&&")
_OR: Final = ("or", "||")
_NOT: Final = ("not", "!")
_TESTS: Final = ("isset", "empty", "count")
_WORDS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None}
_TOKEN: Final = re.compile(
    r"""\s*(?:
      (?P<variable>\$[A-Za-z_]\w*(?:@[a-z]+)?)
    | (?P<text>"[^"]*"|'[^']*')
    | (?P<number>\d{1,12}(?:\.\d{1,6})?)
    | (?P<word>[A-Za-z_]\w*)
    | (?P<sign>===|!==|==|!=|<>|<=|>=|&&|\|\||=>|->|[<>!|:.,()\[\]=@-])
    )""",
    re.VERBOSE | re.ASCII,
)


class ExpressionInvalid(Exception):
    """Why an expression cannot be understood, in words."""


def split(source: str) -> list[str]:
    """The tokens of a tag. Raises ExpressionInvalid."""
    tokens, at, source = list[str](), 0, source.rstrip()
    while at < len(source):
        found = _TOKEN.match(source, at)
        if found is None:
            raise _not_understood(source[at : at + 20].strip())
        tokens.append(found.group().strip())
        at = found.end()
    if len(tokens) > MOST_TOKENS:
        raise ExpressionInvalid(_("This is too long for one tag."))
    return tokens


def read_expression(tokens: Sequence[str]) -> Expression:
    """The whole of `tokens` as one expression. Raises ExpressionInvalid."""
    reader = _Reader(tokens)
    expression = reader.read_any()
    reader.finish()
    return expression


def _not_understood(found: str) -> ExpressionInvalid:
    if not found:
        return ExpressionInvalid(_("Something is missing at the end."))
    return ExpressionInvalid(_("“%(found)s” is not understood here.") % {"found": found})


class _Reader:
    """Goes over the tokens once, from left to right."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens = list(tokens)
        self.at = 0
        self.depth = 0

    def finish(self) -> None:
        if self.at < len(self.tokens):
            raise _not_understood(self.next())

    def next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        token = self.next()
        self.at += 1
        return token

    def accept(self, *wanted: str) -> bool:
        if self.next() and self.next().lower() in wanted:
            self.at += 1
            return True
        return False

    def expect(self, wanted: str) -> None:
        if not self.accept(wanted):
            raise _not_understood(self.next())

    def read_any(self) -> Expression:
        return self._chain(_OR, "or", self._read_all)

    def _read_all(self) -> Expression:
        return self._chain(_AND, "and", self._read_one)

    def _chain(self, signs: tuple[str, ...], operator: str, read: Callable[[], Expression]) -> Expression:
        found = read()
        while self.accept(*signs):
            found = Compared(operator, found, read())
        return found

    def _read_one(self) -> Expression:
        if self.accept(*_NOT):
            return Test("not", self._read_one())
        left = self._read_modified()
        operator = OPERATORS.get(self.next().lower())
        if operator is None:
            return left
        self.take()
        return Compared(operator, left, self._read_modified())

    def _read_modified(self) -> Expression:
        found = self._read_value()
        while self.accept("|"):
            self.accept("@")
            name = self.take().lower()
            if name not in MODIFIERS:
                words = _("There is no modifier “%(name)s”. There are: %(known)s.")
                raise ExpressionInvalid(words % {"name": name, "known": ", ".join(sorted(MODIFIERS))})
            arguments = list[Expression]()
            while self.accept(":"):
                arguments.append(self._read_value())
            if len(arguments) > MODIFIERS[name].most_arguments:
                raise ExpressionInvalid(_("The modifier “%(name)s” takes fewer arguments.") % {"name": name})
            found = Modified(found, name, tuple(arguments))
        return found

    def _read_value(self) -> Expression:
        found = self.take()
        if found.startswith("$"):
            return Variable(found[1:], self._read_path())
        if found[:1] in ('"', "'"):
            return Literal(_plain_text(found))
        if found[:1].isdigit():
            return Literal(Decimal(found))
        if found == "-" and self.next()[:1].isdigit():
            return Literal(-Decimal(self.take()))
        if found == "(":
            return self._read_closed()
        word = found.lower()
        if word in _WORDS:
            return Literal(_WORDS[word])
        if word in _TESTS and self.accept("("):
            return self._read_test(word)
        raise _not_understood(found)

    def _read_closed(self) -> Expression:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ExpressionInvalid(_("This is too long for one tag."))
        found = self._closed(self.read_any())
        self.depth -= 1
        return found

    def _read_test(self, name: str) -> Expression:
        found: Expression = Test(name, self._read_value())
        while name == "isset" and self.accept(","):
            found = Compared("and", found, Test(name, self._read_value()))
        return self._closed(found)

    def _closed(self, expression: Expression) -> Expression:
        self.expect(")")
        return expression

    def _read_path(self) -> tuple[str | int, ...]:
        path = list[str | int]()
        while True:
            if self.accept("->"):
                raise ExpressionInvalid(_("“->” reaches into programs: templates only read values."))
            if self.accept("."):
                path += [_step(step) for step in self.take().split(".")]
            elif self.accept("["):
                path.append(_step(self.take().strip("'\"")))
                self.expect("]")
            else:
                return tuple(path)


def _step(token: str) -> str | int:
    """A key or a position; what begins with an underscore is neither."""
    if token.isascii() and token.isdigit():
        return int(token)
    if token.isidentifier() and not token.startswith("_"):
        return token
    raise _not_understood(token)


def _plain_text(token: str) -> str:
    text = token[1:-1]
    if token[0] == '"' and "$" in text:
        raise ExpressionInvalid(_("Variables inside quotes are not filled in: put them in a tag of their own."))
    return text
