"""The offers that concern one product, and its price after those for single articles."""

from collections.abc import Iterable

from msgspec import Struct

from chalicelib.contexts.members.service import tiers
from chalicelib.contexts.promotions.console.words import CHANNELS, about, takes
from chalicelib.contexts.promotions.model.board import Standing
from chalicelib.contexts.promotions.model.deals import Deal
from chalicelib.contexts.promotions.model.offers import Audience, Lane, Offer
from chalicelib.contexts.promotions.model.quotes import Basket
from chalicelib.contexts.promotions.model.shelf import Line
from chalicelib.contexts.promotions.pages.savings import titled
from chalicelib.kernel import clock
from chalicelib.kernel.money import Money, total
from chalicelib.web.i18n import N_, TimeView, Words


class OfferRowView(Struct, frozen=True, kw_only=True):
    """An offer as a row: what it takes off, until when, and what comes along; `who` is "" where it is for
    anybody.
    """

    label: str
    who: str
    takes: str
    about: str
    until: TimeView
    is_limited: bool
    left: str
    gift_href: str
    gift_image: str


def offer_rows(
    offers: Iterable[Standing], words: Words, deal: Deal | None = None
) -> list[OfferRowView]:
    """Show offers as rows; `deal` knows what is left of them, if anybody does."""
    return [_row(one, deal.left_of(one.offer.id) if deal else None, words) for one in offers]


def prices(deal: Deal, lines: Iterable[Line]) -> dict[str, Money]:
    """What one piece of each variant costs anybody after the offers for single articles, by sku; only
    those that cost less. What has a quota counts only where somebody looked whether any is left.
    """
    sure = deal.without(
        [
            one.offer.id
            for one in deal.standings.values()
            if one.offer.quota and deal.left_of(one.offer.id) is None
        ]
    )
    lowered: dict[str, Money] = {}
    for line in lines if sure.standings else ():
        quoted = sure.quote(Basket(line.unit_price.currency, (line,)))
        off = total(
            (
                each.amount
                for each in quoted.lines[0].adjustments
                if sure.standings[each.offer].offer.lane is Lane.PRODUCT
            ),
            line.unit_price.currency,
        )
        if off:
            lowered[line.sku] = line.unit_price + off
    return lowered


def _row(standing: Standing, left: int | None, words: Words) -> OfferRowView:
    offer, gift = standing.offer, standing.gift
    return OfferRowView(
        label=titled(offer.titles, words),
        who=_who(offer.audience, words),
        takes=takes(standing, words),
        until=words.moment(clock.iso(offer.ends_at)),
        about=about(offer, words),
        is_limited=offer.quota is not None,
        left="" if left is None else _left(offer, left, words),
        gift_href=f"/p/{gift.slug}" if gift else "",
        gift_image=gift.image if gift else "",
    )


def _who(audience: Audience, words: Words) -> str:
    """Say whom an offer is for: members, a tier and those above it, some tiers, first orders."""
    ladder, said = tiers.ladder(), []
    if audience.tiers:
        steps = [place for place, tier in enumerate(ladder) if tier.code in audience.tiers]
        titles = [ladder[place].titles[words.locale] for place in steps]
        if steps and steps == list(range(steps[0], len(ladder))):
            title = titles[0]
            titles = [words.say(N_("%(tier)s and up")) % {"tier": title}]
            if not steps[0]:
                titles = [words.say(N_("Members"))]
        said.append(" / ".join(titles))
    if audience.first_order_only:
        said.append(words.say(N_("First order")))
    said += [words.say(text) for one, text in CHANNELS.items() if one in audience.channels]
    return " · ".join(filter(None, said))


def _left(offer: Offer, left: int, words: Words) -> str:
    if offer.lane is Lane.PRODUCT:
        return words.count("%(num)s left at this price", "%(num)s left at this price", left)
    return words.count("%(num)s left of this offer", "%(num)s left of this offer", left)
