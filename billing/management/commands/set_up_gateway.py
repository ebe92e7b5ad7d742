"""`manage.py set_up_gateway stripe --save-cards < keys`: offers a gateway; prints where its notifications go."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.actions.gateways.setup import GatewayInvalid, ensure_gateways, hook_address, save_gateway
from billing.gateways import ONLINE
from billing.models import PaymentGateway
from billing.queries.clock import database_now


class Command(BaseCommand):
    help = (
        "Sets up a payment gateway with the keys on standard input, NAME=VALUE a line, and prints its notification URL."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", help=", ".join(ONLINE))
        parser.add_argument("--save-cards", action="store_true", help="clients may save a card for renewals")

    def handle(self, *arguments: Any, **options: Any) -> None:
        gateway = ONLINE.get(options["code"])
        if gateway is None:
            raise CommandError(f"Unknown gateway {options['code']!r}. Known: {', '.join(ONLINE)}.")
        keys = dict(line.strip().split("=", 1) for line in sys.stdin if "=" in line)
        unknown = keys.keys() - {field.name for field in gateway.key_fields}
        if unknown:
            raise CommandError(f"Unknown keys: {', '.join(sorted(unknown))}.")
        ensure_gateways()
        row = PaymentGateway.objects.get(code=gateway.code)
        try:
            saved = save_gateway(
                gateway=row,
                values={"is_active": True, "stores_methods": options["save_cards"]},
                terms={},
                keys=keys,
                actor="command line",
                now=database_now(),
            )
        except GatewayInvalid as error:
            raise CommandError(str(error)) from error
        self.stdout.write(hook_address(saved))
