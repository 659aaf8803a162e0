"""Erased members: nothing that tells who they were is left, and what they bought is."""

from collections.abc import Iterator

from chalicelib.contexts.privacy.model import ErasureState
from infra.doctor.registry import Found, invariant
from infra.doctor.whole import Whole

LEFT = (
    *(("members", kind) for kind in ("PROFILE", "ADDRESSES", "FAVOURITES", "BIRTHDAY")),
    *(("promotions", kind) for kind in ("COUPON", "CLAIMS")),
)
"""What lies in a partition of its member."""
WAYS_IN = ("CREDENTIAL", "LINK_ENTRY", "PASSKEY_ENTRY")


@invariant("privacy.erased_is_closed")
def erased_is_closed(whole: Whole) -> Found:
    """From the moment a member is erased, nothing leads into the account or names who had it."""
    erased = {row.subject for row in whole.of_kind("privacy", "ERASURE")}
    for row in whole.of_kind("identity", "ACCOUNT"):
        if row.subject in erased and (row.email or row.phone or row.name):
            yield row.subject, "it is erased, and its account says who had it"
    for kind in WAYS_IN:
        for row in whole.of_kind("identity", kind):
            if row.subject in erased:
                yield row.subject, f"it is erased, and {row.sk} is still there"
    for kind in ("LOGIN", "LINK", "PASSKEY"):
        for row in whole.of_kind("identity", kind):
            if row.account_id in erased:
                yield row.account_id, "it is erased, and a login leads into it"


@invariant("privacy.erased_is_gone")
def erased_is_gone(whole: Whole) -> Found:
    """Once an erasure is done no room holds an address, a cart, a session or a name of the member."""
    erased = {
        row.subject
        for row in whole.of_kind("privacy", "ERASURE")
        if row.state == ErasureState.ERASED
    }
    for room, kind in LEFT:
        for row in whole.of_kind(room, kind):
            if row.subject in erased:
                yield row.subject, f"it is erased, and its {row.sk} is still there"
    for row in whole.of_kind("aftersales", "CASE"):
        if row.case.member_id in erased:
            yield row.case.member_id, f"it is erased, and {row.case.id} is still there"
    for row in whole.of_kind("cart", "OWNER"):
        if row.subject in erased:
            yield row.subject, f"it is erased, and has the cart {row.cart_id}"
    for row in whole.of_kind("identity", "SESSION"):
        if row.account_id in erased:
            yield row.account_id, "it is erased, and a session of it is open"
    yield from _purchases(whole, erased)


def _purchases(whole: Whole, erased: set[str]) -> Iterator[tuple[str, str]]:
    mine = {one.id for one in whole.purchases.values() if one.member_id in erased}
    for purchase_id in sorted(mine):
        if whole.purchases[purchase_id].email:
            yield purchase_id, "its member is erased, and it has an email address"
        for order in whole.orders_of.get(purchase_id, []):
            if order.email or order.note or order.address.name or order.address.line1:
                yield order.id, "its member is erased, and it says who that was"
        for fact in whole.facts_of.get(purchase_id, []):
            if getattr(fact, "email", ""):
                yield fact.id, f"{fact.name} has the email address of an erased member"
