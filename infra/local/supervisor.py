"""The one process that holds the local stack together: starts its parts, watches, ends them."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import IO

from infra import package
from infra.deploy import Outputs
from infra.local import keys, locks, stack, stack_file, warm
from infra.local.companies import Companies
from infra.local.door.front import Behind
from infra.local.door.routes import Routes
from infra.local.emulator import Emulator, sdk_environment
from infra.local.keys import Secrets
from infra.local.layout import Layout, Ports, choose_ports, layout
from infra.local.problems import LocalProblem
from infra.local.progress import Progress
from infra.wiring import MEDIA

RATE_PER_MINUTE = 300
WATCH_S = 0.5
REQUESTS_PER_CORE = 2
REQUESTS_LEAST = 4
FAILURES_ONLY = frozenset(
    {"/api/v1/sessions", "/api/v1/carts/{cart}/coupons/{code}"}
    | {"/api/v1/sessions/second-factor", "/account/second-factor", "/console/second-factor"}
    | {"/account/sign-in", "/account/sign-in/code", "/account/sign-in/passkey", "/console/sign-in"}
)
"""Codes and sign-ins: only failures count toward their rate (contract, "Manners")."""


_KEPT: list[IO[str]] = []
"""Our lock, held until the process is gone: who waits for it then finds nothing of us left."""


class Stopped(BaseException):
    """Somebody asked us to stop."""


class Signals:
    """Turns a request to stop into `Stopped`, at once or after what must not be cut in two."""

    def __init__(self) -> None:
        self._is_asked = False
        self._is_deferred = False

    def listen(self) -> None:
        """Take SIGINT, SIGTERM and SIGHUP."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._hear)

    def ignore(self) -> None:
        """From here on stopping is under way and is not cut short."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)

    @contextlib.contextmanager
    def deferred(self) -> Iterator[None]:
        """Finish the block before stopping: a stack saved half made cannot be used again."""
        self._is_deferred = True
        yield
        self._is_deferred = False
        if self._is_asked:
            raise Stopped

    def _hear(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self._is_asked:
            return
        self._is_asked = True
        if not self._is_deferred:
            raise Stopped


class Supervisor:
    """Starts the parts in order and ends them in the reverse one."""

    def __init__(self, places: Layout, progress: Progress) -> None:
        self._places = places
        self._progress = progress
        self._signals = Signals()
        self._undo = contextlib.ExitStack()

    def run(self, *, ready: int | None = None) -> int:
        """Start, say that all is ready, stay until asked to stop. Returns the exit code.

        `ready` is a file descriptor on which the caller waits for a word. Raises `LocalProblem`.
        """
        self._signals.listen()
        try:
            emulator = self._start()
            if ready is not None:
                os.write(ready, b"ready\n")
                os.close(ready)
            return self._watch(emulator)
        except Stopped:
            self._progress("stopping")
            return 0
        finally:
            self._signals.ignore()
            self._undo.close()
            self._progress("stopped; the data stays")

    def _start(self) -> Emulator:
        places, progress = self._places, self._progress
        ports = choose_ports(places)
        secrets = keys.load(places)
        places.stack_file.unlink(missing_ok=True)
        os.environ.update(sdk_environment(ports))
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            if name not in sdk_environment(ports):
                del os.environ[name]
        emulator = Emulator(places, ports)
        self._undo.callback(progress, "MiniStack has saved its state and left")
        self._undo.callback(emulator.stop)
        emulator.start()
        progress(f"MiniStack answers on {ports.aws_url}")
        with self._signals.deferred():
            outputs = stack.bring_up_to_date(ports, secrets, progress)
        behind = _behind(ports, secrets, outputs)
        companies = Companies()
        self._undo.callback(progress, "the front door is closed")
        self._undo.callback(companies.stop)
        companies.start(places, ports, secrets, behind)
        progress(f"the front door is open on {ports.shop_url}")
        # Imported here: it brings the application in, which `stop` and `status` need not wait for.
        from infra.local import demo

        made = demo.load(places, ports, progress)
        warm.api(ports, behind.concurrency)
        progress(f"{behind.concurrency} workers are warm")
        described = stack_file.write(places, ports, secrets, outputs, made)
        self._undo.callback(places.stack_file.unlink, missing_ok=True)
        progress("ready")
        stack_file.tell(described)
        threading.Thread(target=warm.beside_the_shop, daemon=True).start()
        return emulator

    def _watch(self, emulator: Emulator) -> int:
        """Stay; the door keeps answering 503 when the emulator has died, and we say so."""
        while (code := emulator.exit_code()) is None:
            time.sleep(WATCH_S)
        self._progress(
            f"MiniStack ended by itself (code {code}); what was written since the start is lost. "
            f"Stop with Ctrl-C or `make stop`, then start again. Its last words in "
            f"{self._places.logs / 'ministack.log'}:\n{emulator.last_words()}"
        )
        try:
            while True:
                time.sleep(WATCH_S)
        except Stopped:
            return 1


def run(*, tethered: bool = False, ready: int | None = None) -> int:
    """Be the supervisor of this checkout's stack. Raises `LocalProblem`.

    `tethered` ends the stack when our standard input does: a test runner that dies takes its
    stack with it.
    """
    places = layout()
    places.make()
    try:
        lock = locks.take(places.lock)
    except locks.Held as held:
        raise LocalProblem(
            f"Souk is running here already (process {locks.holder(places.lock)}); "
            "`make stop` ends it"
        ) from held
    if tethered:
        threading.Thread(target=_stop_with_input, daemon=True).start()
    _KEPT.append(lock)
    return Supervisor(places, Progress()).run(ready=ready)


def _behind(ports: Ports, secrets: Secrets, outputs: Outputs) -> Behind:
    api_id, api_stage = stack.api(outputs)
    return Behind(
        shop_url=ports.shop_url,
        aws_port=ports.aws,
        api_id=api_id,
        api_stage=api_stage,
        edge_secret=secrets.edge,
        media_bucket=outputs[MEDIA.logical_id],
        static=package.ROOT / "static",
        routes=Routes(stack.routes(api_id)),
        rate_per_minute=_setting("SOUK_RATE_PER_MINUTE", RATE_PER_MINUTE),
        concurrency=_setting(
            "SOUK_LOCAL_CONCURRENCY", max(REQUESTS_LEAST, REQUESTS_PER_CORE * (os.cpu_count() or 1))
        ),
        failures_only=FAILURES_ONLY,
    )


def _setting(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise LocalProblem(f"{name}={text} is not a whole number above 0")
    return int(text)


def _stop_with_input() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
