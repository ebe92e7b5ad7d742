"""Stripe and YooKassa for a look around: stand-ins as processes, set up, telling the portal what happens."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field

from demo.portal import PYTHON, ROOT, Portal, manage_command
from demo.processes import find_free_port

KEYS: Mapping[str, Mapping[str, str]] = {
    "stripe": {"secret_key": "sk_test_standin", "webhook_secret": "whsec_standin"},
    "yookassa": {"shop_id": "100500", "secret_key": "test_secret"},
}


@dataclass(frozen=True)
class StandIns:
    """Their ports are chosen before the portal starts, which has to know them."""

    ports: Mapping[str, int] = field(default_factory=lambda: {code: find_free_port() for code in KEYS})

    @property
    def environment(self) -> Mapping[str, str]:
        """What the portal's processes have to be told."""
        stripe, yookassa = (f"http://127.0.0.1:{self.ports[code]}" for code in KEYS)
        return {"STRIPE_API_URL": stripe, "YOOKASSA_API_URL": f"{yookassa}/v3"}

    def start(self, portal: Portal) -> None:
        """Sets the gateways up and starts those who answer for them. Raises ProcessFailed."""
        for code, keys in KEYS.items():
            hook = set_up_gateway(portal, code, keys)
            port = str(self.ports[code])
            command = [PYTHON, "-m", f"tests.standins.{code}", "--port", port, "--webhook", hook]
            portal.processes.start(code, command)


def set_up_gateway(portal: Portal, code: str, keys: Mapping[str, str]) -> str:
    """The address that the gateway has to notify."""
    done = subprocess.run(
        manage_command("set_up_gateway", code, "--save-cards"),
        cwd=ROOT,
        env=dict(portal.processes.environment),
        input="\n".join(f"{name}={value}" for name, value in keys.items()),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()
