"""What templates may say, and that nothing else can be said."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.letters.engine import LONGEST_OUTPUT, fill_in
from billing.letters.modifiers import MODIFIERS
from billing.letters.syntax import LONGEST, TemplateInvalid, read_template
from billing.letters.values import markup, moment, money

ROWS = [{"name": "lite", "price": "5"}, {"name": "pro", "price": "9"}]


def filled(source: str, *, is_html: bool = False, is_strict: bool = False, **values: Any) -> str:
    return fill_in(read_template(source), values, is_html=is_html, language="en", is_strict=is_strict)


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("Hello {$name}!", "Hello Anna!"),
        ("{$rows.0.name} {$rows[1].name} {$rows[1]['price']}", "lite pro 9"),
        ("{if $name eq 'Anna'}a{else}b{/if}", "a"),
        ('{if $name neq "Anna"}a{elseif $zero}b{else}c{/if}', "c"),
        ("{if $name == 'x' or $name == 'Anna' and $zero}a{else}b{/if}", "b"),
        ("{if ($name == 'x' || $name == 'Anna') && !$zero}a{/if}", "a"),
        ("{if isset($name) and not isset($nobody)}a{/if}{if empty($zero)}b{/if}{if !empty($name)}c{/if}", "abc"),
        ("{if $total gt 10 and $total lte 15.5}a{/if}{if $zero < -1}b{/if}", "a"),
        ("{if $rows}a{/if}{if $nothing}b{/if}{if '0'}c{/if}{if count($rows) == 2}d{/if}", "ad"),
        ("{foreach from=$rows item=row key=place name=all}{$place}{$row.name};{/foreach}", "0lite;1pro;"),
        ("{foreach $rows as $row}{$row.name}{if !$row@last}, {/if}{/foreach}", "lite, pro"),
        ("{foreach $nothing as $row}a{foreachelse}none{/foreach}", "none"),
        ("{foreach $rows as $name}{$name.name}{/foreach}{$name}", "liteproAnna"),
        ("{literal}p {color: red} {$name}{/literal}{* {$hidden} *}{ldelim}{rdelim}", "p {color: red} {$name}{}"),
        ("a { b } {\n}", "a { b } {\n}"),
        ("{$name|upper}{$name|lower|ucfirst}{$nobody|default:'—'}{$zero|default:'—'}", "ANNAAnna—0"),
        ("{$day|date_format:'%d.%m.%Y'} {$name|date_format:'%d'}", "05.12.2026 Anna"),
        ("{$total|number_format:1:',':' '} {$total|number_format}", "15,5 16"),
        ("{$name|truncate:3:''} {$words|urlencode}", "Ann a%20b"),
    ],
)
def test_what_whmcs_writes_works_as_written(source: str, wanted: str) -> None:
    values = {
        "name": "Anna",
        "words": "a b",
        "zero": 0,
        "nothing": [],
        "rows": ROWS,
        "total": money(Decimal("15.50"), "EUR", language="en"),
        "day": moment(date(2026, 12, 5), language="en"),
    }
    assert filled(source, **values) == wanted


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("{php}echo 1;{/php}", 1),
        ("a\n{include file='/etc/passwd'}", 2),
        ("{$x->y}", 1),
        ("{$x.__class__}", 1),
        ("{$x.y.__init__.z}", 1),
        ("{$x['__class__']}", 1),
        ("{$x()}", 1),
        ("{$x|system}", 1),
        ("{$x|replace:'a':'aaaa'}", 1),
        ("{$x|default:$y->z}", 1),
        ("{eval var=$x}", 1),
        ("{assign var='a' value='b'}", 1),
        ("\n\n{if $x}a", 3),
        ("{if $x}\n{foreach $y as $z}\n{/if}", 3),
        ("a{/if}", 1),
        ("{else}", 1),
        ("{if}a{/if}", 1),
        ('{if $x eq "$y"}a{/if}', 1),
        ("{if $x == }a{/if}", 1),
        ("{foreach $x}a{/foreach}", 1),
        ("{foreach from=$x item='a b'}a{/foreach}", 1),
        ("p {color: red}", 1),
        ("{$x", 1),
        ("{$x 'it}", 1),
        ("{}", 1),
        ("{if " + "(" * 40 + "$x" + ")" * 40 + "}a{/if}", 1),
        ("{if " + "not " * 200 + "$x}a{/if}", 1),
        ("{if $x}" * 30 + "{/if}" * 30, 1),
        ("x" * (LONGEST + 1), 1),
    ],
)
def test_what_is_not_of_the_syntax_is_refused_with_its_line(source: str, line: int) -> None:
    with pytest.raises(TemplateInvalid) as refused:
        read_template(source)
    assert refused.value.line == line


@pytest.mark.parametrize("foreign", ["{{ x }}", "{% if x %}a{% endif %}", "{{ x.__class__ }}", "${x}", "<?php x ?>"])
def test_other_template_languages_are_refused_or_mean_nothing(foreign: str) -> None:
    try:
        shown = filled(foreign, x="SECRET")
    except TemplateInvalid:
        return
    assert shown == foreign


class Account:
    """Something that a defect might one day put among the values."""

    password = "SECRET"

    def __getitem__(self, name: str) -> str:
        return "SECRET"

    def __str__(self) -> str:
        return "account"


@pytest.mark.parametrize("path", [".password", ".0", "['password']", ".a.b", "[0].x", ".format", ".upper"])
def test_nothing_of_a_python_object_can_be_reached(path: str) -> None:
    for value in (Account(), "text", 5, Decimal(5), date(2026, 1, 1), money("5", "EUR", language="en"), [Account()]):
        assert "SECRET" not in filled("{$x" + path + "}", x=value)
    assert filled("{$x.number}{$x.at}{$x.html}", x=markup("a")) == ""


def test_values_are_never_read_as_templates() -> None:
    evil = "{$secret}{if 1}{php}{{ 1 }}"
    assert filled("{$x}{$x|upper|lower}", x=evil, secret="SECRET") == evil + evil.lower()


def test_html_is_escaped_but_for_our_own_markup() -> None:
    evil = "<script>alert('x')</script>"
    shown = filled("{$x}{$x|upper}{$x|escape}{$x|nl2br}{$x|default:'a'}{$x|truncate:9}", is_html=True, x=evil)
    assert "<" not in shown.replace("<br>", "")
    assert filled("{$x}", x=evil) == evil
    assert filled("{$x|escape}", is_html=True, x="<b>") == "&lt;b&gt;"
    assert filled("{$x|nl2br}", is_html=True, x="<b>\n") == "&lt;b&gt;<br>\n"
    table = markup("5", "<td>5</td>")
    assert (filled("{$x}", x=table), filled("{$x}", is_html=True, x=table)) == ("5", "<td>5</td>")
    assert filled("{$x|trim}", is_html=True, x=markup("<i>", "<b>ours</b>")) == "&lt;i&gt;"


@pytest.mark.parametrize(
    "source",
    [
        "{foreach $l as $a}" * 6 + "x" + "{/foreach}" * 6,
        "{foreach $l as $a}" + "x" * 50_000 + "{/foreach}",
        "{foreach $l as $a}{$long}{/foreach}",
        "{foreach $l as $a}{foreach $l as $b}{if $a}{/if}{if $b}{/if}{/foreach}{/foreach}" * 5,
    ],
)
def test_loops_and_size_have_an_end(source: str) -> None:
    rows = [{"x": "1"}] * 60
    with pytest.raises(TemplateInvalid):
        filled(source, l=rows, long="y" * (LONGEST_OUTPUT // 50))


def test_a_modifier_makes_nothing_much_longer() -> None:
    for name in MODIFIERS:
        source = "{$x" + f"|{name}" * 20 + "}"
        assert len(filled(source, is_html=True, x="<&\n" * 100)) <= 60 * 300


def test_unknown_variables_are_told_where_asked_for() -> None:
    assert filled("a{$nobody}b") == "ab"
    with pytest.raises(TemplateInvalid, match=r"Line 2: .*nobody"):
        filled("a\n{$nobody}", is_strict=True)
    assert filled("{if isset($nobody)}a{/if}{$nobody|default:'b'}", is_strict=True) == "b"


_TOKENS = st.sampled_from(
    """{ } {$ {if_ {/if} {else} {elseif_ {foreach_ {/foreach} {foreachelse} {literal} {/literal} {* *} $x $l .a [0]
    |upper |default:'q' | : as_ item= from= == ! and_ ( ) ' " 5 - isset( __class__ @ -> т""".replace("_ ", "^ ").split()
).map(lambda one: one.replace("^", " "))
_SOURCES = st.one_of(st.text(max_size=200), st.lists(_TOKENS, max_size=40).map("".join))


@given(_SOURCES, st.booleans())
def test_any_text_is_a_template_or_told_to_be_none(source: str, is_html: bool) -> None:
    shown, line = "", 1
    try:
        shown = fill_in(read_template(source), {"x": "VALUE", "l": ROWS}, is_html=is_html, language="en")
    except TemplateInvalid as invalid:
        line = invalid.line
    else:
        assert "{" in source or shown == source
    assert 1 <= line <= source.count("\n") + 1
    assert len(shown) <= len(source) * 20 + 400


@given(st.text(max_size=300))
def test_a_literal_text_comes_out_as_it_went_in(text: str) -> None:
    if "{/literal}" not in text:
        assert filled("{literal}" + text + "{/literal}") == text


@given(st.text(max_size=60), st.one_of(st.text(max_size=60), st.integers(), st.decimals(), st.none(), st.booleans()))
def test_comparing_any_two_values_never_fails(left: str, right: Any) -> None:
    for operator in ("eq", "ne", "lt", "lte", "gt", "gte"):
        assert filled("{if $a " + operator + " $b}1{else}0{/if}", a=left, b=right) in "10"
