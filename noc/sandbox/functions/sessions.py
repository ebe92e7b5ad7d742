"""Who am I, and the ways in and out: `whoami`, `session.newkey`, `totp.confirm`, `keepalive`, `logon`, `logout`."""

from noc.sandbox.accounts import OneTimeKey
from noc.sandbox.calls import Call
from noc.sandbox.document import Document, Node, Shape, done
from noc.sandbox.refusals import empty, invalid, no_access

_SHORTEST_KEY = 16
_LONGEST_KEY = 256


def whoami(call: Call) -> Document:
    """The account as attributes of `user`; a two-factor account still to be confirmed is sent to `totp.confirm`."""
    if needs_confirmation(call):
        return done(ok="func=totp.confirm")
    account = call.account
    attributes = {
        "name": account.login,
        "realname": account.login.title(),
        "email": f"{account.login}@example.com",
        "phone": "",
        "id": str(account.id),
        "email_verified": "on",
    }
    return Document(Shape.ACTION, [Node("user", "", attributes)], {"func": call.func})


def needs_confirmation(call: Call) -> bool:
    """A two-factor account is only let in by a session that was confirmed."""
    return call.account.two_factor and (call.session is None or not call.session.confirmed)


def new_key(call: Call) -> Document:
    """`session.newkey`: register a one-time key for the caller's own name."""
    username, key = call.param("username"), call.param("key")
    if not call.options.session_keys or (username and username != call.account.login):
        raise no_access(call.func)
    if not key:
        raise empty("key")
    if not _SHORTEST_KEY <= len(key) <= _LONGEST_KEY:
        raise invalid("key")
    call.world.door.keys[key] = OneTimeKey(call.account.login, call.now)
    return done()


def confirm_totp(call: Call) -> Document:
    """Any six digits open the session of a two-factor account."""
    code = call.param("qrcode")
    if call.session is None:
        raise no_access(call.func)
    if not (code.isascii() and code.isdigit() and len(code) == 6):
        raise invalid("qrcode")
    call.session.confirmed = True
    return done()


def keep_alive(call: Call) -> Document:
    """The session's hour began anew when the call came in."""
    return done()


def log_out(call: Call) -> Document:
    """End the session, if the call came with one."""
    if call.session is not None:
        call.world.door.sessions.pop(call.session.id, None)
    return done()


FUNCTIONS = {
    "whoami": whoami,
    "session.newkey": new_key,
    "totp.confirm": confirm_totp,
    "keepalive": keep_alive,
    "logon": log_out,
    "logout": log_out,
}
UNCONFIRMED = frozenset({"whoami", "totp.confirm", "keepalive", "logon", "logout"})
