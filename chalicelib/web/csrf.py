"""Forms from our own pages only: a token bound to the visitor's cookie, and the browser's word.

The token is an HMAC of the session's (or, before a sign-in, the visitor's) cookie, so it needs no
row and changes with the sign-in. The browser says by `Sec-Fetch-Site` and `Origin` where a form
comes from; what comes from elsewhere is refused even with a good token.

A public page is kept by CloudFront and shown to everybody, so its forms have no token. There the
browser's word has to be given and has to be this shop; a browser that gives none is shown what it is
about to send, with a token to send it with.
"""

import hmac
from collections.abc import Iterable, Mapping

from chalicelib.aws.secrets import sign
from chalicelib.aws.settings import settings
from chalicelib.kernel.errors import Refusal

FIELD = "csrf"
HEADER = "x-csrf-token"


class FormForged(Refusal):
    """The form does not come from a page that this visitor was given, or that page is too old."""

    code, status, title = "web.form_forged", 403, "This page is out of date; open it again"


class FormUnsure(Refusal):
    """The form has no token and the browser does not say where it comes from; ask the visitor."""

    code, status, title = "web.form_unsure", 403, "Say that you want this"


def token_for(holder: str) -> str:
    """Return the token of whoever holds this cookie."""
    return sign("csrf", holder)


def check(holders: Iterable[str], token: str, headers: Mapping[str, str]) -> None:
    """Refuse `web.form_forged` unless the form is this visitor's and from this shop."""
    if not is_own_origin(headers):
        raise FormForged
    given = token.encode()
    if not any(hmac.compare_digest(token_for(holder).encode(), given) for holder in holders):
        raise FormForged


def check_public(headers: Mapping[str, str]) -> None:
    """Refuse a form without a token unless the browser says that it comes from this shop.

    Refuses `web.form_forged` where it says another place (pages cannot change these headers: the
    Fetch standard forbids them), and `web.form_unsure` where it says none.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is None and origin is None:
        raise FormUnsure
    if site == "none" or not is_own_origin(headers):
        raise FormForged


def is_own_origin(headers: Mapping[str, str]) -> bool:
    """Tell whether the browser says that the request comes from the shop's own pages.

    One machine's loopback has a number and a name; both are the shop.
    """
    if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = headers.get("origin")
    return origin is None or origin in {settings().origin, settings().named_origin}
