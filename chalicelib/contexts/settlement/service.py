"""What settlement does: posts what facts say, closes statements, shows a merchant its own money."""

from collections.abc import Sequence

from chalicelib.aws import outbox, transact
from chalicelib.aws.worker import done
from chalicelib.contexts.members.facts import PointsMoved
from chalicelib.contexts.orders.facts import OrderCompleted, PurchasePaid, RefundRequested
from chalicelib.contexts.payments.facts import PaymentCaptured, RefundFailed, RefundSucceeded
from chalicelib.contexts.settlement import model, store
from chalicelib.contexts.settlement.facts import StatementClosed
from chalicelib.contexts.settlement.model import (
    PLATFORM,
    Entry,
    NoSuchStatement,
    Posting,
    Statement,
    StatementState,
    postings,
)
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import Actor
from chalicelib.kernel.facts import Fact
from chalicelib.kernel.paging import Page

CONSUMER = "settlement"
ENTRIES_A_MOVE_MAX = 40
ROUNDS_MAX = 5


def on_paid(fact: PurchasePaid) -> None:
    """Post what a purchase brought each merchant and the platform."""
    _post(fact, model.entries_of_paid(fact))


def on_captured(fact: PaymentCaptured) -> None:
    """Post money that no order takes."""
    _post(fact, model.entries_of_captured(fact))


def on_refund_requested(fact: RefundRequested) -> None:
    """Take a refund back from whoever got the money."""
    _post(fact, model.entries_of_refund_requested(fact))


def on_refund_succeeded(fact: RefundSucceeded) -> None:
    """Post that the money went back."""
    _post(fact, model.entries_of_refund_succeeded(fact))


def on_refund_failed(fact: RefundFailed) -> None:
    """Undo what the refund's request posted."""
    _post(fact, model.entries_of_refund_failed(fact))


def on_points_moved(fact: PointsMoved) -> None:
    """Post that a member's points became more or fewer."""
    _post(fact, model.entries_of_points(fact))


def on_completed(fact: OrderCompleted) -> None:
    """Let the order's entries, present and later, go into statements."""
    marker = done(store.DoneItem, CONSUMER, fact)
    transact.commit([marker, store.complete(fact.order_id, fact.occurred_at)])


def close_statements(actor: Actor) -> list[Statement]:
    """Close a statement for every merchant and currency with entries of completed orders.

    It may be run twice, at once, or be stopped anywhere: an entry leaves the open ones in the write
    that puts it into a statement, and a statement begun is gone on with.
    """
    actor.as_platform()
    closed = []
    for merchant_id, currency in store.owing():
        statement = _close_one(merchant_id, currency) if merchant_id != PLATFORM else None
        if statement is not None:
            closed.append(statement)
    return closed


def statements(actor: Actor, *, limit: int, cursor: str) -> Page[Statement]:
    """List the merchant's closed statements, newest first."""
    page = store.statements(actor.for_merchant(), limit, cursor)
    return Page([store.statement_of(row) for row in page.items], page.next_cursor)


def statement(actor: Actor, statement_id: str) -> Statement:
    """Read one of the merchant's closed statements. Refuses 404 for an open one or another's."""
    merchant_id = actor.for_merchant()
    found = store.statement(statement_id)
    if found is None or found.merchant_id != merchant_id:
        raise NoSuchStatement
    if found.state is StatementState.OPEN:
        raise NoSuchStatement
    return found


def statement_lines(statement: Statement) -> list[Posting]:
    """Every posting in a statement, oldest first."""
    return [posting for row in store.lines(statement.id) for posting in postings(row.entry)]


def ledger(actor: Actor, *, since: str, until: str, limit: int, cursor: str) -> Page[Posting]:
    """List the merchant's postings between two times (`until` excluded), newest first."""
    page = store.legs(actor.for_merchant(), since, until, limit, cursor)
    return Page([row.posting for row in page.items], page.next_cursor)


def _post(fact: Fact, entries: Sequence[Entry]) -> None:
    transact.commit([done(store.DoneItem, CONSUMER, fact), *store.post(entries)])


def _close_one(merchant_id: str, currency: str) -> Statement | None:
    for _ in range(ROUNDS_MAX):
        number, head = store.current(merchant_id, currency)
        ready = _ready(merchant_id, currency)
        if head is None and not ready:
            return None
        if head is None:
            head = store.begin(merchant_id, currency, number, clock.iso(clock.now()))
        try:
            for start in range(0, len(ready), ENTRIES_A_MOVE_MAX):
                transact.commit(store.move_into(head, ready[start : start + ENTRIES_A_MOVE_MAX]))
            return _finish(merchant_id, currency)
        except transact.ConditionFailed:
            continue
    return None


def _finish(merchant_id: str, currency: str) -> Statement | None:
    _, head = store.current(merchant_id, currency)
    if head is None or head.state != StatementState.OPEN or not head.entries:
        return None
    at = clock.iso(clock.now())
    now_closed = store.statement_of(head)
    fact = StatementClosed(
        id=ids.ulid(),
        occurred_at=at,
        statement_id=now_closed.id,
        merchant_id=merchant_id,
        number=now_closed.number,
        entries=now_closed.entries,
        owed=now_closed.owed,
    )
    transact.commit([*store.close(head, at), outbox.write(fact)])
    return store.statement(now_closed.id)


def _ready(merchant_id: str, currency: str) -> list[Entry]:
    """The open entries whose order is completed, in the order they are kept."""
    entries = store.open_entries(merchant_id, currency)
    order_ids = list(dict.fromkeys(entry.order_id for entry in entries if entry.order_id))
    completed = store.completed(order_ids)
    return [entry for entry in entries if entry.order_id in completed]
