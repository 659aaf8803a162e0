"""`start`, `stop`, `reset` and `status`: the supervisor in the background."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import BinaryIO

from infra.local import locks
from infra.local.layout import Layout, layout, wanted_shop_port
from infra.local.problems import LocalProblem
from infra.local.stack_file import tell
from infra.package import ROOT

POLL_S = 0.1
STOP_TIMEOUT_S = 90.0
ANSWER_TIMEOUT_S = 5.0


def start() -> int:
    """Start the supervisor in the background; show its progress until it is ready."""
    places = layout()
    wanted_shop_port()
    if (holder := locks.holder(places.lock)) is not None:
        return _already(places, holder)
    places.make()
    log = places.logs / "souk.log"
    listening, speaking = os.pipe()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.local", "run", "--ready", str(speaking)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=(speaking,),
            start_new_session=True,
        )
    os.close(speaking)
    with os.fdopen(listening, "rb") as pipe, log.open("rb") as said:
        is_ready = _show_until_ready(process, pipe, said)
    if is_ready:
        return 0
    code = process.wait()
    return code if code > 0 else 1


def stop() -> int:
    """Ask the supervisor to stop and wait until the data is saved."""
    places = layout()
    holder = locks.holder(places.lock)
    if holder is None:
        places.stack_file.unlink(missing_ok=True)
        _wait_for_emulator(places)
        print("Souk is not running.")
        return 0
    _end(places, holder)
    print("stopped; the data stays")
    return 0


def reset() -> int:
    """Stop, and forget data, secrets and logs."""
    places = layout()
    holder = locks.holder(places.lock)
    if holder is not None:
        _end(places, holder)
    _wait_for_emulator(places)
    if places.root.exists():
        _refuse_foreign(places.root)
        shutil.rmtree(places.root)
    print("all local data is forgotten")
    return 0


def status() -> int:
    """Say whether it runs and where; the exit code is 0 only if the shop answers."""
    places = layout()
    holder = locks.holder(places.lock)
    if holder is None:
        print("Souk is not running; `make start` starts it.")
        return 3
    if not places.stack_file.exists():
        print(f"Souk is starting (process {holder}).")
        return 3
    described = json.loads(places.stack_file.read_text())
    answer = _health(described["shop_url"])
    print(f"Souk runs as process {holder}; the shop says {answer}.")
    tell(described)
    return 0 if answer == "ok" else 1


def _already(places: Layout, holder: int) -> int:
    if not places.stack_file.exists():
        raise LocalProblem(f"Souk is starting already (process {holder}); `make logs` follows it")
    described = json.loads(places.stack_file.read_text())
    if _health(described["shop_url"]) != "ok":
        raise LocalProblem(
            f"Souk runs (process {holder}) but the shop does not answer; "
            "`make stop` and `make start` again"
        )
    print(f"Souk is running already (process {holder}).")
    tell(described)
    return 0


def _show_until_ready(process: subprocess.Popen[bytes], pipe: BinaryIO, said: BinaryIO) -> bool:
    os.set_blocking(pipe.fileno(), False)
    word: bytes | None = None
    try:
        while not word and process.poll() is None:
            time.sleep(POLL_S)
            _relay(said)
            word = pipe.read()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGTERM)
        process.wait()
        raise
    _relay(said)
    return bool(word)


def _relay(said: BinaryIO) -> None:
    if text := said.read():
        sys.stdout.write(text.decode(errors="replace"))
        sys.stdout.flush()


def _end(places: Layout, holder: int) -> None:
    if holder == 0:
        raise LocalProblem("Souk is starting this very moment; try again")
    try:
        os.kill(holder, signal.SIGTERM)
    except ProcessLookupError:
        return
    except PermissionError as refusal:
        raise LocalProblem(f"process {holder} belongs to another user") from refusal
    if not locks.wait_until_free(places.lock, STOP_TIMEOUT_S):
        raise LocalProblem(
            f"process {holder} does not stop; its words are in {places.logs / 'souk.log'}"
        )


def _wait_for_emulator(places: Layout) -> None:
    """An emulator whose supervisor died is saving its state and leaves by itself."""
    if not locks.wait_until_free(places.emulator_lock, STOP_TIMEOUT_S):
        raise LocalProblem("a MiniStack without supervisor does not end; end it by hand")


def _refuse_foreign(folder: Path) -> None:
    """SOUK_LOCAL_DIR may name any folder; only one of ours is deleted."""
    known = {"state", "s3", "logs", "scratch", "secrets.json", "ports.json"}
    if any(folder.iterdir()) and not known & {place.name for place in folder.iterdir()}:
        raise LocalProblem(f"{folder} does not look like a folder of Souk; it is left alone")


def _health(shop_url: str) -> str:
    connection = HTTPConnection(shop_url.removeprefix("http://"), timeout=ANSWER_TIMEOUT_S)
    try:
        connection.request("GET", "/api/v1/health")
        answer = connection.getresponse()
    except OSError:
        return "nothing"
    else:
        return "ok" if answer.status == 200 else f"{answer.status} {answer.reason}"
    finally:
        connection.close()
