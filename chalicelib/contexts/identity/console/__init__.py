"""The console's door: sign-in, navigation, API keys."""

from collections.abc import Sequence

from chalice import Blueprint
from msgspec import Struct

from chalicelib.contexts.identity import model, service
from chalicelib.contexts.identity.model import ApiKey, Session
from chalicelib.contexts.identity.pages import (
    DONE,
    SignInView,
    ask_second_factor,
    credentials,
    device_of,
    login_of,
    note_of,
)
from chalicelib.kernel.actors import ActorKind, Role
from chalicelib.kernel.errors import Forbidden, NotSignedIn, Refusal
from chalicelib.web.forms import FieldView
from chalicelib.web.i18n import N_, TimeView, Words
from chalicelib.web.page import Html, Redirect, local, page, problem, shelf
from chalicelib.web.session import CONSOLE, Visit, forget, session_cookie

bp = Blueprint(__name__)

MERCHANT_LINKS = (
    ("/console", "list", N_("Today")),
    ("/console/orders", "box", N_("Orders")),
    ("/console/products", "grid", N_("Products")),
    ("/console/stock", "stock", N_("Stock")),
    ("/console/offers", "tag", N_("Offers")),
    ("/console/campaigns", "ticket", N_("Coupons")),
    ("/console/support", "talk", N_("Help")),
    ("/console/statements", "money", N_("Statements")),
    ("/console/api-keys", "key", N_("API keys")),
    ("/console/security", "person", N_("Security")),
)
PLATFORM_LINKS = (
    ("/console", "list", N_("Today")),
    ("/console/merchants", "people", N_("Merchants")),
    ("/console/categories", "grid", N_("Categories and attributes")),
    ("/console/offers", "tag", N_("Offers")),
    ("/console/campaigns", "ticket", N_("Coupons")),
    ("/console/taxes", "list", N_("Taxes")),
    ("/console/support", "talk", N_("Help")),
    ("/console/review", "money", N_("Payments to review")),
    ("/console/security", "person", N_("Security")),
)


class NavigationLink(Struct, frozen=True):
    href: str
    icon: str
    label: str
    is_current: bool


class Navigation(Struct, frozen=True):
    """Who is signed in, and where they may go."""

    who: str
    links: list[NavigationLink]


class KeyView(Struct, frozen=True):
    id: str
    label: str
    hint: str
    created_at: TimeView


class KeysView(Struct, frozen=True):
    keys: list[KeyView]
    label: FieldView
    secret: str = ""
    note: str = ""


@shelf("console")
def navigation(visit: Visit) -> Navigation | None:
    """The console's navigation; none before a sign-in."""
    session: Session | None = visit.session
    if session is None:
        return None
    is_platform = session.actor.kind is ActorKind.PLATFORM
    links = PLATFORM_LINKS if is_platform else MERCHANT_LINKS
    if not is_platform and session.actor.role != Role.OWNER:
        links = tuple(link for link in links if link[0] != "/console/api-keys")
    return Navigation(
        session.name or session.email,
        [
            NavigationLink(href, icon, visit.words.say(label), is_current=_is_at(visit.path, href))
            for href, icon, label in links
        ],
    )


@page(bp, "GET", "/console/sign-in")
def show_sign_in(visit: Visit) -> Html:
    return _sign_in_page(visit, visit.query_text.get("next", ""))


def sign_in_again(visit: Visit, refusal: Refusal) -> Html:
    return _sign_in_page(visit, visit.fields.text("next"), refusal)


@page(bp, "POST", "/console/sign-in", refused=sign_in_again)
def sign_in(visit: Visit) -> Redirect:
    login, password = login_of(visit), visit.fields.text("password")
    try:
        _, token = service.sign_in_console(
            login, password, address=visit.address, device=device_of(visit)
        )
    except model.SecondFactorNeeded as needed:
        return ask_second_factor(needed, visit.fields.text("next"), "/console/second-factor")
    return Redirect(inside(visit.fields.text("next")), (session_cookie(CONSOLE, token),))


