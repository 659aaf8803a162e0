"""A member's first page, and the profile."""

from chalice import Blueprint
from msgspec import Struct

from chalicelib.contexts.identity.model import Session
from chalicelib.contexts.identity.pages import member
from chalicelib.contexts.members import service
from chalicelib.contexts.members.model.profile import (
    LOCALES,
    NICKNAME_LENGTH_MAX,
    Profile,
    initials,
    tint,
)
from chalicelib.contexts.orders import service as orders
from chalicelib.contexts.orders.pages.views import PurchaseLinkView, link_view, waiting_views
from chalicelib.kernel.errors import NotSignedIn, Refusal
from chalicelib.web.forms import ChoiceView, FieldView
from chalicelib.web.i18n import LANGUAGE_NAMES, N_
from chalicelib.web.page import Html, Redirect, page, problem
from chalicelib.web.session import Visit, locale_cookie

bp = Blueprint(__name__)
PURCHASES_SHOWN = 3


class FaceView(Struct, frozen=True):
    """How a member is shown: initials on one of a few colours."""

    name: str
    initials: str
    tint: int


class OverviewView(Struct, frozen=True):
    face: FaceView
    login: str
    waiting: list[ChoiceView]
    purchases: list[PurchaseLinkView]


class ProfileView(Struct, frozen=True):
    face: FaceView
    fields: list[FieldView]
    note: str = ""


@page(bp, "GET", "/account")
def overview(visit: Visit) -> Html:
    """Who one is here, what waits for what, the latest orders, and the way to everything else.

    Four round trips.
    """
    session = member(visit)
    profile = service.profile_of(session.actor)
    found = orders.purchases_of_member(session.actor)
    view = OverviewView(
        face=face(profile, session),
        login=session.email,
        waiting=waiting_views(found, visit.words) if found.items else [],
        purchases=[link_view(one, visit.words) for one in found.items[:PURCHASES_SHOWN]],
    )
    return Html("pages/members/overview.html", view)


@page(bp, "GET", "/account/profile")
def show_profile(visit: Visit) -> Html:
    return _profile(visit)


def profile_again(visit: Visit, refusal: Refusal) -> Html:
    if isinstance(refusal, NotSignedIn):
        raise refusal
    return _profile(visit, refusal)


@page(bp, "POST", "/account/profile", refused=profile_again)
def change_profile(visit: Visit) -> Redirect:
    actor = member(visit).actor
    locale = visit.fields.text("locale")
    service.change_profile(actor, nickname=visit.fields.text("nickname"), locale=locale)
    return Redirect("/account/profile", (locale_cookie(locale),) if locale else ())


def face(profile: Profile, session: Session) -> FaceView:
    """Show a member by nickname, else by the account's name."""
    name = profile.nickname or session.name or session.email.partition("@")[0]
    return FaceView(name, initials(name), tint(session.account_id))


def _profile(visit: Visit, refusal: Refusal | None = None) -> Html:
    session, words = member(visit), visit.words
    profile = service.profile_of(session.actor)
    errors = problem(visit, refusal).errors if refusal else {}
    chosen = visit.fields.text("locale") if refusal else profile.locale
    fields = [
        FieldView(
            name="nickname",
            label=words.say(N_("Nickname")),
            value=visit.fields.text("nickname") if refusal else profile.nickname,
            is_required=False,
            autocomplete="nickname",
            hint=words.say(N_("Up to %(number)s characters.")) % {"number": NICKNAME_LENGTH_MAX},
            error=errors.get("nickname", ""),
        ),
        FieldView(
            name="locale",
            label=words.say(N_("Language")),
            kind="select",
            value=chosen,
            error=errors.get("locale", ""),
            choices=tuple(
                (one, LANGUAGE_NAMES[one] if one else words.say(N_("As the browser says")))
                for one in LOCALES
            ),
        ),
    ]
    note = words.refusal(refusal) if refusal and not refusal.errors else ""
    view = ProfileView(face(profile, session), fields, note)
    return Html("pages/members/profile.html", view, refusal.status if refusal else 200)
