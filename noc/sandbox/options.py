"""Standing switches: how this partner behaves where the protocol description leaves a choice. Pure data."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import get_args, get_type_hints

from noc.sandbox.money import AMOUNT_STYLES


class BadOption(ValueError):
    """No such switch, or a value of another type."""


@dataclass(frozen=True, slots=True)
class Options:
    """Every switch with its default. Changed by `POST /admin/options`, back to these on reset."""

    latency_ms: int = 0
    """Slept before every answer."""
    processing_reads: int = 0
    """A paid order or renewal shows status 5 for this many reads."""
    lickey_empty_reads: int = 0
    """A new license shows an empty key for this many reads of its form."""
    keep_deleted_rows: bool = True
    """Deleted rows stay in lists with status 4; else they are gone and their forms answer `missed`."""
    remoteid_in_forms: bool = True
    remoteid_in_lists: bool = False
    remoteid_unique: bool = False
    """A second live item with one remoteid is refused."""
    sub_statuses: bool = False
    """`item_status` codes carry the reason: `3_autosuspend` for `3`."""
    createdate_twice: bool = False
    """`createdate` comes as two elements in lists."""
    item_in_lists: str = "id"
    """How a list of modules names the parent license: its `id`, its `name` as text, or `none` at all."""
    software_key_name: str = "lickey"
    """The form field that shows the key of other software."""
    repeat_suspend: str = "ok"
    """Suspending what is suspended, resuming what is active: `ok` (nothing happens) or `error` (`value`, `status`)."""
    bitninja_key_name: str = "bitninja_key"
    bitninja_password_name: str = "bitninja_password"  # noqa: S105 - the name of a field
    prolong_nesting: str = "nested"
    """Where `newexpiredate` stands: `nested` (doc/doc), `flat` (doc) or `both`."""
    no_money: str = "error"
    """An act that cannot be paid: `error`, or `basket` (accepted, left unpaid, `ok` leads to payment)."""
    edit_keeps_omitted: bool = True
    """`*.edit` keeps fields that were not sent; else it empties them."""
    autoprolong_default: bool = True
    """`autoprolong` left out of an order means on."""
    addons_count: str = "extra"
    """What `addon_N` counts: `extra` over the one included, or `total` (the first is free)."""
    refuse_same_ip: bool = True
    """A second live license of one tariff on one IP is refused."""
    duplicate_type: str = "exists"
    """The error type for duplicates: `exists` or `exist`."""
    page_limit: int = 1000
    """The largest page that `p_cnt` can ask for."""
    money_nbsp: bool = False
    """No-break spaces in amounts and costs."""
    subaccount_text: str = "plain"
    """How `subaccount` writes the balance: `plain` (1234.50), `currency` (1 234.50 EUR), `nbsp` (the same with
    no-break spaces), `comma` (1 234,50 EUR) or `nbsp_comma`."""
    dashboard_text: str = "currency"
    """The same for `dashboard.info`."""
    usrparam_text: str = "currency"
    """The same for `usrparam`."""
    bjson_error: str = "type"
    """How a BJSON error names its type: `type`, `$type` or `$t`."""
    content_type: str = ""
    """Sent instead of the right content type when not empty."""
    lockout_after: int = 5
    """Wrong passwords in a row that block a login; 0 = never."""
    lockout_seconds: int = 20
    session_keys: bool = True
    """Whether a client account may call `session.newkey`."""
    certificate_status: str = "active"
    """`item_status` of a paid certificate until it is issued or refused: `active` or `processing`."""
    certificate_auto_issue_reads: int = 3
    """Reads (of its form or row) after which a certificate is issued by itself; 0 = by `/admin/certificates` only."""
    certificate_exist_type: str = "exist"
    """The `crt_type` that orders with an existing CSR."""
    certificate_key_type: str = "rsa"
    """The private key that `certificate.order.csr` makes: `rsa` (2048 bits) or `ec` (P-256)."""
    certificate_form: str = "pem"
    """What `crt` on the form holds once issued: `pem`, `zip` (base64 of a ZIP) or `none` (no such field)."""
    certificate_chain: str = "joined"
    """The authority's certificates: `joined` to the PEM text, `apart` (form field `ca`, a file of its own), `none`."""
    certificate_csr_in_form: bool = True
    certificate_key_in_form: bool = False
    """Whether the form gives back the private key of step 1."""
    certificate_key_name: str = "key"
    """The form field that shows the private key."""
    certificate_file_function: str = ""
    """The function that downloads a certificate, for example `certificate.file`; empty = there is none."""
    certificate_file: str = "zip"
    """What it answers: field `crt` with `pem` or `zip` (base64), or `raw_zip`, a ZIP as the whole body."""
    certificate_renewal_reissues: bool = True
    """A renewed certificate is issued anew until its new end; else it keeps the old material."""
    service_status_in_lists: bool = False
    """Whether lists of certificates show `service_status`; the form always does."""


CHOICES: Mapping[str, tuple[str, ...]] = {
    "prolong_nesting": ("nested", "flat", "both"),
    "no_money": ("error", "basket"),
    "addons_count": ("extra", "total"),
    "duplicate_type": ("exists", "exist"),
    "item_in_lists": ("id", "name", "none"),
    "repeat_suspend": ("ok", "error"),
    "subaccount_text": AMOUNT_STYLES,
    "dashboard_text": AMOUNT_STYLES,
    "usrparam_text": AMOUNT_STYLES,
    "certificate_status": ("active", "processing"),
    "certificate_key_type": ("rsa", "ec"),
    "certificate_form": ("pem", "zip", "none"),
    "certificate_chain": ("joined", "apart", "none"),
    "certificate_file": ("pem", "zip", "raw_zip"),
    "bjson_error": ("type", "$type", "$t"),
}


def changed(options: Options, changes: Mapping[str, object]) -> Options:
    """`options` with `changes` applied. Raises BadOption; nothing is changed then."""
    known = get_type_hints(Options)
    for name, value in changes.items():
        if name not in known:
            raise BadOption(f"No such option: {name}. Options: {', '.join(sorted(known))}")
        expected = get_args(known[name]) or (known[name],)
        if type(value) not in expected:
            raise BadOption(f"{name} takes {known[name].__name__}, not {type(value).__name__}")
        if name in CHOICES and value not in CHOICES[name]:
            raise BadOption(f"{name} takes one of {', '.join(CHOICES[name])}")
        if isinstance(value, int) and value < 0:
            raise BadOption(f"{name} cannot be negative")
    return replace(options, **changes)  # type: ignore[arg-type]


def as_dict(options: Options) -> dict[str, object]:
    """Every switch by name, in order of definition."""
    return asdict(options)