@page(bp, "POST", "/console/sign-out")
def sign_out(visit: Visit) -> Redirect:
    if visit.cookie(CONSOLE):
        service.sign_out(visit.cookie(CONSOLE))
    return Redirect("/console/sign-in", (forget(CONSOLE),))


@page(bp, "GET", "/console/api-keys")
def show_api_keys(visit: Visit) -> Html:
    session = staff(visit)
    return Html(
        "console/identity/api-keys.html", _keys_view(visit, service.api_keys(session.actor))
    )


def api_keys_again(visit: Visit, refusal: Refusal) -> Html:
    keys = service.api_keys(staff(visit).actor)
    view = _keys_view(visit, keys, refusal=refusal)
    return Html("console/identity/api-keys.html", view, refusal.status)


@page(bp, "POST", "/console/api-keys", refused=api_keys_again)
def make_api_key(visit: Visit) -> Html:
    """Make a key and show it: this answer is the only one that ever holds it."""
    actor = staff(visit).actor
    _, secret = service.make_api_key(actor, actor.as_owner(), visit.fields.text("label"))
    view = _keys_view(visit, service.api_keys(actor), secret=secret)
    return Html("console/identity/api-keys.html", view)


@page(bp, "POST", "/console/api-keys/revoke", refused=api_keys_again)
def revoke_api_key(visit: Visit) -> Redirect:
    service.revoke_api_key(staff(visit).actor, visit.fields.text("id"))
    return Redirect("/console/api-keys")


def inside(address: str) -> str:
    """Return where somebody wanted to go if that is in the console, else its first page."""
    wanted = local(address, "/console")
    return wanted if wanted.partition("?")[0].startswith("/console") else "/console"


def person(visit: Visit) -> Session:
    """Return the session of whoever is signed in to the console. One round trip.

    Refuses `identity.not_signed_in`.
    """
    if visit.session is None:
        token = visit.cookie(CONSOLE)
        visit.session = service.session(token) if token else None
    session: Session | None = visit.session
    if session is None or session.actor.kind not in {ActorKind.STAFF, ActorKind.PLATFORM}:
        raise NotSignedIn
    return session


def staff(visit: Visit) -> Session:
    """Return the session of a merchant's person; the platform's people are refused (403)."""
    session = person(visit)
    if session.actor.kind is not ActorKind.STAFF:
        raise Forbidden
    return session


def platform(visit: Visit) -> Session:
    """Return the session of one of the platform's people; merchants' are refused (403)."""
    session = person(visit)
    session.actor.as_platform()
    return session


def _is_at(path: str, href: str) -> bool:
    return path == href or (href != "/console" and path.startswith(href + "/"))


def _sign_in_page(visit: Visit, next_: str, refusal: Refusal | None = None) -> Html:
    done = "" if refusal else visit.query_text.get("done", "")
    view = SignInView(
        fields=credentials(visit, refusal),
        next=local(next_, ""),
        other_href="/",
        note=note_of(visit, refusal),
        done=visit.words.say(DONE["late"]) if done == "late" else "",
    )
    return Html("console/identity/sign-in.html", view, refusal.status if refusal else 200)


def _keys_view(
    visit: Visit, keys: Sequence[ApiKey], *, secret: str = "", refusal: Refusal | None = None
) -> KeysView:
    words = visit.words
    errors = problem(visit, refusal).errors if refusal else {}
    label = FieldView(
        name="label",
        label=words.say(N_("Name of the program")),
        value=visit.fields.text("label") if refusal else "",
        is_required=False,
        hint=words.say(N_("Up to %(number)s characters.")) % {"number": model.LABEL_LENGTH_MAX},
        error=errors.get("label", ""),
    )
    return KeysView(
        keys=[_key_view(key, words) for key in keys],
        label=label,
        secret=secret,
        note=note_of(visit, refusal),
    )


def _key_view(key: ApiKey, words: Words) -> KeyView:
    return KeyView(key.id, key.label, key.hint, words.moment(key.created_at))
