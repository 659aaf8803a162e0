"""Forms from our own pages only: a token bound to the visitor's cookie, and the browser's word.

The token is an HMAC of the session's (or, before a sign-in, the visitor's) cookie, so it needs no
row and changes with the sign-in. The browser says by `Sec-Fetch-Site` and `Origin` where a form
comes from; what comes from elsewhere is refused even with a good token.
"""

import hmac
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from chalicelib.aws.secrets import sign
from chalicelib.aws.settings import settings
from chalicelib.kernel.errors import Refusal

FIELD = "csrf"
HEADER = "x-csrf-token"


class FormForged(Refusal):
    """The form does not come from a page that this visitor was given, or that page is too old."""

    code, status, title = "web.form_forged", 403, "This page is out of date; open it again"


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


def is_own_origin(headers: Mapping[str, str]) -> bool:
    """Tell whether the browser says that the request comes from the shop's own pages."""
    if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = headers.get("origin")
    return origin is None or origin == _origin_of(settings().shop_url)


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
