"""The privacy page: what is held, a copy of it, and the way out."""

from chalice import Blueprint
from msgspec import Struct

from chalicelib.contexts.identity.pages import member
from chalicelib.contexts.members import service as members
from chalicelib.contexts.privacy import service
from chalicelib.contexts.privacy.model import CONFIRMATIONS, ExportState
from chalicelib.kernel import clock
from chalicelib.kernel.errors import NotFound, NotSignedIn, Refusal
from chalicelib.web.forms import FieldView
from chalicelib.web.i18n import N_, TimeView
from chalicelib.web.page import Html, Redirect, page, problem
from chalicelib.web.session import CART, MEMBER, PURCHASES, Visit, forget

bp = Blueprint(__name__)


class PrivacyView(Struct, frozen=True, kw_only=True):
    """`export` is "", "queued" or "ready"; `ends_at` is when the file goes."""

    held: list[tuple[str, str]]
    export: str
    ends_at: TimeView | None
    confirmation: FieldView
    note: str = ""


@page(bp, "GET", "/account/privacy")
def show(visit: Visit) -> Html:
    return _page(visit)


def again(visit: Visit, refusal: Refusal) -> Html:
    if isinstance(refusal, NotSignedIn | NotFound):
        raise refusal
    return _page(visit, refusal)


@page(bp, "POST", "/account/privacy/export", refused=again)
def request_export(visit: Visit) -> Redirect:
    service.request_export(member(visit).actor)
    return Redirect("/account/privacy")


@page(bp, "GET", "/account/privacy/export")
def fetch_export(visit: Visit) -> Redirect:
    return Redirect(service.fetch_export(member(visit).actor))


@page(bp, "POST", "/account/privacy/erase", refused=again)
def erase(visit: Visit) -> Html:
    """Erase the account; this browser forgets it, too."""
    service.erase(member(visit).actor, visit.fields.text("confirmation"))
    cookies = tuple(forget(name) for name in (MEMBER, CART, PURCHASES))
    return Html("pages/privacy/erased.html", cookies=cookies)


def _page(visit: Visit, refusal: Refusal | None = None) -> Html:
    session, words = member(visit), visit.words
    actor = session.actor
    export, now = service.export_of(actor), clock.now()
    is_live = export is not None and clock.parse(export.ends_at) > now
    errors = problem(visit, refusal).errors if refusal else {}
    book, liked = members.addresses_of(actor), members.favourites_of(actor)
    held = [
        (words.say(N_("Name")), session.name),
        (words.say(N_("Email")), session.email),
        (words.say(N_("Addresses")), str(len(book.addresses))),
        (words.say(N_("Favourites")), str(len(liked.liked))),
    ]
    word = CONFIRMATIONS[1] if visit.locale == "zh-CN" else CONFIRMATIONS[0]
    confirmation = FieldView(
        name="confirmation",
        label=words.say(N_("Type %(word)s to confirm")) % {"word": word},
        value=visit.fields.text("confirmation") if refusal else "",
        error=errors.get("confirmation", ""),
    )
    view = PrivacyView(
        held=[(label, value) for label, value in held if value],
        export=export.state.value if export is not None and is_live else "",
        ends_at=words.day(export.ends_at)
        if export is not None and is_live and export.state is ExportState.READY
        else None,
        confirmation=confirmation,
        note=words.refusal(refusal) if refusal and not refusal.errors else "",
    )
    return Html("pages/privacy/privacy.html", view, refusal.status if refusal else 200)
