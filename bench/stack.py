"""A stack of its own for the benchmarks, and this process as its API function."""

import atexit
import functools
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / ".build" / "bench"


@functools.cache
def described() -> dict[str, Any]:
    """One stack for all parts of a run, on free ports; this process takes on the API function's
    environment, once. The stack is stopped when the process ends.
    """
    environment = os.environ | {"SOUK_LOCAL_DIR": str(HOME), "SOUK_PORT": str(_free_port())}
    command = [sys.executable, "-m", "infra.local"]
    subprocess.run([*command, "reset"], cwd=ROOT, env=environment, check=True)
    subprocess.run([*command, "start"], cwd=ROOT, env=environment, check=True)
    atexit.register(subprocess.run, [*command, "stop"], cwd=ROOT, env=environment, check=True)
    found: dict[str, Any] = json.loads((HOME / "stack.json").read_text(encoding="utf-8"))
    become_the_function(found)
    return found


def become_the_function(described: dict[str, Any]) -> None:
    """Set the variables that the deployed API function has."""
    os.environ |= {
        "AWS_ENDPOINT_URL": described["aws_endpoint_url"],
        "AWS_DEFAULT_REGION": described["region"],
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    import boto3

    functions = boto3.client("lambda").get_paginator("list_functions").paginate()
    ours = [one for page in functions for one in page["Functions"] if one["Handler"] == "app.app"]
    os.environ |= ours[0]["Environment"]["Variables"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
