"""The offers that concern one product, and its price after those for single articles."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from chalicelib.contexts.promotions.console.words import takes
from chalicelib.contexts.promotions.model.board import Standing
from chalicelib.contexts.promotions.model.deals import Deal
from chalicelib.contexts.promotions.model.offers import EVERYBODY, Lane
from chalicelib.contexts.promotions.model.quotes import Basket
from chalicelib.contexts.promotions.model.shelf import Line
from chalicelib.contexts.promotions.pages.savings import titled
from chalicelib.kernel import clock
from chalicelib.kernel.money import Money, total
from chalicelib.web.i18n import TimeView, Words


class OfferRowView(Struct, frozen=True, kw_only=True):
    """An offer as a row: what it takes off, until when, and what comes along."""

    label: str
    takes: str
    until: TimeView
    is_limited: bool
    gift_href: str
    gift_image: str


def offer_rows(deal: Deal, lines: Sequence[Line], words: Words) -> list[OfferRowView]:
    """Show the offers for anybody that are about any of these variants and run now, in the order in
    which they take turns.
    """
    reached = deal.shelf.reached(lines)
    found = [(one.card, deal.standings[one.offer.id]) for one in reached]
    running = [
        (card.lane_number, card.turn, standing)
        for card, standing in found
        if standing.offer.starts_at <= deal.now and standing.offer.audience == EVERYBODY
    ]
    running.sort(key=lambda one: one[:2])
    return [_row(standing, words) for _, _, standing in running]


def prices(deal: Deal, lines: Iterable[Line]) -> dict[str, Money]:
    """What one piece of each variant costs anybody after the offers for single articles, by sku; only
    those that cost less. What has a quota is left out: nobody has looked whether any is left.
    """
    sure = deal.without([one.offer.id for one in deal.standings.values() if one.offer.quota])
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


def _row(standing: Standing, words: Words) -> OfferRowView:
    offer, gift = standing.offer, standing.gift
    return OfferRowView(
        label=titled(offer.titles, words),
        takes=takes(standing, words),
        until=words.moment(clock.iso(offer.ends_at)),
        is_limited=offer.quota is not None,
        gift_href=f"/p/{gift.slug}" if gift else "",
        gift_image=gift.image if gift else "",
    )
