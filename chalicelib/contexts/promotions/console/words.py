"""Offers in words, as their makers read them."""

from chalicelib.contexts.members.service import tiers
from chalicelib.contexts.promotions.model.board import Standing
from chalicelib.contexts.promotions.model.offers import BPS_ALL, Channel, Kind, Lane, Offer
from chalicelib.kernel.money import Money
from chalicelib.web.i18n import N_, Words

STATES = {
    "live": (N_("Live"), "good"),
    "scheduled": (N_("Scheduled"), "go"),
    "stopped": (N_("Stopped"), "wait"),
    "ended": (N_("Ended"), "plain"),
}
KINDS = {
    Kind.AMOUNT_OFF: N_("An amount off"),
    Kind.PERCENT_OFF: N_("A percentage off"),
    Kind.FIXED_PRICE: N_("A price for each piece"),
    Kind.BUY_X_GET_Y: N_("Buy some, get some free"),
    Kind.BUNDLE: N_("A set of articles"),
    Kind.GIFT: N_("A gift"),
    Kind.FREE_SHIPPING: N_("Free delivery"),
}
assert set(KINDS) == set(Kind), "every kind has its words"
LANES = {
    Lane.PRODUCT: N_("Prices of single articles"),
    Lane.MERCHANT: N_("Offers for whole orders"),
    Lane.PLATFORM: N_("Offers of Souk for whole carts"),
    Lane.COUPONS: N_("Coupons"),
    Lane.SHIPPING: N_("Delivery"),
    Lane.POINTS: N_("Points"),
}
assert set(LANES) == set(Lane), "every lane has its words"


CHANNELS = {
    Channel.WEB: N_("On the shop's pages"),
    Channel.APP: N_("In the app"),
    Channel.MINI_PROGRAM: N_("In the mini program"),
    Channel.API: N_("By other programs"),
}
assert set(CHANNELS) == set(Channel), "every channel has its words"


def titled(offer: Offer, words: Words) -> str:
    """The offer's title in this language."""
    return offer.titles.get(words.locale) or next(iter(offer.titles.values()), offer.id)


def takes(standing: Standing, words: Words) -> str:
    """What an offer takes off, and from when on: “10% off · at most £5.00 · from £30.00”."""
    offer = standing.offer
    return " · ".join([_value(standing, words), *_bounds(offer, words)])


def about(offer: Offer, words: Words) -> str:
    """What an offer is about."""
    named = []
    if offer.products:
        named.append(words.count("%(num)s product", "%(num)s products", len(offer.products)))
    if offer.categories:
        many = len(offer.categories)
        named.append(words.count("%(num)s category", "%(num)s categories", many))
    if offer.merchants:
        named.append(words.count("%(num)s merchant", "%(num)s merchants", len(offer.merchants)))
    if not named and offer.kind is Kind.BUNDLE:
        return words.count("%(num)s part", "%(num)s parts", len(offer.bundle))
    return " · ".join(named) or words.say(N_("Everything"))


def percent(bps: int) -> str:
    """A percentage as people write it."""
    return f"{bps * 100 / BPS_ALL:g}%"


def _value(standing: Standing, words: Words) -> str:
    offer = standing.offer
    amount = words.money(Money(offer.amount, offer.currency)).text
    match offer.kind:
        case Kind.AMOUNT_OFF:
            return words.say(N_("%(amount)s off")) % {"amount": amount}
        case Kind.PERCENT_OFF:
            return words.say(N_("%(amount)s off")) % {"amount": percent(offer.percent_bps)}
        case Kind.FIXED_PRICE:
            return words.say(N_("%(amount)s each")) % {"amount": amount}
        case Kind.BUY_X_GET_Y:
            said = words.say(N_("Buy %(buy)s, get %(free)s free"))
            return said % {"buy": offer.buy, "free": offer.get}
        case Kind.BUNDLE if offer.percent_bps:
            off = {"amount": percent(offer.percent_bps)}
            return words.say(N_("%(amount)s off a set")) % off
        case Kind.BUNDLE:
            return words.say(N_("A set for %(amount)s")) % {"amount": amount}
        case Kind.GIFT:
            given = standing.gift.title if standing.gift else offer.sku
            return words.say(N_("%(gift)s comes free")) % {"gift": given}
        case Kind.FREE_SHIPPING:
            return words.say(N_("Free delivery"))


def _bounds(offer: Offer, words: Words) -> list[str]:
    found = []
    if offer.cap is not None:
        most = words.money(Money(offer.cap, offer.currency)).text
        found.append(words.say(N_("at most %(amount)s")) % {"amount": most})
    threshold = offer.threshold
    if threshold is not None and threshold.amount:
        least = words.money(Money(threshold.amount, offer.currency)).text
        found.append(words.say(N_("from %(amount)s on")) % {"amount": least})
    if threshold is not None and threshold.quantity:
        found.append(
            words.count("from %(num)s piece on", "from %(num)s pieces on", threshold.quantity)
        )
    return found + for_whom(offer, words)


def for_whom(offer: Offer, words: Words) -> list[str]:
    """Whom an offer is for, where it is not for everybody."""
    who = offer.audience
    found = [words.say(N_("first order only"))] if who.first_order_only else []
    if who.tiers:
        ladder = tiers.ladder()
        named = [tier.titles[words.locale] for tier in ladder if tier.code in who.tiers]
        found.append(words.say(N_("for %(tiers)s")) % {"tiers": _range(named, len(ladder), words)})
    return found


def _range(named: list[str], steps: int, words: Words) -> str:
    """Name tiers: those that reach up to the top by the lowest of them."""
    ladder = [tier.titles[words.locale] for tier in tiers.ladder()]
    if len(named) == steps:
        return words.say(N_("all members"))
    if len(named) > 1 and ladder[-len(named) :] == named:
        return words.say(N_("%(tier)s and up")) % {"tier": named[0]}
    return " / ".join(named)
