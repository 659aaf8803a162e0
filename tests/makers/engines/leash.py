"""Run a program on a leash: `python -m tests.makers.engines.leash PROGRAM …`.

Whoever started us keeps our standard input open. When that ends, because it was closed or because
the starter died, however it died, the program is ended too.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading

GRACE_S = 3.0


def main() -> None:
    """Start the program, end it with the input, and end with its code."""
    program = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    signal.signal(signal.SIGTERM, lambda *_: _end(program))
    threading.Thread(target=_watch, args=(program,), daemon=True).start()
    sys.exit(program.wait())


def _watch(program: subprocess.Popen[bytes]) -> None:
    while os.read(0, 1024):
        continue
    _end(program)


def _end(program: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        program.kill()


if __name__ == "__main__":
    main()
