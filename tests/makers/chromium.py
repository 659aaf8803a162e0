"""Chromium for the tests that look at pages as people do."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
INSTALL_TIMEOUT_S = 240
LEFT_OUT = "browser tests were left out: no Chromium here; add it with `apt-get install chromium`"


@contextmanager
def opened() -> Iterator[Any]:
    """Open one for as long as the context lasts; where there is none, the tests say so."""
    path = _path()
    if not path:
        pytest.skip(LEFT_OUT)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


def _path() -> str:
    """Where Chromium lies: the one found here, or Debian's where it may be installed; else ""."""
    return _found() or _installed()


def _found() -> str:
    return next((path for path in map(shutil.which, NAMES) if path), "")


def _installed() -> str:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return ""
    for command in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
        done = subprocess.run(
            ["apt-get", "-q", *command], capture_output=True, check=False, timeout=INSTALL_TIMEOUT_S
        )
        if done.returncode != 0:
            return ""
    return _found()
