"""Accounts, sessions and the door: who is calling. Pure logic; `now` comes in."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from ipaddress import ip_address, ip_network

SESSION_LIFE = timedelta(hours=1)
KEY_LIFE = timedelta(seconds=60)


@dataclass(slots=True)
class Account:
    """A reseller's account. `credit` is how far below zero the balance may go; no `allowed_ips` means any."""

    id: int
    login: str
    password: str
    currency: str
    balance: Decimal
    credit: Decimal = Decimal(0)
    two_factor: bool = False
    allowed_ips: tuple[str, ...] = ()
    filters: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def region(self) -> str:
        """Which half of the price list it sees."""
        return "ru" if self.currency == "RUB" else "eu"

    @property
    def available(self) -> Decimal:
        return self.balance + self.credit

    def admits(self, address: str) -> bool:
        """Whether a caller from `address` may use it."""
        if not self.allowed_ips:
            return True
        caller = ip_address(address)
        return any(caller in ip_network(allowed, strict=False) for allowed in self.allowed_ips)


@dataclass(slots=True)
class Session:
    """A login that lives an hour from its last use. A two-factor account is `confirmed` by `totp.confirm`."""

    id: str
    login: str
    used_at: datetime
    confirmed: bool


@dataclass(slots=True)
class OneTimeKey:
    login: str
    made_at: datetime


@dataclass(slots=True)
class Door:
    """Sessions, one-time keys and wrong passwords."""

    sessions: dict[str, Session] = field(default_factory=dict)
    keys: dict[str, OneTimeKey] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    locked_until: dict[str, datetime] = field(default_factory=dict)

    def is_locked(self, login: str, now: datetime) -> bool:
        until = self.locked_until.get(login)
        return until is not None and now < until

    def note_failure(self, login: str, now: datetime, *, after: int, seconds: int) -> None:
        """Count a wrong password; `after` of them in a row block the login for `seconds` (0 = never)."""
        self.failures[login] = self.failures.get(login, 0) + 1
        if after and self.failures[login] >= after:
            self.locked_until[login] = now + timedelta(seconds=seconds)
            self.failures[login] = 0

    def note_success(self, login: str) -> None:
        self.failures.pop(login, None)

    def open_session(self, account: Account, now: datetime, *, confirmed: bool) -> Session:
        session = Session(secrets.token_hex(16), account.login, now, confirmed)
        self.sessions[session.id] = session
        return session

    def session(self, session_id: str, now: datetime) -> Session | None:
        """The living session, its hour begun anew; None when unknown or idle too long."""
        session = self.sessions.get(session_id)
        if session is None:
            return None
        if now - session.used_at > SESSION_LIFE:
            del self.sessions[session_id]
            return None
        session.used_at = now
        return session

    def spend_key(self, login: str, key: str, now: datetime) -> bool:
        """Whether the one-time key is good for `login`; it is gone either way."""
        known = self.keys.pop(key, None)
        return known is not None and known.login == login and now - known.made_at <= KEY_LIFE
