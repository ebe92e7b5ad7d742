"""`python -m demo`: the story as a table. `python -m demo serve`: a portal with demo data, left running."""

import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from demo.portal import run_portal
from demo.processes import ProcessFailed, stop_on_signals
from demo.scene import open_scene
from demo.serve import serve
from demo.sides import StoryBroken
from demo.story import CHAPTERS, tell
from demo.table import Table


def tell_story(folder: Path) -> bool:
    """Runs the story in `folder` and prints it; True if every line is as it should be."""
    started, told = time.monotonic(), []
    table = Table()
    print("Starting a sandbox partner, a web server and a worker on free ports …", flush=True)
    with run_portal(folder) as portal, open_scene(portal) as scene:
        print(f"Portal {portal.url}   Partner {portal.sandbox_url}/sandbox\n")
        print(table.head("What happened", "Ours", "The partner's"), flush=True)
        for line in tell(scene):
            told.append(line)
            print(table.line(line), flush=True)
    right = sum(line.is_right for line in told)
    print(f"\n{right} of {len(CHAPTERS)} lines as they should be, {time.monotonic() - started:.0f} s.")
    return right == len(CHAPTERS)


def main() -> int:
    """0 if all went as it should; 1 if not, with data and logs kept; 130 after Ctrl-C."""
    stop_on_signals()
    folder = Path(tempfile.mkdtemp(prefix="nocdesk-demo-"))
    is_worth_keeping = False
    try:
        if sys.argv[1:] == ["serve"]:
            serve(folder)
        is_worth_keeping = not tell_story(folder)
    except (ProcessFailed, StoryBroken) as error:
        print(f"\nStopped: {error}", file=sys.stderr)
        is_worth_keeping = True
    except KeyboardInterrupt:
        print("\nStopped.")
        return 128 + signal.SIGINT
    finally:
        if is_worth_keeping:
            print(f"Data and logs: {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return int(is_worth_keeping)


if __name__ == "__main__":
    sys.exit(main())
