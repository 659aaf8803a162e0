"""Rows of the merchants table: the merchant, its code, and every step of its standing."""

from typing import Any

from pynamodb.attributes import DiscriminatorAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.aws import reads, transact
from chalicelib.aws.reads import Key
from chalicelib.aws.tables import DocumentAttribute, Item
from chalicelib.aws.transact import Refuse, Write
from chalicelib.contexts.merchants.model import (
    CodeTaken,
    DeliveryMethod,
    Merchant,
    MerchantState,
    Review,
    WrongState,
)
from chalicelib.kernel import ids
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.paging import Page


class MerchantsItem(Item):
    class Meta:
        room = "merchants"

    kind = DiscriminatorAttribute()


class MerchantItem(MerchantsItem, discriminator="MERCHANT"):
    code = UnicodeAttribute()
    name = DocumentAttribute[dict[str, str]](dict[str, str])
    email = UnicodeAttribute()
    state = UnicodeAttribute()
    commission_bps = NumberAttribute()
    currency = UnicodeAttribute()
    delivery_methods = DocumentAttribute[tuple[DeliveryMethod, ...]](tuple[DeliveryMethod, ...])
    description = DocumentAttribute[dict[str, str]](dict[str, str])
    created_at = UnicodeAttribute()
    version = NumberAttribute()


class CodeItem(MerchantsItem, discriminator="CODE"):
    """One code belongs to one merchant: this row's key is what makes it unique."""

    merchant_id = UnicodeAttribute()


class ReviewItem(MerchantsItem, discriminator="REVIEW"):
    at = UnicodeAttribute()
    actor = UnicodeAttribute()
    source = UnicodeAttribute(default="")
    target = UnicodeAttribute()
    reason = UnicodeAttribute(default="")


def merchant_key(merchant_id: str) -> Key:
    return Key(MerchantItem, f"MERCHANT#{merchant_id}", "MERCHANT")


def code_key(code: str) -> Key:
    return Key(CodeItem, f"CODE#{code}", "CODE")


def in_state(state: MerchantState) -> str:
    """The partition of the index in which merchants of one state wait for reviewers."""
    return f"STATE#{state}"


def merchant_of(row: Any) -> Merchant:
    return Merchant(
        id=row.pk.removeprefix("MERCHANT#"),
        code=row.code,
        name=row.name,
        email=row.email,
        state=MerchantState(row.state),
        commission_bps=int(row.commission_bps),
        currency=row.currency,
        delivery_methods=row.delivery_methods,
        description=row.description,
        created_at=row.created_at,
        version=int(row.version),
    )


def new_merchant(merchant: Merchant, since: str) -> list[Write]:
    """Contribute a merchant with its code; refuses a code that is taken."""
    place, code = merchant_key(merchant.id), code_key(merchant.code)
    return [
        transact.create(
            CodeItem(code.pk, code.sk, merchant_id=merchant.id),
            refuse=lambda _old: CodeTaken(),
        ),
        transact.create(
            MerchantItem(
                place.pk,
                place.sk,
                code=merchant.code,
                name=merchant.name,
                email=merchant.email,
                state=merchant.state.value,
                commission_bps=merchant.commission_bps,
                currency=merchant.currency,
                delivery_methods=merchant.delivery_methods,
                description=merchant.description,
                created_at=merchant.created_at,
                version=merchant.version,
                state_owner=in_state(merchant.state),
                owner_at=since,
            )
        ),
    ]


def move(merchant: Merchant, target: MerchantState, since: str) -> Write:
    """Contribute a step of a merchant's standing; refuses when it stands elsewhere by now."""
    place = merchant_key(merchant.id)
    return transact.update(
        MerchantItem(place.pk, place.sk),
        [
            MerchantItem.state.set(target.value),
            MerchantItem.state_owner.set(in_state(target)),
            MerchantItem.owner_at.set(since),
            MerchantItem.version.set(MerchantItem.version + 1),
        ],
        MerchantItem.state == merchant.state.value,
        refuse=lambda _old: WrongState(),
    )


def require_selling(merchant_id: str, *, refuse: Refuse) -> Write:
    """Require that a merchant may sell at the moment of the transaction."""
    place = merchant_key(merchant_id)
    row = MerchantItem(place.pk, place.sk)
    return transact.check(row, MerchantItem.state == MerchantState.APPROVED.value, refuse=refuse)


def set_delivery(merchant: Merchant, methods: tuple[DeliveryMethod, ...]) -> Write:
    """Contribute other ways to deliver; refuses when the merchant was changed meanwhile."""
    place = merchant_key(merchant.id)
    return transact.update(
        MerchantItem(place.pk, place.sk),
        [
            MerchantItem.delivery_methods.set(methods),
            MerchantItem.version.set(merchant.version + 1),
        ],
        MerchantItem.version == merchant.version,
        refuse=lambda _old: Conflict(),
    )


def review(merchant_id: str, review: Review) -> Write:
    """Contribute a line of the merchant's history."""
    return transact.create(
        ReviewItem(
            pk=f"MERCHANT#{merchant_id}",
            sk=f"REVIEW#{ids.ulid()}",
            at=review.at,
            actor=review.actor,
            source=review.source,
            target=review.target,
            reason=review.reason,
        )
    )


def reviews(merchant_id: str) -> list[Review]:
    """Read a merchant's history, oldest first. One round trip."""
    rows = reads.query(ReviewItem, f"MERCHANT#{merchant_id}", begins_with="REVIEW#")
    return [Review(row.at, row.actor, row.source, row.target, row.reason) for row in rows.items]


def of_state(state: MerchantState, limit: int, cursor: str) -> Page[Merchant]:
    """List merchants of one state, those that came to it first before the others."""
    rows = reads.page(
        MerchantItem,
        in_state(state),
        scope=f"merchants {state}",
        limit=limit,
        cursor=cursor,
        index="by_state",
    )
    return Page([merchant_of(row) for row in rows.items], rows.next_cursor)
