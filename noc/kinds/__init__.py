"""The kinds of service that can be sold. One file a kind, one shape for all (`base.Kind`)."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from noc.kinds.addition import AdditionKind
from noc.kinds.base import Command, FieldSpec, Kind, OrderReply, OrderRequest
from noc.kinds.certificate import CertificateKind
from noc.kinds.license import NODE_ADDONS, LicenseKind
from noc.kinds.software import SoftwareKind
from noc.schemas import Tariff
from noc.tariffs import built_in

__all__ = [
    "KINDS",
    "NODE_ADDONS",
    "Command",
    "FieldSpec",
    "Kind",
    "OrderReply",
    "OrderRequest",
    "get_kind",
    "kind_for_tariff",
]

KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {kind.code: kind for kind in (LicenseKind(), AdditionKind(), SoftwareKind(), CertificateKind())}
)


def get_kind(code: str) -> Kind:
    """The kind with this code; KeyError if it cannot be sold."""
    return KINDS[code]


def kind_for_tariff(tariff_id: str, tariffs: Iterable[Tariff] = ()) -> Kind | None:
    """The kind that sells this tariff: by the given price list, else by the built-in table; None if unknown."""
    tariff = next((tariff for tariff in tariffs if tariff.id == tariff_id), None) or built_in(tariff_id)
    return KINDS.get(tariff.kind) if tariff else None
