"""Points, tiers and birthdays: what accounts have is what was told of them, and what orders earned."""

from collections import Counter

from chalicelib.contexts.members.facts import BirthdayCame, PointsMoved, TierChanged
from chalicelib.contexts.members.model.points import PointsKind, Tally
from chalicelib.contexts.members.workers import completed, paid, refunded
from chalicelib.contexts.orders.facts import OrderCompleted, PurchasePaid
from chalicelib.contexts.payments.facts import RefundSucceeded
from chalicelib.contexts.promotions.model.uses import UsesState
from infra.doctor.registry import Found, invariant
from infra.doctor.whole import Whole

BY_ORDERS = {PointsKind.EARNED, PointsKind.REVERSED}


@invariant("points.balance_is_its_statement", adds_up=True)
def balance_is_its_statement(whole: Whole) -> Found:
    """A member's balance is the sum of the statement, and every line of it was told."""
    rest: Counter[str] = Counter()
    told = {(fact.member_id, fact.occurred_at, fact.points) for fact in whole.told(PointsMoved)}
    for row in whole.of_kind("members", "LOYALTY"):
        rest[row.subject] += row.balance
    for row in whole.of_kind("members", "ENTRY"):
        entry = row.entry
        rest[row.subject] -= entry.points
        if (row.subject, entry.at, entry.points) not in told:
            yield row.subject, f"{entry.kind} {entry.points} of {entry.at} was told to nobody"
    for member_id, points in rest.items():
        if points:
            yield member_id, f"the balance differs by {points} from its statement"


@invariant("points.lots_are_what_was_earned", adds_up=True)
def lots_are_what_was_earned(whole: Whole) -> Found:
    """What is kept by month is what orders earned, net of what was reversed."""
    rest: Counter[str] = Counter()
    for row in whole.of_kind("members", "LOT"):
        rest[row.subject] += row.earned
    for row in whole.of_kind("members", "ENTRY"):
        if row.entry.kind in BY_ORDERS:
            rest[row.subject] -= row.entry.points
    for member_id, points in rest.items():
        if points:
            yield member_id, f"its months differ by {points} from what orders earned"


@invariant("points.orders_moved_what_they_say", adds_up=True)
def orders_moved_what_they_say(whole: Whole) -> Found:
    """What an order says that it earned and gave back stands in its member's statement."""
    open_accounts = _open_accounts(whole)
    moved: Counter[tuple[str, bool]] = Counter()
    for row in whole.of_kind("members", "ENTRY"):
        if row.entry.order_id:
            moved[row.entry.order_id, row.entry.kind in BY_ORDERS] += row.entry.points
    for row in whole.of_kind("members", "TALLY"):
        tally = row.tally
        if tally.member_id not in open_accounts:
            continue
        for points, by_orders in ((tally.earned, True), (tally.returned, False)):
            rest = points - moved.pop((tally.order_id, by_orders), 0)
            if rest:
                yield (
                    tally.order_id,
                    f"it moved {rest} points more than its member's statement says",
                )
    for (order_id, _), points in moved.items():
        if points:
            yield (
                order_id,
                f"{points} points of it stand in a statement, and it knows nothing of them",
            )


@invariant("tiers.months_are_what_orders_came_to", adds_up=True)
def months_are_what_orders_came_to(whole: Whole) -> Found:
    """What a member bought in a month, which tiers go by, is what its completed orders came to, net."""
    open_accounts = _open_accounts(whole)
    spend: Counter[str] = Counter()
    for row in whole.of_kind("members", "SPEND"):
        spend[row.subject] += row.spend
    for row in whole.of_kind("members", "TALLY"):
        if row.tally.member_id in open_accounts:
            spend[row.tally.member_id] -= row.tally.spent
    for member_id, minor in spend.items():
        if minor:
            yield member_id, f"its months differ by {minor} from what its orders came to"


