"""What a visitor chooses for all pages: the language."""

from chalice import Blueprint

from chalicelib.kernel.errors import NotFound
from chalicelib.web.addresses import bare, in_language
from chalicelib.web.i18n import LOCALES
from chalicelib.web.page import Redirect, local, page
from chalicelib.web.session import Visit, locale_cookie

bp = Blueprint(__name__)


@page(bp, "GET", "/locale/{locale}")
def choose_language(visit: Visit, locale: str) -> Redirect:
    """Remember the language and go back to the same page in it, by its prefix where there is an edge
    to take it off again. A link will do: it changes nothing but the words.
    """
    if locale not in LOCALES:
        raise NotFound
    place = bare(local(visit.query_text.get("next", ""), "/"))
    to = in_language(locale if visit.is_from_edge else "", place)
    return Redirect(to, (locale_cookie(locale),))
