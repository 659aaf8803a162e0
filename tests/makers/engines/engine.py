"""One running engine, and stages on it."""

import contextlib
import itertools
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config

from infra.bare import create_tables
from tests.makers.stage import REGION, STAGE

HOST = "127.0.0.1"
READY_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 5.0
POLL_S = 0.05
LAST_WORDS = 2_000
CONNECTIONS_MAX = 32
ACCOUNTS_FROM = 200_000_000_001


class EngineFailed(RuntimeError):
    """An engine did not start."""


@dataclass
class Engine:
    """A process that speaks DynamoDB's protocol at `url`. Every access key is a world of its own."""

    name: str
    url: str
    process: subprocess.Popen[bytes]
    log: Path
    _accounts: Iterator[int] = field(default_factory=lambda: itertools.count(ACCOUNTS_FROM))

    def account(self) -> str:
        """An access key under which there is nothing yet."""
        return str(next(self._accounts))

    def environment(self, account: str) -> dict[str, str]:
        """The variables that send the app's DynamoDB calls here."""
        return {
            "AWS_ENDPOINT_URL_DYNAMODB": self.url,
            "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    @contextmanager
    def tables(self) -> Iterator[str]:
        """Make the stage's tables under an account of their own, and drop them in the end."""
        account = self.account()
        with contextlib.closing(client(self.url, account)) as dynamodb:
            create_tables(dynamodb, STAGE)
            yield account
            for table in dynamodb.list_tables()["TableNames"]:
                dynamodb.delete_table(TableName=table)

    def wait_until_ready(self) -> None:
        """Raises `EngineFailed` with its last words when it ends or stays silent."""
        deadline = time.monotonic() + READY_TIMEOUT_S
        port = int(self.url.rpartition(":")[2])
        while not _listens(port):
            if self.process.poll() is not None or time.monotonic() > deadline:
                words = self.log.read_text(errors="replace")[-LAST_WORDS:]
                raise EngineFailed(f"{self.name} did not start; its last words:\n{words}")
            time.sleep(POLL_S)
        with contextlib.closing(client(self.url, self.account())) as dynamodb:
            dynamodb.list_tables()

    def stop(self) -> None:
        """End it and whatever it started."""
        assert self.process.stdin is not None, "the leash is its standard input"
        self.process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_TIMEOUT_S)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def client(url: str, account: str) -> Any:
    """A client that never tries again by itself: what an engine says is to be seen."""
    return botocore.session.get_session().create_client(
        "dynamodb",
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=account,
        aws_secret_access_key="testing",
        config=Config(
            retries={"mode": "standard", "total_max_attempts": 1},
            max_pool_connections=CONNECTIONS_MAX,
        ),
    )


def started(name: str, port: int, command: Sequence[str], log: Path, **extra: str) -> Engine:
    """Start an engine whose leash is its standard input, and wait until it answers."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=log.parent,
            env=kept | extra,
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    engine = Engine(name, f"http://{HOST}:{port}", process, log)
    try:
        engine.wait_until_ready()
    except BaseException:
        engine.stop()
        raise
    return engine


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
