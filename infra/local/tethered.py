"""Run the emulator on a leash: `python -m infra.local.tethered LOCK`.

The supervisor keeps our standard input open and never writes to it. When the supervisor dies,
however it dies, the end of the input tells us, and we stop as if asked to: the emulator saves its
state, and the Lambda workers, which wait on pipes of the emulator in the same manner, leave too.
"""

import asyncio
import logging
import os
import resource
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from infra.local import locks

EXIT_HELD = 75
"""Another emulator still holds this state (EX_TEMPFAIL)."""
KEEP_ALIVE_S = 75
GRACE_S = 1.0
"""For requests that are being answered when we stop. Idle connections are waited for as long."""


def main() -> None:
    """Take the lock, watch the leash, be the emulator until asked to stop."""
    try:
        lock = locks.take(Path(sys.argv[1]))
    except locks.Held:
        sys.exit(EXIT_HELD)
    threading.Thread(target=_leave_with_supervisor, daemon=True).start()
    _allow_many_connections()
    with lock:
        asyncio.run(_emulate())


async def _emulate() -> None:
    # Imported here: the emulator reads its environment and starts logging when imported.
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    config = Config()
    config.bind = [f"{os.environ['BIND_HOST']}:{os.environ['GATEWAY_PORT']}"]
    config.keep_alive_timeout = KEEP_ALIVE_S
    config.graceful_timeout = GRACE_S
    await serve(_leaving_when_saved(app), config, shutdown_trigger=stop.wait)


def _leaving_when_saved(app: Any) -> Any:
    """End the process with the emulator's word that it is done, which it gives after saving.

    What is left then are requests and threads that wait for Lambda workers, half a minute at times;
    nobody needs them any more.
    """

    async def _leaving(scope: Any, receive: Any, send: Any) -> None:
        async def _say(message: Any) -> None:
            await send(message)
            if message["type"] == "lifespan.shutdown.complete":
                logging.shutdown()
                os._exit(0)

        await app(scope, receive, _say if scope["type"] == "lifespan" else send)

    return _leaving


def _allow_many_connections() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _leave_with_supervisor() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
