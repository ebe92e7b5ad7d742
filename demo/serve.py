"""A portal with something in it, left running for a look around."""

import time
from pathlib import Path

from demo import buying, opening
from demo.portal import run_portal
from demo.scene import Scene
from demo.sides import Ours, Partner

PORT = 8000
PATIENCE_SECONDS = 60.0
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


def serve(folder: Path) -> None:
    """Runs until Ctrl-C or until a process ends. Raises ProcessFailed, StoryBroken."""
    print("Starting a sandbox partner, a web server and a worker …", flush=True)
    with run_portal(folder, port=PORT, changes={"DJANGO_SUPERUSER_PASSWORD": STAFF_PASSWORD}) as portal:
        portal.manage("createsuperuser", "--noinput", "--email", STAFF_EMAIL)
        scene = Scene(
            Ours(portal.url, portal.api_key, patience=PATIENCE_SECONDS), Partner(portal.sandbox_url), portal.manage
        )
        for chapter in OPENING:
            chapter(scene)
        print(f"""
Store          {portal.url}/
Client area    {portal.url}/services/         {opening.CLIENT["email"]} / {opening.CLIENT["password"]}
Back office    {portal.url}/admin/            {STAFF_EMAIL} / {STAFF_PASSWORD}
REST API       {portal.url}/api/docs/         Bearer {portal.api_key}
The partner    {portal.sandbox_url}/sandbox
Mail and logs  {folder}

Everything is thrown away when you stop it with Ctrl-C.
""")
        while True:
            portal.processes.check()
            time.sleep(1)
