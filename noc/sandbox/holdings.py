"""Admin calls on items: seed, change behind the caller's back, copy, remove without a trace, decide on certificates.

This is how tests and demos make what two billings disagree about. Each takes the world and JSON, returns JSON.
"""

from noc.sandbox import issuing
from noc.sandbox.inputs import BadRequest, Data, whole, wholes
from noc.sandbox.items import Item
from noc.sandbox.seeding import change_item, copy_item, seed_items
from noc.sandbox.state import World
from noc.sandbox.tariffs import TARIFFS

_HIDDEN_FIELDS = frozenset({"bitninja_password", "csr", "key"})
_REFUSED = "The authority refused the request"


def save_items(world: World, data: Data) -> object:
    """`POST items`: new items (see `seeding.seed_items`), or with `id` a change (see `seeding.change_item`)."""
    if data.get("id"):
        item = _named(world, data)
        change_item(world, item, data)
        return {"ids": [item.id], "item": item_dict(item)}
    items = seed_items(world, data, world.clock.now())
    return {"ids": [item.id for item in items], "item": item_dict(items[0])}


def copy_items(world: World, data: Data) -> object:
    """`POST items/copy`: `count` (1) twins of the item `id`, same name, address and remoteid, each with an id and key
    of its own; other fields change the twins as in `POST items`.
    """
    original = _named(world, data)
    changes = {name: value for name, value in data.items() if name not in ("id", "count")}
    twins = [copy_item(world, original, changes, world.clock.now()) for _ in range(max(1, whole(data, "count")))]
    return {"ids": [item.id for item in twins], "item": item_dict(twins[0])}


def remove_items(world: World, data: Data) -> object:
    """`DELETE items`: the rows of `id` or `ids` are gone as if they had never been; their modules stay, orphaned."""
    numbers = wholes(data, "ids") or [whole(data, "id")]
    items = [_named(world, {"id": number}) for number in numbers]
    for item in items:
        world.forget_item(item)
    return {"ids": [item.id for item in items]}


def decide_certificate(world: World, data: Data) -> object:
    """`POST certificates`: the certificate `id` is issued (`act`: issue), refused (refuse, with a `reason` that lists
    show as `status_msg`), or waits from now on for such a decision (await).
    """
    item, act = _named(world, data), data.get("act", "issue")
    if act == "issue":
        issuing.issue(item, world.clock.now().date())
    elif act == "refuse":
        issuing.refuse(item, str(data.get("reason") or _REFUSED))
    elif act == "await":
        issuing.await_decision(item)
    else:
        raise BadRequest("act takes one of issue, refuse, await")
    return {"item": item_dict(item)}


def item_dict(item: Item) -> dict[str, object]:
    """One item for people and tests; passwords and private keys stay out, the license key is shown as in forms."""
    shown = {name: value for name, value in item.fields.items() if name not in _HIDDEN_FIELDS}
    facts: dict[str, object] = {
        "id": item.id,
        "account": item.owner,
        "kind": item.kind,
        "pricelist": item.tariff_id,
        "pricelist_name": TARIFFS[item.tariff_id].name,
        "period": item.period,
        "status": item.shown_status.value,
        "sub_status": item.processing.sub_status if item.processing else item.sub_status,
        "createdate": item.created_on,
        "expiredate": item.expires_on,
        "autoprolong": item.autoprolong,
        "addons": item.addons,
        "remoteid": item.remoteid,
        "lickey": item.license_key,
        **shown,
    }
    if item.certificate is not None:
        facts |= {"service_status": item.certificate.issue.value, "status_msg": item.status_message}
    return facts


def _named(world: World, data: Data) -> Item:
    item = world.items.get(whole(data, "id"))
    if item is None:
        raise BadRequest(f"No such item: {data.get('id')}")
    return item
