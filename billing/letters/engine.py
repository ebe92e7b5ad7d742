"""Fills a tree in. Values are looked up in dicts and lists by name and position; nothing of Python can be reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from billing.letters.modifiers import MODIFIERS, Setting, count_of
from billing.letters.nodes import (
    Choice,
    Compared,
    Expression,
    Literal,
    Loop,
    Modified,
    Node,
    Output,
    Template,
    Test,
    Text,
    Variable,
)
from billing.letters.syntax import TemplateInvalid
from billing.letters.values import Markup, as_text, compare, is_true

# Over all loops of a template, those inside others counted each time.
MOST_ROUNDS: Final = 5_000
MOST_STEPS: Final = 50_000
LONGEST_OUTPUT: Final = 400_000  # characters
_ABSENT: Final = object()


def fill_in(
    template: Template, values: Mapping[str, object], *, is_html: bool, language: str, is_strict: bool = False
) -> str:
    """The text of a template. In HTML every value is escaped, but for the markup that we made ourselves.

    A variable that is not there shows nothing; with `is_strict` it raises TemplateInvalid, as does a text beyond the
    limits.
    """
    run = _Run(Setting(is_html, language), is_strict, dict(values))
    run.nodes(template.nodes)
    return "".join(run.parts)


@dataclass(slots=True)
class _Run:
    setting: Setting
    is_strict: bool
    values: dict[str, object]
    parts: list[str] = field(default_factory=list)
    length: int = 0
    rounds: int = 0
    steps: int = 0
    line: int = 1

    def nodes(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            self.steps += 1
            if self.steps > MOST_STEPS:
                raise TemplateInvalid(self.line, _("The template never comes to an end."))
            match node:
                case Text(text):
                    self.write(text)
                case Output(value, line):
                    self.line = line
                    self.write(self.shown(self.value(value)))
                case Choice(branches, line):
                    self.line = line
                    self.choose(branches)
                case Loop():
                    self.line = node.line
                    self.repeat(node)

    def write(self, text: str) -> None:
        self.length += len(text)
        if self.length > LONGEST_OUTPUT:
            raise TemplateInvalid(self.line, _("The letter would become too long."))
        self.parts.append(text)

    def shown(self, value: object) -> str:
        if not self.setting.is_html:
            return as_text(value)
        if isinstance(value, Markup):
            return value.html
        return conditional_escape(value if isinstance(value, SafeString) else as_text(value))

    def choose(self, branches: Sequence[tuple[Expression | None, Sequence[Node]]]) -> None:
        for condition, body in branches:
            if condition is None or is_true(self.value(condition)):
                self.nodes(body)
                return

    def repeat(self, loop: Loop) -> None:
        found = self.value(loop.over)
        rows = found if isinstance(found, Sequence) and not isinstance(found, str) else ()
        if not rows:
            self.nodes(loop.otherwise)
            return
        outside = dict(self.values)
        for index, row in enumerate(rows):
            self.rounds += 1
            if self.rounds > MOST_ROUNDS:
                raise TemplateInvalid(loop.line, _("The loops go round too often."))
            self.values = outside | _loop_values(loop, row, index, len(rows))
            self.nodes(loop.body)
        self.values = outside

    def value(self, expression: Expression) -> object:
        match expression:
            case Literal(value):
                return value
            case Variable():
                return self.look_up(expression, may_be_absent=False)
            case Modified(inner, modifier, arguments):
                if modifier == "default" and isinstance(inner, Variable):
                    found = self.look_up(inner, may_be_absent=True)
                else:
                    found = self.value(inner)
                return MODIFIERS[modifier].apply(found, [self.value(one) for one in arguments], self.setting)
            case Test(name, inner):
                return self.test(name, inner)
            case Compared(operator, left, right):
                return self.judge(operator, left, right)

    def judge(self, operator: str, left: Expression, right: Expression) -> bool:
        if operator in ("and", "or"):
            first = is_true(self.value(left))
            return first if first is (operator == "or") else is_true(self.value(right))
        return compare(operator, self.value(left), self.value(right))

    def test(self, name: str, inner: Expression) -> object:
        if name == "not":
            return not is_true(self.value(inner))
        found = self.look_up(inner, may_be_absent=True) if isinstance(inner, Variable) else self.value(inner)
        if name == "count":
            return count_of(found)
        return found is not None if name == "isset" else not is_true(found)

    def look_up(self, variable: Variable, *, may_be_absent: bool) -> object:
        found = self.values.get(variable.name, _ABSENT)
        if found is _ABSENT:
            if self.is_strict and not may_be_absent:
                raise TemplateInvalid(self.line, _("There is no variable {$%(name)s}.") % {"name": variable.name})
            return None
        for step in variable.path:
            found = _inside(found, step)
        return found


def _inside(value: object, step: str | int) -> object:
    """What a row has under a name, or a list at a position; None for everything else."""
    if isinstance(value, Mapping):
        return value.get(str(step))
    if isinstance(step, int) and isinstance(value, Sequence) and not isinstance(value, str):
        return value[step] if 0 <= step < len(value) else None
    return None


def _loop_values(loop: Loop, row: object, index: int, total: int) -> dict[str, object]:
    return {
        loop.item: row,
        f"{loop.item}@index": index,
        f"{loop.item}@iteration": index + 1,
        f"{loop.item}@first": index == 0,
        f"{loop.item}@last": index == total - 1,
        f"{loop.item}@total": total,
        **({loop.key: index} if loop.key else {}),
    }
