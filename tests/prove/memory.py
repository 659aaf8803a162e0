"""How much memory a process and all its descendants have at once (Linux)."""

import subprocess
from collections import defaultdict
from pathlib import Path

PROC = Path("/proc")
LOOK_EVERY_S = 1.0
KB_PER_MB = 1_024


def peak_while(process: "subprocess.Popen[bytes]") -> int:
    """Wait for a process to end; return the most that it and its descendants had, in MB.

    Proportional shares, so that what forked processes have in common counts once.
    """
    peak_kb = 0
    while True:
        try:
            process.wait(LOOK_EVERY_S)
        except subprocess.TimeoutExpired:
            peak_kb = max(peak_kb, _of_tree(process.pid))
        else:
            return peak_kb // KB_PER_MB


def _of_tree(root: int) -> int:
    children: dict[int, list[int]] = defaultdict(list)
    for place in PROC.glob("[0-9]*/stat"):
        try:
            text = place.read_text(errors="replace")
        except OSError:
            continue
        parent = int(text.rpartition(")")[2].split()[1])
        children[parent].append(int(place.parent.name))
    total, waiting = 0, [root]
    while waiting:
        one = waiting.pop()
        waiting += children[one]
        total += _share_of(one)
    return total


def _share_of(pid: int) -> int:
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
