"""Rows of the promotions table and where they lie.

| pk | sk | row |
|---|---|---|
| `BOARD#code` | `BOARD` | the offers of one merchant, or of the platform, that run or will |
| `TAXES` | `RULES` | the tax rules of all places |
| `OFFERS#owner` | `OFFER#id` | one offer, ended ones too |
| `QUOTA#offer` | `LEFT#shard` | what is left of a quota, and what is used |
| `SHOPPER#who` | `OFFER#id` | how much of an offer one shopper had |
| `PURCHASE#id` | `USES` | what a purchase uses of quotas, limits and coupons |
| `PURCHASE#id` | `COUNTED` | what is known of a purchase whose offers are counted |
| `TALLY#offer` | `DAY#day` | what an offer or a campaign brought and cost with the sales of one day |
| `TALLY#campaign` | `TOTAL` | what a campaign brought and cost altogether |
| `CAMPAIGN#id` | `CAMPAIGN` | a campaign; its quantity lies under `QUOTA#id` |
| `CAMPAIGNS#owner` | `CAMPAIGN#id` | that this owner has such a campaign |
| `OCCASIONS#occasion` | end`#`id | that a campaign gives its coupons on this occasion up to then |
| `CAMPAIGNS` | end`#`id | that members may claim of it up to then |
| `CAMPAIGN#id` | `CODES#key#n` | single-use codes that were made together |
| `CODE#code` | `CODE`, `COUPON#code` | the campaign whose code this is; a single-use code |
| `MEMBER#id` | `COUPON#code`, `CLAIMS#campaign` | a coupon; how many a member claimed |
"""

from msgspec.structs import replace
from pynamodb.attributes import DiscriminatorAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.aws.reads import Key
from chalicelib.aws.tables import DocumentAttribute, Item
from chalicelib.contexts.promotions.model.board import Board, Standing
from chalicelib.contexts.promotions.model.campaigns import (
    ANYBODY,
    Campaign,
    Coupon,
    CouponState,
)
from chalicelib.contexts.promotions.model.statistics import Counted
from chalicelib.contexts.promotions.model.taxes import TaxRule
from chalicelib.contexts.promotions.model.uses import Uses

BOARD = "BOARD"


class PromotionsItem(Item):
    class Meta:
        room = "promotions"

    kind = DiscriminatorAttribute()


class TaxesItem(PromotionsItem, discriminator="TAXES"):
    rules: DocumentAttribute[tuple[TaxRule, ...]] = DocumentAttribute(tuple[TaxRule, ...])
    changed_at = UnicodeAttribute()


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


class PromotionsDoneItem(PromotionsItem, discriminator="DONE"):
    fact = UnicodeAttribute()


class CountedItem(PromotionsItem, discriminator="COUNTED"):
    counted: DocumentAttribute[Counted] = DocumentAttribute(Counted)
    version = NumberAttribute()


class TallyItem(PromotionsItem, discriminator="TALLY"):
    """Figures of a day, in minor units of `currency` where they are money."""

    currency = UnicodeAttribute()
    orders = NumberAttribute()
    units = NumberAttribute()
    sales = NumberAttribute()
    off = NumberAttribute()
    by_merchant = NumberAttribute()
    by_platform = NumberAttribute()


class CampaignItem(PromotionsItem, discriminator="CAMPAIGN"):
    campaign: DocumentAttribute[Campaign] = DocumentAttribute(Campaign)
    version = NumberAttribute()


class CampaignNameItem(PromotionsItem, discriminator="CAMPAIGN_NAME"):
    """That an owner has a campaign, or that it may be claimed of."""

    campaign_id = UnicodeAttribute()


class CodeItem(PromotionsItem, discriminator="CODE"):
    """One code belongs to one campaign: this row's key is what makes it unique."""

    campaign: DocumentAttribute[Campaign] = DocumentAttribute(Campaign)


class CodesItem(PromotionsItem, discriminator="CODES"):
    """Single-use codes that were made together."""

    codes: DocumentAttribute[tuple[str, ...]] = DocumentAttribute(tuple[str, ...])


class CouponItem(PromotionsItem, discriminator="COUPON"):
    """`state`, `ends_at` and `purchase_id` are attributes, so that conditions can look at them."""

    coupon: DocumentAttribute[Coupon] = DocumentAttribute(Coupon)
    state = UnicodeAttribute()
    ends_at = UnicodeAttribute()
    purchase_id = UnicodeAttribute(default="")


class ClaimsItem(PromotionsItem, discriminator="CLAIMS"):
    claimed = NumberAttribute()


def board_key(code: str) -> Key:
    """Where the board of the merchant of this code lies."""
    return Key(BoardItem, f"BOARD#{code}", BOARD)


def taxes_key() -> Key:
    """Where the tax rules lie."""
    return Key(TaxesItem, "TAXES", "RULES")


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


def campaign_key(campaign_id: str) -> Key:
    """Where a campaign lies."""
    return Key(CampaignItem, f"CAMPAIGN#{campaign_id}", "CAMPAIGN")


def code_key(code: str) -> Key:
    """Where the campaign of a shared code lies."""
    return Key(CodeItem, f"CODE#{code}", "CODE")


def coupon_key(holder: str, code: str) -> Key:
    """Where a member's coupon lies, or a code that anybody may use once."""
    pk = f"CODE#{code}" if holder == ANYBODY else coupons_of(holder)
    return Key(CouponItem, pk, f"COUPON#{code}")


def claims_key(member_id: str, campaign_id: str) -> Key:
    """Where it lies how many coupons of a campaign a member claimed."""
    return Key(ClaimsItem, coupons_of(member_id), f"CLAIMS#{campaign_id}")


def coupons_of(member_id: str) -> str:
    """The partition of a member's coupons."""
    return f"MEMBER#{member_id}"


def campaigns_of(owner: str) -> str:
    """The partition of an owner's campaigns."""
    return f"CAMPAIGNS#{owner}"


def coupon_of(row: CouponItem | None) -> Coupon | None:
    """Read a coupon as it stands by its attributes."""
    if row is None:
        return None
    return replace(row.coupon, state=CouponState(row.state), purchase_id=row.purchase_id)


def counted_key(purchase_id: str) -> Key:
    """Where it lies what is known of a counted purchase."""
    return Key(CountedItem, f"PURCHASE#{purchase_id}", "COUNTED")


def tally_key(offer_id: str, place: str) -> Key:
    """Where an offer's figures lie, of a day or altogether."""
    return Key(TallyItem, tallies_of(offer_id), place)


def tallies_of(offer_id: str) -> str:
    """The partition of an offer's figures."""
    return f"TALLY#{offer_id}"


def board_of(code: str, row: BoardItem | None) -> Board:
    """Read a board; who never made an offer has an empty one."""
    return Board(code, row.standings, int(row.version)) if row else Board(code)


def uses_of(row: UsesItem | None) -> Uses | None:
    """Read what a purchase uses; None where it uses nothing that is limited."""
    return None if row is None else row.uses


def had_of(row: HadItem | None) -> int:
    """Read how much a shopper had."""
    return int(row.used) if row else 0
