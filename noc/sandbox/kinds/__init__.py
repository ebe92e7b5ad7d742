"""The kinds of services that the sandbox sells, one file each, all of one shape."""

from collections.abc import Mapping

from noc.sandbox.items import Item
from noc.sandbox.kinds.addition import Addition
from noc.sandbox.kinds.base import Kind
from noc.sandbox.kinds.certificate import CertificateKind
from noc.sandbox.kinds.soft import Soft
from noc.sandbox.kinds.softexternal import SoftExternal

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (Soft(), SoftExternal(), Addition(), CertificateKind())}


def kind_of(item: Item) -> Kind:
    """The kind of an item."""
    return KINDS[item.kind]
