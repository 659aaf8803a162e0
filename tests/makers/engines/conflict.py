"""`TransactionConflict`, put into the app's own client: no engine here raises it by itself.

It is answered where botocore sends, so botocore's parsing and our own retries are the real ones.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.awsrequest import AWSResponse

from chalicelib.aws import tables

EVENT = "before-send.dynamodb.TransactWriteItems"


class _Body:
    """The body of an answer as botocore reads it."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self._content


@contextmanager
def conflicting(meets: Callable[[int], bool]) -> Iterator[list[bool]]:
    """Let transactions for whose number (from 0) `meets` holds meet another that holds their rows.

    Gives what each that was sent met.
    """
    met: list[bool] = []

    def answer(request: Any, **_: object) -> AWSResponse | None:
        met.append(meets(len(met)))
        return _refused(request) if met[-1] else None

    events = tables.connection().client.meta.events
    events.register_first(EVENT, answer, unique_id=EVENT)
    try:
        yield met
    finally:
        events.unregister(EVENT, unique_id=EVENT)


def _refused(request: Any) -> AWSResponse:
    body = {
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": "Transaction cancelled [TransactionConflict, None]",
        "CancellationReasons": [{"Code": "TransactionConflict"}, {"Code": "None"}],
    }
    headers = {"content-type": "application/x-amz-json-1.0"}
    return AWSResponse(request.url, 400, headers, _Body(json.dumps(body).encode()))
