"""The bus: facts for whoever listens. Every entry's own answer is looked at."""

from collections.abc import Sequence

from chalicelib.aws.clients import client
from chalicelib.aws.settings import settings

ENTRIES_MAX = 10
SOURCE = "souk"


def put(facts: Sequence[tuple[str, str, str]]) -> set[str]:
    """Put facts (name, JSON body, id) on the bus. Returns the ids that the bus did not take."""
    refused: set[str] = set()
    for start in range(0, len(facts), ENTRIES_MAX):
        chunk = facts[start : start + ENTRIES_MAX]
        entries = [
            {
                "EventBusName": settings().bus,
                "Source": SOURCE,
                "DetailType": name,
                "Detail": body,
            }
            for name, body, _ in chunk
        ]
        answer = client("events").put_events(Entries=entries)
        for (_, _, fact_id), entry in zip(chunk, answer["Entries"], strict=True):
            if entry.get("ErrorCode"):
                refused.add(fact_id)
    return refused
