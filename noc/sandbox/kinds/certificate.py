"""TLS certificates: ordered with a CSR, issued later by an authority that trusts nobody and is trusted by nobody.

`certificate.order.csr` makes or checks the CSR, `certificate.order.param` buys, then `service_status` goes
3 (request sent) → 4 (awaited) → 5 (issued) or 6 (failed). Options begin with `certificate_`.
"""

import secrets
from collections.abc import Callable, Mapping

from noc.sandbox import authority, issuing
from noc.sandbox.calls import Call
from noc.sandbox.countries import COUNTRIES, country_name
from noc.sandbox.document import Document, File, Node, Shape, choices, done
from noc.sandbox.items import Issue, Item
from noc.sandbox.kinds.base import Kind
from noc.sandbox.kinds.certificate_fields import (
    APPROVER,
    CONTACT,
    OPTIONAL_ORGANIZATION,
    ORGANIZATION,
    SUBJECT,
    chosen_approver,
    chosen_names,
    contacts,
    csr_subject,
    made_by_partner,
    organization,
    subject,
)
from noc.sandbox.offers import chosen_period, chosen_tariff
from noc.sandbox.refusals import Refusal, empty, invalid
from noc.sandbox.state import World
from noc.sandbox.tariffs import Tariff

_SHOWN = (*SUBJECT, "altname", *CONTACT, *ORGANIZATION, *OPTIONAL_ORGANIZATION, *APPROVER)


class CertificateKind(Kind):
    """Certificates."""

    name = "certificate"
    own_fields = ("CN",)
    can_be_suspended = False

    def order_fields(self, call: Call, tariff: Tariff) -> dict[str, str]:
        is_made_here = made_by_partner(call)
        csr = call.param("csr")
        if not csr:
            raise empty("csr")
        stated = csr_subject(call, csr)
        fields = {**stated, **(subject(call) if is_made_here else {})}
        name = call.param("CN") or stated["CN"]
        if name.lower() != stated["CN"].lower():
            raise invalid("CN", name)
        names = chosen_names(call, tariff, name)
        fields |= {"CN": name, "altname": " ".join(names), "csr": csr}
        fields |= contacts(call) | organization(call, tariff) | chosen_approver(call, name)
        if is_made_here:
            fields["key"] = _checked_key(call, csr)
        return fields

    def refuse_double(self, call: Call, tariff: Tariff, fields: Mapping[str, str]) -> None:
        """Any number of certificates may be held for one name."""

    def row_fields(self, item: Item, call: Call) -> list[Node]:
        nodes = [Node("CN", item.fields["CN"])]
        if call.options.service_status_in_lists:
            nodes.append(Node("service_status", _issue_code(item)))
        return nodes

    def form_fields(self, item: Item, call: Call) -> list[Node]:
        options = call.options
        nodes = [Node(name, item.fields[name]) for name in _SHOWN if name in item.fields]
        nodes += [Node("service_status", _issue_code(item)), Node("status_msg", item.status_message)]
        crt = issuing.crt_text(item, options.certificate_form, options)
        if options.certificate_form != "none":
            nodes.append(Node("crt", crt))
        if options.certificate_chain == "apart" and options.certificate_form == "pem":
            nodes.append(Node("ca", authority.chain() if crt else ""))
        if options.certificate_csr_in_form:
            nodes.append(Node("csr", item.fields.get("csr", "")))
        if options.certificate_key_in_form:
            nodes.append(Node(options.certificate_key_name, item.fields.get("key", "")))
        return nodes

    def change(self, item: Item, call: Call) -> None:
        """How the owner is checked can change while the certificate is awaited. Everything else stays."""
        if not any(name in call.params for name in APPROVER):
            return
        if item.certificate is None or not item.certificate.is_waiting:
            raise Refusal("value", "service_status", "not_awaited")
        item.fields |= chosen_approver(call, item.fields["CN"])

    def provision(self, item: Item, world: World) -> None:
        if item.fields.get("approver_method") == "auth_dnstxt":
            item.fields["auth_dnstxt_value"] = f"sandbox-verification={secrets.token_hex(16)}"
        issuing.request(item, world.options)

    def renewed(self, item: Item, world: World) -> None:
        if world.options.certificate_renewal_reissues:
            issuing.request(item, world.options)

    def own_functions(self) -> Mapping[str, Callable[[Call], Document]]:
        return {"certificate.order.csr": self.make_csr, "certificate.reissue": self.reissue}

    def make_csr(self, call: Call) -> Document:
        """Step 1, with `sok` and `snext`: a CSR and a private key that are shown this once. Else the empty form."""
        tariff = chosen_tariff(call, self.name)
        if not call.submitted or call.param("snext") != "ok":
            return _csr_form(call, tariff)
        chosen_period(call, tariff.periods)
        if not made_by_partner(call):
            stated = csr_subject(call, call.param("csr"))
            chosen_names(call, tariff, stated["CN"])
            return Document(Shape.FORM, [Node(name, text) for name, text in stated.items()], {"func": call.func})
        fields = subject(call)
        names = chosen_names(call, tariff, fields["CN"])
        key_type = call.options.certificate_key_type
        csr, key = authority.new_request(fields | {"C": COUNTRIES[fields["field_country"]]}, names, key_type)
        shown = {**fields, "altname": " ".join(names), "csr": csr, "key": key}
        return Document(Shape.FORM, [Node(name, text) for name, text in shown.items()], {"func": call.func})

    def reissue(self, call: Call) -> Document:
        """An issued or failed certificate is requested anew, for another `csr` of the same name if one is sent."""
        item = call.own_live_item(call.param("elid"), self.name)
        if not call.submitted:
            nodes = [Node("elid", str(item.id)), Node("CN", item.fields["CN"]), Node("csr", item.fields.get("csr", ""))]
            return Document(Shape.FORM, nodes, {"func": call.func})
        if item.certificate is None or item.certificate.is_waiting:
            raise Refusal("value", "service_status", "not_issued")
        csr = call.param("csr")
        if csr and csr_subject(call, csr)["CN"].lower() != item.fields["CN"].lower():
            raise invalid("csr", csr)
        key = _checked_key(call, csr) if csr and call.param("key") else ""
        issuing.request(item, call.options)
        if csr:
            item.fields |= {"csr": csr, "key": key}
        call.did("reissue", item)
        return done(Node("id", str(item.id)))


