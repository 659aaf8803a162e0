"""The shop's standing pages: help, terms, privacy, shipping and returns; and what robots are told."""

from collections.abc import Mapping

from chalice import Blueprint, Response
from msgspec import Struct

from chalicelib.aws.settings import settings
from chalicelib.web.addresses import PREFIXES
from chalicelib.web.i18n import N_
from chalicelib.web.page import Html, page, plain
from chalicelib.web.session import Visit

bp = Blueprint(__name__)

STANDING_S = 300
"""They change with a release; what stands around them (the categories) changes seldom."""

PERSONAL = ("/account", "/checkout", "/console", "/fragments/", "/locale/", "/orders")


class Section(Struct, frozen=True):
    """A heading with its paragraphs; `items` become a list below them."""

    heading: str
    paragraphs: tuple[str, ...]
    items: tuple[str, ...] = ()


class Reading(Struct, frozen=True):
    """A page of words."""

    title: str
    lead: str
    sections: tuple[Section, ...]


HELP = Reading(
    N_("Questions and answers"),
    N_("The short answers first. What is left, the merchant of your order knows best."),
    (
        Section(
            N_("Buying"),
            (
                N_("You need no account. An order needs an address and an e-mail, nothing else."),
                N_("A cart may hold things of several merchants. You pay once, and get one order from each."),
                N_("Your cart stays for 90 days on this device, and moves with you when you sign in."),
            ),
        ),
        Section(
            N_("Paying"),
            (
                N_("The amount on the last page is what is charged. If a price has changed meanwhile, you are asked again."),
                N_("After you place an order its goods are held for 30 minutes. If the payment does not arrive, the order ends by itself and nothing is charged."),
                N_("Money that arrives late is taken if the goods are still there, and sent back if they are not."),
            ),
        ),
        Section(
            N_("Following an order"),
            (
                N_("The e-mail about your order has a link to it. Members find all theirs under “My orders”."),
                N_("The link is lost? “Find an order” opens yours by its number and the e-mail or phone you gave."),
                N_("Each parcel has its own line of events. A merchant may send one order in several parcels."),
            ),
        ),
        Section(
            N_("Changing your mind"),
            (
                N_("You can cancel an order until its first parcel is on its way. What you paid is sent back by itself."),
            ),
        ),
    ),
)  # fmt: skip

SHIPPING = Reading(
    N_("Shipping and returns"),
    N_("Every merchant sends its own goods in its own way. These rules hold for all of them."),
    (
        Section(
            N_("What it costs, and how long it takes"),
            (
                N_("Each merchant names its prices and days; they stand on its page and at checkout, before you pay."),
                N_("Goods of several merchants come in several parcels, at the price of each."),
            ),
        ),
        Section(
            N_("Where we deliver"),
            (
                N_("At checkout you see only what every merchant in your cart offers to your address."),
            ),
        ),
        Section(
            N_("When a parcel does not come"),
            (
                N_("Look at its line of events first. If nothing has moved for a week, write to the merchant from the order's page."),
            ),
        ),
        Section(
            N_("Sending something back"),
            (N_("You may send things back within 14 days of their arrival, except:"),),
            (
                N_("what was made for you alone,"),
                N_("food and flowers,"),
                N_("sealed goods that were opened, such as cosmetics."),
            ),
        ),
        Section(
            N_("Getting your money back"),
            (
                N_("The merchant sends back what you paid for the goods, by the way you paid. Most banks need three to five working days."),
            ),
        ),
    ),
)  # fmt: skip

TERMS = Reading(
    N_("Terms"),
    N_("What you and the merchants can rely on."),
    (
        Section(
            N_("Who sells"),
            (
                N_("Souk is a market. Each product is sold by the merchant named beside it; your contract is with that merchant. Souk takes the payment for it and keeps the record."),
            ),
        ),
        Section(
            N_("When an order counts"),
            (
                N_("An order is placed when its payment is captured, and accepted when the merchant confirms it. Until then either side may step back."),
            ),
        ),
        Section(
            N_("Prices"),
            (
                N_("Prices include tax unless the checkout says otherwise. What is charged is what was shown; after payment nothing is priced again."),
            ),
        ),
        Section(
            N_("Your account"),
            (
                N_("Keep your password to yourself, and tell the truth about your address. We may close accounts that are used to cheat others."),
            ),
        ),
        Section(
            N_("When something is wrong"),
            (
                N_("Your rights as a consumer stand above these terms. Write to the merchant first; if that does not help, Souk decides within 14 days."),
            ),
        ),
    ),
)  # fmt: skip

PRIVACY = Reading(
    N_("Privacy"),
    N_("We keep what an order needs, and nothing to follow you around with."),
    (
        Section(
            N_("What we keep"),
            (
                N_("Your orders, with the address they went to; your e-mail or phone; your password as a hash that nobody can read back. Merchants see the orders that are theirs, and no others."),
            ),
        ),
        Section(
            N_("Cookies"),
            (N_("Only those that the shop needs. None is read by anybody else, and there is no advertising."),),
            (
                N_("your session, while you are signed in,"),
                N_("your cart, for 90 days,"),
                N_("the orders that this browser opened, for 60 days,"),
                N_("your language, for a year,"),
                N_("a random number that protects forms from being forged."),
            ),
        ),
        Section(
            N_("Who else sees it"),
            (
                N_("The payment company sees the amount and what you type on its page. The courier sees the address. Nobody buys your data from us."),
            ),
        ),
        Section(
            N_("Your rights"),
            (
                N_("You may see, take with you and erase what we hold of you. The law makes us keep invoices; your name on them is then replaced."),
            ),
        ),
    ),
)  # fmt: skip

READINGS: Mapping[str, Reading] = {
    "help": HELP,
    "shipping-and-returns": SHIPPING,
    "terms": TERMS,
    "privacy": PRIVACY,
}


@page(bp, "GET", "/help")
def help_page(visit: Visit) -> Html:
    return _reading(visit, HELP)


@page(bp, "GET", "/shipping-and-returns")
def shipping(visit: Visit) -> Html:
    return _reading(visit, SHIPPING)


@page(bp, "GET", "/terms")
def terms(visit: Visit) -> Html:
    return _reading(visit, TERMS)


@page(bp, "GET", "/privacy")
def privacy(visit: Visit) -> Html:
    return _reading(visit, PRIVACY)


@page(bp, "GET", "/robots.txt")
def robots(visit: Visit) -> Response:
    """Tell robots what is nobody's but the visitor's, and where the sitemap is (RFC 9309)."""
    closed = [prefix + path for prefix in ("", *PREFIXES.values()) for path in PERSONAL]
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed), "Disallow: /api/"]
    lines += ["Allow: /", f"Sitemap: {settings().shop_url}/sitemap.xml", ""]
    return plain(visit, "\n".join(lines), "text/plain; charset=utf-8", fresh_s=STANDING_S)


def _reading(visit: Visit, reading: Reading) -> Html:
    say = visit.words.say
    shown = Reading(
        say(reading.title),
        say(reading.lead),
        tuple(
            Section(
                say(one.heading),
                tuple(say(text) for text in one.paragraphs),
                tuple(say(text) for text in one.items),
            )
            for one in reading.sections
        ),
    )
    return Html("pages/standing/reading.html", shown, is_public=True, fresh_s=STANDING_S)
