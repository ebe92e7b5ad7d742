"""Chapters of the story: what happens to licenses later, and whether both sides agree in the end."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

from demo.scene import ACTIVE_THERE, DELETED_THERE, SUSPENDED_THERE, Expectation, Scene, compare
from demo.table import Line


def reach_the_end_date(scene: Scene) -> Line:
    """The partner's clock goes to the end date: it suspends what nobody renewed; a sync brings that here."""
    before = scene.service("lite")
    today = date.fromisoformat(scene.partner.memory().state["clock"]["today"])
    scene.partner.post("clock", advance_days=(date.fromisoformat(before["expires_on"]) - today).days)
    scene.command("lite", "sync")
    after, item = scene.service("lite"), scene.partner.memory().item(before["remote_id"])
    return compare(
        "A month later, unpaid: the partner suspends; a sync brings the status here",
        f"{before['status']} → {after['status']}, end date {after['expires_on']}",
        f"status {item['status']}, end date {item['expiredate']}",
        ("ours", after["status"], "SUSPENDED"),
        ("partner's", item["status"], SUSPENDED_THERE),
    )


def issue_renewals(scene: Scene) -> Line:
    """Issued by the nightly run, here for the day it is due."""
    due = scene.service("lite")["next_due_date"]
    with ThreadPoolExecutor(2) as both:
        list(both.map(lambda _run: scene.manage("issue_renewals", "--on", due), range(2)))
    invoices = scene.ours.rows("invoices/", status="UNPAID")
    memory = scene.partner.memory()
    lines = [line for invoice in invoices for line in invoice["lines"]]
    return compare(
        "The nightly run issues the renewal invoice; two runs at once, still one",
        f"{len(invoices)} invoice, {len(lines)} lines, {invoices[0]['total']} EUR, due {invoices[0]['due_date']}",
        f"renewals so far: {memory.acts('prolong')}",
        ("invoices", len(invoices), 1),
        ("services on it", sorted(line["service"] for line in lines), sorted(scene.cast.services.values())),
        ("renewed before the payment", memory.acts("prolong"), 0),
    )


def renew(scene: Scene) -> Line:
    """Paying the invoice extends every license on it."""
    before = {name: scene.service(name) for name in scene.cast.services}
    scene.pay(scene.ours.rows("invoices/", status="UNPAID")[0]["id"], "transfer 4")
    operations = {name: scene.ours.done(service=key, kind="RENEW") for name, key in scene.cast.services.items()}
    memory = scene.partner.memory()
    expected: list[Expectation] = [("renewals there", memory.acts("prolong"), 3)]
    ours, partners = [], []
    for name, was in before.items():
        now, item = scene.service(name), memory.item(was["remote_id"])
        ours.append(f"{name}: {was['expires_on']} → {now['expires_on']} {now['status']}")
        partners.append(f"{item['id']}: {item['expiredate']}, status {item['status']}")
        expected += [
            (f"{name}, operation", operations[name]["status"], "DONE"),
            (f"{name}, status", (now["status"], item["status"]), ("ACTIVE", ACTIVE_THERE)),
            (f"{name}, end date", now["expires_on"], item["expiredate"]),
            (f"{name}, longer", now["expires_on"] > was["expires_on"], True),
            (f"{name}, charges there", len(memory.charges_for(item["id"])), 2),
        ]
    what = "Paid: every license is extended at the partner, once; dates and status come back"
    return compare(what, "\n".join(ours), "\n".join(partners), *expected)


def change_address(scene: Scene) -> Line:
    """Name and IP of a license."""
    wanted = {"licname": "web-2", "ip": "192.0.2.77"}
    asked = scene.ours.post(f"services/{scene.cast.services['lite']}/change/", wanted)
    operation = scene.ours.settled(asked["operation"])
    service = scene.service("lite")
    item = scene.partner.memory().item(service["remote_id"])
    shown = {key: service["fields"][key] for key in wanted}
    return compare(
        "The client changes name and IP: at the partner first, then here",
        f"{shown['licname']}, {shown['ip']}",
        f"{item['licname']}, {item['ip']}",
        ("operation", operation["status"], "DONE"),
        ("ours", shown, wanted),
        ("partner's", {key: item[key] for key in wanted}, wanted),
    )


def terminate(scene: Scene) -> Line:
    """A license ends after the modules on it."""
    scene.command("lite", "terminate")
    module_operation = scene.ours.done(service=scene.cast.services["module"], kind="TERMINATE")
    ended = [scene.service(name) for name in ("lite", "module")]
    memory = scene.partner.memory()
    items = [memory.item(service["remote_id"]) for service in ended]
    return compare(
        "Termination deletes at the partner: the module first, then its license",
        ", ".join(f"{service['id']} {service['status']}" for service in ended),
        ", ".join(f"{item['id']} status {item['status']}" for item in items),
        ("module", module_operation["status"], "DONE"),
        ("ours", [service["status"] for service in ended], ["TERMINATED"] * 2),
        ("partner's", [item["status"] for item in items], [DELETED_THERE] * 2),
    )


def compare_services(scene: Scene) -> Line:
    """Nothing was bought twice, nothing is left open."""
    memory = scene.partner.memory()
    done = {kind: len(scene.ours.rows("operations/", kind=kind, status="DONE")) for kind in ("CREATE", "RENEW")}
    open_now = [one for one in scene.ours.rows("operations/") if one["status"] not in ("DONE", "CANCELLED")]
    living = sorted(str(one["remote_id"]) for one in scene.ours.rows("services/", status="ACTIVE"))
    theirs = sorted(str(one["id"]) for one in memory.state["items"] if one["status"] == ACTIVE_THERE)
    bought, renewed = memory.acts("order"), memory.acts("prolong")
    return compare(
        "Totals: services",
        f"bought {done['CREATE']}, renewed {done['RENEW']}, living {', '.join(living)}",
        f"bought {bought}, renewed {renewed}, living {', '.join(theirs)}",
        ("purchases", (done["CREATE"], bought), (3, 3)),
        ("renewals", (done["RENEW"], renewed), (3, 3)),
        ("living services", living, theirs),
        ("operations left open or failed", [one["id"] for one in open_now], []),
    )


def compare_money(scene: Scene) -> Line:
    """Charges there, invoices, payments and ledger here."""
    state = scene.partner.memory().state
    charged = sum((Decimal(charge["amount"]) for charge in state["charges"]), Decimal(0))
    tested = scene.ours.post(f"servers/{scene.cast.server}/test/")
    invoices = scene.ours.rows("invoices/")
    invoiced = sum((Decimal(invoice["total"]) for invoice in invoices), Decimal(0))
    paid = sum((Decimal(one["amount"]) for invoice in invoices for one in invoice["payments"]), Decimal(0))
    return compare(
        "Totals: money",
        f"invoiced {invoiced}, paid {paid} EUR\n{scene.manage('audit_ledger')}",
        f"{len(state['charges'])} charges, {charged} EUR\nbalance {state['accounts'][0]['balance']} EUR",
        ("paid", paid, invoiced),
        ("recorded", paid, sum(scene.cast.paid.values())),
        ("charges", len(state["charges"]), 6),
        ("balance seen from here", Decimal(tested["balance"]), Decimal(state["accounts"][0]["balance"])),
    )
