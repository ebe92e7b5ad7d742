"""The sandbox's own page: what the partner holds and did, its clock and its faults. For training and demos.

The caller holds the world's lock.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from html import escape

from noc.sandbox.accounts import Account
from noc.sandbox.engine import FUNCTIONS
from noc.sandbox.faults import NAMES, Fault
from noc.sandbox.items import Item, Status
from noc.sandbox.journal import Entry
from noc.sandbox.page_assets import CSS, SCRIPT
from noc.sandbox.page_words import word
from noc.sandbox.state import World
from noc.sandbox.tariffs import TARIFFS
from noc.sandbox.wording import say

_ROWS = 50
_COLORS = {
    Status.ORDERED: "amber",
    Status.ACTIVE: "green",
    Status.SUSPENDED: "red",
    Status.DELETED: "grey",
    Status.PROCESSING: "blue",
}
_SHOWN_FIELDS = ("licname", "CN", "ip", "item", "domain", "target_ip", "bitninja_email")
_NBSP = "\u00a0"


def page_html(world: World, *, lang: str, base_url: str) -> str:
    """The whole page in `lang` (English for anything but `ru`)."""
    lang = "ru" if lang == "ru" else "en"
    other = "en" if lang == "ru" else "ru"
    return f"""<!DOCTYPE html>
<html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><title>{word("title", lang)}</title><style>{CSS}</style></head>
<body><div class="wrap"><header><h1>{word("title", lang)}</h1><p>{word("lead", lang)}</p>
<a href="/sandbox?lang={other}" hreflang="{other}" lang="{other}">{word("language", lang)}</a></header>
<p id="problem" role="alert"></p>
<div class="columns">{_live(world, lang)}<div class="column">{_side(world, lang, base_url)}</div></div></div>
<script>{SCRIPT}</script></body></html>"""


def refused_html(lang: str) -> str:
    """What a browser sees that came with a bad one-time key."""
    return _short_page(word("refused", lang), word("refused_why", lang), lang)


def signed_in_html(login: str, lang: str) -> str:
    """What a browser sees that came with a good one-time key: a stand-in for the client area."""
    return _short_page(word("signed_in", lang), escape(word("signed_in_as", lang, login=login)), lang)


def _short_page(title: str, text: str, lang: str) -> str:
    return f"""<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<style>{CSS}</style></head><body><div class="wrap"><div class="card"><h1>{title}</h1><p>{text}</p>
<a href="/sandbox?lang={lang}">{word("to_page", lang)}</a></div></div></body></html>"""


def money_text(amount: Decimal, currency: str, lang: str) -> str:
    """`€1,500.00` or `1 500,00 €`, after the language's habit."""
    sign = {"EUR": "€", "RUB": "₽"}[currency]
    digits = f"{amount:,.2f}"
    if lang == "ru":
        return digits.replace(",", _NBSP).replace(".", ",") + _NBSP + sign
    return sign + digits


def _live(world: World, lang: str) -> str:
    """The part that the script renews every few seconds."""
    accounts = "".join(_account_card(account, lang) for account in world.accounts.values())
    return f"""<main class="column" id="live"><div class="tiles">{_clock_card(world, lang)}{accounts}</div>
{_items_card(world, lang)}{_basket_card(world, lang)}{_requests_card(world, lang)}{_charges_card(world, lang)}</main>"""


def _side(world: World, lang: str, base_url: str) -> str:
    return _faults_card(world, lang) + _behavior_card(world, lang) + _connect_card(lang, base_url)


def _clock_card(world: World, lang: str) -> str:
    now = world.clock.now()
    steps = (("day", 1), ("week", 7), ("month", 30), ("year", 365))
    buttons = "".join(_button(word(name, lang), "/admin/clock", {"advance_days": days}) for name, days in steps)
    return f"""<section class="card"><h2>{word("clock", lang)}</h2><div class="big">{now:%Y-%m-%d}</div>
<div class="soft">{now:%H:%M} UTC</div><div class="buttons">{buttons}</div>
<p class="help">{word("clock_help", lang)}</p></section>"""


def _account_card(account: Account, lang: str) -> str:
    add = _button(word("top_up", lang), "/admin/balance", {"login": account.login, "add": "1000"})
    drain = _button(word("drain", lang), "/admin/balance", {"login": account.login, "balance": "0"})
    facts = {
        "credit": money_text(account.credit, account.currency, lang),
        "two_factor": word("on" if account.two_factor else "off", lang),
        "ips": ", ".join(account.allowed_ips) or word("any", lang),
    }
    return f"""<section class="card"><h2>{escape(account.login)}</h2>
<div class="big">{money_text(account.balance, account.currency, lang)}</div>{_facts(facts, lang)}
<div class="buttons">{add}{drain}</div></section>"""


