"""A portal with something in it, left running for a look around."""

import time
from pathlib import Path
from typing import NoReturn

from demo import buying, opening
from demo.gateways import StandIns
from demo.portal import run_portal
from demo.scene import open_scene

PORT = 8000
STAFF_EMAIL, STAFF_PASSWORD = "admin@example.com", "staff demo phrase"
OPENING = (
    opening.connect_account,
    opening.make_products,
    opening.register_client,
    buying.order_license,
    buying.pay_twice,
    buying.see_purchase,
    buying.buy_module,
)


def serve(folder: Path) -> NoReturn:
    """Runs until Ctrl-C or until a process ends. Raises ProcessFailed, StoryBroken."""
    print("Starting a sandbox partner, a web server and a worker …", flush=True)
    gateways = StandIns()
    changes = {"DJANGO_SUPERUSER_PASSWORD": STAFF_PASSWORD, **gateways.environment}
    with run_portal(folder, port=PORT, changes=changes) as portal:
        gateways.start(portal)
        portal.manage("createsuperuser", "--noinput", "--email", STAFF_EMAIL)
        with open_scene(portal) as scene:
            for chapter in OPENING:
                chapter(scene)
        print(f"""
Store          {portal.url}/
Client area    {portal.url}/services/         {opening.CLIENT["email"]} / {opening.CLIENT["password"]}
Back office    {portal.url}/admin/            {STAFF_EMAIL} / {STAFF_PASSWORD}
REST API       {portal.url}/api/docs/         Bearer {portal.api_key}
The partner    {portal.sandbox_url}/sandbox
Cards          stand-ins of Stripe (EUR) and YooKassa (RUB): type any card, 0002 is refused
Mail and logs  {folder}

Everything is thrown away when you stop it with Ctrl-C.
""")
        while True:
            portal.processes.check()
            time.sleep(1)
