"""Trying again: every number of it, and the one loop that does it.

botocore and PynamoDB send once; what passes (throttles, conflicts of transactions, lost answers,
rows left over of a batch) is tried again here, under a doubling ceiling with full jitter. So no
number multiplies another's. A verb that met a faster one reads and tries again for `ROUNDS_MAX`
rounds. All of it ends `CALL_TIMEOUT_S` and `ANSWER_S` before Lambda would end the function: what is
not done by then is `Busy`, which a caller may repeat.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
)

from chalicelib.kernel import ids
from chalicelib.kernel.errors import Busy

ATTEMPTS_MAX = 9
ROUNDS_MAX = 10
BACKOFF_FIRST_MS = 20
BACKOFF_MAX_MS = 1_000
CONNECT_TIMEOUT_S = 2
READ_TIMEOUT_S = 10
CALL_TIMEOUT_S = CONNECT_TIMEOUT_S + READ_TIMEOUT_S
ANSWER_S = 1
"""What is left for making the answer once the last call is over."""
SEND_ONCE: Any = {"mode": "standard", "total_max_attempts": 1}
"""botocore's own setting, for every client."""

PASSING_REASONS = {
    "TransactionConflict",
    "ThrottlingError",
    "ProvisionedThroughputExceeded",
}
PASSING_ERRORS = {
    "TransactionInProgressException",
    "TransactionConflictException",
    "ThrottlingException",
    "Throttling",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "SlowDown",
    "RequestTimeout",
    "RequestTimeoutException",
    "InternalServerError",
}
NEVER_SENT = (ConnectTimeoutError, EndpointConnectionError)

T = TypeVar("T")
_ends: list[float] = []
"""When the running function must have sent its last call. A container runs one at a time."""


class LeftOver(Exception):
    """A batch was done in part; `persist` comes again for the rest."""


@contextmanager
def until(context: Any) -> Iterator[None]:
    """Bound every retry by the time that Lambda's context leaves; without a context by counts."""
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    if remaining is None:
        yield
        return
    _ends.append(now_s() + remaining() / 1_000 - CALL_TIMEOUT_S - ANSWER_S)
    try:
        yield
    finally:
        _ends.pop()


def persist(send: Callable[[bool], T]) -> T:
    """Send until it is answered for good: the answer, an error that will not pass, or `Busy`.

    `send(in_doubt)` sends once; `in_doubt` tells that an answer was lost before, so that an earlier
    one may have been done.
    """
    in_doubt = False
    for attempt in range(ATTEMPTS_MAX):
        require_time()
        try:
            return send(in_doubt)
        except (ClientError, BotoCoreError, LeftOver) as error:
            if not passes(error):
                raise
            in_doubt = in_doubt or is_lost(error)
            if attempt == ATTEMPTS_MAX - 1:
                raise Busy from error
        pause(attempt)
    raise AssertionError("the last attempt returns or raises")


def passes(error: Exception) -> bool:
    """Whether the same call may be answered otherwise a moment later."""
    if not isinstance(error, ClientError):
        return not isinstance(error, ParamValidationError)
    code = error.response["Error"]["Code"]
    if code == "TransactionCanceledException":
        reasons = {reason.code for reason in getattr(error, "cancellation_reasons", ()) if reason}
        return "ConditionalCheckFailed" not in reasons and bool(reasons & PASSING_REASONS)
    return code in PASSING_ERRORS or _status(error) >= 500


def is_lost(error: Exception) -> bool:
    """Whether the call may have been done although it was not answered."""
    if isinstance(error, ClientError):
        return _status(error) >= 500 or error.response["Error"]["Code"] == "InternalServerError"
    return isinstance(error, BotoCoreError) and not isinstance(error, NEVER_SENT)


def pause(attempt: int) -> None:
    """Wait before the next attempt or round. Refuses `Busy` when the time is over."""
    ceiling_ms = min(BACKOFF_FIRST_MS * 2**attempt, BACKOFF_MAX_MS)
    wait_s = ceiling_ms * (ids.random_bits(16) / 65_536) / 1_000
    require_time(wait_s)
    sleep_s(wait_s)


def now_s() -> float:
    return time.monotonic()


def sleep_s(seconds: float) -> None:
    time.sleep(seconds)


def require_time(wait_s: float = 0) -> None:
    """Refuse `Busy` where a call that begins then might not end before the function does."""
    if any(now_s() + wait_s > end for end in _ends[-1:]):
        raise Busy


def _status(error: ClientError) -> int:
    """PynamoDB's errors keep the status only in what they were made of."""
    source = error.__cause__ if isinstance(error.__cause__, ClientError) else error
    return int(source.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
