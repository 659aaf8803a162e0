"""What Souk does about payments: begins them, hears what companies say, sends refunds, asks."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.aws import reads, retries, secrets, transact
from chalicelib.aws.observe import logger
from chalicelib.aws.settings import settings
from chalicelib.aws.transact import Write
from chalicelib.contexts.payments import store
from chalicelib.contexts.payments.model import (
    PAYMENT,
    REFUND,
    CallbackSeen,
    Payment,
    PaymentAction,
    PaymentMoved,
    PaymentState,
    Refund,
    RefundState,
)
from chalicelib.contexts.payments.store import PaymentItem, RefundItem
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import Actor
from chalicelib.kernel.errors import Busy, NotFound
from chalicelib.kernel.money import Money
from chalicelib.providers import payment as companies
from chalicelib.providers.http import ProviderUnavailable
from chalicelib.providers.payment import (
    Callback,
    CallbackKind,
    Outcome,
    PaymentRequest,
    RefundAnswer,
    RefundOrder,
    RefundStanding,
)

ASK_AFTER_S = 600
ASK_UNTIL_S = 30 * 86_400
"""A page left open may still take money: its company is asked for so long, ever more rarely."""
ASK_LEASE_S = 240
"""So long a row is a sweep's own; one that dies leaves it to the next, before unpaid goods are freed."""
ASK_SHARD_ROWS_MAX = 200
ASK_SWEEP_S = 10
"""After that long a sweep asks about no further row, so that the last answer still finds it alive."""
REVIEW_MAX = 100

STATE_TOLD = {
    CallbackKind.AUTHORIZED: PaymentState.AUTHORIZED,
    CallbackKind.FAILED: PaymentState.FAILED,
    CallbackKind.EXPIRED: PaymentState.EXPIRED,
    CallbackKind.CHARGEBACK_OPENED: PaymentState.DISPUTED,
}
REFUND_TOLD = {
    CallbackKind.REFUND_SUCCEEDED: RefundState.SUCCEEDED,
    CallbackKind.REFUND_FAILED: RefundState.FAILED,
}
assert {*STATE_TOLD, *REFUND_TOLD, CallbackKind.CAPTURED} == set(CallbackKind)


class Flagged(Struct, frozen=True):
    """A callback that contradicts us, and the payment it speaks of as it stands."""

    callback: Callback
    received_at: str
    payment: Payment | None


class UnknownPayment(NotFound):
    """No such payment at this company."""

    code, title = "payments.unknown", "There is no such payment"


def available() -> tuple[str, ...]:
    """Name the companies that take money at this stage, the sandbox first."""
    return companies.available()


def return_url(purchase_id: str) -> str:
    """Make the address of a purchase's page that opens without signing in."""
    token = urlencode({"token": secrets.token_for(purchase_id)})
    return f"{settings().shop_url}/orders/{purchase_id}?{token}"


def new_payment(
    *, payment_id: str, purchase_id: str, provider: str, amount: Money, now: datetime
) -> Payment:
    """Make a payment that `store.create` contributes. Refuses `payments.unknown_provider`.

    The action is known at once where it follows from the payment; else `begin` asks for it. Nothing
    is paid to nobody: no company takes it.
    """
    if provider not in companies.available():
        raise companies.UnknownProvider(f"There is no payment company {provider[:40]!r} here")
    company = companies.provider(provider if amount else companies.FREE)
    zero = Money.zero(amount.currency)
    payment = Payment(
        id=payment_id,
        purchase_id=purchase_id,
        provider=company.name,
        state=PaymentState.CREATED,
        amount=amount,
        captured=zero,
        refunded=zero,
        returned=zero,
        created_at=clock.iso(now),
        ask_at=clock.iso(clock.later(now, ASK_AFTER_S)) if company.can_be_asked else "",
    )
    if company.needs_call:
        return payment
    return replace(payment, action=_action(company.start(_request(payment))))


def said_of_nothing(payment: Payment) -> Callback:
    """What is to be heard about a payment of nothing: that it is made."""
    said = companies.provider(companies.FREE).ask(_request(payment), "")
    assert said is not None, "what costs nothing is paid when asked"
    return said


