"""Parameters → document: authentication, then the function. No HTTP, no faults of the transport, no Django.

The caller holds the world's lock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from noc.sandbox.accounts import Account, Session
from noc.sandbox.calls import Call
from noc.sandbox.document import Document, Node, Shape, as_plugin_error, done
from noc.sandbox.duties import catch_up
from noc.sandbox.functions import baskets, catalog, items, money, renewals, sessions
from noc.sandbox.journal import Act
from noc.sandbox.kinds.certificate import download
from noc.sandbox.refusals import Refusal, empty, no_access, no_function
from noc.sandbox.state import World

FUNCTIONS: Mapping[str, items.Handler] = {
    **items.functions(),
    **renewals.FUNCTIONS,
    **money.FUNCTIONS,
    **baskets.FUNCTIONS,
    **catalog.FUNCTIONS,
    **sessions.FUNCTIONS,
}
_WITHOUT_LOGIN = frozenset({"logon", "logout"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A call as it came in: merged parameters, the caller's address, the session out of the cookie."""

    params: Mapping[str, str]
    address: str
    cookie: str = ""

    @property
    def func(self) -> str:
        return self.params.get("func", "")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer, who asked, what the call changed, and the session that it opened."""

    document: Document
    login: str = ""
    acts: list[Act] = field(default_factory=list)
    session_id: str = ""


def handle(world: World, asked: Asked, now: datetime) -> Outcome:
    """Answer one call. Refusals become error documents; nothing is raised."""
    catch_up(world, now)
    lang = "ru" if asked.params.get("lang") == "ru" else "en"
    try:
        if asked.func == "auth":
            return _log_in(world, asked, now)
        if asked.func in _WITHOUT_LOGIN and not _has_credentials(asked):
            return Outcome(done())
        account, session = _authenticate(world, asked, now)
    except Refusal as refusal:
        return Outcome(_error(world, asked, refusal, lang))
    if "lang" not in asked.params and account.region == "ru":
        lang = "ru"
    call = Call(world, account, session, asked.func, asked.params, lang, now)
    try:
        document = _dispatch(call)
    except Refusal as refusal:
        document = _error(world, asked, refusal, lang)
    return Outcome(document, account.login, call.acts)


def _dispatch(call: Call) -> Document:
    if sessions.needs_confirmation(call) and call.func not in sessions.UNCONFIRMED:
        raise no_access(call.func)
    if call.func == "groupedit":
        return _for_each(call)
    return _handler(call, call.func)(call)


def _handler(call: Call, name: str) -> items.Handler:
    handler = FUNCTIONS.get(name)
    if handler is None and name and name == call.options.certificate_file_function:
        handler = download
    if handler is None:
        raise no_function(name)
    return handler


def _for_each(call: Call) -> Document:
    """`groupedit`: the form function `faction` for every id of `elid`; stops at the first refusal."""
    faction = call.param("faction")
    handler = _handler(call, faction)
    document = done()
    for elid in call.param("elid").split(","):
        document = handler(replace(call, func=faction, params={**call.params, "elid": elid.strip()}))
    return done() if call.submitted else document


def _error(world: World, asked: Asked, refusal: Refusal, lang: str) -> Document:
    document = refusal.document(lang)
    return as_plugin_error(document) if world.faults.take("plugin_error", asked.func, asked.params) else document


def _has_credentials(asked: Asked) -> bool:
    return bool(asked.params.get("authinfo") or asked.params.get("auth") or asked.cookie)


def _authenticate(world: World, asked: Asked, now: datetime) -> tuple[Account, Session | None]:
    authinfo = asked.params.get("authinfo", "")
    if authinfo:
        login, _, password = authinfo.partition(":")
        return _checked_account(world, asked, login, password, now), None
    session = world.door.session(asked.params.get("auth") or asked.cookie, now)
    account = world.accounts.get(session.login) if session else None
    if session is None or account is None:
        raise no_access(asked.func)
    return account, session


def _checked_account(world: World, asked: Asked, login: str, password: str, now: datetime) -> Account:
    options = world.options
    if world.door.is_locked(login, now):
        raise Refusal("auth", "blocklogon", "locked", seconds=options.lockout_seconds)
    account = world.accounts.get(login)
    if account is None or account.password != password:
        world.door.note_failure(login, now, after=options.lockout_after, seconds=options.lockout_seconds)
        raise Refusal("auth", "badpassword", "bad_password")
    if not account.admits(asked.address):
        raise Refusal("auth", "badip", "bad_ip")
    world.door.note_success(login)
    return account


def _log_in(world: World, asked: Asked, now: datetime) -> Outcome:
    """`func=auth` with a password or a one-time key: a session id."""
    login = asked.params.get("username", "")
    if not login:
        raise empty("username")
    key = asked.params.get("key", "")
    if key:
        account = world.accounts.get(login)
        if account is None or not world.door.spend_key(login, key, now):
            raise Refusal("auth", "badpassword", "bad_password")
    else:
        account = _checked_account(world, asked, login, asked.params.get("password", ""), now)
    session = world.door.open_session(account, now, confirmed=bool(key) or not account.two_factor)
    node = Node("auth", session.id, {"id": session.id, "level": "16"})
    return Outcome(Document(Shape.ACTION, [node]), login, session_id=session.id)
