"""What a visitor chooses for all pages: the language."""

from chalice import Blueprint

from chalicelib.kernel.errors import NotFound
from chalicelib.web.i18n import LOCALES
from chalicelib.web.page import Redirect, local, page
from chalicelib.web.session import Visit, locale_cookie

bp = Blueprint(__name__)


@page(bp, "GET", "/locale/{locale}")
def choose_language(visit: Visit, locale: str) -> Redirect:
    """Remember the language and go back. A link will do: it changes nothing but the words."""
    if locale not in LOCALES:
        raise NotFound
    return Redirect(local(visit.query_text.get("next", ""), "/"), (locale_cookie(locale),))
