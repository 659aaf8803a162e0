"""The locked libraries as Lambda needs them: wheels for its platform, without dead weight."""

import shutil
import subprocess
import sys
from pathlib import Path

GLIBC_MINOR = 26 if sys.version_info < (3, 12) else 34
"""Of Lambda's Amazon Linux: 2.26 up to python3.11, 2.34 since python3.12."""

LOCALES_KEPT = ("en", "zh", "root")
SERVICES_KEPT = {"dynamodb", "events", "s3", "ses", "sesv2", "sns", "sqs"}
"""AWS services whose descriptions the application's clients load; tests/packaging checks them."""

DEAD_WEIGHT = ("*.pyi", "*.c", "*.pyx", "*.h")
DEAD_FOLDERS = ("tests", "test", "bin", "geodata", "carrierdata", "tzdata")
"""The last three are phonenumbers' places, carriers and time zones; Souk asks it for numbers alone."""


class InstallFailed(Exception):
    """pip refused: a hash differs, or there is no wheel for Lambda's platform."""


def install(lock: Path, target: Path) -> None:
    """Put every library of the lock file into `target`, checked against its hashes."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--require-hashes", "--no-deps", "--no-compile", "--only-binary=:all:"]
    command += ["--platform=manylinux2014_x86_64"]
    command += [f"--platform=manylinux_2_{minor}_x86_64" for minor in range(GLIBC_MINOR, 16, -1)]
    command += ["--implementation=cp", "--target", str(target), "--upgrade", "-r", str(lock)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise InstallFailed(done.stderr.strip()[-4000:])
    prune(target)


def prune(target: Path) -> None:
    """Leave out what no function ever reads; most of it is other countries and other services."""
    for pattern in DEAD_WEIGHT:
        for path in target.rglob(pattern):
            path.unlink()
    for name in DEAD_FOLDERS:
        for path in [path for path in target.rglob(name) if path.is_dir()]:
            shutil.rmtree(path, ignore_errors=True)
    for path in (target / "babel" / "locale-data").glob("*.dat"):
        if path.stem.split("_")[0] not in LOCALES_KEPT:
            path.unlink()
    for path in (target / "botocore" / "data").glob("*/"):
        if path.is_dir() and path.name not in SERVICES_KEPT:
            shutil.rmtree(path)
    shutil.rmtree(target / "boto3" / "examples", ignore_errors=True)
