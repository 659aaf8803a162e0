"""Cold start: importing the API function against a bare DynamoDB client, turn by turn.

Both run from compiled files, as the package ships them.
"""

import os
import statistics
import subprocess
import sys
from pathlib import Path

from bench.report import heading, line

ROOT = Path(__file__).resolve().parents[1]
RUNS = 9
RATIO_MAX = 1.5
BARE = "import boto3; boto3.client('dynamodb', region_name='eu-west-1')"
FUNCTION = "import app"
TIMED = "import time, resource; {code}; usage = resource.getrusage(resource.RUSAGE_SELF); print(usage.ru_utime + usage.ru_stime)"


def main() -> bool:
    """Print both medians and their ratio."""
    heading(f"Cold import of the API function, CPU seconds, median of {RUNS} pairs")
    pairs = [(_seconds(FUNCTION), _seconds(BARE)) for _ in range(RUNS + 1)][1:]
    line("import app", statistics.median(ours for ours, _ in pairs) * 1_000, "ms")
    line(
        "bare boto3.client('dynamodb')", statistics.median(bare for _, bare in pairs) * 1_000, "ms"
    )
    ratio = statistics.median(ours / bare for ours, bare in pairs)
    return line("ratio", ratio, "x", limit=RATIO_MAX)


def _seconds(code: str) -> float:
    compiled = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", TIMED.format(code=code)],
        cwd=ROOT,
        env=compiled,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)
