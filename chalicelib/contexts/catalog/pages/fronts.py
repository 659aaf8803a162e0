"""The ways in: the market's home, a merchant's front, and what is new as a feed."""

from typing import Any
from xml.etree import ElementTree as ET

import msgspec
from chalice import Blueprint, Response
from msgspec import Struct

from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog import service
from chalicelib.contexts.catalog.model.listing import Card
from chalicelib.contexts.catalog.pages import views
from chalicelib.contexts.catalog.service import Found, Wish
from chalicelib.contexts.catalog.service.shelves import Placed, newest
from chalicelib.contexts.merchants import DeliveryMethod, Merchant
from chalicelib.contexts.merchants import service as merchants
from chalicelib.contexts.promotions.model.board import Standing
from chalicelib.contexts.promotions.pages.offering import OfferRowView, offer_rows
from chalicelib.contexts.promotions.service import looking
from chalicelib.kernel.errors import NotFound
from chalicelib.web.i18n import N_, PriceView, Words
from chalicelib.web.page import Html, Redirect, page, plain, with_query
from chalicelib.web.session import Visit
from chalicelib.web.sharing import canonical

bp = Blueprint(__name__)

HOME_CARDS = 15
SHOWCASE = 6
BEST = 30
MORE = 10
FRONTS_MAX = 8
FRONT_CARDS = 24
FEED_CARDS = 30
OFFERS_SHOWN = 12
NEVER = "1970-01-01T00:00:00Z"
ATOM = "http://www.w3.org/2005/Atom"


class FrontView(Struct, frozen=True):
    """A merchant as a place to go to."""

    href: str
    name: str


class HomeView(Struct, frozen=True):
    showcase: list[views.CardView]
    shelves: list[views.ShelfView]
    newest: list[views.CardView]
    more: list[views.CardView]
    fronts: list[FrontView]


class DeliveryView(Struct, frozen=True):
    """One way in which a merchant delivers, in words."""

    name: str
    price: PriceView
    free_from: PriceView | None
    estimate: str
    places: str


class MerchantView(Struct, frozen=True, kw_only=True):
    """A merchant's front: who it is, what it has on offer, what it sells, how it sends it."""

    title: str
    about: str
    tint: int
    crumbs: list[views.LinkView]
    coupons_href: str
    offers: list[OfferRowView]
    total: str
    cards: list[views.CardView]
    deliveries: list[DeliveryView]
    all_href: str
    since: str


@page(bp, "GET", "/")
def home(visit: Visit) -> Html:
    """What is new with its counts, and what sells best of the rest: three round trips."""
    found = service.products(Wish(sort="newest", limit=HOME_CARDS))
    best = service.products(Wish(sort="best_selling", in_stock=True, limit=BEST)).decoded()
    fresh = found.decoded()
    shown = {card.id for card in fresh}
    more = [card for card in best if card.id not in shown][:MORE]
    tree = service.categories()
    cards = [views.card_view(card, tree, visit.words) for card in fresh]
    view = HomeView(
        showcase=[card for card in cards if card.image][:SHOWCASE],
        shelves=views.shelf_views(tree, visit.words, _category_counts(found)),
        newest=cards,
        more=[views.card_view(card, tree, visit.words) for card in more],
        fronts=_fronts(found, [*fresh, *best]),
    )
    return Html("pages/catalog/home.html", view, is_public=True)


@page(bp, "GET", "/m/{merchant}")
def merchant_front(visit: Visit, merchant: str) -> Html | Redirect:
    """A merchant that may sell, by its code, with what it has on offer; its id leads there. Any other is
    not there.
    """
    if merchant.startswith("mer_"):
        seller = merchants.get(merchant)
        if not seller.can_sell:
            raise NotFound
        return Redirect(f"/m/{seller.code}", status=301)
    seller, offers = looking.visit(merchant)
    if not seller.can_sell:
        raise NotFound
    found = service.products(Wish(merchant=seller.id, sort="newest", limit=FRONT_CARDS))
    view = _merchant_view(seller, found, offers, visit.words)
    return Html("pages/catalog/merchant.html", view, is_public=True)


@page(bp, "GET", "/feed.xml")
def feed(visit: Visit) -> Response:
    """The newest products as an Atom feed (RFC 4287) in the visitor's language."""
    text = _atom(newest(FEED_CARDS), visit.words)
    return plain(visit, text, "application/atom+xml; charset=utf-8")


def _fronts(found: Found, cards: list[Card]) -> list[FrontView]:
    """The merchants with most products; where nobody counted them, those of what is shown."""
    counted = [(one["value"], one.get("label", "")) for one in _facet(found, "merchant")]
    seen = dict(counted or [(card.merchant.id, card.merchant.name) for card in cards])
    return [FrontView(f"/m/{one}", name) for one, name in list(seen.items())[:FRONTS_MAX]]


def _merchant_view(
    seller: Merchant, found: Found, offers: list[Standing], words: Words
) -> MerchantView:
    tree = service.categories()
    about = seller.description.get(words.locale) or seller.description.get("en", "")
    return MerchantView(
        title=seller.name_in(words.locale),
        about=about,
        tint=sum(seller.code.encode()) % views.TINTS,
        crumbs=[views.LinkView(words.say(N_("Market")), "/")],
        coupons_href=f"/fragments/coupons/{seller.id}",
        offers=offer_rows(offers[:OFFERS_SHOWN], words),
        total=views.count_text(found.total, len(found.cards), words),
        cards=[views.card_view(card, tree, words) for card in found.decoded()],
        deliveries=[_delivery(one, words) for one in seller.delivery_methods],
        all_href=with_query("/search", {"merchant": seller.id}) if found.next_cursor else "",
        since=words.day(seller.created_at).text,
    )


def _delivery(method: DeliveryMethod, words: Words) -> DeliveryView:
    return DeliveryView(
        name=method.name.get(words.locale) or method.name["en"],
        price=words.money(method.price),
        free_from=words.money(method.free_from) if method.free_from else None,
        estimate=words.say(N_("%(first)s to %(last)s days"))
        % {"first": method.days_min, "last": method.days_max},
        places=", ".join(method.countries) or words.say(N_("Worldwide")),
    )


def _atom(placed: list[Placed], words: Words) -> str:
    locale = words.locale
    here = canonical("/feed.xml", locale)
    root = ET.Element("feed", {"xmlns": ATOM, "xml:lang": locale})
    _said(root, "id", here)
    _said(root, "title", words.say(N_("New on the market")) + " · Souk")
    _said(root, "updated", max((one.since for one in placed), default=NEVER))
    ET.SubElement(root, "link", {"rel": "self", "href": here})
    ET.SubElement(root, "link", {"rel": "alternate", "href": canonical("/", locale)})
    for one in placed:
        card = one.card
        address = canonical(f"/p/{card.slug}", locale)
        entry = ET.SubElement(root, "entry")
        _said(entry, "id", f"{settings().shop_url}/p/{card.id}")
        _said(entry, "title", card.title)
        _said(entry, "updated", one.since)
        ET.SubElement(entry, "link", {"rel": "alternate", "href": address})
        _said(ET.SubElement(entry, "author"), "name", card.merchant.name)
        _said(entry, "summary", f"{words.money(card.price).text} · {card.merchant.name}")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode")


def _said(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _category_counts(found: Found) -> dict[str, int]:
    return {one["value"]: one["count"] for one in _facet(found, "category")}


def _facet(found: Found, name: str) -> list[dict[str, Any]]:
    facets: list[dict[str, Any]] = msgspec.json.decode(found.facets)
    return next((one["values"] for one in facets if one["name"] == name), [])
