"""`python -m demo`: the story as a table. `python -m demo serve`: a portal with demo data, left running."""

import shutil
import sys
import tempfile
import time
from pathlib import Path

from demo.portal import run_portal
from demo.processes import ProcessFailed, stop_on_terminate
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
    """0 if all went as it should; 1 with the logs kept if not; 130 after Ctrl-C."""
    stop_on_terminate()
    folder = Path(tempfile.mkdtemp(prefix="nocdesk-demo-"))
    is_serving, is_well = sys.argv[1:] == ["serve"], False
    try:
        if is_serving:
            serve(folder)
        else:
            is_well = tell_story(folder)
    except (ProcessFailed, StoryBroken) as error:
        print(f"\nStopped: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nStopped.")
        is_well = is_serving
        return 0 if is_serving else 130
    finally:
        if is_well:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print(f"Logs and data: {folder}", file=sys.stderr)
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())
