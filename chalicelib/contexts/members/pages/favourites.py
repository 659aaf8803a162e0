"""Favourites as pages: the list, and the one form that likes a thing or lets it go."""

from chalice import Blueprint
from msgspec import Struct

from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.catalog.pages.views import CardView, card_view
from chalicelib.contexts.catalog.service.cards import cards_of
from chalicelib.contexts.identity.pages import maybe_member, member
from chalicelib.contexts.members import service
from chalicelib.contexts.members.api.keeping import known_kind, there_is
from chalicelib.contexts.members.model.favourites import Liked
from chalicelib.contexts.merchants import service as merchants
from chalicelib.kernel.errors import NotFound, NotSignedIn, Refusal
from chalicelib.web.page import Html, Redirect, local, page
from chalicelib.web.session import Visit

bp = Blueprint(__name__)
LIST = "/account/favourites"


class HeartView(Struct, frozen=True):
    """The form that likes one thing or lets it go; `back` is where one goes on to."""

    action: str
    is_liked: bool
    back: str


class LikedMerchantView(Struct, frozen=True):
    name: str
    href: str
    heart: HeartView


class FavouritesView(Struct, frozen=True):
    """`gone` counts favourites that the shop shows no longer, `gone_ids` name them for the form."""

    cards: list[CardView]
    hearts: list[HeartView]
    merchants: list[LikedMerchantView]
    gone: str
    gone_ids: list[str]


class LikeView(Struct, frozen=True):
    """One thing to like, on a page of its own."""

    name: str
    heart: HeartView
    note: str = ""


@page(bp, "GET", "/account/favourites")
def show(visit: Visit) -> Html:
    found = service.favourites_of(member(visit).actor)
    products = found.of(Liked.PRODUCT)
    shown = cards_of([one.id for one in products])
    sellers = merchants.many([one.id for one in found.of(Liked.MERCHANT)]).values()
    kept = [one for one in sellers if one.can_sell]
    there = {one.id for one in (*shown, *kept)}
    gone = [one for one in found.liked if one.id not in there]
    tree, words = catalog.categories(), visit.words
    view = FavouritesView(
        cards=[card_view(one, tree, words) for one in shown],
        hearts=[_heart(Liked.PRODUCT, one.id, is_liked=True) for one in shown],
        merchants=[
            LikedMerchantView(
                one.name_in(words.locale),
                f"/search?merchant={one.id}",
                _heart(Liked.MERCHANT, one.id, is_liked=True),
            )
            for one in kept
        ],
        gone=words.count(
            "%(num)s favourite is not in the shop now.",
            "%(num)s favourites are not in the shop now.",
            len(gone),
        )
        if gone
        else "",
        gone_ids=[f"{one.kind}/{one.id}" for one in gone],
    )
    return Html("pages/members/favourites.html", view)


@page(bp, "POST", "/account/favourites")
def let_gone_go(visit: Visit) -> Redirect:
    """Let go of those that the page named as gone."""
    actor = member(visit).actor
    named = [one.partition("/") for one in visit.fields.all("gone")]
    service.let_all_go(actor, [(known_kind(kind), liked) for kind, _, liked in named])
    return Redirect(LIST)


@page(bp, "GET", "/favourites/{kind}/{liked}")
def show_one(visit: Visit, kind: str, liked: str) -> Html:
    return _one(visit, kind, liked)


def again(visit: Visit, refusal: Refusal, *, kind: str, liked: str) -> Html:
    if isinstance(refusal, NotSignedIn | NotFound):
        raise refusal
    return _one(visit, kind, liked, refusal)


@page(bp, "POST", "/favourites/{kind}/{liked}", refused=again)
def decide(visit: Visit, kind: str, liked: str) -> Redirect:
    """Like a thing, or let it go."""
    actor, of_kind = member(visit).actor, known_kind(kind)
    if visit.fields.text("want") == "yes":
        service.like(actor, of_kind, there_is(of_kind, liked))
    else:
        service.let_go(actor, of_kind, liked)
    return Redirect(local(visit.fields.text("back"), LIST))


@page(bp, "GET", "/fragments/favourites/{kind}/{liked}")
def show_heart(visit: Visit, kind: str, liked: str) -> Html:
    """The form alone, for a page that CloudFront keeps and a script completes."""
    session, of_kind = maybe_member(visit), known_kind(kind)
    is_liked = session is not None and service.favourites_of(session.actor).has(of_kind, liked)
    back = local(visit.query_text.get("back", ""), LIST)
    view = _heart(of_kind, liked, is_liked=is_liked, back=back)
    return Html("fragments/members/heart.html", view)


def _one(visit: Visit, kind: str, liked: str, refusal: Refusal | None = None) -> Html:
    of_kind, actor = known_kind(kind), member(visit).actor
    liked_id = there_is(of_kind, liked)
    if of_kind is Liked.PRODUCT:
        name = catalog.product(liked_id).product.content.title
    else:
        name = merchants.get(liked_id).name_in(visit.words.locale)
    is_liked = service.favourites_of(actor).has(of_kind, liked_id)
    back = local(visit.query_text.get("back", "") or visit.fields.text("back"), LIST)
    note = visit.words.refusal(refusal) if refusal else ""
    view = LikeView(name, _heart(of_kind, liked_id, is_liked=is_liked, back=back), note)
    return Html("pages/members/favourite.html", view, refusal.status if refusal else 200)


def _heart(kind: Liked, liked_id: str, *, is_liked: bool, back: str = LIST) -> HeartView:
    return HeartView(f"/favourites/{kind}/{liked_id}", is_liked=is_liked, back=back)
