"""Celery: queues, the static timetable, and the transport that the settings choose.

The rows of `billing.Operation` and `billing.Email` are the truth; every message here is a wake-up that may be lost.
"""

import os
from pathlib import Path
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_init
from kombu import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings

from billing.garbage import collect_rarely
from config.folder_broker import register

app = Celery("nocdesk")


def transport_options() -> dict[str, Any]:
    """Broker settings: Redis when there is one, else folders under VAR_DIR."""
    if settings.CELERY_BROKER_URL:
        return {
            "broker_url": settings.CELERY_BROKER_URL,
            "broker_transport_options": {
                "visibility_timeout": 300,
                "socket_timeout": 5,
                "socket_connect_timeout": 2,
                # A dead broker costs a request a moment, not a minute: the sweep wakes what was not announced.
                "max_retries": 1,
                "interval_start": 0,
                "interval_step": 0.1,
                "interval_max": 0.2,
                "queue_order_strategy": "round_robin",
            },
        }
    folder: Path = settings.VAR_DIR / "broker"
    folder.mkdir(parents=True, exist_ok=True)
    return {
        "broker_url": register(),
        "broker_transport_options": {
            "data_folder_in": str(folder),
            "data_folder_out": str(folder),
            "control_folder": str(folder / "control"),
            "store_processed": False,
            "polling_interval": 0.3,
        },
    }


app.conf.update(
    **transport_options(),
    task_queues=[Queue("operations"), Queue("payments"), Queue("mail"), Queue("documents"), Queue("duties")],
    task_default_queue="duties",
    task_routes={
        "billing.run_operation": {"queue": "operations"},
        "billing.send_email": {"queue": "mail"},
        "billing.tend_payment_attempt": {"queue": "payments"},
        "billing.process_gateway_event": {"queue": "payments"},
        "billing.run_refund": {"queue": "payments"},
        "billing.send_alert": {"queue": "mail"},
        "billing.make_document": {"queue": "documents"},
    },
    task_ignore_result=True,
    task_acks_late=False,
    task_serializer="json",
    accept_content=["json"],
    broker_connection_retry_on_startup=True,
    task_publish_retry=False,
    worker_pool="threads",
    worker_concurrency=settings.CELERY_WORKER_CONCURRENCY,
    worker_prefetch_multiplier=1,
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
    timezone=settings.TIME_ZONE,
    beat_scheduler="config.timetable:Timetable",
    beat_max_loop_interval=5,
    beat_schedule={
        "wake-due-work": {"task": "billing.wake_due_work", "schedule": settings.OPERATION_SWEEP_INTERVAL},
        "probe-held-accounts": {"task": "billing.probe_held_accounts", "schedule": 300.0},
        "read-balances": {"task": "billing.read_balances", "schedule": 1800.0},
        "ask-due-vat-numbers": {"task": "billing.ask_due_vat_numbers", "schedule": 1800.0},
        "refresh-price-lists": {"task": "billing.refresh_price_lists", "schedule": 6 * 3600.0},
        # Hourly, so that a night that was missed is made up for: an account is read whole once a business day.
        "sync-due-accounts": {"task": "billing.sync_due_accounts", "schedule": crontab(minute="23")},
        "watch-night": {"task": "billing.watch_night", "schedule": 600.0},
        # It sees for itself whether the night has come: a start that was missed is made up for ten minutes later.
        "automation": {"task": "billing.run_automation", "schedule": 600.0},
    },
)
app.autodiscover_tasks(["billing"])
# Celery's own hook, once all is loaded and before a pool forks.
worker_init.connect(lambda **_hook: collect_rarely(), weak=False)
