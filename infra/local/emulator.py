"""MiniStack as our child: its environment, its saved state, its start and its end."""

import contextlib
import http.client
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from infra.local import locks, saved_state
from infra.local.layout import HOST, Layout, Ports
from infra.local.problems import LocalProblem
from infra.local.tethered import EXIT_HELD
from infra.package import ROOT

REGION = "us-east-1"
READY_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 60.0
GROUP_TIMEOUT_S = 5.0
PREDECESSOR_TIMEOUT_S = 30.0
POLL_S = 0.03
OLD_SCRATCH = "scratch-old-"
WARM_WORKER_S = 600
"""How long a surplus Lambda worker is kept; the first of each function stays."""
LOG_LINES_SHOWN = 8


def sdk_environment(ports: Ports) -> dict[str, str]:
    """What makes any AWS client speak to this emulator and to nothing else.

    Profiles, credentials and proxies of the developer's own are out of reach.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "SOUK_", "MINISTACK_"))
    }
    return kept | {
        "AWS_ENDPOINT_URL": ports.aws_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": f"{HOST},localhost",
        "no_proxy": f"{HOST},localhost",
    }


class Emulator:
    """One MiniStack process with its Lambda workers, all in a process group of their own."""

    def __init__(self, places: Layout, ports: Ports) -> None:
        self._places = places
        self._ports = ports
        self._log = places.logs / "ministack.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start on the saved state and wait until it answers. Raises `LocalProblem`."""
        if not locks.wait_until_free(self._places.emulator_lock, PREDECESSOR_TIMEOUT_S):
            raise LocalProblem(
                "the MiniStack of an earlier start is still saving its state; try again shortly"
            )
        saved_state.mend(self._places, self._ports)
        _clear(self._places.scratch)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "infra.local.tethered", str(self._places.emulator_lock)],
                cwd=ROOT,
                env=self._environment(),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._wait_until_ready(self._process)

    def exit_code(self) -> int | None:
        """The code it ended with, None while it runs."""
        return self._process.poll() if self._process else None

    def last_words(self) -> str:
        """The end of its log, for a message about its death."""
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return "\n".join(f"    {line}" for line in lines[-LOG_LINES_SHOWN:])

    def stop(self) -> None:
        """Let it save its state and leave; make sure that no worker stays. Raises `LocalProblem`."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired as late:
            raise LocalProblem(
                f"MiniStack did not stop within {STOP_TIMEOUT_S:.0f} s and was ended; "
                "what was written since the start may be lost"
            ) from late
        finally:
            process.kill()
            process.wait()
            end_group(process.pid)
            if process.stdin:
                process.stdin.close()

    def _environment(self) -> dict[str, str]:
        own = sdk_environment(self._ports)
        # The emulator derives the address itself; a function's own setting would win over it.
        del own["AWS_ENDPOINT_URL"]
        return own | {
            "GATEWAY_PORT": str(self._ports.aws),
            "BIND_HOST": HOST,
            "MINISTACK_HOST": HOST,
            "MINISTACK_REGION": REGION,
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self._places.state),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self._places.objects),
            "TMPDIR": str(self._places.scratch),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "LAMBDA_EXECUTOR": "local",
            "LAMBDA_WARM_TTL_SECONDS": str(WARM_WORKER_S),
            # It must neither look for containers nor tidy away those of others.
            "DOCKER_HOST": "unix:///nonexistent/docker.sock",
            "PYTHONUNBUFFERED": "1",
        }

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not self._answers():
            code = process.poll()
            if code == EXIT_HELD:
                raise LocalProblem("another MiniStack uses this folder; `make stop` ends it")
            if code is not None:
                raise LocalProblem(
                    f"MiniStack ended with code {code} while starting; its last words in "
                    f"{self._log}:\n{self.last_words()}"
                )
            if time.monotonic() > deadline:
                raise LocalProblem(f"MiniStack does not answer after {READY_TIMEOUT_S:.0f} s")
            time.sleep(POLL_S)

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self._ports.aws, timeout=5)
        try:
            connection.request("GET", "/_ministack/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


def _clear(scratch: Path) -> None:
    """Empty the folder at once; what was in it, ten thousand files at times, goes meanwhile."""
    if scratch.exists():
        scratch.rename(scratch.with_name(f"{OLD_SCRATCH}{time.time_ns()}"))
    scratch.mkdir(parents=True)
    for old in scratch.parent.glob(f"{OLD_SCRATCH}*"):
        threading.Thread(target=shutil.rmtree, args=(old, True), daemon=True).start()


def end_group(leader: int) -> None:
    """End whoever is left of a process group whose leader has gone: workers that only wait for it."""
    deadline = time.monotonic() + GROUP_TIMEOUT_S
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
        while time.monotonic() < deadline:
            os.killpg(leader, 0)
            time.sleep(POLL_S)
