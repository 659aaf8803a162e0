"""The journal: entries that balance, that say what their facts say, and the sums kept of them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from chalicelib.contexts.members.facts import PointsMoved
from chalicelib.contexts.orders.facts import PurchasePaid, RefundRequested
from chalicelib.contexts.payments.facts import PaymentCaptured, RefundFailed, RefundSucceeded
from chalicelib.contexts.settlement import model
from chalicelib.contexts.settlement.model import PLATFORM, Account, Entry
from chalicelib.kernel.facts import Fact
from infra.doctor.registry import Found, invariant
from infra.doctor.whole import Posted, Whole

POSTS: dict[type[Fact], Callable[[Any], Sequence[Entry]]] = {
    PurchasePaid: model.entries_of_paid,
    PaymentCaptured: model.entries_of_captured,
    RefundRequested: model.entries_of_refund_requested,
    RefundSucceeded: model.entries_of_refund_succeeded,
    RefundFailed: model.entries_of_refund_failed,
    PointsMoved: model.entries_of_points,
}
"""What each fact posts, as settlement itself computes it."""

TO_OTHERS = (
    Account.MERCHANT_PAYABLE,
    Account.COMMISSION,
    Account.SHIPPING,
    Account.TAX,
    Account.PROMOTIONS,
)


@invariant("money.entry_balances")
def entry_balances(whole: Whole) -> Found:
    """The legs of every journal entry add up to zero, in one currency."""
    for entry in whole.entries.values():
        rest = sum(leg.amount.amount for leg in entry.legs)
        currencies = {leg.amount.currency for leg in entry.legs}
        if rest:
            yield entry.id, f"its legs add up to {rest} instead of 0"
        if len(currencies) > 1:
            yield entry.id, f"it mixes {', '.join(sorted(currencies))}"


@invariant("money.accounts_add_up_to_zero", adds_up=True)
def accounts_add_up_to_zero(whole: Whole) -> Found:
    """All stored balances of a currency add up to zero."""
    sums: Counter[str] = Counter()
    for row in whole.of_kind("settlement", "BALANCE"):
        sums[row.sk.partition("#")[2]] += row.amount
    for currency, rest in sums.items():
        if rest:
            yield currency, f"the balances of all accounts add up to {rest} instead of 0"


@invariant("money.balance_is_sum_of_entries", adds_up=True)
def balance_is_sum_of_entries(whole: Whole) -> Found:
    """A stored balance is the sum of the legs posted to its account."""
    rest: Counter[tuple[str, str]] = Counter()
    for row in whole.of_kind("settlement", "BALANCE"):
        rest[row.subject, row.sk] += row.amount
    for entry in whole.entries.values():
        for owner in entry.owners:
            for leg in entry.legs:
                place = f"{leg.account}#{leg.amount.currency}"
                rest[owner.removeprefix("LEDGER#"), place] -= leg.amount.amount
    for (owner, place), amount in rest.items():
        if amount:
            yield f"{owner} {place}", f"the balance differs by {amount} from its entries"


@invariant("money.entry_is_as_posted")
def entry_is_as_posted(whole: Whole) -> Found:
    """An entry is what its fact posts and never changes; there is none without a fact."""
    expected = {entry.id: entry for _, entry in _expected(whole)}
    for posted in whole.entries.values():
        entry = expected.get(posted.id)
        if entry is None:
            yield posted.id, "no fact posts it"
        elif posted.legs != entry.legs:
            yield posted.id, f"its legs are {_words(posted)}, its fact says {_words(entry)}"
        elif {(one.cause, one.order_id, one.at) for one in posted.postings} != {
            (entry.cause, entry.order_id, entry.at)
        }:
            yield posted.id, f"its cause, order or time is not that of its fact {entry.cause}"


@invariant("money.fact_is_posted")
def fact_is_posted(whole: Whole) -> Found:
    """What a fact posts is in the journal."""
    for fact, entry in _expected(whole):
        if entry.id not in whole.entries and whole.is_handled(fact):
            yield fact.id, f"{fact.name} of {fact.aggregate} is not in the journal"


@invariant("money.order_is_conserved")
def order_is_conserved(whole: Whole) -> Found:
    """Merchant, commission, tax and shipping share what was paid for an order and not refunded."""
    accounts = _sums(whole, lambda posting: posting.order_id)
    for order in whole.orders.values():
        if order.purchase_id in whole.unsettled:
            continue
        own = accounts[order.id]
        paid = order.totals.payable.amount if order.paid_at else 0
        kept = paid - order.refunded.amount
        shared = -sum(own[account] for account in TO_OTHERS)
        if shared != kept:
            yield order.id, f"{kept} were paid and not refunded; {shared} are shared out"
        if own[Account.PROVIDER_CLEARING] != paid - order.returned:
            there = own[Account.PROVIDER_CLEARING]
            yield order.id, f"the company owes {there} for it instead of {paid - order.returned}"


@invariant("money.company_owes_what_it_kept")
def company_owes_what_it_kept(whole: Whole) -> Found:
    """What companies owe us for a purchase is what they captured and did not give back."""
    expected = {entry.id: fact.aggregate for fact, entry in _expected(whole)}
    owed: Counter[str] = Counter()
    for entry in whole.entries.values():
        for leg in entry.legs:
            if leg.account is Account.PROVIDER_CLEARING:
                owed[expected.get(entry.id, "")] += leg.amount.amount
    for purchase_id in whole.purchases:
        kept = sum(
            payment.captured.amount - payment.returned.amount
            for payment in whole.payments_of.get(purchase_id, [])
        )
        if purchase_id not in whole.unsettled and owed[purchase_id] != kept:
            yield purchase_id, f"companies kept {kept} and owe {owed[purchase_id]}"


def merchant_of(whole: Whole, entry: Posted) -> str:
    """Whose ledger an entry belongs in: that of its order's merchant, or the platform's."""
    order_id = entry.postings[0].order_id
    if not order_id:
        return PLATFORM
    order = whole.orders.get(order_id)
    return order.merchant.id if order else ""


def _expected(whole: Whole) -> list[tuple[Fact, Entry]]:
    found: list[tuple[Fact, Entry]] = []
    for kind, post in POSTS.items():
        found += [(fact, entry) for fact in whole.told(kind) for entry in post(fact)]
    return found


def _sums(whole: Whole, key: Callable[[Any], str]) -> dict[str, Counter[Account]]:
    sums: dict[str, Counter[Account]] = defaultdict(Counter)
    for entry in whole.entries.values():
        for posting in entry.postings:
            sums[key(posting)][posting.account] += posting.amount.amount
    return sums


def _words(entry: Entry | Posted) -> str:
    return ", ".join(f"{leg.account} {leg.amount.amount}" for leg in entry.legs)
