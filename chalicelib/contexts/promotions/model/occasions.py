"""Occasions: what gives a member a coupon without anybody's hand."""

from enum import StrEnum

from msgspec import Struct

from chalicelib.kernel.errors import FieldError


class Occasion(StrEnum):
    """Somebody becomes a member; an order of so much is completed; a member rises to a tier; a
    member has birthday.
    """

    SIGN_UP = "sign_up"
    SPEND = "spend"
    TIER = "tier"
    BIRTHDAY = "birthday"


class Trigger(Struct, frozen=True, omit_defaults=True):
    """When a campaign gives its coupons by itself: `amount` (minor units of `currency`) goes with
    `spend`, `tiers` with `tier`.
    """

    on: Occasion
    amount: int = 0
    currency: str = ""
    tiers: frozenset[str] = frozenset()


def wrong_with(
    trigger: Trigger, merchant_id: str, known: frozenset[str], currency: str
) -> list[FieldError]:
    """What keeps a trigger from being one. A merchant's are about its own orders; `known` are the
    ladder's tiers, amounts are in `currency`.
    """
    is_spend, is_tier = trigger.on is Occasion.SPEND, trigger.on is Occasion.TIER
    checks = (
        (
            "trigger",
            "not_its_own",
            "Sign-ups, tiers and birthdays are the platform's",
            merchant_id and not is_spend,
        ),
        (
            "trigger.amount",
            "out_of_range",
            "A spend is more than nothing",
            is_spend and trigger.amount < 1,
        ),
        (
            "trigger.amount",
            "not_for_kind",
            "Only a spend has an amount",
            not is_spend and trigger.amount,
        ),
        (
            "trigger.amount",
            "currency",
            f"Amounts are in {currency}",
            trigger.amount and trigger.currency != currency,
        ),
        ("trigger.tiers", "missing", "Name the tiers", is_tier and not trigger.tiers),
        ("trigger.tiers", "not_for_kind", "Only a tier names tiers", not is_tier and trigger.tiers),
        ("trigger.tiers", "unknown", "There is no such tier", not trigger.tiers <= known),
    )
    return [FieldError(field, code, said) for field, code, said, is_wrong in checks if is_wrong]
