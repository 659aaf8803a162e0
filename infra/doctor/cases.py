"""Conversations with members: who waits is in the queue, and what was written was told."""

from collections import Counter

from chalicelib.contexts.aftersales.facts import HelpAsked, HelpGiven
from chalicelib.contexts.aftersales.model import Case, CaseState
from infra.doctor.registry import Found, invariant
from infra.doctor.whole import Whole


@invariant("help.queue_is_who_waits")
def queue_is_who_waits(whole: Whole) -> Found:
    """A case is in the queue of whom it was asked while it waits, in its place, and in the lists of its
    member and its state.
    """
    for row in whole.of_kind("aftersales", "CASE"):
        case: Case = row.case
        owner = case.merchant_id or "platform"
        waits = case.state is CaseState.WAITING
        place = (f"WAITING#{owner}", case.rank) if waits else (None, None)
        if (row.due_shard, row.due_at) != place:
            yield case.id, f"it is {case.state}, and in the queue at {row.due_shard} {row.due_at}"
        at = f"{case.opened_at}#{case.id}"
        lists = (f"MEMBER#{case.member_id}", f"{owner}#{case.state}", at)
        if (row.owner, row.state_owner, row.owner_at) != lists:
            yield case.id, f"it is in the lists {row.owner}, {row.state_owner} at {row.owner_at}"
        if row.version != case.version:
            yield case.id, f"its row is version {row.version}, and it is {case.version} itself"


@invariant("help.what_was_written_was_told")
def what_was_written_was_told(whole: Whole) -> Found:
    """Every message was told once, by the side that wrote it."""
    asked = Counter(fact.message_id for fact in whole.told(HelpAsked))
    given = Counter(fact.message_id for fact in whole.told(HelpGiven))
    for row in whole.of_kind("aftersales", "CASE"):
        for one in row.case.messages:
            told, other = (given, asked) if one.by_staff else (asked, given)
            if told[one.id] != 1 or other[one.id]:
                yield row.case.id, f"{one.id} was told {told[one.id]} times"
