"""A whole portal beside a sandbox partner: migrated, started, ready, with an API key of a full administrator."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from demo.processes import Processes, find_free_port

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
# What a demo changes of the settings: it looks after lost answers at once, not after minutes.
QUICK = {"OPERATION_SWEEP_INTERVAL": "1", "LOG_LEVEL": "INFO"}
# Whatever stands in a .env file beside the code belongs to another portal.
EMBEDDED = {
    "REDIS_URL": "",
    "CELERY_BROKER_URL": "",
    "HTTPS_ONLY": "false",
    "BEHIND_PROXY": "false",
    "DEBUG": "false",
    "ALLOWED_HOSTS": "127.0.0.1,localhost",
    "NOC_PLAIN_HTTP_HOSTS": "",
    "EMAIL_URL": "filemail://",
    "OPERATOR_EMAILS": "operator@example.com",
    "LANGUAGE_CODE": "en",
    "TIME_ZONE": "UTC",
}


@dataclass(frozen=True)
class Portal:
    """Where everything listens, and the processes behind it."""

    processes: Processes
    url: str
    sandbox_url: str
    api_key: str

    def manage(self, *arguments: str) -> str:
        """Runs manage.py and returns what it printed. Raises ProcessFailed."""
        return self.processes.run(manage_command(*arguments))


def manage_command(*arguments: str) -> list[str]:
    """The command line of manage.py."""
    return [PYTHON, "manage.py", *arguments]


def web_command(port: int) -> list[str]:
    """gunicorn as in the Procfile, on loopback."""
    address = f"127.0.0.1:{port}"
    options = ["--worker-class", "gthread", "--workers", "1", "--threads", "8", "--no-control-socket"]
    return [PYTHON, "-m", "gunicorn", "config.wsgi", "--bind", address, *options]


def worker_command(*, has_beat: bool = True) -> list[str]:
    """A Celery worker, with the timetable inside unless a beat of its own keeps it."""
    return [PYTHON, "-m", "celery", "-A", "config", "worker", "--loglevel", "INFO", *(["-B"] if has_beat else [])]


def environment_for(folder: Path, changes: Mapping[str, str]) -> dict[str, str]:
    """The environment of every process of a portal that keeps its data in `folder`."""
    return {
        **os.environ,
        **EMBEDDED,
        **QUICK,
        "VAR_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder / 'nocdesk.sqlite3'}",
        "STATIC_ROOT": str(folder / "static"),
        "WHITENOISE_USE_FINDERS": "true",
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        **changes,
    }


@contextmanager
def run_portal(
    folder: Path,
    *,
    port: int = 0,
    changes: Mapping[str, str] | None = None,
    workers: int = 1,
    latency_ms: int = 0,
    ready: str = "/health/ready",
) -> Iterator[Portal]:
    """A portal on a fresh database, until the block is left. Raises ProcessFailed if a part does not start.

    `changes` are environment variables, such as DATABASE_URL and REDIS_URL; with several workers beat runs by itself.
    `latency_ms` is how long the partner takes for every answer.
    """
    web_port, sandbox_port = find_free_port(preferred=port), find_free_port()
    url, sandbox_url = f"http://127.0.0.1:{web_port}", f"http://127.0.0.1:{sandbox_port}"
    latency = ["--latency-ms", str(latency_ms)]
    environment = environment_for(folder, {"PORTAL_URL": url, **(changes or {})})
    with Processes(environment, ROOT, folder / "logs") as processes:
        processes.start("sandbox", [PYTHON, "-m", "noc.sandbox", "--port", str(sandbox_port), *latency])
        processes.run(manage_command("migrate", "--verbosity", "0"))
        processes.start("web", web_command(web_port))
        for number in range(1, workers + 1):
            processes.start(f"worker-{number}", worker_command(has_beat=workers == 1))
        if workers > 1:
            processes.start("beat", [PYTHON, "-m", "celery", "-A", "config", "beat", "--pidfile="])
        key = processes.run(manage_command("create_api_key", "--name", "demo", "--role", "Full Administrator"))
        processes.wait_for_page("sandbox", f"{sandbox_url}/admin/state")
        processes.wait_for_page("web", f"{url}{ready}")
        yield Portal(processes, url, sandbox_url, key)
