"""`python -m noc.sandbox --port N`: the sandbox partner in a process of its own, without Django."""

import argparse
import sys

from noc.sandbox.server import serve


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments, shared with the management command."""
    parser.add_argument("--port", type=int, default=8089, help="TCP port (default 8089)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--latency-ms", type=int, default=0, help="sleep before every answer, in milliseconds")


def main() -> None:
    """Parse the arguments and serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m noc.sandbox", description=__doc__)
    add_arguments(parser)
    options = parser.parse_args()
    sys.stdout.write(f"Sandbox partner: http://{options.host}:{options.port}/sandbox\n")
    sys.stdout.flush()
    serve(options.port, host=options.host, latency_ms=options.latency_ms)


if __name__ == "__main__":
    main()
