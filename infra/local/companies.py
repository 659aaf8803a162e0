"""The front door and the sandbox companies in one event loop on a thread of its own."""

import asyncio
import logging
import os
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from typing import Any, TypeVar

from infra.local.door.front import BODY_BYTES_MAX, Behind, FrontDoor
from infra.local.door.server import Server
from infra.local.door.upstream import Upstream
from infra.local.keys import Secrets
from infra.local.layout import HOST, Layout, Ports
from infra.local.sandbox import app as sandbox_app
from infra.local.sandbox.app import Sandbox
from infra.local.sandbox.callbacks import Callbacks
from infra.local.sandbox.store import Store

LOG_BYTES_MAX = 5_000_000
LOG_FILES = 2
CALL_TIMEOUT_S = 30.0

T = TypeVar("T")


@dataclass(slots=True)
class _Open:
    """What must be closed again."""

    door: FrontDoor
    servers: tuple[Server, Server]
    ways: tuple[Upstream, ...]
    store: Store


class Companies:
    """Everything of ours that listens; made to listen and stopped from the supervisor's thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._open: _Open | None = None

    def start(self, places: Layout, ports: Ports, secrets: Secrets, behind: Behind) -> None:
        """Open the shop's address and the sandbox's."""
        _log_to(places)
        self._open = self._call(_start(places, ports, secrets, behind))

    def stop(self) -> None:
        """Answer what is being answered, then close."""
        if self._open is not None:
            self._call(_stop(self._open))
            self._open = None
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(CALL_TIMEOUT_S)


async def _start(places: Layout, ports: Ports, secrets: Secrets, behind: Behind) -> _Open:
    door = FrontDoor(behind)
    shop_server = Server(door.answer, body_bytes_max=BODY_BYTES_MAX)
    store = Store(places.sandbox)
    shop, emulator = Upstream(ports.shop), Upstream(ports.aws)
    sandbox = Sandbox(
        store,
        Callbacks(store, shop, host=f"{HOST}:{ports.shop}"),
        payment_secret=secrets.sandbox_payment,
        courier_secret=secrets.sandbox_courier,
        emulator=emulator,
    )
    sandbox_server = Server(sandbox.answer, body_bytes_max=sandbox_app.BODY_BYTES_MAX)
    await shop_server.start(ports.shop)
    await sandbox_server.start(ports.sandbox)
    return _Open(door, (sandbox_server, shop_server), (shop, emulator), store)


async def _stop(opened: _Open) -> None:
    for server in opened.servers:
        await server.stop()
    opened.door.close()
    for way in opened.ways:
        way.close()
    opened.store.close()


def _log_to(places: Layout) -> None:
    """One line a request, in a file that cannot grow for ever."""
    handler = RotatingFileHandler(
        places.logs / "door.log", maxBytes=LOG_BYTES_MAX, backupCount=LOG_FILES
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(message)s"))
    log = logging.getLogger("souk")
    log.setLevel(os.environ.get("SOUK_LOG_LEVEL", "INFO"))
    log.propagate = False
    log.handlers = [handler]
