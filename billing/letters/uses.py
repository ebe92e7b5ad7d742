"""Which variables a template reads, and where: judged from its tree, without filling it in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from billing.letters.nodes import Choice, Expression, Loop, Modified, Node, Output, Template, Test, variables_of
from billing.letters.nodes import Variable as Read


@dataclass(frozen=True, slots=True)
class Use:
    """A variable that is read in `line`. Inside a loop over a list, `name` is the list's and `part` the row's key.

    `is_shown`: it stands in the letter whatever it holds; False where a condition asks for it first, or a default
    stands in for it.
    """

    name: str
    part: str
    line: int
    is_shown: bool


def find_uses(template: Template) -> list[Use]:
    """Every use, in the order of the text; the conditions of tags count as uses that show nothing."""
    return list(_in_nodes(template.nodes, {}, frozenset()))


def _in_nodes(nodes: Sequence[Node], loops: Mapping[str, str], asked: frozenset[str]) -> Iterator[Use]:
    for node in nodes:
        match node:
            case Output(value, line):
                for read in variables_of(value):
                    is_shown = read.name not in asked and not _has_default(value)
                    yield from _use(read, line, loops, is_shown=is_shown)
            case Choice(branches, line):
                for condition, body in branches:
                    yield from _asked(condition, line, loops)
                    inside = asked | {read.name for read in variables_of(condition)}
                    yield from _in_nodes(body, loops, inside)
            case Loop():
                yield from _in_loop(node, loops, asked)


def _in_loop(loop: Loop, loops: Mapping[str, str], asked: frozenset[str]) -> Iterator[Use]:
    lists = list(variables_of(loop.over))
    for read in lists:
        yield from _use(read, loop.line, loops, is_shown=read.name not in asked)
    inside = {**loops, loop.item: lists[0].name if lists else "", **({loop.key: ""} if loop.key else {})}
    # What a row holds is asked for by the list itself.
    yield from _in_nodes(loop.body, inside, asked | {loop.item})
    yield from _in_nodes(loop.otherwise, loops, asked)


def _asked(condition: Expression | None, line: int, loops: Mapping[str, str]) -> Iterator[Use]:
    for read in variables_of(condition):
        yield from _use(read, line, loops, is_shown=False)


def _use(read: Read, line: int, loops: Mapping[str, str], *, is_shown: bool) -> Iterator[Use]:
    """Counters of loops (`$row@last`) and keys are nobody's variables."""
    name, _at, _property = read.name.partition("@")
    steps = [step for step in read.path if isinstance(step, str)]
    if name in loops:
        if loops[name] and read.name == name:
            yield Use(loops[name], ".".join(steps), line, is_shown)
        return
    yield Use(read.name, ".".join(steps), line, is_shown)


def _has_default(value: Expression) -> bool:
    match value:
        case Modified(inner, modifier, _arguments):
            return modifier == "default" or _has_default(inner)
        case Test():
            return True
    return False
