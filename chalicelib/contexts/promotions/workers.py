"""Promotions' handlers: what was paid and what goes back, counted for each offer."""

from collections.abc import Iterable
from typing import Any

import msgspec
from chalice import Blueprint, Rate

from chalicelib.aws.worker import Message, each_fact, each_message, worker
from chalicelib.contexts.identity.facts import MemberJoined
from chalicelib.contexts.members.facts import BirthdayCame, OrderCounted, TierChanged
from chalicelib.contexts.orders.facts import (
    PaidAdjustment,
    PaidOrder,
    PurchasePaid,
    RefundRequested,
)
from chalicelib.contexts.promotions.model.campaigns import Campaign
from chalicelib.contexts.promotions.model.issues import HandOut, PlanShard
from chalicelib.contexts.promotions.model.occasions import Occasion
from chalicelib.contexts.promotions.model.quotes import is_made
from chalicelib.contexts.promotions.model.statistics import Off, Returned, SoldLine
from chalicelib.contexts.promotions.service import issues, statistics
from chalicelib.contexts.promotions.service.occasions import meet

bp = Blueprint(__name__)
QUEUE_PLACEHOLDER = "arn:aws:sqs:eu-west-1:000000000000:promotions-statistics"
OCCASIONS_PLACEHOLDER = "arn:aws:sqs:eu-west-1:000000000000:promotions-occasions"
ISSUES_PLACEHOLDER = "arn:aws:sqs:eu-west-1:000000000000:promotions-issues"
DAY_LENGTH = len("2026-01-31")


def on_paid(fact: PurchasePaid) -> None:
    """Count what offers took off a purchase; nothing is kept of one without."""
    lines = statistics.of_campaigns(fact.purchase_id, sold(fact))
    if lines:
        day, currency = fact.occurred_at[:DAY_LENGTH], fact.total.currency
        statistics.note(fact, fact.purchase_id, lambda known: known.with_sale(day, currency, lines))


def on_refund_requested(fact: RefundRequested) -> None:
    """Count what goes back; money that no order took had no offers."""
    back = returned(fact)
    if back:
        statistics.note(fact, fact.purchase_id, lambda known: known.with_returned(back))


def sold(fact: PurchasePaid) -> list[SoldLine]:
    """The lines and deliveries of a purchase of which offers took something off."""
    return [line for order in fact.orders for line in _lines(order) if line.offs]


def returned(fact: RefundRequested) -> list[Returned]:
    """The units that a refund is for."""
    refund = fact.refund
    return [
        Returned(refund.id, refund.order_id, line.sku, line.quantity)
        for line in refund.lines
        if line.quantity
    ]


HANDLERS = {PurchasePaid: on_paid, RefundRequested: on_refund_requested}


@bp.on_sqs_message(queue_arn=QUEUE_PLACEHOLDER, batch_size=10, name="promotions_on_sale_fact")
@worker("promotions_on_sale_fact")
def promotions_on_sale_fact(event: Any) -> dict[str, Any]:
    """Count what each fact says, once, and stop what has used its budget up."""
    return each_fact(event, HANDLERS)


@bp.on_sqs_message(queue_arn=ISSUES_PLACEHOLDER, batch_size=1, name="promotions_on_issue")
@worker("promotions_on_issue")
def promotions_on_issue(event: Any) -> dict[str, Any]:
    """Plan a shard of an issue of coupons, or hand out a chunk of it."""
    return each_message(event, _go_on)


@bp.schedule(Rate(5, unit=Rate.MINUTES), name="promotions_push_issues")
@worker("promotions_push_issues")
def promotions_push_issues(event: Any) -> dict[str, int]:
    """Start issues whose time has come, and send again what others wait for."""
    del event
    return issues.push_issues()


@bp.on_sqs_message(queue_arn=OCCASIONS_PLACEHOLDER, batch_size=10, name="promotions_on_occasion")
@worker("promotions_on_occasion")
def promotions_on_occasion(event: Any) -> dict[str, Any]:
    """Give coupons to members for what they did, once for each."""
    return each_fact(event, OCCASIONS)


def on_joined(fact: MemberJoined) -> None:
    """Give what is given at a sign-up."""
    meet(Occasion.SIGN_UP, fact.member_id, fact.member_id, fact.occurred_at, lambda _: True)


def on_counted(fact: OrderCounted) -> None:
    """Give what is given for an order of so much: the platform's, and those of the order's merchant."""

    def fits(campaign: Campaign) -> bool:
        trigger = campaign.trigger
        is_meant = campaign.merchant_id in {"", fact.merchant_id}
        if trigger is None or not is_meant or trigger.currency != fact.spend.currency:
            return False
        return fact.spend.amount >= trigger.amount

    meet(Occasion.SPEND, fact.member_id, fact.order_id, fact.occurred_at, fits)


def on_tier_changed(fact: TierChanged) -> None:
    """Give what is given for rising to a tier."""

    def fits(campaign: Campaign) -> bool:
        return campaign.trigger is not None and fact.tier in campaign.trigger.tiers

    if fact.is_higher:
        meet(Occasion.TIER, fact.member_id, fact.id, fact.occurred_at, fits)


def on_birthday(fact: BirthdayCame) -> None:
    """Give what is given for a birthday, once a year."""
    cause = f"{fact.member_id} {fact.year}"
    meet(Occasion.BIRTHDAY, fact.member_id, cause, fact.occurred_at, lambda _: True)


OCCASIONS = {
    MemberJoined: on_joined,
    OrderCounted: on_counted,
    TierChanged: on_tier_changed,
    BirthdayCame: on_birthday,
}


def _go_on(message: Message) -> None:
    wanted = msgspec.json.decode(message.body, type=PlanShard | HandOut)
    if isinstance(wanted, PlanShard):
        issues.plan(wanted)
    else:
        issues.hand_out(wanted)


def _lines(order: PaidOrder) -> list[SoldLine]:
    delivery = SoldLine(
        order.order_id,
        order.merchant_id,
        "",
        1,
        order.shipping.amount,
        _offs(order.delivery_adjustments),
    )
    return [
        *(
            SoldLine(
                order.order_id,
                order.merchant_id,
                line.sku,
                line.quantity,
                line.total.amount,
                _offs(line.adjustments),
            )
            for line in order.lines
        ),
        delivery,
    ]


def _offs(adjustments: Iterable[PaidAdjustment]) -> tuple[Off, ...]:
    return tuple(
        Off(one.offer_id, one.amount, one.by_merchant, one.by_platform)
        for one in adjustments
        if is_made(one.offer_id)
    )