def download(call: Call) -> Document:
    """The file of an issued certificate, under the name in `certificate_file_function`. Raises Refusal."""
    item = call.own_item(call.param("elid"), "certificate")
    if not issuing.leaf_of(item):
        raise Refusal("value", "service_status", "not_issued")
    options = call.options
    if options.certificate_file == "raw_zip":
        content = issuing.zip_content(item, options)
        return Document(Shape.ACTION, [], file=File(content, "application/zip"))
    crt = Node("crt", issuing.crt_text(item, options.certificate_file, options))
    return Document(Shape.FORM, [Node("elid", str(item.id)), crt], {"func": call.func})


def _issue_code(item: Item) -> str:
    return str(item.certificate.issue.value) if item.certificate is not None else str(Issue.SENT.value)


def _checked_key(call: Call, csr: str) -> str:
    key = call.param("key")
    if not key:
        raise empty("key")
    try:
        authority.check_pair(csr, key)
    except authority.BadPem as error:
        raise invalid("key") from error
    return key


def _csr_form(call: Call, tariff: Tariff) -> Document:
    nodes = [Node("pricelist", str(tariff.id)), Node("period", str(tariff.periods[0])), Node("crt_type", "generate")]
    nodes += [Node(name) for name in SUBJECT]
    if tariff.most_names > 1:
        nodes += [Node("altname"), Node("altname_input")]
    countries = [(number, country_name(code, call.lang)) for number, code in COUNTRIES.items()]
    return Document(Shape.FORM, [*nodes, choices("field_country", countries)], {"func": call.func})
