"""The locked libraries as Lambda needs them: wheels for its platform, without dead weight."""

import shutil
import subprocess
import sys
from pathlib import Path

PLATFORMS = ("manylinux2014_x86_64", "manylinux_2_17_x86_64")
PLATFORMS_SINCE_3_12 = ("manylinux_2_28_x86_64", "manylinux_2_34_x86_64")
"""Lambda's python3.12 and later run on Amazon Linux 2023, whose C library is newer."""

LOCALES_KEPT = ("en", "zh", "root")
SERVICES_KEPT = {"dynamodb", "events", "s3", "ses", "sesv2", "sqs", "sso", "sso-oidc", "sts"}
"""AWS services whose descriptions the application's clients load; tests/packaging checks them."""

DEAD_WEIGHT = ("*.pyi", "*.c", "*.pyx", "*.h")
DEAD_FOLDERS = ("tests", "test", "bin")


class InstallFailed(Exception):
    """pip refused: a hash differs, or there is no wheel for Lambda's platform."""


def install(lock: Path, target: Path, cache: Path) -> None:
    """Put every library of the lock file into `target`, checked against its hashes."""
    cache.mkdir(parents=True, exist_ok=True)
    platforms = PLATFORMS
    if sys.version_info >= (3, 12):
        platforms += PLATFORMS_SINCE_3_12
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--require-hashes", "--no-deps", "--no-compile", "--only-binary=:all:"]
    command += [f"--platform={platform}" for platform in platforms]
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