def begin(payment: Payment, *, email: str, locale: str) -> Payment:
    """Ask the company for the shopper's action, after the commit. No call where it is known.

    Safe to repeat: the payment's id is the company's key. Refuses `providers.unavailable`; the
    payment then stands as created, and the next attempt asks again.
    """
    begun, writes = asked(payment, email=email, locale=locale)
    try:
        if writes:
            transact.commit(writes)
    except PaymentMoved:
        return replace(payment, action=begun.action)
    return begun


def asked(payment: Payment, *, email: str, locale: str) -> tuple[Payment, list[Write]]:
    """Ask the company for the shopper's action, and contribute it; nothing where it is known.

    Refuses `providers.unavailable`.
    """
    if payment.action is not None:
        return payment, []
    company = companies.provider(payment.provider)
    action = _action(company.start(_request(payment, email, locale)))
    begun = replace(payment, state=PaymentState.REQUIRES_ACTION, action=action)
    return begun, [store.started(payment, action)]


def read_callback(provider: str, headers: Mapping[str, str], body: bytes) -> Callback | None:
    """Verify a callback; None when it means nothing to Souk.

    Refuses 404 for a company that is not here, `webhooks.bad_signature`, 400 for a garbled body.
    A callback that names its payment by the company's reference is completed by a look-up.
    """
    if provider not in companies.available():
        raise NotFound
    callback = companies.provider(provider).verify(headers, body, clock.now())
    if callback is None or callback.payment_id:
        return callback
    payment_id = store.payment_by_reference(provider, callback.provider_reference)
    return replace(callback, payment_id=payment_id)


def take_note(callback: Callback) -> Outcome:
    """Do what any callback but a capture asks for; two round trips.

    Refuses 404 for an unknown payment or refund. What comes late or twice moves nothing and is
    still a success.
    """
    for attempt in range(retries.ROUNDS_MAX):
        payment, refunds = store.payment_with_refunds(callback.payment_id)
        if payment is None or payment.provider != callback.provider:
            raise UnknownPayment
        outcome, writes = _noted(payment, refunds, callback)
        try:
            transact.commit(writes)
        except CallbackSeen:
            return Outcome.DUPLICATE
        except PaymentMoved:
            retries.pause(attempt)
            continue
        return outcome
    raise Busy


def refund_of_capture(
    payment: Payment, callback: Callback, *, email: str, locale: str, reason: str
) -> Refund:
    """Make the refund of captured money that no order takes: all of it, under an id of its own."""
    zero = Money.zero(payment.amount.currency)
    return Refund(
        id=ids.derived("ref", payment.id, callback.provider_reference),
        payment_id=payment.id,
        purchase_id=payment.purchase_id,
        provider=payment.provider,
        provider_reference=callback.provider_reference,
        state=RefundState.REQUESTED,
        amount=payment.amount,
        captured=payment.amount,
        shipping=zero,
        tax=zero,
        commission=zero,
        reason=reason,
        created_at=clock.iso(clock.now()),
        email=email,
        locale=locale,
    )


def send_refund(payment_id: str, refund_id: str, marker: Write | None = None) -> None:
    """Send a requested refund to its company and note what it said.

    The call stands between two saved states: the refund as requested, and its outcome. A repeat
    finds the outcome, or calls again under the same key. One of nothing is nothing to a company.
    """
    payment, refunds = store.payment_with_refunds(payment_id)
    refund = next((one for one in refunds if one.id == refund_id), None)
    if payment is None or refund is None:
        raise UnknownPayment
    if refund.state is not RefundState.REQUESTED:
        return
    company = companies.provider(refund.provider if refund.amount else companies.FREE)
    answer = company.refund(_order(refund))
    _note_refund(payment, refund, answer, marker)


