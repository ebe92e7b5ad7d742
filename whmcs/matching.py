"""Which service of ours an old one is: told by a map, else by client and address where nothing else could be meant."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from billing.models import Service
from noc.kinds import KINDS
from noc.kinds.fields import normalize_value
from whmcs.old_services import OldService

EVIDENCE: Final = ("ip", "licname", "item", "domain", "target_ip")


@dataclass(frozen=True, slots=True)
class Match:
    """The service of ours, or why there is none."""

    service: Service | None = None
    why_not: str = ""
    is_ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A service of ours with what is known of it."""

    service: Service
    values: Mapping[str, str]


def match_services(old_services: Iterable[OldService], told: Mapping[str, str]) -> dict[str, Match]:
    """Key of each old service → its match. `told` maps old keys to numbers of ours. Two never get one service."""
    candidates = load_candidates()
    by_email: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates.values():
        by_email[candidate.service.client.email.casefold()].append(candidate)
    matches = {
        old.key: match_told(number, candidates)
        if (number := told.get(old.key) or old.ours)
        else match_by_evidence(old, by_email.get(old.email, []))
        for old in old_services
    }
    taken = Counter(match.service.pk for match in matches.values() if match.service)
    twice = Match(why_not=_("Several old services mean one service here."), is_ambiguous=True)
    return {key: twice if m.service and taken[m.service.pk] > 1 else m for key, m in matches.items()}


def load_candidates() -> dict[str, Candidate]:
    """Services that have, or may get, something at a partner: number → candidate. Three queries."""
    services = (
        Service.objects.not_ended()
        .filter(kind__in=list(KINDS))
        .exclude(module="")
        .select_related("client", "product", "server")
        .prefetch_related("field_values__field")
    )
    return {str(service.pk): Candidate(service, values_of(service)) for service in services}


def values_of(service: Service) -> dict[str, str]:
    """Its filled fields, from what was prefetched; the dedicated IP stands in for a missing one."""
    values = {row.field.key: row.value for row in service.field_values.all() if row.value}
    return ({"ip": service.dedicated_ip} if service.dedicated_ip else {}) | values


def match_told(number: str, candidates: Mapping[str, Candidate]) -> Match:
    found = candidates.get(number.removeprefix("#"))
    if found is None:
        return Match(why_not=_("There is no service %(number)s here that could have it.") % {"number": number})
    return Match(found.service)


def match_by_evidence(old: OldService, candidates: Iterable[Candidate]) -> Match:
    """Exactly one service of the client with the same address, name or license, and none of these different."""
    if not old.email:
        return Match(why_not=_("Neither a client nor a service of ours is named for it."))
    found = [one.service for one in candidates if is_same(old, one)]
    if not found:
        return Match(why_not=_("%(email)s has no such service here.") % {"email": old.email})
    if len(found) > 1:
        numbers = ", ".join(f"#{service.pk}" for service in found)
        return Match(why_not=_("It could be any of %(services)s.") % {"services": numbers}, is_ambiguous=True)
    return Match(found[0])


def is_same(old: OldService, candidate: Candidate) -> bool:
    if old.tariff_id and old.tariff_id != candidate.service.tariff_id:
        return False
    both = [(old.values.get(key, ""), candidate.values.get(key, "")) for key in EVIDENCE]
    agreed = [normalize_value(theirs) == normalize_value(ours) for theirs, ours in both if theirs and ours]
    return bool(agreed) and all(agreed)
