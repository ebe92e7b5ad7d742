"""How a certificate comes to be after its order: requested, awaited, issued or refused. Pure logic."""

from collections.abc import Mapping
from datetime import date, timedelta

from noc.sandbox import authority
from noc.sandbox.items import Certificate, Issue, Item
from noc.sandbox.options import Options


class NoCertificate(ValueError):
    """The item is no certificate, or not in the state for what was asked."""


def request(item: Item, options: Options) -> None:
    """Send a request to the authority, the first or one for a reissue; the material at hand stays until then."""
    leaf = leaf_of(item)
    item.certificate = Certificate(Issue.SENT, options.certificate_auto_issue_reads or None, leaf=leaf)
    item.status_message = ""


def observe(item: Item, today: date) -> None:
    """Somebody reads the item: the request comes one read nearer to its issue."""
    work = item.certificate
    if work is None or not work.is_waiting:
        return
    work.reads += 1
    if work.issued_after is not None and work.reads > work.issued_after:
        issue(item, today)
    elif work.reads > 1:
        work.issue = Issue.AWAITING


def issue(item: Item, today: date) -> None:
    """The authority signs. Raises NoCertificate."""
    item.finish_work()
    work = _certificate(item)
    work.issue, work.issued_on, work.leaf = Issue.ISSUED, today, ""
    item.status_message = ""


def refuse(item: Item, reason: str) -> None:
    """The authority says no, in words that lists show as `status_msg`. Raises NoCertificate."""
    item.finish_work()
    _certificate(item).issue = Issue.FAILED
    item.status_message = reason


def await_decision(item: Item) -> None:
    """Nothing more happens by itself: only `issue` or `refuse` ends the waiting. Raises NoCertificate."""
    work = _certificate(item)
    work.issue, work.issued_after = Issue.AWAITING, None


def leaf_of(item: Item) -> str:
    """The issued certificate (PEM), empty while there is none. Seeded items get a request of their own first."""
    work = item.certificate
    if work is None or work.leaf or work.issue is not Issue.ISSUED:
        return work.leaf if work is not None else ""
    begins = work.issued_on or item.created_on
    if not item.fields.get("csr"):
        subject = {"CN": item.fields["CN"]}
        item.fields["csr"], item.fields["key"] = authority.new_request(subject, further_names(item.fields), "ec")
    names = [item.fields["CN"], *further_names(item.fields)]
    ends = item.expires_on or begins + timedelta(days=365)
    work.leaf = authority.sign(item.fields["csr"], names, begins=begins, ends=ends)
    return work.leaf


def crt_text(item: Item, style: str, options: Options) -> str:
    """The material as `pem` or as `zip` (base64); empty while there is none."""
    leaf = leaf_of(item)
    if not leaf:
        return ""
    if style == "zip":
        return authority.as_base64(zip_content(item, options))
    return leaf + authority.chain() if options.certificate_chain == "joined" else leaf


def zip_content(item: Item, options: Options) -> bytes:
    """The material as a ZIP; call only when there is some."""
    return authority.zip_of(item.fields["CN"], leaf_of(item), with_chain=options.certificate_chain)


def further_names(fields: Mapping[str, str]) -> list[str]:
    """The domains besides the CN."""
    return fields.get("altname", "").split()


def _certificate(item: Item) -> Certificate:
    if item.certificate is None:
        raise NoCertificate(f"Item {item.id} is no paid certificate")
    return item.certificate