def ask_due(capture: Callable[[Callback], object]) -> dict[str, int]:
    """Ask companies about payments and refunds that have been waiting too long: a bounded batch.

    `capture(callback)` is the verb that a capture found by asking goes through. Each row is claimed
    for `ASK_LEASE_S`, so that two sweeps never ask the same at once, and one that dies leaves the
    row for the next; its next time is set when it was asked. A company out of reach is left alone until the next sweep.
    """
    counts = {"asked": 0, "told": 0, "refused": 0}
    away: set[str] = set()
    now = clock.now()
    until = clock.later(now, ASK_SWEEP_S)
    for shard in _shards(now):
        for row in store.due(shard, clock.iso(now), ASK_SHARD_ROWS_MAX):
            if _company_of(row) in away or clock.now() > until:
                continue
            try:
                next_time = _next_time(row)
                _rearm(row, clock.iso(clock.later(clock.now(), ASK_LEASE_S)))
                counts["asked"] += 1
                counts["told"] += _ask(row, capture)
                _rearm(row, next_time)
            except PaymentMoved:
                continue
            except ProviderUnavailable:
                counts["refused"] += 1
                away.add(_company_of(row))
                logger().warning(
                    "not asked", extra={"row": row.pk, "code": ProviderUnavailable.code}
                )
                _put_off(row)
            except Exception:  # noqa: BLE001 - one row's failure never touches its neighbours
                logger().exception("not asked", extra={"row": row.pk})
                counts["refused"] += 1
                _put_off(row)
    return counts


def flagged(actor: Actor) -> list[Flagged]:
    """List what waits for a person of the platform, oldest first, at most `REVIEW_MAX`."""
    actor.as_platform()
    waiting = store.under_review(REVIEW_MAX).items
    asked = reads.batch([store.payment_key(row.payment_id) for row in waiting])
    return [
        Flagged(row.callback, row.received_at, store.payment_of(payment))
        for row, payment in zip(waiting, asked, strict=True)
    ]


def mark_reviewed(actor: Actor, provider: str, event_id: str) -> None:
    """Note that a person has looked at a flagged callback. Refuses 404 for one that does not wait."""
    actor.as_platform()
    transact.commit([store.reviewed(provider, event_id, actor.id)])


def _noted(
    payment: Payment, refunds: list[Refund], callback: Callback
) -> tuple[Outcome, list[Write]]:
    if callback.kind in REFUND_TOLD:
        return _refund_noted(payment, refunds, callback)
    target = STATE_TOLD[callback.kind]
    if not PAYMENT.allows(payment.state, target):
        return Outcome.IGNORED, [store.record_callback(callback, Outcome.IGNORED)]
    if target is PaymentState.DISPUTED:
        return Outcome.ACCEPTED, store.dispute(payment, callback)
    if target is PaymentState.AUTHORIZED:
        if callback.amount != payment.amount:
            return Outcome.FLAGGED, store.flag(payment, callback)
        return Outcome.ACCEPTED, store.authorize(payment, callback)
    return Outcome.ACCEPTED, store.decline(payment, callback, target)


def _refund_noted(
    payment: Payment, refunds: list[Refund], callback: Callback
) -> tuple[Outcome, list[Write]]:
    refund = next((one for one in refunds if one.id == callback.refund_id), None)
    if refund is None:
        raise UnknownPayment("There is no such refund")
    if callback.amount is not None and callback.amount != refund.amount:
        return Outcome.FLAGGED, store.flag(payment, callback)
    target = REFUND_TOLD[callback.kind]
    if refund.state is target:
        return Outcome.DUPLICATE, [store.record_callback(callback, Outcome.DUPLICATE)]
    if not REFUND.allows(refund.state, target):
        # It ended the other way before: two words of the company contradict each other.
        return Outcome.FLAGGED, store.flag(payment, callback)
    writes = store.settle_refund(payment, refund, target, reason=callback.reason, callback=callback)
    return Outcome.ACCEPTED, writes


def _note_refund(
    payment: Payment, refund: Refund, answer: RefundAnswer, marker: Write | None
) -> None:
    """Save what the company said; a word that came meanwhile by callback counts more."""
    extra = [marker] if marker else []
    for attempt in range(retries.ROUNDS_MAX):
        try:
            transact.commit([*extra, *_refund_outcome(payment, refund, answer)])
        except PaymentMoved:
            retries.pause(attempt)
            fresh, refunds = store.payment_with_refunds(payment.id)
            found = next(one for one in refunds if one.id == refund.id)
            assert fresh is not None, "payments are never deleted"
            if not REFUND.allows(found.state, RefundState(answer.standing)):
                return
            payment, refund = fresh, found
        else:
            return
    raise Busy


