"""Run the emulator on a leash: `python -m infra.local.tethered LOCK`.

The supervisor keeps our standard input open and never writes to it. When the supervisor dies,
however it dies, the end of the input tells us, and we stop as if asked to: the emulator saves its
state, and the Lambda workers, which wait on pipes of the emulator in the same manner, leave too.
"""

import os
import signal
import sys
import threading
from pathlib import Path

from infra.local import locks

EXIT_HELD = 75
"""Another emulator still holds this state (EX_TEMPFAIL)."""


def main() -> None:
    """Take the lock, watch the leash, become the emulator."""
    try:
        lock = locks.take(Path(sys.argv[1]))
    except locks.Held:
        sys.exit(EXIT_HELD)
    threading.Thread(target=_leave_with_supervisor, daemon=True).start()
    sys.argv = ["ministack"]
    # Imported here: the emulator reads its environment and starts logging when imported.
    from ministack.app import main as emulate

    emulate()
    lock.close()


def _leave_with_supervisor() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
