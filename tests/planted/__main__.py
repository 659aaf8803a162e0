"""`make planted`: each bug of bugs.toml in a copy of its own, and which test noticed it.

`python -m tests.planted NAME…` plants some of them alone. Ends with 1 when a bug survives.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.makers import scale
from tests.planted.bugs import ROOT, Bug, bugs

AT_ONCE = 2
SUITE_TIMEOUT_S = 600
TESTS_FAILED = 1
FAILED = re.compile(r"^FAILED (\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Verdict:
    """Which test noticed the bug; empty where none did."""

    bug: Bug
    killer: str
    elapsed_s: float


def main(names: Sequence[str]) -> int:
    known = bugs()
    wanted = [bug for bug in known if not names or bug.name in names]
    if unknown := set(names) - {bug.name for bug in known}:
        print(f"no such bug: {', '.join(sorted(unknown))}")
        return 2
    with ThreadPoolExecutor(AT_ONCE) as pool:
        verdicts = []
        for verdict in pool.map(judge, wanted):
            verdicts.append(verdict)
            mark = verdict.killer or "SURVIVES"
            print(f"{verdict.bug.name:<34} {verdict.elapsed_s:>5.0f} s  {mark}", flush=True)
    killed = sum(1 for verdict in verdicts if verdict.killer)
    print(f"{killed} of {len(verdicts)} planted bugs were noticed")
    if not names:
        scale.tell("planted bugs", "noticed", f"{killed} of {len(verdicts)}")
    return 0 if killed == len(verdicts) else 1


def judge(bug: Bug) -> Verdict:
    """Plant one bug and run its tests until one fails."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="souk-planted-") as folder:
        copy = Path(folder) / "souk"
        _copy_tree(copy)
        bug.plant(copy)
        killer = ""
        for suite in bug.tests:
            killer = _run(copy, suite)
            if killer:
                break
    return Verdict(bug, killer, time.monotonic() - started)


def _copy_tree(copy: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        source, target = ROOT / name, copy / name
        if source.exists() or source.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
    for kept in (".venv", ".build"):
        if (ROOT / kept).exists():
            (copy / kept).symlink_to(ROOT / kept, target_is_directory=True)


def _run(copy: Path, suite: str) -> str:
    """The first test that fails, at the size of `make test` however large the others run."""
    if not (copy / suite).exists():
        return ""
    environment = {name: value for name, value in os.environ.items() if name != "SOUK_PROVE"}
    words = [sys.executable, "-m", "pytest", "-x", "-q", "-m", "not stack", "--no-header"]
    try:
        ran = subprocess.run(  # noqa: PLW1510 - its code is looked at below
            [*words, "-p", "no:cacheprovider", suite],
            cwd=copy,
            env=environment,
            capture_output=True,
            text=True,
            timeout=SUITE_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        return f"{suite} never ends"
    if ran.returncode != TESTS_FAILED:
        return ""
    found = FAILED.search(ran.stdout)
    return found.group(1) if found else suite


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
