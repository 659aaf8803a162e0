"""A lock that dies with its holder, so that a process id left behind in a file never misleads."""

import fcntl
import os
import time
from pathlib import Path
from typing import IO

POLL_S = 0.05


class Held(Exception):
    """Somebody else holds the lock."""


def take(path: Path) -> IO[str]:
    """Take the lock and write our process id into it; keep the result open to keep the lock.

    Raises `Held`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = path.open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as taken:
        handle.close()
        raise Held(str(path)) from taken
    handle.seek(0)
    handle.truncate()
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


def holder(path: Path) -> int | None:
    """The process that holds the lock; None where nobody does, whatever the file says."""
    try:
        with path.open() as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                text = handle.read().strip()
                return int(text) if text.isdigit() else 0
    except OSError:
        return None
    return None


def wait_until_free(path: Path, timeout_s: float) -> bool:
    """Whether nobody holds the lock, or stops to hold it within the time."""
    deadline = time.monotonic() + timeout_s
    while holder(path) is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True