def _items_card(world: World, lang: str) -> str:
    shown = sorted(world.items.values(), key=lambda item: -item.id)[:_ROWS]
    heads = [("status", ""), ("ID", ""), ("account", ""), ("tariff", ""), ("details", "")]
    heads += [("created", ""), ("ends", ""), ("renews", ""), ("", "")]
    table = _table(heads, [_item_row(world, item, lang) for item in shown], lang)
    seed = _button(word("seed", lang), "/admin/items", {"pricelist": 55227, "licname": "demo"})
    body = table if shown else f'<p class="empty">{word("items_empty", lang)}</p>'
    return _card(f"{word('items', lang)} · {len(world.items)}", body + _more(world.items, lang), seed)


def _item_row(world: World, item: Item, lang: str) -> list[str]:
    status = item.shown_status
    details = [item.fields[name] for name in _SHOWN_FIELDS if item.fields.get(name)]
    renews = "—" if item.autoprolong is None else say(f"period_{item.autoprolong}", lang)
    return [
        f'<td><span class="state {_COLORS[status]}">{say(f"status_{status.value}", lang)}</span></td>',
        f'<td class="mono">{item.id}</td>',
        f"<td>{escape(item.owner)}</td>",
        f"<td>{escape(TARIFFS[item.tariff_id].name)}</td>",
        f'<td class="mono">{"<br>".join(escape(one) for one in details) or "—"}{_issue_text(item, lang)}</td>',
        f'<td class="tight">{item.created_on}</td>',
        f'<td class="tight">{item.expires_on or "—"}</td>',
        f"<td>{renews}</td>",
        f"<td>{_item_buttons(item, lang)}</td>",
    ]


def _issue_text(item: Item, lang: str) -> str:
    return f'<br><span class="soft">{word(f"issue_{item.certificate.issue}", lang)}</span>' if item.certificate else ""


def _item_buttons(item: Item, lang: str) -> str:
    """What an administrator can decide about the item now."""
    if item.is_live and item.certificate is not None and item.certificate.is_waiting:
        acts = [
            _button(word(act, lang), "/admin/certificates", {"id": item.id, "act": act}) for act in ("issue", "refuse")
        ]
        return f'<div class="buttons">{"".join(acts)}</div>'
    return _button(word("release", lang), "/admin/release", {"id": item.id}) if item.processing else ""


def _basket_card(world: World, lang: str) -> str:
    if not world.billorders:
        return ""
    rows = []
    for order in reversed(world.billorders.values()):
        currency = world.accounts[order.owner].currency
        for line in order.lines:
            cells = [f'<td class="mono">{order.id}</td>', f"<td>{escape(order.owner)}</td>"]
            cells += [f'<td>{word(f"act_{line.act}", lang)} <span class="mono">{line.item_id}</span></td>']
            rows.append([*cells, f'<td class="num">{money_text(line.cost, currency, lang)}</td>'])
    heads = [("ID", ""), ("account", ""), ("what", ""), ("amount", "num")]
    return _card(word("basket", lang), _table(heads, rows[:_ROWS], lang))


