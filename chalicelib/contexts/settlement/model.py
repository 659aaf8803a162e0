"""The journal's pure side: accounts, entries that balance, what each event posts, statements.

Amounts are signed integers of minor units, debits positive. Every entry is about one merchant, or
about none when no order took the money, so that a merchant's ledger balances by itself.
"""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.contexts.members.facts import PointsMoved
from chalicelib.contexts.members.model.points import PointsKind
from chalicelib.contexts.orders.facts import PaidOrder, PurchasePaid, RefundRequested
from chalicelib.contexts.payments.facts import PaymentCaptured, RefundFailed, RefundSucceeded
from chalicelib.contexts.payments.model import Refund
from chalicelib.kernel import ids
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.facts import Fact
from chalicelib.kernel.money import Money
from chalicelib.kernel.states import Machine

PLATFORM = "platform"


class Account(StrEnum):
    """Where money is. Debits raise what others owe us (clearing), credits what we owe them; those of
    `promotions` are what the platform pays merchants towards its offers. `points` is what members may
    still pay with, `points_cost` what giving them cost.
    """

    PROVIDER_CLEARING = "provider_clearing"
    MERCHANT_PAYABLE = "merchant_payable"
    COMMISSION = "commission"
    SHIPPING = "shipping"
    TAX = "tax"
    PROMOTIONS = "promotions"
    REFUNDS = "refunds"
    POINTS = "points"
    POINTS_COST = "points_cost"


AGAINST_POINTS = {
    PointsKind.EARNED: Account.POINTS_COST,
    PointsKind.REVERSED: Account.POINTS_COST,
    PointsKind.EXPIRED: Account.POINTS_COST,
    PointsKind.SPENT: Account.PROMOTIONS,
    PointsKind.RETURNED: Account.PROMOTIONS,
}
assert set(AGAINST_POINTS) == set(PointsKind), "whatever moves points has its other side"
OWED_TO_MERCHANT = (Account.MERCHANT_PAYABLE, Account.SHIPPING, Account.TAX)


class StatementState(StrEnum):
    """A statement takes entries while it is open; its payout follows when it is closed."""

    OPEN = "open"
    CLOSED = "closed"
    PAYING = "paying"
    PAID = "paid"
    FAILED = "failed"


STATEMENTS = Machine(
    StatementState,
    {
        StatementState.OPEN: {StatementState.CLOSED},
        StatementState.CLOSED: {StatementState.PAYING},
        StatementState.PAYING: {StatementState.PAID, StatementState.FAILED},
        StatementState.PAID: set(),
        StatementState.FAILED: {StatementState.PAYING},
    },
)


class NoSuchStatement(NotFound):
    code, title = "settlement.no_such_statement", "There is no such statement"


class Leg(Struct, frozen=True):
    account: Account
    amount: Money


class Entry(Struct, frozen=True):
    """A balanced journal entry. `cause` is the name of the fact that caused it."""

    id: str
    at: str
    cause: str
    merchant_id: str
    order_id: str
    legs: tuple[Leg, ...]

    def __post_init__(self) -> None:
        assert self.legs, "an entry says something"
        assert len({leg.amount.currency for leg in self.legs}) == 1, "one currency an entry"
        assert sum(leg.amount.amount for leg in self.legs) == 0, "an entry balances"

    @property
    def currency(self) -> str:
        return self.legs[0].amount.currency


class Posting(Struct, frozen=True):
    """One leg as a ledger shows it; `id` is `<entry>.<n>`."""

    id: str
    at: str
    account: Account
    amount: Money
    cause: str
    order_id: str


class Statement(Struct, frozen=True):
    """What a merchant is owed for the orders that were completed, in one currency.

    `totals` are the sums of the legs by account; `owed` is what the merchant gets (negative when
    refunds outweigh sales).
    """

    id: str
    merchant_id: str
    currency: str
    number: int
    state: StatementState
    opened_at: str
    closed_at: str
    entries: int
    totals: dict[str, int]

    @property
    def owed(self) -> Money:
        return Money(-sum(self.totals[account] for account in OWED_TO_MERCHANT), self.currency)


def postings(entry: Entry) -> list[Posting]:
    """Return an entry's legs as a ledger shows them."""
    return [
        Posting(f"{entry.id}.{n}", entry.at, leg.account, leg.amount, entry.cause, entry.order_id)
        for n, leg in enumerate(entry.legs)
    ]


