"""Names of custom fields as people have written them → the keys that modules read (P11).

WHMCS keeps `key|Label` in one name; older modules had a label only, in any wording.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from django.conf import settings
from django.utils import translation

from noc.kinds.base import FieldSpec

# Wording, letters and digits only → keys it may stand for; the first that the product has is meant.
WORDINGS: Final[Mapping[str, tuple[str, ...]]] = {
    wording: keys
    for keys, wordings in (
        (("licname",), "licensename licencename nameoflicense имялицензии названиелицензии наименованиелицензии"),
        (("ip", "target_ip"), "ip ipaddress serverip ipaddressofserver ipадрес ipсервера ipадрессервера адресip"),
        (("ip",), "licenseip licenceip iplicense iplicence licenseipaddress ipлицензии ipадреслицензии"),
        (("target_ip",), "targetip resourceip protectedip ipресурса ipадресресурса ipзащищаемогоресурса"),
        (("lickey", "bitninjakey"), "key licensekey licencekey activationkey ключ ключлицензии лицензионныйключ"),
        (("bitninjakey",), "bitninjalicensekey keybitninja ключbitninja ключлицензииbitninja"),
        (("order_id",), "orderid idorder номерзаказа idзаказа"),
        (("item", "order_id"), "licenseid licenceid licid idlicense idлицензии номерлицензии"),
        (("item",), "ispmanagerlicenseid ispmanagerid parentlicense idлицензииispmanager родительскаялицензия"),
        (("bitninja_email",), "email mail bitninjamail emailbitninja почта электроннаяпочта почтаbitninja"),
        (("bitninja_password",), "password passwordbitninja пароль парольbitninja парольдляbitninja"),
        (("domain",), "domainname protecteddomain домен доменноеимя имядомена"),
    )
    for wording in wordings.split()
}


def split_name(name: str) -> tuple[str, str]:
    """`key|Label` → (key, label); without a bar the name is both."""
    key, bar, label = name.partition("|")
    return (key.strip(), label.strip() or key.strip()) if bar else (name.strip(), name.strip())


def guess_key(name: str, specs: Iterable[FieldSpec]) -> str:
    """Which of a product's keys this name, key or label means; "" where it says nothing or could be anything."""
    keys = {simplify(spec.key): spec.key for spec in specs}
    labels = {simplify(label): spec.key for spec in specs for label in labels_of(spec)}
    for part in dict.fromkeys(map(simplify, split_name(name))):
        if found := keys.get(part) or labels.get(part):
            return found
        if found := next((key for key in WORDINGS.get(part, ()) if key in keys.values()), ""):
            return found
    return ""


def labels_of(spec: FieldSpec) -> Iterator[str]:
    """The module's own label in every language of the site."""
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            yield str(spec.label)


def simplify(text: str) -> str:
    """Letters and digits without case: `License-Name` and `license name` are one."""
    return "".join(filter(str.isalnum, text.casefold()))
