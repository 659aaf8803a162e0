"""Logs, metrics and request ids: one line of JSON at the end of each invocation, without people."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

NAMESPACE = "Souk"
_running: ContextVar[str] = ContextVar("running", default="")


def running() -> str:
    """Name the function that runs now; empty outside of one."""
    return _running.get()


@contextmanager
def run(name: str) -> Iterator[None]:
    """Say which function runs, for whoever watches what it does."""
    token = _running.set(name)
    try:
        yield
    finally:
        _running.reset(token)


@cache
def logger() -> Logger:
    """Return the structured logger. It writes to stderr, which both AWS and one machine collect."""
    return Logger(service="souk", stream=sys.stderr, use_rfc3339=True, utc=True)


@cache
def metrics() -> Metrics:
    """Return the metrics in CloudWatch's embedded format."""
    return Metrics(namespace=NAMESPACE, service="souk")


def count(name: str, value: float = 1, **dimensions: str) -> None:
    """Add to a metric and send it with the log."""
    with_dimensions = Metrics(namespace=NAMESPACE, service="souk")
    for key, text in dimensions.items():
        with_dimensions.add_dimension(name=key, value=text)
    with_dimensions.add_metric(name=name, unit=MetricUnit.Count, value=value)
    with_dimensions.flush_metrics()
