"""`python -m tests.standins.yookassa --port 8090 --webhook http://127.0.0.1:8000/…`: the stand-in as a process."""

import argparse
import signal
import threading

from tests.standins.yookassa import YooKassa


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--shop-id", default="100500")
    parser.add_argument("--secret-key", default="test_secret")
    parser.add_argument("--webhook", default="", help="where notifications go")
    options = parser.parse_args()
    ended = threading.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: ended.set())
    with YooKassa(port=options.port, shop_id=options.shop_id, secret_key=options.secret_key) as standin:
        standin.webhook_url = options.webhook
        print(standin.url, flush=True)  # noqa: T201
        ended.wait()


main()
