"""What secures a console's sign-in: its password, and a second factor that is asked for at the door."""

from chalice import Blueprint

from chalicelib.contexts.identity import service
from chalicelib.contexts.identity.console import inside, person
from chalicelib.contexts.identity.model import Audience
from chalicelib.contexts.identity.pages import device_of
from chalicelib.contexts.identity.pages.factors import Place, add_door, add_pages, basic_view
from chalicelib.kernel.errors import Refusal
from chalicelib.web.page import Html, Redirect
from chalicelib.web.session import CHALLENGE, CONSOLE, Visit, session_cookie

bp = Blueprint(__name__)


def finish_sign_in(visit: Visit, code: str) -> Redirect:
    _, token, _ = service.finish_sign_in(
        visit.cookie(CHALLENGE),
        code,
        address=visit.address,
        device=device_of(visit),
        audience=Audience.CONSOLE,
    )
    return Redirect(inside(visit.fields.text("next")), (session_cookie(CONSOLE, token),))


def _security(visit: Visit, refusal: Refusal | None) -> Html:
    view = basic_view(visit, person(visit).account_id, refusal)
    return Html("console/identity/security.html", view, refusal.status if refusal else 200)


DESK = Place(root="/console", cookie=CONSOLE, who=person, shown=_security)
add_pages(bp, DESK)
add_door(bp, DESK.root, finish_sign_in)
