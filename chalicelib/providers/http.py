"""Calls to the companies outside: bounded in time, never following, never retrying by themselves.

Whoever calls stands between two saved states and comes again with the same key.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from msgspec import Struct

from chalicelib.aws import retries
from chalicelib.kernel.errors import Busy

ANSWER_BYTES_MAX = 1024 * 1024


class ProviderUnavailable(Busy):
    """The company outside does not answer, or says that it cannot now. Trying again is safe."""

    code, title = "providers.unavailable", "A company we depend on does not answer; try again"
    retry_after_s = 5


class Answer(Struct, frozen=True):
    """What the company said."""

    status: int
    body: bytes


def call(method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
    """Send one request. Refuses `request.busy` when there is no time left for it, and
    `providers.unavailable` for no answer, 401, 403, 409, 429 and 5xx.

    409 is a company's word for "the same key is still being worked on"; 401 and 403 mean that our
    own credentials are wrong, which says nothing about the payment or refund.
    """
    import urllib3

    retries.require_time()
    try:
        answer = _pool().request(
            method,
            url,
            body=body,
            headers=dict(headers),
            retries=False,
            redirect=False,
            preload_content=False,
        )
        content = answer.read(ANSWER_BYTES_MAX)
        answer.release_conn()
    except urllib3.exceptions.HTTPError as error:
        raise ProviderUnavailable from error
    if answer.status >= 500 or answer.status in {401, 403, 409, 429}:
        raise ProviderUnavailable(f"The company answered {answer.status}")
    return Answer(answer.status, content)


@cache
def _pool() -> Any:
    import urllib3

    timeout = urllib3.Timeout(connect=retries.CONNECT_TIMEOUT_S, read=retries.READ_TIMEOUT_S)
    return urllib3.PoolManager(timeout=timeout)
