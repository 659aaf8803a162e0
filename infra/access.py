"""Which AWS a stage lives in: the emulator on this machine for `local`, an account for the rest."""

import json
import os
from pathlib import Path

from infra.package import ROOT

NOT_RUNNING = "The local stack is not running; start it with `make start`."


class CannotOperate(Exception):
    """A command cannot be carried out; the message says why and what to do."""


class NotRunning(CannotOperate):
    """The local stack is asked for and there is none."""


def use(stage: str, *, stack_file: Path | None = None) -> None:
    """Point boto3 at the stage's AWS, through the environment that boto3 reads.

    An AWS_ENDPOINT_URL that is already set wins, so the same commands can be tried on an emulator.
    The local stage never reaches a real account.
    """
    if stage != "local" or os.environ.get("AWS_ENDPOINT_URL"):
        return
    stack_file = stack_file or local_folder() / "stack.json"
    if not stack_file.exists():
        raise NotRunning(NOT_RUNNING)
    stack = json.loads(stack_file.read_text())
    os.environ |= {
        "AWS_ENDPOINT_URL": stack["aws_endpoint_url"],
        "AWS_DEFAULT_REGION": stack["region"],
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    os.environ.pop("AWS_PROFILE", None)


def local_folder() -> Path:
    """Where this checkout's local stack keeps its things: SOUK_LOCAL_DIR, else `.local`."""
    named = os.environ.get("SOUK_LOCAL_DIR")
    return Path(named).resolve() if named else ROOT / ".local"