def _refund_outcome(payment: Payment, refund: Refund, answer: RefundAnswer) -> list[Write]:
    if answer.standing is RefundStanding.SENT:
        ask_at = clock.iso(clock.later(clock.now(), store.REFUND_ASK_AFTER_S))
        return [store.refund_sent(refund, answer.refund_reference, ask_at)]
    state = RefundState(answer.standing)
    return store.settle_refund(payment, refund, state, reason=answer.reason)


def _ask(row: PaymentItem | RefundItem, capture: Callable[[Callback], object]) -> int:
    """Ask about one row; 1 when the company told something."""
    if isinstance(row, PaymentItem):
        payment = store.payment_of(reads.get(PaymentItem, row.pk, row.sk))
        assert payment is not None, "payments are never deleted"
        return _ask_payment(payment, capture)
    payment_id = row.pk.partition("#")[2]
    payment, refunds = store.payment_with_refunds(payment_id)
    refund = next(one for one in refunds if row.sk == f"REFUND#{one.id}")
    assert payment is not None, "a refund lies beside its payment"
    company = companies.provider(refund.provider)
    answer = company.ask_refund(_order(refund))
    if RefundState(answer.standing) is refund.state:
        return 0
    _note_refund(payment, refund, answer, None)
    return 1


def _company_of(row: PaymentItem | RefundItem) -> str:
    return row.provider if isinstance(row, PaymentItem) else row.refund.provider


def _ask_payment(payment: Payment, capture: Callable[[Callback], object]) -> int:
    company = companies.provider(payment.provider)
    reference = payment.action.reference if payment.action else ""
    callback = company.ask(_request(payment), reference)
    if callback is None:
        return 0
    logger().info(
        "payment told when asked", extra={"payment_id": payment.id, "kind": callback.kind}
    )
    if callback.kind is CallbackKind.CAPTURED:
        capture(callback)
    else:
        take_note(callback)
    return 1


def _shards(now: datetime) -> list[int]:
    """All shards, beginning elsewhere each time, so that none is always the last."""
    first = clock.epoch(now) // ASK_AFTER_S
    return [(first + number) % store.TIMER_SHARDS for number in range(store.TIMER_SHARDS)]


def _rearm(row: PaymentItem | RefundItem, due_at: str) -> None:
    """Set when a row is asked about next, "" for never; `PaymentMoved` where it went on meanwhile."""
    transact.commit([store.rearm(row, due_at)])
    row.due_at = due_at


def _put_off(row: PaymentItem | RefundItem) -> None:
    """Come again as soon as for a new row: nothing was learnt by waiting so far."""
    with suppress(PaymentMoved):
        _rearm(row, clock.iso(clock.later(clock.now(), ASK_AFTER_S)))


def _next_time(row: PaymentItem | RefundItem) -> str:
    """The next time to ask, as much later as half the wait so far; "" after the last."""
    now = clock.now()
    since = row.created_at if isinstance(row, PaymentItem) else row.refund.created_at
    waited_s = int((now - clock.parse(since)).total_seconds())
    if waited_s > ASK_UNTIL_S:
        return ""
    return clock.iso(clock.later(now, max(ASK_AFTER_S, waited_s // 2)))


def _request(payment: Payment, email: str = "", locale: str = "en") -> PaymentRequest:
    return PaymentRequest(
        payment_id=payment.id,
        purchase_id=payment.purchase_id,
        amount=payment.amount,
        return_url=return_url(payment.purchase_id),
        created_at=payment.created_at,
        email=email,
        locale=locale,
    )


def _order(refund: Refund) -> RefundOrder:
    return RefundOrder(
        refund_id=refund.id,
        payment_id=refund.payment_id,
        provider_reference=refund.provider_reference,
        amount=refund.amount,
        captured=refund.captured,
        reason=refund.reason,
        refund_reference=refund.refund_reference,
    )


def _action(action: companies.Action) -> PaymentAction:
    return PaymentAction(
        type=action.type,
        url=action.url,
        qr=action.qr,
        client_secret=action.client_secret,
        reference=action.reference,
    )
