"""The bus: facts for whoever listens. Every entry's own answer is looked at."""

from collections.abc import Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from chalicelib.aws import retries
from chalicelib.aws.clients import client
from chalicelib.aws.observe import logger
from chalicelib.aws.settings import settings
from chalicelib.kernel.errors import Busy

ENTRIES_MAX = 10
BYTES_MAX = 256 * 1024
"""Of one call, all entries together."""
ENTRY_BYTES_EXTRA = 256
"""What an entry weighs beside its body: names, source, time."""
PASSING_CODES = {"ThrottlingException", "InternalFailure", "InternalException", "LimitExceeded"}
SOURCE = "souk"

Entry = tuple[str, str, str]


def put(facts: Sequence[Entry]) -> set[str]:
    """Put facts (name, JSON body, id) on the bus. Returns the ids that the bus did not take.

    A fact that the bus will not have takes no other along, and nothing is raised for it.
    """
    refused: set[str] = set()
    for chunk in _chunks(facts):
        refused |= _put(chunk)
    return refused


def _chunks(facts: Sequence[Entry]) -> Iterator[list[Entry]]:
    chunk: list[Entry] = []
    weight = 0
    for fact in facts:
        own = len(fact[1].encode()) + ENTRY_BYTES_EXTRA
        if chunk and (len(chunk) == ENTRIES_MAX or weight + own > BYTES_MAX):
            yield chunk
            chunk, weight = [], 0
        chunk.append(fact)
        weight += own
    if chunk:
        yield chunk


def _put(chunk: list[Entry]) -> set[str]:
    waiting = chunk
    refused: set[str] = set()

    def send(_: bool) -> None:
        nonlocal waiting
        answer = client("events").put_events(Entries=[_entry(fact) for fact in waiting])
        told = [entry.get("ErrorCode") for entry in answer["Entries"]]
        refused.update(
            fact[2]
            for fact, code in zip(waiting, told, strict=True)
            if code and code not in PASSING_CODES
        )
        waiting = [fact for fact, code in zip(waiting, told, strict=True) if code in PASSING_CODES]
        if waiting:
            raise retries.LeftOver

    try:
        retries.persist(send)
    except Busy:
        refused.update(fact_id for _, _, fact_id in waiting)
    except (ClientError, ParamValidationError):
        if len(waiting) > 1:
            return refused.union(*(_put([fact]) for fact in waiting))
        logger().exception("fact refused", extra={"fact_id": waiting[0][2]})
        refused.add(waiting[0][2])
    return refused


def _entry(fact: Entry) -> dict[str, Any]:
    name, body, _ = fact
    bus = settings().bus
    return {"EventBusName": bus, "Source": SOURCE, "DetailType": name, "Detail": body}
