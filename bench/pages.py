"""The store's pages as visitors ask for them, beside bare pages of the same server in the same run.

The server is started as the Procfile says. Ratios count: the load and the database share the processors with it.
"""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.visitor import Page, bare_pages, make_store, store_pages
from catalog.models import Product
from demo.portal import PYTHON, ROOT
from demo.processes import Processes, Running, find_free_port

CONNECTIONS = 8
ROUNDS = 2
HELLO, BARE = "django_hello", "bare_page"


def time_pages(
    product: Product, environment: Mapping[str, str], logs: Path, *, seconds: float
) -> Iterator[Mapping[str, Any]]:
    """The ceilings first, then each page beside them; the better of ROUNDS rounds in which all take turns."""
    store = make_store(product)
    with run_servers(environment, logs) as (ports, running):
        pages = [*bare_pages(ports["bench.hello"], ports["bench.bare_settings"]), *store_pages(ports["config"], store)]
        best: dict[str, Mapping[str, float]] = {}
        for page in pages * ROUNDS:
            measured = measure(page, running[page.port], seconds=seconds)
            if page.name not in best or measured["per_second"] > best[page.name]["per_second"]:
                best[page.name] = measured
    for name, measured in best.items():
        figures = measured | compare(measured, best)
        yield {
            "page": name,
            "connections": CONNECTIONS,
            **{figure: float(f"{value:.3g}") for figure, value in figures.items()},
        }


def compare(measured: Mapping[str, float], all_of_them: Mapping[str, Mapping[str, float]]) -> Mapping[str, float]:
    """A page's figures as ratios to those of the bare ones."""
    return {
        **{f"share_of_{name}": measured["per_second"] / all_of_them[name]["per_second"] for name in (HELLO, BARE)},
        "cpu_times_bare_page": measured["server_cpu_ms"] / (all_of_them[BARE]["server_cpu_ms"] or 1),
    }


def measure(page: Page, server: Running, *, seconds: float) -> Mapping[str, float]:
    """Requests a second and times on CONNECTIONS connections, times on one, the server's processor time a request."""
    used_before = processor_seconds(server)
    crowded = ask(page, connections=CONNECTIONS, seconds=seconds)
    used = processor_seconds(server) - used_before
    alone = ask(page, connections=1, seconds=seconds / 2)
    return {
        "per_second": crowded["per_second"],
        "p50_ms": crowded["p50_ms"],
        "p95_ms": crowded["p95_ms"],
        "alone_p50_ms": alone["p50_ms"],
        "alone_p95_ms": alone["p95_ms"],
        "server_cpu_ms": used / crowded["requests"] * 1000,
    }


def ask(page: Page, *, connections: int, seconds: float) -> Any:
    """Runs bench.load in a process of its own. Raises RuntimeError with what it said."""
    wanted = {"port": page.port, "request": page.request, "connections": connections, "seconds": seconds}
    command = [PYTHON, "-m", "bench.load"]
    done = subprocess.run(command, cwd=ROOT, input=json.dumps(wanted), capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise RuntimeError(f"{page.name}: {done.stderr}")
    return json.loads(done.stdout)


def processor_seconds(server: Running) -> float:
    """What all processes of a server have used; 0 where the kernel does not tell."""
    ticks = 0
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        if int(fields[2]) == server.process.pid:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def run_servers(
    environment: Mapping[str, str], logs: Path
) -> Iterator[tuple[Mapping[str, int], Mapping[int, Running]]]:
    """gunicorn as in the Procfile: alone, with the bare pages, with the portal. Ports by name, processes by port."""
    line = next(one for one in (ROOT / "Procfile").read_text().splitlines() if one.startswith("web: "))
    command = line.removeprefix("web: ").replace("0.0.0.0", "127.0.0.1")
    path = f"{Path(PYTHON).parent}{os.pathsep}{environment['PATH']}"
    variants = {
        "bench.hello": (command.replace("config.wsgi", "bench.hello"), "config.settings"),
        "bench.bare_settings": (command, "bench.bare_settings"),
        "config": (command, "config.settings"),
    }
    ports: dict[str, int] = {}
    running: dict[int, Running] = {}
    with Processes({**environment, "PATH": path}, ROOT, logs) as processes:
        for name, (line, module) in variants.items():
            ports[name] = port = find_free_port()
            setting = ["env", f"PORT={port}", f"DJANGO_SETTINGS_MODULE={module}"]
            running[port] = processes.start(f"web {name}", [*setting, "sh", "-c", f"exec {line}"])
        for name, port in ports.items():
            address = {"bench.bare_settings": "hello/", "config": "health/live"}.get(name, "")
            processes.wait_for_page(f"web {name}", f"http://127.0.0.1:{port}/{address}")
        yield ports, running
