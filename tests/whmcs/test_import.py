"""Moving in from the old module: services here are linked to what the partner has, and nothing is bought."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from billing.models import Event, Operation, Service, ServiceField
from billing.queries.services import field_values
from catalog.models import CustomField
from noc.models import CallLog
from noc.sandbox.server import Sandbox
from tests.builders import BITNINJA, LITE, PRO, World, make_active_service, make_client, place_paid_order
from tests.noc.sandbox.caller import Partner

PAYING = ("soft.order.param", "addition.order.param", "service.prolong")


@pytest.fixture
def partner(sandbox: Sandbox) -> Iterator[Partner]:
    partner = Partner(sandbox.url)
    yield partner
    partner.http.close()


@pytest.fixture
def old(world: World, partner: Partner, tmp_path: Path) -> "Old":
    return Old(world, partner, tmp_path)


class Old:
    """An old installation: adds services with their licenses at the partner, and writes its dump."""

    def __init__(self, world: World, partner: Partner, folder: Path) -> None:
        self.world, self.partner, self.folder = world, partner, folder
        self.tables: dict[str, list[dict[str, Any]]] = {
            "tblclients": [{"id": 1, "email": world.client.email.upper()}],
            "tblproducts": [
                {"id": 3, "name": "Lite", "servertype": "ispsystem_noc", "configoption1": LITE},
                {"id": 4, "name": "Ninja", "servertype": "ispsystem_noc", "configoption1": BITNINJA},
            ],
            "tblcustomfields": [
                {"id": 31, "type": "product", "relid": 3, "fieldname": "Имя лицензии", "fieldtype": "text"},
                {"id": 32, "type": "product", "relid": 3, "fieldname": "IP-address", "fieldtype": "text"},
                {"id": 33, "type": "product", "relid": 3, "fieldname": "Shoe size", "fieldtype": "text"},
                {"id": 34, "type": "product", "relid": 3, "fieldname": "ip|IP address", "fieldtype": "text"},
                {"id": 41, "type": "product", "relid": 4, "fieldname": "License ID", "fieldtype": "text"},
                {"id": 42, "type": "product", "relid": 4, "fieldname": "BitNinja e-mail", "fieldtype": "text"},
                {"id": 43, "type": "product", "relid": 4, "fieldname": "Password", "fieldtype": "password"},
            ],
            "tblcustomfieldsvalues": [],
            "tblhosting": [],
            "ispsystem_noc": [],
        }

    def seed(self, **values: Any) -> str:
        values = {"pricelist": LITE, "licname": "shop", "ip": "192.0.2.10", "expiredate": "2027-03-01", **values}
        (number,) = self.partner.admin("items", **values)["ids"]
        return str(number)

    def add(self, service_id: int, number: str, *, product: int = 3, status: str = "Active", **fields: str) -> None:
        self.tables["tblhosting"].append(
            {"id": service_id, "userid": 1, "packageid": product, "domainstatus": status, "dedicatedip": ""}
        )
        self.tables["ispsystem_noc"].append({"id": 900 + service_id, "serviceid": service_id, "licid": number})
        self.tables["tblcustomfieldsvalues"] += [
            {"fieldid": key.removeprefix("f"), "relid": service_id, "value": value, "updated_at": f"2026-01-0{order}"}
            for order, (key, value) in enumerate(fields.items(), start=1)
        ]

    def dump(self) -> Path:
        path = self.folder / "whmcs.sql"
        lines = ["-- it's a dump"]
        for name, rows in self.tables.items():
            for row in rows:
                columns = ", ".join(f"`{column}`" for column in row)
                values = ", ".join("'" + str(value).replace("'", "''") + "'" for value in row.values())
                lines.append(f"INSERT INTO `{name}` ({columns}) VALUES ({values});")
        path.write_text("\n".join(lines))
        return path

    def csv(self, name: str) -> Path:
        path = self.folder / f"{name}.csv"
        rows = self.tables[name]
        lines = [list(rows[0])] + [[str(value) for value in row.values()] for row in rows]
        path.write_text("\n".join(";".join(line) for line in lines))
        return path

    def run(self, *options: str, files: list[Path] | None = None, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
        capsys.readouterr()
        paths = map(str, files or [self.dump()])
        call_command("import_ispsystem_noc", *paths, "--server", self.world.server.name, "--json", *options)
        report: dict[str, Any] = json.loads(capsys.readouterr().out)
        return report


def order(world: World, **fields: str) -> Service:
    """Made here beforehand; its purchase is called off, for the license exists."""
    service = place_paid_order(world.client, world.lite, **fields)
    Operation.objects.filter(service=service).update(status="CANCELLED")
    return service


def outcomes(report: dict[str, Any]) -> dict[str, str]:
    return {line["old"]: line["outcome"] for line in report["services"]}


def stored() -> tuple[Any, ...]:
    """Everything that an import may write."""
    return (
        list(Service.objects.order_by("pk").values()),
        [(row.service_id, row.field_id, row.value) for row in ServiceField.objects.order_by("service", "field")],
        list(CustomField.objects.order_by("pk").values()),
        Event.objects.count(),
        Operation.objects.count(),
    )


def test_a_service_is_linked_to_its_license(
    world: World, old: Old, partner: Partner, capsys: pytest.CaptureFixture[str]
) -> None:
    service, number = order(world, licname="shop", ip="192.0.2.10"), old.seed()
    old.add(77, number, f31="shop", f32="192.0.2.10")
    before = stored()
    planned = old.run(capsys=capsys)
    assert outcomes(planned) == {"77": "link"}
    assert stored() == before, "a dry run writes nothing"
    assert outcomes(old.run("--apply", capsys=capsys)) == {"77": "linked"}
    service.refresh_from_db()
    assert (service.status, service.remote_id, str(service.expires_on)) == ("ACTIVE", number, "2027-03-01")
    assert service.server == world.server
    after = stored()
    assert outcomes(old.run("--apply", capsys=capsys)) == {"77": "linked already"}
    assert stored() == after, "running twice changes nothing"
    assert partner.state()["acts"] == {}
    assert not CallLog.objects.filter(func__in=PAYING).exists()


def test_old_names_become_keys_and_doubles_are_merged(
    world: World, old: Old, capsys: pytest.CaptureFixture[str]
) -> None:
    order(world, licname="shop", ip="192.0.2.10")
    old.add(77, old.seed(), f31="shop", f32="192.0.2.99", f33="44", f34="192.0.2.10")
    report = old.run(capsys=capsys)
    assert {one["name"]: one["becomes"] for one in report["old_fields"]} == {
        "Имя лицензии": "licname|Имя лицензии",
        "IP-address": "ip|IP-address",
        "Shoe size": "Shoe size",
        "ip|IP address": "ip|IP address",
        "License ID": "item|License ID",
        "BitNinja e-mail": "bitninja_email|BitNinja e-mail",
        "Password": "bitninja_password|Password",
    }
    (line,) = report["services"]
    assert (line["outcome"], line["two_values"]) == ("link", ["ip"]), "the newest of two values counts"


def test_values_that_the_partner_does_not_tell_come_along(
    world: World, old: Old, partner: Partner, capsys: pytest.CaptureFixture[str]
) -> None:
    parent = make_active_service(world.client, world.lite, licname="shop", ip="192.0.2.10")
    service = place_paid_order(world.client, world.bitninja, item=parent.remote_id)
    Operation.objects.filter(service=service).update(status="CANCELLED")
    number = old.seed(pricelist=BITNINJA, item=parent.remote_id, bitninja_email="", licname=None, ip=None)
    old.add(5, number, product=4, f41=parent.remote_id, f42="client@example.com", f43="ENCRYPTED==")
    report = old.run("--apply", capsys=capsys)
    assert outcomes(report) == {"5": "linked"}
    values = field_values(Service.objects.get(pk=service.pk))
    assert values["item"] == parent.remote_id
    assert values["bitninja_email"] == "client@example.com"
    assert "ENCRYPTED" not in str(values) + json.dumps(report)


@pytest.mark.parametrize(
    ("case", "outcome"),
    [
        ("ended", "ended in WHMCS"),
        ("stranger", "no service here"),
        ("twins", "ambiguous"),
        ("no number", "no number"),
        ("gone", "not at the partner"),
        ("other tariff", "conflict"),
        ("two numbers", "conflict"),
        ("another license", "conflict"),
    ],
)
def test_what_is_not_certain_is_listed_and_left_alone(
    world: World, old: Old, capsys: pytest.CaptureFixture[str], case: str, outcome: str
) -> None:
    if case == "another license":
        make_active_service(world.client, world.lite, licname="shop", ip="192.0.2.10")
    elif case != "stranger":
        order(world, licname="shop", ip="192.0.2.10")
    if case == "twins":
        order(world, licname="shop", ip="192.0.2.10")
    number = {"no number": "", "gone": "999999"}.get(case) or old.seed(
        pricelist=PRO if case == "other tariff" else LITE, ip="192.0.2.20"
    )
    if case == "no number":
        number = ""
    old.add(77, number, status="Terminated" if case == "ended" else "Active", f31="shop", f34="192.0.2.10")
    if case == "two numbers":
        old.tables["ispsystem_noc"].append({"id": 1, "serviceid": 77, "licid": old.seed(ip="192.0.2.21")})
    before = stored()
    assert outcomes(old.run("--apply", capsys=capsys)) == {"77": outcome}
    assert stored()[0] == before[0]


def test_one_license_is_never_given_to_two_services(world: World, old: Old, capsys: pytest.CaptureFixture[str]) -> None:
    number = old.seed()
    for service_id, name in ((77, "shop"), (78, "blog")):
        order(world, licname=name, ip=f"192.0.2.{service_id}")
        old.add(service_id, number, f31=name, f34=f"192.0.2.{service_id}")
    assert outcomes(old.run("--apply", capsys=capsys)) == {"77": "conflict", "78": "conflict"}
    assert not Service.objects.exclude(remote_id="").exists()


def test_services_of_other_clients_are_never_meant(world: World, old: Old, capsys: pytest.CaptureFixture[str]) -> None:
    service = place_paid_order(make_client(email="other@example.com"), world.lite, licname="shop", ip="192.0.2.10")
    Operation.objects.filter(service=service).update(status="CANCELLED")
    old.add(77, old.seed(), f31="shop", f34="192.0.2.10")
    assert outcomes(old.run(capsys=capsys)) == {"77": "no service here"}


def test_a_map_decides_where_nothing_else_does(
    world: World, old: Old, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service, number = order(world, licname="renamed", ip="192.0.2.55"), old.seed()
    old.add(77, number)
    told = tmp_path / "map.csv"
    told.write_text(f"old,ours\n77,{service.pk}\n")
    files = [old.csv(name) for name in ("ispsystem_noc", "tblhosting", "tblclients", "tblproducts")]
    assert outcomes(old.run(files=files, capsys=capsys)) == {"77": "no service here"}
    report = old.run("--service-map", str(told), "--apply", files=files, capsys=capsys)
    assert outcomes(report) == {"77": "linked"}
    assert report["columns"] == {"service": "serviceid", "remote_id": "licid"}


def test_columns_of_any_name_can_be_told(
    world: World, old: Old, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service, number = order(world, licname="shop", ip="192.0.2.10"), old.seed()
    table = tmp_path / "old table.csv"
    table.write_text(f"what,where,kunde\nl77,{number},{service.client.email}\n")
    with pytest.raises(CommandError) as caught:
        old.run(files=[table], capsys=capsys)
    assert "--column service=" in str(caught.value)
    assert "what, where, kunde" in str(caught.value)
    with pytest.raises(CommandError, match="no column “nope”"):
        old.run("--column", "service=nope", files=[table], capsys=capsys)
    table.write_text(f"what,where,kunde,adresse\nl77,{number},{service.client.email},192.0.2.10\n")
    columns = "service=what,remote_id=where,email=kunde,ip=adresse"
    report = old.run("--column", columns, "--apply", files=[table], capsys=capsys)
    assert outcomes(report) == {"77": "linked"}
    assert report["sample"][0]["adresse"] == "192.0.2.10"


def test_fields_of_ours_with_an_old_name_are_renamed_with_their_values(
    world: World, old: Old, capsys: pytest.CaptureFixture[str]
) -> None:
    service = order(world, licname="shop", ip="192.0.2.10")
    CustomField.objects.filter(product=world.lite, key="licname").update(key="license-name", label="License name")
    old.add(77, old.seed(), f31="shop", f34="192.0.2.10")
    (planned,) = old.run(capsys=capsys)["our_fields"]
    assert (planned["from"], planned["to"], planned["merged"]) == ("license-name", "licname", False)
    assert CustomField.objects.filter(key="license-name").exists()
    old.run("--apply", capsys=capsys)
    assert field_values(service)["licname"] == "shop"
    assert old.run("--apply", capsys=capsys)["our_fields"] == []


def test_people_see_how_the_files_are_read_before_anything_is_written(
    world: World, old: Old, capsys: pytest.CaptureFixture[str]
) -> None:
    order(world, licname="shop", ip="192.0.2.10")
    number = old.seed()
    old.add(77, number, f31="shop", f32="192.0.2.10", f33="44")
    call_command("import_ispsystem_noc", str(old.dump()), "--server", world.server.name)
    shown = capsys.readouterr().out
    for words in ("remote_id = licid", f"licid={number}", "Shoe size → Shoe size (unknown, left out)", "--apply"):
        assert words in shown
    assert "Имя лицензии → licname|Имя лицензии" in shown


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"INSERT INTO ispsystem_noc (a) VALUES ('x", "Line 1"),
        (b"", "neither ispsystem_noc nor"),
        ("-- магазин".encode("cp1251"), "--encoding"),
    ],
)
def test_a_bad_file_is_refused_in_words(world: World, tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "bad.sql"
    path.write_bytes(content)
    with pytest.raises(CommandError, match=words):
        call_command("import_ispsystem_noc", str(path), "--server", world.server.name)


def test_an_unknown_account_or_file_is_refused(world: World, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="EU account"):
        call_command("import_ispsystem_noc", str(tmp_path / "x.sql"), "--server", "nope")
    with pytest.raises(CommandError, match=r"x\.sql"):
        call_command("import_ispsystem_noc", str(tmp_path / "x.sql"), "--server", world.server.name)