def _requests_card(world: World, lang: str) -> str:
    heads = [("time", ""), ("login", ""), ("function", ""), ("result", ""), ("changed", ""), ("took", "num")]
    rows = [_request_row(entry, lang) for entry in world.journal.latest(_ROWS // 2)]
    body = _table(heads, rows, lang) if rows else f'<p class="empty">{word("requests_empty", lang)}</p>'
    return _card(f"{word('requests', lang)} · {world.journal.calls}", body)


def _request_row(entry: Entry, lang: str) -> list[str]:
    acts = "<br>".join(f"{word(f'act_{act.name}', lang)} {act.item_id}" for act in entry.acts) or "—"
    color = {"ok": "green", "fau": "amber"}.get(entry.outcome[:3], "red")
    result = entry.outcome
    if entry.fault and not result.startswith("fault:"):
        result += f" · {entry.fault}"
    return [
        f'<td class="tight">{entry.at:%H:%M:%S}</td>',
        f"<td>{escape(entry.login) or '—'}</td>",
        f'<td class="mono">{escape(entry.func) or "—"}</td>',
        f'<td><span class="state {color}">{escape(result)}</span></td>',
        f'<td class="tight">{acts}</td>',
        f'<td class="num">{entry.milliseconds}</td>',
    ]


def _charges_card(world: World, lang: str) -> str:
    rows = []
    for charge in reversed(world.charges[-_ROWS:]):
        what = f'{word(f"act_{charge.act}", lang)} <span class="mono">{charge.item_id}</span>'
        amount = money_text(charge.amount, charge.currency, lang)
        cells = [f'<td class="tight">{charge.at:%Y-%m-%d}</td>', f"<td>{escape(charge.owner)}</td>", f"<td>{what}</td>"]
        rows.append([*cells, f'<td class="num">{amount}</td>'])
    heads = [("date", ""), ("account", ""), ("what", ""), ("amount", "num")]
    body = _table(heads, rows, lang) if rows else f'<p class="empty">{word("charges_empty", lang)}</p>'
    return _card(f"{word('charges', lang)} · {len(world.charges)}", body + _more(world.charges, lang))


def _faults_card(world: World, lang: str) -> str:
    names = "".join(f'<option value="{name}">{escape(word(f"fault_{name}", lang))}</option>' for name in NAMES)
    functions = "".join(f'<option value="{name}">' for name in sorted(FUNCTIONS))
    return f"""<section class="card"><h2>{word("faults", lang)}</h2>{_faults_on(world, lang)}
<form data-path="/admin/faults"><label>{word("fault", lang)}<select name="name">{names}</select></label>
<label>{word("only_function", lang)}
<input name="func" list="functions" placeholder="soft.order.param" class="mono"></label>
<datalist id="functions">{functions}</datalist>
<div class="pair">{_number("times", "count", "1", lang)}
<label>{word("chance", lang)}
<input name="probability" type="number" min="0" max="1" step="any" placeholder="1"></label></div>
{_number("delay", "delay_ms", "", lang)}<button class="primary">{word("switch_on", lang)}</button></form></section>"""


def _faults_on(world: World, lang: str) -> str:
    faults = [fault for fault in world.faults.faults if fault.count != 0]
    if not faults:
        return f'<div id="faults-on"><p class="empty" style="margin-bottom:12px">{word("faults_none", lang)}</p></div>'
    rows = "".join(_fault_row(fault, lang) for fault in faults)
    off = _button(word("all_off", lang), "/admin/faults", {}, method="DELETE")
    return f'<div id="faults-on"><ul class="faults">{rows}</ul><p>{off}</p></div>'


def _fault_row(fault: Fault, lang: str) -> str:
    left = word("always", lang) if fault.count is None else word("left", lang, count=fault.count)
    facts = [fault.func, left, word("hits", lang, count=fault.hits)]
    facts += [f"{fault.delay_ms} {word('took', lang)}"] if fault.delay_ms else []
    facts += [f"p = {fault.probability}"] if fault.probability is not None else []
    shown = escape(" · ".join(one for one in facts if one))
    off = _button(word("switch_off", lang), "/admin/faults", {"id": fault.id}, method="DELETE")
    return f'<li><span>{word(f"fault_{fault.name}", lang)}<br><span class="soft">{shown}</span></span>{off}</li>'


def _behavior_card(world: World, lang: str) -> str:
    options = world.options
    money = "".join(
        f'<option value="{one}"{_selected(options.no_money == one)}>{word(f"no_money_{one}", lang)}</option>'
        for one in ("error", "basket")
    )
    sure = escape(word("reset_sure", lang), quote=True)
    return f"""<section class="card"><h2>{word("behavior", lang)}</h2><form data-path="/admin/options">
{_number("latency", "latency_ms", str(options.latency_ms), lang)}
{_number("processing_reads", "processing_reads", str(options.processing_reads), lang)}
{_number("lickey_empty_reads", "lickey_empty_reads", str(options.lickey_empty_reads), lang)}
<label>{word("no_money", lang)}<select name="no_money">{money}</select></label>
<button>{word("save", lang)}</button></form><div class="buttons">
<button type="button" class="danger" data-path="/admin/reset" data-sure="{sure}">
{word("reset", lang)}</button></div></section>"""


def _connect_card(lang: str, base_url: str) -> str:
    return f"""<section class="card"><h2>{word("connect", lang)}</h2><dl>
<dt>{word("address", lang)}</dt><dd class="mono">{escape(base_url)}</dd>
<dt>{word("login", lang)}</dt><dd><span class="mono">reseller</span> (EUR)<br>
<span class="mono">reseller-ru</span> (RUB)</dd>
<dt>{word("password", lang)}</dt><dd class="mono">sandbox-password</dd></dl></section>"""


def _selected(is_selected: bool) -> str:
    return " selected" if is_selected else ""


def _card(title: str, body: str, corner: str = "") -> str:
    return f'<section class="card"><div class="split"><h2>{title}</h2>{corner}</div>{body}</section>'


def _table(heads: Iterable[tuple[str, str]], rows: Sequence[Sequence[str]], lang: str) -> str:
    cells = "".join(
        f'<th scope="col" class="{css}">{word(name, lang) if name.islower() else name}</th>' for name, css in heads
    )
    body = "".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table></div>'


def _more(things: Sequence[object] | Mapping[int, object], lang: str) -> str:
    hidden = len(things) - _ROWS
    return f'<p class="help">{word("more", lang, count=hidden)}</p>' if hidden > 0 else ""


def _facts(facts: Mapping[str, str], lang: str) -> str:
    return f"<dl>{''.join(f'<dt>{word(name, lang)}</dt><dd>{escape(text)}</dd>' for name, text in facts.items())}</dl>"


def _number(label: str, name: str, value: str, lang: str) -> str:
    return f'<label>{word(label, lang)}<input name="{name}" type="number" min="0" step="1" value="{value}"></label>'


def _button(text: str, path: str, body: Mapping[str, object], *, method: str = "POST") -> str:
    data = escape(json.dumps(body), quote=True)
    return f'<button type="button" data-method="{method}" data-path="{path}" data-body="{data}">{escape(text)}</button>'
