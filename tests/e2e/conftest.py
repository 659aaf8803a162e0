"""The started stack for tests marked `stack`: once a session, on a free port, in its own folder."""

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.makers import chromium

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 240
STOP_TIMEOUT_S = 90
LINES_SHOWN = 40


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What `.local/stack.json` says. SOUK_STACK names the file of a stack that runs already."""
    if named := os.environ.get("SOUK_STACK"):
        yield json.loads(Path(named).read_text())
        return
    places = tmp_path_factory.mktemp("souk")
    log = places / "progress.log"
    with _started(places / "local", log) as process:
        described = places / "local" / "stack.json"
        if not described.exists():
            said = log.read_text().splitlines()[-LINES_SHOWN:]
            pytest.fail(f"the stack did not start (code {process.poll()}):\n" + "\n".join(said))
        yield json.loads(described.read_text())


@contextlib.contextmanager
def _started(local: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A supervisor on a leash: it ends with our end of its input, however we end."""
    listening, speaking = os.pipe()
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.local", "run", "--tethered", "--ready", str(speaking)],
            cwd=ROOT,
            env=os.environ | {"SOUK_LOCAL_DIR": str(local), "SOUK_PORT": str(_free_port())},
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=subprocess.STDOUT,
            pass_fds=(speaking,),
        )
    os.close(speaking)
    assert process.stdin is not None
    try:
        _wait_for_a_word(listening)
        yield process
    finally:
        process.stdin.close()
        try:
            process.wait(STOP_TIMEOUT_S)
        finally:
            process.kill()
            process.wait()


def _wait_for_a_word(listening: int) -> None:
    """Until the supervisor speaks, or hangs up because it has ended."""
    try:
        select.select([listening], [], [], START_TIMEOUT_S)
    finally:
        os.close(listening)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, opened once."""
    with chromium.opened() as opened:
        yield opened
