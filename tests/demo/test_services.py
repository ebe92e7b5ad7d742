from config.celery import app
from demo.services import QUEUE_KEYS


def test_no_queue_keeps_wake_ups_of_an_earlier_run() -> None:
    assert {queue.name for queue in app.conf.task_queues} <= set(QUEUE_KEYS)
