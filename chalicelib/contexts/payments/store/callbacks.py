"""What payments contributes about callbacks and timers."""

from msgspec.structs import replace
from pynamodb.expressions.update import Action

from chalicelib.aws import transact
from chalicelib.aws.transact import Write
from chalicelib.contexts.payments.model import nameless
from chalicelib.contexts.payments.store.rows import (
    REVIEW,
    CallbackItem,
    PaymentItem,
    RefundItem,
    callback_key,
    moved,
    seen,
)
from chalicelib.kernel import clock
from chalicelib.kernel.errors import NotFound
from chalicelib.providers.payment import Callback, Outcome

CALLBACK_TTL_S = 400 * 86_400


def record_callback(callback: Callback, outcome: Outcome = Outcome.ACCEPTED) -> Write:
    """Contribute the callback without what names a person: the marker that makes a repetition fail.

    A failed condition refuses `payments.callback_seen`. A flagged one waits for a person.
    """
    now = clock.now()
    is_flagged = outcome is Outcome.FLAGGED
    key = callback_key(callback)
    row = CallbackItem(
        pk=key.pk,
        sk=key.sk,
        payment_id=callback.payment_id,
        outcome=outcome,
        received_at=clock.iso(now),
        callback=replace(callback, raw=nameless(callback.raw)),
        due_shard=REVIEW if is_flagged else None,
        due_at=clock.iso(now) if is_flagged else None,
        expires_at=None if is_flagged else clock.epoch(now) + CALLBACK_TTL_S,
    )
    return transact.create(row, refuse=seen)


def rearm(row: PaymentItem | RefundItem, ask_at: str) -> Write:
    """Contribute the next time to ask, for whoever claims the row first; empty for never again."""
    item = type(row)
    actions: list[Action] = (
        [item.due_at.set(ask_at)] if ask_at else [item.due_shard.remove(), item.due_at.remove()]
    )
    return transact.update(row, actions, item.due_at == row.due_at, refuse=moved)


def reviewed(provider: str, event_id: str, actor_id: str) -> Write:
    """Contribute that a person has looked at a flagged callback: it leaves the list.

    Refuses 404 for one that does not wait.
    """
    return transact.update(
        CallbackItem(pk=f"CALLBACK#{provider}#{event_id}", sk="CALLBACK"),
        [
            CallbackItem.reviewed_by.set(actor_id),
            CallbackItem.expires_at.set(clock.epoch(clock.now()) + CALLBACK_TTL_S),
            CallbackItem.due_shard.remove(),
            CallbackItem.due_at.remove(),
        ],
        CallbackItem.due_shard == REVIEW,
        refuse=lambda _old: NotFound(),
    )