@invariant("points.orders_are_known")
def orders_are_known(whole: Whole) -> Found:
    """What facts say of a member's order is what is known of it."""
    tallies: dict[str, Tally] = {
        row.tally.order_id: row.tally for row in whole.of_kind("members", "TALLY")
    }
    open_accounts = _open_accounts(whole)
    for fact in whole.told(PurchasePaid):
        for order in fact.orders if fact.member_id in open_accounts else ():
            tally = tallies.get(order.order_id, Tally(order.order_id))
            if whole.is_handled(fact) and tally.member_id and paid(tally, fact, order) != tally:
                yield order.order_id, "it was paid for, and its points do not know"
            elif whole.is_handled(fact) and not tally.lines:
                yield order.order_id, "it was paid for by a member, and nobody noted it"
    for done in whole.told(OrderCompleted):
        tally = tallies.get(done.order_id, Tally(""))
        if whole.is_handled(done) and tally.member_id and completed(tally, done) != tally:
            yield done.order_id, "it is completed, and its points do not know"
    for back in whole.told(RefundSucceeded):
        tally = tallies.get(back.refund.order_id, Tally(""))
        if whole.is_handled(back) and tally.member_id and refunded(tally, back) != tally:
            yield back.refund.order_id, f"its points do not know of {back.refund.id}"


@invariant("points.spent_is_what_purchases_use")
def spent_is_what_purchases_use(whole: Whole) -> Found:
    """The points that a purchase took, less what it gave back itself, are those that it uses, and
    those of its orders that were paid for.
    """
    rest: Counter[str] = Counter()
    gone: set[str] = set()
    open_accounts = _open_accounts(whole)
    for row in whole.of_kind("members", "ENTRY"):
        if row.entry.purchase_id and not row.entry.order_id:
            rest[row.entry.purchase_id] -= row.entry.points
    for row in whole.of_kind("promotions", "USES"):
        orders = {one.merchant.id: one for one in whole.orders_of.get(row.uses.purchase_id, [])}
        for use in row.uses.items:
            if not use.is_points:
                continue
            if use.holder not in open_accounts:
                gone.add(row.uses.purchase_id)
            order = orders.get(use.merchant_id)
            if use.state is UsesState.TAKEN or (order is not None and order.paid_at):
                rest[row.uses.purchase_id] -= use.units
    for purchase_id, points in rest.items():
        if points and purchase_id not in gone:
            yield purchase_id, f"it took {points} points more than it uses"


@invariant("tiers.tier_is_as_told")
def tier_is_as_told(whole: Whole) -> Found:
    """A member's tier is the one that was told last."""
    last = {fact.member_id: fact.tier for fact in whole.told(TierChanged)}
    for row in whole.of_kind("members", "LOYALTY"):
        if (row.tier or "") != last.get(row.subject, ""):
            yield row.subject, f"it is {row.tier!r}, and {last.get(row.subject, '')!r} was told"


@invariant("birthdays.once_a_year")
def once_a_year(whole: Whole) -> Found:
    """A birthday is told once a year, the year is kept, and who has one is looked at when it begins."""
    told = Counter((fact.member_id, fact.year) for fact in whole.told(BirthdayCame))
    last: dict[str, int] = {}
    for (member_id, year), times in told.items():
        last[member_id] = max(year, last.get(member_id, 0))
        if times > 1:
            yield member_id, f"its birthday of {year} was told {times} times"
    for row in whole.of_kind("members", "BIRTHDAY"):
        kept, due = row.document, row.due_at if row.due_shard else None
        if kept.wished_in != last.get(row.subject, 0):
            yield row.subject, f"{kept.wished_in} is kept as its last birthday that was told"
        if (kept.next_at or None) != due or bool(kept.day) != bool(kept.next_at):
            yield row.subject, f"it has birthday on {kept.day!r}, and its timer says {due}"
        if row.version != kept.version:
            yield (
                row.subject,
                f"its birthday's row is version {row.version} instead of {kept.version}",
            )
        if kept.next_at and kept.next_at <= whole.horizon.daily:
            yield row.subject, f"its birthday began at {kept.next_at}, and nobody looked"


def _open_accounts(whole: Whole) -> set[str]:
    """The members whose points are kept: of one who is gone only orders stay."""
    return {row.subject for row in whole.of_kind("members", "LOYALTY")}
