"""Asking for help and answering: a member's cases, and the queue of a merchant or the platform."""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from chalicelib.aws import outbox, reads, retries, transact
from chalicelib.aws.transact import Write
from chalicelib.contexts.aftersales import model, store
from chalicelib.contexts.aftersales.facts import CaseFact, HelpAsked, HelpGiven
from chalicelib.contexts.aftersales.model import (
    CASE,
    OPEN_MAX,
    Case,
    CaseChanged,
    CaseState,
    Message,
    NoCase,
    Standing,
    TooManyCases,
)
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.members.service import points, tiers
from chalicelib.contexts.orders.service.access import Shopper, opened_order
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import Actor, ActorKind
from chalicelib.kernel.errors import Busy
from chalicelib.kernel.paging import PAGE_SIZE, Page

LOOKED_THROUGH = 50
"""Of a member's newest cases, to count those that are open."""
MESSAGE = "msg"


def ask(actor: Actor, subject: str, told: str, *, order_id: str = "", key: str) -> Case:
    """Open a case: with the merchant of an order, or with the platform. The same `key` opens one.

    Refuses `request.malformed` naming the field, `orders.order_not_found`,
    `aftersales.too_many_cases`.
    """
    member_id = actor.as_member()
    subject, told = model.plain_subject(subject), model.plain_message(told)
    case_id = ids.derived(CASE, member_id, key)
    before = store.read(case_id)
    if before is not None:
        return before
    merchant = opened_order(Shopper(actor), order_id)[1].merchant if order_id else None
    newest = store.of_member(member_id, limit=LOOKED_THROUGH).items
    if sum(one.state is not CaseState.CLOSED for one in newest) >= OPEN_MAX:
        raise TooManyCases
    now = clock.iso(clock.now())
    case = Case(
        id=case_id,
        member_id=member_id,
        merchant=merchant,
        order_id=order_id,
        subject=subject,
        state=CaseState.WAITING,
        standing=_standing(member_id),
        opened_at=now,
        waiting_since=now,
        messages=(Message(ids.derived(MESSAGE, case_id, member_id, key), now, told),),
    )
    beside = [identity.still_open(member_id), outbox.write(_told(case))]
    try:
        transact.commit([store.create(case), *beside])
    except transact.ConditionFailed:
        made = store.read(case_id)
        if made is None:
            raise
        return made
    return case


def say(actor: Actor, case_id: str, told: str, *, key: str) -> Case:
    """Write into a case: its member, or the staff of whom it was asked. The same `key` writes once.

    Refuses `aftersales.no_such_case`, `request.malformed`, `aftersales.case_full`.
    """
    written = model.plain_message(told)
    message_id = ids.derived(MESSAGE, case_id, actor.id, key)
    is_member = actor.kind is ActorKind.MEMBER

    def said(case: Case) -> Case:
        if case.has(message_id):
            return case
        at = clock.iso(clock.now())
        if is_member:
            message = Message(message_id, at, written)
            return case.asked(message, _standing(case.member_id))
        return case.answered(Message(message_id, at, written, by_staff=actor.id))

    return _changed(actor, case_id, said)


def close(actor: Actor, case_id: str) -> Case:
    """Close a case: either side may. Refuses `aftersales.no_such_case`."""
    return _changed(actor, case_id, Case.closed)


def case_of(actor: Actor, case_id: str) -> Case:
    """Read a case of the member, or of the staff's own queue. Refuses `aftersales.no_such_case`,
    absent and somebody else's alike. One round trip.
    """
    case = store.read(case_id)
    if case is None:
        _side(actor)
        raise NoCase
    is_theirs = case.member_id if actor.kind is ActorKind.MEMBER else case.merchant_id
    if is_theirs != _side(actor):
        raise NoCase
    return case


def cases_of(actor: Actor, *, limit: int = PAGE_SIZE, cursor: str = "") -> Page[Case]:
    """List the member's cases, the newest first. One round trip."""
    return store.of_member(actor.as_member(), limit=limit, cursor=cursor)


def listed(
    actor: Actor, state: CaseState, *, limit: int = PAGE_SIZE, cursor: str = ""
) -> Page[Case]:
    """List the staff's own cases of a state: those that wait by the priority of the member's tier, then
    by how long they wait; others the newest first. One round trip.
    """
    merchant_id = _staffed(actor)
    if state is CaseState.WAITING:
        return store.waiting(merchant_id, limit=limit, cursor=cursor)
    return store.of_state(merchant_id, state, limit=limit, cursor=cursor)


def held_about(account_id: str) -> list[Case]:
    """Gather a member's cases, for the member's copy of what is held."""
    return store.all_of(account_id)


def forget_member(account_id: str) -> None:
    """Remove every case of a member. What is gone stays so."""
    for case in store.all_of(account_id):
        transact.commit([store.forget(case.id)])


def _changed(actor: Actor, case_id: str, make: Callable[[Case], Case]) -> Case:
    """Change a case as often as others change it meanwhile."""
    for attempt in range(retries.ROUNDS_MAX):
        seen = case_of(actor, case_id)
        made = make(seen)
        if made is seen:
            return seen
        fresh = replace(made, version=seen.version + 1)
        try:
            transact.commit([store.keep(fresh), *_beside(seen, fresh)])
        except CaseChanged:
            retries.pause(attempt)
        else:
            return fresh
    raise Busy


def _beside(seen: Case, made: Case) -> Sequence[Write]:
    """Who is gone writes no more; and what was written is told."""
    if len(made.messages) == len(seen.messages):
        return []
    return [identity.still_open(made.member_id), outbox.write(_told(made))]


def _told(case: Case) -> CaseFact:
    message = case.messages[-1]
    about: dict[str, Any] = {
        "id": ids.ulid(),
        "occurred_at": message.at,
        "case_id": case.id,
        "member_id": case.member_id,
        "merchant_id": case.merchant_id,
        "message_id": message.id,
    }
    if message.by_staff:
        return HelpGiven(**about, merchant_name=case.merchant.name if case.merchant else {})
    return HelpAsked(**about, priority=case.standing.priority)


def _standing(member_id: str) -> Standing:
    """How a member stands now. One round trip."""
    place = points.place_of(member_id)
    tier = tiers.tier_in(points.loyalty_in(reads.get(place.item, place.pk, place.sk)))
    return Standing(tier.code, tier.priority)


def _side(actor: Actor) -> str:
    """Whose cases an actor may see: a member's own, a merchant's, or the platform's ("")."""
    return actor.id if actor.kind is ActorKind.MEMBER else _staffed(actor)


def _staffed(actor: Actor) -> str:
    if actor.kind in {ActorKind.PLATFORM, ActorKind.SYSTEM}:
        return ""
    return actor.for_merchant()
