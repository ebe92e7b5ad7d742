"""Reads templates in the syntax of WHMCS (a part of Smarty) into a tree. Nothing that is not listed here exists.

`{$name}`, `{$row.key|modifier:argument}`, `{if}…{elseif}…{else}…{/if}`, `{foreach $list as $row}` or
`{foreach from=$list item=row}`, `{foreachelse}`, `{literal}`, `{* comment *}`, `{ldelim}`, `{rdelim}`. A brace before
a space or a line end is a brace.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from billing.letters.expressions import ExpressionInvalid, read_expression, split
from billing.letters.nodes import Choice, Expression, Loop, Node, Output, Template, Text

LONGEST: Final = 60_000  # characters
DEEPEST: Final = 20
_TAG: Final = re.compile(r"""\{(?:[^{}"']|"[^"]*"|'[^']*')*\}""")
_LITERAL: Final = re.compile(r"\{literal\}(.*?)\{/literal\}", re.DOTALL)
_COMMENT: Final = re.compile(r"\{\*.*?\*\}", re.DOTALL)
_NAME: Final = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)
_BRACES: Final = {"ldelim": "{", "rdelim": "}"}
_FOREIGN: Final = (
    "php",
    "include",
    "include_php",
    "insert",
    "eval",
    "fetch",
    "function",
    "call",
    "assign",
    "capture",
    "math",
    "section",
    "while",
    "for",
    "block",
    "extends",
    "config_load",
)


class TemplateInvalid(Exception):
    """A template that cannot be read or filled in: the line (from 1), and why, in words."""

    def __init__(self, line: int, words: str) -> None:
        super().__init__(_("Line %(line)d: %(words)s") % {"line": line, "words": words})
        self.line = line


def read_template(source: str) -> Template:
    """The tree of a template; equal sources are read once. Raises TemplateInvalid."""
    return _read(source, get_language())


@lru_cache(maxsize=512)
def _read(source: str, language: str | None) -> Template:
    """Errors are in words, so that they depend on the language."""
    if len(source) > LONGEST:
        raise TemplateInvalid(1, _("This is too long: %(longest)d characters at most.") % {"longest": LONGEST})
    return Template(_Parser(source).parse())


class _Parser:
    """Goes over the source once; `self.at` is where it stands."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.line = 1
        # Where the newest tag begins.
        self.tag_line = 1
        self.depth = 0

    def parse(self) -> tuple[Node, ...]:
        nodes, closer = self._read_until(())
        if closer:
            raise self._invalid(_("{%(tag)s} closes nothing.") % {"tag": closer})
        return nodes

    def _invalid(self, words: str, line: int = 0) -> TemplateInvalid:
        return TemplateInvalid(line or self.tag_line, words)

    def _advance(self, end: int) -> str:
        passed = self.source[self.at : end]
        self.line += passed.count("\n")
        self.at = end
        return passed

    def _read_until(self, closers: Sequence[str]) -> tuple[tuple[Node, ...], str]:
        """The nodes before the first tag that begins with one of `closers`, and that tag without its braces."""
        nodes = list[Node]()
        while True:
            brace = self.source.find("{", self.at)
            text = self._advance(len(self.source) if brace < 0 else brace)
            if text:
                nodes.append(Text(text))
            if brace < 0:
                return tuple(nodes), ""
            found = self._read_braces()
            if isinstance(found, Text):
                nodes.append(found)
                continue
            word = _first_word(found)
            if word in closers or word.startswith("/") or word in ("else", "elseif", "foreachelse"):
                if word not in closers:
                    raise self._invalid(_("{%(tag)s} closes nothing.") % {"tag": found})
                return tuple(nodes), found
            nodes.append(self._read_tag(word, found))

    def _read_braces(self) -> Text | str:
        """A text, or what stands between the braces of a tag."""
        self.tag_line = self.line
        after = self.source[self.at + 1 : self.at + 2]
        if not after or after.isspace():
            return Text(self._advance(self.at + 1))
        for pattern in (_LITERAL, _COMMENT):
            special = pattern.match(self.source, self.at)
            if special:
                self._advance(special.end())
                return Text(special[1] if pattern is _LITERAL else "")
        tag = _TAG.match(self.source, self.at)
        if tag is None:
            raise self._invalid(_("A tag or a quote is not closed. A brace that is meant as such is written {ldelim}."))
        content = self._advance(tag.end())[1:-1].strip()
        return Text(_BRACES[content]) if content in _BRACES else content

    def _read_tag(self, word: str, content: str) -> Node:
        if content.startswith("$"):
            return Output(self._expression(content), self.tag_line)
        if word in ("if", "foreach"):
            return self._read_block(word, content)
        if word in _FOREIGN:
            raise self._invalid(_("{%(tag)s} is not for letters: they only show values.") % {"tag": word})
        hint = _("{%(tag)s} is not understood. Style sheets stand between {literal} and {/literal}.")
        raise self._invalid(hint % {"tag": content[:40]})

    def _expression(self, source: str) -> Expression:
        try:
            return read_expression(split(source))
        except ExpressionInvalid as invalid:
            raise self._invalid(str(invalid)) from invalid

    def _read_block(self, word: str, content: str) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self._invalid(_("Too many tags inside each other."))
        node = self._read_choice(content) if word == "if" else self._read_loop(content)
        self.depth -= 1
        return node

    def _read_choice(self, opener: str) -> Choice:
        line, branches = self.tag_line, list[tuple[Expression | None, tuple[Node, ...]]]()
        while True:
            condition = None if opener == "else" else self._expression(opener.partition("if")[2])
            body, closer = self._read_until(("/if",) if condition is None else ("elseif", "else", "/if"))
            branches.append((condition, body))
            if not closer:
                raise self._invalid(_("{if} is not closed: {/if} is missing."), line)
            if closer.startswith("/"):
                return Choice(tuple(branches), line)
            opener = closer

    def _read_loop(self, opener: str) -> Loop:
        line = self.tag_line
        try:
            over, item, key = _read_foreach(split(opener)[1:])
        except ExpressionInvalid as invalid:
            raise self._invalid(str(invalid)) from invalid
        body, closer = self._read_until(("foreachelse", "/foreach"))
        otherwise: tuple[Node, ...] = ()
        if closer == "foreachelse":
            otherwise, closer = self._read_until(("/foreach",))
        if not closer:
            raise self._invalid(_("{foreach} is not closed: {/foreach} is missing."), line)
        return Loop(over, item, key, body, otherwise, line)


def _first_word(content: str) -> str:
    found = re.match(r"/?[A-Za-z_]+", content)
    return found.group() if found else ""


def _read_foreach(tokens: list[str]) -> tuple[Expression, str, str]:
    """`$list as $row`, `$list as $key => $row`, `from=$list item=row key=key name=ignored`."""
    if "as" in tokens:
        place = tokens.index("as")
        names = tokens[place + 1 :]
        if len(names) in (1, 3) and names[1:2] in ([], ["=>"]):
            key = names[0] if len(names) == 3 else ""
            return read_expression(tokens[:place]), _name(names[-1]), _name(key) if key else ""
    given = dict[str, list[str]]()
    for position, found in enumerate(tokens):
        if tokens[position + 1 : position + 2] == ["="]:
            given[found] = []
        elif found != "=" and given:
            given[list(given)[-1]].append(found)
    if not given.keys() <= {"from", "item", "key", "name"} or not {"from", "item"} <= given.keys():
        raise ExpressionInvalid(_("Write {foreach $list as $row} or {foreach from=$list item=row}."))
    key = "".join(given.get("key", []))
    return read_expression(given["from"]), _name("".join(given["item"])), _name(key) if key else ""


def _name(token: str) -> str:
    name = token.strip("$'\"")
    if not _NAME.match(name):
        raise ExpressionInvalid(_("“%(found)s” is not understood here.") % {"found": token})
    return name