def entries_of_paid(fact: PurchasePaid) -> list[Entry]:
    """Post what each merchant's order brought: its goods less commission, shipping, tax."""
    return [
        _entry(fact, order.merchant_id, order.order_id, _legs_of_order(order))
        for order in fact.orders
        if order.total or order.funding or order.shipping_funding
    ]


def entries_of_captured(fact: PaymentCaptured) -> list[Entry]:
    """Post money that no order takes: it is owed back. Money that orders take is posted as paid."""
    if fact.applied or not fact.amount:
        return []
    legs = [(Account.PROVIDER_CLEARING, fact.amount), (Account.REFUNDS, -fact.amount)]
    return [_entry(fact, PLATFORM, "", legs)]


def entries_of_refund_requested(fact: RefundRequested) -> list[Entry]:
    """Take an order's refund back from whoever got the money; it is owed to the shopper now."""
    return _entries_of_refund(fact, fact.refund, _legs_of_refund(fact.refund))


def entries_of_refund_failed(fact: RefundFailed) -> list[Entry]:
    """Undo what the request posted, leg by leg."""
    undone = [(account, -amount) for account, amount in _legs_of_refund(fact.refund)]
    return _entries_of_refund(fact, fact.refund, undone)


def entries_of_refund_succeeded(fact: RefundSucceeded) -> list[Entry]:
    """The company sent the money: nobody owes it any more."""
    refund = fact.refund
    if not refund.amount:
        return []
    legs = [(Account.REFUNDS, refund.amount), (Account.PROVIDER_CLEARING, -refund.amount)]
    return [_entry(fact, refund.merchant_id or PLATFORM, refund.order_id, legs)]


def entries_of_points(fact: PointsMoved) -> list[Entry]:
    """Post what points became more or fewer: a debt of the platform, made by what it gives away and
    paid by what they buy.
    """
    if not fact.value:
        return []
    legs = [(Account.POINTS, -fact.value), (AGAINST_POINTS[fact.kind], fact.value)]
    return [_entry(fact, PLATFORM, "", legs)]


def statement_id(merchant_id: str, currency: str, number: int) -> str:
    """Name the n-th statement of a merchant and currency; a repetition meets itself."""
    return ids.derived("stm", merchant_id, currency, str(number))


def totals_of(entries: Iterable[Entry]) -> dict[Account, int]:
    """Sum legs by account, in minor units."""
    sums = dict.fromkeys(Account, 0)
    for entry in entries:
        for leg in entry.legs:
            sums[leg.account] += leg.amount.amount
    return sums


def _legs_of_order(order: PaidOrder) -> list[tuple[Account, Money]]:
    funding = replace(order.total, amount=order.funding)
    shipping_funding = replace(order.total, amount=order.shipping_funding)
    return [
        (Account.PROVIDER_CLEARING, order.total),
        (Account.PROMOTIONS, funding + shipping_funding),
        (Account.MERCHANT_PAYABLE, -(order.goods + funding - order.commission)),
        (Account.COMMISSION, -order.commission),
        (Account.SHIPPING, -(order.shipping + shipping_funding)),
        (Account.TAX, -order.tax),
    ]


def _legs_of_refund(refund: Refund) -> list[tuple[Account, Money]]:
    shipping_funding = replace(refund.amount, amount=refund.shipping_funding)
    return [
        (Account.MERCHANT_PAYABLE, refund.goods + refund.funding - refund.commission),
        (Account.COMMISSION, refund.commission),
        (Account.SHIPPING, refund.shipping + shipping_funding),
        (Account.TAX, refund.tax),
        (Account.PROMOTIONS, -(refund.funding + shipping_funding)),
        (Account.REFUNDS, -refund.amount),
    ]


def _entries_of_refund(
    fact: RefundRequested | RefundFailed, refund: Refund, legs: list[tuple[Account, Money]]
) -> list[Entry]:
    """Money that no order took is in `refunds` since it was captured, and stays there."""
    if not refund.order_id or not any(amount for _, amount in legs):
        return []
    return [_entry(fact, refund.merchant_id, refund.order_id, legs)]


def _entry(
    fact: Fact,
    merchant_id: str,
    order_id: str,
    legs: list[tuple[Account, Money]],
) -> Entry:
    return Entry(
        id=ids.derived("jrn", fact.id, order_id),
        at=fact.occurred_at,
        cause=fact.name,
        merchant_id=merchant_id,
        order_id=order_id,
        legs=tuple(Leg(account, amount) for account, amount in legs if amount),
    )
