"""Rows of the promotions table and where they lie.

| pk | sk | row |
|---|---|---|
| `BOARD#code` | `BOARD` | the offers of one merchant, or of the platform, that run or will |
| `OFFERS#owner` | `OFFER#id` | one offer, ended ones too |
| `QUOTA#offer` | `LEFT#shard` | what is left of a quota, and what is used |
| `SHOPPER#who` | `OFFER#id` | how much of an offer one shopper had |
| `PURCHASE#id` | `USES` | what a purchase uses of quotas and limits |
"""

from pynamodb.attributes import DiscriminatorAttribute, NumberAttribute

from chalicelib.aws.reads import Key
from chalicelib.aws.tables import DocumentAttribute, Item
from chalicelib.contexts.promotions.model.board import Board, Standing
from chalicelib.contexts.promotions.model.uses import Uses

BOARD = "BOARD"


class PromotionsItem(Item):
    class Meta:
        room = "promotions"

    kind = DiscriminatorAttribute()


class BoardItem(PromotionsItem, discriminator="BOARD"):
    version = NumberAttribute()
    standings: DocumentAttribute[tuple[Standing, ...]] = DocumentAttribute(tuple[Standing, ...])


class OfferItem(PromotionsItem, discriminator="OFFER"):
    standing: DocumentAttribute[Standing] = DocumentAttribute(Standing)
    version = NumberAttribute()


class QuotaItem(PromotionsItem, discriminator="QUOTA"):
    left = NumberAttribute()
    used = NumberAttribute()


class HadItem(PromotionsItem, discriminator="HAD"):
    used = NumberAttribute()


class UsesItem(PromotionsItem, discriminator="USES"):
    uses: DocumentAttribute[Uses] = DocumentAttribute(Uses)
    version = NumberAttribute()


def board_key(code: str) -> Key:
    """Where the board of the merchant of this code lies."""
    return Key(BoardItem, f"BOARD#{code}", BOARD)


def offer_key(owner: str, offer_id: str) -> Key:
    """Where an offer lies."""
    return Key(OfferItem, offers_of(owner), f"OFFER#{offer_id}")


def offers_of(owner: str) -> str:
    """The partition of an owner's offers."""
    return f"OFFERS#{owner}"


def quota_key(offer_id: str, shard: int) -> Key:
    """Where one part of a quota lies."""
    return Key(QuotaItem, f"QUOTA#{offer_id}", f"LEFT#{shard}")


def had_key(who: str, offer_id: str) -> Key:
    """Where it lies how much of an offer a shopper had."""
    return Key(HadItem, f"SHOPPER#{who}", f"OFFER#{offer_id}")


def uses_key(purchase_id: str) -> Key:
    """Where it lies what a purchase uses."""
    return Key(UsesItem, f"PURCHASE#{purchase_id}", "USES")


def board_of(code: str, row: BoardItem | None) -> Board:
    """Read a board; who never made an offer has an empty one."""
    return Board(code, row.standings, int(row.version)) if row else Board(code)


def uses_of(row: UsesItem | None) -> Uses | None:
    """Read what a purchase uses; None where it uses nothing that is limited."""
    return None if row is None else row.uses


def had_of(row: HadItem | None) -> int:
    """Read how much a shopper had."""
    return int(row.used) if row else 0
