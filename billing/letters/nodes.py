"""What a template consists of once it is read: a tree of these few kinds, and nothing else can be in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Variable:
    """`$name.step.step`: a value of the letter or of a loop, then keys and positions inside it."""

    name: str
    path: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, a number, true, false or null."""

    value: str | Decimal | bool | None


@dataclass(frozen=True, slots=True)
class Modified:
    """`inner|modifier:argument`."""

    inner: "Expression"
    modifier: str
    arguments: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Test:
    """`isset($x)`, `empty($x)`, `count($x)` and `not x`."""

    name: str
    of: "Expression"


@dataclass(frozen=True, slots=True)
class Compared:
    """`left operator right`, and and or among the operators."""

    operator: str
    left: "Expression"
    right: "Expression"


Expression = Variable | Literal | Modified | Test | Compared


@dataclass(frozen=True, slots=True)
class Text:
    """What stands there as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Output:
    """`{$…}`."""

    value: Expression
    line: int


@dataclass(frozen=True, slots=True)
class Choice:
    """`{if}`: the first branch whose condition holds; one without a condition is the else."""

    branches: tuple[tuple[Expression | None, tuple["Node", ...]], ...]
    line: int


@dataclass(frozen=True, slots=True)
class Loop:
    """`{foreach}`; `otherwise` stands for an empty list."""

    over: Expression
    item: str
    key: str
    body: tuple["Node", ...]
    otherwise: tuple["Node", ...]
    line: int


Node = Text | Output | Choice | Loop


@dataclass(frozen=True, slots=True)
class Template:
    """A whole text. What it came from is not kept: the tree says all that is done."""

    nodes: tuple[Node, ...]


def variables_of(expression: Expression | None) -> Iterator[Variable]:
    """Every variable that an expression reads."""
    match expression:
        case Variable():
            yield expression
        case Modified(inner, _modifier, arguments):
            yield from variables_of(inner)
            for argument in arguments:
                yield from variables_of(argument)
        case Test(_name, inner):
            yield from variables_of(inner)
        case Compared(_operator, left, right):
            yield from variables_of(left)
            yield from variables_of(right)
