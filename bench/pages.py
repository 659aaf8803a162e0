"""What pages cost beside the JSON of the same route: medians of paired runs in one process."""

import statistics
import time
from typing import Any

from bench import stack
from bench.gateway import Function
from bench.report import heading, line

RUNS = 40
WARM_UP = 5
RATIO_MAX = 3.0
PAIRS = {"listing of 24": ("/search?limit=24", "/api/v1/products?limit=24")}


def main() -> bool:
    """Measure every pair and print its ratio."""
    heading(f"Pages beside their JSON, median of {RUNS}")
    stack.described()
    import app

    function = Function(app.app)
    kept = [_measure(name, function, page, data) for name, (page, data) in PAIRS.items()]
    return all(kept)


def _measure(name: str, function: Function, page: str, data: str) -> bool:
    ratios, spent = [], []
    for run in range(WARM_UP + RUNS):
        ours = _cpu(function, function.event("GET", page, accept="text/html"))
        plain = _cpu(function, function.event("GET", data))
        if run >= WARM_UP:
            ratios.append(ours / plain)
            spent.append(ours)
    line(f"{name}: page's CPU", statistics.median(spent) * 1_000, "ms")
    return line(f"{name}: page / JSON", statistics.median(ratios), "x", limit=RATIO_MAX)


def _cpu(function: Function, event: dict[str, Any]) -> float:
    started = time.process_time()
    answer = function.invoke(event)
    spent = time.process_time() - started
    assert answer["statusCode"] == 200, answer["body"]
    return spent
